"""What learners may hand to the checks of lesson 21; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def border(x, width, sides=4, channels=1, dtype=bool):
    rows, columns = np.indices(x.shape[1:3])
    depth = [rows, columns, x.shape[1] - 1 - rows, x.shape[2] - 1 - columns]
    holes = np.min(depth[:sides], axis=0) < width
    return np.broadcast_to(holes[None, ..., None], (*x.shape[:3], channels)).astype(dtype)


def border_by_negative_slice(x, width):
    holes = np.ones((*x.shape[:3], 1), bool)
    holes[:, width:-width, width:-width] = False
    return holes


def fitted(x, hole, mean, components, known=None, paste=True, back=1):
    known = ~hole if known is None else known
    z = np.linalg.pinv(components[:, known].T) @ (x - mean)[known]
    picture = back * mean + z @ components
    return np.where(hole, picture, x) if paste else picture


def one_round(x, hole, mean, components):
    start = np.where(hole, mean, x)
    return np.where(hole, mean + (start - mean) @ components.T @ components, x)


def nearest(x, hole, bank, k, known=None, paste=True, order=1):
    known = ~hole if known is None else known
    distance = [np.linalg.norm((each - x)[known]) for each in bank]
    filled = bank[np.argsort(distance)[::order][:k]].mean(axis=0)
    return np.where(hole, filled, x) if paste else filled


CASES = {
    "border_holes": Case(
        right=[border],
        wrong=[
            (lambda x, width: ~border(x, width), "True is for *missing* pixels"),
            (lambda x, width: border(x, width, channels=2), "one channel, not (3, 9, 7, 2)"),
            (lambda x, width: border(x, width)[..., 0], "(3, 9, 7, 1)"),
            (lambda x, width: border(x, width, dtype="float32"), "not float32"),
            (lambda x, width: border(x, width, sides=2), "all four sides"),
            (lambda x, width: border(x, width + 1), "5 by 3 pixels of 9 by 7"),
            (border_by_negative_slice, "`-0` as the end of a slice"),
        ],
    ),
    "least_squares_fill": Case(
        right=[fitted],
        wrong=[
            (lambda x, hole, mean, w: fitted(x, hole, mean, w, paste=False), "put them back"),
            (lambda x, hole, mean, w: fitted(x, hole, mean, w)[hole], "return the whole image"),
            (
                lambda x, hole, mean, w: fitted(x, hole, mean, w, known=slice(None)),
                "the hole took part in the fit",
            ),
            (one_round, "that is one round"),
            (lambda x, hole, mean, w: fitted(x, hole, mean, w, back=0), "the mean is missing"),
            (lambda x, hole, mean, w: fitted(x, hole, mean, w[:3]), "fit `x - mean`"),
        ],
    ),
    "mean_of_nearest": Case(
        right=[nearest],
        wrong=[
            (lambda x, hole, bank, k: nearest(x, hole, bank, k, paste=False), "put them back"),
            (lambda x, hole, bank, k: nearest(x, hole, bank, k)[hole], "return the whole image"),
            (
                lambda x, hole, bank, k: nearest(x, hole, bank, k, known=slice(None)),
                "the distance used the hole",
            ),
            (lambda x, hole, bank, k: nearest(x, hole, bank, k, order=-1), "farthest images"),
            (lambda x, hole, bank, k: nearest(x, hole, bank, 1), "one nearest image"),
            (lambda x, hole, bank, k: nearest(x, hole, bank, len(bank)), "the mean of all images"),
            (lambda x, hole, bank, k: nearest(x, hole, bank, k + 1), "the k smallest"),
        ],
    ),
}
