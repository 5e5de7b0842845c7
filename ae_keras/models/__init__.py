"""The objectives, one a file: `Model(encoder, decoder, **hyperparameters)`."""

from ae_keras.models.autoencoder import Autoencoder
from ae_keras.models.contractive import ContractiveAutoencoder
from ae_keras.models.denoising import DenoisingAutoencoder
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
    "DenoisingAutoencoder",
    "SparseAutoencoder",
]
