"""Checks of the exercises in lessons 15 and 16."""

import numpy as np

from ae_keras.checks.answers import call, check, close, expect


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
        by_dice = log_ratio.sum(axis=2).mean(axis=0)
        off = np.abs(np.asarray(kl_to(z_mean, z_log_var, s)) - by_dice).max()
        expect(off < 0.03 * by_dice.max() + 0.05, f"for s={s} dice disagree by {off:.2f} nats.")
    return "zero at the prior, the old formula for s = 1, and dice agree"


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
    return "the highest price within the budget"
