"""What learners may hand to the checks of lesson 08; test_exercises.py hands it in."""

import math

import numpy as np

from cases import Case


def by_distance(z, query):
    return sorted(range(len(z)), key=lambda i: math.dist(z[i], query))


CASES = {
    "interpolate": Case(
        right=[lambda a, b, n: np.linspace(a, b, n)],
        wrong=[
            (lambda a, b, n: np.linspace(a, b, n, endpoint=False), "both ends belong"),
            (lambda a, b, n: np.linspace(a, b, n).T, "five codes of three numbers"),
            (lambda a, b, n: a + np.linspace(0, 1, n)[:, None] ** 2 * (b - a), "should be equal"),
        ],
    ),
    "nearest_codes": Case(
        right=[lambda z, query, k: by_distance(z, query)[:k]],
        wrong=[
            (lambda z, query, k: by_distance(z, query), "should give four indices, not 50"),
            (lambda z, query, k: by_distance(z, query)[-k:], "those are not the nearest"),
            (lambda z, query, k: by_distance(z, query)[:k][::-1], "nearest should come first"),
        ],
    ),
    "typical": Case(
        right=[lambda z, labels, label: np.average(z, axis=0, weights=labels == label)],
        wrong=[
            (lambda z, labels, label: z.mean(axis=0), "and only those"),
            (lambda z, labels, label: z[labels == label].mean(), "one code of two numbers"),
        ],
    ),
}
