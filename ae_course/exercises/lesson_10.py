"""Checks of the exercises in lesson 10, Linear autoencoders and PCA."""

import itertools

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "10.1": (
        "Two layers give (x W + b) V + c: what is that, multiplied out?",
        "It is x (W V) + (b V + c). The matrices are multiplied, the first layer's first, and the "
        "early bias passes through the later matrix. A third layer does the same to the result.",
        "Start with the pair of the first layer as `W, b`. For each further pair `(V, c)`: `W, b "
        "= W @ V, b @ V + c`.",
    ),
    "10.2": (
        "The code may mix the axes in any way: do the pictures that the decoder draws depend on "
        "the mixture?",
        "They do not. Centre the codes and draw them: `(z - z.mean(axis=0)) @ W_2`. A singular "
        "value decomposition of these pictures gives orthonormal rows, the one with the largest "
        "variance first.",
        "`np.linalg.svd(drawn, full_matrices=False)` returns three arrays. The axes are rows of "
        "the third, and there are as many as `W_2` has rows.",
    ),
    "10.3": (
        "PCA keeps the `k` directions with the largest variance: what happens to the variance of "
        "all others?",
        "It is the error: the sum of the eigenvalues of the covariance after the `k` largest. "
        "`np.cov` wants one row for each pixel, so give it `x.T`, and divides by n - 1 unless "
        "`ddof=0`.",
        "`np.linalg.eigvalsh(np.cov(x.T, ddof=0))` has the smallest eigenvalue first. Turn it "
        "round with `[::-1]`, leave out the first `k`, and sum.",
    ),
}
hint = Hints(HINTS)


@check
def check_fold(fold):
    """Exercise 10.1: `fold(layers)`."""
    rng = np.random.default_rng(0)
    widths = [5, 3, 4, 2]
    layers = [(rng.normal(size=(m, n)), rng.normal(size=n)) for m, n in itertools.pairwise(widths)]
    result = call(fold, layers)
    expect(isinstance(result, tuple) and len(result) == 2, "return two things: (W, b).")
    weight, bias = np.asarray(result[0]), np.asarray(result[1])
    expect(
        weight.shape == (5, 2) and bias.shape == (2,),
        f"from 5 to 2 values W is (5, 2) and b (2,), not {weight.shape} and {bias.shape}.",
    )
    x = rng.normal(size=(6, 5))
    h = x
    for w, b in layers:
        h = h @ w + b
    product = layers[0][0] @ layers[1][0] @ layers[2][0]
    expect(close(weight, product), "W is the product of all matrices, the first layer's first.")
    expect(
        close(x @ weight + bias, h),
        "W is right; b is not: an early bias passes through every later matrix.",
    )
    expect(close(fold(layers[:1])[1], layers[0][1]), "a single layer should come back as it is.")
    return "any number of linear layers is one"


@check
def check_principal_axes(principal_axes):
    """Exercise 10.2: `principal_axes(z, W_2)`."""
    rng = np.random.default_rng(0)
    right = np.linalg.qr(rng.normal(size=(12, 3)))[0].T
    spread = rng.normal(size=(400, 3))
    spread = np.linalg.qr(spread - spread.mean(axis=0))[0] * [9.0, 5.0, 2.0]
    mixing = rng.normal(size=(3, 3))
    z, rows = spread @ mixing + [5.0, -8.0, 3.0], np.linalg.inv(mixing) @ right
    result = np.asarray(call(principal_axes, z, rows))
    expect(result.shape == (3, 12), f"three axes of 12 pixels are (3, 12), not {result.shape}.")
    expect(
        close(result @ result.T, np.eye(3), 1e-4),
        "the rows should be orthonormal: a singular value decomposition gives such rows.",
    )
    match = np.abs(result @ right.T)
    expect(
        close(match.max(axis=1), np.ones(3), 1e-3),
        "the rows are mixtures of the axes. Centre the codes, draw, and take the SVD of that.",
    )
    expect(close(match, np.eye(3), 1e-3), "right axes, wrong order: the largest spread first.")
    return "PCA's axes, in order, out of a mixed code"


@check
def check_error_left(error_left):
    """Exercise 10.3: `error_left(x, k)`."""
    x = np.random.default_rng(0).random((12, 2, 3, 1)) * np.arange(1, 7).reshape(2, 3, 1) / 6
    rows = x.reshape(12, -1)
    right = {k: evaluation.pca_error(x, x, k) for k in (1, 4)}
    result = float(call(error_left, rows, 1))
    expect(
        not close(result, right[1] * 12 / 11, 1e-3),
        "nearly: that divides by n - 1, as NumPy and scikit-learn do; an error is a mean over n.",
    )
    kept = np.var(rows, axis=0).sum() - right[1]
    expect(not close(result, kept, 1e-3), "that is the spread that is kept. What is left out?")
    expect(
        close(result, right[1], 1e-3) and close(error_left(rows, 4), right[4], 1e-3),
        "add up the eigenvalues of the covariance after the k largest.",
    )
    expect(abs(float(error_left(rows, 6))) < 1e-6, "with all six components nothing is left.")
    return "the spread left out is the error"
