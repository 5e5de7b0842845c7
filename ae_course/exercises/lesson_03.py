"""Checks of the exercises in lesson 03, The encoder."""

import keras
import numpy as np

from ae_course.exercises.grading import Blank, call, check, expect


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
    expect(z.min() < -1 and z.max() > 1, "the code is nonlinear: leave out the last activation.")
    return "any image size, any code size, and a linear code"
