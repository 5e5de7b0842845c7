"""What learners may hand to the checks of lesson 15; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def cloud(z_mean, z_log_var, epsilon, power=0.5):
    return z_mean + np.exp(power * z_log_var) * epsilon


def kl_to(z_mean, z_log_var, s, axis=1):
    var = np.exp(z_log_var) / s**2
    return (var + z_mean**2 / s**2 - 1 - np.log(var)).sum(axis=axis) / 2


def beta_of(weight, n_pixels, latent_dim, pixels, code):
    weight = weight * n_pixels if pixels == "mean" else weight
    return weight / latent_dim if code == "mean" else weight


CASES = {
    "draw": Case(
        right=[cloud],
        wrong=[
            (lambda m, v, e: m + v * e, "reads the log variance as a standard deviation"),
            (lambda m, v, e: cloud(m, v, e, power=1), "multiply noise by its square root"),
            (lambda m, v, e: cloud(m, v, np.ones_like(e)), "use the noise handed over"),
        ],
    ),
    "kl_to": Case(
        right=[kl_to],
        wrong=[
            (lambda m, v, s: kl_to(m, v, 1.0), "must cost nothing"),
            (lambda m, v, s: kl_to(m, v, s, axis=None), "sum over the code"),
            (lambda m, v, s: 2 * kl_to(m, v, s), "for s = 1 it must be"),
        ],
    ),
    "effective_beta": Case(
        right=[beta_of],
        wrong=[
            (lambda weight, n, d, pixels, code: weight, "784 times"),
            (lambda weight, n, d, pixels, code: beta_of(weight, n, d, pixels, "sum"), "16 times"),
            (lambda weight, n, d, pixels, code: 2 * weight, "the weight itself"),
        ],
    ),
}
