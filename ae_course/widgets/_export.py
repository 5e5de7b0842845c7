"""A trained network as JSON with rounded weights, and a Keras model with the same weights again."""

import base64

import keras
import numpy as np

# JavaScript knows these and no others, see static/core.js.
ACTIVATIONS = ("gelu", "linear", "relu", "sigmoid", "tanh")


def text_of(array):
    """The bytes of an array as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def floats(text):
    """32-bit numbers from their bytes as text, on any machine in the same order."""
    return np.frombuffer(base64.b64decode(text), "<f4")


def dense(kernel, bias, activation="linear", bits=8):
    """A dense layer as a dict, its weights rounded to 2 ** bits equal steps.

    All weights of an input share a lowest value and a step, or all of a unit: whichever are fewer.

    Args:
        kernel: float array `(inputs, units)`.
        bias: float array `(units,)`, which is not rounded.
        activation: str, one of `ACTIVATIONS`.
        bits: int, 1 to 8.

    Returns:
        dict of numbers and text.
    """
    kernel = np.asarray(kernel, "float32")
    low, step, level = _levels(kernel, bits, axis=int(kernel.shape[0] < kernel.shape[1]))
    rows = (level.ravel()[:, None] >> np.arange(bits - 1, -1, -1)) & 1
    return {
        "layer": "dense",
        "inputs": kernel.shape[0],
        "units": kernel.shape[1],
        "activation": activation,
        "bits": bits,
        "kernel": text_of(np.packbits(rows.astype("uint8"))),
        "low": text_of(low.astype("<f4")),
        "step": text_of(step.astype("<f4")),
        "bias": text_of(np.asarray(bias, "<f4")),
    }


def _levels(kernel, bits, axis):
    """Lowest value, step, and the steps of each weight above it, with the least squared error.

    The few weights at the ends are cut off where that makes the steps of all others finer.
    """
    least, most = kernel.min(axis, keepdims=True), kernel.max(axis, keepdims=True)
    best = None
    for share in np.linspace(0, 0.25, 11, dtype="float32"):
        low = least + share * (most - least)
        step = (1 - 2 * share) * (most - least) / np.float32(2**bits - 1)
        step[step == 0] = 1
        level = np.clip(np.rint((kernel - low) / step), 0, 2**bits - 1)
        error = ((level * step + low - kernel) ** 2).sum(axis=axis, keepdims=True)
        tried = error, low, step, level
        best = best or tried
        better = error < best[0]
        best = [np.where(better, new, old) for new, old in zip(tried, best, strict=True)]
    _, low, step, level = best
    return low, step, level.astype("uint8")


def kernel_of(layer):
    """The rounded weights of a dense layer that `dense` made, as 32-bit numbers."""
    n = layer["inputs"] * layer["units"] * layer["bits"]
    packed = np.frombuffer(base64.b64decode(layer["kernel"]), "uint8")
    digits = np.unpackbits(packed, count=n).reshape(-1, layer["bits"])
    level = digits @ (1 << np.arange(layer["bits"] - 1, -1, -1))
    level = level.reshape(layer["inputs"], -1).astype("float32")
    shared = (-1, 1) if layer["inputs"] < layer["units"] else (1, -1)
    return level * floats(layer["step"]).reshape(shared) + floats(layer["low"]).reshape(shared)


def export(model, bits=8):
    """A network as a list of layers in JSON.

    Args:
        model: built `keras.Sequential`, of Dense, Flatten and Reshape layers and such models.
        bits: int, 1 to 8, for each weight.

    Returns:
        list of dict.

    Raises:
        ValueError: `model` holds anything else, or `bits` is out of range.

    Example:
        >>> import keras
        >>> from ae_course import widgets
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu")])
        >>> [layer["activation"] for layer in widgets.export(model)]
        ['relu']
    """
    if bits not in range(1, 9):
        raise ValueError(f"`bits` must be an integer from 1 to 8. Received: {bits!r}.")
    return [found for layer in model.layers for found in _layers(layer, bits)]


def _layers(layer, bits):
    kind = type(layer)
    if kind is keras.Sequential:
        return export(layer, bits)
    if kind is keras.layers.Flatten:
        return [{"layer": "flatten"}]
    if kind is keras.layers.Reshape:
        return [{"layer": "reshape", "shape": [int(n) for n in layer.target_shape]}]
    if kind is not keras.layers.Dense:
        raise ValueError(
            "`model` must consist of Dense, Flatten and Reshape layers. Received: "
            f"{layer.name!r}, {kind.__name__}."
        )
    # `get_config` would import TensorFlow where it is installed, whatever the backend.
    activation = getattr(layer.activation, "__name__", repr(layer.activation))
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"`model` may have the activations {', '.join(ACTIVATIONS)}. Received: {activation!r} "
            f"in {layer.name!r}."
        )
    kernel, bias = layer.get_weights()
    return [dense(kernel, bias, activation, bits)]


def restore(layers, input_shape):
    """A Keras model with the layers and the rounded weights that `export` wrote.

    Args:
        layers: list of dict, of `export`.
        input_shape: tuple of int, of one input.

    Returns:
        `keras.Sequential`, built.
    """
    model, weights = keras.Sequential([keras.Input(input_shape)]), []
    for layer in layers:
        if layer["layer"] == "dense":
            model.add(keras.layers.Dense(layer["units"], activation=layer["activation"]))
            weights += [kernel_of(layer), floats(layer["bias"])]
        elif layer["layer"] == "reshape":
            model.add(keras.layers.Reshape(layer["shape"]))
        else:
            model.add(keras.layers.Flatten())
    model.set_weights(weights)
    return model
