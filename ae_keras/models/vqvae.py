"""The vector-quantised autoencoder: a code is made of a few vectors of a learned codebook."""

import keras

from ae_keras.models import layers
from ae_keras.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="ae_keras")
class VQVAE(Autoencoder):
    """Autoencoder with a discrete code: `x_hat = decoder(quantizer(encoder(x)))`.

    The quantizer, a `models.layers.VectorQuantizer`, cuts the encoder's output along its last axis
    into vectors of `embedding_dim` numbers and replaces each by the nearest vector of a learned
    codebook; the gradient is passed straight through. An image is then described by whole numbers,
    `log2(num_embeddings)` bits for each vector. The losses of the codebook are added in training
    and in `evaluate`, so the reported loss is larger than the reconstruction error.

    Args:
        encoder, decoder, **kwargs: as for `Autoencoder`; the last axis of the encoder's output is a
            multiple of `embedding_dim`.
        num_embeddings: int >= 2, vectors in the codebook. Defaults to 64.
        embedding_dim: int >= 1, numbers in each vector. Defaults to 4.
        commitment: float >= 0, weight of the commitment loss, the paper's beta. Defaults to 0.25.

    Shapes:
        x, x_hat, z: as for `Autoencoder`.

    Raises:
        ValueError: `num_embeddings`, `embedding_dim` or `commitment` is out of range, or they do
            not fit the encoder.

    Source: van den Oord et al. (2017), arXiv:1711.00937.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VQVAE, DenseDecoder, DenseEncoder, losses
        >>> encoder, decoder = DenseEncoder(8, hidden=()), DenseDecoder((4, 4, 1), hidden=())
        >>> model = VQVAE(encoder, decoder, num_embeddings=16, embedding_dim=2)
        >>> model.compile("adam", loss=losses.squared_error)
        >>> tuple(model.indices(np.zeros((3, 4, 4, 1), "float32")).shape)
        (3, 4)
    """

    _renamed = {"n_codes": "num_embeddings", "code_dim": "embedding_dim"}
    _loss_in_compile = True

    def __init__(
        self, encoder, decoder, num_embeddings=64, embedding_dim=4, commitment=0.25, **kwargs
    ):
        super().__init__(encoder, decoder, **kwargs)
        self.quantizer = layers.VectorQuantizer(
            num_embeddings, embedding_dim, commitment, dtype=self.dtype_policy
        )
        self._image_losses = self.quantizer.image_losses
        if hasattr(encoder, "latent_dim"):
            self.quantizer.check_width(encoder.latent_dim)

    def to_code(self, h):
        """Turn the encoder's output into the code: each vector becomes the nearest of the codebook.

        Args:
            h: tensor `(batch, ..., a multiple of embedding_dim)`.

        Returns:
            Tensor of the same shape.
        """
        return self.quantizer(h)

    def indices(self, x):
        """Describe images by whole numbers: which codebook vectors make up their codes.

        Args:
            x: float array or tensor `(batch, height, width, channels)`, pixels in [0, 1].

        Returns:
            Integer tensor `(batch, vectors per image)`, in [0, num_embeddings).
        """
        found = self.quantizer.indices(self.encoder(x, training=False))
        return keras.ops.reshape(found, (len(x), -1))

    def get_config(self):
        names = ("num_embeddings", "embedding_dim", "commitment")
        return super().get_config() | {name: getattr(self.quantizer, name) for name in names}
