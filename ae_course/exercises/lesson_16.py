"""Checks of the exercises in lesson 16, The variational autoencoder."""

import keras
import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import VAE, evaluation, losses

HINTS = {
    "16.1": (
        "What can you learn about a cloud from ten thousand codes drawn from it?",
        (
            "Its mean and its standard deviation, whatever `b` means. Put them into the formula of "
            "the KL, and compare with what `kl` charges for the same `a` and `b`."
        ),
        (
            "z = draw(np.full((20_000, 2), a), np.full((20_000, 2), b)), then m = z.mean(axis=0), "
            "s = z.std(axis=0), paid = (s**2 + m**2 - 1 - np.log(s**2)).sum() / 2; do it for "
            "several a and b, with a tolerance of a few per cent."
        ),
    ),
    "16.2": (
        "Divide a code by `s`: what becomes of its mean, of its variance, and of the prior?",
        (
            "The KL stays the same if both distributions are divided by `s`, and then the prior is "
            "the standard one. So put `z_mean / s` and `z_log_var - np.log(s**2)` into the old "
            "formula."
        ),
        (
            "Each unit costs half of `(np.exp(z_log_var) + z_mean**2) / s**2 - 1 - z_log_var`, to "
            "which you add half of `np.log(s**2)`. Sum over the code, axis 1."
        ),
    ),
    "16.3": (
        "Which images, and which codes (means or draws), give a number that you may compare?",
        (
            "Train each width like `vae`, 15 epochs, and take `evaluation.negative_elbo` on the "
            "validation images."
        ),
        (
            "models = {16: vae} | {d: trained(VAE(DenseEncoder(2 * d), DenseDecoder(image_shape)), "
            "15)[0] for d in (4, 8)}, then numbers = {d: evaluation.negative_elbo(model, x_val) "
            "for d, model in models.items()}."
        ),
    ),
}
hint = Hints(HINTS)


def _softplus(b):
    return np.log1p(np.exp(b))


def _pair(std_drawn, std_paid=None, noise=lambda epsilon: epsilon, add=np.sum):
    """A draw and a KL whose standard deviations are these functions of the second output."""
    rng = np.random.default_rng(0)
    std_paid = std_paid or std_drawn

    def draw(a, b):
        a, b = np.asarray(a, float), np.asarray(b, float)
        return a + std_drawn(b) * noise(rng.normal(size=a.shape))

    def kl(a, b):
        a, var = np.asarray(a, float), std_paid(np.asarray(b, float)) ** 2
        return add((var + a**2 - 1 - np.log(var)) / 2, axis=-1)

    return draw, kl


def _half(b):
    return np.exp(b / 2)


SOUND = {
    "the log variance": (_half,),
    "the logarithm of the standard deviation": (np.exp,),
    "turned into the standard deviation log(1 + exp(b))": (_softplus,),
}
BROKEN = {
    "draw reads b as the standard deviation and kl as the log variance": (lambda b: b, _half),
    "draw takes exp(b), the variance, for the standard deviation": (np.exp, _half),
    "kl is averaged over the units of the code": (_half, _half, lambda e: e, np.mean),
    "noise is never negative: abs(epsilon)": (_half, _half, np.abs),
    "noise is squared": (_half, _half, np.square),
    "noise is one number for all codes of a batch": (_half, _half, np.mean),
    "draw adds no noise": (_half, _half, np.zeros_like),
}


@check
def check_audit(audit):
    """Exercise 16.1: `audit(draw, kl)`."""
    verdicts = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, parts in (SOUND | BROKEN).items():
            verdicts[name] = call(audit, *_pair(*parts))
    for name, verdict in verdicts.items():
        expect(isinstance(verdict, bool | np.bool_), f"return True or False, not {type(verdict)}.")
        expect(
            name in BROKEN or verdict,
            f"it rejects a sound model, whose b is {name}. Compare what is drawn with what is "
            "paid for, and leave room for the chance of the draws.",
        )
        expect(name in SOUND or not verdict, f"it accepts a model with a bug: {name}.")
    return f"{len(SOUND)} sound models accepted, {len(BROKEN)} broken ones found"


@check
def check_kl_to(kl_to):
    """Exercise 16.2: `kl_to(z_mean, z_log_var, s)`."""
    rng = np.random.default_rng(0)
    z_mean, z_log_var = rng.normal(size=(2, 5, 3))
    standard = (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1) / 2
    result = np.asarray(call(kl_to, z_mean, z_log_var, 1.0))
    expect(result.shape == (5,), f"five images give (5,), not {result.shape}: sum over the code.")
    expect(close(result, standard), "for s = 1 it must be 1/2 sum(var + mean**2 - 1 - log var).")
    for s in (0.5, 3.0):
        same = kl_to(np.zeros((1, 3)), np.full((1, 3), np.log(s**2)), s)
        expect(close(same, [0]), f"a cloud equal to the prior, s={s}, must cost nothing.")
        epsilon = rng.normal(size=(200_000, 1, 3))
        std = np.exp(z_log_var / 2)
        z = z_mean + std * epsilon
        log_ratio = np.log(s) - np.log(std) - epsilon**2 / 2 + (z / s) ** 2 / 2
        sampled = log_ratio.sum(axis=2).mean(axis=0)
        off = np.abs(np.asarray(kl_to(z_mean, z_log_var, s)) - sampled).max()
        expect(
            off < 0.03 * sampled.max() + 0.05,
            f"for s={s} a Monte Carlo estimate differs by {off:.2f} nats.",
        )
    return "zero at the prior, the old formula for s = 1, and as a Monte Carlo estimate"


@check
def check_width(answer, x_train, x_val):
    """Exercise 16.3: `answer = (choice, models, numbers)`."""
    if callable(answer):
        answer = call(answer)
    expect(
        isinstance(answer, tuple) and len(answer) == 3, "set answer = (choice, models, numbers)."
    )
    choice, models, numbers = answer
    expect(
        isinstance(models, dict) and len(models) >= 3,
        "models is a dict from at least three widths to trained VAEs: two cannot show a minimum.",
    )
    expect(
        isinstance(numbers, dict) and set(numbers) == set(models),
        "numbers needs the same widths as models.",
    )
    expect(choice in models, f"choose one of {', '.join(map(str, models))}, not {choice!r}.")
    truth = {}
    for width, model in models.items():
        expect(isinstance(model, VAE), f"models[{width}] is no VAE.")
        z_mean, z_log_var = evaluation.posterior(model, x_val)
        expect(
            z_mean.shape[1] == width,
            f"models[{width}] has a code of {z_mean.shape[1]}: its encoder returns means and log "
            "variances, so give it twice the width.",
        )
        rate = evaluation.kl_per_unit(z_mean, z_log_var).sum()
        expect(
            rate > 0.5,
            f"the code of models[{width}] carries {rate:.2f} nats, next to nothing. Was it trained "
            "with a mean over pixels, or not at all?",
        )
        truth[width] = evaluation.negative_elbo(model, x_val)
        _compare(width, float(numbers[width]), truth[width], model, rate, x_train, x_val)
    steps = {int(keras.ops.convert_to_numpy(m.optimizer.iterations)) for m in models.values()}
    expect(len(steps) == 1, f"they were trained for {sorted(steps)} steps: compare like with like.")
    best = min(truth, key=truth.get)
    expect(
        truth[choice] <= truth[best] + _margin(truth[best]),
        f"your own numbers speak for {best}: {truth[best]:.1f} nats there, {truth[choice]:.1f} for "
        f"{choice}.",
    )
    return f"{choice} numbers, the best or level with it, on images that none was trained on"


def _margin(nats):
    return 0.3 + 0.01 * nats


def _compare(width, given, truth, model, rate, x_train, x_val):
    """Refuse a number that is not the bound on validation images, and say what it is."""
    if abs(given - truth) <= _margin(truth):
        return
    x_hat = evaluation.reconstruct(model, x_val)
    mean_code = rate + keras.ops.convert_to_numpy(losses.binary_crossentropy(x_val, x_hat)).mean()
    others = {
        "what `evaluate` gives: it decodes mean codes and is no bound": mean_code,
        "the number of the training images": evaluation.negative_elbo(model, x_train[:1000]),
        "in bits": truth / np.log(2),
        "the rate alone": rate,
        "the distortion alone": truth - rate,
    }
    what = min(others, key=lambda name: abs(given - others[name]))
    close_to = abs(given - others[what]) < 0.2 + 0.005 * truth
    expect(
        False,
        f"for width {width}, -ELBO on the validation images is {truth:.1f} nats, not {given:.1f}"
        + (f"; that is {what}." if close_to else "."),
    )
