"""Checks of the exercises in lesson 21, Inpainting."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "21.1": (
        (
            "Which is easier to write as one slice, the border or the rectangle of known pixels "
            "inside it?"
        ),
        (
            "Begin with everything missing, `np.ones((*x.shape[:3], 1), bool)`, and make the "
            "middle False. Count the end of a slice from the front: a slice that ends at `-0` is "
            "empty."
        ),
        (
            "`rows = slice(width, x.shape[1] - width)`, `columns` likewise from `x.shape[2]`; "
            "these rows and columns of the masks are False."
        ),
    ),
    "21.2": (
        "Which pixels give you an equation for the code: all of them, or the known ones?",
        (
            "Subtract the mean, and take the known pixels only, of `x` and of the components. "
            "`np.linalg.lstsq(a, b)[0]` is the `z` for which `a @ z` is closest to `b`; `a` needs "
            "one row for each known pixel."
        ),
        (
            "`z = np.linalg.lstsq(components[:, known].T, (x - mean)[known])[0]` with `known = "
            "~mask`. Draw the picture of `z`, and use it where `mask` is True."
        ),
    ),
    "21.3": (
        "On which pixels can an image with a hole be compared with the images of `bank`?",
        (
            "`(bank[:, known] - x[known]) ** 2`, summed over axis 1, is one distance for each "
            "image of `bank`. `np.argsort` sorts them, nearest first."
        ),
        (
            "`nearest = np.argsort(distance)[:k]`; the hole gets the mean of `bank[nearest]` over "
            "axis 0, by `np.where(mask, ..., x)`."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_border_holes(border_holes):
    """Exercise 21.1: `border_holes(x, width)`."""
    x = np.zeros((3, 9, 7, 2), "float32")
    mask = np.asarray(call(border_holes, x, 2))
    expect(
        mask.shape == (3, 9, 7, 1),
        f"for images {x.shape} the mask is (3, 9, 7, 1), one channel, not {mask.shape}.",
    )
    expect(mask.dtype == bool, f"a mask holds True and False, not {mask.dtype}.")
    right = np.ones((3, 9, 7, 1), bool)
    right[:, 2:7, 2:5] = False
    expect(not np.array_equal(mask, ~right), "True is for *missing* pixels: the border.")
    expect(mask[:, 2:7, 2:5].any() == 0, "the middle, 5 by 3 pixels of 9 by 7, should be known.")
    expect(np.array_equal(mask, right), "all four sides should be missing, two pixels deep.")
    unharmed = not np.asarray(border_holes(x, 0)).any()
    expect(unharmed, "a border of width 0 takes nothing; `-0` as the end of a slice takes all.")
    return "only the middle is known"


def _one_image():
    """A flattened image, a mask of its hole, and training images to fill it from."""
    rng = np.random.default_rng(0)
    bank = rng.random((60, 40))
    mask = np.zeros(40, bool)
    mask[:14] = True
    return rng.random(40), mask, bank


def _expect_a_filled_image(result, x, mask):
    expect(result.shape == x.shape, f"return the whole image, {x.shape}, not shape {result.shape}.")
    expect(close(result[~mask], x[~mask]), "the known pixels should stay: put them back.")


@check
def check_least_squares_fill(least_squares_fill):
    """Exercise 21.2: `least_squares_fill(x, mask, mean, components)`."""
    x, mask, bank = _one_image()
    mean = bank.mean(axis=0)
    components = np.linalg.svd(bank - mean, full_matrices=False)[2][:5]
    # The learner's function gets zeros for the missing pixels, so that it cannot use them.
    blank_x = np.where(mask, 0, x)
    result = np.asarray(call(least_squares_fill, blank_x, mask, mean, components))
    _expect_a_filled_image(result, blank_x, mask)
    once = mean + (np.where(mask, mean, x) - mean) @ components.T @ components
    expect(
        not close(result[mask], once[mask], 1e-3),
        "that is one round of project and replace: solve for the code, from known pixels only.",
    )
    seen = mean + (blank_x - mean) @ components.T @ components
    expect(
        not close(result[mask], seen[mask], 1e-3),
        "the pixels in the hole took part in the fit: use `components[:, known]`.",
    )
    filled = np.where(mask, mean, x)
    # Projecting and replacing again and again converges to the least-squares solution.
    for _ in range(2000):
        filled = np.where(mask, mean + (filled - mean) @ components.T @ components, x)
    without = filled - mean
    expect(not close(result[mask], without[mask], 1e-3), "the mean is missing in the hole.")
    expect(
        close(result, filled, 1e-3),
        "fit `x - mean` on the known pixels by `components[:, known].T @ z`, then draw with `z`.",
    )
    return "what the rounds converge to, in one step"


@check
def check_mean_of_nearest(mean_of_nearest):
    """Exercise 21.3: `mean_of_nearest(x, mask, bank, k)`."""
    x, mask, bank = _one_image()
    blank_x = np.where(mask, 0, x)
    result = np.asarray(call(mean_of_nearest, blank_x, mask, bank, 4))
    _expect_a_filled_image(result, blank_x, mask)

    def filled(pixels, k, farthest=False):
        order = np.argsort(((bank - blank_x)[:, pixels] ** 2).sum(axis=1), kind="stable")
        return bank[order[::-1][:k] if farthest else order[:k]].mean(axis=0)[mask]

    for wrong, hint in (
        (filled(slice(None), 4), "the distance used the hole: `x` says nothing there."),
        (filled(~mask, 4, farthest=True), "those are the farthest images, not the nearest."),
        (filled(~mask, 1), "that is one nearest image: take the mean of all k."),
        (bank.mean(axis=0)[mask], "that is the mean of all images: take the k nearest."),
    ):
        expect(not close(result[mask], wrong), hint)
    right = filled(~mask, 4)
    expect(close(result[mask], right), "squared distance on the known pixels, the k smallest.")
    return "a mean of what could be there"
