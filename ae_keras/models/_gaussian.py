"""What VAE and IWAE share: codes that are normal distributions."""

import keras
import numpy as np
from keras import ops

from ae_keras import _validation
from ae_keras.models.autoencoder import Autoencoder


class GaussianAutoencoder(Autoencoder):
    """The encoder returns the means and the log variances of a code; images can be drawn.

    Args:
        encoder: `keras.Model` from `x` to `2 * latent_dim` numbers: means, then log variances.
        decoder: `keras.Model` from `z` to `x_hat`.
        seed: of the draws, an integer in [0, 2**32).
    """

    def __init__(self, encoder, decoder, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.seed = _validation.seed(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    @property
    def latent_dim(self):
        return self.encoder.compute_output_shape((None, *self.image_shape))[-1] // 2

    def to_code(self, h):
        return self.moments(h)[0]

    def moments(self, h):
        """The encoder's output as mean and log variance of the code, each `(batch, latent_dim)`."""
        latent_dim = h.shape[-1] // 2
        return h[:, :latent_dim], h[:, latent_dim:]

    def reparameterize(self, z_mean, z_log_var):
        """`z = mean + std * epsilon`: the reparameterisation, through which gradients flow."""
        epsilon = keras.random.normal(ops.shape(z_mean), dtype=z_mean.dtype, seed=self.noise)
        return z_mean + ops.exp(z_log_var / 2) * epsilon

    def sample(self, n, seed=0):
        """`n` new images, from codes drawn by NumPy: the same codes on every backend."""
        rng = np.random.default_rng(_validation.seed(seed))
        return self.decode(rng.normal(size=(n, self.latent_dim)).astype("float32"))

    def get_config(self):
        return super().get_config() | {"seed": self.seed}

    @staticmethod
    def _code_shape(h_shape):
        if len(h_shape) != 2 or h_shape[-1] % 2:
            raise ValueError(
                "`encoder` must return 2 * latent_dim numbers: means, then log variances. "
                f"Received: an encoder that returns {' x '.join(map(str, h_shape[1:]))}."
            )
        return (*h_shape[:-1], h_shape[-1] // 2)
