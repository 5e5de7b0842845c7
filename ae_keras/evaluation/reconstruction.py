"""How far reconstructions are from their images, and the baselines to hold an error against."""

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.decomposition import PCA

from ae_keras import _validation
from ae_keras.evaluation._arrays import flatten


def reconstruct(model, x, batch_size=512):
    """Reconstructions of `x` as a NumPy array of the same shape, without training-time noise."""
    return model.predict(_validation.images(x), batch_size=batch_size, verbose=0)


def squared_error(x, x_hat):
    """Squared error of each image, summed over its pixels: `(n,)`."""
    x, x_hat = np.asarray(x, "float64"), np.asarray(x_hat, "float64")
    _check_same_shape(x, x_hat)
    return np.sum((x - x_hat) ** 2, axis=tuple(range(1, x.ndim)))


def mean_image_error(x_train, x):
    """Squared error per image if every image of `x` is "reconstructed" as the training mean.

    The baseline below which a model has learned anything at all.
    """
    mean = _validation.images(x_train, "x_train").mean(axis=0, keepdims=True, dtype="float64")
    return float(squared_error(x, np.broadcast_to(mean, x.shape)).mean())


def fit_pca(x_train, latent_dim):
    """scikit-learn's PCA of the flattened training images, with `latent_dim` components."""
    latent_dim = _validation.positive_int(latent_dim, "latent_dim")
    flat = flatten(_validation.images(x_train, "x_train"))
    if latent_dim > min(flat.shape):
        raise ValueError(
            f"`latent_dim` must be at most {min(flat.shape)} for training images of shape "
            f"{x_train.shape}. Received: latent_dim={latent_dim}."
        )
    return PCA(latent_dim, svd_solver="covariance_eigh").fit(flat)


def pca_reconstruct(pca, x):
    """`x` through a fitted PCA and back: the best a linear encoder and decoder can do."""
    return pca.inverse_transform(pca.transform(flatten(x))).reshape(x.shape)


def pca_error(x_train, x, latent_dim):
    """Squared error per image of PCA with `latent_dim` components: the linear baseline."""
    return float(squared_error(x, pca_reconstruct(fit_pca(x_train, latent_dim), x)).mean())


def psnr(x, x_hat):
    """Peak signal-to-noise ratio of each image in dB, `-10 log10(mean squared error)`: `(n,)`."""
    pairs = _pairs(x, x_hat)
    with np.errstate(divide="ignore"):  # equal images: infinitely many decibels
        return np.array([peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs])


def ssim(x, x_hat):
    """Structural similarity of each image, 1 for equal images: `(n,)`.

    Source: Wang et al. (2004), doi:10.1109/TIP.2003.819861, with their Gaussian window.
    """
    same = {"data_range": 1, "channel_axis": -1, "gaussian_weights": True}
    same |= {"sigma": 1.5, "use_sample_covariance": False}
    pairs = _pairs(x, x_hat)
    return np.array([structural_similarity(a, b, **same) for a, b in pairs])


def _pairs(x, x_hat):
    x, x_hat = _validation.images(x), _validation.images(x_hat, "x_hat")
    _check_same_shape(x, x_hat)
    return zip(x, x_hat, strict=True)


def _check_same_shape(x, x_hat):
    if x.shape != x_hat.shape:
        raise ValueError(
            f"`x_hat` must have the shape of `x`. Received: x {x.shape}, x_hat {x_hat.shape}."
        )
