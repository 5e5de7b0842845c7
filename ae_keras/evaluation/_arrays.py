"""Array helpers that the evaluation modules share: what comes in, as NumPy arrays, checked."""

import keras
import numpy as np

from ae_keras import _validation, data

# Up to so many batches, a model is called as it is: `predict` compiles a program for each model
# anew, which takes longer than it saves (0.4 s on JAX, 0.2 s on TensorFlow).
DIRECT_BATCHES = 4


def to_numpy(x, name):
    """`x` as a NumPy array, from an array, a list or a tensor of the backend, on any device.

    Floats of 16 bits, as a model of mixed precision gives them, become float32: NumPy takes
    bfloat16 for no number, and would add float16 in float16.
    """
    if isinstance(x, data.Images):
        raise ValueError(
            f"`{name}` must be an array. Received: {name}=data.Images of {len(x)} images. "
            "Pass what you need of it: `.x`, `.labels` or `.groups`."
        )
    try:
        x = x if isinstance(x, np.ndarray) else keras.ops.convert_to_numpy(x)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be an array, or lists that make up one. "
            f"Received: {name} of type {type(x).__name__}, of which NumPy says: {error}"
        ) from error
    short = "float" in str(x.dtype) and x.dtype.itemsize < 4
    return x.astype("float32") if short else x


def images(x, name="x"):
    """`x` as `_validation.images` returns it."""
    return _validation.images(to_numpy(x, name), name)


def codes(z, name="z"):
    """`z` as `_validation.codes` returns it."""
    return _validation.codes(to_numpy(z, name), name)


def numbers(x, name):
    """`x` as an array of numbers `(n, ...)`, at least one, which need not be finite."""
    x = to_numpy(x, name)
    if not x.ndim or not x.size:
        raise ValueError(
            f"`{name}` must have the shape (n, ...), n >= 1. Received: {name}.shape={x.shape}."
        )
    if x.dtype.kind not in "biuf":
        raise ValueError(f"`{name}` must hold numbers. Received: {name}.dtype={x.dtype}.")
    return x


def rows(z, name):
    """`z` as finite numbers `(n, features)`: one row per image or code."""
    z = flatten(numbers(z, name))
    if not np.isfinite(z).all():
        raise ValueError(
            f"`{name}` must hold finite numbers. Received: NaN or infinity among them. "
            "A model that diverged in training gives such values."
        )
    return z


def row_pair(first, second, names):
    """Two arrays as `rows` returns them, after a check that they have the same width."""
    first, second = rows(first, names[0]), rows(second, names[1])
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"`{names[1]}` must have as many units as `{names[0]}`. "
            f"Received: {second.shape[1]} and {first.shape[1]}. Did one model make both?"
        )
    return first, second


def labels(values, name, n):
    """`values` as a vector of `n` labels: integers, words or truth values."""
    values = to_numpy(values, name)
    if values.shape != (n,) or not n:
        raise ValueError(
            f"`{name}` must hold one label for each of {n} rows, n >= 1. "
            f"Received: {name}.shape={values.shape}."
        )
    return _categories(values, name)


def factors(values, name, n):
    """`values` as `(n, n_factors)` labels."""
    values = to_numpy(values, name)
    if values.ndim != 2 or len(values) != n or not values.size:
        raise ValueError(
            f"`{name}` must be (n, n_factors), one row for each of {n} codes. "
            f"Received: {name}.shape={values.shape}."
        )
    return _categories(values, name)


def _categories(values, name):
    whole = values.dtype.kind == "f" and (values == np.rint(values)).all()
    if values.dtype.kind not in "biuUSO" and not whole:
        raise ValueError(
            f"`{name}` must hold integers or words. Received: {name}.dtype={values.dtype}."
        )
    return values.astype("int64") if whole else values


def flatten(x):
    """Reshape `(n, ...)` to `(n, features)`: one row per image or code."""
    return x.reshape(len(x), -1)


def kl_of_units(z_mean, z_log_var):
    """`losses.gaussian_kl` of NumPy arrays, in their precision, before its sum over units."""
    return (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2


def predict(part, x, batch_size):
    """What a model or layer returns for `x`, in batches, as one float32 array.

    A model of mixed precision returns 16 bits, and one of float64 returns 64.
    """
    batch_size = _validation.positive_int(batch_size, "batch_size")
    starts = range(0, len(x), batch_size)
    if isinstance(part, keras.Layer) and len(starts) <= DIRECT_BATCHES:
        found = [part(x[i : i + batch_size], training=False) for i in starts]
    else:
        model = part if hasattr(part, "predict") else keras.Sequential([part])
        found = [model.predict(x, batch_size=batch_size, verbose=0)]
    if not hasattr(found[0], "shape"):
        raise ValueError(
            f"`model` must return one array. Received: {part.name!r}, which returns "
            f"{type(found[0]).__name__}."
        )
    return np.concatenate([to_numpy(x_hat, "x_hat") for x_hat in found]).astype("float32")


def part(model, name):
    """The encoder or decoder of a model, or the model itself for `name="predict"`."""
    if not hasattr(model, name):
        needs = "a Keras model" if name == "predict" else f"a model with a Keras model `{name}`"
        raise ValueError(f"`model` must be {needs}. Received: model={model!r}.")
    return getattr(model, name)
