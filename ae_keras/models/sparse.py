"""The sparse autoencoder: few units of the code may be active for any one image."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class SparseAutoencoder(Autoencoder):
    """Autoencoder with a price for active units: `loss + weight * penalty(z)`.

    Without a `target`, the penalty is L1, `sum_j |z_j|`, averaged over the batch: every active unit
    costs. Use codes that can be exactly zero, as with `code_activation="relu"`. With one, it is
    `sum_j KL(target || mean z_j)`, which draws the mean activity of each unit over the batch to the
    target. That needs codes in (0, 1), so `code_activation="sigmoid"`. `evaluate` reports the loss
    without the penalty.

    Args:
        encoder, decoder, **kwargs: as for `Autoencoder`.
        weight: float >= 0, weight of the penalty beside the loss per image. Defaults to 0.1.
        target: float in (0, 1), mean activity wanted of each unit. Defaults to None: L1.

    Shapes:
        x, x_hat, z: as for `Autoencoder`.

    Raises:
        ValueError: `weight` or `target` is out of range, or the codes cannot have that target.

    Source: Ng (2011), CS294A lecture notes, section 3; L1: Olshausen & Field (1996),
    doi:10.1038/381607a0.

    Example:
        >>> import numpy as np
        >>> from ae_keras import DenseDecoder, DenseEncoder, SparseAutoencoder, losses
        >>> encoder = DenseEncoder(8, hidden=(), code_activation="relu")
        >>> model = SparseAutoencoder(encoder, DenseDecoder((4, 4, 1), hidden=()), weight=0.1)
        >>> model.compile("adam", loss=losses.squared_error)
        >>> tuple(model.encode(np.zeros((3, 4, 4, 1), "float32")).shape)
        (3, 8)
    """

    _loss_in_compile = True

    def __init__(self, encoder, decoder, weight=0.1, target=None, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.weight = _validation.not_negative(weight, "weight")
        self.target = None if target is None else _validation.fraction(target, "target")
        activation = getattr(encoder, "code_activation", None)
        if target is not None and activation not in (None, "sigmoid", keras.activations.sigmoid):
            raise ValueError(
                "`target` needs codes in (0, 1): an encoder with code_activation='sigmoid'. "
                f"Received: target={target}, code_activation={activation!r}."
            )

    def call(self, x, training=False):
        self._check(x)
        self._image_losses.values = None
        z = self.encoder(x, training=training)
        # `evaluate` reports the loss alone, which can be compared with that of other models.
        if training:
            self.add_loss(self.weight * self._penalty(z))
        return self.decoder(z, training=training)

    def _penalty(self, z):
        if self.target is None:
            self._image_losses.values = self.weight * losses.l1(z)
            return ops.mean(losses.l1(z))
        return ops.sum(losses.bernoulli_kl(self.target, ops.mean(losses.as_float(z), axis=0)))

    def get_config(self):
        return super().get_config() | {"weight": self.weight, "target": self.target}
