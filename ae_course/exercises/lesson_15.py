"""Checks of the exercises in lesson 15, The variational autoencoder."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "15.1": (
        "By what must standard normal noise be multiplied to have the variance `exp(z_log_var)`?",
        (
            "By the standard deviation, which is the root of the variance: the exponential of half "
            "the log variance."
        ),
        "`std = np.exp(z_log_var / 2)`; a code is the mean plus `std` times the noise handed over.",
    ),
    "15.2": (
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
    "15.3": (
        (
            "If a loss has the mean over 784 pixels in place of their sum, how much more does the "
            "same KL weigh?"
        ),
        (
            "Start from `weight`. With a mean over the pixels, multiply the whole loss by "
            "`n_pixels`: the distortion is a sum again, and the weight of the KL has grown. A mean "
            "over the code makes the KL smaller instead."
        ),
        (
            'Two conditions: if `pixels == "mean"`, multiply by `n_pixels`; if `code == "mean"`, '
            "divide by the length of the code. Both may hold."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_draw(draw):
    """Exercise 15.1: `draw(z_mean, z_log_var, epsilon)`."""
    z_mean = np.array([[1.0, -2.0], [0.0, 3.0]])
    z_log_var = np.log(np.array([[4.0, 0.25], [1.0, 9.0]]))
    z = np.asarray(call(draw, z_mean, z_log_var, np.ones((2, 2))))
    expect(z.shape == (2, 2), f"two codes of two numbers are (2, 2), not {z.shape}.")
    expect(not close(z, z_mean + z_log_var), "that reads the log variance as a standard deviation.")
    expect(
        not close(z, z_mean + np.exp(z_log_var)),
        "exp of the log variance is the variance; multiply noise by its square root.",
    )
    expect(close(z, [[3.0, -1.5], [1.0, 6.0]]), "the formula is mean + std * epsilon.")
    expect(close(draw(z_mean, z_log_var, np.zeros((2, 2))), z_mean), "use the noise handed over.")
    return "mean + std * epsilon, with the standard deviation exp(log variance / 2)"


@check
def check_kl_to(kl_to):
    """Exercise 15.2: `kl_to(z_mean, z_log_var, s)`."""
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
def check_effective_beta(effective_beta):
    """Exercise 15.3: `effective_beta(weight, n_pixels, latent_dim, pixels, code)`."""
    expect(
        close(call(effective_beta, 1.0, 784, 16, "sum", "sum"), 1), "two sums: the weight itself."
    )
    expect(
        close(effective_beta(1.0, 784, 16, "mean", "sum"), 784),
        "a mean over pixels shrinks the distortion 784 times, so the KL weighs 784 times more.",
    )
    expect(
        close(effective_beta(1.0, 784, 16, "sum", "mean"), 1 / 16),
        "a mean over the code shrinks the KL 16 times.",
    )
    expect(
        close(effective_beta(0.5, 100, 4, "mean", "mean"), 12.5),
        "with both means and a weight, multiply all three effects.",
    )
    return "sums, means and weights put on one scale"
