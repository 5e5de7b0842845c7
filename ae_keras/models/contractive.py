"""The contractive autoencoder: a small change of the image may hardly move its code."""

import keras
from keras import ops

from ae_keras import validation
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class ContractiveAutoencoder(Autoencoder):
    """Adds `weight * |dz/dx|^2`, the squared Frobenius norm of the encoder's Jacobian.

    The norm is estimated by what a random nudge of the image does to its code:
    `E |f(x + step e) - f(x)|^2 / step^2`, with `e` standard normal, tends to it for small steps.
    That takes one more pass through the encoder and works for any encoder on any backend.

    Args:
        encoder, decoder: as for `Autoencoder`.
        weight: of the penalty beside the loss per image, >= 0.
        step: standard deviation of the nudge of a pixel, > 0.
        seed: of the nudges, an integer in [0, 2**32).

    Raises:
        ValueError: `weight`, `step` or `seed` is out of range.

    Source: Rifai et al. (2011), https://icml.cc/2011/papers/455_icmlpaper.pdf.
    """

    def __init__(self, encoder, decoder, weight=0.1, step=0.01, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight = validation.not_negative(weight, "weight")
        self.step = validation.positive(step, "step")
        self.seed = validation.seed(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    def call(self, x, training=False):
        self._check(x)
        z = self.encoder(x, training=training)
        if training:
            norm = ops.cast(self._squared_norm(x, z, training), "float32")  # as the losses are
            self.add_loss(self.weight * ops.mean(norm))
        return self.decoder(z, training=training)

    def _squared_norm(self, x, z, training):
        nudge = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
        moved = self.encoder(x + self.step * nudge, training=training)
        change = ops.reshape(moved - z, (ops.shape(z)[0], -1)) / self.step
        return ops.sum(ops.square(change), axis=-1)

    def get_config(self):
        own = {"weight": self.weight, "step": self.step, "seed": self.seed}
        return super().get_config() | own
