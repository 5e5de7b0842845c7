"""The objectives, one a file: `Model(encoder, decoder, **hyperparameters)`."""

from ae_keras.models.autoencoder import Autoencoder

__all__ = ["Autoencoder"]
