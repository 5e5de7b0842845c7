"""Reconstruction losses: images in, one number per image out.

One convention everywhere: sum over the pixels of an image, mean over the images of a batch (Keras
takes that mean). A loss then reads "squared error per image" or "nats per image", and means the
same for every model of the course.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="ae_keras")
def squared_error(x, x_hat):
    """Squared error per image: `sum((x - x_hat)**2)` over pixels.

    Shapes: `x`, `x_hat` `(batch, ...)` -> `(batch,)`.
    """
    x, x_hat = _as_float(x), _as_float(x_hat)
    return _sum_over_pixels(ops.square(x - x_hat))


@keras.saving.register_keras_serializable(package="ae_keras")
def binary_crossentropy(x, x_hat):
    """Cross-entropy per image in nats: `-sum(x log x_hat + (1 - x) log(1 - x_hat))` over pixels.

    Both must lie in [0, 1]. For grey pixels its minimum, at `x_hat = x`, is not zero but the
    entropy of `x`: see `evaluation.crossentropy_floor`.

    Shapes: `x`, `x_hat` `(batch, ...)` -> `(batch,)`.
    """
    x, x_hat = _as_float(x), _as_float(x_hat)
    return _sum_over_pixels(ops.binary_crossentropy(x, x_hat))


def _as_float(x):
    return ops.cast(x, "float32")  # a sum over 784 pixels needs more than 16 bits


def _sum_over_pixels(x):
    return ops.sum(x, axis=tuple(range(1, len(x.shape))))
