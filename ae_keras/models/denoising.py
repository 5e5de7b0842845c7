"""The denoising autoencoder: the input is corrupted while training, the target is not."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class DenoisingAutoencoder(Autoencoder):
    """Autoencoder that cleans images: `x_hat = decoder(encoder(corrupt(x)))`, with target `x`.

    Each image is corrupted anew whenever it is trained on, and left as it is by `predict` and
    `evaluate`. For noise that is the same on every backend, corrupt the batches instead:
    `data.Batches(x, corruption=...)` with a plain `Autoencoder`.

    Args:
        encoder, decoder, **kwargs: as for `Autoencoder`.
        corruption: str, "gaussian" (normal noise, clipped to [0, 1]), "salt_and_pepper" (pixels
            become 0 or 1) or "masking" (pixels become 0; unlike dropout, the others stay as they
            are). The last two set all channels of a pixel together. Defaults to "gaussian".
        level: float, for "gaussian" the standard deviation of the noise, >= 0; otherwise the
            fraction of pixels that are set, in (0, 1). Defaults to 0.3.
        seed: int in [0, 2**32), of the noise. Defaults to 0.

    Shapes:
        x, x_hat, z: as for `Autoencoder`.

    Raises:
        ValueError: `corruption` is none of the three, or `level` or `seed` is out of range.

    Source: Vincent et al. (2010), https://jmlr.org/papers/v11/vincent10a.html.

    Example:
        >>> import numpy as np
        >>> from ae_keras import DenoisingAutoencoder, DenseDecoder, DenseEncoder, losses
        >>> encoder, decoder = DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=())
        >>> model = DenoisingAutoencoder(encoder, decoder, corruption="masking", level=0.5)
        >>> model.compile("adam", loss=losses.squared_error)
        >>> tuple(model(np.zeros((3, 4, 4, 1), "float32"), training=True).shape)
        (3, 4, 4, 1)
    """

    def __init__(self, encoder, decoder, corruption="gaussian", level=0.3, seed=0, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.corruption = _validation.choice(corruption, "corruption", tuple(CORRUPTIONS))
        check = _validation.not_negative if corruption == "gaussian" else _validation.fraction
        self.level = check(level, "level")
        self.seed = _validation.seed(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    def call(self, x, training=False):
        self._check(x)
        if training:
            x = CORRUPTIONS[self.corruption](x, self.level, self.noise)
        return super().call(x, training=training)

    def get_config(self):
        own = {"corruption": self.corruption, "level": self.level, "seed": self.seed}
        return super().get_config() | own


def _gaussian(x, stddev, seed):
    noise = keras.random.normal(ops.shape(x), stddev=stddev, dtype=x.dtype, seed=seed)
    return ops.clip(x + noise, 0.0, 1.0)


def _masking(x, fraction, seed):
    chance = keras.random.uniform((*ops.shape(x)[:-1], 1), seed=seed)
    return ops.where(chance < fraction, ops.zeros_like(x), x)


def _salt_and_pepper(x, fraction, seed):
    chance = keras.random.uniform((*ops.shape(x)[:-1], 1), seed=seed)
    x = ops.where(chance < fraction, ops.zeros_like(x), x)
    return ops.where(chance < fraction / 2, ops.ones_like(x), x)


CORRUPTIONS = {
    "gaussian": _gaussian,
    "masking": _masking,
    "salt_and_pepper": _salt_and_pepper,
}
