"""The vector-quantised autoencoder: a code is a handful of entries of a learned codebook."""

import keras

from ae_keras.models import layers
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class VQVAE(Autoencoder):
    """`x_hat = decoder(quantize(encoder(x)))`; each `embedding_dim` numbers are replaced by a code.

    An image is then described by whole numbers, `log2(num_embeddings)` bits for each vector of its
    code.

    Args:
        encoder, decoder: as for `Autoencoder`; the width of the code is a multiple of
            `embedding_dim`.
        num_embeddings: vectors in the codebook, >= 2.
        embedding_dim: numbers in each.
        commitment: how strongly the encoder is drawn to the codebook, >= 0.

    Raises:
        ValueError: `num_embeddings`, `embedding_dim` or `commitment` is out of range, or they do
            not fit the encoder.

    Source: van den Oord et al. (2017), arXiv:1711.00937.
    """

    _renamed = {"n_codes": "num_embeddings", "code_dim": "embedding_dim"}

    def __init__(
        self, encoder, decoder, num_embeddings=64, embedding_dim=4, commitment=0.25, **kwargs
    ):
        super().__init__(encoder, decoder, **kwargs)
        self.quantizer = layers.VectorQuantizer(num_embeddings, embedding_dim, commitment)
        if hasattr(encoder, "latent_dim"):
            self.quantizer.check_width(encoder.latent_dim)

    def to_code(self, h):
        return self.quantizer(h)

    def indices(self, x):
        """The codes of images `x` as whole numbers, `(batch, vectors an image)`."""
        found = self.quantizer.indices(self.encoder(x, training=False))
        return keras.ops.reshape(found, (len(x), -1))

    def get_config(self):
        names = ("num_embeddings", "embedding_dim", "commitment")
        return super().get_config() | {name: getattr(self.quantizer, name) for name in names}
