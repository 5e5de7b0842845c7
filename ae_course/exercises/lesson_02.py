"""Checks of the exercises in lesson 02, Preparing the data."""

import numpy as np

from ae_course.exercises.grading import call, check, close, expect


@check
def check_to_range(to_range):
    """Exercise 2.1: `to_range(images, low, high)`."""
    images = np.array([[[[0], [51], [255]]]], "uint8")
    result = np.asarray(call(to_range, images, -1, 1))
    expect(
        close(result.ravel(), [-1, -0.6, 1]),
        "0 should become low, 255 high, 51 a fifth between. (uint8 wraps at 256: divide first.)",
    )
    expect(result.dtype == "float32", f"the result is {result.dtype}; use .astype('float32').")
    expect(close(to_range(images, 0, 1).ravel(), [0, 0.2, 1]), "it should work for [0, 1] too.")
    return "exact at both ends and between them"


@check
def check_validation_rows(validation_rows):
    """Exercise 2.2: `validation_rows(groups, fraction, seed)`."""
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(1000, 1100), 6))
    rows = np.asarray(call(validation_rows, groups, 0.2, 0))
    expect(
        rows.dtype == bool and rows.shape == groups.shape,
        "return one True or False for each image.",
    )
    both = set(groups[rows]) & set(groups[~rows])
    expect(not both, f"{len(both)} originals have copies in both parts. Choose among the groups.")
    fraction = len(set(groups[rows])) / 100
    expect(abs(fraction - 0.2) < 0.03, f"{fraction:.0%} of the groups were chosen instead of 20%.")
    expect(np.array_equal(rows, validation_rows(groups, 0.2, 0)), "seed 0 gave two splits.")
    expect(
        not np.array_equal(rows, validation_rows(groups, 0.2, 1)),
        "another seed gave the same split.",
    )
    return "no group in both parts, the right fraction, repeatable"


@check
def check_batches_of(batches_of):
    """Exercise 2.3: `batches_of(x, batch_size)`."""
    x = np.arange(10).reshape(10, 1)
    pieces = list(call(batches_of, x, 4))
    expect([len(p) for p in pieces] == [4, 4, 2], "10 images in fours are 4, 4 and 2.")
    expect(np.array_equal(np.concatenate(pieces), x), "an image was lost, doubled or moved.")
    expect(len(list(batches_of(x, 5))) == 2, "10 images in fives are two batches.")
    return "nothing lost, and the last batch is smaller"
