"""Checks of the exercises in lesson 19, Sequences and text."""

import keras
import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)

HINTS = {
    "19.1": (
        "What does dividing logits by T do to the probabilities that come from them?",
        "Logits are log p, up to a constant: exp(log p / T) is p ** (1 / T). The sum must be 1.",
        "powered = (p / p.max(axis=-1, keepdims=True)) ** (1 / T), divided by its sum over the "
        "last axis. (Dividing by the largest first keeps tiny powers from becoming 0.)",
    ),
    "19.2": (
        "Why does a unit of the code give up: what does the loss charge it for its first bit?",
        "Free bits: nothing is charged for a unit's mean KL up to a small number of nats. "
        "Override `kl_loss(self, kl)` in a subclass of NameVAE.",
        "return ops.sum(ops.maximum(ops.mean(kl, axis=0), 0.25)), then train it with "
        "trained(FreeBits(), epochs=20) as the text does.",
    ),
    "19.3": (
        "What do you want the model for, and which number gets worse if it is bad at that?",
        'Compute that number for every entry of `judged`: found["bits"], or from '
        'found["written"] and `val_names`.',
        'numbers = {name: edits(found["written"], val_names) for name, found in judged.items()}; '
        'decision = ("...", "edits", numbers) with the name that has the smallest.',
    ),
}
hint = Hints(HINTS)

MEASURES = ("bits", "edits", "exact")


@check
def check_temperature(at_temperature):
    """Exercise 19.1: `at_temperature(p, temperature)`."""
    p = np.array([0.5, 0.3, 0.2])
    for t in (1.0, 0.5, 2.0):
        found = np.asarray(call(at_temperature, p, t), "float64")
        expect(found.shape == p.shape, f"three probabilities give three, not {found.shape}.")
        expect(close(found.sum(), 1), f"at temperature {t} they add up to {found.sum():.2f}.")
        if t == 1:
            expect(close(found, p), "at temperature 1 nothing may change.")
        else:
            colder = found.max() > p.max()
            expect(
                colder == (t < 1),
                f"at temperature {t} the most probable letter became "
                f"{'more' if colder else 'no more'} probable; cold must sharpen, hot must level.",
            )
            wanted = p ** (1 / t) / np.sum(p ** (1 / t))
            expect(
                close(found, wanted, 1e-4),
                f"at temperature {t} the logarithms must be divided by it; the first probability "
                f"is then {wanted[0]:.3f}, not {found[0]:.3f}.",
            )
    rows = np.random.default_rng(0).dirichlet(np.ones(5), size=(2, 4))
    wanted = rows**2 / np.sum(rows**2, axis=-1, keepdims=True)
    expect(
        close(at_temperature(rows, 0.5), wanted, 1e-4),
        "for an array of rows, each row (the last axis) must be normalised by itself.",
    )
    with np.errstate(all="ignore"):
        cold = np.asarray(at_temperature(np.array([0.02, 0.01, 0.0]), 0.002))
    expect(
        np.isfinite(cold).all() and close(cold, [1, 0, 0], 1e-4),
        f"for small or zero probabilities and a low temperature it gives {cold}; divide by the "
        "largest before you raise to a power.",
    )
    return "sharper when cold, flatter when hot, unchanged at 1"


def _nats(x, logits):
    """Cross-entropy of each name, in nats."""
    logits = np.asarray(logits, "float64")
    top = logits.max(axis=2, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(axis=2, keepdims=True))
    return -np.sum(x * log_p, axis=(1, 2))


@check
def check_vae(model, x):
    """Exercise 19.2: a trained VAE, on the names `x`."""
    expect(
        hasattr(model, "encoder") and hasattr(model, "decoder"),
        "set `my_vae` to a trained model with an `encoder` and a `decoder`.",
    )
    h = np.asarray(keras.ops.convert_to_numpy(model.encoder(x)), "float64")
    previous = np.concatenate([np.zeros_like(x[:, :1]), x[:, :-1]], axis=1)
    rng = np.random.default_rng(0)
    try:
        z_mean, z_log_var = np.split(h, 2, axis=1)
        z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape)
        own, others = (
            _nats(x, keras.ops.convert_to_numpy(model.decoder([previous, codes.astype("float32")])))
            for codes in (z, np.roll(z, 7, axis=0))
        )
    except ValueError as error:
        expect(
            False,
            "the encoder must return means and log variances, twice as many numbers as the "
            f"decoder's code has ({error}).",
        )
    rate = ((np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2).sum(axis=1).mean()
    bits = (own.mean() + rate) / np.log(2) * len(x) / x.sum()
    expect(
        rate >= 3,
        f"its rate is {rate:.1f} nats per name, less than 3: the decoder still does (nearly) "
        "without the code.",
    )
    expect(
        others.mean() > own.mean() + 1,
        f"its rate is {rate:.1f} nats, but with the codes of other names the decoder does as well: "
        f"{others.mean():.1f} nats against {own.mean():.1f}. What is paid for is not used.",
    )
    expect(
        bits <= 2.48,
        f"it needs {bits:.2f} bits per character, more than 2.48: the code is used, but costs too "
        "much. Damage the decoder less, or ask for a smaller rate.",
    )
    return f"rate {rate:.0f} nats, used by the decoder, at an affordable price"


@check
def check_choice(decision, judged, texts):
    """Exercise 19.3: `decision = (choice, measure, numbers)` for the models in `judged`."""
    choice, measure, numbers = read_tuple(decision, 3, "set decision = (choice, measure, numbers).")
    expect(choice in judged, f"choose one of {', '.join(judged)}, not {choice!r}.")
    expect(measure in MEASURES, f"the measure is one of {', '.join(MEASURES)}, not {measure!r}.")
    expect(
        isinstance(numbers, dict) and set(numbers) == set(judged),
        "the evidence is a dict with a number for each model: one alone compares nothing.",
    )
    truth = {name: _measure(measure, found, texts) for name, found in judged.items()}
    for name, right in truth.items():
        expect(
            abs(float(numbers[name]) - right) < 0.01,
            f"for {name}, {measure!r} is {right:.2f}; you give {float(numbers[name]):.2f}. "
            "(An average over the validation names.)",
        )
    sign = -1 if measure == "exact" else 1
    best = min(truth, key=lambda name: sign * truth[name])
    expect(
        sign * truth[choice] <= sign * truth[best] + 1e-9,
        f"your own numbers speak for {best}: {measure!r} is {truth[best]:.2f} there and "
        f"{truth[choice]:.2f} for {choice}. Change the choice, or find the measure that you mean.",
    )
    return f"the numbers bear out {choice} by {measure!r}"


def _measure(measure, found, texts):
    if measure == "bits":
        return float(found["bits"])
    pairs = list(zip(found["written"], texts, strict=True))
    if measure == "exact":
        return np.mean([a == b for a, b in pairs])
    return np.mean([_edit_distance(a, b) for a, b in pairs])


def _edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        new = [i]
        for j, other in enumerate(b, 1):
            new.append(min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (letter != other)))
        row = new
    return row[-1]
