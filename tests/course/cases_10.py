"""What learners may hand to the checks of lesson 10; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def folded(layers, keep_bias=True, order=1):
    (weight, bias), *rest = layers[::order]
    for w, b in rest:
        weight, bias = weight @ w, (bias @ w if keep_bias else 0) + b
    return weight, bias


def axes_of(z, rows, centre=True, order=1):
    drawn = (z - z.mean(axis=0) * centre) @ rows
    return np.linalg.svd(drawn, full_matrices=False)[2][: len(rows)][::order]


def left(x, k, ddof=0):
    return np.linalg.eigvalsh(np.cov(x.T, ddof=ddof))[::-1][k:].sum()


CASES = {
    "fold": Case(
        right=[folded],
        wrong=[
            (lambda layers: folded(layers, keep_bias=False), "an early bias"),
            (lambda layers: folded(layers)[0], "return two things"),
            (lambda layers: layers[0], "W is (5, 2)"),
            (lambda layers: (-folded(layers)[0], folded(layers)[1]), "the product of all"),
        ],
    ),
    "principal_axes": Case(
        right=[axes_of, lambda z, rows: -axes_of(z, rows)],
        wrong=[
            (lambda z, rows: rows, "should be orthonormal"),
            (lambda z, rows: np.linalg.qr(rows.T)[0].T, "mixtures of the axes"),
            (lambda z, rows: axes_of(z, rows, centre=False), "mixtures of the axes"),
            (lambda z, rows: axes_of(z, rows, order=-1), "wrong order"),
            (lambda z, rows: axes_of(z, rows).T, "three axes of 12 pixels"),
        ],
    ),
    "error_left": Case(
        right=[left, lambda x, k: (np.linalg.svd(x - x.mean(0))[1][k:] ** 2).sum() / len(x)],
        wrong=[
            (lambda x, k: left(x, k, ddof=1), "divides by n - 1"),
            (lambda x, k: left(x, 0) - left(x, k), "that is the spread that is kept"),
            (lambda x, k: left(x, k + 1), "after the k largest"),
        ],
    ),
}
