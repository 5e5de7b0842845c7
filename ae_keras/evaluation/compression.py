"""Codes as bits, and JPEG to compare them with: what a picture costs to keep."""

import io
import warnings

import numpy as np
from PIL import Image
from sklearn.preprocessing import KBinsDiscretizer

from ae_keras import _validation
from ae_keras.data import to_bytes

MAX_BITS = 12


def fit_quantizer(z_train, bits):
    """Rounding of each unit to `2**bits` levels, evenly spaced over its range in training.

    `transform` gives the level of each number, `inverse_transform` the middle of its interval. What
    lies outside the range gets the nearest level. A unit that never changes keeps its value.

    Args:
        z_train: codes `(n, latent_dim)`, finite.
        bits: a number's share, an integer in 1..12.

    Returns:
        A fitted scikit-learn `KBinsDiscretizer`; its levels are floats that hold whole numbers.

    Raises:
        ValueError: `z_train` is not such codes, or `bits` is out of range.
    """
    z_train = _validation.codes(z_train, "z_train")
    n_levels = 2 ** _bits(bits)
    quantizer = KBinsDiscretizer(n_levels, encode="ordinal", strategy="uniform", subsample=None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Feature .* is constant", UserWarning)
        quantizer.fit(z_train)
    for unit in np.flatnonzero(z_train.min(axis=0) == z_train.max(axis=0)):
        # scikit-learn's one interval is the whole line, and the middle of that is NaN
        quantizer.bin_edges_[unit] = np.repeat(z_train[0, unit], 2)
    return quantizer


def code_length(levels_train, levels):
    """Bits of each image's code under an ideal entropy coder: `(n,)`.

    A level that made up the share `p` of the training levels of its unit costs `-log2(p)` bits.
    Each level counts once more than it was seen, so that none is impossible.

    Args:
        levels_train: whole numbers >= 0, `(n_train, latent_dim)`: what sender and receiver both
            know, and count their tables on.
        levels: `(n, latent_dim)`, the codes to send.

    Raises:
        ValueError: they are not such numbers, or differ in `latent_dim`.

    Source: Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x; Laplace's rule of succession.
    """
    levels_train, levels = _levels(levels_train, "levels_train"), _levels(levels, "levels")
    if levels.shape[1] != levels_train.shape[1]:
        raise ValueError(
            "`levels` must have the units of `levels_train`. Received: "
            f"{levels.shape[1]} units, {levels_train.shape[1]} in training."
        )
    total = np.zeros(len(levels))
    for seen, sent in zip(levels_train.T, levels.T, strict=True):
        counts = 1 + np.bincount(seen, minlength=max(seen.max(), sent.max()) + 1)
        total -= np.log2(counts[sent] / counts.sum())
    return total


def jpeg(x, quality):
    """Images through JPEG and back, each as a file of its own.

    Args:
        x: images `(n, height, width, channels)` in [0, 1]; channels 1 (grey) or 3 (colour).
        quality: JPEG's scale, an integer in 1..95; more is better and larger.

    Returns:
        x_hat: float32 like `x`.
        n_bytes: size of each file, header included: int64 `(n,)`.

    Raises:
        ValueError: `x` is not such images, or `quality` is out of range.
    """
    x = _validation.images(x)
    if x.shape[3] not in (1, 3):
        raise ValueError(f"`x` must have 1 or 3 channels. Received: x.shape={x.shape}.")
    if _validation.positive_int(quality, "quality") > 95:
        raise ValueError(f"`quality` must be at most 95. Received: quality={quality!r}.")
    decoded, n_bytes = [], []
    for image in to_bytes(x):
        file = io.BytesIO()
        Image.fromarray(image.squeeze(2) if x.shape[3] == 1 else image).save(
            file, "JPEG", quality=quality, optimize=True
        )
        n_bytes.append(file.tell())
        with Image.open(file) as picture:
            decoded.append(np.asarray(picture, "float32") / 255)
    return np.stack(decoded).reshape(x.shape), np.array(n_bytes, "int64")


def _bits(bits):
    if _validation.positive_int(bits, "bits") > MAX_BITS:
        raise ValueError(f"`bits` must be at most {MAX_BITS}. Received: bits={bits!r}.")
    return int(bits)


def _levels(levels, name):
    levels = _validation.codes(levels, name)
    if (levels < 0).any() or (levels != np.round(levels)).any():
        raise ValueError(
            f"`{name}` must hold whole numbers >= 0. Received: values from {levels.min():.4g} to "
            f"{levels.max():.4g}. Quantise first: `fit_quantizer(z_train, bits).transform(z)`."
        )
    return levels.astype("int64")
