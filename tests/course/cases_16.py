"""What learners may hand to the checks of lesson 16; test_exercises.py hands it in."""

import functools

import keras
import numpy as np

from ae_keras import VAE, DenseDecoder, DenseEncoder, backend, evaluation, losses
from cases import Case

POINTS = ((0.0, 0.0), (0.5, -1.0), (-1.0, 0.7))


def audit(points=POINTS, n=20_000, units=2, tolerance=0.05, moments=None):
    """An audit that compares the KL of drawn codes with the KL that is charged."""

    def by_moments(z):
        return z.mean(axis=0), z.std(axis=0)

    def audited(draw, kl):
        for a, b in points:
            a, b = np.full((n, units), a), np.full((n, units), b)
            mean, std = (moments or by_moments)(draw(a, b))
            drawn = (std**2 + mean**2 - 1 - np.log(std**2)).sum() / 2
            if not abs(drawn - kl(a, b)[0]) < tolerance * (1 + kl(a, b)[0]):
                return False
        return True

    return audited


def by_quantiles(z):
    low, middle, high = np.quantile(z, [0.1587, 0.5, 0.8413], axis=0)
    return middle, (high - low) / 2


def knows_the_formula(draw, kl):
    a, b = np.full((20_000, 2), 0.5), np.full((20_000, 2), -1.0)
    right = (np.exp(b) + a**2 - 1 - b).sum(axis=1) / 2
    return bool(abs(draw(a, b).std() - np.exp(-0.5)) < 0.02 and np.allclose(kl(a, b), right))


def free_at_zero(draw, kl):
    return bool(np.allclose(kl(np.zeros((1, 2)), np.zeros((1, 2))), 0))


def kl_to(z_mean, z_log_var, s, axis=1):
    var = np.exp(z_log_var) / s**2
    return (var + z_mean**2 / s**2 - 1 - np.log(var)).sum(axis=axis) / 2


def kl_by_units(z_mean, z_log_var, s):
    var = np.exp(z_log_var)
    units = np.log(s) - z_log_var / 2 + (var + z_mean**2) / (2 * s**2) - 0.5
    return units.sum(axis=1)


def kl_mean_unscaled(z_mean, z_log_var, s):
    return kl_to(z_mean * s, z_log_var, s)


# Images of two bars, one across and one down, of which three numbers could say everything.
def bars(n, seed):
    rng = np.random.default_rng(seed)
    x = np.zeros((n, 8, 8, 1), "float32")
    x[np.arange(n), rng.integers(8, size=n)] = 1
    x[np.arange(n), :, rng.integers(8, size=n)] = 1
    return x


X_TRAIN, X_VAL = bars(80, 0), bars(1500, 1)


@functools.cache
def vae_of(width, epochs=150, loss=losses.binary_crossentropy):
    model = VAE(DenseEncoder(2 * width, hidden=(64,)), DenseDecoder((8, 8, 1), hidden=(64,)))
    backend.seed_weights(model, seed=0)
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    model.fit(X_TRAIN, X_TRAIN, epochs=epochs, batch_size=80, shuffle=False, verbose=0)
    return model


def of_widths(*widths):
    return {width: vae_of(width) for width in widths}


def bounds(models, x=X_VAL, factor=1.0, **kwargs):
    return {d: factor * evaluation.negative_elbo(m, x, **kwargs) for d, m in models.items()}


def evaluated(models):
    return {d: m.evaluate(X_VAL, verbose=0, return_dict=True)["loss"] for d, m in models.items()}


def choose(by=min, numbers=bounds, models=None, **kwargs):
    """An answer as a function, so that nothing is trained before the check is tried."""

    def answer():
        found = models() if models else of_widths(2, 4, 8)
        given = numbers(found, **kwargs)
        return by(given, key=given.get), found, given

    return answer


def collapsed():
    return of_widths(2, 4) | {8: vae_of(8, loss="binary_crossentropy")}


CASES = {
    "audit": Case(
        right=[audit(), audit(moments=by_quantiles, n=50_000)],
        wrong=[
            (lambda draw, kl: True, "accepts a model with a bug"),
            (lambda draw, kl: False, "rejects a sound model"),
            (audit(points=[(0.0, 0.0)]), "exp(b), the variance"),
            (audit(units=1), "averaged over the units"),
            (audit(n=20, tolerance=0.001), "leave room for the chance of the draws"),
            (knows_the_formula, "whose b is the logarithm of the standard deviation"),
            (free_at_zero, "rejects a sound model"),
            (audit(tolerance=1e9), "accepts a model with a bug"),
            (lambda draw, kl: "sound", "return True or False"),
            (
                audit(
                    moments=lambda z: (z.mean(axis=0), np.exp(-0.5) + 0 * z[0]), points=[(0, -1)]
                ),
                "whose b is the logarithm",
            ),
        ],
    ),
    "kl_to": Case(
        right=[kl_to, kl_by_units],
        wrong=[
            (lambda m, v, s: kl_to(m, v, 1.0), "must cost nothing"),
            (lambda m, v, s: kl_to(m, v, s, axis=None), "sum over the code"),
            (lambda m, v, s: 2 * kl_to(m, v, s), "for s = 1 it must be"),
            (lambda m, v, s: kl_to(m, v, np.sqrt(s)), "must cost nothing"),
            (kl_mean_unscaled, "a Monte Carlo estimate differs"),
        ],
    ),
    "width": Case(
        right=[choose(), choose(n_samples=5, seed=3)],
        wrong=[
            (choose(by=max), "your own numbers speak for"),
            (choose(numbers=evaluated), "it decodes mean codes and is no bound"),
            (choose(x=X_TRAIN), "the number of the training images"),
            (choose(factor=1 / np.log(2)), "in bits"),
            (choose(models=lambda: of_widths(2, 4)), "two cannot show a minimum"),
            (choose(models=collapsed), "carries 0.0"),
            (
                choose(models=lambda: of_widths(2, 4) | {8: vae_of(8, epochs=160)}),
                "compare like with like",
            ),
            (choose(models=lambda: of_widths(2, 4) | {16: vae_of(8)}), "has a code of 8"),
            (3, "set answer ="),
        ],
        others=(X_TRAIN, X_VAL),
    ),
}
