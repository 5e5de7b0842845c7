"""The variational autoencoder: each code is a distribution, and all together follow a known one."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models._gaussian import GaussianAutoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class VAE(GaussianAutoencoder):
    """Autoencoder with Gaussian codes: `loss + beta * KL(q(z|x) || N(0, I))`.

    The encoder returns the mean and the log variance of `q(z|x) = N(mean(x), var(x))`; the KL term
    measures, in nats, how far `q(z|x)` is from the prior. The loss must be summed over the pixels,
    as those of `ae_keras.losses` are: Keras's own are means, and the KL term would outweigh them.
    With `beta=1` and `losses.binary_crossentropy`, the training loss is the negative ELBO.

    In training, `z` is sampled. In `predict` and `evaluate` it is the mean, so results can be
    repeated, but the loss of `evaluate` is no bound on the likelihood; `evaluation.negative_elbo`
    samples, and is one. `fit` also reports the metric `kl`: nats per image, not times `beta`.

    Args:
        encoder: `keras.Model` from `x` to `2 * latent_dim` numbers: means, then log variances.
        decoder: `keras.Model` from `z` to `x_hat`.
        beta: float >= 0, factor of the KL term. Defaults to 1.0. It is stored as a variable that is
            not trained: change it between epochs by `model.beta.assign(value)`.
        seed: int in [0, 2**32), of the draws. Defaults to 0.
        **kwargs: of `keras.Model`, such as `name`.

    Shapes:
        x, x_hat: `(batch, height, width, channels)`, pixels in [0, 1].
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `beta` or `seed` is out of range, the encoder's width is odd, or `compile` was
            given no loss.

    Source: Kingma & Welling (2014), arXiv:1312.6114; beta: Higgins et al. (2017),
    https://openreview.net/forum?id=Sy2fzU9gl.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VAE, DenseDecoder, DenseEncoder, losses
        >>> encoder = DenseEncoder(latent_dim=2 * 3, hidden=())
        >>> model = VAE(encoder, DenseDecoder((4, 4, 1), hidden=()))
        >>> model.compile("adam", loss=losses.binary_crossentropy)
        >>> tuple(model.encode(np.zeros((5, 4, 4, 1), "float32")).shape)
        (5, 3)
        >>> tuple(model.sample(2, seed=1).shape)
        (2, 4, 4, 1)
    """

    _loss_in_compile = True

    def __init__(self, encoder, decoder, beta=1.0, seed=0, **kwargs):
        super().__init__(encoder, decoder, seed, **kwargs)
        self.initial_beta = _validation.not_negative(beta, "beta")
        start = keras.initializers.Constant(self.initial_beta)
        self.beta = self.add_weight((), initializer=start, trainable=False, name="beta")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    def call(self, x, training=False):
        self._check(x)
        z_mean, z_log_var = self.moments(self.encoder(x, training=training))
        # Added in two terms, so that the first is the KL alone and the sum is right also in a model
        # around this one, which knows nothing of `compute_loss`.
        kl = losses.gaussian_kl(z_mean, z_log_var)
        beta = ops.cast(self.beta, kl.dtype)
        self.add_loss(ops.mean(kl))
        self.add_loss((beta - 1) * ops.mean(kl))
        self._image_losses.values = beta * kl
        z = self.reparameterize(z_mean, z_log_var) if training else z_mean
        return self.decoder(z, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        total = super().compute_loss(x, y, y_pred, sample_weight, training)
        # The first loss is the KL term; while Keras only traces the shapes, there is none.
        kl = sum(self.losses[:1])
        self.kl_tracker.update_state(kl, sample_weight=ops.shape(x)[0])
        return total

    def get_config(self):
        return super().get_config() | {"beta": self.initial_beta}
