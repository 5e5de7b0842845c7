"""How well missing pixels were filled in.

A `mask` says which pixels are missing; `data.random_mask` and `data.block_mask` make such masks.
"""

import numpy as np

from ae_keras import _validation
from ae_keras.evaluation import _arrays


def masked_mse(x, x_hat, mask):
    """Mean squared error of each image over its missing pixels and their channels.

    The values of `x_hat` at known pixels make no difference.

    Args:
        x: array or tensor `(n, height, width, channels)`, n >= 1, the true images.
        x_hat: array of the shape of `x`, the images with the missing pixels filled in.
        mask: bool array `(n, height, width, 1)`, True where a pixel is missing; at least one in
            each image.

    Returns:
        float64 array `(n,)`, >= 0.

    Raises:
        ValueError: the shapes do not fit together, `x` or `x_hat` holds no numbers, `mask` is not
            bool, or an image has no missing pixel.

    Example:
        >>> import numpy as np
        >>> from ae_keras.evaluation import inpainting
        >>> x, mask = np.zeros((1, 4, 4, 1)), np.zeros((1, 4, 4, 1), bool)
        >>> mask[0, 1:3, 1:3] = True
        >>> inpainting.masked_mse(x, x + 0.5, mask).tolist()
        [0.25]
    """
    x, x_hat, mask = _checked(x, x_hat, mask)
    missing = mask.sum(axis=(1, 2, 3))
    if not missing.all():
        raise ValueError(
            "`mask` must hold a missing pixel in each image, because the error is measured there. "
            f"Received: none in {np.sum(missing == 0)} of {len(x)} images. Leave those out."
        )
    squared = np.where(mask, x.astype("float64") - x_hat, 0) ** 2
    return squared.sum(axis=(1, 2, 3)) / (missing * x.shape[-1])


def _checked(x, x_hat, mask):
    x, x_hat = _arrays.numbers(x, "x"), _arrays.numbers(x_hat, "x_hat")
    if x.ndim != 4 or x.shape != x_hat.shape:
        raise ValueError(
            "`x` and `x_hat` must be images (n, height, width, channels) of one shape. "
            f"Received: x {x.shape}, x_hat {x_hat.shape}."
        )
    return x, x_hat, _validation.mask(_arrays.to_numpy(mask, "mask"), x)
