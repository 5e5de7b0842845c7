"""What learners may hand to the checks of lessons 03 and 04; test_exercises.py hands it in."""

import itertools
import math

import keras
import numpy as np
from keras import layers

from ae_keras import ConvDecoder, DenseDecoder
from cases_10_to_17 import Case, broken_class

# Lesson 03 ---------------------------------------------------------------------------------------


def encoder_of(*hidden, activation=None, width=None, detached=False, code_first=False):
    """An encoder of these hidden layers, then a code with `activation`."""

    class Encoder(keras.Model):
        def __init__(self, latent_dim):
            super().__init__()
            if code_first:  # The order in which layers are made is not that of the data.
                self.code = layers.Dense(width or latent_dim, activation=activation)
            self.parts = keras.Sequential([make() for make in hidden])
            if not code_first:
                self.code = layers.Dense(width or latent_dim, activation=activation)

        def call(self, x):
            h = self.parts(x)
            return self.code(keras.ops.stop_gradient(h) if detached else h)

    return Encoder


def convolution(activation="relu"):
    return layers.Conv2D(4, 3, strides=2, padding="same", activation=activation)


def dense(activation="gelu"):
    return layers.Dense(5, activation=activation)


def linear_convolution():
    return convolution(None)


def linear_dense():
    return dense(None)


TARGETS = np.random.default_rng(0).normal(size=(400, 16))  # The floor of a ReLU is near 8.


def errors(linear=(1.0, 1.2, 0.9), relu=(8.5, 8.3, 8.9)):
    return {"linear": list(linear), "relu": list(relu)}


# Lesson 04 ---------------------------------------------------------------------------------------


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


CASES_03_04 = {
    "count_parameters": Case(
        right=[
            lambda widths: sum((m + 1) * n for m, n in itertools.pairwise(widths)),
            lambda widths: int(np.dot(np.add(widths[:-1], 1), widths[1:])),
        ],
        wrong=[
            (lambda widths: widths[0] * widths[1], "2 biases"),
            (lambda widths: (widths[0] + 1) * widths[1], "add up all of them"),
            (lambda widths: sum(m * n + m for m, n in itertools.pairwise(widths)), "2 biases"),
            (
                lambda widths: sum(
                    (m + 1) * n for m, n in itertools.islice(itertools.pairwise(widths), 3)
                ),
                "any number of layers",
            ),
        ],
    ),
    "encoder": Case(
        right=[
            encoder_of(convolution, layers.Flatten, dense, dense),
            encoder_of(convolution, convolution, convolution, layers.Flatten, code_first=True),
        ],
        wrong=[
            (encoder_of(convolution, dense, dense), "should become codes (3, 16)"),
            (encoder_of(convolution, layers.Flatten, width=16), "should become codes (3, 5)"),
            (encoder_of(convolution, layers.Flatten, dense), "make four, not 3"),
            (encoder_of(layers.Flatten, dense, dense, dense), "a convolution"),
            *(
                (
                    encoder_of(convolution, layers.Flatten, dense, dense, activation=bounded),
                    "the code is nonlinear",
                )
                for bounded in ("relu", "tanh", "leaky_relu", "sigmoid")
            ),
            (
                encoder_of(linear_convolution, layers.Flatten, linear_dense, linear_dense),
                "the whole encoder is one matrix",
            ),
            (
                encoder_of(convolution, layers.Flatten, dense, dense, detached=True),
                "leaves some weights as they were",
            ),
        ],
        blank=[type("Encoder", (keras.Model,), {})],
        broken=broken_class("call"),
    ),
    "code_decision": Case(
        right=[
            ("linear", errors()),
            ("linear", {"relu": np.array([8.6, 8.4, 8.8, 9.0]), "linear": np.array([2.0, 3, 4])}),
        ],
        wrong=[
            ("linear", "set decision ="),
            (("gelu", errors()), "choose linear or relu"),
            (("linear", errors(relu=[8.5])), "of three seeds"),
            (("linear", errors(linear=[1.0, 1.0, 1.0])), "exactly the same error"),
            (("linear", errors(relu=[0.53, 0.51, 0.52])), "Sum over the sixteen numbers"),
            (("linear", errors(relu=[15.9, 16.4, 17.0])), "Did you train it?"),
            (("linear", errors(linear=[0.0, 1e-9, 1e-8])), "though not to 0"),
            (("relu", errors()), "your own numbers speak for the linear code"),
        ],
        others=(TARGETS,),
    ),
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
        ],
        others=(X, OUTPUTS),
    ),
}
