"""Checks of the exercises in lesson 15, Sparse autoencoders."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "15.1": (
        "The penalty looks only at what a unit does on average: what is averaged before any "
        "logarithm is taken?",
        "`a = z.mean(axis=0)` is the mean activity of each unit. Put it into the lesson's "
        "formula, with `target` for ρ: one divergence for each unit.",
        "The first half is `target * np.log(target / a)`; the second is the same with `1 - "
        "target` and `1 - a`. Add the halves, and sum over the units.",
    ),
    "15.2": (
        "For how many images must a unit be active to be alive?",
        "One is enough. `z > 0` says where a unit is active; `np.any` along the axis of the "
        "images says whether it ever was.",
        "`alive = np.any(z > 0, axis=0)` has one entry for each unit. Count those that are False.",
    ),
    "15.3": (
        "In this lesson's table, between which two weights does the active fraction cross 15 %?",
        "Train a `SparseAutoencoder` with ReLU codes and a weight between those two. Train it "
        "longer, on all of `train.x`, as the section on the budget does: that lowers the error.",
        '`trained(SparseAutoencoder(*halves("relu"), weight=...), epochs=12, x=train.x)`. Too '
        "many units active: raise the weight. The error too large: lower it.",
    ),
}
hint = Hints(HINTS)


@check
def check_kl_penalty(kl_penalty):
    """Exercise 15.1: `kl_penalty(z, target)`."""
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
    """Exercise 15.2: `dead_units(z)`."""
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
    """Exercise 15.3: a trained sparse model that may use a fraction `budget` of its units."""
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
