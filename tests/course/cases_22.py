"""What learners may hand to the checks of lesson 22; test_exercises.py hands it in."""

import math

import numpy as np
from scipy.stats import entropy

from cases import Case


def others(found, groups, query_groups, k, start=0, order=1):
    rows = [
        [row for row in each if groups[row] != own][start : start + k][::order]
        for each, own in zip(found, query_groups, strict=True)
    ]
    return np.array(rows)


def one_of_each(found, groups, query_groups, k):
    rows = []
    for each, own in zip(found, query_groups, strict=True):
        seen = {own}
        rows.append([r for r in each if not (groups[r] in seen or seen.add(groups[r]))][:k])
    return np.array([row + row[: k - len(row)] for row in rows])


def without_the_first(found, groups, query_groups, k):
    return found[:, 1 : k + 1]


def bits(levels, base=2, over=sum):
    counts = [np.unique(unit, return_counts=True)[1] for unit in levels.T]
    return over([entropy(count, base=base) for count in counts])


def with_zeros(levels):
    share = np.stack([np.bincount(unit, minlength=5) for unit in levels.T]) / len(levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(share * np.log2(share)).sum()


def together(levels):
    """One table for all units."""
    return levels.shape[1] * entropy(np.unique(levels, return_counts=True)[1], base=2)


def images_needed(decoder, code, rival, whole=lambda n: math.floor(n) + 1, never=math.inf):
    return whole(decoder / (rival - code)) if code < rival else never


def by_counting(decoder, code, rival):
    n = 1
    while decoder + n * code >= n * rival:
        n += 1
        if n > 10_000:
            return math.inf
    return n


CASES = {
    "strangers": Case(
        right=[others, lambda *args: others(*args).tolist()],
        wrong=[
            (lambda found, groups, own, k: found[:, :k], "of the query are still"),
            (without_the_first, "own group"),
            (lambda *args: others(*args[:3], 2), "make (2, 3)"),
            (lambda *args: others(*args, order=-1), "nearest first"),
            (lambda *args: others(*args, start=1), "the first k that remain"),
            (one_of_each, "several may"),
        ],
    ),
    "entropy_bits": Case(
        right=[bits, lambda levels: np.float32(bits(levels))],
        wrong=[
            (lambda levels: bits(levels, base=math.e), "logarithm to base 2"),
            (lambda levels: bits(levels, over=np.array), "the sum over the units"),
            (lambda levels: bits(levels, over=np.mean), "add up the units"),
            (lambda levels: -bits(levels), "minus the sum"),
            (lambda levels: 4 * bits(levels), "not for all four"),
            (with_zeros, "costs nothing"),
            (together, "one table for each unit"),
        ],
    ),
    "break_even": Case(
        right=[images_needed, by_counting],
        wrong=[
            (lambda decoder, code, rival: decoder / rival, "subtract what each code costs"),
            (lambda *args: images_needed(*args, whole=float), "images come whole"),
            (lambda *args: images_needed(*args, whole=math.floor), "it is still larger"),
            (lambda *args: images_needed(*args, whole=lambda n: 60), "at 48 images"),
            (lambda *args: images_needed(*args, whole=math.ceil), "are only equal"),
            (lambda *args: max(images_needed(*args), 2), "one image is enough"),
            (lambda *args: images_needed(*args, never=0), "never beats 8"),
            (lambda a, b, c: 10_000 if c < b else images_needed(a, b, c), "never beats 5"),
        ],
    ),
}
