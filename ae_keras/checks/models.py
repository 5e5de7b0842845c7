"""Checks of the exercises in lessons 03 to 05."""

import tempfile

import keras
import numpy as np

from ae_keras.checks.answers import Blank, Hint, call, check, close, expect
from ae_keras.decoders import DenseDecoder
from ae_keras.encoders import DenseEncoder


@check
def check_count_parameters(count_parameters):
    """Exercise 3.1: `count_parameters(widths)`."""
    expect(
        call(count_parameters, [3, 2]) == 8,
        "from 3 to 2 values there are 3 * 2 weights and 2 biases: 8.",
    )
    expect(
        count_parameters([784, 256, 128, 16]) == 235_920,
        "each layer connects one width with the next; add up all of them.",
    )
    return "weights and biases of every layer"


@check
def check_encoder(cls):
    """Exercise 3.2: a `keras.Model` subclass `cls(latent_dim)`."""
    if "call" not in vars(cls):
        raise Blank
    for shape, latent_dim in (((28, 28, 1), 16), ((32, 32, 3), 5)):
        encoder = cls(latent_dim)
        x = np.random.default_rng(0).random((3, *shape), "float32")
        z = keras.ops.convert_to_numpy(encoder(x))
        expect(
            z.shape == (3, latent_dim),
            f"three images {shape} should become codes (3, {latent_dim}), not {z.shape}.",
        )
    layers = [layer for layer in encoder._flatten_layers() if hasattr(layer, "kernel")]
    expect(len(layers) == 4, f"three hidden layers and a code make four, not {len(layers)}.")
    expect(
        any(isinstance(layer, keras.layers.Conv2D) for layer in layers),
        "make at least one of the hidden layers a convolution.",
    )
    encoder = cls(64)
    encoder(x)
    last = [layer for layer in encoder._flatten_layers() if hasattr(layer, "kernel")][-1]
    last.kernel.assign(1000 * last.kernel)
    z = keras.ops.convert_to_numpy(encoder(x))
    expect(z.min() < -1 and z.max() > 1, "the code is bent: leave the last layer linear.")
    return "any image size, any code size, and a linear code"


@check
def check_symmetric_decoder(make):
    """Exercise 4.1: `make(image_shape)`."""
    z = np.random.default_rng(0).normal(0, 50, (20, 6)).astype("float32")
    for shape in ((28, 28, 1), (8, 12, 3)):
        x_hat = keras.ops.convert_to_numpy(call(make, shape)(z))
        expect(x_hat.shape == (20, *shape), f"codes should become {shape}, not {x_hat.shape[1:]}.")
        low, high = x_hat.min(), x_hat.max()
        expect(low >= -1 and high <= 1, f"pixels reach from {low:.1f} to {high:.1f}.")
        expect(low < -0.9 and high > 0.9, f"pixels only reach from {low:.1f} to {high:.1f}.")
    return "covers [-1, 1] and stays inside, for any image shape"


@check
def check_sigmoid_floor(floor):
    """Exercise 4.2: `floor(x)`."""
    x = np.zeros((2, 2, 2, 1))
    x[0] = -1
    expect(
        close(call(floor, x), 2),
        "one image is -1 in its four pixels (each at best 1 away), one is 0: the mean is 2.",
    )
    expect(close(floor(np.full((3, 2, 2, 1), 0.7)), 0), "what lies in [0, 1] can be reached.")
    expect(close(floor(np.full((1, 5, 2, 1), -0.5)), 2.5), "the error is squared: 0.5 costs 0.25.")
    return "negative pixels cost their square, the others nothing"


@check
def check_decoder(cls):
    """Exercise 4.3: a `keras.Model` subclass `cls(image_shape)`."""
    if "call" not in vars(cls):
        raise Blank
    for shape, latent_dim in (((28, 28, 1), 16), ((32, 24, 3), 2)):
        decoder = cls(shape)
        z = np.random.default_rng(0).normal(0, 3, (4, latent_dim)).astype("float32")
        x_hat = keras.ops.convert_to_numpy(decoder(z))
        expect(
            x_hat.shape == (4, *shape),
            f"codes should become images {shape}, not {x_hat.shape[1:]}.",
        )
        expect(
            x_hat.min() >= 0 and x_hat.max() <= 1,
            f"pixels reach from {x_hat.min():.1f} to {x_hat.max():.1f}; end with a sigmoid.",
        )
        expect(np.ptp(x_hat[0] - x_hat[1]) > 0, "two codes gave the same picture.")
        kinds = {type(layer).__name__ for layer in decoder._flatten_layers()}
        expect("UpSampling2D" in kinds, "double the map with layers.UpSampling2D.")
    return "grey and coloured images of two sizes, pixels in [0, 1]"


class _Scale(keras.Model):
    """A stand-in encoder or decoder that multiplies, so that the answer is known."""

    def __init__(self, factor, channels=1):
        super().__init__()
        self.factor, self.channels = factor, channels

    def call(self, x):
        return keras.ops.repeat(x * self.factor, self.channels, axis=-1)


@check
def check_combine(combine):
    """Exercise 5.1: `combine(encoder, decoder, x)`."""
    x = np.random.default_rng(0).random((3, 4, 4, 1), "float32")
    result = call(combine, _Scale(2.0), _Scale(0.25), x)
    expect(isinstance(result, tuple) and len(result) == 2, "return two things: (z, x_hat).")
    z, x_hat = result
    expect(
        isinstance(z, np.ndarray) and isinstance(x_hat, np.ndarray),
        "return NumPy arrays: keras.ops.convert_to_numpy.",
    )
    expect(close(z, 2 * x), "the first result must be the encoder's output.")
    expect(close(x_hat, 0.5 * x), "the second must be the decoder's output for that code.")
    try:
        combine(_Scale(2.0), _Scale(0.25, channels=3), x)
    except ValueError as error:
        expect("(3, 4, 4, 3)" in str(error), "the message should contain both shapes.")
        return "chains the halves and refuses a reconstruction of another shape"
    raise Hint("a decoder that returns three channels for one was accepted.")


@check
def check_saved_autoencoder(cls):
    """Exercise 5.2: a class `cls(encoder, decoder)` with `get_config` and `from_config`."""
    if "get_config" not in vars(cls):
        raise Blank
    expect("from_config" in vars(cls), "write from_config too: the parts arrive as dictionaries.")
    model = cls(DenseEncoder(3, hidden=(7,)), DenseDecoder((6, 5, 1), hidden=(4,)))
    x = np.random.default_rng(0).random((2, 6, 5, 1), "float32")
    before = keras.ops.convert_to_numpy(model(x))
    config = model.get_config()
    expect("name" in config, "start from super().get_config(), which holds the name.")
    expect({"encoder", "decoder"} <= set(config), "both parts belong into the configuration.")
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        copy = keras.saving.load_model(f"{folder}/model.keras")
    expect(
        type(copy) is cls and close(keras.ops.convert_to_numpy(copy(x)), before),
        "the loaded model draws something else than the saved one.",
    )
    return "saved, loaded, and it draws the same"
