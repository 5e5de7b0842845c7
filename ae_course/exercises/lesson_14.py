"""Checks of the exercises in lesson 14, Measures, signals and real baselines."""

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
    "14.1": (
        "What happens to the squared error if every pixel is multiplied by 255?",
        "Divide the difference by `peak` first. Differences of `uint8` cannot be negative: make "
        "floats of both arrays before you subtract.",
        '`difference = (np.asarray(x, "float64") - np.asarray(x_hat, "float64")) / peak`, then '
        "-10 times `np.log10` of its mean square over the axes 1, 2 and 3.",
    ),
    "14.2": (
        "Which pixels of a speckled image can be specks at all?",
        "Specks are exactly 0 or 1. Every other pixel is right as it is, and the median spoils it.",
        '`np.where(suspect, ways["specks"]["median"](x_noisy), x_noisy)` with `suspect = (x_noisy '
        "== 0) | (x_noisy == 1)`; a trained network may stand in place of the median.",
    ),
    "14.3": (
        "What does your device do with a spike, or a bump, that came out too low?",
        "For each name, loop over its ten answers: `spike_of(s)` or `bump_of(s)`, compared with "
        "that of `ecg[third]`. Take the mean of the absolute differences.",
        "`numbers = {name: np.mean([abs(bump_of(s) - bump_of(ecg[third])) for s in answers]) "
        "for name, answers in candidates.items()}`",
    ),
}
hint = Hints(HINTS)

REASONS = ("psnr", "spike", "bump")


@check
def check_psnr(psnr):
    """Exercise 14.1: `psnr(x, x_hat, peak=1.0)`."""
    rng = np.random.default_rng(0)
    x = rng.random((4, 5, 6, 1), "float32")
    x_hat = np.clip(x + rng.normal(0, [[[[0.1]]], [[[0.2]]], [[[0.3]]], [[[0.4]]]], x.shape), 0, 1)
    x_hat = x_hat.astype("float32")
    result = np.asarray(call(psnr, x, x_hat))
    right = evaluation.psnr(x, x_hat)
    expect(result.shape == (4,), f"one number for each image is (4,), not {result.shape}.")
    expect(not close(result, -right, 1e-3), "the sign is the wrong way round: less error, more dB.")
    natural = right * np.log(10)
    expect(not close(result, natural, 1e-3), "decibels use the logarithm to base 10.")
    summed = right - 10 * np.log10(x[0].size)
    expect(not close(result, summed, 1e-3), "take the mean over the pixels, not their sum.")
    expect(close(result, right, 1e-3), "-10 times log10 of the mean squared error of each image.")
    scaled = np.asarray(psnr(255 * x, 255 * x_hat, 255.0))
    expect(
        close(scaled, right, 1e-3),
        "the same pictures from 0 to 255, with peak=255, should get the same decibels.",
    )
    a, b = np.round(255 * x).astype("uint8"), np.round(255 * x_hat).astype("uint8")
    bytes_ = np.asarray(psnr(a, b, 255))
    expect(
        close(bytes_, evaluation.psnr(a / 255, b / 255), 1e-3),
        "for `uint8` it is wrong: 3 - 5 is 254 there. Make floats before you subtract.",
    )
    return "decibels, one number for each image, on any scale"


@check
def check_despeckle(despeckle, x, median):
    """Exercise 14.2: a function `despeckle`, against the function `median` on the images `x`."""
    expect(callable(despeckle), "set `despeckle` to a function from noisy to clean images.")
    x_noisy = data.salt_and_pepper(x, 0.2, seed=21)
    given = x_noisy.copy()
    x_hat = np.asarray(call(despeckle, given))
    expect(x_hat.shape == x.shape, f"images should stay {x.shape}, not become {x_hat.shape}.")
    x_hat = np.clip(x_hat, 0, 1).astype("float32")
    own = evaluation.psnr(x, x_hat).mean(), evaluation.ssim(x, x_hat).mean()
    reference = median(x_noisy)
    bar = evaluation.psnr(x, reference).mean(), evaluation.ssim(x, reference).mean()
    expect(
        own[0] >= bar[0] + 1,
        f"{own[0]:.1f} dB; the median filter has {bar[0]:.1f}, and 1 dB more is wanted.",
    )
    expect(
        own[1] >= bar[1] - 0.005,
        f"enough decibels ({own[0]:.1f}), but SSIM {own[1]:.2f}; the median filter has "
        f"{bar[1]:.2f}. What remains between the strokes?",
    )
    return f"{own[0] - bar[0]:.1f} dB more than the median filter, SSIM {own[1]:.2f}"


@check
def check_filter(choice, clean, candidates):
    """Exercise 14.3: `choice = (name, reason, numbers)` for the filtered signals `candidates`."""
    name, reason, numbers = read_tuple(choice, 3, "set choice = (name, reason, numbers).")
    expect(name in candidates, f"choose one of {', '.join(candidates)}; not {name!r}.")
    expect(reason in REASONS, f"the reason is one of {', '.join(REASONS)}, not {reason!r}.")
    expect(
        isinstance(numbers, dict) and set(numbers) == set(candidates),
        "the evidence is a dict with a number for each of the five: one alone compares nothing.",
    )
    truth = {key: _measure(reason, clean, answers) for key, answers in candidates.items()}
    for key, right in truth.items():
        expect(
            close(numbers[key], right, 1e-3),
            f"for {key}, {reason!r} is {right:.3g}; you give {float(numbers[key]):.3g}."
            + " Take each draw's own absolute difference, then the mean." * (reason != "psnr")
            + " Decibels of each draw, then the mean." * (reason == "psnr"),
        )
    # As far apart as another ten draws may move them.
    factor = {"psnr": None, "spike": 1.15, "bump": 1.4}[reason]
    bar = factor * min(truth.values()) if factor else max(truth.values()) - 0.3
    good = truth[name] >= bar if reason == "psnr" else truth[name] <= bar
    best = (max if reason == "psnr" else min)(truth, key=truth.get)
    expect(
        good,
        f"your own numbers speak for {best}: {reason!r} is {truth[best]:.3g} there and "
        f"{truth[name]:.3g} for {name}. Change the choice, or find the reason that you really "
        "have.",
    )
    return f"the numbers bear out {name} by {reason!r}"


def _measure(reason, clean, answers):
    if reason == "psnr":
        return np.mean([-10 * np.log10(np.mean((s - clean) ** 2)) for s in answers])
    of = _spike if reason == "spike" else _bump
    return np.mean([abs(of(s) - of(clean)) for s in answers])


def _spike(beat):
    return beat.max() - np.median(beat)


def _bump(beat):
    return beat[267:292].mean() - beat[207:232].mean()
