"""ae_keras/models/vqvae.py: the codes of an image, and a training step computed by hand."""

import keras
import numpy as np
import pytest

from ae_keras import (
    VQVAE,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    evaluation,
    losses,
)
from contract import images, output, parts, reported

SHAPE = (7, 5, 1)
X = images(10, SHAPE)


def model_with_spread_codes(**hyperparameters):
    model = VQVAE(*parts(4), num_embeddings=6, embedding_dim=2, **hyperparameters)
    backend.seed_weights(model, 0)
    codes = np.random.default_rng(1).normal(0, 0.3, (6, 2)).astype("float32")
    model.quantizer.set_weights([codes])
    return model


def test_an_image_is_described_by_the_indices_of_its_codes():
    model = model_with_spread_codes()
    codebook = model.quantizer.get_weights()[0]
    indices = keras.ops.convert_to_numpy(model.indices(X))
    assert indices.shape == (10, 2)
    assert len(np.unique(indices)) > 1
    z = codebook[indices].reshape(10, 4)
    np.testing.assert_allclose(evaluation.encode(model, X), z, atol=1e-6)
    decoded = output(model.decoder, z)
    np.testing.assert_allclose(evaluation.reconstruct(model, X), decoded, atol=1e-6)


def test_a_map_is_quantized_at_each_place():
    parts_of_maps = ConvEncoder(2, (3, 2), flat=False), ConvDecoder(SHAPE, (2, 3), flat=False)
    model = VQVAE(*parts_of_maps, num_embeddings=3, embedding_dim=2)
    codebook = model.quantizer.get_weights()[0]
    indices = keras.ops.convert_to_numpy(model.indices(X))
    assert indices.shape == (10, 2 * 2)
    found = keras.ops.convert_to_numpy(model.encode(X))
    np.testing.assert_allclose(found, codebook[indices].reshape(10, 2, 2, 2), atol=1e-6)


@pytest.mark.parametrize("commitment", [0, 0.25, 2])
def test_training_and_evaluation_report_all_three_losses(commitment):
    model = model_with_spread_codes(commitment=commitment)
    h = output(model.encoder, X).reshape(-1, 2)
    q = model.quantizer.get_weights()[0][keras.ops.convert_to_numpy(model.quantizer.indices(h))]
    distance = ((h - q) ** 2).sum() / len(X)
    error = evaluation.squared_error(X, evaluation.reconstruct(model, X)).mean()
    expected = error + (1 + commitment) * distance
    assert reported(model, X)["loss"] == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(X, batch_size=4, verbose=0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("commitment", [0, 0.25, 2])
def test_a_step_follows_the_gradients_of_the_paper(commitment):
    """Plain descent at rate 1 moves each weight by its gradient; all parts are linear.

    The encoder gets the decoder's gradient with respect to the code as if nothing lay between
    them, and the pull of the commitment; the codebook is pulled to the vectors alone.
    """
    encoder = DenseEncoder(4, hidden=())
    decoder = DenseDecoder(SHAPE, hidden=(), output_activation=None)
    model = VQVAE(encoder, decoder, num_embeddings=5, embedding_dim=2, commitment=commitment)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.3, weight.shape) for weight in model.weights])
    w, b, codebook, d, c = weights(model)
    flat = X.reshape(10, -1).astype("float64")
    h = flat @ w + b
    nearest = np.argmin(((h.reshape(-1, 1, 2) - codebook) ** 2).sum(axis=2), axis=1)
    q = codebook[nearest].reshape(10, 4)
    error = 2 * (q @ d + c - flat) / 10
    to_codes = 2 * (q - h).reshape(-1, 2) / 10

    to_h = error @ d.T + commitment * 2 * (h - q) / 10
    to_codebook = np.stack([to_codes[nearest == code].sum(axis=0) for code in range(5)])
    gradients = [flat.T @ to_h, to_h.sum(axis=0), to_codebook, q.T @ error, error.sum(axis=0)]

    model.compile(keras.optimizers.SGD(1.0), loss=losses.squared_error)
    model.fit(X, batch_size=10, shuffle=False, verbose=0)
    for old, new, gradient in zip((w, b, codebook, d, c), weights(model), gradients, strict=True):
        np.testing.assert_allclose(old - new, gradient, rtol=1e-3, atol=1e-4)


def weights(model):
    """Kernel and bias of the encoder, the codebook, kernel and bias of the decoder."""
    places = model.encoder.code, model.quantizer, model.decoder.pixels
    return [weight.astype("float64") for place in places for weight in place.get_weights()]
