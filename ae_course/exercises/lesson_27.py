"""Checks of the exercises in lesson 27, More data, more devices, more machines."""

import tempfile
from numbers import Integral
from pathlib import Path

from ae_course.exercises.grading import Hints, call, check, expect

HINTS = {
    "27.1": (
        "If the rows are dealt out like cards, which rows does worker 1 of 3 get?",
        (
            "A worker gets every `n_workers`-th row, beginning with the row of its own number. "
            "`range` has a third argument, the step."
        ),
        (
            "`range(first, n_items, step)`: the first row is `worker`; the step is the number of "
            "workers."
        ),
    ),
    "27.2": (
        (
            "What is the exact name of the file with a finished result for size 8, and how do you "
            "ask whether it is there?"
        ),
        (
            '`Path(folder) / f"{size}.json"` is its path, also if `folder` is a string. '
            "`.exists()` asks and changes nothing."
        ),
        (
            "`[size for size in sizes if not ...]` keeps the order of `sizes`; the dots ask for "
            "the file of that size."
        ),
    ),
    "27.3": (
        (
            "With 1000 images in batches of 128, how large is the last batch, and can 8 workers "
            "share it equally?"
        ),
        (
            "Try the sizes from the largest down, `range(min(limit, n_images), 0, -1)`. Two "
            "numbers must be multiples of `n_workers`: the size, and the rest `n_images % size`, "
            "which is 0 if the last batch is full."
        ),
        (
            "In the loop, return the first `size` with `size % n_workers == 0` for which `n_images "
            "% size` passes the same test; after the loop, return 0."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_shard(shard):
    """Exercise 27.1: `shard(n_items, worker, n_workers)`."""
    for n_items, n_workers in ((12, 3), (10, 4), (2, 3)):
        parts = [list(call(shard, n_items, worker, n_workers)) for worker in range(n_workers)]
        together = sorted(row for part in parts for row in part)
        where = f"of {n_items} rows for {n_workers} workers"
        expect(len(together) == len(set(together)), f"{where}, some go to two workers.")
        expect(not set(range(n_items)) - set(together), f"{where}, some go to nobody.")
        expect(together == list(range(n_items)), f"{where}, some do not exist.")
        lengths = [len(part) for part in parts]
        expect(max(lengths) - min(lengths) <= 1, f"{where}, they get {lengths}: divide evenly.")
    return "every row once, and no worker has two more than another"


@check
def check_missing_sizes(missing_sizes):
    """Exercise 27.2: `missing_sizes(folder, sizes)`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for left in ("4.json", "16.json", ".part-77-8.json", "2.txt"):
            (folder / left).write_text("1.0")
        for form in (folder, name):
            result = call(missing_sizes, form, [32, 16, 8, 6, 4, 2])
            expect(not isinstance(result, str | Integral), "return a list of sizes.")
            result = list(result)
            expect(16 not in result and 4 not in result, "4.json and 16.json are there.")
            expect(8 in result, "of 8 there is but an unfinished file: that is no result.")
            expect(6 in result, "there is a 16.json, but no 6.json.")
            expect(2 in result, "a file of another kind is no result.")
            expect(result == [32, 8, 6, 2], "the missing ones in the order of `sizes`.")
        kept = sorted(path.name for path in folder.iterdir())
    expect(len(kept) == 4, "only look: neither write nor delete.")
    return "what has no whole result, in the order asked"


@check
def check_equal_batch(equal_batch):
    """Exercise 27.3: `equal_batch(n_images, limit, n_workers)`."""
    cases = {(1024, 128, 8): 128, (1024, 100, 8): 96, (1000, 128, 8): 128, (24, 20, 4): 20}
    cases |= {(100, 64, 3): 0, (90, 64, 3): 63, (8, 128, 4): 8, (12, 5, 6): 0, (30, 7, 2): 6}
    for (n_images, limit, n_workers), right in cases.items():
        result = call(equal_batch, n_images, limit, n_workers)
        asked = f"equal_batch({n_images}, {limit}, {n_workers})"
        expect(isinstance(result, Integral), f"{asked} must be a whole number, not {result!r}.")
        expect(0 <= result <= min(limit, n_images), f"{asked} is {result}: more than is allowed.")
        expect(result % n_workers == 0, f"{asked} is {result}: workers cannot share it equally.")
        last = n_images % result if result else 0
        expect(last % n_workers == 0, f"{asked} is {result}: the last batch would have {last}.")
        hint = f"one of {right} is larger." if right else "0 if there is none."
        expect(result == right, f"{asked} is {result}; {hint}")
    return "the largest batch whose shards are equal to the end"
