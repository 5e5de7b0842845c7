"""Bad input to the kinds of autoencoders, their data and their measures."""

import functools
import math

import keras
import numpy as np
import pytest

from ae_keras import (
    IWAE,
    VAE,
    VQVAE,
    ContractiveAutoencoder,
    ConvDecoder,
    ConvEncoder,
    DenoisingAutoencoder,
    DenseDecoder,
    DenseEncoder,
    SparseAutoencoder,
    data,
    evaluation,
)
from ae_keras.data import corruption
from ae_keras.models.layers import VectorQuantizer
from contract import images, parts, says

SHAPE = (7, 5, 1)
X = images(8, SHAPE)

# Hyperparameters ---------------------------------------------------------------------------------


def of(kind, width=4):
    """The kind, given small parts."""
    return lambda **hyperparameters: kind(*parts(width), **hyperparameters)


def quantizer(**hyperparameters):
    return VectorQuantizer(**{"num_embeddings": 4, "embedding_dim": 2} | hyperparameters)


NOT_NEGATIVE = [-1, -1e-9, math.nan, math.inf, "1", None, (1,)]
FRACTIONS = [0, 1, -0.5, 1.5, math.nan, "0.5", None, True]
COUNTS = [0, -1, 2.5, 2.0, math.nan, True, "2", None]
HYPERPARAMETERS = [
    (of(VAE), "beta", NOT_NEGATIVE, "a number >= 0"),
    (of(SparseAutoencoder), "weight", NOT_NEGATIVE, "a number >= 0"),
    (of(ContractiveAutoencoder), "weight", NOT_NEGATIVE, "a number >= 0"),
    (of(ContractiveAutoencoder), "stddev", [0, *NOT_NEGATIVE], "a number > 0"),
    (of(DenoisingAutoencoder), "level", NOT_NEGATIVE, "a number >= 0"),
    (of(VQVAE), "commitment", NOT_NEGATIVE, "a number >= 0"),
    (of(VQVAE), "embedding_dim", COUNTS, "an integer >= 1"),
    (of(VQVAE), "num_embeddings", COUNTS, "an integer >= 1"),
    (of(VQVAE), "num_embeddings", [1], "an integer >= 2"),
    (quantizer, "num_embeddings", [1], "an integer >= 2"),
    (of(IWAE), "n_samples", COUNTS, "an integer >= 1"),
]


@pytest.mark.parametrize(("make", "name", "bad", "wanted"), HYPERPARAMETERS)
def test_hyperparameters(make, name, bad, wanted):
    for value in bad:
        with says(ValueError, f"`{name}` must be {wanted}. Received: {name}={value!r}."):
            make(**{name: value})


@pytest.mark.parametrize("kind", [VAE, IWAE, DenoisingAutoencoder, ContractiveAutoencoder])
def test_seeds(kind):
    for bad in (-1, 2**32, 1.5, True, "1", None):
        with says(ValueError, f"`seed` must be an integer in [0, 2**32). Received: seed={bad!r}."):
            of(kind)(seed=bad)


@pytest.mark.parametrize("corruption", ["masking", "salt_and_pepper"])
def test_levels_that_are_no_share_of_the_pixels(corruption):
    for bad in FRACTIONS:
        with says(
            ValueError, f"`level` must lie strictly between 0 and 1. Received: level={bad!r}."
        ):
            of(DenoisingAutoencoder)(corruption=corruption, level=bad)


@pytest.mark.parametrize("bad", ["", "Gaussian", "salt and pepper", None, 2, ["masking"]], ids=repr)
def test_unknown_corruptions(bad):
    with says(
        ValueError,
        "`corruption` must be one of 'gaussian', 'masking', 'salt_and_pepper'. "
        f"Received: corruption={bad!r}.",
    ):
        of(DenoisingAutoencoder)(corruption=bad)


def test_targets_of_a_sparse_code():
    encoder = functools.partial(DenseEncoder, 4, (8,), code_activation="sigmoid")
    for bad in FRACTIONS:
        if bad is not None:
            with says(
                ValueError, f"`target` must lie strictly between 0 and 1. Received: target={bad!r}."
            ):
                SparseAutoencoder(encoder(), DenseDecoder(SHAPE), target=bad)
    assert SparseAutoencoder(encoder(), DenseDecoder(SHAPE), target=0.2).target == 0.2
    by_function = DenseEncoder(4, (8,), code_activation=keras.activations.sigmoid)
    assert SparseAutoencoder(by_function, DenseDecoder(SHAPE), target=0.2).target == 0.2


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
@pytest.mark.parametrize("kind", [DenseEncoder, ConvEncoder])
def test_codes_that_cannot_have_a_target(kind, activation):
    message = "`target` needs codes in (0, 1): an encoder with code_activation='sigmoid'. Received:"
    with says(ValueError, f"{message} target=0.1, code_activation={activation!r}."):
        SparseAutoencoder(kind(4, code_activation=activation), DenseDecoder(SHAPE), target=0.1)


# Parts that do not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [VAE, IWAE])
@pytest.mark.parametrize("width", [1, 5])
def test_an_encoder_of_odd_width_returns_no_means_and_log_variances(kind, width):
    with says(
        ValueError,
        "`encoder` must return 2 * latent_dim numbers: means, then log variances. "
        f"Received: an encoder that returns {width}.",
    ):
        of(kind, width)()


@pytest.mark.parametrize(("embedding_dim", "width"), [(3, 4), (4, 2), (2, 5)])
def test_a_code_that_is_not_made_of_whole_vectors(embedding_dim, width):
    message = "`embedding_dim` must divide the width of the code. Received:"
    with says(ValueError, f"{message} embedding_dim={embedding_dim}, a code of {width}."):
        of(VQVAE, width)(embedding_dim=embedding_dim)


def test_vectors_that_would_reach_over_two_images():
    """An encoder that does not say how wide its code is, and ten images of it."""
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    model = VQVAE(encoder, DenseDecoder(SHAPE), embedding_dim=2)
    for call in (model.encode, model.indices, model):
        with says(ValueError, "`embedding_dim` must divide the width", "embedding_dim=2"):
            call(images(10, SHAPE))


@pytest.mark.parametrize("kind", [VAE, IWAE])
def test_a_map_is_no_vector_of_means_and_log_variances(kind):
    parts_of_maps = ConvEncoder(4, (3, 2), flat=False), ConvDecoder(SHAPE, (2, 3), flat=False)
    with says(ValueError, "`encoder` must return 2 * latent_dim numbers", "returns 2 x 2 x 4."):
        kind(*parts_of_maps)


def test_a_seed_of_new_images():
    for bad in (-1, 1.5, None):
        with says(ValueError, f"`seed` must be an integer in [0, 2**32). Received: seed={bad!r}."):
            of(VAE)().sample(2, seed=bad)


KINDS = {
    "denoising": of(DenoisingAutoencoder),
    "sparse": of(SparseAutoencoder),
    "contractive": of(ContractiveAutoencoder),
    "variational": of(VAE),
    "importance weighted": of(IWAE),
    "vector quantised": of(VQVAE),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_refuses_what_is_no_image(kind):
    model = KINDS[kind]()
    model.compile(loss=None if kind == "importance weighted" else "mean_squared_error")
    before = model.get_weights()
    for bad, message in (
        (X[:, 1:], "`x` must be images of shape (batch, 7, 5, 1). Received: x.shape=("),
        ((255 * X).astype("uint8"), "`x` must hold floats in [0, 1]. Received: x.dtype="),
        (np.full_like(X, np.nan), "`x` must hold finite numbers. Received: NaN or infinity"),
        (2 * X, "`x` must lie in [0, 1]. Received: values from"),
    ):
        with says(ValueError, message):
            model.fit(bad, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# Data --------------------------------------------------------------------------------------------

SPOIL = {
    "stddev": lambda x=X, value=0.1: corruption.gaussian_noise(x, value),
    "fraction": lambda x=X, value=0.1: corruption.masking(x, value),
    "fraction of salt": lambda x=X, value=0.1: corruption.salt_and_pepper(x, value),
}


@pytest.mark.parametrize("kind", SPOIL)
def test_images_that_cannot_be_spoilt(kind):
    for bad, message in (
        ((255 * X).astype("uint8"), "`x` must hold floats in [0, 1]. Received: x.dtype=uint8."),
        (255 * X, "`x` must lie in [0, 1]. Received: values from"),
        (X - 0.5, "`x` must lie in [0, 1]. Received: values from -0."),
        (np.full_like(X, np.nan), "`x` must hold finite numbers. Received: NaN or infinity"),
        (X[..., 0], "`x` must be images of shape (n, height, width, channels), n >= 1. Received:"),
    ):
        with says(ValueError, message):
            SPOIL[kind](bad)


@pytest.mark.parametrize("kind", SPOIL)
def test_how_much_is_spoilt(kind):
    name = kind.split()[0]
    for bad in NOT_NEGATIVE if name == "stddev" else FRACTIONS:
        wanted = "be a number >= 0" if name == "stddev" else "lie strictly between 0 and 1"
        with says(ValueError, f"`{name}` must {wanted}. Received: {name}={bad!r}."):
            SPOIL[kind](value=bad)


@pytest.mark.parametrize(
    "spoil", [corruption.gaussian_noise, corruption.masking, corruption.salt_and_pepper]
)
def test_seeds_of_what_spoils(spoil):
    for bad in (-1, 1.5, "1", None, True, [1]):
        with says(ValueError, f"`seed` must be an integer in [0, 2**32). Received: seed={bad!r}."):
            spoil(X, 0.1, bad)


def test_batches_of_images_that_are_no_images_are_refused_before_they_are_spoilt():
    with says(ValueError, "`x` must lie in [0, 1]. Received: values from"):
        data.Batches(2 * X, corruption=corruption.masking)


@pytest.mark.parametrize("name", data.BUNDLED)
def test_subsets_there_are_not(name):
    with says(
        ValueError, "`subset` must be one of 'train', 'test'. Received: subset='validation'."
    ):
        data.load(name, "validation")


# Measures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", [evaluation.negative_elbo, evaluation.log_likelihood])
def test_bounds(bound):
    model = of(VAE)()
    for bad in (0, 2.5, True):
        message = f"`n_samples` must be an integer >= 1. Received: n_samples={bad!r}."
        with says(ValueError, message):
            bound(model, X, n_samples=bad)
    with says(ValueError, "`seed` must be an integer in [0, 2**32). Received: seed=-1."):
        bound(model, X, seed=-1)
    with says(ValueError, "`x` must lie in [0, 1]. Received: values from"):
        bound(model, 2 * X)


@pytest.mark.parametrize("measure", [evaluation.psnr, evaluation.ssim])
def test_pairs_of_images(measure):
    scene = images(2, (14, 13, 1))
    for name, pair in (("x", (2 * scene, scene)), ("x_hat", (scene, 2 * scene))):
        with says(ValueError, f"`{name}` must lie in [0, 1]. Received: values from"):
            measure(*pair)
    with pytest.raises(ValueError):
        measure(scene, scene[:, 1:])
    with pytest.raises(ValueError):
        measure(scene, 1 - scene[:1])
