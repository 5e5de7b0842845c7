"""What learners may hand to the checks of lesson 17; test_exercises.py hands it in."""

import numpy as np
from scipy.special import logsumexp

from cases import Case


def sigmoid_slope(x, w, b):
    s = 1 / (1 + np.exp(-(x @ w + b)))
    return s * (1 - s)


CASES = {
    "nearest_code": Case(
        right=[lambda h, codes: ((h[:, None] - codes) ** 2).sum(axis=2).argmin(axis=1)],
        wrong=[
            (lambda h, codes: (h @ codes.T).argmax(axis=1), "that is the largest dot"),
            (lambda h, codes: ((h[:, None] - codes) ** 2).sum(axis=2), "one index for each"),
            (lambda h, codes: ((h[:, None] - codes) ** 2).sum(axis=2).argmax(axis=1), "smallest"),
        ],
    ),
    "jacobian_norm": Case(
        right=[lambda x, w, b: sigmoid_slope(x, w, b) ** 2 @ (w**2).sum(axis=0)],
        wrong=[
            (lambda x, w, b: sigmoid_slope(x, w, b) @ (w**2).sum(axis=0), "as well"),
            (
                lambda x, w, b: np.sqrt(sigmoid_slope(x, w, b) ** 2 @ (w**2).sum(axis=0)),
                "its square is wanted",
            ),
        ],
    ),
    "weighted_bound": Case(
        right=[lambda log_w: logsumexp(log_w, axis=0) - np.log(len(log_w))],
        wrong=[
            (lambda log_w: log_w.mean(axis=0), "the VAE's bound"),
            (lambda log_w: logsumexp(log_w, axis=0), "not the sum"),
            (lambda log_w: np.log(np.exp(log_w).mean(axis=0)), "subtract the maximum first"),
        ],
    ),
}
