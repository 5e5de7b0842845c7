"""Whatever has weights: encoders and decoders, and one objective a file.

A class is an objective, an architecture is the pair that it is given:
`VAE(ConvEncoder(2 * 16), ConvDecoder((28, 28, 1)))`.
"""

# A saved model names its loss, which must be registered before the model is loaded.
from ae_keras.models import losses
from ae_keras.models.autoencoder import Autoencoder
from ae_keras.models.contractive import ContractiveAutoencoder
from ae_keras.models.decoders import ConvDecoder, DenseDecoder
from ae_keras.models.denoising import DenoisingAutoencoder
from ae_keras.models.encoders import ConvEncoder, DenseEncoder
from ae_keras.models.iwae import IWAE
from ae_keras.models.sparse import SparseAutoencoder
from ae_keras.models.vae import VAE
from ae_keras.models.vqvae import VQVAE

__all__ = [
    "IWAE",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "ContractiveAutoencoder",
    "ConvDecoder",
    "ConvEncoder",
    "DenoisingAutoencoder",
    "DenseDecoder",
    "DenseEncoder",
    "SparseAutoencoder",
    "losses",
]
