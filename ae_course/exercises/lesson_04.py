"""Checks of the exercises in lesson 04, The decoder."""

import keras
import numpy as np

from ae_course.exercises.grading import Blank, call, check, close, expect


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
