"""Checks of the exercises in lesson 05, The autoencoder."""

import tempfile

import keras
import numpy as np

from ae_course.exercises.grading import Blank, Hint, Hints, call, check, close, expect
from ae_keras.models import DenseDecoder, DenseEncoder

HINTS = {
    "5.1": (
        "What does the encoder get to see, and what does the decoder get?",
        "Call the encoder on `x` and the decoder on the code. Turn both results into NumPy arrays "
        "with `keras.ops.convert_to_numpy`; their shapes can then be compared.",
        "With `x_hat` as a NumPy array: `if x_hat.shape != x.shape:`, then raise a `ValueError` "
        "whose f-string contains `{x_hat.shape}` and `{x.shape}`. The last line returns the pair.",
    ),
    "5.2": (
        "What must a file hold so that Keras can call `SavedAutoencoder(encoder, decoder)` again, "
        "and why can it not hold the two models as they are?",
        "`get_config` returns the dictionary of `super().get_config()` with two more entries, "
        "both parts as dictionaries. `from_config(cls, config)` is a `@classmethod`: it turns the "
        "two back into models and calls `cls`.",
        'The new entries are `"encoder": keras.saving.serialize_keras_object(self.encoder)` and '
        "its twin. In `from_config`, put the deserialized models back under the same two keys, "
        "then `return cls(**config)`.",
    ),
}
hint = Hints(HINTS)


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
