"""What learners may hand to the checks of lesson 20; test_exercises.py hands it in."""

import numpy as np
from scipy import ndimage

from cases import Case

WALL = 0.4 + 0.01 * np.random.default_rng(0).standard_normal((128, 256))


def roughness(wall):
    """Stands in for a network that draws smooth things only."""
    return (wall - ndimage.uniform_filter(wall, 7)) ** 2


def square_plus(change, in_place=False, square=np.s_[80:112, 120:152]):
    def hide(wall):
        wall = wall if in_place else wall.copy()
        wall[square] = np.clip(wall[square] + change, 0, 1)
        return wall

    return hide


ROW, COLUMN = np.mgrid[-1:1:32j, -1:1:32j]
BUMP = np.cos(np.pi / 2 * ROW) * np.cos(np.pi / 2 * COLUMN)
ROUND = np.exp(-4 * (ROW**2 + COLUMN**2)) * (1 - ROW**2) * (1 - COLUMN**2)
NOISE = 0.2 * np.random.default_rng(1).choice([-1, 1], (32, 32))


def study(width, seed):
    """As a network might do: the error falls with the width, the AUROC hardly changes."""
    return 20 - np.log2(width) + 0.1 * seed, 0.93 + 0.01 * (seed % 3) - 0.002 * np.log2(width)


def table(widths=(2, 16), seeds=(0, 1, 2), study=study):
    return {width: [study(width, seed) for seed in seeds] for width in widths}


def changed(function):
    return {width: [function(*pair) for pair in pairs] for width, pairs in table().items()}


def line(scores, alarms, items, **method):
    return np.quantile(scores, 1 - alarms / items, **method)


def by_rank(scores, alarms, items, in_place=False):
    if in_place:
        scores.sort()
    return np.sort(scores)[-1 - round(len(scores) * alarms / items)]


CASES = {
    "hidden_fault": Case(
        right=[square_plus(0.3 * BUMP), square_plus(-0.35 * BUMP), square_plus(0.5 * ROUND)],
        wrong=[
            (lambda wall: wall.copy(), "damage it more"),
            (square_plus(0.1 * BUMP), "damage it more"),
            (square_plus(0.3 * BUMP, in_place=True), "Work on a copy"),
            (square_plus(NOISE), "the map marks"),
            (square_plus(0.3), "at the border of your square"),
            (lambda wall: np.clip(wall + 0.2, 0, 1), "outside the square"),
            (lambda wall: wall + 0.8 * np.pad(BUMP, ((80, 16), (120, 104))), "must lie in [0, 1]"),
            (lambda wall: wall[80:112, 120:152] + 0.2, "return the whole wall"),
        ],
        others=(WALL, roughness, 0.002),
    ),
    "detector_width": Case(
        right=[
            ("no clear difference", table()),
            ("no clear difference", table((2, 8, 64), range(5))),
        ],
        wrong=[
            ("no clear difference", "set answer ="),
            (("yes", table()), "the conclusion is one of"),
            (("better", table()), "By the rule of the exercise"),
            (("worse", table()), "By the rule of the exercise"),
            (("no clear difference", table((8,))), "at least two widths"),
            (("no clear difference", table((8, 16))), "at least four times"),
            (("no clear difference", table(seeds=(0,))), "three seeds at least"),
            (("no clear difference", table(seeds=(0, 0, 0))), "does `study` use its seed"),
            (("no clear difference", changed(lambda error, area: area)), "list the pairs"),
            (("no clear difference", changed(lambda error, area: (area, error))), "error below 1"),
            (("no clear difference", changed(lambda error, area: (error / 625, area))), "summed"),
            (("no clear difference", changed(lambda error, area: (error, 1 - area))), "exchange"),
            (("no clear difference", changed(lambda error, area: (error - 5, area))), "the table"),
            (
                ("no clear difference", changed(lambda error, area: (error, area - 0.1))),
                "`study` returns",
            ),
        ],
        others=(study,),
    ),
    "daily_line": Case(
        right=[line, lambda *args: line(*args, method="higher"), by_rank],
        wrong=[
            (lambda scores, alarms, items: np.quantile(scores, alarms / items), "at 1 minus"),
            (lambda scores, alarms, items: line(scores, alarms, len(scores)), "not by the scores"),
            (lambda scores, alarms, items: line(scores, 3 * alarms, items), "and no more"),
            (lambda scores, alarms, items: scores.max(), "use up the budget"),
            (lambda *args: by_rank(*args, in_place=True), "Work on a copy"),
            (lambda scores, alarms, items: scores > line(scores, alarms, items), "one number"),
        ],
    ),
}
