"""Checks of the exercises in lesson 08, The latent space."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "8.1": (
        "When you have gone the fraction t of the way, how much of `z_a` is left and how much of "
        "`z_b` is there?",
        "`np.linspace(0, 1, n)` gives `n` fractions in equal steps, both ends included. As a "
        "column, `[:, None]`, they broadcast against a code.",
        "With `t = np.linspace(0, 1, n)[:, None]`, the walk is `(1 - t) * z_a` plus the other "
        "share.",
    ),
    "8.2": (
        "How far is one row of `z` from `query`, and how do you get that for all rows at once?",
        "`z - query` is taken row by row. Square it, sum over the coordinates, and let "
        "`np.argsort` put the indices in order. The square root would not change the order.",
        "With `distances = np.sum((z - query) ** 2, axis=1)`, the answer is the beginning of "
        "`np.argsort(distances)`.",
    ),
    "8.3": (
        "Which rows of `z` belong to the class?",
        "`labels == label` is True exactly for those rows, and an array can be indexed with such "
        "a mask.",
        "`z[labels == label]` holds the codes of the class, one in each row. Take their mean "
        "along the axis of the rows, so that one code remains.",
    ),
}
hint = Hints(HINTS)


@check
def check_interpolate(interpolate):
    """Exercise 8.1: `interpolate(z_a, z_b, n)`."""
    z_a, z_b = np.array([0.0, 2.0, -1.0]), np.array([4.0, 2.0, 1.0])
    path = np.asarray(call(interpolate, z_a, z_b, 5))
    expect(path.shape == (5, 3), f"five codes of three numbers are (5, 3), not {path.shape}.")
    expect(close(path[0], z_a) and close(path[-1], z_b), "both ends belong to the walk.")
    expect(close(np.diff(path, axis=0), [[1, 0, 0.5]] * 4), "all steps should be equal.")
    return "both ends included, all steps equal"


@check
def check_nearest_codes(nearest_codes):
    """Exercise 8.2: `nearest_codes(z, query, k)`."""
    z = np.random.default_rng(0).normal(size=(50, 16))
    right = list(np.argsort(np.linalg.norm(z - z[7] - 0.1, axis=1))[:4])
    result = [int(i) for i in call(nearest_codes, z, z[7] + 0.1, 4)]
    expect(len(result) == 4, f"k=4 should give four indices, not {len(result)}.")
    expect(set(result) == set(right), "those are not the nearest: sum squares over coordinates.")
    expect(result == right, "right codes, but the nearest should come first.")
    return "the right codes, the nearest first"


@check
def check_typical(typical):
    """Exercise 8.3: `typical(z, labels, label)`."""
    z, labels = np.array([[0.0, 2.0], [2.0, 4.0], [9.0, 9.0]]), np.array([1, 1, 0])
    result = np.asarray(call(typical, z, labels, 1))
    expect(result.shape == (2,), f"one code of two numbers is expected, not {result.shape}.")
    expect(close(result, [1, 3]), "average the codes whose label is the given one, and only those.")
    return "the mean code of a class"
