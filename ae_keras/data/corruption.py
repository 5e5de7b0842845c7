"""What spoils images, in NumPy: the same on every backend.

`x` are images `(n, height, width, channels)`, float in [0, 1]; so is the result. `seed` is an
integer or a `numpy.random.Generator`. A `ValueError` says what is wrong with an argument.
"""

import numpy as np

from ae_keras import _validation


def gaussian_noise(x, stddev, seed=0, mean=0.0):
    """`x` plus normal noise of this mean and standard deviation, clipped to [0, 1]."""
    x = _validation.images(x)
    stddev = _validation.not_negative(stddev, "stddev")
    mean = _validation.number(mean, "mean")
    noise = _validation.generator(seed).normal(mean, stddev, x.shape)
    return np.clip(x + noise, 0, 1).astype("float32")


def masking(x, fraction, seed=0):
    """`x` with a fraction of its pixels, in (0, 1), set to 0; all channels of a pixel together."""
    x = _validation.images(x)
    return np.where(random_mask(x, fraction, seed), np.float32(0), x)


def salt_and_pepper(x, fraction, seed=0):
    """`x` with a fraction of its pixels, in (0, 1), set to 0 or 1, each half of the time."""
    x = _validation.images(x)
    fraction = _validation.fraction(fraction, "fraction")
    chance = _validation.generator(seed).random((*x.shape[:3], 1))
    values = (chance < fraction / 2).astype("float32")
    return np.where(chance < fraction, values, x)


def random_mask(x, fraction, seed=0):
    """Pixels to take away, each with probability `fraction`, in (0, 1), whatever its neighbours do.

    Returns:
        mask: bool `(n, height, width, 1)`, True where a pixel is missing.
    """
    x = _validation.images(x)
    fraction = _validation.fraction(fraction, "fraction")
    return _validation.generator(seed).random((*x.shape[:3], 1)) < fraction


def block_mask(x, size, seed=0):
    """Pixels to take away: in each image one square, at a random place wholly inside it.

    Args:
        size: of the square in pixels, from 1 to the image's shorter side.

    Returns:
        mask: bool `(n, height, width, 1)`, True where a pixel is missing.
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
