"""Checks of the exercises in lessons 12 and 14."""

import numpy as np

from ae_keras import evaluation
from ae_keras.checks.answers import call, check, close, expect


@check
def check_relu_copier(relu_copier):
    """Exercise 12.1: `relu_copier(n)`."""
    for n in (3, 10):
        result = call(relu_copier, n)
        expect(isinstance(result, tuple) and len(result) == 2, "return two matrices: (W_e, W_d).")
        w_e, w_d = (np.asarray(w, "float64") for w in result)
        expect(
            w_e.shape == (n, 2 * n) and w_d.shape == (2 * n, n),
            f"for n={n} the shapes should be {(n, 2 * n)} and {(2 * n, n)}, "
            f"not {w_e.shape} and {w_d.shape}.",
        )
        x = np.random.default_rng(n).normal(size=(20, n))
        positive = np.maximum(np.abs(x) @ w_e, 0) @ w_d
        expect(close(positive, np.abs(x)), "not even rows of positive numbers come back.")
        expect(
            close(np.maximum(x @ w_e, 0) @ w_d, x),
            "positive numbers come back, negative ones do not: give them units of their own.",
        )
    return "x = relu(x) - relu(-x): a ReLU does not prevent copying"


@check
def check_let_through(let_through):
    """Exercise 12.2: `let_through(reconstruct, x, x_noisy)`."""
    rng = np.random.default_rng(0)
    x = rng.random((30, 4, 4, 1))
    x_noisy = x + rng.normal(0, 0.2, x.shape)
    result = call(let_through, lambda x: x, x, x_noisy)
    expect(np.ndim(result) == 0, "return one number for all images.")
    expect(close(result, 1), f"what returns its input lets everything through: 1, not {result}.")
    expect(
        close(let_through(lambda x: 0 * x, x, x_noisy), 0),
        "what answers every image with black lets nothing through: 0. Subtract the clean error.",
    )
    half = np.sum((x_noisy / 2 - x) ** 2) - np.sum((x / 2) ** 2)
    expect(
        close(let_through(lambda x: x / 2, x, x_noisy), half / np.sum((x_noisy - x) ** 2)),
        "compare both reconstructions with the clean images, and sum before you divide.",
    )
    return "1 for a copier, 0 for a constant"


@check
def check_robust(model, x_train, x, x_noisy):
    """Exercise 12.3: a trained overcomplete model."""
    size, n_pixels = evaluation.encode(model, x[:2]).shape[-1], x[0].size
    expect(size >= 2 * n_pixels, f"the code has {size} units; {2 * n_pixels} are needed.")

    def error(images):
        return evaluation.squared_error(x, images).mean()

    noisy, allowed = error(evaluation.reconstruct(model, x_noisy)), error(x_noisy) / 4
    clean = error(evaluation.reconstruct(model, x))
    most = evaluation.pca_error(x_train, x, 8) / 4
    expect(
        noisy <= allowed,
        f"under noise the error is {noisy:.1f}, allowed is {allowed:.1f}. Which two cures helped?",
    )
    expect(clean <= most, f"on clean images it is {clean:.1f}, allowed {most:.1f}: a weaker dose.")
    return f"clean {clean:.1f} of at most {most:.1f}, noisy {noisy:.1f} of at most {allowed:.1f}"


@check
def check_kl_penalty(kl_penalty):
    """Exercise 14.1: `kl_penalty(z, target)`."""
    rng = np.random.default_rng(0)
    z = 0.01 + 0.98 * rng.random((40, 3))
    means = z.mean(axis=0)
    result = call(kl_penalty, z, 0.1)
    expect(np.ndim(result) == 0, "return one number: the sum over the units.")
    expect(result > 0, "the divergence is never negative: check the signs.")
    each = 0.1 * np.log(0.1 / z) + 0.9 * np.log(0.9 / (1 - z))
    expect(
        not close(result, each.mean(axis=0).sum()),
        "that charges each image; average the activities over the images first.",
    )
    right = (0.1 * np.log(0.1 / means) + 0.9 * np.log(0.9 / (1 - means))).sum()
    reverse = (means * np.log(means / 0.1) + (1 - means) * np.log((1 - means) / 0.9)).sum()
    expect(not close(result, reverse), "target and activity are the wrong way round.")
    expect(not close(result, right / 3), "sum over the units, do not average.")
    expect(close(result, right), f"for these codes it should be {right:.3f}, not {result:.3f}.")
    expect(
        close(kl_penalty(np.tile([[0.0], [0.2]], (5, 4)), 0.1), 0),
        "units that are at 0.1 on average cost nothing, whatever they do for each image.",
    )
    return "nothing at the target, and only the mean of a unit counts"


@check
def check_dead_units(dead_units):
    """Exercise 14.2: `dead_units(z)`."""
    z = np.random.default_rng(0).random((50, 6))
    z[:, [1, 4]] = 0
    z[1:, 2] = 0
    result = call(dead_units, z)
    expect(result != 3, "one of the three was active once, and once is enough to live.")
    expect(result == 2, f"two of the six units are never active; the answer was {result}.")
    expect(dead_units(z[:, [0, 3, 5]]) == 0, "three units that are all alive: 0.")
    expect(dead_units(z[0:0]) == 6, "without a single image, no unit was ever active.")
    return "a unit that was active once is not dead"


@check
def check_activity_budget(model, x_train, x, budget):
    """Exercise 14.3: a trained sparse model that may use a share `budget` of its units."""
    z = evaluation.encode(model, x)
    active = (z > 0).mean()
    expect(z.min() >= 0, "some codes are negative: end the encoder with a ReLU.")
    expect((z == 0).any(), "no code is exactly zero: which penalty and activation give zeros?")
    expect(active <= budget, f"{active:.3f} of the units are active: raise the weight.")
    error = evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()
    n_active = max(1, round(active * z.shape[1]))
    pca = evaluation.pca_error(x_train, x, n_active)
    expect(
        error < pca,
        f"error {error:.1f}, but PCA with {n_active} components has {pca:.1f}: "
        "lower the weight, or train longer.",
    )
    return f"{active:.3f} of the units, error {error:.1f} (PCA with {n_active}: {pca:.1f})"
