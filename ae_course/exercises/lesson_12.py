"""Checks of the exercises in lesson 12, Too much room."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "12.1": (
        "A ReLU turns negative numbers into zero: what could a second unit for each number carry, "
        "so that nothing is lost?",
        "Its negative: x = relu(x) - relu(-x). So n units carry x, n units carry -x, and the "
        "decoder subtracts the second half from the first.",
        "`np.hstack` puts `np.eye(n)` and `-np.eye(n)` side by side: that is `W_e`. `W_d` is the "
        "same two blocks, one above the other.",
    ),
    "12.2": (
        "All three squared lengths are distances from the same images: from which?",
        "From the clean `x`. Write a helper `squares(a)` that returns `np.sum((a - x) ** 2)`, one "
        "sum over all images, and use it three times.",
        "The numerator is `squares(reconstruct(x_noisy)) - squares(reconstruct(x))`. The "
        "denominator needs no model.",
    ),
    "12.3": (
        "Which regularisers helped the nonlinear model, and which of them is aimed at this very "
        "disturbance?",
        "Denoising: noisy input, clean target. Take the nonlinear model of this lesson, and noise "
        "weaker than the 0.4 of the test, so that clean images stay good as well.",
        "`robust = trained(bent_model(2 * n_pixels), epochs=15, corruption=...)`, where the "
        "corruption is a function of `x` and `rng` that returns `data.gaussian_noise(x, 0.25, "
        "rng)`.",
    ),
}
hint = Hints(HINTS)


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
    expect(
        clean <= most,
        f"on clean images it is {clean:.1f}, allowed {most:.1f}: weaken the regulariser.",
    )
    return f"clean {clean:.1f} of at most {most:.1f}, noisy {noisy:.1f} of at most {allowed:.1f}"
