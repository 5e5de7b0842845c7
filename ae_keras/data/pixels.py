"""Pixels as integers 0..255 and as floats in [0, 1]."""

import numpy as np


def to_unit_range(images):
    """Return `images / 255`: integers 0..255 as floats in [0, 1].

    Args:
        images: integer array of any shape, values 0..255.

    Returns:
        float32 array of the same shape, values in [0, 1].

    Raises:
        ValueError: `images` does not hold integers in 0..255.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> data.to_unit_range(np.array([0, 51, 255], "uint8")).round(2).tolist()
        [0.0, 0.2, 1.0]
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
    """Return `round(255 * clip(picture, 0, 1))`: floats in [0, 1] as integers 0..255.

    Args:
        picture: float array of any shape; values outside [0, 1] are clipped.

    Returns:
        uint8 array of the same shape.

    Example:
        >>> from ae_keras import data
        >>> data.to_bytes([-0.1, 0.0, 0.2, 1.0, 3.0]).tolist()
        [0, 0, 51, 255, 255]
    """
    return np.rint(255 * np.clip(picture, 0, 1)).astype("uint8")
