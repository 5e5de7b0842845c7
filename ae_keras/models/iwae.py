"""The importance-weighted autoencoder: several codes are drawn, and the good ones count more."""

import keras
import numpy as np
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models._gaussian import GaussianAutoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class IWAE(GaussianAutoencoder):
    """Minimises `-log (1/k sum_i p(x, z_i) / q(z_i|x))`, a tighter bound than the ELBO.

    The loss is its own: compile it with an optimizer only. Pixels are Bernoulli. `evaluate` takes
    the same `k` draws of noise for every image, so that it repeats itself.

    Args:
        encoder, decoder, seed: as for `VAE`.
        n_samples: `k`, the codes drawn for an image, >= 1; with 1 it is the VAE's bound.

    Source: Burda et al. (2016), arXiv:1509.00519, equation 8.
    """

    def __init__(self, encoder, decoder, n_samples=5, seed=0, **kwargs):
        super().__init__(encoder, decoder, seed, **kwargs)
        self.n_samples = _validation.positive_int(n_samples, "n_samples")

    def call(self, x, training=False):
        self._check(x)
        h = ops.cast(self.encoder(x, training=training), "float32")  # as the losses are
        z_mean, z_log_var = self.moments(h)
        log_weights = self._log_weights(x, z_mean, z_log_var, training)
        bound = ops.logsumexp(log_weights, axis=0) - np.log(self.n_samples)
        self.add_loss(-ops.mean(bound))
        return self.decoder(z_mean, training=training)

    def _log_weights(self, x, z_mean, z_log_var, training):
        """`log p(x|z) + log p(z) - log q(z|x)`, `(n_samples, batch)`."""
        epsilon = self._epsilon(z_mean, training)
        z = z_mean + ops.exp(z_log_var / 2) * epsilon
        flat = ops.reshape(z, (-1, z.shape[-1]))
        x_hat = self.decoder(flat, training=training)
        x = ops.tile(x, (self.n_samples, 1, 1, 1))
        log_likelihood = -ops.reshape(losses.binary_crossentropy(x, x_hat), (self.n_samples, -1))
        log_ratio = losses.log_prior_ratio(z, z_log_var, epsilon)
        return log_likelihood + ops.sum(log_ratio, axis=-1)

    def _epsilon(self, z_mean, training):
        if training:
            shape = (self.n_samples, *ops.shape(z_mean))
            return keras.random.normal(shape, dtype=z_mean.dtype, seed=self.noise)
        rng = np.random.default_rng(self.seed)
        fixed = rng.normal(size=(self.n_samples, 1, z_mean.shape[-1])).astype("float32")
        return ops.convert_to_tensor(fixed) + ops.zeros_like(z_mean)

    def get_config(self):
        return super().get_config() | {"n_samples": self.n_samples}
