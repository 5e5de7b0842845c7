"""Checks of the exercises in lesson 21, Inpainting."""

import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)
from ae_keras import data
from ae_keras.evaluation import inpainting

HINTS = {
    "21.1": (
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
    "21.2": (
        (
            "In training, a batch of images comes in and one with an extra channel must go out: "
            "where in `trained` can you do that?"
        ),
        (
            "Write one function `with_mask(x, mask)` that makes the holes black and stacks the "
            "mask as a float32 channel. The corruption calls it with `blocks(x, rng)`, and "
            "`second` with the mask that it is given."
        ),
        (
            "`np.concatenate([np.where(mask, 0, x), mask], axis=-1)`, as float32; `model = "
            "trained(corruption, channels=image_shape[-1] + 1)`; `second` is `model.predict` of "
            "the same stack. The fraction saved is 1 minus the second number of a pair divided by "
            "the first."
        ),
    ),
    "21.3": (
        "What would a bad filling cost in your use: grey levels, a wrong digit, an ugly page?",
        (
            "Take the measure of that cost, compute it for each of the five, and choose a name "
            "whose number is the smallest or nearly so."
        ),
        (
            "`{name: np.mean(reads(filled) != reads(digits)) for name, filled in outputs.items()}` "
            'is the evidence for "read"; for "error" take `inpainting.masked_mse(digits, filled, '
            "holes).mean()`."
        ),
    ),
}
hint = Hints(HINTS)

SIDES = (6, 10, 14)
WHERE = ("small", "large", "equal")
REASONS = ("error", "read", "grey")


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
    """Exercise 21.1: `least_squares_fill(x, mask, mean, components)`."""
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
def check_mask_channel(answer, x, on_black):
    """Exercise 21.2: `answer = (second, numbers, where)`, beside `on_black`, on the images `x`."""
    if callable(answer):
        answer = call(answer)
    expect(
        isinstance(answer, tuple) and len(answer) == 3 and callable(answer[0]),
        "set answer = (second, numbers, where), with a function `second(x, mask)`.",
    )
    second, numbers, where = answer
    mask = data.block_mask(x, 10, seed=5)
    empty = np.where(mask, 0, x).astype("float32")
    x_hat = np.asarray(call(second, x, mask))
    expect(x_hat.shape == x.shape, f"images should stay {x.shape}, not become {x_hat.shape}.")
    expect(
        close(np.asarray(second(empty, mask)), x_hat, 1e-4),
        "with another content of the holes it answers differently: the missing pixels reach your "
        "network. Make them black first.",
    )
    unaware = np.asarray(second(empty, np.zeros_like(mask)))
    hole = np.broadcast_to(mask, x.shape)
    expect(
        np.abs(unaware - x_hat)[hole].mean() > 0.01,
        "it draws the same whether the mask marks the hole or not: is the mask part of its input?",
    )
    own, other = (_error(x, fill(x, mask), mask) for fill in (second, on_black))
    expect(
        own < 0.92 * other,
        f"in holes of 10 x 10 its error is {own:.3f}, that of black alone {other:.3f}: the mask "
        "should save a tenth or more. Was it trained as long, on holes of all sizes?",
    )
    _expect_judged(numbers, where, x, on_black, second)
    return f"it knows its holes, and your numbers show that this helps most in {where} ones"


def _expect_judged(numbers, where, x, on_black, second):
    expect(
        isinstance(numbers, dict) and set(numbers) == set(SIDES),
        "`numbers` is a dict with the sides 6, 10 and 14: one size alone shows no trend.",
    )
    saved = {}
    for side in SIDES:
        mask = data.block_mask(x, side, seed=1)
        right = [_error(x, fill(x, mask), mask) for fill in (on_black, second)]
        given = np.asarray(numbers[side], "float64")
        expect(given.shape == (2,), f"numbers[{side}] should be a pair: on_black, second.")
        expect(
            close(given, right, 1e-2) or not close(given[::-1], right, 1e-2),
            f"the pair of side {side} is the wrong way round: first `on_black`, then `second`.",
        )
        expect(
            close(given, right, 1e-2),
            f"for side {side} the pair is {right[0]:.4f}, {right[1]:.4f}; you give {given[0]:.4f}, "
            f"{given[1]:.4f}. Per missing pixel, mean over `x_val`, masks of seed 1.",
        )
        saved[side] = 1 - right[1] / right[0]
    expect(where in WHERE, f"`where` is one of {', '.join(WHERE)}, not {where!r}.")
    trend = saved[6] - saved[14]
    says = "equal" if abs(trend) < 0.03 else "small" if trend > 0 else "large"
    expect(
        where == says,
        f"by your own numbers the mask saves {saved[6]:.0%} in holes of side 6 and {saved[14]:.0%} "
        f"in those of side 14, which is not {where!r}.",
    )


@check
def check_filler(decision, x, mask, outputs, reads):
    """Exercise 21.3: `decision = (choice, reason, numbers)` for the images `x` and `outputs`."""
    choice, reason, numbers = read_tuple(decision, 3, "set decision = (choice, reason, numbers).")
    expect(choice in outputs, f"choose one of {', '.join(outputs)}; not {choice!r}.")
    expect(reason in REASONS, f"the reason is one of {', '.join(REASONS)}, not {reason!r}.")
    expect(
        isinstance(numbers, dict) and set(numbers) == set(outputs),
        "the evidence is a dict with a number for each of the five: one alone compares nothing.",
    )
    truth = {name: _measure(reason, x, mask, filled, reads) for name, filled in outputs.items()}
    for name, right in truth.items():
        expect(
            close(numbers[name], right, 1e-3),
            f"for {name}, {reason!r} is {right:.3g}; you give {float(numbers[name]):.3g}. "
            + {
                "error": "Squared error per *missing* pixel, mean over images.",
                "read": "Compare with what is read in the whole digit.",
                "grey": "Count missing pixels only, those between 0.2 and 0.8.",
            }[reason],
        )
    best = min(truth.values())
    # As far apart as other seeds moved them.
    tie = best + 0.03 if reason == "read" else 1.05 * best
    expect(
        truth[choice] <= tie,
        f"your own numbers speak for {min(truth, key=truth.get)}: {reason!r} is {best:.3g} there "
        f"and {truth[choice]:.3g} for {choice}. Change the choice, or find the reason that you "
        "really have.",
    )
    return f"the numbers bear out {choice} by {reason!r}"


def _measure(reason, x, mask, filled, reads):
    if reason == "error":
        return _error(x, filled, mask)
    if reason == "read":
        return np.mean(reads(filled) != reads(x))
    inside = filled[np.broadcast_to(mask, x.shape)]
    return np.mean((inside > 0.2) & (inside < 0.8))


def _error(x, x_hat, mask):
    return inpainting.masked_mse(x, np.clip(x_hat, 0, 1), mask).mean()
