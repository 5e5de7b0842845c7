"""What a code is worth: probes, neighbours, clusters, and the information in each unit."""

import keras
import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, mutual_info_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ae_keras import _validation
from ae_keras.evaluation import _arrays

# Codes drawn for each image by mutual_information_gap: with one, a unit of pure noise seems to
# carry about 2 % of a factor of 14 values (3,000 images, 20 bins).
_DRAWS = 10


def encode(model, x, batch_size=512):
    """Encode images in batches: `z = model.to_code(model.encoder(x))`.

    Of `VAE` and `IWAE` the code is the mean of its distribution, of `VQVAE` the codebook vectors.

    Args:
        model: `Autoencoder` or a subclass, or any other object with a Keras model `encoder`;
            without a method `to_code`, the encoder's output is the code.
        x: float array or tensor `(n, height, width, channels)`, pixels in [0, 1].
        batch_size: int, images encoded together, >= 1. Defaults to 512.

    Returns:
        float32 NumPy array `(n, latent_dim)`, whatever the precision of the model.

    Raises:
        ValueError: `model` has no encoder, `x` does not hold images that fit it, or `batch_size` is
            out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, evaluation
        >>> encoder, decoder = DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,))
        >>> model = Autoencoder(encoder, decoder)
        >>> evaluation.encode(model, np.zeros((3, 6, 6, 1))).shape
        (3, 2)
    """
    h = _encoder_output(model, x, batch_size)
    # A model of the user's own may have an encoder and a decoder, but no method `to_code`.
    if hasattr(model, "to_code"):
        h = keras.ops.convert_to_numpy(model.to_code(h)).astype("float32")
    return h


def decode(model, z, batch_size=512):
    """Decode codes in batches: `x_hat = model.decoder(z)`.

    Args:
        model: `Autoencoder` or a subclass, or any other object with a Keras model `decoder`.
        z: array or tensor `(n, ...)`, n >= 1, finite: the codes.
        batch_size: int, codes decoded together, >= 1. Defaults to 512.

    Returns:
        float32 NumPy array `(n, height, width, channels)`, whatever the precision of the model.

    Raises:
        ValueError: `model` has no decoder, `z` does not hold codes of the width that the decoder
            was built for, or `batch_size` is out of range.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, evaluation
        >>> encoder, decoder = DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,))
        >>> model = Autoencoder(encoder, decoder)
        >>> evaluation.decode(model, np.zeros((5, 2))).shape
        (5, 6, 6, 1)
    """
    decoder, z = _arrays.part(model, "decoder"), _arrays.to_numpy(z, "z")
    z = _arrays.rows(z, "z").astype("float32").reshape(z.shape)
    _validation.positive_int(batch_size, "batch_size")
    try:
        return _arrays.predict(decoder, z, batch_size)
    except ValueError as error:
        raise ValueError(
            f"`z` must hold codes that the decoder of `model` reads. Received: z.shape={z.shape}. "
            f"The decoder says: {error}"
        ) from error


def _encoder_output(model, x, batch_size):
    encoder, x = _arrays.part(model, "encoder"), _arrays.images(x)
    if getattr(model, "image_shape", None):
        _validation.image_tensor(x, model.image_shape)
    return _arrays.predict(encoder, x, batch_size)


def posterior(model, x, batch_size=512):
    """Mean and log variance of `q(z|x)`, the distribution of the code of each image.

    Args:
        model: `VAE` or `IWAE`.
        x, batch_size: as for `encode`.

    Returns:
        z_mean: float64 array `(n, latent_dim)`.
        z_log_var: float64 array `(n, latent_dim)`, the natural logarithm of the variances.

    Raises:
        ValueError: `model` is no `VAE` or `IWAE`, or as for `encode`.

    Example:
        >>> import numpy as np
        >>> from ae_keras import VAE, DenseDecoder, DenseEncoder, evaluation
        >>> model = VAE(DenseEncoder(4, hidden=(8,)), DenseDecoder((6, 6, 1), hidden=(8,)))
        >>> x = np.random.default_rng(0).random((3, 6, 6, 1))
        >>> z_mean, z_log_var = evaluation.posterior(model, x)
        >>> z_mean.shape, z_log_var.shape
        ((3, 2), (3, 2))
    """
    if not hasattr(model, "moments"):
        raise ValueError(
            "`model` must be a VAE or IWAE, whose codes have a mean and a variance. Received: "
            f"model={type(model).__name__}. Use `encode` for the codes of another model."
        )
    moments = model.moments(_encoder_output(model, x, batch_size).astype("float64"))
    z_mean, z_log_var = (_arrays.to_numpy(moment, "moments") for moment in moments)
    return z_mean, z_log_var


def kl_per_unit(z_mean, z_log_var):
    """KL divergence of each unit's code distribution from `N(0, 1)`, averaged over the images.

    It is what the unit contributes to the KL term of the ELBO; a unit near 0 carries almost no
    information about the image.

    Args:
        z_mean, z_log_var: float arrays `(n, latent_dim)`, n >= 1, finite, as `posterior` returns
            them.

    Returns:
        float64 array `(latent_dim,)` in nats, >= 0.

    Raises:
        ValueError: `z_mean` or `z_log_var` is not such an array, or their shapes differ.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> z_mean = np.array([[1.0, 0.0], [-1.0, 0.0]])
        >>> evaluation.kl_per_unit(z_mean, np.zeros((2, 2))).tolist()
        [0.5, 0.0]
    """
    z_mean, z_log_var = _arrays.codes(z_mean, "z_mean"), _arrays.codes(z_log_var, "z_log_var")
    _same_shape(z_log_var, z_mean, "z_mean")
    return _arrays.kl_of_units(z_mean, z_log_var).mean(axis=0)


def active_units(z_mean, threshold=0.01):
    """Number of units whose mean varies over the images: `Var_x(E[z|x]) > threshold`.

    The other units are collapsed: they encode every image alike.

    Args:
        z_mean: float array `(n, latent_dim)`, n >= 1, finite: the means that `posterior` returns.
        threshold: float, the variance that a unit must exceed, >= 0. Defaults to 0.01.

    Returns:
        int, from 0 to `latent_dim`.

    Raises:
        ValueError: `z_mean` is not such an array, or `threshold` is negative.

    Source: Burda et al. (2016), arXiv:1509.00519, section 5.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> evaluation.active_units(np.array([[1.0, 0.3], [-1.0, 0.31]]))
        1
    """
    threshold = _validation.not_negative(threshold, "threshold")
    return int((np.var(_arrays.codes(z_mean, "z_mean"), axis=0) > threshold).sum())


def probe_accuracy(z_train, labels_train, z_test, labels_test):
    """Accuracy of a linear probe: a logistic regression from standardised codes to labels.

    Args:
        z_train: array `(n_train, ...)`, finite codes; every axis after the first is flattened.
        labels_train: array of integers or words `(n_train,)`, at least two classes.
        z_test: array `(n_test, ...)`, codes of the same model.
        labels_test: array of integers or words `(n_test,)`.

    Returns:
        float in [0, 1], the fraction of test labels that the probe predicts correctly.

    Raises:
        ValueError: codes and labels differ in number, training and test codes in width, codes are
            not finite, or there is only one class to learn.

    Example:
        >>> from ae_keras import evaluation
        >>> z_train, labels_train = [[0.0], [0.1], [1.0], [1.1]], [0, 0, 1, 1]
        >>> evaluation.probe_accuracy(z_train, labels_train, [[0.2], [0.9]], [0, 1])
        1.0
    """
    z_train, labels_train, z_test, labels_test = _labelled(
        z_train, labels_train, z_test, labels_test
    )
    if len(np.unique(labels_train)) < 2:
        raise ValueError(
            "`labels_train` must hold two or more classes. "
            f"Received: {labels_train[0]!r} for all {len(labels_train)} codes."
        )
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(probe.fit(z_train, labels_train).score(z_test, labels_test))


def knn_accuracy(z_train, labels_train, z_test, labels_test, k=5):
    """Accuracy of k-nearest neighbours: a vote of the `k` nearest training codes (Euclidean).

    Args:
        z_train, labels_train, z_test, labels_test: as for `probe_accuracy`.
        k: int, neighbours that vote, from 1 to `n_train`. Defaults to 5.

    Returns:
        float in [0, 1], the fraction of test labels that the vote predicts correctly.

    Raises:
        ValueError: `k` is out of range, codes and labels differ in number, training and test codes
            in width, or codes are not finite.

    Example:
        >>> from ae_keras import evaluation
        >>> z_train, labels_train = [[0.0], [0.1], [1.0], [1.1]], [0, 0, 1, 1]
        >>> evaluation.knn_accuracy(z_train, labels_train, [[0.2], [0.9]], [0, 0], k=1)
        0.5
    """
    z_train, labels_train, z_test, labels_test = _labelled(
        z_train, labels_train, z_test, labels_test
    )
    vote = KNeighborsClassifier(_at_most(k, "k", len(z_train)))
    return float(vote.fit(z_train, labels_train).score(z_test, labels_test))


def nearest(z, queries, k=5):
    """Row numbers of the `k` codes nearest to each query (Euclidean), the nearest first.

    Args:
        z: array `(n, ...)`, the finite codes to search; every axis after the first is flattened.
        queries: array `(n_queries, ...)`, codes of the same width.
        k: int, neighbours for each query, from 1 to `n`. Defaults to 5.

    Returns:
        int array `(n_queries, k)`, rows of `z`.

    Raises:
        ValueError: `k` is out of range, `z` or `queries` does not hold such codes, or their widths
            differ.

    Example:
        >>> from ae_keras import evaluation
        >>> evaluation.nearest([[0.0], [1.0], [5.0]], queries=[[4.0]], k=2).tolist()
        [[2, 1]]
    """
    z, queries = _arrays.row_pair(z, queries, ("z", "queries"))
    search = NearestNeighbors(n_neighbors=_at_most(k, "k", len(z))).fit(z)
    return search.kneighbors(queries, return_distance=False)


def cluster(z, n_clusters, seed=0):
    """Assign each code to one of `n_clusters` clusters by k-means, the best of four starts.

    Args:
        z: array `(n, ...)`, finite codes; every axis after the first is flattened.
        n_clusters: int, clusters to form, from 1 to `n`.
        seed: int, seed of the starts, in [0, 2**32). Defaults to 0.

    Returns:
        int array `(n,)`, the cluster of each code in 0..n_clusters-1, numbered arbitrarily.

    Raises:
        ValueError: `n_clusters` or `seed` is out of range, or the codes are not finite.

    Example:
        >>> from ae_keras import evaluation
        >>> clusters = evaluation.cluster([[0.0], [0.1], [5.0], [5.1]], n_clusters=2)
        >>> bool(clusters[0] == clusters[1] != clusters[2] == clusters[3])
        True
    """
    z, seed = _arrays.rows(z, "z"), _validation.seed(seed)
    n_clusters = _at_most(n_clusters, "n_clusters", len(z))
    return KMeans(n_clusters, n_init=4, random_state=seed).fit_predict(z)


def cluster_agreement(clusters, labels):
    """Adjusted Rand index of clusters and labels: 1 for the same grouping, about 0 for chance.

    How the clusters are numbered makes no difference.

    Args:
        clusters: int array `(n,)`, n >= 1, as `cluster` returns it.
        labels: array of integers or words `(n,)`.

    Returns:
        float in [-0.5, 1].

    Raises:
        ValueError: `clusters` or `labels` holds something else, or they differ in length.

    Example:
        >>> from ae_keras import evaluation
        >>> evaluation.cluster_agreement([1, 1, 0, 0], [0, 0, 1, 1])
        1.0
    """
    labels = _arrays.labels(labels, "labels", np.size(_arrays.to_numpy(labels, "labels")))
    return float(adjusted_rand_score(labels, _arrays.labels(clusters, "clusters", len(labels))))


def perplexity(indices, num_embeddings):
    """Effective number of codebook vectors in use: `exp` of the entropy of their frequencies.

    It is 1 if a single vector is used and `num_embeddings` if all are used equally often.

    Args:
        indices: int array or tensor of any shape, not empty, as `VQVAE.indices` returns it, in
            0..num_embeddings-1.
        num_embeddings: int, vectors in the codebook, >= 1.

    Returns:
        float in [1, num_embeddings].

    Raises:
        ValueError: `indices` holds something else, or `num_embeddings` is out of range.

    Example:
        >>> from ae_keras import evaluation
        >>> round(evaluation.perplexity([[0, 5], [5, 0]], num_embeddings=8), 3)
        2.0
    """
    num_embeddings = _validation.positive_int(num_embeddings, "num_embeddings")
    indices = np.ravel(_arrays.to_numpy(indices, "indices"))
    if not indices.size or indices.dtype.kind not in "iu":
        raise ValueError(
            "`indices` must hold at least one integer. "
            f"Received: {indices.size} values, indices.dtype={indices.dtype}."
        )
    if indices.min() < 0 or indices.max() >= num_embeddings:
        raise ValueError(
            f"`indices` must lie in 0..num_embeddings-1. Received: {indices.min()} to "
            f"{indices.max()}, num_embeddings={num_embeddings}."
        )
    share = np.bincount(indices) / indices.size
    return float(np.exp(-(share[share > 0] * np.log(share[share > 0])).sum()))


def mutual_information_gap(z, factors, n_bins=20, *, z_log_var=None, seed=0):
    """Mutual information gap: how far a single unit alone encodes each factor of the data.

    For each factor `v`, `(I(z_1; v) - I(z_2; v)) / H(v)`, where `z_1` and `z_2` are the two units
    with the largest mutual information; then the mean over the factors. For the estimate, the range
    of each unit is cut into bins of equal width.

    The code of a VAE is a distribution. Give its log variances as well, and ten codes are drawn for
    each image, so that a unit whose mean moves less than its noise carries little information.
    Without them, any movement of the mean counts, however small.

    Args:
        z: float array `(n, latent_dim)`, finite codes of at least two units, or the means that
            `posterior` returns.
        factors: array of integers or words `(n, n_factors)`, the true factors of each image, such
            as its shape and position; each must vary.
        n_bins: int, bins for each unit, >= 2. Defaults to 20.
        z_log_var: float array of the shape of `z`, the log variances of the codes, as `posterior`
            returns them, or None (the default) for codes that are points.
        seed: int, seed of the draws, in [0, 2**32). Defaults to 0.

    Returns:
        float in [0, 1]; 1 if each factor is encoded by a single unit.

    Raises:
        ValueError: `z` or `z_log_var` does not hold such codes, their shapes differ, `factors` has
            another number of rows than `z`, a factor never changes, or `n_bins` or `seed` is out of
            range.

    Source: Chen et al. (2018), arXiv:1802.04942, section 4.1.

    Example:
        >>> import numpy as np
        >>> from ae_keras import evaluation
        >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> round(evaluation.mutual_information_gap(3.0 * factors, factors), 3)
        1.0
        >>> wide = np.full((4, 2), 10.0)  # a variance of e^10: noise hides the means
        >>> evaluation.mutual_information_gap(3.0 * factors, factors, z_log_var=wide) < 0.5
        True
    """
    z, seed = _arrays.codes(z), _validation.seed(seed)
    if z.shape[1] < 2:
        raise ValueError(f"`z` must hold codes of two or more units. Received: z.shape={z.shape}.")
    factors = _arrays.factors(factors, "factors", len(z))
    if _validation.positive_int(n_bins, "n_bins") < 2:
        raise ValueError(f"`n_bins` must be at least 2. Received: n_bins={n_bins!r}.")
    if (factors == factors[:1]).all(axis=0).any():
        raise ValueError("`factors` must vary. Received: one that never changes.")
    if z_log_var is not None:
        z, factors = _drawn(z, z_log_var, seed), np.repeat(factors, _DRAWS, axis=0)
    edges = [np.linspace(unit.min(), unit.max(), n_bins + 1)[1:-1] for unit in z.T]
    binned = [np.digitize(unit, edge) for unit, edge in zip(z.T, edges, strict=True)]
    gaps = []
    for factor in factors.T:
        known = sorted(mutual_info_score(factor, unit) for unit in binned)
        gaps.append((known[-1] - known[-2]) / mutual_info_score(factor, factor))
    return float(np.mean(gaps))


def _drawn(z_mean, z_log_var, seed):
    """Draw codes from `q(z|x)`, `_DRAWS` for each image, one image after the other."""
    z_log_var = _arrays.codes(z_log_var, "z_log_var")
    _same_shape(z_log_var, z_mean, "z")
    z_mean, z_log_var = (np.repeat(moment, _DRAWS, axis=0) for moment in (z_mean, z_log_var))
    epsilon = np.random.default_rng(seed).normal(size=z_mean.shape)
    return z_mean + np.exp(z_log_var / 2) * epsilon


def _same_shape(z_log_var, z_mean, name):
    if z_mean.shape != z_log_var.shape:
        raise ValueError(
            f"`z_log_var` must have the shape of `{name}`. "
            f"Received: z_log_var {z_log_var.shape}, {name} {z_mean.shape}."
        )


def _labelled(z_train, labels_train, z_test, labels_test):
    """The arguments of a classifier, checked."""
    z_train, z_test = _arrays.row_pair(z_train, z_test, ("z_train", "z_test"))
    labels_train = _arrays.labels(labels_train, "labels_train", len(z_train))
    return z_train, labels_train, z_test, _arrays.labels(labels_test, "labels_test", len(z_test))


def _at_most(value, name, n):
    if _validation.positive_int(value, name) > n:
        raise ValueError(
            f"`{name}` must be at most the number of codes, {n}. Received: {name}={value!r}."
        )
    return int(value)
