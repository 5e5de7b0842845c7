"""A trained network as JSON with rounded weights, and a Keras model with the same weights again."""

import base64

import keras
import numpy as np

from ae_keras import ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder
from ae_keras.models.decoders import Doubling
from ae_keras.models.layers import UpConv2x2

# JavaScript knows these and no others, see static/core.js.
ACTIVATIONS = ("gelu", "linear", "relu", "sigmoid", "tanh")
# Models that call their layers one after the other, each once.
CHAINS = (keras.Sequential, DenseEncoder, ConvEncoder, DenseDecoder, ConvDecoder)


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
        model: built `keras.Sequential`, or encoder or decoder of `ae_keras`: of Dense, Flatten,
            Reshape, `UpConv2x2` and Conv2D layers (square, with padding "same") and such models.
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
    if kind in CHAINS:
        return export(layer, bits)
    if kind is keras.layers.Flatten:
        return [{"layer": "flatten"}]
    if kind is keras.layers.Reshape:
        return [{"layer": "reshape", "shape": [int(n) for n in layer.target_shape]}]
    if kind is keras.layers.Cropping2D and not np.any(layer.cropping):
        return []
    if kind not in (keras.layers.Dense, Doubling, UpConv2x2) and not _plain_convolution(layer):
        raise ValueError(
            "`model` must consist of Dense, Flatten, Reshape, UpConv2x2 and plain Conv2D layers. "
            f"Received: {layer.name!r}, {kind.__name__}."
        )
    # `get_config` would import TensorFlow where it is installed, whatever the backend.
    activation = getattr(layer.activation, "__name__", repr(layer.activation))
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"`model` may have the activations {', '.join(ACTIVATIONS)}. Received: {activation!r} "
            f"in {layer.name!r}."
        )
    kernel, bias = layer.get_weights()
    if kind is keras.layers.Dense:
        return [dense(kernel, bias, activation, bits)]
    if kind is keras.layers.Conv2D:
        as_dense = dense(kernel.reshape(-1, len(bias)), bias, activation, bits)
        own = {"layer": "conv", "size": layer.kernel_size[0], "stride": layer.strides[0]}
        return [as_dense | own]
    # Each place becomes 2 x 2 places, which do not overlap.
    blocks = kernel.transpose(3, 0, 1, 2).reshape(kernel.shape[3], -1)
    return [dense(blocks, np.tile(bias, 4), activation, bits) | {"layer": "up"}]


def _plain_convolution(layer):
    """Whether it is one that JavaScript knows."""
    if type(layer) is not keras.layers.Conv2D:
        return False
    alike = len({*layer.kernel_size}) == len({*layer.strides}) == 1
    plain = (layer.padding, layer.groups, *layer.dilation_rate) == ("same", 1, 1, 1)
    return alike and plain and layer.data_format == "channels_last"


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
        made, shape = _restored(layer)
        model.add(made)
        if shape:
            kernel, bias = kernel_of(layer), floats(layer["bias"])
            if layer["layer"] == "up":
                kernel = kernel.reshape(-1, 2, 2, len(bias) // 4).transpose(1, 2, 3, 0)
            weights += [kernel.reshape(shape), bias[: made.filters] if len(shape) > 2 else bias]
    model.set_weights(weights)
    return model


def _restored(layer):
    """A Keras layer like an exported one, and the shape of its kernel, if it has one."""
    kind, units = layer["layer"], layer.get("units")
    if kind == "flatten":
        return keras.layers.Flatten(), None
    if kind == "reshape":
        return keras.layers.Reshape(layer["shape"]), None
    options = {"activation": layer["activation"]}
    if kind == "dense":
        return keras.layers.Dense(units, **options), (-1, units)
    if kind == "up":
        return UpConv2x2(units // 4, **options), (2, 2, units // 4, -1)
    size = layer["size"]
    options |= {"strides": layer["stride"], "padding": "same"}
    return keras.layers.Conv2D(units, size, **options), (size, size, -1, units)
