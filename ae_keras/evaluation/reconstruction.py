"""How far reconstructions are from their images, and the baselines to compare an error with."""

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.decomposition import PCA

from ae_keras import _validation
from ae_keras.evaluation import _arrays

# The Gaussian window of SSIM is cut off at 3.5 standard deviations of 1.5 pixels on each side.
WINDOW = 11


def reconstruct(model, x, batch_size=512):
    """Reconstruct images in batches: `x_hat = decoder(encoder(x))`.

    Nothing is random: a denoising autoencoder adds no noise, and a variational one decodes the
    mean of each code instead of a draw.

    Args:
        model: `Autoencoder` or a subclass; any `keras.Model` from images to images works.
        x: float array or tensor `(n, height, width, channels)`, pixels in [0, 1].
        batch_size: int, images reconstructed together, >= 1. Defaults to 512.

    Returns:
        float32 NumPy array of the shape of `x`, whatever the precision of the model.

    Raises:
        ValueError: `model` is no such model, `x` does not hold images that fit it, or `batch_size`
            is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, evaluation
        >>> encoder, decoder = DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,))
        >>> model = Autoencoder(encoder, decoder)
        >>> evaluation.reconstruct(model, np.zeros((3, 6, 6, 1))).shape
        (3, 6, 6, 1)
    """
    _arrays.part(model, "predict")
    x = _arrays.images(x)
    x_hat = _arrays.predict(model, x, batch_size)
    if x_hat.shape != x.shape:
        raise ValueError(
            f"`model` must return images of the shape of `x`. Received: {x_hat.shape} for "
            f"x.shape={x.shape}."
        )
    return x_hat


def squared_error(x, x_hat):
    """Squared error of each image, summed over its pixels: `sum((x - x_hat)**2)`.

    Args:
        x: array or tensor `(n, ...)`, n >= 1, images or other numbers, one row per example.
        x_hat: array or tensor of the shape of `x`, the reconstructions.

    Returns:
        float64 array `(n,)`, >= 0; NaN where `x_hat` is, as of a model that diverged.

    Raises:
        ValueError: `x` or `x_hat` does not hold such numbers, or their shapes differ.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> x = np.zeros((2, 4, 4, 1))
        >>> evaluation.squared_error(x, x + 0.5).tolist()
        [4.0, 4.0]
    """
    x, x_hat = (
        _arrays.numbers(x, "x").astype("float64"),
        _arrays.numbers(x_hat, "x_hat").astype("float64"),
    )
    _check_same_shape(x, x_hat)
    return np.sum((x - x_hat) ** 2, axis=tuple(range(1, x.ndim)))


def mean_image_error(x_train, x):
    """Squared error per image if each image of `x` is "reconstructed" as the mean training image.

    This is the weakest baseline: a model whose error is not below it has learned nothing that
    tells one image from another.

    Args:
        x_train: float array `(n_train, height, width, channels)`, pixels in [0, 1].
        x: float array `(n, height, width, channels)`, the images to reconstruct.

    Returns:
        float, the mean over the images of `x` of the error summed over pixels, >= 0.

    Raises:
        ValueError: `x_train` does not hold such images, or those of `x` have another shape.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> black, white = np.zeros((1, 4, 4, 1)), np.ones((1, 4, 4, 1))
        >>> evaluation.mean_image_error(np.concatenate([black, white]), white)
        4.0
    """
    mean = _arrays.images(x_train, "x_train").mean(axis=0, keepdims=True, dtype="float64")
    x = _arrays.numbers(x, "x")
    if x.shape[1:] != mean.shape[1:]:
        raise ValueError(
            "`x` must hold images of the shape of those in `x_train`. "
            f"Received: {x.shape[1:]} and {mean.shape[1:]}."
        )
    return float(squared_error(x, np.broadcast_to(mean, x.shape)).mean())


def fit_pca(x_train, latent_dim):
    """Fit scikit-learn's PCA with `latent_dim` components to the flattened training images.

    Args:
        x_train: float array `(n_train, height, width, channels)`, n_train >= 2, pixels in [0, 1].
        latent_dim: int, components to keep, from 1 to the smaller of `n_train` and the pixels of
            an image (channels counted).

    Returns:
        A fitted `sklearn.decomposition.PCA`, which reads and returns flattened images.

    Raises:
        ValueError: `x_train` does not hold such images, or `latent_dim` is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> x_train = np.random.default_rng(0).random((20, 4, 4, 1))
        >>> pca = evaluation.fit_pca(x_train, latent_dim=3)
        >>> pca.components_.shape
        (3, 16)
        >>> pca.transform(x_train.reshape(20, -1)).shape
        (20, 3)
    """
    latent_dim = _validation.positive_int(latent_dim, "latent_dim")
    x_train = _arrays.images(x_train, "x_train")
    flat = _arrays.flatten(x_train)
    if len(flat) < 2:
        raise ValueError("`x_train` must hold two or more images. Received: one.")
    if latent_dim > min(flat.shape):
        raise ValueError(
            f"`latent_dim` must be at most {min(flat.shape)} for training images of shape "
            f"{x_train.shape}. Received: latent_dim={latent_dim}."
        )
    return PCA(latent_dim, svd_solver="covariance_eigh").fit(flat)


def pca_reconstruct(pca, x):
    """Reconstruct images from their principal components.

    On the training images, no linear encoder and decoder with as many components has a smaller
    squared error.

    Args:
        pca: a fitted PCA, as `fit_pca` returns it.
        x: float array `(n, height, width, channels)`, of the image shape that `pca` was fitted to.

    Returns:
        Float array of the shape of `x`. Its values can lie slightly outside [0, 1].

    Raises:
        ValueError: `pca` is not fitted, or `x` does not hold finite numbers, as many an image as in
            the fit.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> x = np.random.default_rng(0).random((20, 4, 4, 1))
        >>> pca = evaluation.fit_pca(x, latent_dim=16)
        >>> bool(np.allclose(evaluation.pca_reconstruct(pca, x), x, atol=1e-5))
        True
    """
    if not hasattr(pca, "components_"):
        raise ValueError(
            f"`pca` must be a fitted PCA, as `fit_pca` returns it. Received: pca={pca!r}."
        )
    x = _arrays.to_numpy(x, "x")
    flat, expected = _arrays.rows(x, "x"), pca.components_.shape[1]
    if flat.shape[1] != expected:
        raise ValueError(
            f"`x` must hold images of {expected} pixels, as many as in the fit. "
            f"Received: x.shape={x.shape}."
        )
    return pca.inverse_transform(pca.transform(flat)).reshape(x.shape)


def pca_error(x_train, x, latent_dim):
    """Squared error per image of PCA with `latent_dim` components: the linear baseline.

    A nonlinear autoencoder with codes of the same size should have a smaller error on held-out
    images.

    Args:
        x_train: float array `(n_train, height, width, channels)`, pixels in [0, 1]. PCA is fitted
            to these images.
        x: float array `(n, height, width, channels)`, the images to reconstruct.
        latent_dim: as for `fit_pca`.

    Returns:
        float, the mean over the images of `x` of the error summed over pixels, >= 0.

    Raises:
        ValueError: as for `fit_pca` and `pca_reconstruct`.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> grey_levels = np.linspace(0, 1, 10).reshape(10, 1, 1, 1)
        >>> x = grey_levels * np.ones((1, 4, 4, 1))
        >>> round(evaluation.pca_error(x, x, latent_dim=1), 3)
        0.0
    """
    return float(squared_error(x, pca_reconstruct(fit_pca(x_train, latent_dim), x)).mean())


def psnr(x, x_hat):
    """Peak signal-to-noise ratio of each image in dB: `-10 log10(mean squared error)`.

    Args:
        x, x_hat: float arrays `(n, height, width, channels)` of one shape, pixels in [0, 1].

    Returns:
        float64 array `(n,)` in decibels, >= 0; infinite for equal images.

    Raises:
        ValueError: `x` or `x_hat` does not hold such images, or their shapes differ.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> x = np.zeros((2, 4, 4, 1))
        >>> evaluation.psnr(x, x + 0.1).round(2).tolist()
        [20.0, 20.0]
    """
    pairs = _pairs(x, x_hat)
    # Equal images have an error of zero, for which scikit-image divides by zero and returns the
    # infinity that is wanted.
    with np.errstate(divide="ignore"):
        return np.array([peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs])


def ssim(x, x_hat):
    """Structural similarity (SSIM) of each image and its reconstruction.

    Args:
        x, x_hat: float arrays `(n, height, width, channels)` of one shape, pixels in [0, 1];
            height and width at least 11, the size of the window.

    Returns:
        float64 array `(n,)` in [-1, 1]; 1 for equal images.

    Raises:
        ValueError: `x` or `x_hat` does not hold such images, their shapes differ, or they are
            smaller than the window.

    Source: Wang et al. (2004), doi:10.1109/TIP.2003.819861, with their Gaussian window.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> x = np.random.default_rng(0).random((2, 16, 16, 1))
        >>> evaluation.ssim(x, x).round(3).tolist()
        [1.0, 1.0]
        >>> bool((evaluation.ssim(x, 1 - x) < 0.5).all())
        True
    """
    same = {"data_range": 1, "channel_axis": -1, "gaussian_weights": True}
    same |= {"sigma": 1.5, "use_sample_covariance": False}
    pairs = list(_pairs(x, x_hat))
    height, width = pairs[0][0].shape[:2]
    if min(height, width) < WINDOW:
        raise ValueError(
            f"`x` must hold images of {WINDOW} x {WINDOW} pixels or more, the size of the window. "
            f"Received: {height} x {width}. Use `psnr`, which has no window."
        )
    return np.array([structural_similarity(a, b, **same) for a, b in pairs])


def _pairs(x, x_hat):
    x, x_hat = _arrays.images(x), _arrays.images(x_hat, "x_hat")
    _check_same_shape(x, x_hat)
    return zip(x, x_hat, strict=True)


def _check_same_shape(x, x_hat):
    if x.shape != x_hat.shape:
        raise ValueError(
            f"`x_hat` must have the shape of `x`. Received: x {x.shape}, x_hat {x_hat.shape}."
        )
