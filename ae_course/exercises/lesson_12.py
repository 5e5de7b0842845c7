"""Checks of the exercises in lesson 12, Capacity and overcomplete codes."""

import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)
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
        "On which of the three kinds of image does a copier fail, and on which a lookup table?",
        "A copier fails on none, not even on noise. A lookup table fails on `x` and not on "
        "`x_train`. To say what `fails` means, divide a model's squared error by that of a "
        "baseline: the mean training image.",
        "With `rest(images)` = squared error of `reconstruct(images)` divided by that of "
        "`x_train.mean(axis=0)`, both summed over all images: copies if `rest(noise) < 0.1`; else "
        "memorises if `rest(x)` is several times `rest(x_train)` and more than a tenth.",
    ),
    "12.3": (
        "Which regulariser came nearest to both demands, and on which side of them did its weak "
        "and its strong setting lie?",
        "Noise in training, weaker than that of the test, keeps clean images good. A model that "
        "was stopped early can still become better on both: what happens with more epochs?",
        "`robust = trained(wide('relu', 'sigmoid'), epochs=40, corruption=with_noise(0.3))`; train "
        "it, read the message of the check, and change one setting at a time.",
    ),
    "12.4": (
        "In a hundred pictures, how many are clean, how many noisy, and what does each kind cost?",
        "Each candidate costs 0.9 times its error on `x` plus 0.1 times its error on `x_noisy`, "
        "both against the clean `x`. The function `error_of` of this lesson does the rest.",
        "`costs = {name: 0.9 * error_of(way(x)) + 0.1 * error_of(way(x_noisy)) for name, way in "
        "candidates.items()}`, and the choice is `min(costs, key=costs.get)`.",
    ),
}
hint = Hints(HINTS)
ANSWERS = ("copies", "memorises", "neither")


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
        x_hat = np.maximum(x @ w_e, 0) @ w_d
        expect(
            not close(x_hat, np.abs(x)),
            "negative numbers come back without their sign: the decoder has to subtract their "
            "units.",
        )
        expect(
            close(x_hat, x),
            "positive numbers come back, negative ones do not: give them units of their own.",
        )
    return "x = relu(x) - relu(-x): a ReLU does not prevent copying"


@check
def check_diagnose(diagnose):
    """Exercise 12.2: `diagnose(reconstruct, x_train, x, noise)`."""
    for scale, size in ((1, 6), (0.05, 8)):
        x_train, x, noise = _images(scale, size)
        for name, (reconstruct, truth, advice) in _suspects(x_train).items():
            answer = call(diagnose, reconstruct, x_train, x, noise)
            expect(answer in ANSWERS, f"answer one of {', '.join(ANSWERS)}, not {answer!r}.")
            dark = " on images twenty times darker" * (scale < 1)
            if scale < 1:
                advice = "An error is large or small beside a baseline, not beside a fixed number."
            expect(answer == truth, f"{name}{dark}: you say {answer!r}, it is {truth!r}. {advice}")
    return "copies, memories and honest models are told apart, whatever the brightness"


def _images(scale, size):
    """Images of seven factors and a little noise: 60 to train with, 60 others, and noise."""
    rng = np.random.default_rng(size)
    pictures = rng.normal(size=(7, size * size)) / 10
    x = 0.5 + rng.normal(size=(120, 7)) @ pictures + rng.normal(0, 0.005, (120, size * size))
    x = scale * x.reshape(120, size, size, 1)
    return x[:60], x[60:], scale * rng.random((60, size, size, 1))


def _suspects(x_train):
    """From a description to (function, what it is, advice to those who did not see it)."""
    flat, mean = x_train.reshape(len(x_train), -1), x_train.mean(axis=0)
    directions = np.linalg.svd(flat - mean.ravel(), full_matrices=False)[2][:7]

    def look_up(x):
        distances = ((x.reshape(len(x), 1, -1) - flat) ** 2).sum(axis=2)
        return x_train[distances.argmin(axis=1)]

    def by_pca(x):
        z = (x.reshape(len(x), -1) - mean.ravel()) @ directions.T
        return (z @ directions).reshape(x.shape) + mean

    return {
        "the perfect copier": (
            lambda x: x.copy(),
            "copies",
            "It has no error on noise either, where a model of these images should fail.",
        ),
        "a lookup table": (
            look_up,
            "memorises",
            "It has no error on x_train and a large one on x, which it never saw.",
        ),
        "PCA with as many components as the images have factors": (
            by_pca,
            "neither",
            "Its error is small on x_train and x alike, and large on noise.",
        ),
        "the mean image": (
            lambda x: np.broadcast_to(mean, x.shape),
            "neither",
            "It returns nothing well: a large error on noise is no merit by itself.",
        ),
        "a copier that dims the picture a little": (
            lambda x: 0.95 * x,
            "copies",
            "Its error is small, not zero; so is that of most trained copiers.",
        ),
        "a lookup table with a little noise": (
            lambda x: look_up(x) + 0.02 * mean,
            "memorises",
            "Its error on x_train is small, not zero.",
        ),
    }


@check
def check_robust(model, x_train, x, x_noisy, allowed):
    """Exercise 12.3: a trained overcomplete model, and (clean, noisy) error allowed."""
    size, n_pixels = evaluation.encode(model, x[:2]).shape[-1], x[0].size
    expect(size >= 2 * n_pixels, f"the code has {size} units; {2 * n_pixels} are needed.")

    def error(images):
        x_hat = np.clip(np.asarray(model.predict(images, batch_size=len(x), verbose=0)), 0, 1)
        return evaluation.squared_error(x, x_hat).mean()

    clean, noisy = error(x), error(x_noisy)
    found = f"clean {clean:.2f} of at most {allowed[0]}, noisy {noisy:.2f} of at most {allowed[1]}"
    baseline = evaluation.mean_image_error(x_train, x)
    expect(
        noisy < 0.9 * baseline,
        f"{found}. The mean image has {baseline:.1f}: this model has not been trained, or not for "
        "this.",
    )
    expect(
        noisy <= allowed[1],
        f"{found}. Too sensitive: which regulariser is aimed at noise in the pixels?",
    )
    expect(
        clean <= allowed[0],
        f"{found}. Robust, but not faithful: weaken the regulariser, or train for longer.",
    )
    return found


@check
def check_one_in_ten(decision, candidates, x, x_noisy):
    """Exercise 12.4: `decision = (choice, costs)` for one noisy picture in ten."""
    choice, costs = read_tuple(decision, 2, "set decision = (choice, costs).")
    expect(choice in candidates, f"choose one of {', '.join(candidates)}, not {choice!r}.")
    expect(
        isinstance(costs, dict) and set(costs) == set(candidates),
        "the evidence is a dict with a cost for each candidate, `no model` included.",
    )

    def error(x_hat):
        return evaluation.squared_error(x, np.clip(np.asarray(x_hat), 0, 1)).mean()

    clean = {name: error(way(x)) for name, way in candidates.items()}
    noisy = {name: error(way(x_noisy)) for name, way in candidates.items()}
    truth = {name: 0.9 * clean[name] + 0.1 * noisy[name] for name in candidates}
    for mistake, wrong in (
        ("these are the errors on noisy pictures alone.", noisy),
        ("these are the errors on clean pictures alone.", clean),
        (
            "this is the plain mean of both errors, as if every other picture were noisy.",
            {name: (clean[name] + noisy[name]) / 2 for name in candidates},
        ),
    ):
        expect(not all(close(costs[name], wrong[name], 1e-3) for name in candidates), mistake)
    for name, right in truth.items():
        expect(
            close(costs[name], right, 1e-3),
            f"{name} costs {right:.2f}; you give {float(costs[name]):.2f}. Clip to [0, 1], compare "
            "with the clean picture, and weigh by 0.9 and 0.1.",
        )
    best = min(truth, key=truth.get)
    expect(
        truth[choice] <= truth[best] + 1e-9,
        f"your own numbers speak for {best}: {truth[best]:.2f} against {truth[choice]:.2f} for "
        f"{choice}.",
    )
    return f"{choice} costs least when one picture in ten is noisy: {truth[choice]:.2f}"
