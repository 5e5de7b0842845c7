"""Bad input to the kinds of autoencoders, their data and their measures is refused."""

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
TOO_BRIGHT = np.full_like(X, 1.25)

# Hyperparameters ---------------------------------------------------------------------------------


def of(kind, width=4):
    """The kind, given small parts."""
    return lambda **hyperparameters: kind(*parts(width), **hyperparameters)


def quantizer(**hyperparameters):
    return VectorQuantizer(**{"num_embeddings": 4, "embedding_dim": 2} | hyperparameters)


# Each list holds what is refused where such a number is wanted.
NOT_NEGATIVE = [-1, -1e-9, math.nan, math.inf, "1", None, (1,)]
FRACTIONS = [0, 1, -0.5, 1.5, math.nan, "0.5", None, True]
COUNTS = [0, -1, 2.5, 2.0, math.nan, True, "2", None]
HYPERPARAMETERS = [
    (of(VAE), "beta", NOT_NEGATIVE),
    (of(SparseAutoencoder), "weight", NOT_NEGATIVE),
    (of(ContractiveAutoencoder), "weight", NOT_NEGATIVE),
    (of(ContractiveAutoencoder), "stddev", [0, *NOT_NEGATIVE]),
    (of(DenoisingAutoencoder), "level", NOT_NEGATIVE),
    (of(VQVAE), "commitment", NOT_NEGATIVE),
    (of(VQVAE), "embedding_dim", COUNTS),
    (of(VQVAE), "num_embeddings", [1, *COUNTS]),
    (quantizer, "num_embeddings", [1, *COUNTS]),
    (of(IWAE), "n_samples", COUNTS),
]


@pytest.mark.parametrize(("make", "name", "bad"), HYPERPARAMETERS)
def test_bad_hyperparameters_are_refused(make, name, bad):
    for value in bad:
        with says(ValueError, f"`{name}`", f"{name}={value!r}"):
            make(**{name: value})


@pytest.mark.parametrize("kind", [VAE, IWAE, DenoisingAutoencoder, ContractiveAutoencoder])
def test_bad_seeds_are_refused(kind):
    for bad in (-1, 2**32, 1.5, True, "1", None):
        with says(ValueError, "`seed`", f"seed={bad!r}"):
            of(kind)(seed=bad)


@pytest.mark.parametrize("corruption", ["masking", "salt_and_pepper"])
def test_the_level_of_lost_pixels_must_be_a_fraction(corruption):
    for bad in FRACTIONS:
        with says(ValueError, "`level`", f"level={bad!r}"):
            of(DenoisingAutoencoder)(corruption=corruption, level=bad)


@pytest.mark.parametrize("bad", ["", "Gaussian", "salt and pepper", None, 2, ["masking"]], ids=repr)
def test_unknown_corruptions_are_refused(bad):
    known = "'gaussian', 'masking', 'salt_and_pepper'"
    with says(ValueError, "`corruption`", known, f"corruption={bad!r}"):
        of(DenoisingAutoencoder)(corruption=bad)


def test_the_target_of_a_sparse_code_must_be_a_fraction():
    encoder = functools.partial(DenseEncoder, 4, (8,), code_activation="sigmoid")
    for bad in FRACTIONS:
        if bad is not None:
            with says(ValueError, "`target`", f"target={bad!r}"):
                SparseAutoencoder(encoder(), DenseDecoder(SHAPE), target=bad)
    assert SparseAutoencoder(encoder(), DenseDecoder(SHAPE), target=0.2).target == 0.2
    by_function = DenseEncoder(4, (8,), code_activation=keras.activations.sigmoid)
    assert SparseAutoencoder(by_function, DenseDecoder(SHAPE), target=0.2).target == 0.2


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
@pytest.mark.parametrize("kind", [DenseEncoder, ConvEncoder])
def test_a_target_needs_a_code_with_a_sigmoid(kind, activation):
    received = ("target=0.1", f"code_activation={activation!r}")
    with says(ValueError, "`target`", *received, "code_activation='sigmoid'"):
        SparseAutoencoder(kind(4, code_activation=activation), DenseDecoder(SHAPE), target=0.1)


# Parts that do not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [VAE, IWAE])
@pytest.mark.parametrize("width", [1, 5])
def test_variational_models_refuse_an_encoder_of_odd_width(kind, width):
    with says(ValueError, "`encoder`", "2 * latent_dim", f"returns {width}"):
        of(kind, width)()


@pytest.mark.parametrize(("embedding_dim", "width"), [(3, 4), (4, 2), (2, 5)])
def test_embedding_dim_must_divide_the_width_of_the_code(embedding_dim, width):
    received = (f"embedding_dim={embedding_dim}", f"of {width}")
    with says(ValueError, "`embedding_dim`", *received):
        of(VQVAE, width)(embedding_dim=embedding_dim)


def test_vectors_that_would_span_two_images_are_refused():
    """An encoder that does not state the width of its code is checked when images are encoded.

    Ten codes of three numbers would otherwise make fifteen vectors of two.
    """
    encoder = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    model = VQVAE(encoder, DenseDecoder(SHAPE), embedding_dim=2)
    for call in (model.encode, model.indices, model):
        with says(ValueError, "`embedding_dim`", "embedding_dim=2", "of 3"):
            call(images(10, SHAPE))


@pytest.mark.parametrize("kind", [VAE, IWAE])
def test_variational_models_refuse_an_encoder_of_maps(kind):
    parts_of_maps = ConvEncoder(4, (3, 2), flat=False), ConvDecoder(SHAPE, (2, 3), flat=False)
    with says(ValueError, "`encoder`", "2 * latent_dim", "2 x 2 x 4"):
        kind(*parts_of_maps)


def test_sample_refuses_bad_seeds():
    for bad in (-1, 1.5, None):
        with says(ValueError, "`seed`", f"seed={bad!r}"):
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
def test_every_kind_refuses_bad_images(kind):
    model = KINDS[kind]()
    model.compile(loss=None if kind == "importance weighted" else "mean_squared_error")
    before = model.get_weights()
    for bad, *received in (
        (X[:, 1:], "(batch, 7, 5, 1)", "x.shape=(", "6, 5, 1)"),
        ((255 * X).astype("uint8"), "x.dtype="),
        (np.full_like(X, np.nan), "NaN"),
        (TOO_BRIGHT, "1.25"),
    ):
        with says(ValueError, "`x`", *received):
            model.fit(bad, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# Data --------------------------------------------------------------------------------------------

CORRUPT = {
    "stddev": lambda x=X, value=0.1: corruption.gaussian_noise(x, value),
    "fraction": lambda x=X, value=0.1: corruption.masking(x, value),
    "fraction of salt": lambda x=X, value=0.1: corruption.salt_and_pepper(x, value),
}


@pytest.mark.parametrize("kind", CORRUPT)
def test_corruptions_refuse_bad_images(kind):
    for bad, received in (
        ((255 * X).astype("uint8"), "x.dtype=uint8"),
        (TOO_BRIGHT, "1.25"),
        (np.full_like(X, -0.25), "-0.25"),
        (np.full_like(X, np.nan), "NaN"),
        (X[..., 0], "x.shape=(8, 7, 5)"),
    ):
        with says(ValueError, "`x`", received):
            CORRUPT[kind](bad)


@pytest.mark.parametrize("kind", CORRUPT)
def test_corruptions_refuse_bad_strengths(kind):
    name = kind.split()[0]
    for bad in NOT_NEGATIVE if name == "stddev" else FRACTIONS:
        with says(ValueError, f"`{name}`", f"{name}={bad!r}"):
            CORRUPT[kind](value=bad)


@pytest.mark.parametrize(
    "corrupt", [corruption.gaussian_noise, corruption.masking, corruption.salt_and_pepper]
)
def test_corruptions_refuse_bad_seeds(corrupt):
    for bad in (-1, 1.5, "1", None, True, [1]):
        with says(ValueError, "`seed`", f"seed={bad!r}"):
            corrupt(X, 0.1, bad)


def test_batches_refuse_bad_images_before_they_corrupt_them():
    with says(ValueError, "`x`", "1.25"):
        data.Batches(TOO_BRIGHT, corruption=corruption.masking)


@pytest.mark.parametrize("name", data.BUNDLED)
def test_unknown_subsets_are_refused(name):
    with says(ValueError, "`subset`", "'train', 'test'", "subset='validation'"):
        data.load(name, "validation")


# Measures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", [evaluation.negative_elbo, evaluation.log_likelihood])
def test_bounds_refuse_bad_arguments(bound):
    model = of(VAE)()
    for bad in (0, 2.5, True):
        with says(ValueError, "`n_samples`", f"n_samples={bad!r}"):
            bound(model, X, n_samples=bad)
    with says(ValueError, "`seed`", "seed=-1"):
        bound(model, X, seed=-1)
    with says(ValueError, "`x`", "1.25"):
        bound(model, TOO_BRIGHT)


@pytest.mark.parametrize("measure", [evaluation.psnr, evaluation.ssim])
def test_measures_of_pairs_refuse_bad_images(measure):
    scene = images(2, (14, 13, 1))
    too_bright = np.full_like(scene, 1.25)
    for name, pair in (("x", (too_bright, scene)), ("x_hat", (scene, too_bright))):
        with says(ValueError, f"`{name}`", "1.25"):
            measure(*pair)
    with says(ValueError, "`x_hat`", "(2, 13, 13, 1)"):
        measure(scene, scene[:, 1:])
    with says(ValueError, "`x_hat`", "(1, 14, 13, 1)"):
        measure(scene, 1 - scene[:1])
