"""Losses: images or codes in, one number per image out.

One convention everywhere: sum over the pixels of an image, mean over the images of a batch (Keras
takes that mean). A loss then reads "squared error per image" or "nats per image", and means the
same for every model of the course.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="ae_keras")
def squared_error(x, x_hat):
    """Squared error per image: `sum((x - x_hat)**2)` over pixels.

    Shapes: `x`, `x_hat` `(batch, ...)` -> `(batch,)`.
    """
    x, x_hat = _rows(x), _rows(x_hat)
    return ops.sum(ops.square(x - x_hat), axis=1)


@keras.saving.register_keras_serializable(package="ae_keras")
def binary_crossentropy(x, x_hat):
    """Cross-entropy per image in nats: `-sum(x log x_hat + (1 - x) log(1 - x_hat))` over pixels.

    Both must lie in [0, 1]. For grey pixels its minimum, at `x_hat = x`, is not zero but the
    entropy of `x`: see `evaluation.pixel_entropy`.

    Shapes: `x`, `x_hat` `(batch, ...)` -> `(batch,)`.
    """
    x, x_hat = _rows(x), _rows(x_hat)
    return ops.sum(ops.binary_crossentropy(x, x_hat), axis=1)


def l1(z):
    """Absolute values of a code, summed over its units: `(batch, ...) -> (batch,)`."""
    return ops.sum(ops.abs(_rows(z)), axis=1)


def bernoulli_kl(target, activity):
    """Nats from `activity` to `target`: `t log(t / a) + (1 - t) log((1 - t) / (1 - a))`.

    Args:
        target: probability, in (0, 1).
        activity: probabilities, any shape; the result has it too.
    """
    a = ops.clip(_as_float(activity), 1e-6, 1 - 1e-6)
    return target * ops.log(target / a) + (1 - target) * ops.log((1 - target) / (1 - a))


def gaussian_kl(z_mean, z_log_var):
    """Nats from a code's distribution to the prior, `KL(N(mean, var) || N(0, 1))`.

    Summed over the code: `1/2 sum(var + mean**2 - 1 - log var)`, `(batch, latent_dim) -> (batch,)`.

    Source: Kingma & Welling (2014), arXiv:1312.6114, appendix B.
    """
    z_mean, z_log_var = _as_float(z_mean), _as_float(z_log_var)
    return ops.sum(ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var, axis=-1) / 2


def log_prior_ratio(z, z_log_var, epsilon):
    """`log p(z) - log q(z|x)` of each unit of a drawn code `z = mean + exp(z_log_var / 2) epsilon`.

    The prior `p` is standard normal, and the constants of both densities cancel. Arithmetic alone,
    so arrays of NumPy and tensors of any backend do.

    Shapes: three arrays that broadcast, such as `(batch, latent_dim)` -> the same.
    """
    return (epsilon**2 + z_log_var - z**2) / 2


def _as_float(x):
    return ops.cast(x, "float32")  # a sum over 784 pixels needs more than 16 bits


def _rows(x):
    """One row an image: XLA adds logarithms up along one axis five times as fast as along three."""
    return ops.reshape(_as_float(x), (ops.shape(x)[0], -1))
