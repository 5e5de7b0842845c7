"""What spoils images, in NumPy: the same on every backend.

`x` are images `(n, height, width, channels)`, float in [0, 1]; so is the result. `seed` is an
integer or a `numpy.random.Generator`. A `ValueError` says what is wrong with an argument.
"""

import numpy as np

from ae_keras import validation


def gaussian_noise(x, stddev, seed=0, mean=0.0):
    """`x` plus normal noise of this mean and standard deviation, clipped to [0, 1]."""
    x = validation.images(x)
    stddev = validation.not_negative(stddev, "stddev")
    mean = validation.number(mean, "mean")
    noise = validation.generator(seed).normal(mean, stddev, x.shape)
    return np.clip(x + noise, 0, 1).astype("float32")


def masking(x, fraction, seed=0):
    """`x` with a fraction of its pixels, in (0, 1), set to 0; all channels of a pixel together."""
    x = validation.images(x)
    fraction = validation.fraction(fraction, "fraction")
    lost = validation.generator(seed).random((*x.shape[:3], 1)) < fraction
    return np.where(lost, np.float32(0), x)


def salt_and_pepper(x, fraction, seed=0):
    """`x` with a fraction of its pixels, in (0, 1), set to 0 or 1, each half of the time."""
    x = validation.images(x)
    fraction = validation.fraction(fraction, "fraction")
    chance = validation.generator(seed).random((*x.shape[:3], 1))
    values = (chance < fraction / 2).astype("float32")
    return np.where(chance < fraction, values, x)
