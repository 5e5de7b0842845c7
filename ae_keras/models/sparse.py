"""The sparse autoencoder: few units of the code may be active for any one image."""

import keras
from keras import ops

from ae_keras import _validation
from ae_keras.models import losses
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class SparseAutoencoder(Autoencoder):
    """A price for activity: `+ weight * sum_j |z_j|`, or `... KL(target || mean z_j)`.

    Without a `target`, every active unit costs (L1); use codes that can be exactly zero, as with
    `code_activation="relu"`. With one, the mean activity of each unit over the batch is drawn to
    it; that needs codes in (0, 1), so `code_activation="sigmoid"`.

    Args:
        encoder, decoder: as for `Autoencoder`.
        weight: of the penalty beside the loss per image, >= 0.
        target: mean activity wanted of each unit, in (0, 1), or None.

    Raises:
        ValueError: `weight` or `target` is out of range, or the codes cannot have that target.

    Source: Ng (2011), CS294A lecture notes, section 3; L1: Olshausen & Field (1996),
    doi:10.1038/381607a0.
    """

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
        z = self.encoder(x, training=training)
        if training:  # what `evaluate` reports is the loss alone, beside that of other models
            self.add_loss(self.weight * self._penalty(z))
        return self.decoder(z, training=training)

    def _penalty(self, z):
        if self.target is None:
            return ops.mean(losses.l1(z))
        return ops.sum(losses.bernoulli_kl(self.target, ops.mean(z, axis=0)))

    def get_config(self):
        return super().get_config() | {"weight": self.weight, "target": self.target}
