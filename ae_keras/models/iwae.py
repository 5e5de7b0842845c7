"""The importance-weighted autoencoder: of several codes drawn, the better ones weigh more."""

import keras
import numpy as np
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models._gaussian import GaussianAutoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class IWAE(GaussianAutoencoder):
    """Autoencoder with Gaussian codes and the loss `-log (1/k sum_i p(x, z_i) / q(z_i|x))`.

    The `k` codes `z_i` of an image are drawn from `q(z|x)`. The loss, in nats per image, is on
    average a tighter bound on `-log p(x)` than the negative ELBO. It is the model's own, so compile
    it with an optimizer only. Pixels are Bernoulli, as in `losses.binary_crossentropy`. `evaluate`
    takes the same `k` draws of noise for every image, so that it repeats itself.

    Args:
        encoder, decoder, **kwargs: as for `VAE`.
        n_samples: int >= 1, `k`, the codes drawn for each image; with 1 it is the VAE's bound.
            Defaults to 5.
        seed: int in [0, 2**32), of the draws. Defaults to 0.

    Shapes:
        x, x_hat, z: as for `VAE`.

    Raises:
        ValueError: `n_samples` or `seed` is out of range, or the encoder's width is odd.

    Source: Burda et al. (2016), arXiv:1509.00519, equation 8.

    Example:
        >>> import numpy as np
        >>> from ae_keras import IWAE, DenseDecoder, DenseEncoder
        >>> encoder = DenseEncoder(latent_dim=2 * 3, hidden=())
        >>> model = IWAE(encoder, DenseDecoder((4, 4, 1), hidden=()), n_samples=2)
        >>> model.compile("adam")
        >>> tuple(model.encode(np.zeros((5, 4, 4, 1), "float32")).shape)
        (5, 3)
    """

    _loss_in_compile = False

    def __init__(self, encoder, decoder, n_samples=5, seed=0, **kwargs):
        super().__init__(encoder, decoder, seed, **kwargs)
        self.n_samples = _validation.positive_int(n_samples, "n_samples")

    def call(self, x, training=False):
        self._check(x)
        # The bound is computed in float32 at least, even if the model computes in 16 bits.
        h = losses.as_float(self.encoder(x, training=training))
        z_mean, z_log_var = self.moments(h)
        log_weights = self._log_weights(x, z_mean, z_log_var, training)
        bound = ops.logsumexp(log_weights, axis=0) - np.log(self.n_samples)
        self.add_loss(-ops.mean(bound))
        self._image_losses.values = -bound
        return self.decoder(z_mean, training=training)

    def _log_weights(self, x, z_mean, z_log_var, training):
        """`log p(x|z) + log p(z) - log q(z|x)` of each drawn code, `(n_samples, batch)`."""
        epsilon = self._epsilon(z_mean, training)
        z = z_mean + ops.exp(z_log_var / 2) * epsilon
        flat = ops.reshape(z, (-1, z.shape[-1]))
        x_hat = self.decoder(flat, training=training)
        x = ops.tile(x, (self.n_samples, 1, 1, 1))
        log_likelihood = -ops.reshape(losses.binary_crossentropy(x, x_hat), (self.n_samples, -1))
        log_ratio = losses.log_prior_ratio(z, z_log_var, epsilon)
        return log_likelihood + ops.sum(log_ratio, axis=-1)

    def _epsilon(self, z_mean, training):
        """Normal noise `(n_samples, batch, latent_dim)`, in inference the same for every image."""
        if training:
            shape = (self.n_samples, *ops.shape(z_mean))
            return keras.random.normal(shape, dtype=z_mean.dtype, seed=self.noise)
        rng = np.random.default_rng(self.seed)
        fixed = rng.normal(size=(self.n_samples, 1, z_mean.shape[-1]))
        return ops.cast(fixed, z_mean.dtype) + ops.zeros_like(z_mean)

    def get_config(self):
        return super().get_config() | {"n_samples": self.n_samples}
