"""The checks of arguments that several modules share. Each returns the checked value."""

import numbers

import numpy as np

# Images are looked at in pieces of this many, so that a check of a large file needs little memory.
ROWS = 4096
# What pixels must lie in; and what not even a model with linear output makes of such pixels.
UNIT = (0, 1)
LOOSE = (-10, 10)


def positive_int(value, name):
    """`value` as an int >= 1, else a `ValueError` that names it."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < 1:
        raise ValueError(f"`{name}` must be an integer >= 1. Received: {name}={value!r}.")
    return int(value)


def widths(values, name):
    """`values` as a tuple of integers >= 1; it may be empty."""
    if not isinstance(values, (list, tuple)):
        raise ValueError(
            f"`{name}` must be a sequence of integers >= 1. Received: {name}={values!r}."
        )
    return tuple(positive_int(value, f"{name}[{i}]") for i, value in enumerate(values))


def seed(value):
    """`value` as an integer that seeds every generator: from 0 to 2**32 - 1."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value < 2**32:
        raise ValueError(f"`seed` must be an integer in [0, 2**32). Received: seed={value!r}.")
    return int(value)


def generator(value):
    """`value`, if it is a `numpy.random.Generator`, else the one that it seeds."""
    return value if isinstance(value, np.random.Generator) else np.random.default_rng(seed(value))


def choice(value, name, options):
    """`value`, if it is one of `options`."""
    if value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"`{name}` must be one of {listed}. Received: {name}={value!r}.")
    return value


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def number(value, name):
    """`value` as a finite float."""
    if not _is_number(value) or not np.isfinite(value):
        raise ValueError(f"`{name}` must be a finite number. Received: {name}={value!r}.")
    return float(value)


def fraction(value, name):
    """`value` as a float strictly between 0 and 1."""
    if not _is_number(value) or not 0 < value < 1:
        raise ValueError(f"`{name}` must lie strictly between 0 and 1. Received: {name}={value!r}.")
    return float(value)


def positive(value, name):
    """`value` as a finite float > 0."""
    if not _is_number(value) or not 0 < value < np.inf:
        raise ValueError(f"`{name}` must be a number > 0. Received: {name}={value!r}.")
    return float(value)


def not_negative(value, name):
    """`value` as a finite float >= 0."""
    if not _is_number(value) or not 0 <= value < np.inf:
        raise ValueError(f"`{name}` must be a number >= 0. Received: {name}={value!r}.")
    return float(value)


def activation(value, name):
    """`value` as the name of an activation of Keras, or as a function that a file can name.

    Raises:
        ValueError: it is unknown to Keras, has weights of its own, or is not registered.
    """
    import keras

    try:
        function = keras.activations.get(value)
        saved = keras.activations.serialize(function)
        known = keras.activations.get(saved) is function
    except Exception:
        # Keras raises errors of many classes here.
        known = False
    if not known or isinstance(function, keras.Layer):
        raise ValueError(
            f"`{name}` must be the name of an activation in `keras.activations`, or a function "
            f"registered by `@keras.saving.register_keras_serializable()`, so that a file can name "
            f"it. Received: {name}={value!r}."
        )
    return saved if isinstance(saved, str) else function


def image_shape(shape, name="image_shape"):
    """`shape` as a tuple `(height, width, channels)` of integers >= 1."""
    if not isinstance(shape, (list, tuple)) or len(shape) != 3:
        raise ValueError(
            f"`{name}` must be (height, width, channels), such as (28, 28, 1). "
            f"Received: {name}={shape!r}."
        )
    return widths(shape, name)


def images(x, name="x", bounds=UNIT):
    """`x` as a float32 array of images `(n, height, width, channels)` within the bounds.

    Raises:
        ValueError: `x` is empty, of another rank, not of floats, not finite or out of bounds.
    """
    x = x if isinstance(x, np.ndarray) else np.asarray(x)
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(
            f"`{name}` must be images of shape (n, height, width, channels), n >= 1. Received: "
            f"{name}.shape={x.shape}." + _missing_axis(x.shape)
        )
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            f"`{name}` must hold floats in [0, 1]. Received: {name}.dtype={x.dtype}. {_advice(x)}"
        )
    for start in range(0, len(x), ROWS):
        _check_range(x[start : start + ROWS], name, bounds)
    return x.astype("float32", copy=False)


def _missing_axis(shape):
    """Advice on three axes: what ends in 1, 3 or 4 channels is one image, else grey images."""
    if len(shape) != 3:
        return ""
    one_image = shape[-1] in (1, 3, 4)
    return " Add the axis of images: x[None]." if one_image else " Add the channel: x[..., None]."


def image_tensor(x, image_shape, name="x"):
    """Raise a `ValueError` unless the tensor `x` is a batch of floats with this `image_shape`.

    Its values are not looked at: they are not known while a step is compiled.
    """
    # TensorFlow does not know the rank of a tensor once it has seen images of another rank.
    ranked = getattr(x.shape, "rank", 4) is not None
    if not ranked or tuple(x.shape[1:]) != tuple(image_shape):
        raise ValueError(
            f"`{name}` must be images of shape (batch, {', '.join(map(str, image_shape))}). "
            f"Received: {name}.shape={tuple(x.shape) if ranked else 'of another rank'}."
        )
    if "float" not in str(x.dtype):
        raise ValueError(
            f"`{name}` must hold floats in [0, 1]. Received: {name}.dtype={x.dtype}. {_advice(x)}"
        )


def is_array(x):
    """Whether `x` is an array or a tensor, of NumPy or of any backend, in memory or on a device."""
    return all(hasattr(x, name) for name in ("shape", "dtype", "__array__"))


def native(x):
    """`x`, with the bytes of its numbers in this machine's order if it is an array of NumPy."""
    if isinstance(x, np.ndarray) and not x.dtype.isnative:
        return x.astype(x.dtype.newbyteorder("="))
    return x


def _on_host(x):
    """An array or a tensor of any backend as an array of NumPy."""
    # NumPy can read neither PyTorch's tensors on a GPU nor its 16-bit floats.
    return np.asarray(x.detach().cpu().float() if hasattr(x, "detach") else x)


def pixels(x, name="x", bounds=UNIT):
    """Raise a `ValueError` unless an array or a tensor of floats holds numbers within the bounds.

    Anything but floats is left to those who check its dtype.
    """
    if "float" in str(x.dtype) and 0 not in tuple(x.shape):
        x = _on_host(x)
        for start in range(0, len(x) if x.ndim else 0, ROWS):
            _check_range(x[start : start + ROWS], name, bounds)


def sample_weight(weight, x):
    """`weight` as it is, if it fits the images `x`: one number an image, or one a pixel.

    Raises:
        ValueError: it has another shape, or holds something else than finite numbers >= 0.
    """
    n, height, width = x.shape[:3]
    if tuple(getattr(weight, "shape", ())) not in ((n,), (n, height, width)):
        found = getattr(weight, "shape", type(weight).__name__)
        raise ValueError(
            f"`sample_weight` must be an array ({n},), a weight for each image of `x`, or "
            f"({n}, {height}, {width}), one for each pixel. Received: sample_weight of {found}."
        )
    values = _on_host(weight)
    if not np.isfinite(values.astype("float64")).all() or values.min() < 0:
        raise ValueError(
            "`sample_weight` must hold finite numbers >= 0. Received: a lowest weight of "
            f"{values.min()}."
        )
    return weight


def _advice(x):
    """What to do with images that are no floats."""
    if "bool" in str(x.dtype):
        return "Turn them into floats with `x.astype('float32')`."
    return "Scale it with `data.to_unit_range` first."


def _check_range(rows, name, bounds):
    low, high = float(rows.min()), float(rows.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(
            f"`{name}` must hold finite numbers. Received: NaN or infinity among its pixels. "
            "Find them with `numpy.isfinite`."
        )
    if low < bounds[0] or high > bounds[1]:
        raise ValueError(
            f"`{name}` must lie in [0, 1]. Received: values from {low:.4g} to {high:.4g}. "
            + (
                "Shift and scale it; from [-1, 1] that is (x + 1) / 2."
                if low < 0
                else "Scale it with `data.to_unit_range` if it holds 0 to 255, else by its maximum."
            )
        )


def mask(value, x):
    """`value` as a bool array that says of each pixel of the images `x` whether it is missing.

    Raises:
        ValueError: it holds something else, or is not `(n, height, width, 1)` like `x`.
    """
    value, expected = np.asarray(value), (*np.shape(x)[:3], 1)
    if value.dtype != bool:
        raise ValueError(
            "`mask` must hold True where a pixel is missing, else False. "
            f"Received: mask.dtype={value.dtype}."
        )
    if value.shape != expected:
        raise ValueError(
            f"`mask` must have the shape {expected}, (n, height, width, 1) of the images. "
            f"Received: mask.shape={value.shape}."
        )
    return value


def finite(values, name):
    """`values` as a float64 array of finite numbers."""
    values = np.asarray(values)
    if not np.issubdtype(values.dtype, np.number) or not np.isfinite(values).all():
        raise ValueError(
            f"`{name}` must hold finite numbers. Received: NaN, infinity or no numbers among them. "
            "A model that diverged in training gives such values."
        )
    return values.astype("float64")


def codes(z, name="z"):
    """`z` as a float64 array of codes `(n, latent_dim)`, finite, at least one."""
    z = np.asarray(z)
    if z.ndim != 2 or 0 in z.shape:
        raise ValueError(
            f"`{name}` must be codes of shape (n, latent_dim), n >= 1. "
            f"Received: {name}.shape={z.shape}."
        )
    return finite(z, name)
