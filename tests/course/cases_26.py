"""What learners may hand to the checks of lesson 26; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def per_image(value, unit, n_pixels, white, root=2, times=True, shrink=2):
    squared = value**root if unit == "rmse" else value
    total = squared if unit == "sum" or not times else squared * n_pixels
    return total / white**shrink


def squared_at_the_end(value, unit, n_pixels, white):
    total = value if unit == "sum" else value * n_pixels
    return (total**2 if unit == "rmse" else total) / white**2


def mse_only(value, unit, n_pixels, white):
    return value * n_pixels / white**2


def paired(a, b, sign=1, ddof=1, power=0.5):
    difference = sign * (np.asarray(a) - np.asarray(b))
    return difference.mean(), difference.std(ddof=ddof) / len(difference) ** power


def unpaired(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return (a - b).mean(), np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))


def for_arrays_only(a, b):
    return (a - b).mean(), (a - b).std(ddof=1) / np.sqrt(len(a))


CASES = {
    "published_unit": Case(
        right=[per_image, lambda *args: np.float32(per_image(*args))],
        wrong=[
            (lambda value, *rest: 1000 * value, "ours already"),
            (lambda *args: per_image(*args, times=False), "times the pixels"),
            (lambda *args: per_image(*args, root=0.5), "square the root"),
            (squared_at_the_end, "square first"),
            (mse_only, "ours already"),
            (lambda *args: per_image(*args, shrink=1), "by white twice"),
            (lambda *args: per_image(*args[:3], 1), "a root of 51"),
            (
                lambda v, unit, n, w: per_image(v, unit, n, w if unit == "rmse" else 1),
                "divided by 255 twice",
            ),
        ],
    ),
    "paired": Case(
        right=[paired, lambda a, b: np.array(paired(a, b))],
        wrong=[
            (lambda a, b: paired(a, b)[0], "two numbers"),
            (lambda a, b: paired(a, b, sign=-1), "not b minus a"),
            (lambda a, b: (np.median(a - b) + 1, 0), "mean of the differences"),
            (unpaired, "not of the two"),
            (lambda a, b: paired(a, b, power=0), "root of n"),
            (lambda a, b: paired(a, b, ddof=0), "ddof=1"),
            (lambda a, b: paired(a, b, power=1), "not by n"),
            (lambda a, b: (paired(a, b)[0], 0.1), "standard deviation of the differences"),
            (for_arrays_only, "your code raised"),
        ],
    ),
    "bits_per_pixel": Case(
        right=[lambda nats, n: nats / np.log(2) / n, lambda nats, n: nats / n * np.log2(np.e)],
        wrong=[
            (lambda nats, n: nats * np.log(2) / n, "a nat is more"),
            (lambda nats, n: nats / np.log(2), "by their number"),
            (lambda nats, n: nats / n, "nats per pixel"),
            (lambda nats, n: nats / np.log(2) / n + 1, "one bit each"),
            (lambda nats, n: nats / np.log(2) / 784, "any number"),
        ],
    ),
}
