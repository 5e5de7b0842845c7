"""Checks of the exercises in lesson 17, The beta-VAE."""

import keras
import numpy as np

from ae_course.exercises.grading import Blank, Hints, call, check, close, expect
from ae_keras import VAE, DenseDecoder, DenseEncoder, losses

HINTS = {
    "17.1": (
        "With a period of 10, how far into its own period is epoch 13?",
        (
            "`epoch % self.period` counts anew in each period. Divided by the period it runs from "
            "0 to 1; beta must reach its final value at one half, and stay there."
        ),
        (
            "In `on_epoch_begin`: `phase = (epoch % self.period) / self.period`, and then "
            "`self.model.beta.assign(self.beta * min(1.0, 2 * phase))`."
        ),
    ),
    "17.2": (
        "Between which two betas of the sweep does the distortion cross the budget?",
        (
            "Train a few betas between those two, each from fresh weights, and note "
            "`(rate, distortion)` of each. Then try one a little above the best so far."
        ),
        (
            "`tried = {}`; for each beta: `train(model, beta)`, `m = measure(model)`, "
            "`tried[beta] = (m['rate'], m['distortion'])`. Then `choice = (best, tried)`, where "
            "best is `max` of the betas whose distortion is at most `BUDGET`."
        ),
    ),
    "17.3": (
        "When you compute the new second number, is the first one still the old one?",
        (
            "Turn into a copy, `np.array(z, dtype=float)`, and read from `z` alone. `np.cos` and "
            "`np.sin` take radians: `np.radians(degrees)`."
        ),
        (
            "`result[:, 0] = z[:, 0] * np.cos(a) - z[:, 1] * np.sin(a)`; the line for "
            "`result[:, 1]` has sine and cosine exchanged, and a plus. Then "
            "`evaluation.mutual_information_gap(result, factors)`."
        ),
    ),
    "17.4": (
        "By how much would the difference of the two means change with other seeds?",
        (
            "Collect a list of gaps for each beta, from three seeds or more. A mean of n gaps is "
            "uncertain by their standard deviation / sqrt(n); square, add and take the root for a "
            "difference of two means."
        ),
        (
            "For each seed: `train(model, beta, seed)`, `z_mean, z_log_var = "
            "evaluation.posterior(model, x)`, and as the gap "
            "`evaluation.mutual_information_gap(z_mean, factors, z_log_var=z_log_var)`. The "
            'answer is "yes" or "no" if the difference is more than twice its uncertainty, else '
            '"cannot tell". Then `verdict = (answer, gaps)`.'
        ),
    ),
}
hint = Hints(HINTS)


class _Spy(keras.callbacks.Callback):
    """Notes beta at the start of each epoch, after the callbacks before it."""

    def on_train_begin(self, logs=None):
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        expect(
            hasattr(self.model.beta, "assign"),
            "`model.beta` has become a Python number, which a compiled step does not follow. "
            "Change the weight: `self.model.beta.assign(...)`.",
        )
        self.seen.append(float(keras.ops.convert_to_numpy(self.model.beta)))


def _betas(cls, beta, period, epochs):
    """What the weight is in each epoch of a real, very small training."""
    model = VAE(DenseEncoder(4, hidden=()), DenseDecoder((2, 2, 1), hidden=()), beta=0.7)
    model.compile("sgd", loss=losses.binary_crossentropy, run_eagerly=True)
    x, spy = np.zeros((2, 2, 2, 1), "float32"), _Spy()
    model.fit(x, x, epochs=epochs, verbose=0, callbacks=[cls(beta, period), spy])
    return np.array(spy.seen)


@check
def check_cyclical(cls):
    """Exercise 17.1: a callback `Cyclical(beta, period)`."""
    if not {"on_epoch_begin", "on_train_batch_begin"} & set(vars(cls)):
        raise Blank
    seen = _betas(cls, 4.0, 10, 20)
    expect(np.ptp(seen) > 0, f"beta was {seen[0]:.3g} in all 20 epochs; it should change.")
    expect(close(seen[0], 0, 1e-3), f"the first epoch should have beta 0, not {seen[0]:.3g}.")
    expect(
        close(seen[5], 4, 1e-3),
        f"in the middle of a period of 10, at epoch 5, beta should be 4, not {seen[5]:.3g}.",
    )
    expect(
        close(seen[6:10], np.full(4, 4), 1e-3),
        f"in the second half of a period it should stay at 4; it was {np.round(seen[6:10], 2)}.",
    )
    expect(
        close(np.diff(seen[:6]), np.full(5, 0.8), 1e-3),
        f"it should rise in equal steps; the first six are {np.round(seen[:6], 2)}.",
    )
    expect(
        close(seen[10:], seen[:10], 1e-3),
        f"each period should repeat the first, but epoch 10 has {seen[10]:.3g}: count anew.",
    )
    other = _betas(cls, 9.0, 4, 8)
    expect(
        close(other, [0, 4.5, 9, 9, 0, 4.5, 9, 9], 1e-3),
        f"with beta=9 and period=4 it should be 0, 4.5, 9, 9, and again; it was "
        f"{np.round(other, 2)}.",
    )
    return "rises, stays, begins again, for any period, and the compiled step follows"


@check
def check_budget(choice, budget, sweep):
    """Exercise 17.2: `choice = (beta, tried)` within a budget of distortion, after `sweep`."""
    choice = call(choice) if callable(choice) else choice
    expect(
        isinstance(choice, tuple) and len(choice) == 2 and isinstance(choice[1], dict),
        "set choice = (beta, tried), where tried is a dict {beta: (rate, distortion)}.",
    )
    beta, tried = choice
    expect(len(tried) >= 3, f"train at least three betas; you tried {len(tried)}.")
    expect(beta in tried, f"you choose {beta!r} and did not train it.")
    for own, pair in tried.items():
        expect(np.shape(pair) == (2,), f"tried[{own}] should be (rate, distortion).")
        _expect_between(own, pair, sweep)
    distortion = tried[beta][1]
    expect(
        distortion <= budget,
        f"at beta {beta} the distortion is {distortion:.2f}, more than {budget}.",
    )
    good = [own for own, (_, d) in tried.items() if d <= budget]
    expect(
        beta == max(good),
        f"you tried {max(good)} too: within the budget as well, and its code is shorter.",
    )
    above = [own for own in tried if own > beta]
    expect(
        above and min(above) <= 1.3 * beta,
        f"perhaps a larger beta is within the budget as well. Try one up to {1.3 * beta:.2f}.",
    )
    return f"beta {beta}: {distortion:.2f} nats, and {min(above)} is too much"


def _expect_between(beta, pair, sweep):
    """A rate and a distortion must lie between those of the betas around it, or nearly."""
    lower = [known for known in sweep if known <= beta]
    upper = [known for known in sweep if known >= beta]
    expect(lower and upper, f"beta {beta} is outside the sweep, {min(sweep)} to {max(sweep)}.")
    for what, own in zip(("rate", "distortion"), pair, strict=True):
        ends = sorted(sweep[known][what] for known in (max(lower), min(upper)))
        margin = 0.5 + 0.15 * ends[1]
        expect(
            ends[0] - margin <= own <= ends[1] + margin,
            f"at beta {beta} you give a {what} of {own:.2f}; by the sweep it should be about "
            f"{ends[0]:.2f} to {ends[1]:.2f}. Is each pair (rate, distortion), from fresh weights?",
        )


@check
def check_turned_gap(turned_gap):
    """Exercise 17.3: `turned_gap(z, factors, degrees)`."""
    places = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    places = np.repeat(places, 20, axis=0)
    noise = np.random.default_rng(0).normal(size=(len(places), 1))
    z, factors = np.hstack([places - 3.5, noise]), places.astype(int)
    kept = z.copy()
    straight = call(turned_gap, z, factors, 0)
    expect(np.shape(straight) == (), "return one number, the gap.")
    expect(straight > 0.97, f"true places, not turned, have a gap of 1; you find {straight:.2f}.")
    eighth, quarter = turned_gap(z, factors, 45), turned_gap(z, factors, 90)
    expect(close(z, kept), "the codes handed over were changed. Work on a copy.")
    expect(
        quarter > 0.97,
        f"turned by 90 degrees the two units have changed places, and the gap is still 1; you find "
        f"{quarter:.2f}. Degrees or radians? Is the second number made from the old first one?",
    )
    expect(
        eighth < 0.2,
        f"turned by 45 degrees, both units know both places alike; you find {eighth:.2f}.",
    )
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    turned = z.copy()
    turned[:, :2] = z[:, :2] @ np.array([[c, s], [-s, c]])
    back, on = turned_gap(turned, factors, -20), turned_gap(turned, factors, 20)
    expect(
        back > 0.97 > on,
        f"codes turned by 20 degrees, turned by -20, have a gap of 1; you find {back:.2f}, and "
        f"{on:.2f} for 20. Which way do you turn?",
    )
    swapped = turned_gap(np.hstack([z[:, :1], noise, z[:, 1:2]]), factors, 90)
    expect(
        swapped > 0.9,
        f"the units after the second should stay in the code; without them you find {swapped:.2f}.",
    )
    return "turns the first two units, keeps the others, and leaves its argument alone"


@check
def check_verdict(verdict):
    """Exercise 17.4: `verdict = (answer, gaps)`, with a list of gaps for beta 1 and 4."""
    verdict = call(verdict) if callable(verdict) else verdict
    expect(
        isinstance(verdict, tuple) and len(verdict) == 2 and isinstance(verdict[1], dict),
        "set verdict = (answer, gaps), where gaps is a dict {1: [...], 4: [...]}.",
    )
    answer, gaps = verdict
    answers = ("yes", "no", "cannot tell")
    expect(answer in answers, f"the answer is one of {', '.join(answers)}, not {answer!r}.")
    expect({1, 4} <= set(gaps), f"gaps should have the betas 1 and 4; it has {list(gaps)}.")
    low, high = (np.asarray(gaps[beta], "float64").ravel() for beta in (1, 4))
    for beta, own in ((1, low), (4, high)):
        expect(len(own) >= 3, f"three seeds at least; for beta {beta} there are {len(own)}.")
        expect(np.all((own >= 0) & (own <= 1)), f"a gap lies between 0 and 1; beta {beta}: {own}.")
        expect(
            len(set(own)) == len(own),
            f"for beta {beta} the same number stands twice: one run, counted again. Change the "
            "seed and train anew.",
        )
    difference = high.mean() - low.mean()
    error = np.sqrt(high.var(ddof=1) / len(high) + low.var(ddof=1) / len(low))
    right = "cannot tell" if abs(difference) <= 2 * error else ("no", "yes")[int(difference > 0)]
    expect(
        answer == right,
        f"by your gaps beta 4 is ahead by {difference:.2f}, uncertain by {error:.2f}: that says "
        f"{right!r}, not {answer!r}. Twice the uncertainty is the limit.",
    )
    return "your answer is the one that your gaps bear out"
