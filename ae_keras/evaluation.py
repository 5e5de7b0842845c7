"""Numbers from arrays: errors with their yardsticks, and what a code is worth. Nothing is drawn."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ae_keras import validation


def reconstruct(model, x, batch_size=512):
    """Reconstructions of `x` as a NumPy array of the same shape, without training-time noise."""
    return model.predict(validation.images(x), batch_size=batch_size, verbose=0)


def encode(model, x, batch_size=512):
    """Codes `(n, latent_dim)` of `x` as a NumPy array."""
    return model.encoder.predict(validation.images(x), batch_size=batch_size, verbose=0)


def decode(model, z, batch_size=512):
    """Images `(n, height, width, channels)` of codes `z`, `(n, latent_dim)`, as a NumPy array."""
    return model.decoder.predict(np.asarray(z, "float32"), batch_size=batch_size, verbose=0)


def squared_error(x, x_hat):
    """Squared error of each image, summed over its pixels: `(n,)`."""
    x, x_hat = np.asarray(x, "float64"), np.asarray(x_hat, "float64")
    if x.shape != x_hat.shape:
        raise ValueError(
            f"`x_hat` must have the shape of `x`. Received: x {x.shape}, x_hat {x_hat.shape}."
        )
    return np.sum((x - x_hat) ** 2, axis=tuple(range(1, x.ndim)))


def mean_image_error(x_train, x):
    """Squared error per image if every image of `x` is "reconstructed" as the training mean.

    The yardstick below which a model has learned anything at all.
    """
    mean = validation.images(x_train, "x_train").mean(axis=0, keepdims=True, dtype="float64")
    return float(squared_error(x, np.broadcast_to(mean, x.shape)).mean())


def fit_pca(x_train, latent_dim):
    """scikit-learn's PCA of the flattened training images, with `latent_dim` components."""
    latent_dim = validation.positive_int(latent_dim, "latent_dim")
    flat = _flat(validation.images(x_train, "x_train"))
    if latent_dim > min(flat.shape):
        raise ValueError(
            f"`latent_dim` must be at most {min(flat.shape)} for training images of shape "
            f"{x_train.shape}. Received: latent_dim={latent_dim}."
        )
    return PCA(latent_dim, svd_solver="covariance_eigh").fit(flat)


def pca_reconstruct(pca, x):
    """`x` through a fitted PCA and back: the best a linear encoder and decoder can do."""
    return pca.inverse_transform(pca.transform(_flat(x))).reshape(x.shape)


def pca_error(x_train, x, latent_dim):
    """Squared error per image of PCA with `latent_dim` components: the linear yardstick."""
    return float(squared_error(x, pca_reconstruct(fit_pca(x_train, latent_dim), x)).mean())


def crossentropy_floor(x):
    """Nats per image that no reconstruction can go below: the entropy of the grey pixels of `x`."""
    x = np.asarray(x, "float64")
    inside = np.clip(x, 1e-12, 1 - 1e-12)
    entropy = -(x * np.log(inside) + (1 - x) * np.log(1 - inside))
    return float(entropy.sum(axis=tuple(range(1, x.ndim))).mean())


def probe_accuracy(z_train, labels_train, z_test, labels_test):
    """Share of test labels that a logistic regression on the codes gets right, in [0, 1]."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(probe.fit(_flat(z_train), labels_train).score(_flat(z_test), labels_test))


def neighbour_accuracy(z_train, labels_train, z_test, labels_test, k=5):
    """Share of test labels that a vote of the `k` nearest training codes gets right, in [0, 1]."""
    vote = KNeighborsClassifier(validation.positive_int(k, "k"))
    return float(vote.fit(_flat(z_train), labels_train).score(_flat(z_test), labels_test))


def nearest(z, queries, k=5):
    """Rows of `z` closest to each query (Euclidean), nearest first: `(n_queries, k)`."""
    search = NearestNeighbors(n_neighbors=validation.positive_int(k, "k")).fit(_flat(z))
    return search.kneighbors(_flat(queries), return_distance=False)


def cluster(z, n_clusters, seed=0):
    """The k-means cluster of each code, `(n,)` in `0..n_clusters-1`."""
    return KMeans(n_clusters, n_init=4, random_state=seed).fit_predict(_flat(z))


def cluster_agreement(clusters, labels):
    """Adjusted Rand index of clusters and labels: 1 the same grouping, about 0 chance."""
    return float(adjusted_rand_score(labels, clusters))


def _flat(x):
    return np.asarray(x).reshape(len(x), -1)
