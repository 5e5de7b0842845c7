"""Anomaly scores, larger for stranger images, and the threshold above which to raise an alarm.

Scores need no labels; with labels, `sklearn.metrics.roc_auc_score` says how well a score ranks.
"""

import numpy as np
from sklearn.covariance import EmpiricalCovariance
from sklearn.neighbors import NearestNeighbors

from ae_keras import _validation, evaluation
from ae_keras.evaluation import _arrays


def reconstruction_score(model, x):
    """Squared error of the reconstruction of each image, summed over its pixels.

    Args:
        model: `Autoencoder` or a subclass, trained on normal images.
        x: float array `(n, height, width, channels)`, pixels in [0, 1].

    Returns:
        float64 array `(n,)`, >= 0.

    Raises:
        ValueError: `x` does not hold such images.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder
        >>> from ae_keras.evaluation import anomaly
        >>> encoder, decoder = DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,))
        >>> model = Autoencoder(encoder, decoder)
        >>> anomaly.reconstruction_score(model, np.zeros((3, 6, 6, 1))).shape
        (3,)
    """
    return evaluation.squared_error(x, evaluation.reconstruct(model, x))


def mahalanobis_score(z_train, z):
    """Mahalanobis distance of each code from the training codes: `sqrt((z - m)^T C^-1 (z - m))`.

    `m` is the mean of the training codes and `C` their covariance. The distance counts standard
    deviations: it is Euclidean in a space in which the training codes have variance 1 in every
    direction.

    Args:
        z_train: float array `(n_train, latent_dim)`, codes of normal images. They must vary in
            every direction, so that `C` can be inverted.
        z: float array `(n, latent_dim)`, the codes to score.

    Returns:
        float64 array `(n,)` in standard deviations, >= 0.

    Raises:
        ValueError: `z_train` or `z` is not such an array of finite numbers, their widths
            differ, or `C` cannot be inverted.

    Source: Mahalanobis (1936); `sklearn.covariance.EmpiricalCovariance`.

    Example:
        >>> from ae_keras.evaluation import anomaly
        >>> z_train = [[1, 0], [-1, 0], [0, 2], [0, -2]]
        >>> anomaly.mahalanobis_score(z_train, [[2, 0], [0, 2]]).round(2).tolist()
        [2.83, 1.41]
    """
    z_train, z = _codes(z_train, z)
    width = z_train.shape[1]
    rank = np.linalg.matrix_rank(np.cov(z_train.T, ddof=0).reshape(width, width), hermitian=True)
    # Without this check, scikit-learn would silently ignore the directions that do not vary.
    if rank < width:
        raise ValueError(
            "`z_train` must vary in every direction: more codes than units, none of them constant "
            f"or a mixture of others. Received: {len(z_train)} codes of {width} units that vary in "
            f"{rank} directions. Leave out the dead units, or use `knn_score`."
        )
    return np.sqrt(EmpiricalCovariance().fit(z_train).mahalanobis(z))


def knn_score(z_train, z, k=5):
    """Mean Euclidean distance of each code to its `k` nearest training codes.

    Do not score `z_train` itself: a training code is its own nearest neighbour, at distance 0, so
    its score is too small.

    Args:
        z_train: float array `(n_train, latent_dim)`, codes of normal images.
        z: float array `(n, latent_dim)`, the codes to score.
        k: int, neighbours, from 1 to `n_train`. Defaults to 5.

    Returns:
        float64 array `(n,)` in the unit of the codes, >= 0.

    Raises:
        ValueError: `z_train` or `z` is not such an array of finite numbers, their widths
            differ, or `k` is out of range.

    Example:
        >>> from ae_keras.evaluation import anomaly
        >>> anomaly.knn_score([[0.0], [1.0], [2.0]], [[0.5], [9.0]], k=2).tolist()
        [0.5, 7.5]
    """
    z_train, z = _codes(z_train, z)
    if _validation.positive_int(k, "k") > len(z_train):
        raise ValueError(
            f"`k` must be at most the number of training codes, {len(z_train)}. Received: k={k!r}."
        )
    distances, _ = NearestNeighbors(n_neighbors=k).fit(z_train).kneighbors(z)
    return distances.mean(axis=1)


def elbo_score(model, x, n_samples=1, seed=0):
    """Negative ELBO of each image, larger for anomalies: a mean over draws of its code.

    NumPy draws the codes, so that they are the same on every backend.

    Args:
        model: `VAE` or `IWAE`, trained on normal images with Bernoulli pixels
            (`losses.binary_crossentropy`).
        x: float array `(n, height, width, channels)`, pixels in [0, 1].
        n_samples: int, codes drawn for each image, >= 1. Defaults to 1.
        seed: int, seed of the draws, in [0, 2**32). Defaults to 0.

    Returns:
        float64 array `(n,)` in nats.

    Raises:
        ValueError: `model` is no `VAE` or `IWAE`, `x` does not hold such images, or
            `n_samples` or `seed` is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VAE, DenseDecoder, DenseEncoder
        >>> from ae_keras.evaluation import anomaly
        >>> model = VAE(DenseEncoder(4, hidden=(8,)), DenseDecoder((6, 6, 1), hidden=(8,)))
        >>> anomaly.elbo_score(model, np.zeros((3, 6, 6, 1))).shape
        (3,)
    """
    if not hasattr(model, "moments"):
        raise ValueError(
            "`model` must be a VAE or IWAE, whose codes have a mean and a variance. Received: "
            f"model={type(model).__name__}. Use `reconstruction_score` for it."
        )
    return evaluation.negative_elbo_per_image(model, x, n_samples, seed)


def threshold(scores, false_positive_rate):
    """Threshold for a false-positive rate: at most this fraction of `scores` lies above it.

    It is the lowest of the scores for which that holds. An image raises an alarm if its score is
    greater.

    Args:
        scores: float array `(n,)`, scores of normal images that the model was *not* trained on.
            Training images score too low, and would give more false alarms than planned.
        false_positive_rate: float, the fraction of normal images that may raise an alarm, in
            (0, 1).

    Returns:
        float, one of `scores`.

    Raises:
        ValueError: `scores` is not a vector of finite numbers, `false_positive_rate` is out of
            range, or there are too few scores: a rate of 0.001 needs at least 1,000.

    Example:
        >>> import numpy as np
        >>> from ae_keras.evaluation import anomaly
        >>> scores = np.arange(100)
        >>> line = anomaly.threshold(scores, false_positive_rate=0.05)
        >>> line, int((scores > line).sum())
        (94.0, 5)
    """
    scores = _arrays.to_numpy(scores, "scores")
    if scores.ndim != 1 or not scores.size:
        raise ValueError(
            "`scores` must be one number for each of at least one image, of shape (n,). "
            f"Received: scores.shape={scores.shape}."
        )
    scores = _validation.finite(scores, "scores")
    allowed = _validation.fraction(false_positive_rate, "false_positive_rate") * len(scores)
    # Rounding can push a product below a whole number: 0.29 * 100 is slightly less than 29.
    allowed = int(allowed + 1e-9)
    if not allowed:
        raise ValueError(
            "`scores` must hold at least 1 / false_positive_rate, here "
            f"{np.ceil(1 / false_positive_rate):.0f}, scores. "
            f"Received: {len(scores)} scores, false_positive_rate={false_positive_rate!r}. "
            "Score more normal data, or allow more alarms."
        )
    return float(np.sort(scores)[len(scores) - 1 - allowed])


def _codes(z_train, z):
    """Both arrays as float64 `(n, latent_dim)`, after a check that they have the same width."""
    z_train, z = _arrays.codes(z_train, "z_train"), _arrays.codes(z)
    if z_train.shape[1] != z.shape[1]:
        raise ValueError(
            "`z` must have as many units as `z_train`. "
            f"Received: {z.shape[1]} and {z_train.shape[1]}. Did one model make both?"
        )
    return z_train, z
