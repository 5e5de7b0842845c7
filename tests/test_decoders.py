"""decoders.py, against the same computations in NumPy."""

import keras
import numpy as np
import pytest
from contract import convolve, output
from test_encoders import SHAPES, random_weights, relu

from ae_keras import ConvDecoder, DenseDecoder

CODES = np.random.default_rng(1).normal(size=(2, 2)).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dense_image_is_what_numpy_computes(shape):
    decoder = DenseDecoder(shape, hidden=(4, 3))
    w1, b1, w2, b2, w3, b3 = random_weights(decoder, CODES)
    expected = sigmoid(relu(relu(CODES @ w1 + b1) @ w2 + b2) @ w3 + b3).reshape(2, *shape)
    np.testing.assert_allclose(output(decoder, CODES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8, 3), (7, 5, 1), (1, 1, 1)], ids=str)
@pytest.mark.parametrize("up", ["transposed", "nearest"])
def test_convolutional_image_is_what_numpy_computes(shape, up):
    decoder = ConvDecoder(shape, filters=(3, 2), up=up)
    w, b, k1, b1, k2, b2 = random_weights(decoder, CODES)

    def stage(x, kernel, bias):
        if up == "nearest":
            return convolve(x.repeat(2, axis=1).repeat(2, axis=2), kernel, bias)
        n, height, width, _ = x.shape
        blocks = np.einsum("nijc,aboc->niajbo", x, kernel)  # a 2x2 block from each value
        return blocks.reshape(n, 2 * height, 2 * width, -1) + bias

    height, width, _ = shape
    small = relu(CODES @ w + b).reshape(2, -(-height // 4), -(-width // 4), 3)
    expected = sigmoid(stage(relu(stage(small, k1, b1)), k2, b2))[:, :height, :width]
    np.testing.assert_allclose(output(decoder, CODES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("latent_dim", [1, 2, 16])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("up", ["transposed", "nearest"])
def test_convolutional_decoder_makes_images_of_any_size(latent_dim, shape, up):
    decoder = ConvDecoder(shape, filters=(3, 2), up=up)
    assert decoder(keras.KerasTensor((None, latent_dim))).shape == (None, *shape)
    assert decoder.call(keras.KerasTensor((None, latent_dim))).shape == (None, *shape)


@pytest.mark.parametrize("kind", [DenseDecoder, ConvDecoder])
def test_pixels_lie_in_the_unit_range_unless_asked_otherwise(kind):
    far = 1000 * CODES
    bounded, linear = kind((7, 5, 1)), kind((7, 5, 1), output_activation="linear")
    assert 0 <= output(bounded, far).min() <= output(bounded, far).max() <= 1
    assert output(linear, far).min() < -1


@pytest.mark.parametrize(
    "decoder",
    [
        DenseDecoder((7, 5, 1), hidden=(5, 4), activation="tanh", output_activation="relu"),
        ConvDecoder((7, 5, 1), (5, 4), "nearest", activation="tanh", output_activation="relu"),
    ],
    ids=["dense", "conv"],
)
def test_configuration_holds_every_argument(decoder):
    config = decoder.get_config()
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(decoder))
    assert type(twin) is type(decoder)
    assert twin.get_config() == config
    sizes = config.get("hidden") or config.get("filters")
    given = (config["image_shape"], sizes, config["activation"], config["output_activation"])
    assert given == ((7, 5, 1), (5, 4), "tanh", "relu")
    assert config.get("up", "nearest") == "nearest"
