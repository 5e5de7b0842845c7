"""What VAE and IWAE share: codes that are normal distributions."""

import keras
import numpy as np
from keras import ops

from ae_keras import _validation
from ae_keras.models.autoencoder import Autoencoder


class GaussianAutoencoder(Autoencoder):
    """Autoencoder with Gaussian codes, `q(z|x) = N(mean(x), var(x))`, that can draw new images.

    A base class without an objective: `VAE` and `IWAE` add one.

    Args:
        encoder: `keras.Model` from `x` to `2 * latent_dim` numbers: means, then log variances.
        decoder: `keras.Model` from `z` to `x_hat`.
        seed: int in [0, 2**32), of the codes that are drawn while training. Defaults to 0.
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        x, x_hat: `(batch, height, width, channels)`, pixels in [0, 1].
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `seed` is out of range, or the encoder's width is odd.

    Example:
        >>> from ae_keras import DenseDecoder, DenseEncoder
        >>> from ae_keras.models._gaussian import GaussianAutoencoder
        >>> encoder = DenseEncoder(latent_dim=2 * 3, hidden=())
        >>> model = GaussianAutoencoder(encoder, DenseDecoder((4, 4, 1), hidden=()))
        >>> model.latent_dim
        3
    """

    def __init__(self, encoder, decoder, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.seed = _validation.seed(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    @property
    def latent_dim(self):
        """int, width of the code: half of what the encoder returns."""
        return self.encoder.compute_output_shape((None, *self.image_shape))[-1] // 2

    def to_code(self, h):
        """Turn the encoder's output into the code: the mean of its distribution.

        Args:
            h: tensor `(batch, 2 * latent_dim)`.

        Returns:
            Tensor `(batch, latent_dim)`.
        """
        return self.moments(h)[0]

    def moments(self, h):
        """Split the encoder's output into mean and log variance of the code.

        Args:
            h: tensor `(batch, 2 * latent_dim)`.

        Returns:
            z_mean, z_log_var: tensors `(batch, latent_dim)`.
        """
        latent_dim = h.shape[-1] // 2
        return h[:, :latent_dim], h[:, latent_dim:]

    def reparameterize(self, z_mean, z_log_var):
        """Draw a code through which gradients flow: `z = z_mean + exp(z_log_var / 2) * epsilon`.

        `epsilon` is standard normal and drawn anew in each call.

        Args:
            z_mean, z_log_var: tensors `(batch, latent_dim)`.

        Returns:
            Tensor `(batch, latent_dim)`.
        """
        epsilon = keras.random.normal(ops.shape(z_mean), dtype=z_mean.dtype, seed=self.noise)
        return z_mean + ops.exp(z_log_var / 2) * epsilon

    def sample(self, n, seed=0):
        """Draw new images: `decode(z)` of codes `z` from the prior `N(0, I)`.

        NumPy draws the codes, so they are the same on every backend.

        Args:
            n: int, number of images, >= 1.
            seed: int in [0, 2**32). Defaults to 0.

        Returns:
            Tensor `(n, height, width, channels)`, pixels as the decoder gives them.

        Raises:
            ValueError: `n` or `seed` is out of range.
        """
        rng = np.random.default_rng(_validation.seed(seed))
        size = (_validation.positive_int(n, "n"), self.latent_dim)
        return self.decode(rng.normal(size=size).astype("float32"))

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
