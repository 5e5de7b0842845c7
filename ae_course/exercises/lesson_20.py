"""Checks of the exercises in lesson 20, Finding anomalies."""

import numpy as np
from sklearn.metrics import roc_auc_score

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "20.1": (
        "Which table has one cell for each pair of an anomaly and a normal item?",
        (
            "Make the anomalous scores a column, `np.asarray(anomalous)[:, None]`. Compared with "
            "the normal scores it gives the table of all pairs, True where the anomaly is larger. "
            "Ties are found with `==`."
        ),
        (
            "With `a` the column and `b` the normal scores, take the mean of `(a > b)` plus half "
            "of `(a == b)`."
        ),
    ),
    "20.2": (
        "Which fraction of the normal items may raise an alarm?",
        (
            "The threshold is the quantile of `scores` that leaves the fraction `alarms_a_day / "
            "items_a_day` above it. `np.quantile` may interpolate to a value with one score too "
            "many above it, unless you choose its `method`."
        ),
        '`np.quantile(scores, 1 - rate, method="higher")`; what is missing is the rate.',
    ),
    "20.3": (
        (
            "If a fraction pi of all items are anomalies, which fraction of all items are right "
            "alarms, and which are false ones?"
        ),
        (
            "With p the precision, r the recall and f the false-positive rate, p = r pi / (r pi + "
            "f (1 - pi)). Multiply by the denominator and bring everything with pi to one side."
        ),
        "You should arrive at pi (r (1 - p) + f p) = f p. One division is left.",
    ),
}
hint = Hints(HINTS)


@check
def check_auroc(auroc):
    """Exercise 20.1: `my_auroc(normal, anomalous)`."""
    normal, anomalous = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.5, 3.0, 5.0])
    result = call(auroc, normal, anomalous)
    expect(np.ndim(result) == 0, "return one number, the fraction of all pairs.")
    expect(not close(result, 8.5), "that is the number of pairs: divide by how many there are.")
    expect(
        not close(result, 3.5 / 12), "that is the fraction of pairs in which the normal one wins."
    )
    expect(not close(result, 8 / 12), "a tie should count half; it counts nothing.")
    expect(not close(result, 9 / 12), "a tie should count half; it counts as a whole.")
    expect(close(result, 8.5 / 12), "of the 12 pairs here, 8 are right and one is a tie: 8.5 / 12.")
    rng = np.random.default_rng(0)
    normal, anomalous = rng.normal(size=50), rng.normal(0.7, 2, 30)
    right = roc_auc_score(np.repeat([0, 1], [50, 30]), np.concatenate([normal, anomalous]))
    expect(close(auroc(normal, anomalous), right), f"for other scores it should be {right:.3f}.")
    return "the fraction of pairs in the right order, ties half"


@check
def check_daily_line(daily_line):
    """Exercise 20.2: `daily_line(scores, alarms_a_day, items_a_day)`."""
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


@check
def check_least_base_rate(least_base_rate):
    """Exercise 20.3: `least_base_rate(precision, recall, false_positive_rate)`."""
    for precision, recall, false_positive_rate in ((0.8, 0.6, 0.05), (0.5, 0.9, 0.01)):
        result = call(least_base_rate, precision, recall, false_positive_rate)
        expect(np.ndim(result) == 0, "return one number.")
        odds = false_positive_rate * precision / (recall * (1 - precision))
        right = odds / (1 + odds)
        expect(not close(result, odds), "those are odds, frauds to honest: make them a fraction.")
        expect(not close(result, 1 - right), "that is the fraction of normal items.")
        forward = recall * precision / (recall * precision + false_positive_rate * (1 - precision))
        expect(
            not close(result, forward),
            "that takes the wanted precision for a base rate: solve the formula for pi.",
        )
        expect(
            close(result, right),
            f"at that base rate the precision should come out as {precision}: put it in and see.",
        )
    return "put into the formula, it gives the precision back"
