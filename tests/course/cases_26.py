"""What learners may hand to the checks of lesson 26; test_exercises.py hands it in."""

import keras
import numpy as np
from keras import layers, ops

from cases import Case, broken_class

SGD, Adam = keras.optimizers.SGD, keras.optimizers.Adam


def patient(**others):
    """An answer to exercise 26.1 with further arguments; the word "limit" stands for its value."""

    def answer(rate, k, limit):
        given = {name: limit if value == "limit" else value for name, value in others.items()}
        return SGD(rate, gradient_accumulation_steps=k, **given)

    return answer


def dimmer(weight=True, assign=True, trainable=False, early=True, scale=True, start=True):
    """A class as exercise 26.2 asks for, or with a mistake."""

    class Dimmer(layers.Layer):
        def __init__(self, level):
            super().__init__()
            self.first = level if start else 0.4
            self.level = level
            if early:
                self.make()

        def make(self):
            if weight:
                first = keras.initializers.Constant(self.first)
                self.level = self.add_weight((), initializer=first, trainable=trainable)

        def build(self, input_shape):
            if not early:
                self.make()

        def set(self, level):
            if weight and assign:
                self.level.assign(level)
            elif not weight:
                self.level = level

        def call(self, x):
            return self.level * x if scale else x

    return Dimmer


def in_place(x, n):
    x[:, :, :n] = 0
    return x


def on_a_copy(x, n):
    return in_place(np.array(x), n)


def masked(x, n, axis=2, below=0.0):
    shape = [1] * 4
    shape[axis] = -1
    return ops.where(ops.reshape(ops.arange(x.shape[axis]) >= n, shape), x, below)


def joined(x, n):
    return ops.concatenate([ops.zeros_like(x[:, :, :n]), x[:, :, n:]], axis=2)


CASES = {
    "patient": Case(
        right=[patient(global_clipnorm="limit")],
        wrong=[
            (lambda rate, k, limit: rate, "an optimizer of `keras.optimizers`"),
            (lambda rate, k, limit: SGD(rate), "moved after one batch"),
            (lambda rate, k, limit: Adam(rate), "nothing should move"),
            (lambda rate, k, limit: patient()(0.1, k, limit), "rate * gradient"),
            (lambda rate, k, limit: patient()(rate, 2, limit), "mean of the k gradients"),
            (patient(momentum=0.9), "SGD only"),
            (patient(), "cut to the limit"),
            (patient(clipnorm="limit"), "over all weights together"),
            (patient(clipvalue="limit"), "over all weights together"),
            (patient(global_clipnorm=5.0), "cut to the limit"),
        ],
    ),
    "dimmer": Case(
        right=[dimmer()],
        wrong=[
            (dimmer(weight=False), "still a Python number"),
            (dimmer(trainable=True), "the optimizer would change the level"),
            (dimmer(assign=False), "`assign` to the weight"),
            (dimmer(scale=False), "should halve its input"),
            (dimmer(start=False), "should halve its input"),
        ],
        blank=[type("Dimmer", (layers.Layer,), {})],
        broken=broken_class("call", "set"),
    ),
    "without_columns": Case(
        right=[masked, joined, lambda x, n: ops.multiply(x, masked(ops.ones_like(x), n))],
        wrong=[
            (in_place, "the caller's images were changed"),
            (on_a_copy, "use `keras.ops` alone"),
            (lambda x, n: masked(x, n, axis=1), "those are rows"),
            (lambda x, n: x, "are not black"),
            (lambda x, n: masked(x, n + 1), "stay as they were"),
            (lambda x, n: masked(x, n)[..., :1], "became (3, 4, 6, 1)"),
            (lambda x, n: ops.stop_gradient(masked(x, n)), "no gradient came through"),
        ],
    ),
}
