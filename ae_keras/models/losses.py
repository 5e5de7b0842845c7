"""Losses: images or codes in, one number per image out.

All sum over the pixels of an image; Keras takes the mean over the images of a batch.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="ae_keras")
def squared_error(x, x_hat):
    """Squared error per image: `sum((x - x_hat)**2)` over pixels.

    Args:
        x, x_hat: float arrays or tensors `(batch, ...)`, images and reconstructions.

    Returns:
        float32 tensor `(batch,)`.

    Example:
        >>> from ae_keras import losses
        >>> import keras
        >>> import numpy as np
        >>> x, x_hat = np.zeros((2, 4, 4, 1)), np.full((2, 4, 4, 1), 0.5)
        >>> keras.ops.convert_to_numpy(losses.squared_error(x, x_hat))
        array([4., 4.], dtype=float32)
    """
    x, x_hat = rows(x), rows(x_hat)
    return ops.sum(ops.square(x - x_hat), axis=1)


@keras.saving.register_keras_serializable(package="ae_keras")
def binary_crossentropy(x, x_hat):
    """Cross-entropy per image: `-sum(x log x_hat + (1 - x) log(1 - x_hat))` over pixels, in nats.

    For grey pixels its minimum, at `x_hat = x`, is not zero but the entropy of `x`: see
    `evaluation.pixel_entropy`.

    Args:
        x, x_hat: float arrays or tensors `(batch, ...)` in [0, 1], images and reconstructions.

    Returns:
        float32 tensor `(batch,)`, nats.

    Example:
        >>> from ae_keras import losses
        >>> import keras
        >>> import numpy as np
        >>> x, x_hat = np.ones((2, 4, 4, 1)), np.full((2, 4, 4, 1), 0.5)  # log(2) nats per pixel
        >>> keras.ops.convert_to_numpy(losses.binary_crossentropy(x, x_hat)).round(2)
        array([11.09, 11.09], dtype=float32)
    """
    x, x_hat = rows(x), rows(x_hat)
    return ops.sum(ops.binary_crossentropy(x, x_hat), axis=1)


def l1(z):
    """Absolute values of a code, summed over its units: `sum_j |z_j|`.

    Args:
        z: float array or tensor `(batch, ...)`.

    Returns:
        float32 tensor `(batch,)`.

    Example:
        >>> from ae_keras import losses
        >>> import keras
        >>> import numpy as np
        >>> keras.ops.convert_to_numpy(losses.l1(np.array([[1.0, -2.0], [0.0, 0.5]])))
        array([3. , 0.5], dtype=float32)
    """
    return ops.sum(ops.abs(rows(z)), axis=1)


def bernoulli_kl(target, activity):
    """`KL(Bernoulli(t) || Bernoulli(a)) = t log(t / a) + (1 - t) log((1 - t) / (1 - a))`, in nats.

    Args:
        target: float in (0, 1), the probability `t`.
        activity: float array or tensor of any shape, the probabilities `a`. They are clipped to
            [1e-6, 1 - 1e-6].

    Returns:
        float32 tensor of the shape of `activity`, nats.

    Example:
        >>> from ae_keras import losses
        >>> import keras
        >>> import numpy as np
        >>> keras.ops.convert_to_numpy(losses.bernoulli_kl(0.1, np.array([0.1, 0.5]))).round(2)
        array([0.  , 0.37], dtype=float32)
    """
    a = ops.clip(as_float(activity), 1e-6, 1 - 1e-6)
    return target * ops.log(target / a) + (1 - target) * ops.log((1 - target) / (1 - a))


def gaussian_kl(z_mean, z_log_var):
    """`KL(N(mean, var) || N(0, I)) = 1/2 sum_j (var_j + mean_j**2 - 1 - log var_j)`, in nats.

    Args:
        z_mean, z_log_var: float arrays or tensors `(batch, latent_dim)`.

    Returns:
        float32 tensor `(batch,)`, nats, summed over the units of a code.

    Source: Kingma & Welling (2014), arXiv:1312.6114, appendix B.

    Example:
        >>> from ae_keras import losses
        >>> import keras
        >>> import numpy as np
        >>> z_mean, z_log_var = np.array([[0.0, 0.0], [1.0, 1.0]]), np.zeros((2, 2))
        >>> keras.ops.convert_to_numpy(losses.gaussian_kl(z_mean, z_log_var))
        array([0., 1.], dtype=float32)
    """
    z_mean, z_log_var = as_float(z_mean), as_float(z_log_var)
    return ops.sum(ops.exp(z_log_var) + z_mean**2 - 1 - z_log_var, axis=-1) / 2


def log_prior_ratio(z, z_log_var, epsilon):
    """`log p(z) - log q(z|x)` of each unit of a drawn code `z = mean + exp(z_log_var / 2) epsilon`.

    The prior `p` is standard normal. The constants of both densities cancel, so the ratio is
    `(epsilon**2 + z_log_var - z**2) / 2`.

    Args:
        z, z_log_var, epsilon: NumPy arrays or tensors that broadcast, such as
            `(batch, latent_dim)`.

    Returns:
        Array or tensor of their common shape, nats.

    Example:
        >>> import numpy as np
        >>> from ae_keras import losses
        >>> losses.log_prior_ratio(z=np.array([1.0, 2.0]), z_log_var=0.0, epsilon=1.0)
        array([ 0. , -1.5])
    """
    return (epsilon**2 + z_log_var - z**2) / 2


def as_float(x):
    """Return `x` as float32, or as float64 if that is Keras's dtype policy; sums need it.

    Args:
        x: array or tensor of any shape.

    Returns:
        Tensor of the same shape.

    Example:
        >>> import numpy as np
        >>> from ae_keras import losses
        >>> "float32" in str(losses.as_float(np.zeros(2, "float16")).dtype)
        True
    """
    double = keras.config.dtype_policy().compute_dtype == "float64"
    return ops.cast(x, "float64" if double else "float32")


def rows(x):
    """Return one row of numbers for each image.

    XLA sums logarithms five times as fast along one axis as along three.

    Args:
        x: array or tensor `(batch, ...)`.

    Returns:
        Tensor `(batch, numbers)`, float32, or float64 if that is Keras's dtype policy.

    Example:
        >>> import numpy as np
        >>> from ae_keras import losses
        >>> tuple(losses.rows(np.zeros((2, 4, 4, 1))).shape)
        (2, 16)
    """
    return ops.reshape(as_float(x), (ops.shape(x)[0], -1))
