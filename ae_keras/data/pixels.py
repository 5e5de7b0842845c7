"""Pixels as integers 0..255 and as floats in [0, 1]."""

import numpy as np


def to_unit_range(images):
    """Return `images / 255`: whole numbers 0..255 as floats in [0, 1].

    Args:
        images: array of any shape of integers, or of floats without a fraction, values 0..255. If
            it holds floats, one must be above 1, for the others may be scaled already.

    Returns:
        float32 array of the same shape, values in [0, 1].

    Raises:
        ValueError: `images` does not hold such numbers.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> data.to_unit_range(np.array([0, 51, 255], "uint8")).round(2).tolist()
        [0.0, 0.2, 1.0]
    """
    images = np.asarray(images)
    floats = np.issubdtype(images.dtype, np.floating)
    if not (floats or np.issubdtype(images.dtype, np.integer)):
        raise ValueError(
            "`images` must hold whole numbers in 0..255. "
            f"Received: images.dtype={images.dtype}. Of black and white, `.astype(float)` is "
            "in [0, 1] already."
        )
    # NaN fails these comparisons, too.
    if images.size and not (images.min() >= 0 and images.max() <= 255):
        raise ValueError(
            "`images` must hold whole numbers in 0..255. "
            f"Received: values from {images.min()} to {images.max()}."
        )
    if floats and images.size and (images.max() <= 1 or (images != np.rint(images)).any()):
        raise ValueError(
            "`images` must hold whole numbers in 0..255, and floats some above 1. "
            f"Received: images.dtype={images.dtype}, values from {images.min()} to "
            f"{images.max()}; they may be scaled already."
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
