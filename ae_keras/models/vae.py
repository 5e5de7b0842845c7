"""The variational autoencoder: a code is a distribution, and all codes together a known one."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models._gaussian import GaussianAutoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class VAE(GaussianAutoencoder):
    """Gaussian codes, and a price for what they tell: `+ beta * KL(q(z|x) || N(0, I))`.

    With `beta=1` and `losses.binary_crossentropy`, the training loss is the negative ELBO in nats
    per image. While training, a code is drawn; otherwise it is its mean, so that `predict` and
    `evaluate` repeat themselves. `evaluation.negative_elbo` draws for an honest bound.

    Args:
        encoder: `keras.Model` from `x` to `2 * latent_dim` numbers: means, then log variances.
        decoder: `keras.Model` from `z` to `x_hat`.
        beta: weight of the KL term, >= 0. It is a weight of the model that is not trained: change
            it between epochs by `model.beta.assign(value)`.
        seed: of the draws, an integer in [0, 2**32).

    Shapes:
        x, x_hat: `(batch, height, width, channels)`, pixels in [0, 1].
        z: `(batch, latent_dim)`.

    Raises:
        ValueError: `beta` or `seed` is out of range, or the encoder's width is odd.

    Source: Kingma & Welling (2014), arXiv:1312.6114; beta: Higgins et al. (2017),
    https://openreview.net/forum?id=Sy2fzU9gl.
    """

    def __init__(self, encoder, decoder, beta=1.0, seed=0, **kwargs):
        super().__init__(encoder, decoder, seed, **kwargs)
        self.initial_beta = _validation.not_negative(beta, "beta")
        start = keras.initializers.Constant(self.initial_beta)
        self.beta = self.add_weight((), initializer=start, trainable=False, name="beta")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    def call(self, x, training=False):
        self._check(x)
        z_mean, z_log_var = self.moments(self.encoder(x, training=training))
        self.add_loss(ops.mean(losses.gaussian_kl(z_mean, z_log_var)))
        z = self.reparameterize(z_mean, z_log_var) if training else z_mean
        return self.decoder(z, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        total = super().compute_loss(x, y, y_pred, sample_weight, training)
        kl = sum(self.losses[:1])  # what `call` added; it is in the total with weight 1
        self.kl_tracker.update_state(kl, sample_weight=ops.shape(x)[0])
        return total + (self.beta - 1) * kl

    def get_config(self):
        return super().get_config() | {"beta": self.initial_beta}
