"""Checks of the exercises in lesson 00, Understanding autoencoders."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "0.1": (
        "Which of the two printed numbers is PCA's, and which is smaller?",
        "Change CODE in the marked cell, run that cell, and write a row of the dictionary.",
        'For 16 the row is 16: (12.53, 7.92, "autoencoder"), if your cell prints these errors.',
    ),
    "0.2": (
        "If only one weight moves by h, how does the loss change?",
        "Go through the weights with np.ndindex(w.shape), and move one at a time in a copy of w.",
        "h = np.zeros(w.shape); h[place] = 1e-4; "
        "gradient[place] = (loss(w + h) - loss(w - h)) / 2e-4",
    ),
    "0.3": (
        "A mean over n values is their sum divided by what?",
        "Multiply by the number of values of an image, its channels included.",
        "mse_per_pixel * np.prod(image_shape)",
    ),
}
hint = Hints(HINTS)

SIZES = (2, 4, 16, 64)


@check
def check_code_sizes(measured, x_train, x_val):
    """Exercise 0.1: `measured = {size: (error of PCA, of the autoencoder, which to use)}`."""
    expect(
        sorted(measured) == list(SIZES),
        f"write a row for each of the sizes 2, 4, 16 and 64, not {list(measured)}.",
    )
    mean_image = evaluation.mean_image_error(x_train, x_val)
    for size in SIZES:
        row = measured[size]
        expect(len(row) == 3, f"the row of {size} needs two errors and a word.")
        by_pca, by_net, use = row
        pca = evaluation.fit_pca(x_train, latent_dim=size)
        linear = evaluation.pca_reconstruct(pca, x_val)
        wanted = evaluation.squared_error(x_val, np.clip(linear, 0, 1)).mean()
        plain = evaluation.squared_error(x_val, linear).mean()
        expect(
            not close(by_net, wanted, 0.01) or close(by_pca, by_net, 0.01),
            f"at {size} the second error is PCA's. PCA's comes first, then the autoencoder's.",
        )
        per_pixel = wanted / np.prod(x_val.shape[1:])
        expect(not close(by_pca, per_pixel, 0.01), "those are errors per pixel, not per image.")
        expect(
            by_net > wanted / 50,
            f"at {size} the autoencoder's error is {by_net:.2g}, far below PCA's. Is it per image?",
        )
        expect(
            close(by_pca, wanted, 0.01) or not close(by_pca, plain, 0.01),
            f"at {size} PCA was not clipped to [0, 1]. The marked cell clips it.",
        )
        expect(
            close(by_pca, wanted, 0.01),
            f"PCA's validation error at {size} is {wanted:.2f}, not {by_pca:.2f}.",
        )
        expect(
            0 < by_net < mean_image,
            f"at {size} the autoencoder's error should lie between 0 and the mean image's.",
        )
        better = "PCA" if by_pca < by_net else "autoencoder"
        expect(
            str(use).lower() == better.lower(),
            f"at {size} you chose {use!r}, but by your own numbers {better} has the smaller error.",
        )
    nets = [measured[size][1] for size in SIZES]
    expect(
        nets == sorted(nets, reverse=True),
        "the autoencoder's error should fall as the code grows. Is each row from its own run?",
    )
    wins = [size for size in SIZES if measured[size][1] < measured[size][0]]
    return f"the autoencoder wins at {wins or 'no size'}; errors and choices agree"


@check
def check_numerical_gradient(numerical_gradient):
    """Exercise 0.2: `numerical_gradient(loss, w)`."""
    rng = np.random.default_rng(0)
    for shape in ((3,), (2, 3), (2, 1, 2)):
        slopes, w = rng.normal(size=shape), rng.normal(size=shape)
        kept = w.copy()

        def loss(at, slopes=slopes):
            return float(np.sum(slopes * at + 0.3 * at**2) + np.prod(at))

        expected = slopes + 0.6 * w + np.prod(w) / w
        found = np.asarray(call(numerical_gradient, loss, w), "float64")
        expect(close(w, kept), "w was changed. Move a weight in a copy of w.")
        expect(
            found.shape == shape,
            f"for weights of shape {shape} the gradient should have that shape, not {found.shape}.",
        )
        expect(
            not close(found, 2 * expected, 1e-3),
            "that is twice the gradient: up and down are 2h apart.",
        )
        expect(not close(found, -expected, 1e-3), "the sign is wrong: up minus down.")
        expect(
            not np.ptp(found) < 1e-9,
            "all derivatives are equal. Move one weight at a time.",
        )
        expect(
            close(found, expected, 1e-3),
            f"for a loss whose gradient is {np.round(expected.ravel()[:3], 3)} ... it found "
            f"{np.round(found.ravel()[:3], 3)} ... Divide the change of the loss by that of w.",
        )
    w = np.array([0.001, -0.002])
    found = call(numerical_gradient, lambda at: float(1000 * np.sum(at**2)), w)
    expect(
        close(found, 2000 * w, 1e-2),
        "for the loss 1000 * (w[0] ** 2 + w[1] ** 2) it is off by up to "
        f"{np.abs(found - 2000 * w).max():.2f}. Move each weight by h = 0.0001, both ways.",
    )
    return "agrees with the formula for vectors, matrices and more"


@check
def check_per_image(per_image):
    """Exercise 0.3: `per_image(mse_per_pixel, image_shape)`."""
    expect(
        close(call(per_image, 0.01, (28, 28, 1)), 7.84),
        "a mean over 784 pixels becomes a sum when you multiply by 784.",
    )
    expect(close(call(per_image, 0.01, (4, 5, 1)), 0.2), "images need not be square.")
    expect(close(call(per_image, 0.01, (4, 5, 3)), 0.6), "count the channels as well.")
    return "a mean per pixel times the number of values is the error per image"
