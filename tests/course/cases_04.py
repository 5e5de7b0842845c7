"""What learners may hand to the checks of lesson 04; test_exercises.py hands it in."""

import math

import keras
import numpy as np
from keras import layers

from ae_keras import ConvDecoder, DenseDecoder
from cases import Case, broken_class


def ranged(decoder=DenseDecoder, output="sigmoid", low=None, high=None, shape=None):
    """A decoder of this output, stretched from the range of a sigmoid or tanh."""
    half = 2 if output == "tanh" else 1

    def ranged_decoder(image_shape, own_low, own_high):
        least, most = own_low if low is None else low, own_high if high is None else high
        offset = (least + most) / 2 if output == "tanh" else least
        stretched = layers.Rescaling((most - least) / half, offset=offset)
        return keras.Sequential(
            [decoder(shape or image_shape, output_activation=output), stretched]
        )

    return ranged_decoder


class Clipped(keras.Model):
    def __init__(self, image_shape, low, high):
        super().__init__()
        self.decoder = DenseDecoder(image_shape, output_activation="linear")
        self.low, self.high = low, high

    def call(self, z):
        x_hat = self.low + (self.high - self.low) * (self.decoder(z) + 0.5)
        return keras.ops.clip(x_hat, self.low, self.high)


def decoder_of(
    activation="sigmoid", start="glorot_uniform", shape=None, up=None, kernels=(3, 3), clip=False
):
    """A decoder of two doublings, each followed by a convolution unless its kernel is None."""

    class Decoder(keras.Model):
        def __init__(self, image_shape):
            super().__init__()
            height, width, channels = shape or image_shape
            small = (height // 4, width // 4, 4)
            self.features = layers.Dense(math.prod(small), kernel_initializer=start)
            self.to_map = layers.Reshape(small)
            self.ups = up() if up else [layers.UpSampling2D(), layers.UpSampling2D()]
            self.inner = keras.Sequential(
                [layers.Conv2D(8, kernels[0], padding="same", activation="gelu")]
            )
            self.last = (
                layers.Conv2D(channels, kernels[1], padding="same")
                if kernels[1]
                else layers.Dense(channels)
            )
            self.pixels = layers.Activation(activation)

        def call(self, z):
            x = self.to_map(self.features(z))
            for double in self.ups[:1]:
                x = double(x)
            x = self.inner(x)
            for double in self.ups[1:]:
                x = double(x)
            x = self.pixels(self.last(x))
            return keras.ops.clip(3 * x - 4, 0, 1) if clip else x

    return Decoder


class FourTimes(keras.Model):
    """One doubling by four and no convolution."""

    def __init__(self, image_shape):
        super().__init__()
        height, width, channels = image_shape
        self.features = layers.Dense(height // 4 * (width // 4) * channels, activation="sigmoid")
        self.to_map = layers.Reshape((height // 4, width // 4, channels))
        self.up = layers.UpSampling2D(4)

    def call(self, z):
        return self.up(self.to_map(self.features(z)))


class Double(layers.Layer):
    """Doubles a map without the layer that the exercise asks for."""

    def call(self, x):
        return keras.ops.repeat(keras.ops.repeat(x, 2, axis=1), 2, axis=2)


X = np.random.default_rng(1).random((6, 4, 4, 1))


SHIFTS = {"sigmoid": 0.2, "linear": 0.3, "tanh": 0.3, "relu": 0.1}


OUTPUTS = {name: X + shift for name, shift in SHIFTS.items()}
OUTPUTS["sigmoid"] = np.clip(OUTPUTS["sigmoid"], 0, 1)
OUTPUTS["relu"] = OUTPUTS["relu"] * (np.arange(16).reshape(4, 4, 1) > 3)
OUTPUTS["relu"][0, 3, 3] = 0  # black in one image, which is not dead


def measured(function):
    return {name: function(x_hat) for name, x_hat in OUTPUTS.items()}


def clipped_error(x_hat):
    return ((X - np.clip(x_hat, 0, 1)) ** 2).sum(axis=(1, 2, 3)).mean()


def raw_error(x_hat):
    return ((X - x_hat) ** 2).sum(axis=(1, 2, 3)).mean()


def outside(x_hat):
    return np.mean((x_hat < 0) | (x_hat > 1))


def dead(x_hat):
    return np.mean(np.all(x_hat <= 0, axis=0))


def best(measure):
    numbers = measured(measure)
    return min(numbers, key=numbers.get)


CASES = {
    "ranged_decoder": Case(
        right=[ranged(), ranged(ConvDecoder, "tanh")],
        wrong=[
            (ranged(low=0.0, high=1.0), "which leaves [15, 45]"),
            (ranged(high=30.0), "does not cover [15, 45]"),
            (ranged(output="linear"), "which leaves [15, 45]"),
            (ranged(low=15.0, high=45.0), "which leaves [-1, 1]"),
            (ranged(shape=(28, 28, 1)), "should become (8, 12, 3)"),
            (Clipped, "Clipping has no gradient"),
        ],
    ),
    "sigmoid_floor": Case(
        right=[
            lambda x: (np.minimum(x, 0) ** 2).sum(axis=(1, 2, 3)).mean(),
            lambda x: np.sum((x - np.clip(x, 0, 1)) ** 2) / len(x),
        ],
        wrong=[
            (lambda x: (np.minimum(x, 0) ** 2).sum(), "the mean is 2"),
            (lambda x: (np.minimum(x, 0) ** 2).mean(), "the mean is 2"),
            (lambda x: (x**2).sum(axis=(1, 2, 3)).mean(), "can be reached"),
            (lambda x: np.maximum(-x, 0).sum(axis=(1, 2, 3)).mean(), "the error is squared"),
            (
                lambda x: (np.minimum(x[..., 0], 0) ** 2).sum(axis=(1, 2)).mean(),
                "of three channels",
            ),
        ],
    ),
    "decoder": Case(
        right=[decoder_of(), decoder_of(kernels=(5, 3))],
        wrong=[
            (decoder_of(shape=(28, 28, 1)), "should become images (32, 24, 3)"),
            (decoder_of("linear"), "end with a sigmoid"),
            (decoder_of(start="zeros"), "two codes gave the same picture"),
            (decoder_of(up=lambda: [Double(), Double()]), "layers.UpSampling2D"),
            (FourTimes, "2 x 2 blocks"),
            (
                decoder_of(
                    up=lambda: [layers.UpSampling2D(interpolation="bilinear") for _ in range(2)]
                ),
                "the nearest value",
            ),
            (decoder_of(kernels=(3, None)), "there are 1"),
            (decoder_of(kernels=(3, 1)), "needs a convolution after it"),
            (decoder_of(clip=True, start="random_normal"), "two codes gave the same picture"),
        ],
        blank=[type("Decoder", (keras.Model,), {})],
        broken=broken_class("call"),
    ),
    "decision": Case(
        right=[
            ("sigmoid", "range", measured(outside)),
            (best(clipped_error), "error", measured(clipped_error)),
            ("linear", "dead", measured(dead)),
        ],
        wrong=[
            ("sigmoid", "set decision ="),
            (("softmax", "range", measured(outside)), "choose one of"),
            (("sigmoid", "taste", measured(outside)), "the reason is one of"),
            (("sigmoid", "range", {"sigmoid": 0.0}), "one alone compares nothing"),
            (("sigmoid", "error", measured(raw_error)), "Clip to [0, 1] first"),
            (("relu", "range", measured(outside)), "your own numbers speak for sigmoid"),
            (("relu", "dead", measured(dead)), "your own numbers speak for"),
            (
                ("sigmoid", "dead", measured(lambda x_hat: np.mean(np.any(x_hat <= 0, axis=0)))),
                "'dead' is 0.25; you give 0.312",
            ),
        ],
        others=(X, OUTPUTS),
    ),
}
