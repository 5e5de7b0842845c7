"""Checks of the exercises in lesson 26, One model, three backends."""

import warnings

import keras
import numpy as np
from keras import layers, ops

from ae_course.exercises.grading import Blank, Hint, Hints, call, check, close, expect

HINTS = {
    "26.1": (
        (
            "Which optimizer has an argument for waiting `k` batches, and one for a limit on the "
            "norm of all gradients together?"
        ),
        (
            "`keras.optimizers.SGD` has both. `gradient_accumulation_steps` makes it wait; of "
            "`clipnorm`, `global_clipnorm` and `clipvalue`, one looks at all weights together."
        ),
        (
            "`keras.optimizers.SGD(learning_rate, gradient_accumulation_steps=..., "
            "global_clipnorm=...)`: fill in the two numbers."
        ),
    ),
    "26.2": (
        (
            "Where a step is compiled, a Python number becomes a part of it. What does a compiled "
            "step read anew each time?"
        ),
        (
            "It reads the weights, and they are saved, too. Make the level a weight that is not "
            "trainable (`self.add_weight`), and change it by `assign`."
        ),
        (
            "In `__init__`, after `super().__init__()`: `self.level = self.add_weight((), "
            "initializer=keras.initializers.Constant(level), trainable=False)`. In `set`, assign "
            "to it; `call` stays as it is."
        ),
    ),
    "26.3": (
        (
            "How can you say for each column whether it stays, and make new images instead of "
            "changing the old ones?"
        ),
        (
            "`ops.arange(x.shape[2]) >= n` says it for each column, and `ops.where(condition, a, "
            "b)` makes new images. `ops.reshape` gives the condition four axes, with the columns "
            "on the third."
        ),
        (
            "`kept = ops.reshape(ops.arange(x.shape[2]) >= n, (1, 1, -1, 1))`; `ops.where` then "
            "takes `x` where a column is kept, and 0.0 elsewhere."
        ),
    ),
}
hint = Hints(HINTS)


class Applied(layers.Layer):
    """A layer that does what `function` does."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x)


@check
def check_patient(patient):
    """Exercise 26.1: `patient(learning_rate, k, limit)`, an optimizer."""

    def moved(gradients, rate=0.5, k=2, limit=100.0):
        """How far two weights have gone after each of these pairs of gradients."""
        optimizer = call(patient, rate, k, limit)
        is_one = isinstance(optimizer, keras.optimizers.Optimizer)
        expect(is_one, "return an optimizer of `keras.optimizers`.")
        weights = [keras.Variable(np.zeros(2, "float32")) for _ in range(2)]
        optimizer.build(weights)
        seen = []
        for pair in gradients:
            optimizer.apply([ops.convert_to_tensor(g, "float32") for g in pair], weights)
            seen.append(-np.concatenate([ops.convert_to_numpy(w) for w in weights]))
        return np.array(seen)

    one, two = np.array([[3.0, 0], [0, 4]]), np.array([[1.0, 0], [0, 0]])
    equal = moved([one, one, one, one])
    expect(
        not close(equal[0], [1.5, 0, 0, 2]),
        "with k=2 the weights moved after one batch: see `gradient_accumulation_steps`.",
    )
    expect(close(equal[0], np.zeros(4)), "with k=2 nothing should move after the first batch.")
    expect(
        close(equal[1], [1.5, 0, 0, 2]),
        "after k equal batches, a step should be rate * gradient.",
    )
    expect(close(equal[3], [3, 0, 0, 4]), "two equal gradients, two equal steps: SGD only.")
    waited = moved([one, two, two], k=3)[2]
    expect(close(waited, np.array([5, 0, 0, 4]) / 6), "take the mean of the k gradients.")
    clipped = moved([one, one], limit=1.0)[1]
    expect(not close(clipped, equal[1]), "a gradient of length 5 should be cut to the limit of 1.")
    expect(
        close(clipped, [0.3, 0, 0, 0.4]),
        "lengths count over all weights together, so that the direction stays: `global_clipnorm`.",
    )
    return "k small batches make one step, and no step is too long"


@check
def check_dimmer(cls):
    """Exercise 26.2: `Dimmer(level)` with a method `set(level)`."""
    if isinstance(cls, type) and not {"__init__", "call", "set"} & set(vars(cls)):
        raise Blank
    x = np.ones((4, 3), "float32")
    layer = cls(0.5)
    model = keras.Sequential([layer])
    expect(close(model.predict(x, verbose=0), 0.5 * x), "`Dimmer(0.5)` should halve its input.")
    layer.set(0.25)
    found = model.predict(x, verbose=0)
    expect(
        len(layer.weights) == 1,
        "the level is still a Python number. PyTorch alone follows it; JAX and TensorFlow have "
        "compiled it in. Make it a weight: `self.add_weight(...)`.",
    )
    expect(not layer.trainable_weights, "the optimizer would change the level: `trainable=False`.")
    expect(
        close(found, 0.25 * x),
        "the level is a weight, and after `set(0.25)` a model that has run before still uses the "
        "old one: `assign` to the weight.",
    )
    early = cls(0.5)
    early.set(0.1)
    expect(
        close(ops.convert_to_numpy(early(x)), 0.1 * x), "`set` should work before the first call."
    )
    twin = keras.Sequential([cls(0.9)])
    twin.build((None, 3))
    twin.set_weights(model.get_weights())
    expect(close(twin.predict(x, verbose=0), found), "the level should come with `get_weights`.")
    return "the level is an input of the compiled step, and is saved"


@check
def check_without_columns(without_columns):
    """Exercise 26.3: `without_columns(x, n)`, inside a model."""
    x = np.random.default_rng(0).uniform(0.2, 1, (3, 4, 6, 2)).astype("float32")
    mine = x.copy()
    result = call(without_columns, mine, 2)
    expect(close(mine, x), "the caller's images were changed.")
    _expect_blackened(ops.convert_to_numpy(result), x, 2)
    try:
        inside = keras.Sequential([Applied(lambda z: without_columns(z, 3))])
        found = inside.predict(x, verbose=0)
        before, after = _trained_around(lambda z: without_columns(z, 1), x)
    except Exception as error:
        raise Hint(
            "it works on arrays, and inside a model it raised "
            f"{type(error).__name__}. There, use `keras.ops` alone."
        ) from error
    _expect_blackened(found, x, 3)
    expect(
        not close(before, after, 1e-7),
        "no gradient came through: what lies before it in a model would never learn.",
    )
    return "it runs wherever the model runs"


def _expect_blackened(result, x, n):
    expect(result.shape == x.shape, f"images {x.shape} became {result.shape}.")
    expect(
        not close(result[:, :n], np.zeros_like(x[:, :n])),
        "those are rows. Columns are the third axis: (n, height, width, channels).",
    )
    expect(close(result[:, :, :n], np.zeros_like(x[:, :, :n])), "the first columns are not black.")
    expect(close(result[:, :, n:], x[:, :, n:]), "the other columns should stay as they were.")


def _trained_around(function, x):
    """The weight of a layer before `function`, before and after training."""
    first, last = layers.Dense(2, use_bias=False), layers.Dense(2)
    model = keras.Sequential([first, Applied(function), last])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    model.build((None, *x.shape[1:]))
    before = np.array(first.get_weights()[0])
    with warnings.catch_warnings():
        # Keras warns of a missing gradient, which the check explains better in its hint.
        warnings.simplefilter("ignore", UserWarning)
        model.fit(x, x, verbose=0)
    return before, first.get_weights()[0]
