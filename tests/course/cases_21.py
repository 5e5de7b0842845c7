"""What learners may hand to the checks of lesson 21; test_exercises.py hands it in."""

import numpy as np

from ae_keras import data
from ae_keras.evaluation import inpainting
from cases import Case


def fitted(x, hole, mean, components, known=None, paste=True, back=1):
    known = ~hole if known is None else known
    z = np.linalg.pinv(components[:, known].T) @ (x - mean)[known]
    picture = back * mean + z @ components
    return np.where(hole, picture, x) if paste else picture


def by_normal_equations(x, hole, mean, components):
    seen = components * ~hole
    z = np.linalg.solve(seen @ seen.T, seen @ (x - mean))
    filled = x.copy()
    filled[hole] = (mean + components.T @ z)[hole]
    return filled


def one_round(x, hole, mean, components):
    start = np.where(hole, mean, x)
    return np.where(hole, mean + (start - mean) @ components.T @ components, x)


# Fillers that know the one image: they miss it by so much, by the side of the hole.
X = np.full((12, 28, 28, 1), 0.6, "float32")


def filling(by_side, aware=True, peeks=False, whole=False):
    def fill(x, mask):
        side = np.sqrt(mask[0].sum())
        off = np.interp(side, (0, 6, 10, 14), (0.5, *by_side)) if aware else by_side[1]
        x_hat = np.full_like(x, 0.6 - off)
        if peeks:
            x_hat = x_hat + 0.1 * np.where(mask, x, 0)
        return x_hat[..., 0] if whole else x_hat

    return fill


ON_BLACK = filling((0.3, 0.32, 0.34), aware=True)
SECOND, LARGE, EVEN = (
    filling(by) for by in ((0.2, 0.25, 0.31), (0.29, 0.29, 0.2), (0.2, 0.2133, 0.2267))
)


def measured(second, sides=(6, 10, 14), order=1, error=None, seed=1):
    pairs = {}
    for side in sides:
        mask = data.block_mask(X, side, seed=seed)
        fills = (ON_BLACK, second)[::order]
        pairs[side] = [(error or masked)(fill(X, mask), mask) for fill in fills]
    return pairs


def masked(x_hat, mask):
    return inpainting.masked_mse(X, x_hat, mask).mean()


def of_the_image(x_hat, mask):
    return np.mean(np.where(mask, x_hat - X, 0) ** 2)


NUMBERS = measured(SECOND)


# Five fillings of digits of which half is hidden.
DIGITS = np.random.default_rng(1).random((20, 6, 6, 1))
HIDDEN = np.zeros((20, 6, 6, 1), bool)
HIDDEN[:, :, :3] = True
NAMES = ["network", "best linear", "nearest image", "normal draw", "VAE draw"]
SHIFTS = dict(zip(NAMES, (0.2, 0.1, 0.4, 0.3, 0.35), strict=True))
OUTPUTS = {
    name: np.where(HIDDEN, np.clip(DIGITS + shift, 0, 1), DIGITS) for name, shift in SHIFTS.items()
}
# What is read is the corner, and each filling changes it in more images.
for count, name in enumerate(
    ("VAE draw", "normal draw", "nearest image", "network", "best linear")
):
    OUTPUTS[name][: 3 * count, 0, 0] = 5


def reads(images):
    return (images[:, 0, 0, 0] > 2).astype(int)


def of_all(function):
    return {name: function(filled) for name, filled in OUTPUTS.items()}


def missed(filled):
    clipped = np.clip(filled, 0, 1)
    return inpainting.masked_mse(DIGITS, clipped, HIDDEN).mean()


def grey(filled):
    return np.mean(np.abs(filled[HIDDEN] - 0.5) < 0.3)


ERROR, READ, GREY = (
    of_all(missed),
    of_all(lambda f: np.mean(reads(f) != reads(DIGITS))),
    of_all(grey),
)
WHOLE_GREY = of_all(lambda filled: np.mean(np.abs(filled - 0.5) < 0.3))
WHOLE_ERROR = of_all(lambda filled: np.mean((np.clip(filled, 0, 1) - DIGITS) ** 2))
LEAST_GREY = min(GREY, key=GREY.get)
MOST_GREY = max(GREY, key=GREY.get)

CASES = {
    "least_squares_fill": Case(
        right=[fitted, by_normal_equations],
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
    "mask_channel": Case(
        right=[
            (SECOND, NUMBERS, "small"),
            (LARGE, measured(LARGE), "large"),
            (EVEN, measured(EVEN), "equal"),
            lambda: (SECOND, {side: np.array(pair) for side, pair in NUMBERS.items()}, "small"),
        ],
        wrong=[
            (NUMBERS, "set answer ="),
            ((SECOND, NUMBERS), "set answer ="),
            ((NUMBERS, SECOND, "small"), "set answer ="),
            ((filling((0.2, 0.25, 0.31), whole=True), NUMBERS, "small"), "images should stay"),
            ((filling((0.2, 0.25, 0.31), peeks=True), NUMBERS, "small"), "Make them black first"),
            ((filling((0.2, 0.25, 0.31), aware=False), NUMBERS, "small"), "part of its input"),
            ((ON_BLACK, measured(ON_BLACK), "equal"), "should save a tenth"),
            ((SECOND, measured(SECOND, sides=(10,)), "small"), "one size alone"),
            ((SECOND, measured(SECOND, order=-1), "small"), "the wrong way round"),
            ((SECOND, measured(SECOND, error=of_the_image), "small"), "Per missing pixel"),
            ((SECOND, measured(LARGE), "large"), "for side 6 the pair is"),
            ((SECOND, {side: pair[1] for side, pair in NUMBERS.items()}, "small"), "a pair"),
            ((SECOND, NUMBERS, "everywhere"), "`where` is one of"),
            ((SECOND, NUMBERS, "large"), "which is not 'large'"),
            ((SECOND, NUMBERS, "equal"), "which is not 'equal'"),
        ],
        others=(X, ON_BLACK),
    ),
    "filler": Case(
        right=[
            ("best linear", "error", ERROR),
            ("VAE draw", "read", READ),
            (LEAST_GREY, "grey", GREY),
            lambda: ("VAE draw", "read", dict(reversed(READ.items()))),
        ],
        wrong=[
            ("best linear", "set decision ="),
            (("biharmonic", "error", ERROR), "choose one of"),
            (("best linear", "beauty", ERROR), "the reason is one of"),
            (("best linear", "error", {"best linear": 0.1}), "one alone compares nothing"),
            (("best linear", "error", WHOLE_ERROR), "per *missing* pixel"),
            (("VAE draw", "read", {name: 1 - v for name, v in READ.items()}), "in the whole digit"),
            ((LEAST_GREY, "grey", WHOLE_GREY), "Count missing pixels only"),
            (("VAE draw", "error", ERROR), "your own numbers speak for best linear"),
            (("best linear", "read", READ), "your own numbers speak for VAE draw"),
            ((MOST_GREY, "grey", GREY), f"your own numbers speak for {LEAST_GREY}"),
        ],
        others=(DIGITS, HIDDEN, OUTPUTS, reads),
    ),
}
