"""How strange is each image? Scores, the larger the stranger, and where to draw the line.

Nothing here sees a label. How well a score ranks, where labels exist, is scikit-learn's to say:
`sklearn.metrics.roc_auc_score` and `average_precision_score`.
"""

import numpy as np
from sklearn.covariance import EmpiricalCovariance
from sklearn.neighbors import NearestNeighbors

from ae_keras import _validation, evaluation


def reconstruction_score(model, x):
    """Squared error of each reconstruction, summed over the pixels: `(n,)`.

    Args:
        model: an autoencoder trained on normal images.
        x: images `(n, height, width, channels)` in [0, 1].
    """
    return evaluation.squared_error(x, evaluation.reconstruct(model, x))


def mahalanobis_score(z_train, z):
    """How many standard deviations each code lies from the middle of the training codes: `(n,)`.

    `sqrt((z - m)^T C^-1 (z - m))` with their mean `m` and covariance `C`: the distance in a space
    in which the training codes vary by 1 in every direction.

    Args:
        z_train: codes of normal images `(n_train, latent_dim)`; they must vary in every direction.
        z: codes to be scored `(n, latent_dim)`.

    Raises:
        ValueError: the codes are no such arrays, or `C` cannot be inverted.

    Source: Mahalanobis (1936); `sklearn.covariance.EmpiricalCovariance`.
    """
    z_train, z = _codes(z_train, z)
    width = z_train.shape[1]
    rank = np.linalg.matrix_rank(np.cov(z_train.T, ddof=0).reshape(width, width), hermitian=True)
    if rank < width:  # scikit-learn would leave those directions out without a word
        raise ValueError(
            "`z_train` must vary in every direction: more codes than units, none of them constant "
            f"or a mixture of others. Received: {len(z_train)} codes of {width} units that vary in "
            f"{rank} directions. Leave out the dead units, or use `knn_score`."
        )
    return np.sqrt(EmpiricalCovariance().fit(z_train).mahalanobis(z))


def knn_score(z_train, z, k=5):
    """Mean Euclidean distance of each code to its `k` nearest training codes: `(n,)`.

    A code that is itself among the training codes has itself as a neighbour, at distance 0: score
    held-out codes where scores are to be compared.

    Args:
        z_train: codes of normal images `(n_train, latent_dim)`.
        z: codes to be scored `(n, latent_dim)`.
        k: neighbours, from 1 to `n_train`.

    Raises:
        ValueError: the codes are no such arrays, or `k` is out of range.
    """
    z_train, z = _codes(z_train, z)
    if _validation.positive_int(k, "k") > len(z_train):
        raise ValueError(
            f"`k` must be at most the number of training codes, {len(z_train)}. Received: k={k!r}."
        )
    distances, _ = NearestNeighbors(n_neighbors=k).fit(z_train).kneighbors(z)
    return distances.mean(axis=1)


def elbo_score(model, x, n_samples=1, seed=0):
    """`-ELBO` of each image in nats, the average of `n_samples` draws of its code: `(n,)`.

    Args:
        model: a `VAE` trained on normal images with `losses.binary_crossentropy`.
        x: images `(n, height, width, channels)` in [0, 1].
        n_samples: draws for each image, >= 1.
        seed: of the draws, which are NumPy's and the same on every backend.

    Raises:
        ValueError: `model` has no distribution of codes, or another argument is out of range.
    """
    if not hasattr(model, "moments"):
        raise ValueError(
            "`model` must be a VAE, whose codes have a mean and a variance. Received: "
            f"{type(model).__name__}. Use `reconstruction_score` for it."
        )
    return evaluation.negative_elbo_per_image(model, x, n_samples, seed)


def threshold(scores, false_positive_rate):
    """The score that at most a share `false_positive_rate` of normal data exceeds, as a float.

    Args:
        scores: scores of normal data `(n,)` that the model was *not* trained on; training data
            scores too low, and the alarms would be more than planned.
        false_positive_rate: the share of normal data that may raise an alarm, in (0, 1).

    Raises:
        ValueError: `scores` is no vector of finite numbers, `false_positive_rate` is out of
            range, or there are too few scores to tell: a share of 0.001 needs 1,000 of them.
    """
    scores = np.asarray(scores)
    if scores.ndim != 1 or not scores.size:
        raise ValueError(
            "`scores` must be one number for each of at least one image, of shape (n,). "
            f"Received: scores.shape={scores.shape}."
        )
    scores = _validation.finite(scores, "scores")
    allowed = _validation.fraction(false_positive_rate, "false_positive_rate") * len(scores)
    allowed = int(allowed + 1e-9)  # 0.29 * 100 is a hair less than 29
    if not allowed:
        raise ValueError(
            "`scores` must hold at least 1 / false_positive_rate, here "
            f"{np.ceil(1 / false_positive_rate):.0f}, scores. "
            f"Received: {len(scores)} scores, false_positive_rate={false_positive_rate!r}. "
            "Score more normal data, or allow more alarms."
        )
    return float(np.sort(scores)[len(scores) - 1 - allowed])


def _codes(z_train, z):
    """Both as float64 `(n, latent_dim)`, of one width."""
    z_train, z = _validation.codes(z_train, "z_train"), _validation.codes(z, "z")
    if z_train.shape[1] != z.shape[1]:
        raise ValueError(
            "`z` must have as many units as `z_train`. "
            f"Received: {z.shape[1]} and {z_train.shape[1]}. Did one model make both?"
        )
    return z_train, z
