"""What learners may hand to the checks of lesson 03; test_exercises.py hands it in."""

import itertools

import keras
import numpy as np
from keras import layers

from cases import Case, broken_class


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


CASES = {
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
                encoder_of(convolution, layers.Flatten, linear_dense, linear_dense),
                "2 of the hidden layers are linear",
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
}
