"""Pictures with pixels missing: how well a hole was filled, and the step people forget.

Which pixels are missing, `mask`, is a bool array `(n, height, width, 1)` as
`corruption.random_mask` and `corruption.block_mask` make it.
"""

import numpy as np

from ae_keras import _validation


def masked_mse(x, x_hat, mask):
    """Squared error per missing pixel, channels averaged: a mean over each image's hole, `(n,)`.

    What `x_hat` says of pixels that are known plays no part.

    Args:
        x: the true images `(n, height, width, channels)`.
        x_hat: the filled images, of the same shape.
        mask: bool `(n, height, width, 1)`, True where a pixel is missing; in each image somewhere.

    Raises:
        ValueError: the shapes differ, or an image misses no pixel.
    """
    x, x_hat, mask = _checked(x, x_hat, mask)
    missing = mask.sum(axis=(1, 2, 3))
    if not missing.all():
        raise ValueError(
            "`mask` must hold a missing pixel in each image, for there the error is measured. "
            f"Received: none in {np.sum(missing == 0)} of {len(x)} images. Leave those out."
        )
    squared = np.where(mask, x.astype("float64") - x_hat, 0) ** 2
    return squared.sum(axis=(1, 2, 3)) / (missing * x.shape[-1])


def _checked(x, x_hat, mask):
    x, x_hat = np.asarray(x), np.asarray(x_hat)
    if x.ndim != 4 or x.shape != x_hat.shape:
        raise ValueError(
            "`x` and `x_hat` must be images (n, height, width, channels) of one shape. "
            f"Received: x {x.shape}, x_hat {x_hat.shape}."
        )
    return x, x_hat, _validation.mask(mask, x)
