"""ae_keras/models/encoders.py, compared with the same computations in NumPy."""

import keras
import numpy as np
import pytest

from ae_keras import ConvEncoder, DenseEncoder
from contract import check_configuration, convolve, images, output, random_weights, relu


@pytest.mark.parametrize(
    ("shape", "latent_dim"), [((28, 28, 1), 16), ((32, 32, 3), 1), ((7, 5, 1), 2), ((1, 1, 1), 2)]
)
def test_a_dense_encoder_computes_what_numpy_does(shape, latent_dim):
    encoder, x = DenseEncoder(latent_dim, hidden=(8, 8), activation="relu"), images(2, shape)
    w1, b1, w2, b2, w3, b3 = random_weights(encoder, x)
    expected = relu(relu(x.reshape(2, -1) @ w1 + b1) @ w2 + b2) @ w3 + b3
    np.testing.assert_allclose(output(encoder, x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(8, 8, 3), (7, 5, 1), (1, 1, 1)], ids=str)
@pytest.mark.parametrize("down", ["stride", "pool"])
def test_a_convolutional_encoder_computes_what_numpy_does(shape, down):
    encoder, x = ConvEncoder(2, (2, 3), down, activation="relu"), images(2, shape)
    k1, b1, k2, b2, w, b = random_weights(encoder, x)

    def stage(x, kernel, bias):
        if down == "stride":
            return relu(convolve(x, kernel, bias, stride=2))
        h = relu(convolve(x, kernel, bias))
        padding = [(0, 0), (0, h.shape[1] % 2), (0, h.shape[2] % 2), (0, 0)]
        h = np.pad(h, padding)  # Zeros change no maximum, because ReLU leaves nothing below zero.
        n, height, width, channels = h.shape
        return h.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))

    expected = stage(stage(x, k1, b1), k2, b2).reshape(2, -1) @ w + b
    np.testing.assert_allclose(output(encoder, x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("down", ["stride", "pool"])
@pytest.mark.parametrize(
    ("shape", "rows_and_columns"), [((8, 8, 3), (2, 2)), ((7, 5, 1), (2, 2)), ((9, 1, 1), (3, 1))]
)
def test_a_map_has_a_code_at_each_place(shape, rows_and_columns, down):
    """The last layer computes each code from the features at the same place alone."""
    encoder = ConvEncoder(4, (2, 3), down, flat=False, code_activation="tanh")
    x = images(2, shape)
    *_, w, b = random_weights(encoder, x)
    features = x
    for convolution in encoder.convolutions:
        features = convolution(features)
        features = encoder.pool(features) if down == "pool" else features
    expected = np.tanh(keras.ops.convert_to_numpy(features) @ w[0, 0] + b)
    assert expected.shape == (2, *rows_and_columns, 4)
    assert encoder.compute_output_shape((None, *shape)) == (None, *rows_and_columns, 4)
    np.testing.assert_allclose(output(encoder, x), expected, rtol=1e-4, atol=1e-4)


def test_without_hidden_layers_an_encoder_is_linear():
    for encoder in (DenseEncoder(2, hidden=()), ConvEncoder(2, filters=())):
        encoder(images(1, (7, 5, 1)))
        assert [weight.shape for weight in encoder.weights] == [(35, 2), (2,)]


@pytest.mark.parametrize("kind", [DenseEncoder, ConvEncoder])
def test_the_code_may_have_an_activation(kind):
    linear, sparse = kind(8), kind(8, code_activation="relu")
    weights, x = random_weights(linear, images(2, (7, 5, 1))), images(2, (7, 5, 1))
    sparse(x)
    sparse.set_weights(weights)
    z = output(linear, x)
    assert (z < 0).any()
    assert (z > 0).any()
    np.testing.assert_allclose(output(sparse, x), relu(z), rtol=1e-5)


def test_a_code_does_not_depend_on_the_rest_of_the_batch():
    encoder, x = DenseEncoder(2, hidden=(8,)), images(3, (7, 5, 1))
    np.testing.assert_allclose(output(encoder, x)[1:2], output(encoder, x[1:2]), rtol=1e-5)


COMMON = {"latent_dim": 3, "activation": "tanh", "code_activation": "relu", "name": "named"}
DENSE = COMMON | {"hidden": (5, 4)}
CONV = COMMON | {"filters": (5, 4), "down": "pool", "flat": False}


@pytest.mark.parametrize(("kind", "given"), [(DenseEncoder, DENSE), (ConvEncoder, CONV)])
def test_configuration_holds_every_argument(kind, given):
    check_configuration(kind(**given), given)
