"""A small model of every objective, for the tests of what all of them can do."""

import keras

from ae_keras import (
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
    backend,
    losses,
)

SHAPE = (7, 5, 1)


def dense(width, **encoder):
    return DenseEncoder(width, (8,), **encoder), DenseDecoder(SHAPE, (8,))


def maps(channels):
    encoder = ConvEncoder(channels, (3, 2), flat=False)
    return encoder, ConvDecoder(SHAPE, (2, 3), flat=False)


MODELS = {
    "plain": lambda: Autoencoder(*dense(2)),
    "plain with a map as code": lambda: Autoencoder(*maps(2)),
    "denoising, Gaussian": lambda: DenoisingAutoencoder(*dense(3)),
    "denoising, masking": lambda: DenoisingAutoencoder(*dense(3), "masking", 0.2, seed=1),
    "denoising, salt and pepper": lambda: DenoisingAutoencoder(*maps(2), "salt_and_pepper", 0.2),
    "sparse, L1": lambda: SparseAutoencoder(*dense(3, code_activation="relu"), weight=0.01),
    "sparse, KL": lambda: SparseAutoencoder(
        *dense(3, code_activation="sigmoid"), weight=0.5, target=0.1
    ),
    "contractive": lambda: ContractiveAutoencoder(*dense(3), weight=0.01),
    "variational": lambda: VAE(*dense(4)),
    "variational, beta": lambda: VAE(*dense(4), beta=0.1, seed=3),
    "importance weighted": lambda: IWAE(*dense(4), n_samples=3),
    "vector quantised": lambda: VQVAE(*dense(4), num_embeddings=5, embedding_dim=2),
    "vector quantised map": lambda: VQVAE(*maps(2), num_embeddings=5, embedding_dim=2),
}


def new(name, seed=0):
    """A compiled model of `MODELS`, with the same weights on every backend."""
    model = backend.seed_weights(MODELS[name](), seed)
    loss = None if isinstance(model, IWAE) else losses.squared_error
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    return model
