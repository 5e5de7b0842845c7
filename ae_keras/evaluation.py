"""Numbers from arrays: errors with their yardsticks, and what a code is worth. Nothing is drawn."""

import keras
import numpy as np
from scipy.special import logsumexp
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, mutual_info_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ae_keras import validation


def reconstruct(model, x, batch_size=512):
    """Reconstructions of `x` as a NumPy array of the same shape, without training-time noise."""
    return model.predict(validation.images(x), batch_size=batch_size, verbose=0)


def encode(model, x, batch_size=512):
    """Codes `(n, latent_dim)` of `x` as a NumPy array."""
    h = _encoder_output(model, x, batch_size)
    if hasattr(model, "to_code"):  # a class of one's own may do without
        h = keras.ops.convert_to_numpy(model.to_code(h))
    return h


def decode(model, z, batch_size=512):
    """Images `(n, height, width, channels)` of codes `z`, `(n, latent_dim)`, as a NumPy array."""
    return model.decoder.predict(np.asarray(z, "float32"), batch_size=batch_size, verbose=0)


def squared_error(x, x_hat):
    """Squared error of each image, summed over its pixels: `(n,)`."""
    x, x_hat = np.asarray(x, "float64"), np.asarray(x_hat, "float64")
    _check_same_shape(x, x_hat)
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
    return float(_crossentropy(x, x, least=1e-12).mean())


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
    x, x_hat = validation.images(x), validation.images(x_hat, "x_hat")
    _check_same_shape(x, x_hat)
    return zip(x, x_hat, strict=True)


def _check_same_shape(x, x_hat):
    if x.shape != x_hat.shape:
        raise ValueError(
            f"`x_hat` must have the shape of `x`. Received: x {x.shape}, x_hat {x_hat.shape}."
        )


def posterior(model, x, batch_size=512):
    """Mean and log variance of the codes of `x` by a `VAE`, each `(n, latent_dim)`."""
    return model.moments(_encoder_output(model, x, batch_size).astype("float64"))


def _encoder_output(model, x, batch_size):
    return model.encoder.predict(validation.images(x), batch_size=batch_size, verbose=0)


def kl_per_unit(z_mean, z_log_var):
    """Nats that each unit of the code tells about an image, on average: `(latent_dim,)`."""
    return _kl(z_mean, z_log_var).mean(axis=0)


def _kl(z_mean, z_log_var):
    return (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2


def negative_elbo(model, x, n_samples=1, seed=0):
    """`-ELBO` of Bernoulli pixels in nats per image: the mean of `negative_elbo_per_image`."""
    return float(negative_elbo_per_image(model, x, n_samples, seed).mean())


def negative_elbo_per_image(model, x, n_samples=1, seed=0):
    """`-ELBO` of Bernoulli pixels in nats, with codes drawn `n_samples` times: `(n,)`.

    The draws are NumPy's, the same on every backend; the KL term is exact.
    """
    z_mean, z_log_var = posterior(model, x)
    draws = _draws(seed, n_samples, z_mean, z_log_var)
    distortion = sum(_crossentropy(x, decode(model, z)) for _, z in draws) / n_samples
    return distortion + _kl(z_mean, z_log_var).sum(axis=1)


def log_likelihood(model, x, n_samples=100, seed=0):
    """Importance-sampled `log p(x)` of Bernoulli pixels, in nats, for each image: `(n,)`.

    `log 1/k sum_i p(x, z_i) / q(z_i|x)`: a lower bound that tightens as `n_samples`, `k`, grows.

    Source: Burda et al. (2016), arXiv:1509.00519, section 5.
    """
    z_mean, z_log_var = posterior(model, x)
    log_weights = []
    for epsilon, z in _draws(seed, n_samples, z_mean, z_log_var):
        log_prior_to_posterior = (epsilon**2 + z_log_var - z**2).sum(axis=1) / 2
        log_weights.append(log_prior_to_posterior - _crossentropy(x, decode(model, z)))
    return logsumexp(log_weights, axis=0) - np.log(n_samples)


def _draws(seed, n_samples, z_mean, z_log_var):
    """Pairs of noise and the codes made of it."""
    rng = np.random.default_rng(validation.seed(seed))
    for _ in range(validation.positive_int(n_samples, "n_samples")):
        epsilon = rng.normal(size=z_mean.shape)
        yield epsilon, z_mean + np.exp(z_log_var / 2) * epsilon


def _crossentropy(x, x_hat, least=1e-7):
    x, x_hat = _flat(x).astype("float64"), _flat(x_hat).astype("float64")
    x_hat = np.clip(x_hat, least, 1 - least)
    return -(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat)).sum(axis=1)


def active_units(z_mean, threshold=0.01):
    """How many units' means vary over the images by more than `threshold` (variance).

    Source: Burda et al. (2016), arXiv:1509.00519, section 5.
    """
    return int((np.var(z_mean, axis=0) > threshold).sum())


def perplexity(indices, n_codes):
    """How many of `n_codes` codes are in use: `exp` of the entropy of how often each occurs."""
    share = np.bincount(np.ravel(indices), minlength=n_codes) / np.size(indices)
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


def _flat(x):
    return np.asarray(x).reshape(len(x), -1)
