"""ae_keras: autoencoders as subclassed Keras 3 models, on JAX, PyTorch or TensorFlow.

Importing this package chooses the backend, so import it before keras.
"""

from ae_keras import backend

backend.choose()  # before anything below imports keras

from ae_keras.models import (
    IWAE,
    VAE,
    VQVAE,
    Autoencoder,
    ContractiveAutoencoder,
    ConvDecoder,
    ConvEncoder,
    DenoisingAutoencoder,
    DenseDecoder,
    DenseEncoder,
    SparseAutoencoder,
    losses,
)
from ae_keras.saving import load

__version__ = "0.2.0"
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
    "backend",
    "load",
    "losses",
]
