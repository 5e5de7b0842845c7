"""Checks of the exercises in lesson 20, Finding anomalies."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "20.1": (
        "Which of the lesson's three faults did the map miss, and what was it like?",
        (
            "The network draws soft light on bricks well, and edges badly. Change the square "
            "smoothly, and by nothing at its border, where an edge would show."
        ),
        (
            "Copy the wall. With `row, column = np.mgrid[-1:1:32j, -1:1:32j]`, add 0.3 times "
            "`np.cos(np.pi / 2 * row) * np.cos(np.pi / 2 * column)` to the square, and stay in "
            "[0, 1]."
        ),
    ),
    "20.2": (
        "Which two numbers would change if a wider code made a better detector?",
        (
            "Build the network as in `learn`, with `seed` in `trained`. Score `held_faces` and "
            "`others` with `anomaly.reconstruction_score`; return the mean of the first and "
            "`auroc(first, second)`."
        ),
        (
            "`table = {width: [study(width, seed) for seed in (0, 1, 2)] for width in (2, 16)}`. "
            "Print it, compare the lowest AUROC of one width with the highest of the other, and "
            "set `answer = (conclusion, table)`."
        ),
    ),
    "20.3": (
        "Which fraction of the normal items may raise an alarm?",
        (
            "The threshold is the quantile of `scores` that leaves the fraction `alarms_a_day / "
            "items_a_day` above it. `np.quantile` may interpolate to a value with one score too "
            "many above it, unless you choose its `method`."
        ),
        '`np.quantile(scores, 1 - rate, method="higher")`; what is missing is the rate.',
    ),
}
hint = Hints(HINTS)

SQUARE = np.s_[80:112, 120:152]
CONCLUSIONS = ("better", "worse", "no clear difference")


@check
def check_hidden_fault(hide, wall, error_map, limit):
    """Exercise 20.1: `hide(wall)`, judged by `error_map(wall)` and the threshold `limit`."""
    kept = wall.copy()
    result = np.asarray(call(hide, wall))
    expect(np.array_equal(wall, kept), "the wall handed over was changed. Work on a copy.")
    expect(result.shape == wall.shape, f"return the whole wall, {wall.shape}, not {result.shape}.")
    expect(
        np.isfinite(result).all() and result.min() >= 0 and result.max() <= 1,
        f"pixels must lie in [0, 1]; yours reach from {result.min():.2f} to {result.max():.2f}.",
    )
    change = result - wall
    size = np.sqrt(np.mean(change[SQUARE] ** 2))
    change[SQUARE] = 0
    expect(not change.any(), "pixels outside the square have changed, too.")
    expect(
        size >= 0.1,
        f"the square has changed by {size:.3f} per pixel (root mean square): damage it more.",
    )
    marked = np.mean(error_map(result)[SQUARE] > limit)
    expect(
        marked < 0.05,
        f"the map marks {marked:.0%} of the square. What can the network draw that it never saw, "
        "and what happens at the border of your square?",
    )
    return f"damaged by {size:.2f} per pixel, and the map marks {marked:.0%} of it"


@check
def check_detector_width(answer, study):
    """Exercise 20.2: `answer = (conclusion, table)`; `study(width, seed)` made the table."""
    if callable(answer):
        answer = call(answer)
    expect(
        isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict),
        "set answer = (conclusion, table), the table a dict from width to a list of pairs.",
    )
    conclusion, table = answer
    expect(conclusion in CONCLUSIONS, f"the conclusion is one of {', '.join(CONCLUSIONS)}.")
    expect(
        len(table) >= 2 and max(table) >= 4 * min(table),
        "compare at least two widths, one at least four times the other.",
    )
    narrow, wide = (np.asarray(table[width], "float64") for width in (min(table), max(table)))
    expect(
        narrow.ndim == wide.ndim == 2 and narrow.shape[1] == wide.shape[1] == 2,
        "for each width, list the pairs (error, AUROC) that `study` returned.",
    )
    expect(
        min(len(narrow), len(wide)) >= 3,
        "three seeds at least for each width: one run does not show how far seeds differ.",
    )
    for pairs in (narrow, wide):
        expect(
            len(np.unique(pairs[:, 1])) > 1 or len(np.unique(pairs[:, 0])) > 1,
            "all seeds gave the same numbers: does `study` use its seed?",
        )
    _expect_plausible(np.concatenate([narrow, wide]))
    again = np.asarray(call(study, min(table), 0), "float64")
    expect(
        close(again[0], narrow[0, 0], 0.1) and abs(again[1] - narrow[0, 1]) < 0.03,
        f"for width {min(table)} and seed 0, `study` returns {again[0]:.1f} and {again[1]:.2f}; "
        f"the table says {narrow[0, 0]:.1f} and {narrow[0, 1]:.2f}.",
    )
    expect(
        wide[:, 0].mean() < narrow[:, 0].mean(),
        "between these widths the error does not fall, so the question does not arise: take a "
        "narrower code to begin with.",
    )
    right = _conclusion(narrow[:, 1], wide[:, 1])
    expect(
        conclusion == right,
        f"the AUROCs are {_range(narrow[:, 1])} for the narrow code and {_range(wide[:, 1])} for "
        f"the wide one. By the rule of the exercise that is {right!r}.",
    )
    gain = 1 - wide[:, 0].mean() / narrow[:, 0].mean()
    return f"the error falls by {gain:.0%}, and as a detector the wide code is: {right}"


def _expect_plausible(pairs):
    errors, areas = pairs.T
    expect(
        errors.min() > 1,
        "an error below 1 is not summed over the pixels of a face, or not of held-out faces.",
    )
    expect(areas.min() >= 0 and areas.max() <= 1, "an AUROC lies in [0, 1]. Which comes first?")
    expect(areas.mean() > 0.5, "an AUROC below 0.5: did you exchange faces and non-faces?")


def _conclusion(narrow, wide):
    if wide.min() > narrow.max():
        return "better"
    return "worse" if wide.max() < narrow.min() else "no clear difference"


def _range(values):
    return f"{values.min():.2f} to {values.max():.2f}"


@check
def check_daily_line(daily_line):
    """Exercise 20.3: `daily_line(scores, alarms_a_day, items_a_day)`."""
    rng = np.random.default_rng(0)
    for n, alarms, items in ((1000, 20, 2000), (800, 30, 600)):
        scores = rng.exponential(size=n)
        kept = scores.copy()
        line = call(daily_line, scores, alarms, items)
        expect(np.ndim(line) == 0, "return one number, the threshold.")
        expect(close(scores, kept), "the scores handed over were changed. Work on a copy.")
        above, wanted = int((scores > line).sum()), n * alarms // items
        told = f"{above} of {n} scores lie above it; {alarms} in {items} are {wanted}"
        expect(
            above < n - 2 * wanted, f"{told}: the quantile is at 1 minus the false-positive rate."
        )
        expect(above != alarms, f"{told}: divide by the items of a day, not by the scores.")
        expect(above <= wanted, f"{told}, and no more.")
        expect(above >= wanted - 1, f"{told}: use up the budget, a lower line finds more.")
    return "as many false alarms a day as you can look at"
