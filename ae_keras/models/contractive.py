"""The contractive autoencoder: a small change of the image may hardly move its code."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class ContractiveAutoencoder(Autoencoder):
    """Adds `weight * |dz/dx|^2`, the squared Frobenius norm of the encoder's Jacobian.

    The norm is estimated by what a random perturbation of the image does to its code:
    `E |f(x + stddev * epsilon) - f(x)|^2 / stddev^2`, with `epsilon` standard normal, tends to it
    as `stddev` becomes small. That takes one more pass through the encoder and works for any
    encoder on any backend.

    Args:
        encoder, decoder: as for `Autoencoder`.
        weight: of the penalty beside the loss per image, >= 0.
        stddev: standard deviation of the perturbation of a pixel, > 0.
        seed: of the perturbations, an integer in [0, 2**32).

    Raises:
        ValueError: `weight`, `stddev` or `seed` is out of range.

    Source: Rifai et al. (2011), https://icml.cc/2011/papers/455_icmlpaper.pdf.
    """

    _renamed = {"step": "stddev"}

    def __init__(self, encoder, decoder, weight=0.1, stddev=0.01, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight = _validation.not_negative(weight, "weight")
        self.stddev = _validation.positive(stddev, "stddev")
        self.seed = _validation.seed(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    def call(self, x, training=False):
        self._check(x)
        z = self.encoder(x, training=training)
        if training:
            norm = ops.cast(self._squared_norm(x, z, training), "float32")  # as the losses are
            self.add_loss(self.weight * ops.mean(norm))
        return self.decoder(z, training=training)

    def _squared_norm(self, x, z, training):
        epsilon = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
        moved = self.encoder(x + self.stddev * epsilon, training=training)
        change = ops.reshape(moved - z, (ops.shape(z)[0], -1)) / self.stddev
        return ops.sum(ops.square(change), axis=-1)

    def get_config(self):
        own = {"weight": self.weight, "stddev": self.stddev, "seed": self.seed}
        return super().get_config() | own
