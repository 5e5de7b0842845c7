"""How many bits a code takes once it is quantised, and JPEG as a baseline."""

import io
import warnings

import numpy as np
from PIL import Image
from sklearn.preprocessing import KBinsDiscretizer

from ae_keras import _validation
from ae_keras.data import to_bytes
from ae_keras.evaluation import _arrays

MAX_BITS = 12


def fit_quantizer(z_train, bits):
    """Fit a quantiser that rounds each unit of a code to `2**bits` evenly spaced levels.

    The levels of a unit span its range in `z_train`: `transform` returns the level of each number,
    `inverse_transform` the middle of the interval of that level. Numbers outside the range get the
    nearest level. A unit that never changes keeps its value.

    Args:
        z_train: float array `(n, latent_dim)`, finite codes.
        bits: int, bits for each number of a code, in 1..12.

    Returns:
        A fitted `sklearn.preprocessing.KBinsDiscretizer`. Its levels are whole numbers in
        0..2**bits-1, stored as floats.

    Raises:
        ValueError: `z_train` does not hold such codes, or `bits` is out of range.

    Example:
        >>> from ae_keras.evaluation import compression
        >>> quantizer = compression.fit_quantizer([[0.0], [8.0]], bits=2)
        >>> levels = quantizer.transform([[1.9], [5.5], [100.0]])
        >>> levels.ravel().tolist()
        [0.0, 2.0, 3.0]
        >>> quantizer.inverse_transform(levels).ravel().tolist()
        [1.0, 5.0, 7.0]
    """
    z_train = _arrays.codes(z_train, "z_train")
    n_levels = 2 ** _bits(bits)
    quantizer = KBinsDiscretizer(n_levels, encode="ordinal", strategy="uniform", subsample=None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Feature .* is constant", UserWarning)
        quantizer.fit(z_train)
    for unit in np.flatnonzero(z_train.min(axis=0) == z_train.max(axis=0)):
        # For a constant unit scikit-learn makes one interval from -infinity to infinity, whose
        # middle is NaN. Both edges at the constant make that value the middle.
        quantizer.bin_edges_[unit] = np.repeat(z_train[0, unit], 2)
    return quantizer


def code_length(levels_train, levels, n_levels=None):
    """Length in bits of each quantised code under an ideal entropy coder: `sum_j -log2 p_j(level)`.

    `p_j` are the frequencies of the levels of unit `j` in `levels_train`, which sender and receiver
    both know. Each level counts once more than it was seen, so that none has probability 0. How
    many levels there are must be known as well before anything is sent.

    Args:
        levels_train: array `(n_train, latent_dim)` of whole numbers >= 0, such as
            `fit_quantizer(z_train, bits).transform(z_train)`.
        levels: array `(n, latent_dim)` of whole numbers in 0..n_levels-1, the codes to send.
        n_levels: int, levels of each unit, more than the highest in `levels_train`, such as
            `2**bits`. Defaults to None: of each unit as many as up to its highest level in
            `levels_train`, which is right for what a quantiser made that was fitted to the same
            codes.

    Returns:
        float64 array `(n,)` in bits, >= 0.

    Raises:
        ValueError: `levels_train` or `levels` does not hold such numbers, their widths differ, or
            `n_levels` is out of range.

    Source: Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x; Laplace's rule of succession.

    Example:
        >>> from ae_keras.evaluation import compression
        >>> levels_train = [[0], [0], [0], [1]]
        >>> compression.code_length(levels_train, [[0], [1], [2]], n_levels=3).round(2).tolist()
        [0.81, 1.81, 2.81]
    """
    levels_train, levels = _levels(levels_train, "levels_train"), _levels(levels, "levels")
    if levels.shape[1] != levels_train.shape[1]:
        raise ValueError(
            "`levels` must have as many units as `levels_train`. Received: "
            f"{levels.shape[1]} units, {levels_train.shape[1]} in training."
        )
    known = levels_train.max(axis=0) + 1
    if n_levels is not None:
        if _validation.positive_int(n_levels, "n_levels") < known.max():
            raise ValueError(
                f"`n_levels` must be at least {known.max()}, because `levels_train` has a level "
                f"{known.max() - 1}. Received: n_levels={n_levels!r}."
            )
        known[:] = n_levels
    if (levels >= known).any():
        raise ValueError(
            "`levels` must be less than `n_levels`, or if that is None, at most the highest of the "
            f"same unit in `levels_train`. Received: a level {levels[levels >= known].max()}, "
            f"n_levels={n_levels!r}. Pass the number of levels, such as n_levels=2**bits."
        )
    total = np.zeros(len(levels))
    for seen, sent, n in zip(levels_train.T, levels.T, known, strict=True):
        counts = 1 + np.bincount(seen, minlength=n)
        total -= np.log2(counts[sent] / counts.sum())
    return total


def jpeg(x, quality):
    """Compress each image to a JPEG file in memory, and decompress it.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1]; 1 channel (grey) or 3
            (colour).
        quality: int, quality on JPEG's scale, in 1..95; larger means better images and larger
            files.

    Returns:
        x_hat: float32 array of the shape of `x`, in [0, 1].
        n_bytes: int64 array `(n,)`, the size of each file in bytes, header included.

    Raises:
        ValueError: `x` does not hold such images, or `quality` is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras.evaluation import compression
        >>> x_hat, n_bytes = compression.jpeg(np.zeros((2, 16, 16, 1)), quality=50)
        >>> x_hat.shape, n_bytes.shape
        ((2, 16, 16, 1), (2,))
    """
    x = _arrays.images(x)
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
    levels = _arrays.codes(levels, name)
    if (levels < 0).any() or (levels != np.round(levels)).any():
        raise ValueError(
            f"`{name}` must hold whole numbers >= 0. Received: values from {levels.min():.4g} to "
            f"{levels.max():.4g}. Quantise first: `fit_quantizer(z_train, bits).transform(z)`."
        )
    return levels.astype("int64")
