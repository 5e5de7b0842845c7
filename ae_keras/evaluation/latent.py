"""What a code is worth: probes, neighbours, clusters, and how much each unit tells."""

import keras
import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, mutual_info_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ae_keras import _validation
from ae_keras.evaluation._arrays import flatten


def encode(model, x, batch_size=512):
    """Codes `(n, latent_dim)` of `x` as a NumPy array."""
    h = _encoder_output(model, x, batch_size)
    if hasattr(model, "to_code"):  # a class of one's own may do without
        h = keras.ops.convert_to_numpy(model.to_code(h))
    return h


def decode(model, z, batch_size=512):
    """Images `(n, height, width, channels)` of codes `z`, `(n, latent_dim)`, as a NumPy array."""
    return model.decoder.predict(np.asarray(z, "float32"), batch_size=batch_size, verbose=0)


def _encoder_output(model, x, batch_size):
    return model.encoder.predict(_validation.images(x), batch_size=batch_size, verbose=0)


def posterior(model, x, batch_size=512):
    """Mean and log variance of the codes of `x` by a `VAE`, each `(n, latent_dim)`."""
    return model.moments(_encoder_output(model, x, batch_size).astype("float64"))


def kl_per_unit(z_mean, z_log_var):
    """Nats that each unit of the code tells about an image, on average: `(latent_dim,)`."""
    return gaussian_kl(z_mean, z_log_var).mean(axis=0)


def gaussian_kl(z_mean, z_log_var):
    """`losses.gaussian_kl` of NumPy arrays in 64 bits, before its sum: `(n, latent_dim)` nats."""
    return (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2


def active_units(z_mean, threshold=0.01):
    """How many units' means vary over the images by more than `threshold` (variance).

    Source: Burda et al. (2016), arXiv:1509.00519, section 5.
    """
    return int((np.var(z_mean, axis=0) > threshold).sum())


def probe_accuracy(z_train, labels_train, z_test, labels_test):
    """Share of test labels that a logistic regression on the codes gets right, in [0, 1]."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(probe.fit(flatten(z_train), labels_train).score(flatten(z_test), labels_test))


def knn_accuracy(z_train, labels_train, z_test, labels_test, k=5):
    """Share of test labels that a vote of the `k` nearest training codes gets right, in [0, 1]."""
    vote = KNeighborsClassifier(_validation.positive_int(k, "k"))
    return float(vote.fit(flatten(z_train), labels_train).score(flatten(z_test), labels_test))


def nearest(z, queries, k=5):
    """Rows of `z` closest to each query (Euclidean), nearest first: `(n_queries, k)`."""
    search = NearestNeighbors(n_neighbors=_validation.positive_int(k, "k")).fit(flatten(z))
    return search.kneighbors(flatten(queries), return_distance=False)


def cluster(z, n_clusters, seed=0):
    """The k-means cluster of each code, `(n,)` in `0..n_clusters-1`."""
    return KMeans(n_clusters, n_init=4, random_state=seed).fit_predict(flatten(z))


def cluster_agreement(clusters, labels):
    """Adjusted Rand index of clusters and labels: 1 the same grouping, about 0 chance."""
    return float(adjusted_rand_score(labels, clusters))


def perplexity(indices, num_embeddings):
    """How many of `num_embeddings` vectors are in use: `exp` of their frequencies' entropy."""
    share = np.bincount(np.ravel(indices), minlength=num_embeddings) / np.size(indices)
    return float(np.exp(-(share[share > 0] * np.log(share[share > 0])).sum()))


def mutual_information_gap(z, factors, n_bins=20):
    """How far each factor is told by one unit alone, averaged over the factors, in [0, 1].

    For each factor: the information of the unit that tells most about it, less that of the second,
    as a share of the factor's entropy. Codes are cut into bins of equal width.

    Args:
        z: codes `(n, latent_dim)`, at least two units.
        factors: true factors `(n, n_factors)`, whole numbers.

    Raises:
        ValueError: a single unit, unequal lengths, or a factor that never changes.

    Source: Chen et al. (2018), arXiv:1802.04942, section 4.1.
    """
    z, factors = np.asarray(z), np.asarray(factors)
    if z.ndim != 2 or z.shape[1] < 2:
        raise ValueError(f"`z` must hold codes of two or more units. Received: {z.shape}.")
    if factors.ndim != 2 or len(factors) != len(z):
        raise ValueError(
            "`factors` must be (n, n_factors), one row for each code. "
            f"Received: factors {factors.shape}, z {z.shape}."
        )
    if (factors == factors[:1]).all(axis=0).any():
        raise ValueError("`factors` must vary. Received: one that never changes.")
    edges = [np.linspace(unit.min(), unit.max(), n_bins + 1)[1:-1] for unit in z.T]
    binned = [np.digitize(unit, edge) for unit, edge in zip(z.T, edges, strict=True)]
    gaps = []
    for factor in factors.T:
        told = sorted(mutual_info_score(factor, unit) for unit in binned)
        gaps.append((told[-1] - told[-2]) / mutual_info_score(factor, factor))
    return float(np.mean(gaps))
