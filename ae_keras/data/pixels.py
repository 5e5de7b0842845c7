"""Pixels as integers 0..255 and as floats in [0, 1]."""

import numpy as np


def to_unit_range(images):
    """Integers 0..255 as float32 in [0, 1].

    Raises:
        ValueError: `images` does not hold integers in 0..255.
    """
    images = np.asarray(images)
    if not np.issubdtype(images.dtype, np.integer):
        raise ValueError(
            "`images` must hold integers in 0..255. "
            f"Received: images.dtype={images.dtype}; floats may already be scaled."
        )
    if images.size and (images.min() < 0 or images.max() > 255):
        raise ValueError(
            "`images` must hold integers in 0..255. "
            f"Received: values from {images.min()} to {images.max()}."
        )
    return images.astype("float32") / 255


def to_bytes(picture):
    """Grey values in [0, 1], or clipped to it, as whole numbers 0..255."""
    return np.rint(255 * np.clip(picture, 0, 1)).astype("uint8")
