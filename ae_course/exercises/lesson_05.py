"""Checks of the exercises in lesson 05, The autoencoder."""

import tempfile

import keras
import numpy as np

from ae_course.exercises.grading import (
    Blank,
    Hint,
    Hints,
    call,
    check,
    close,
    expect,
    read_decision,
)
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
    "5.3": (
        "If each of her numbers is a weighted sum of all of yours plus a constant, how many "
        "weights are there to find, and which pairs tell you about them?",
        "Append a column of ones to `z_from`, so that the constant is a weight like the others, "
        "and let `np.linalg.lstsq` find the matrix that turns it into `z_to`. Return a function "
        "that does the same to new codes.",
        "`matrix = np.linalg.lstsq(with_one(z_from), z_to, rcond=None)[0]`, then "
        "`return lambda z: with_one(z) @ matrix`, where `with_one(z)` is "
        "`np.concatenate([z, np.ones((len(z), 1))], axis=1)`.",
    ),
    "5.4": (
        "A translation of sixteen numbers and a constant has seventeen weights for each of her "
        "numbers. What would you expect of fewer pairs than that?",
        "Compute `chain_error` for a handful of `n`, then try more of them around the one where "
        "the error falls below the limit.",
        "`errors = {n: chain_error(n) for n in (5, 10, 15, 20, 30, 40, 60, 100)}`; choose the "
        "smallest `n` whose error is below `1.5 * pca_error`.",
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
    single = x[:1]
    z, x_hat = combine(_Scale(2.0), _Scale(0.25), single)
    expect(
        close(z, 2 * single) and close(x_hat, 0.5 * single),
        "a batch of one image must keep its axis: for (1, 4, 4, 1) the shapes are "
        f"{np.shape(z)} and {np.shape(x_hat)}.",
    )
    try:
        combine(_Scale(2.0), _Scale(0.25, channels=3), x)
    except ValueError as error:
        for shape, whose in (((3, 4, 4, 3), "reconstruction"), (x.shape, "input")):
            expect(
                str(shape) in str(error),
                f"the message should contain both shapes; that of the {whose}, {shape}, is not in "
                f"it: {str(error)!r}.",
            )
        return "chains the halves and refuses a reconstruction of another shape"
    raise Hint(
        "a decoder that returns three channels for one was accepted. Shapes that broadcast can be "
        "subtracted; compare the shapes themselves."
    )


@check
def check_saved_autoencoder(cls):
    """Exercise 5.2: a class `cls(encoder, decoder)` with `get_config` and `from_config`."""
    if "get_config" not in vars(cls):
        raise Blank
    expect("from_config" in vars(cls), "write from_config too: the parts arrive as dictionaries.")
    model = cls(DenseEncoder(3, hidden=(7,)), DenseDecoder((6, 5, 1), hidden=(4,)))
    expect(
        isinstance(vars(cls)["from_config"], classmethod),
        "from_config is called before there is a model: put @classmethod above it.",
    )
    x = np.random.default_rng(0).random((2, 6, 5, 1), "float32")
    before = keras.ops.convert_to_numpy(model(x))
    config = model.get_config()
    expect("name" in config, "start from super().get_config(), which holds the name.")
    expect({"encoder", "decoder"} <= set(config), "both parts belong into the configuration.")
    expect(
        all(isinstance(config[part], dict) for part in ("encoder", "decoder")),
        "a file can hold dictionaries, not models: use keras.saving.serialize_keras_object.",
    )
    copy = cls.from_config(model.get_config())
    expect(isinstance(copy, cls), f"from_config must return a {cls.__name__}: call cls.")
    expect(
        isinstance(getattr(copy, "encoder", None), DenseEncoder) and copy.encoder.latent_dim == 3,
        "the encoder that from_config makes is not the one that was described. Turn its dictionary "
        "back with keras.saving.deserialize_keras_object.",
    )
    expect(copy.name == model.name, "the name is lost: hand the rest of the dictionary to cls.")
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        copy = keras.saving.load_model(f"{folder}/model.keras")
    expect(
        type(copy) is cls and close(keras.ops.convert_to_numpy(copy(x)), before),
        "the loaded model draws something else than the saved one.",
    )
    return "saved, loaded, and it draws the same"


@check
def check_translator(translator):
    """Exercise 5.3: `translator(z_from, z_to)` returns a function from codes to codes."""
    rng = np.random.default_rng(0)
    for latent_dim, n in ((5, 40), (16, 100)):
        matrix, shift = rng.normal(size=(latent_dim, latent_dim)), 3 * rng.normal(size=latent_dim)
        z_from, z_new = rng.normal(size=(n, latent_dim)), rng.normal(size=(30, latent_dim))
        truth = z_new @ matrix + shift
        translate = call(translator, z_from, z_from @ matrix + shift)
        expect(
            callable(translate),
            f"return a function that translates codes, not a {type(translate).__name__}.",
        )
        found = np.asarray(keras.ops.convert_to_numpy(translate(z_new)))
        expect(
            found.shape == truth.shape,
            f"30 new codes of {latent_dim} numbers should become an array {truth.shape}; it is "
            f"{found.shape}. Translate what the function is given, not the pairs.",
        )
        error = np.mean((found - truth) ** 2) / np.mean((truth - truth.mean(axis=0)) ** 2)
        of_zeros = keras.ops.convert_to_numpy(translate(np.zeros((2, latent_dim))))
        expect(
            error < 0.05 or np.abs(of_zeros).max() > 1e-6 or close(found, z_new),
            "a code of zeros becomes zeros, but her codes may have another mean. Add a constant.",
        )
        back = np.linalg.norm(found @ matrix + shift - z_new) < np.linalg.norm(found - truth)
        expect(
            error < 0.05,
            f"for codes that it has not seen, it is off by {error:.0%} of their variance, where a "
            "linear translation exists that is exact."
            + " It seems to translate in the wrong direction."
            * bool(back),
        )
    return "translates codes that it has not seen"


@check
def check_pairs(decision, chain_error, limit):
    """Exercise 5.4: `decision = (n, errors)`, judged by what `chain_error` gives."""
    chosen, errors = read_decision(
        decision,
        "set decision = (n, errors), where errors is a dict from n to an error.",
    )
    expect(len(errors) >= 4, f"try at least four n; the evidence has {len(errors)}.")
    expect(chosen in errors, f"the evidence says nothing about the n that you chose, {chosen}.")
    for n in sorted({min(errors), chosen, max(errors)}):
        again = chain_error(n)
        expect(
            close(errors[n], again, 0.1),
            f"for {n} pairs chain_error gives {again:.1f}; you give {errors[n]:.1f}.",
        )
    expect(
        errors[chosen] < limit,
        f"with {chosen} pairs the error is {errors[chosen]:.1f}, not below {limit:.1f}.",
    )
    smaller = [n for n in errors if n < chosen]
    better = [n for n in smaller if errors[n] < limit]
    expect(not better, f"{min(better, default=0)} pairs are enough by your own numbers.")
    expect(
        smaller and max(smaller) >= chosen * 2 / 3 - 1e-9,
        f"fewer than {chosen} may be enough: try more n just below it.",
    )
    return f"{chosen} pairs are enough, and {max(smaller)} are not"
