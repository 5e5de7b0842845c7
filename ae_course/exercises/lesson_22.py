"""Checks of the exercises in lesson 22, Codes as features and as compression."""

import math
from numbers import Real

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "22.1": (
        "For one query, how do you see from `groups` which of the rows found are strangers?",
        (
            "For one `row` of `found` and the group `own` of its query, `groups[row] != own` is "
            "True for the strangers. As an index, it keeps them in their order."
        ),
        (
            "For each `row, own` of `zip(found, query_groups)`, take `row[groups[row] != own]` and "
            "cut it off after `k`; `np.stack` makes one array of them."
        ),
    ),
    "22.2": (
        (
            "How many bits does a unit cost that has the same level in all images, and how many if "
            "two levels are equally frequent?"
        ),
        (
            "Go through the units, the columns of `levels`. `np.unique(unit, return_counts=True)` "
            "counts only the levels that occur, so there is no logarithm of 0."
        ),
        "For each unit `p = counts / len(unit)`; add up `-(p * np.log2(p)).sum()` over the units.",
    ),
    "22.3": (
        (
            "How many bytes does each image save, and how often must that be saved to pay for the "
            "decoder?"
        ),
        (
            "Each image saves `rival_bytes - code_bytes`; if that is 0 or less, return `math.inf`. "
            "Otherwise you need more images than `decoder_bytes` divided by the saving: more, not "
            "as many."
        ),
        "`math.floor(decoder_bytes / saving)` images are not enough yet, and one more is.",
    ),
}
hint = Hints(HINTS)


@check
def check_strangers(strangers):
    """Exercise 22.1: `strangers(found, groups, query_groups, k)`."""
    groups = np.array([7, 7, 2, 3, 3, 2, 5, 5])
    found = np.array([[1, 2, 0, 3, 5, 6], [4, 0, 2, 3, 6, 1]])
    query_groups = np.array([7, 3])
    result = np.asarray(call(strangers, found.copy(), groups, query_groups, 3))
    right = np.array([[2, 3, 5], [0, 2, 6]])
    expect(result.shape == (2, 3), f"two queries with k=3 make (2, 3), not {result.shape}.")
    expect(not close(result, found[:, :3]), "near-duplicates of the query are still among them.")
    own = groups[result.astype(int)] == query_groups[:, None]
    expect(not own.any(), "a row of the query's own group is left: compare the groups.")
    expect(not close(np.sort(result), right) or close(result, right), "keep them nearest first.")
    expect(close(result, right), "the first k that remain; several may be of one group.")
    return "nearest first, and no near-duplicates"


@check
def check_entropy_bits(entropy_bits):
    """Exercise 22.2: `entropy_bits(levels)`."""
    levels = np.array([[0, 4, 1], [1, 4, 1], [0, 4, 2], [1, 4, 1]])
    result = call(entropy_bits, levels)
    right = 1 + 0 + (2 - 0.75 * math.log2(3))
    expect(np.ndim(result) == 0, "one number: the sum over the units.")
    expect(np.isfinite(result), "a level that does not occur costs nothing, not 0 * log 0.")
    expect(not close(result, right * math.log(2)), "bits need the logarithm to base 2.")
    expect(not close(result, -right), "minus the sum of p log p.")
    expect(not close(result, right / 3), "add up the units; an image needs all of them.")
    expect(not close(result, right * 4), "per image, not for all four together.")
    expect(close(result, right), "one table for each unit, from the frequencies of its own levels.")
    return "bits of an image, one table for each unit"


@check
def check_break_even(break_even):
    """Exercise 22.3: `break_even(decoder_bytes, code_bytes, rival_bytes)`."""
    result = call(break_even, 1000, 8, 29)
    expect(isinstance(result, Real), "return one number.")
    expect(result != 1000 / 29, "subtract what each code costs.")
    expect(result == math.floor(result), "images come whole: return a whole number.")
    expect(result > 47, "with 47 images it is still larger: 1000 + 47 * 8 against 47 * 29.")
    expect(result == 48, "for (1000, 8, 29) the first smaller total is at 48 images.")
    expect(break_even(1000, 8, 28) == 51, "at 50 images (1000, 8, 28) are only equal: 51.")
    expect(break_even(0, 8, 28) == 1, "without a decoder to pay, one image is enough.")
    for rival in (8, 5):
        never = break_even(1000, 8, rival)
        expect(never == math.inf, f"a code of 8 bytes never beats {rival}: return math.inf.")
    return "decoder and codes against the rival"
