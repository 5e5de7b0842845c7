"""Checks of the exercises in lesson 13, Denoising."""

import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)
from ae_keras import data, evaluation

HINTS = {
    "13.1": (
        "For n images, how many standard deviations do you draw, and how many noise values?",
        "`rng.uniform(0, 0.8, ...)` draws one strength for each image, in a shape that broadcasts "
        "over its pixels. `rng.normal(size=x.shape)` draws a value for every pixel. Multiply, "
        "add, clip.",
        "`stddev = rng.uniform(0, 0.8, (len(x), 1, 1, 1))`. Add `stddev` times the noise to `x`, "
        'not in place; then `np.clip` to 0 and 1, and `.astype("float32")`.',
    ),
    "13.2": (
        "Which noise should a network see in training if the test may bring any strength?",
        "That of your `any_level`. The network can be the wide one; only the batches change.",
        "`blind = run(wide(data.Batches(x_train, corruption=any_level)))`",
    ),
    "13.3": (
        "What does a mistake cost in your use: a grey veil, a changed digit, a spoilt clean page?",
        "Take the measure of that cost, compute it for each of the five, and choose a name whose "
        "number is the smallest.",
        "`numbers = {name: np.mean((cleaned[name] - x) ** 2 * x[0].size) for name in outputs}` is "
        'the evidence for "clean"; `votes(outputs[name]).argmax(axis=1)` is what is read.',
    ),
}
hint = Hints(HINTS)

LEAVE = "leave it as it is"
REASONS = ("error", "false", "clean")


@check
def check_any_level(any_level):
    """Exercise 13.1: `any_level(x, rng)`."""
    x = np.full((400, 8, 8, 1), 0.5, "float32")
    result = np.asarray(call(any_level, x, np.random.default_rng(0)))
    expect(result.shape == x.shape, f"the shape should stay {x.shape}, not be {result.shape}.")
    expect(result.dtype == np.float32, f"return float32, not {result.dtype}: `.astype`.")
    expect(close(x, np.full_like(x, 0.5)), "`x` itself was changed; the target must stay clean.")
    expect(result.min() >= 0 and result.max() <= 1, "clip to [0, 1].")
    again = np.asarray(any_level(x, np.random.default_rng(1)))
    expect(not close(result, again), "draw from `rng`: another generator, other noise.")
    spread = np.sort(result.std(axis=(1, 2, 3)))
    expect(not close(result, x), "there is no noise in it.")
    expect(spread[-1] > 1e-3, "draw a number for every pixel, then scale them image by image.")
    expect(spread.std() > 0.03, "draw one standard deviation for each image, not one for all.")
    # Noise of standard deviation s, clipped around 0.5: its own spread, for s from 0 to 0.8.
    expect(spread[0] < 0.03, "the standard deviations should begin at 0.")
    expect(spread[-1] > 0.42, f"{_strongest(spread[-1])}; it should reach 0.8.")
    expect(spread[-1] < 0.46, f"{_strongest(spread[-1])}; it should end at 0.8.")
    gaps = np.diff(spread).max()
    expect(gaps < 0.05, "some strengths never come: draw from the whole range, not from a list.")
    middle = np.median(spread)
    expect(
        0.3 < middle < 0.36,
        "strengths between 0 and 0.8 should be equally likely; yours are mostly "
        f"{'weak' if middle < 0.33 else 'strong'}.",
    )
    return "every image has noise of its own strength, evenly from 0 to 0.8"


def _strongest(spread):
    """The strength of noise whose clipped values around 0.5 spread so far, in words."""
    noise = np.random.default_rng(0).normal(size=20_000)
    levels = np.linspace(0.05, 2, 79)
    clipped = [np.clip(0.5 + level * noise, 0, 1).std() for level in levels]
    return f"the strongest noise of 400 images is about {np.interp(spread, clipped, levels):.1f}"


@check
def check_blind(blind, x, reference):
    """Exercise 13.2: a function `blind`, against `reference` on the images `x`."""
    expect(callable(blind), "set `blind` to a function from noisy to clean images, as `run` makes.")
    found = {}
    for level in (0.8, 0.4):
        x_noisy = data.gaussian_noise(x, level, seed=7)
        x_hat = np.asarray(call(blind, x_noisy))
        expect(x_hat.shape == x.shape, f"images should stay {x.shape}, not become {x_hat.shape}.")
        expect(not close(x_hat, x_noisy), "`blind` returns the noisy images as they are.")
        own, other = (
            evaluation.squared_error(x, np.clip(each, 0, 1)).mean()
            for each in (x_hat, reference(x_noisy))
        )
        found[level] = own / other
    weak, strong = (f"{abs(found[level] - 1):.0%}" for level in (0.4, 0.8))
    expect(
        found[0.8] < 0.92,
        f"at 0.8 your error is {strong} {'less' if found[0.8] < 1 else 'more'} than the wide "
        "denoiser's, not 8 % less. Does its training show strong noise?",
    )
    expect(
        found[0.4] < 1.15,
        f"at 0.4 your error is {weak} more than the wide denoiser's; allowed are 15 %. Is weaker "
        "noise in its training, and is the network wide enough?",
    )
    return f"at 0.8 it has {strong} less error than the wide denoiser, at 0.4 hardly more"


@check
def check_use(decision, x, outputs, cleaned, votes):
    """Exercise 13.3: `decision = (choice, reason, numbers)` for what five denoisers made of `x`."""
    choice, reason, numbers = read_tuple(decision, 3, "set decision = (choice, reason, numbers).")
    names = [name for name in outputs if name != LEAVE]
    expect(choice in names, f"choose one of {', '.join(names)}; not {choice!r}.")
    expect(reason in REASONS, f"the reason is one of {', '.join(REASONS)}, not {reason!r}.")
    expect(
        isinstance(numbers, dict) and set(numbers) - {LEAVE} == set(names),
        "the evidence is a dict with a number for each of the five: one alone compares nothing.",
    )
    truth = {name: _measure(reason, x, outputs[name], cleaned[name], votes) for name in names}
    for name, right in truth.items():
        expect(
            close(numbers[name], right, 1e-3),
            f"for {name}, {reason!r} is {right:.3g}; you give {float(numbers[name]):.3g}."
            + " Compare what is read after cleaning with what is read from the clean image."
            * (reason == "false")
            + " Sum over pixels, mean over images; mind noisy or clean in." * (reason != "false"),
        )
    best = min(truth.values())
    # As far apart as other seeds and noise moved them.
    tie = best + 0.012 if reason == "false" else 1.05 * best
    expect(
        truth[choice] <= tie,
        f"your own numbers speak for {min(truth, key=truth.get)}: {reason!r} is {best:.3g} there "
        f"and {truth[choice]:.3g} for {choice}. Change the choice, or find the reason that you "
        "really have.",
    )
    return f"the numbers bear out {choice} by {reason!r}"


def _measure(reason, x, from_noisy, from_clean, votes):
    if reason == "false":
        return np.mean(votes(from_noisy).argmax(axis=1) != votes(x).argmax(axis=1))
    x_hat = from_noisy if reason == "error" else from_clean
    return np.sum((x - x_hat) ** 2, axis=(1, 2, 3), dtype="float64").mean()
