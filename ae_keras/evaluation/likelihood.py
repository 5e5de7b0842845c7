"""How likely images are under a variational autoencoder, in nats per image."""

import numpy as np
from scipy.special import logsumexp

from ae_keras import _validation
from ae_keras.evaluation import _arrays
from ae_keras.evaluation.latent import decode, posterior
from ae_keras.models import losses


def pixel_entropy(x):
    """Entropy of the pixels per image: `-sum(x log x + (1 - x) log(1 - x))`, mean over the images.

    No reconstruction has a smaller cross-entropy. The entropy of black and white images is 0.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1].

    Returns:
        float, nats per image, >= 0.

    Raises:
        ValueError: `x` does not hold such images.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> round(evaluation.pixel_entropy(np.full((2, 4, 4, 1), 0.5)), 2)  # 16 ln 2
        11.09
    """
    x = _arrays.images(x)
    return float(_crossentropy(x, x, least=1e-12).mean())


def negative_elbo(model, x, n_samples=1, seed=0):
    """Negative ELBO of Bernoulli pixels in nats per image: the mean of `negative_elbo_per_image`.

    Args:
        model, x, n_samples, seed: as for `negative_elbo_per_image`.

    Returns:
        float, nats per image. No model reaches less than `pixel_entropy(x)`.

    Raises:
        ValueError: as for `negative_elbo_per_image`.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VAE, DenseDecoder, DenseEncoder, evaluation
        >>> model = VAE(DenseEncoder(4, hidden=(8,)), DenseDecoder((6, 6, 1), hidden=(8,)))
        >>> x = np.random.default_rng(0).random((3, 6, 6, 1))
        >>> evaluation.negative_elbo(model, x) > evaluation.pixel_entropy(x)
        True
    """
    return float(negative_elbo_per_image(model, x, n_samples, seed).mean())


def negative_elbo_per_image(model, x, n_samples=1, seed=0):
    """Negative ELBO of Bernoulli pixels: `-E[log p(x|z)] + KL(q(z|x) || N(0, I))` of each image.

    The expectation is the mean over `n_samples` codes drawn from `q(z|x)`; the KL term is exact.
    NumPy draws the codes, so that they are the same on every backend.

    Args:
        model: `VAE` or `IWAE`, trained with Bernoulli pixels (`losses.binary_crossentropy`).
        x: float array `(n, height, width, channels)`, pixels in [0, 1].
        n_samples: int, codes drawn for each image, >= 1. Defaults to 1.
        seed: int, seed of the draws, in [0, 2**32). Defaults to 0.

    Returns:
        float64 array `(n,)` in nats, an upper bound of `-log p(x)` up to the noise of the draws.

    Raises:
        ValueError: `model` is no `VAE` or `IWAE`, `x` does not hold such images, or `n_samples` or
            `seed` is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VAE, DenseDecoder, DenseEncoder, evaluation
        >>> model = VAE(DenseEncoder(4, hidden=(8,)), DenseDecoder((6, 6, 1), hidden=(8,)))
        >>> x = np.random.default_rng(0).random((3, 6, 6, 1))
        >>> evaluation.negative_elbo_per_image(model, x, n_samples=2).shape
        (3,)
    """
    x = _arrays.images(x)
    z_mean, z_log_var = posterior(model, x)
    draws = _draws(seed, n_samples, z_mean, z_log_var)
    distortion = sum(_crossentropy(x, decode(model, z)) for _, z in draws) / n_samples
    return distortion + _arrays.kl_of_units(z_mean, z_log_var).sum(axis=1)


def log_likelihood(model, x, n_samples=100, seed=0):
    """Importance-sampled `log p(x)` of Bernoulli pixels: `log(1/k sum_i p(x, z_i) / q(z_i|x))`.

    The `k` codes `z_i` are drawn from `q(z|x)`. On average the estimate is a lower bound, which
    tightens as `k` grows. NumPy draws the codes, so that they are the same on every backend.

    Args:
        model: `VAE` or `IWAE`, trained with Bernoulli pixels (`losses.binary_crossentropy`).
        x: float array `(n, height, width, channels)`, pixels in [0, 1].
        n_samples: int, `k`, codes drawn for each image, >= 1. Defaults to 100.
        seed: int, seed of the draws, in [0, 2**32). Defaults to 0.

    Returns:
        float64 array `(n,)` in nats.

    Raises:
        ValueError: `model` is no `VAE` or `IWAE`, `x` does not hold such images, or `n_samples` or
            `seed` is out of range.

    Source: Burda et al. (2016), arXiv:1509.00519, section 5.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VAE, DenseDecoder, DenseEncoder, evaluation
        >>> model = VAE(DenseEncoder(4, hidden=(8,)), DenseDecoder((6, 6, 1), hidden=(8,)))
        >>> x = np.random.default_rng(0).random((3, 6, 6, 1))
        >>> evaluation.log_likelihood(model, x, n_samples=3).shape
        (3,)
    """
    x = _arrays.images(x)
    z_mean, z_log_var = posterior(model, x)
    log_weights = []
    for epsilon, z in _draws(seed, n_samples, z_mean, z_log_var):
        log_ratio = losses.log_prior_ratio(z, z_log_var, epsilon).sum(axis=1)
        log_weights.append(log_ratio - _crossentropy(x, decode(model, z)))
    return logsumexp(log_weights, axis=0) - np.log(n_samples)


def _draws(seed, n_samples, z_mean, z_log_var):
    """Yield `n_samples` pairs of noise `epsilon` and codes `mean + std * epsilon`."""
    rng = np.random.default_rng(_validation.seed(seed))
    for _ in range(_validation.positive_int(n_samples, "n_samples")):
        epsilon = rng.normal(size=z_mean.shape)
        yield epsilon, z_mean + np.exp(z_log_var / 2) * epsilon


def _crossentropy(x, x_hat, least=1e-7):
    x, x_hat = _arrays.flatten(x).astype("float64"), _arrays.flatten(x_hat).astype("float64")
    x_hat = np.clip(x_hat, least, 1 - least)
    return -(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat)).sum(axis=1)
