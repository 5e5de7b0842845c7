"""What learners may hand to the checks of lesson 09; test_exercises.py hands it in."""

import numpy as np
from scipy.spatial.distance import cdist

from ae_keras import evaluation
from cases import Case


def measure(use, size, seed):
    """What the lesson's networks give, by a formula."""
    wobble = 1 + 0.01 * np.sin(seed + size)
    return wobble * (10 * (12.5 / size) if use == "archive" else 1 - 1.5 / size)


def sweep(use, sizes, seeds=(0, 1, 2)):
    return {size: [measure(use, size, seed) for seed in seeds] for size in sizes}


ARCHIVE = sweep("archive", (9, 11, 13, 16))
LUCKY = ARCHIVE | {12: [9.9, 10.4, 10.2]}
INVENTED = {8: [20.0, 21.0], 12: [18.0, 18.2], 16: [7.8, 7.9]}
MADE_UP = {8: [12.1, 12.3], 10: [9.1, 9.3], 12: [8.1, 8.2]}


def own_index(z, z_changed):
    return np.argmin(cdist(z_changed, z), axis=1)


def by_distances(encode, x, change):
    return float((own_index(encode(x), encode(change(x))) == np.arange(len(x))).mean())


def by_nearest(encode, x, change):
    found = evaluation.nearest(encode(x), encode(change(x)), k=1)
    return np.mean(found[:, 0] == np.arange(len(x)))


def by_hand(encode, x, change):
    z, z_changed, hits = encode(x), encode(change(x)), 0
    for i in range(len(x)):
        hits += np.argmin(((z - z_changed[i]) ** 2).sum(axis=1)) == i
    return hits / len(x)


def from_originals(encode, x, change):
    return np.mean(own_index(encode(change(x)), encode(x)) == np.arange(len(x)))


def among_changed(encode, x, change):
    z = encode(change(x))
    return np.mean(own_index(z, z) == np.arange(len(x)))


def codes_changed(encode, x, change):
    z = encode(x)
    return np.mean(own_index(z, change(z)) == np.arange(len(x)))


def first_coordinate(encode, x, change):
    z, z_changed = encode(x)[:, :1], encode(change(x))[:, :1]
    return np.mean(own_index(z, z_changed) == np.arange(len(x)))


def summed(encode, x, change):
    z, z_changed = encode(x), encode(change(x))
    differences = np.abs((z_changed[:, None] - z[None]).sum(axis=2))
    return np.mean(np.argmin(differences, axis=1) == np.arange(len(x)))


def second_nearest(encode, x, change):
    order = np.argsort(cdist(encode(change(x)), encode(x)), axis=1)
    return np.mean(order[:, 1] == np.arange(len(x)))


CASES = {
    "size": Case(
        right=[
            ("archive", 13, ARCHIVE),
            ("sorter", 7, sweep("sorter", (4, 5, 7, 12), seeds=(3, 4))),
            ("archive", 13, {n: np.array(found) for n, found in LUCKY.items()}),
        ],
        wrong=[
            (13, "set decision ="),
            (("search", 13, ARCHIVE), "the use is one of"),
            (("archive", 13, {13: [9.6, 9.7]}), "three sizes or more"),
            (("archive", 14, ARCHIVE), "without having trained it"),
            (("archive", 13, {n: found[:1] for n, found in ARCHIVE.items()}), "two seeds"),
            (("archive", 13, {n: found[0] for n, found in ARCHIVE.items()}), "two seeds"),
            (("archive", 13, {n: found[:1] * 3 for n, found in ARCHIVE.items()}), "pass each seed"),
            (("archive", 11, ARCHIVE), "from no seed enough"),
            (("archive", 12, LUCKY), "only with luck"),
            (("archive", 16, ARCHIVE), "13 is enough"),
            (("archive", 13, sweep("archive", (13, 14, 16))), "nothing smaller"),
            (("archive", 16, sweep("archive", (4, 8, 16))), "between it and 16"),
            (("archive", 10, MADE_UP), "size 10 gives 12"),
            (("archive", 16, INVENTED), "size 12 gives 10"),
            (("sorter", 13, ARCHIVE), "by your own numbers"),
        ],
        others=(measure,),
    ),
    "finds_itself": Case(
        right=[by_nearest, by_distances, by_hand],
        wrong=[
            (from_originals, "start from each changed image"),
            (among_changed, "among the codes of `x` itself"),
            (codes_changed, "`change` takes images"),
            (lambda *args: by_hand(*args) * len(args[1]), "divide by how many"),
            (lambda *args: 100 * by_hand(*args), "not in per cent"),
            (second_nearest, "do not skip the nearest"),
            (first_coordinate, "Use all coordinates"),
            (summed, "of opposite sign cancel"),
            (lambda encode, x, change: own_index(encode(x), encode(change(x))), "one number"),
        ],
    ),
}
