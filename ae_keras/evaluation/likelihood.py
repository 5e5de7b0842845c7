"""How likely images are under a variational autoencoder, in nats per image."""

import numpy as np
from scipy.special import logsumexp

from ae_keras import _validation
from ae_keras.evaluation._arrays import flatten
from ae_keras.evaluation.latent import decode, gaussian_kl, posterior
from ae_keras.models import losses


def pixel_entropy(x):
    """Nats per image that no reconstruction can go below: the entropy of the grey pixels of `x`."""
    return float(_crossentropy(x, x, least=1e-12).mean())


def negative_elbo(model, x, n_samples=1, seed=0):
    """`-ELBO` of Bernoulli pixels in nats per image: the mean of `negative_elbo_per_image`."""
    return float(negative_elbo_per_image(model, x, n_samples, seed).mean())


def negative_elbo_per_image(model, x, n_samples=1, seed=0):
    """`-ELBO` of Bernoulli pixels in nats, with codes drawn `n_samples` times: `(n,)`.

    The draws are NumPy's, the same on every backend; the KL term is exact.
    """
    z_mean, z_log_var = posterior(model, x)
    draws = _draws(seed, n_samples, z_mean, z_log_var)
    distortion = sum(_crossentropy(x, decode(model, z)) for _, z in draws) / n_samples
    return distortion + gaussian_kl(z_mean, z_log_var).sum(axis=1)


def log_likelihood(model, x, n_samples=100, seed=0):
    """Importance-sampled `log p(x)` of Bernoulli pixels, in nats, for each image: `(n,)`.

    `log 1/k sum_i p(x, z_i) / q(z_i|x)`: a lower bound that tightens as `n_samples`, `k`, grows.

    Source: Burda et al. (2016), arXiv:1509.00519, section 5.
    """
    z_mean, z_log_var = posterior(model, x)
    log_weights = []
    for epsilon, z in _draws(seed, n_samples, z_mean, z_log_var):
        log_ratio = losses.log_prior_ratio(z, z_log_var, epsilon).sum(axis=1)
        log_weights.append(log_ratio - _crossentropy(x, decode(model, z)))
    return logsumexp(log_weights, axis=0) - np.log(n_samples)


def _draws(seed, n_samples, z_mean, z_log_var):
    """Pairs of noise and the codes made of it."""
    rng = np.random.default_rng(_validation.seed(seed))
    for _ in range(_validation.positive_int(n_samples, "n_samples")):
        epsilon = rng.normal(size=z_mean.shape)
        yield epsilon, z_mean + np.exp(z_log_var / 2) * epsilon


def _crossentropy(x, x_hat, least=1e-7):
    x, x_hat = flatten(x).astype("float64"), flatten(x_hat).astype("float64")
    x_hat = np.clip(x_hat, least, 1 - least)
    return -(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat)).sum(axis=1)
