"""Noise for images and masks of missing pixels, drawn by NumPy: the same on every backend."""

import numpy as np

from ae_keras import _validation


def gaussian_noise(x, stddev, seed=0, mean=0.0):
    """Return `clip(x + e, 0, 1)` with noise `e ~ N(mean, stddev**2)`, drawn for each value.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1], n >= 1.
        stddev: float, standard deviation of the noise, >= 0, in the unit of the pixels.
        seed: int in [0, 2**32), or a `numpy.random.Generator`. Defaults to 0.
        mean: float, mean of the noise, in the unit of the pixels. Defaults to 0.

    Returns:
        float32 array like `x`, pixels in [0, 1].

    Raises:
        ValueError: `x` are not such images, or another argument is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> x = np.full((100, 8, 8, 1), 0.5)
        >>> float(data.gaussian_noise(x, 0.1).std())
        0.10
    """
    x = _validation.images(x)
    stddev = _validation.not_negative(stddev, "stddev")
    mean = _validation.number(mean, "mean")
    noise = _validation.generator(seed).normal(mean, stddev, x.shape)
    return np.clip(x + noise, 0, 1).astype("float32")


def masking(x, fraction, seed=0):
    """Set pixels of `x` to 0, each with probability `fraction`.

    All channels of a pixel are set together. The masked pixels are `random_mask(x, fraction, seed)`
    with the same seed.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1], n >= 1.
        fraction: float in (0, 1), the expected fraction of pixels set to 0.
        seed: int in [0, 2**32), or a `numpy.random.Generator`. Defaults to 0.

    Returns:
        float32 array like `x`, pixels in [0, 1].

    Raises:
        ValueError: `x` are not such images, or another argument is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> x = np.full((100, 8, 8, 1), 0.5)
        >>> float((data.masking(x, 0.3) == 0).mean())
        0.30
    """
    x = _validation.images(x)
    return np.where(random_mask(x, fraction, seed), np.float32(0), x)


def salt_and_pepper(x, fraction, seed=0):
    """Set pixels of `x`, each with probability `fraction`, to 0 or 1, which are equally likely.

    All channels of a pixel are set together.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1], n >= 1.
        fraction: float in (0, 1), the expected fraction of pixels set to 0 or 1.
        seed: int in [0, 2**32), or a `numpy.random.Generator`. Defaults to 0.

    Returns:
        float32 array like `x`, pixels in [0, 1].

    Raises:
        ValueError: `x` are not such images, or another argument is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> x_noisy = data.salt_and_pepper(np.full((100, 8, 8, 1), 0.5), 0.3)
        >>> [float((x_noisy == value).mean()) for value in (0, 0.5, 1)]
        [0.15, 0.70, 0.15]
    """
    x = _validation.images(x)
    fraction = _validation.fraction(fraction, "fraction")
    chance = _validation.generator(seed).random((*x.shape[:3], 1))
    values = (chance < fraction / 2).astype("float32")
    return np.where(chance < fraction, values, x)


def random_mask(x, fraction, seed=0):
    """Draw a mask of missing pixels: each is missing with probability `fraction`, independently.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1], n >= 1.
        fraction: float in (0, 1), the expected fraction of missing pixels.
        seed: int in [0, 2**32), or a `numpy.random.Generator`. Defaults to 0.

    Returns:
        bool array `(n, height, width, 1)`, True where a pixel is missing.

    Raises:
        ValueError: `x` are not such images, or another argument is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> mask = data.random_mask(np.full((100, 8, 8, 3), 0.5), 0.3)
        >>> mask.shape, float(mask.mean())
        ((100, 8, 8, 1), 0.30)
    """
    x = _validation.images(x)
    fraction = _validation.fraction(fraction, "fraction")
    return _validation.generator(seed).random((*x.shape[:3], 1)) < fraction


def block_mask(x, size, seed=0):
    """Draw a mask of missing pixels: one square in each image, at a random place inside it.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1], n >= 1.
        size: int, side of the square in pixels, from 1 to the shorter side of an image.
        seed: int in [0, 2**32), or a `numpy.random.Generator`. Defaults to 0.

    Returns:
        bool array `(n, height, width, 1)`, True where a pixel is missing.

    Raises:
        ValueError: `x` are not such images, or `size` or `seed` is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> mask = data.block_mask(np.full((2, 8, 8, 1), 0.5), size=3)
        >>> mask.sum(axis=(1, 2, 3)).tolist()
        [9, 9]
    """
    n, height, width, _ = _validation.images(x).shape
    size = _validation.positive_int(size, "size")
    if size > min(height, width):
        raise ValueError(
            f"`size` must be at most {min(height, width)}, for the square must lie inside images "
            f"of {height} by {width} pixels. Received: size={size}."
        )
    rng = _validation.generator(seed)
    top = rng.integers(height - size + 1, size=(n, 1))
    left = rng.integers(width - size + 1, size=(n, 1))
    rows, columns = np.arange(height), np.arange(width)
    in_rows = (top <= rows) & (rows < top + size)
    in_columns = (left <= columns) & (columns < left + size)
    return (in_rows[:, :, None] & in_columns[:, None, :])[..., None]
