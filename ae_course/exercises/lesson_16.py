"""Checks of the exercises in lesson 16, The beta-VAE."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "16.1": (
        "With a period of 10, how far into its own period is epoch 13?",
        (
            "`epoch % period` counts anew in each period. Divide it by `period`: beta must reach "
            "`final` at one half, and stay there."
        ),
        (
            "`phase = (epoch % period) / period`; beta is `final` times the smaller of 1 and twice "
            "the phase."
        ),
    ),
    "16.2": (
        "When you compute the new second unit, is the first one still the old one?",
        (
            "Write into a copy, `np.array(z, dtype=float)`, and read from `z` alone. `np.cos` and "
            "`np.sin` take radians."
        ),
        (
            "`result[:, 0] = z[:, 0] * np.cos(angle) - z[:, 1] * np.sin(angle)`; the line for "
            "`result[:, 1]` has sine and cosine exchanged, and a plus."
        ),
    ),
    "16.3": (
        "Which betas may be chosen at all, before you ask for the largest?",
        (
            "Go through `results.items()`, where each value is (rate, distortion), and keep the "
            "betas whose distortion is at most `budget`. `max` has an argument for the case that "
            "nothing is left."
        ),
        (
            "`good = [beta for beta, (_, distortion) in results.items() if ...]`, and then "
            "`max(good, default=0)`."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_cyclical_beta(cyclical_beta):
    """Exercise 16.1: `cyclical_beta(epoch, period, final)`."""
    values = [call(cyclical_beta, epoch, 10, 4.0) for epoch in range(20)]
    expect(close(values[0], 0), "the first epoch of a period should have beta 0.")
    expect(close(values[5], 4), "in the middle of the period beta should be `final`.")
    expect(close(values[9], 4), "in the second half of a period it should stay at `final`.")
    expect(close(np.diff(values[:6]), [0.8] * 5), "it should rise in equal steps.")
    expect(
        close(values[10:], values[:10]), "each period should repeat the first: use epoch % period."
    )
    return "rises, stays, and begins again"


@check
def check_turned(turned):
    """Exercise 16.2: `turned(z, angle)`."""
    z = np.random.default_rng(0).normal(size=(6, 4))
    kept = z.copy()
    result = np.asarray(call(turned, z, 0.7))
    expect(close(z, kept), "the codes handed over were changed. Work on a copy.")
    expect(result.shape == z.shape, f"the codes should stay {z.shape}, not {result.shape}.")
    expect(close(result[:, 2:], kept[:, 2:]), "only the first two units should change.")
    expect(
        close((result**2).sum(axis=1), (kept**2).sum(axis=1)),
        "a turn changes no length. Is the second unit made from the old first one?",
    )
    expect(close(turned(kept, np.pi / 2)[:, 0], -kept[:, 1]), "that turns the other way round.")
    expect(close(turned(result, -0.7), kept), "turning back should give the old codes.")
    return "lengths kept, other units untouched, and it can be undone"


@check
def check_highest_beta(highest_beta):
    """Exercise 16.3: `highest_beta(results, budget)`."""
    results = {0.5: (7.7, 3.2), 2.0: (4.4, 6.9), 8.0: (1.0, 21.0), 4.0: (2.7, 11.5)}
    expect(
        call(highest_beta, results, 12) == 4.0, "4 is the largest beta whose distortion is <= 12."
    )
    expect(highest_beta(results, 6.9) == 2.0, "a distortion equal to the budget is good enough.")
    expect(highest_beta(results, 1) == 0, "return 0 if no distortion is within the budget.")
    return "the highest beta within the budget"
