"""What learners may hand to the checks of lesson 09; test_exercises.py hands it in."""

import itertools

import numpy as np

from cases import Case


def within(errors, budget):
    return [size for size in sorted(errors) if errors[size] <= budget]


def shares(errors):
    return [(a - b) / a for a, b in itertools.pairwise(errors.values())]


CASES = {
    "smallest_size": Case(
        right=[lambda errors, budget: next(iter(within(errors, budget)), 0)],
        wrong=[
            (lambda errors, budget: max(within(errors, budget)), "8 is the smaller"),
            (lambda errors, budget: within(errors, budget - 1e-6)[0], "is good enough"),
            (lambda errors, budget: (within(errors, budget) or [64])[0], "return 0"),
        ],
    ),
    "gains": Case(
        right=[shares, lambda errors: np.array(shares(errors))],
        wrong=[
            (lambda errors: [0, *shares(errors)], "make two steps"),
            (lambda errors: [1 - share for share in shares(errors)], "there before the step"),
        ],
    ),
}
