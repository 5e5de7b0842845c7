"""Checks of the exercises in lesson 17, Beyond: quantised, contractive, importance-weighted."""

import numpy as np
from scipy.special import logsumexp

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "17.1": (
        "How many distances are there in all, and along which axis do you look for the smallest?",
        (
            "Give `h` another axis, `h[:, None]`, and NumPy subtracts every embedding from every "
            "vector, in shape (n, num_embeddings, embedding_dim). Then come the squares, a sum and "
            "`argmin`."
        ),
        (
            "`distances = np.sum((h[:, None] - codebook) ** 2, axis=-1)` is (n, num_embeddings); "
            "return where each row is smallest."
        ),
    ),
    "17.2": (
        (
            "If pixel i changes a little, how much does z_j change: what comes from the weight, "
            "and what from the slope of the sigmoid?"
        ),
        (
            "dz_j/dx_i = z_j (1 - z_j) w_ij. Square it and sum over i and j. The slope does not "
            "depend on i, so sum the squared weights over i first."
        ),
        (
            "`z = 1 / (1 + np.exp(-(x @ w + b)))`; the slopes `z * (1 - z)`, squared, are "
            "multiplied (`@`) by the sums of `w**2` over axis 0."
        ),
    ),
    "17.3": (
        (
            "If you add 900 to all log weights of an image, by how much does the logarithm of "
            "their mean grow?"
        ),
        (
            "Subtract each image's largest log weight before `np.exp`, so that the largest weight "
            "becomes 1, and add it again after the logarithm. The mean is over the draws, axis 0."
        ),
        (
            "`largest = log_weights.max(axis=0)` and `w = np.exp(log_weights - largest)`; the "
            "bound is the logarithm of the mean of `w` over axis 0, plus what you subtracted."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_nearest_code(nearest_code):
    """Exercise 17.1: `nearest_code(h, codebook)`."""
    rng = np.random.default_rng(0)
    h, codebook = rng.normal(size=(40, 3)), rng.normal(size=(7, 3))
    right = np.linalg.norm(h[:, None] - codebook, axis=-1).argmin(axis=1)
    result = np.asarray(call(nearest_code, h, codebook))
    expect(result.shape == (40,), f"one index for each vector is (40,), not {result.shape}.")
    expect(np.issubdtype(result.dtype, np.integer), "return indices, which are whole numbers.")
    expect(not np.array_equal(result, (h @ codebook.T).argmax(axis=1)), "that is the largest dot.")
    expect(np.array_equal(result, right), "take the code with the smallest sum of squares.")
    return "every vector finds its nearest code"


@check
def check_jacobian_norm(jacobian_norm):
    """Exercise 17.2: `jacobian_norm(x, w, b)` of a sigmoid layer."""
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), rng.normal(size=4)

    def encode(x):
        return 1 / (1 + np.exp(-(x @ w + b)))

    step = 1e-5
    moved = [(encode(x + step * e) - encode(x - step * e)) / (2 * step) for e in np.eye(5)]
    right = np.sum(np.square(moved), axis=(0, 2))
    result = np.asarray(call(jacobian_norm, x, w, b))
    expect(result.shape == (3,), f"one number for each row of x is (3,), not {result.shape}.")
    slope = encode(x) * (1 - encode(x))
    expect(not close(result, slope @ (w**2).sum(axis=0)), "square the slope s (1 - s) as well.")
    expect(not close(result, np.sqrt(right)), "that is the norm; its square is wanted.")
    expect(
        close(result, right, 1e-4), "sum over j of (s_j (1 - s_j))**2 times sum over i of w_ij**2."
    )
    return "equal to finite differences"


@check
def check_weighted_bound(weighted_bound):
    """Exercise 17.3: `weighted_bound(log_weights)`."""
    small = np.log([[0.1, 0.5], [0.3, 0.5]])
    result = np.asarray(call(weighted_bound, small))
    expect(result.shape == (2,), f"(2 draws, 2 images) should give (2,), not {result.shape}.")
    expect(not close(result, small.mean(axis=0)), "that is the mean of the logs: the VAE's bound.")
    expect(
        not close(result, np.log([0.4, 1.0])), "divide by k: the mean of the weights, not the sum."
    )
    expect(close(result, np.log([0.2, 0.5])), "the logarithm of the mean over the draws (axis 0).")
    large = np.random.default_rng(0).normal(-900, 5, (6, 3))
    with np.errstate(all="ignore"):
        result = np.asarray(weighted_bound(large))
    expect(
        np.isfinite(result).all(), "exp(-900) is 0 in floating point: subtract the maximum first."
    )
    right = logsumexp(large, axis=0) - np.log(6)
    expect(close(result, right), "subtract the maximum before exp, and add it after the log.")
    return "right, and also for weights too small for exp"
