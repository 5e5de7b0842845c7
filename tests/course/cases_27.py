"""What learners may hand to the checks of lesson 27; test_exercises.py hands it in."""

from pathlib import Path

import numpy as np

from cases import Case


def every_nth(n_items, worker, n_workers):
    return range(worker, n_items, n_workers)


def in_blocks(n_items, worker, n_workers):
    return np.array_split(np.arange(n_items), n_workers)[worker]


def floor_blocks(n_items, worker, n_workers):
    size = n_items // n_workers
    return range(worker * size, (worker + 1) * size)


def ceiling_blocks(n_items, worker, n_workers):
    size = -(-n_items // n_workers)
    return range(worker * size, (worker + 1) * size)


def last_takes_the_rest(n_items, worker, n_workers):
    size = n_items // n_workers
    return range(worker * size, n_items if worker == n_workers - 1 else (worker + 1) * size)


def missing(folder, sizes):
    return [size for size in sizes if not (Path(folder) / f"{size}.json").exists()]


def by_substring(folder, sizes):
    names = " ".join(path.name for path in Path(folder).iterdir())
    return [size for size in sizes if f"{size}.json" not in names]


def by_stem(folder, sizes):
    done = [path.stem for path in Path(folder).iterdir()]
    return [size for size in sizes if str(size) not in done]


def by_end(folder, sizes):
    done = [path.name.removesuffix(".json").split("-")[-1] for path in Path(folder).glob("*.json")]
    done += [path.name.split("-")[-1].removesuffix(".json") for path in Path(folder).glob(".part*")]
    return [size for size in sizes if str(size) not in done]


def tidy_up(folder, sizes):
    for path in Path(folder).glob(".part*"):
        path.unlink()
    return missing(folder, sizes)


def equal(n_images, limit, n_workers, most=min):
    for size in range(most(limit, n_images), 0, -1):
        if size % n_workers == 0 and (n_images % size) % n_workers == 0:
            return size
    return 0


def without_the_last(n_images, limit, n_workers):
    limit = min(limit, n_images)
    return limit - limit % n_workers


def whole_batches_only(n_images, limit, n_workers):
    good = [s for s in range(1, limit + 1) if s % n_workers == 0 and n_images % s == 0]
    return max(good, default=0)


CASES = {
    "shard": Case(
        right=[every_nth, in_blocks, lambda *args: list(every_nth(*args))],
        wrong=[
            (floor_blocks, "for 4 workers, some go to nobody"),
            (ceiling_blocks, "some do not exist"),
            (last_takes_the_rest, "they get [2, 2, 2, 4]"),
            (lambda n_items, worker, n_workers: range(n_items), "some go to two workers"),
            (lambda *args: [row + 1 for row in every_nth(*args)], "some go to nobody"),
        ],
    ),
    "missing_sizes": Case(
        right=[missing, lambda *args: tuple(missing(*args))],
        wrong=[
            (lambda folder, sizes: sizes, "are there"),
            (by_substring, "unfinished file"),
            (by_stem, "another kind"),
            (by_end, "unfinished file"),
            (lambda folder, sizes: [s for s in missing(folder, sizes) if s != 6], "no 6.json"),
            (lambda *args: sorted(missing(*args)), "in the order of"),
            (tidy_up, "neither write nor delete"),
            (lambda *args: len(missing(*args)), "a list of sizes"),
        ],
    ),
    "equal_batch": Case(
        right=[equal, lambda *args: np.int64(equal(*args))],
        wrong=[
            (without_the_last, "the last batch would have"),
            (whole_batches_only, "is larger"),
            (lambda n_images, limit, n_workers: limit, "cannot share it equally"),
            (lambda *args: equal(*args, most=max), "more than is allowed"),
            (lambda *args: equal(*args) or -1, "more than is allowed"),
            (lambda *args: float(equal(*args)), "a whole number"),
            (lambda n_images, limit, n_workers: 0, "is larger"),
        ],
    ),
}
