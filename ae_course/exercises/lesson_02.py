"""Checks of the exercises in lesson 02, Preparing the data."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "2.1": (
        "Which numbers do you get from 0 and 255 if you divide by 255 first?",
        "A number from 0 to 1 times (high - low) runs from 0 to high - low. What is missing?",
        "(low + (high - low) * (images / 255)).astype('float32')",
    ),
    "2.2": (
        "What has to be drawn at random here: images or groups?",
        "Shuffle np.unique(groups) with a generator made from the seed, and take the first few.",
        "chosen = np.random.default_rng(seed).permutation(np.unique(groups))[:n]; "
        "np.isin(groups, chosen), where n is round(fraction * number of groups)",
    ),
    "2.3": (
        "At which rows does each piece start?",
        "range(0, len(x), batch_size) gives the starts; a slice may end beyond the array.",
        "for start in range(0, len(x), batch_size): yield x[start : start + batch_size]",
    ),
}
hint = Hints(HINTS)


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
    expect(result.shape == images.shape, "the images should keep their shape.")
    expect(close(to_range(images, 0, 1).ravel(), [0, 0.2, 1]), "it should work for [0, 1] too.")
    expect(close(to_range(images, -3, 7).ravel(), [-3, -1, 7]), "it should work for [-3, 7] too.")
    dim = np.array([[51, 102], [102, 51]], "uint8")
    expect(
        close(to_range(dim, 0, 1), [[0.2, 0.4], [0.4, 0.2]]),
        "images from 51 to 102 should become 0.2 to 0.4. Do not use their own smallest and "
        "largest values: every batch would be scaled differently.",
    )
    return "exact at both ends and between them, whatever is in the images"


@check
def check_validation_rows(validation_rows):
    """Exercise 2.2: `validation_rows(groups, fraction, seed)`."""
    rng = np.random.default_rng(0)
    for n, fraction in ((100, 0.2), (31, 0.25), (41, 0.15)):
        names = 1000 + 3 * np.arange(n)
        groups = rng.permutation(np.repeat(names, rng.integers(1, 9, n)))
        n_chosen = round(fraction * n)
        times = np.zeros(n)
        for seed in range(40):
            rows = np.asarray(call(validation_rows, groups, fraction, seed))
            expect(
                rows.dtype == bool and rows.shape == groups.shape,
                "return one True or False for each image.",
            )
            both = set(groups[rows]) & set(groups[~rows])
            expect(
                not both,
                f"{len(both)} originals have copies in both parts. Choose among the groups.",
            )
            expect(
                np.array_equal(rows, validation_rows(groups, fraction, seed)),
                f"seed {seed} gave two splits.",
            )
            chosen = np.isin(names, groups[rows])
            expect(
                chosen.sum() == n_chosen,
                f"{chosen.sum()} of {n} groups were chosen; round({fraction} * {n}) is {n_chosen}.",
            )
            # Around the circle of all groups, random ones do not lie side by side.
            runs = (chosen & ~np.roll(chosen, 1)).sum()
            expect(runs > 1, "the groups chosen are neighbours. Draw each at random.")
            times += chosen
        expect(times.max() < 40, "another seed gave the same split, at least in part.")
        # Each group has this mean and standard deviation; five of the latter are never seen.
        mean = 40 * n_chosen / n
        spread = np.sqrt(mean * (1 - n_chosen / n))
        expect(
            np.abs(times - mean).max() < 5 * spread,
            "over 40 seeds, some groups were chosen far more often than others.",
        )
        sizes = np.array([np.sum(groups == name) for name in names])
        gap = sizes @ times / times.sum() - sizes.mean()
        expect(
            abs(gap) < 5 * sizes.std() / np.sqrt(times.sum()),
            "groups with many images were chosen more often or less often than small ones. Draw "
            "from np.unique(groups).",
        )
    return "no group in both parts, the right number of groups, random and repeatable"


@check
def check_batches_of(batches_of):
    """Exercise 2.3: `batches_of(x, batch_size)`."""
    x = np.arange(10).reshape(10, 1)
    pieces = list(call(batches_of, x, 4))
    expect([len(p) for p in pieces] == [4, 4, 2], "10 images in fours are 4, 4 and 2.")
    expect(np.array_equal(np.concatenate(pieces), x), "an image was lost, doubled or moved.")
    expect(len(list(batches_of(x, 5))) == 2, "10 images in fives are two batches.")
    expect([len(p) for p in batches_of(x, 16)] == [10], "10 images in sixteens are one batch.")
    images = np.random.default_rng(0).random((7, 3, 5, 2))
    pieces = [np.asarray(piece) for piece in batches_of(images, 3)]
    expect(
        [piece.shape for piece in pieces] == [(3, 3, 5, 2), (3, 3, 5, 2), (1, 3, 5, 2)]
        and np.array_equal(np.concatenate(pieces), images),
        "seven images of shape (3, 5, 2) in threes should keep that shape and their values.",
    )
    return "nothing lost, and the last batch is smaller"
