"""Measures of models and arrays: errors, their baselines, and what a code is worth.

The submodules `anomaly`, `compression` and `inpainting` hold the measures of those three uses.
"""

from ae_keras.evaluation import anomaly, compression, inpainting
from ae_keras.evaluation.latent import (
    active_units,
    cluster,
    cluster_agreement,
    decode,
    encode,
    kl_per_unit,
    knn_accuracy,
    mutual_information_gap,
    nearest,
    perplexity,
    posterior,
    probe_accuracy,
)
from ae_keras.evaluation.likelihood import (
    log_likelihood,
    negative_elbo,
    negative_elbo_per_image,
    pixel_entropy,
)
from ae_keras.evaluation.reconstruction import (
    fit_pca,
    mean_image_error,
    pca_error,
    pca_reconstruct,
    psnr,
    reconstruct,
    squared_error,
    ssim,
)

__all__ = [
    "active_units",
    "anomaly",
    "cluster",
    "cluster_agreement",
    "compression",
    "decode",
    "encode",
    "fit_pca",
    "inpainting",
    "kl_per_unit",
    "knn_accuracy",
    "log_likelihood",
    "mean_image_error",
    "mutual_information_gap",
    "nearest",
    "negative_elbo",
    "negative_elbo_per_image",
    "pca_error",
    "pca_reconstruct",
    "perplexity",
    "pixel_entropy",
    "posterior",
    "probe_accuracy",
    "psnr",
    "reconstruct",
    "squared_error",
    "ssim",
]
