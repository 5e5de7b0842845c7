"""What learners may hand to the checks of lesson 02; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def min_max(x, low, high):
    x = x.astype("float32")
    return low + (high - low) * (x - x.min()) / (x.max() - x.min())


def rows_of(choose):
    """A `validation_rows` that sends the groups `choose(names, n, rng)` to validation."""

    def validation_rows(groups, fraction, seed):
        names = np.unique(groups)
        n = round(fraction * len(names))
        return np.isin(groups, choose(names, n, np.random.default_rng(seed)))

    return validation_rows


def by_sets(groups, fraction, seed):
    rng = np.random.RandomState(seed)
    names = sorted(set(groups.tolist()))
    chosen = set(rng.choice(names, round(fraction * len(names)), replace=False).tolist())
    return np.array([each in chosen for each in groups])


def by_images(groups, fraction, seed):
    return np.random.default_rng(seed).random(len(groups)) < fraction


def by_first_images(groups, fraction, seed):
    """Goes through the images in random order, so that large groups come first."""
    n, chosen = round(fraction * len(np.unique(groups))), []
    for each in np.random.default_rng(seed).permutation(groups):
        if len(chosen) < n and each not in chosen:
            chosen.append(each)
    return np.isin(groups, chosen)


def unseeded(names, n, rng):
    return np.random.default_rng().permutation(names)[:n]


def neighbours(names, n, rng):
    start = rng.integers(len(names))
    return np.roll(names, start)[:n]


def fewer(groups, fraction, seed):
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.isin(groups, names[: int(fraction * len(names))])


def mostly_the_first(names, n, rng):
    return [names[0], *rng.permutation(names[1:])[: n - 1]]


def pieces(x, size, stop=0):
    return [x[i : i + size] for i in range(0, len(x) + stop, size)]


def yielded(x, size):
    while len(x):
        yield x[:size]
        x = x[size:]


CASES = {
    "to_range": Case(
        right=[
            lambda x, low, high: np.interp(x, [0, 255], [low, high]).astype("float32"),
            lambda x, low, high: x.astype("float32") / 255 * (high - low) + low,
        ],
        wrong=[
            (lambda x, low, high: (x / 255).astype("float32"), "0 should become low"),
            (lambda x, low, high: (x * (high - low) / 255 + low).astype("float32"), "uint8 wraps"),
            (lambda x, low, high: low + (high - low) * (x / 255), "the result is float64"),
            (lambda x, low, high: (x / 127.5 - 1).astype("float32"), "work for [0, 1] too"),
            (
                lambda x, low, high: (low + (high - low) * (x / x.max())).astype("float32"),
                "smallest and largest values",
            ),
            (min_max, "smallest and largest values"),
        ],
    ),
    "validation_rows": Case(
        right=[rows_of(lambda names, n, rng: rng.permutation(names)[:n]), by_sets],
        wrong=[
            (lambda groups, fraction, seed: np.arange(5), "one True or False"),
            (by_images, "have copies in both parts"),
            (
                lambda groups, fraction, seed: np.arange(len(groups)) < fraction * len(groups),
                "have copies in both parts",
            ),
            (rows_of(unseeded), "gave two splits"),
            (
                rows_of(lambda names, n, rng: names[rng.random(len(names)) < n / len(names)]),
                "groups were chosen; round(0.2 * 100) is 20",
            ),
            (rows_of(lambda names, n, rng: rng.choice(names, n)), "is 20"),
            (rows_of(lambda names, n, rng: rng.permutation(names)[: n + 2]), "22 of 100"),
            (fewer, "7 of 31 groups were chosen"),
            (rows_of(lambda names, n, rng: names[:n]), "are neighbours"),
            (rows_of(neighbours), "are neighbours"),
            (rows_of(lambda names, n, rng: names[::3][:n]), "the same split"),
            (rows_of(mostly_the_first), "the same split, at least in part"),
            (by_first_images, "groups with many images"),
        ],
    ),
    "batches_of": Case(
        right=[pieces, yielded],
        wrong=[
            (lambda x, size: pieces(x, size)[: len(x) // size], "4, 4 and 2"),
            (lambda x, size: np.array_split(x, -(-len(x) // size)), "4, 4 and 2"),
            (lambda x, size: pieces(x[::-1], size), "lost, doubled or moved"),
            (lambda x, size: pieces(x, size, stop=1), "are two batches"),
            (
                lambda x, size: [x[i * size : (i + 1) * size] for i in range(len(x) // size + 1)],
                "are two batches",
            ),
            (lambda x, size: [p.reshape(len(p), -1) for p in pieces(x, size)], "keep that shape"),
        ],
    ),
}
