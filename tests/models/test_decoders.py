"""ae_keras/models/decoders.py, compared with the same computations in NumPy."""

import numpy as np
import pytest

from ae_keras import ConvDecoder, DenseDecoder
from contract import check_configuration, convolve, output, random_weights, relu

CODES = np.random.default_rng(1).normal(size=(2, 2)).astype("float32")


OUTPUT = {"sigmoid": lambda a: 1 / (1 + np.exp(-a)), "linear": lambda a: a}


@pytest.mark.parametrize(
    ("shape", "output_activation"),
    [
        ((28, 28, 1), "sigmoid"),
        ((32, 32, 3), "linear"),
        ((7, 5, 1), "sigmoid"),
        ((1, 1, 1), "linear"),
    ],
)
def test_a_dense_decoder_computes_what_numpy_does(shape, output_activation):
    decoder = DenseDecoder(shape, (8, 8), "relu", output_activation)
    w1, b1, w2, b2, w3, b3 = random_weights(decoder, CODES)
    pixels = relu(relu(CODES @ w1 + b1) @ w2 + b2) @ w3 + b3
    expected = OUTPUT[output_activation](pixels).reshape(2, *shape)
    np.testing.assert_allclose(output(decoder, CODES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8, 3), (7, 5, 1), (1, 1, 1)], ids=str)
@pytest.mark.parametrize(
    ("up", "output_activation"), [("transposed", "sigmoid"), ("nearest", "linear")]
)
def test_a_convolutional_decoder_computes_what_numpy_does(shape, up, output_activation):
    decoder = ConvDecoder(shape, (3, 2), up, "relu", output_activation)
    w, b, k1, b1, k2, b2 = random_weights(decoder, CODES)

    def stage(x, kernel, bias):
        if up == "nearest":
            return convolve(x.repeat(2, axis=1).repeat(2, axis=2), kernel, bias)
        n, height, width, _ = x.shape
        # Blocks do not overlap, so each pixel becomes a block of 2 by 2 by itself.
        blocks = np.einsum("nijc,aboc->niajbo", x, kernel)
        return blocks.reshape(n, 2 * height, 2 * width, -1) + bias

    height, width, _ = shape
    small = relu(CODES @ w + b).reshape(2, -(-height // 4), -(-width // 4), 3)
    expected = OUTPUT[output_activation](stage(relu(stage(small, k1, b1)), k2, b2))
    expected = expected[:, :height, :width]
    np.testing.assert_allclose(output(decoder, CODES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("up", ["transposed", "nearest"])
@pytest.mark.parametrize(
    ("shape", "rows_and_columns"), [((8, 8, 3), (2, 2)), ((7, 5, 1), (2, 2)), ((9, 1, 1), (3, 1))]
)
def test_a_map_is_doubled_and_cropped_to_the_image(shape, rows_and_columns, up):
    """After its first convolution, a decoder of maps does what a decoder of vectors does."""
    z = np.random.default_rng(2).normal(size=(2, *rows_and_columns, 4)).astype("float32")
    decoder = ConvDecoder(shape, (3, 2), up, activation="relu", flat=False)
    kernel, bias, *_ = random_weights(decoder, z)
    x_hat = relu(convolve(z, kernel, bias)).astype("float32")
    for stage in decoder.stages:
        x_hat = output(stage, x_hat)
    x_hat = x_hat[:, : shape[0], : shape[1]]
    assert x_hat.shape == (2, *shape)
    assert decoder.compute_output_shape(z.shape) == x_hat.shape
    np.testing.assert_allclose(output(decoder, z), x_hat, rtol=1e-4, atol=1e-4)


COMMON = {"image_shape": (7, 5, 1), "activation": "tanh", "output_activation": "relu"}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (DenseDecoder, COMMON | {"hidden": (5, 4)}),
        (ConvDecoder, COMMON | {"filters": (5, 4), "up": "nearest", "flat": False}),
    ],
)
def test_configuration_holds_every_argument(kind, given):
    check_configuration(kind(**given), given)


@pytest.mark.parametrize("kind", [DenseDecoder, ConvDecoder])
def test_pixels_lie_in_the_unit_range_by_default(kind):
    codes = np.array([[-1e3, 1e3], [1e3, -1e3], [0, 0]], "float32")
    x_hat = output(kind((8, 8, 1)), codes)
    assert x_hat.min() >= 0
    assert x_hat.max() <= 1
    assert x_hat[0].std() > 0.1
