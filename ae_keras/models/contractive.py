"""The contractive autoencoder: a small change of the image may hardly move its code."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class ContractiveAutoencoder(Autoencoder):
    """Autoencoder whose code hardly changes with the image: `loss + weight * |dz/dx|^2`.

    `|dz/dx|^2`, the squared Frobenius norm of the encoder's Jacobian, is averaged over the batch.
    It is estimated by what a random perturbation of the image does to its code:
    `E |f(x + stddev * epsilon) - f(x)|^2 / stddev^2`, with `f` the encoder and `epsilon` standard
    normal, tends to it as `stddev` becomes small. That takes two more passes through the encoder,
    as in inference, and works for any encoder on any backend; a regulariser of its activity counts
    each pass. `evaluate` reports the loss without the penalty.

    Args:
        encoder, decoder, **kwargs: as for `Autoencoder`.
        weight: float >= 0, weight of the penalty beside the loss per image. Defaults to 0.1.
        stddev: float > 0, standard deviation of the perturbation of a pixel. Defaults to 0.01.
        seed: int in [0, 2**32), of the perturbations. Defaults to 0.

    Shapes:
        x, x_hat, z: as for `Autoencoder`.

    Raises:
        ValueError: `weight`, `stddev` or `seed` is out of range.

    Source: Rifai et al. (2011), https://icml.cc/2011/papers/455_icmlpaper.pdf.

    Example:
        >>> import numpy as np
        >>> from ae_keras import ContractiveAutoencoder, DenseDecoder, DenseEncoder, losses
        >>> encoder, decoder = DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=())
        >>> model = ContractiveAutoencoder(encoder, decoder, weight=0.1)
        >>> model.compile("adam", loss=losses.squared_error)
        >>> tuple(model.encode(np.zeros((3, 4, 4, 1), "float32")).shape)
        (3, 2)
    """

    _renamed = {"step": "stddev"}
    _loss_in_compile = True

    def __init__(self, encoder, decoder, weight=0.1, stddev=0.01, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight = _validation.not_negative(weight, "weight")
        self.stddev = _validation.positive(stddev, "stddev")
        self.seed = _validation.seed(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    def call(self, x, training=False):
        self._check(x)
        self._image_losses.values = None
        z = self.encoder(x, training=training)
        if training:
            # The mean is taken in float32 at least, even if the model computes in 16 bits.
            norm = losses.as_float(self._squared_norm(x))
            self.add_loss(self.weight * ops.mean(norm))
            self._image_losses.values = self.weight * norm
        return self.decoder(z, training=training)

    def _squared_norm(self, x):
        """Estimate `|dz/dx|^2` of each image, `(batch,)`, by one random perturbation."""
        # Both codes are those of inference: dropout would drop other units for each, and batch
        # normalisation count the batch twice.
        z = self.encoder(x, training=False)
        epsilon = keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.noise)
        moved = self.encoder(x + self.stddev * epsilon, training=False)
        change = ops.reshape(moved - z, (ops.shape(z)[0], -1)) / self.stddev
        return ops.sum(ops.square(change), axis=-1)

    def get_config(self):
        own = {"weight": self.weight, "stddev": self.stddev, "seed": self.seed}
        return super().get_config() | own
