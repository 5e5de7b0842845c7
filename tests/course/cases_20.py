"""What learners may hand to the checks of lesson 20; test_exercises.py hands it in."""

import numpy as np
from sklearn.metrics import roc_auc_score

from cases import Case


def pairs(normal, strange, tie=0.5):
    pair = strange[:, None] - normal
    return np.where(pair == 0, tie, pair > 0).mean()


def by_sklearn(normal, strange):
    truth = np.repeat([False, True], [len(normal), len(strange)])
    return roc_auc_score(truth, np.r_[normal, strange])


def line(scores, alarms, items, **method):
    return np.quantile(scores, 1 - alarms / items, **method)


def by_rank(scores, alarms, items, in_place=False):
    if in_place:
        scores.sort()
    return np.sort(scores)[-1 - round(len(scores) * alarms / items)]


def rate(precision, recall, false_positive_rate):
    return 1 / (1 + recall / false_positive_rate * (1 / precision - 1))


CASES = {
    "auroc": Case(
        right=[pairs, by_sklearn],
        wrong=[
            (lambda normal, strange: pairs(normal, strange, tie=0), "it counts nothing"),
            (lambda normal, strange: pairs(normal, strange, tie=1), "it counts as a whole"),
            (lambda normal, strange: pairs(strange, normal), "in which the normal one wins"),
            (lambda normal, strange: 12 * pairs(normal, strange), "divide by how many"),
            (lambda normal, strange: strange > normal.mean(), "return one number"),
            (lambda normal, strange: (strange > normal.max()).mean(), "8 are right and one is"),
            (lambda normal, strange: 8.5 / 12, "for other scores"),
        ],
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
    "least_base_rate": Case(
        right=[rate, lambda p, r, f: f * p / (f * p + r * (1 - p))],
        wrong=[
            (lambda p, r, f: f * p / (r * (1 - p)), "those are odds"),
            (lambda p, r, f: 1 - rate(p, r, f), "of normal items"),
            (lambda p, r, f: r * p / (r * p + f * (1 - p)), "solve the formula for pi"),
            (lambda p, r, f: p * f, "put it in and see"),
        ],
    ),
}
