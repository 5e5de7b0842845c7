"""anomaly.py, against answers worked out another way, and against bad input."""

import math

import keras
import numpy as np
import pytest
from scipy.spatial.distance import cdist, mahalanobis

from ae_keras import VAE, backend, evaluation
from ae_keras.evaluation import anomaly
from contract import images, output, parts, says, tiny

SHAPE = (7, 5, 1)
X = images(12, SHAPE)


@pytest.fixture
def vae():
    return backend.seed_weights(VAE(*parts(6, SHAPE)), 0)


@pytest.fixture
def codes(rng):
    """Correlated training codes of unequal scales, and others to be scored."""
    mixing = np.array([[2.0, 0.0, 0.1], [1.5, 0.3, 0.0], [0.0, 0.2, 5.0]])
    return rng.normal(size=(80, 3)) @ mixing + [1, -2, 30], rng.normal(size=(9, 3)) * 4


# Scores ------------------------------------------------------------------------------------------


def test_reconstruction_score_is_the_squared_error_of_each_image():
    model = tiny()
    expected = ((X - output(model, X)) ** 2).reshape(len(X), -1).sum(axis=1)
    np.testing.assert_allclose(anomaly.reconstruction_score(model, X), expected, rtol=1e-5)


def test_mahalanobis_score_is_the_distance_of_the_definition(codes):
    z_train, z = codes
    inverse = np.linalg.inv(np.cov(z_train.T, ddof=0))
    expected = [mahalanobis(each, z_train.mean(axis=0), inverse) for each in z]
    np.testing.assert_allclose(anomaly.mahalanobis_score(z_train, z), expected)


def test_mahalanobis_score_cares_not_how_codes_are_scaled_or_mixed(codes, rng):
    z_train, z = codes
    mixed = rng.normal(size=(3, 3)) * 100
    found = anomaly.mahalanobis_score(z_train @ mixed + 7, z @ mixed + 7)
    np.testing.assert_allclose(found, anomaly.mahalanobis_score(z_train, z), rtol=1e-6)


def test_mahalanobis_score_of_training_codes_has_the_mean_square_of_their_width(codes):
    z_train, _ = codes
    assert np.mean(anomaly.mahalanobis_score(z_train, z_train) ** 2) == pytest.approx(3)


@pytest.mark.parametrize("k", [1, 4, 80])
def test_neighbour_score_is_the_mean_of_the_smallest_distances(codes, k):
    z_train, z = codes
    expected = np.sort(cdist(z, z_train), axis=1)[:, :k].mean(axis=1)
    np.testing.assert_allclose(anomaly.knn_score(z_train, z, k), expected)


def test_a_training_code_is_its_own_neighbour(codes):
    z_train, _ = codes
    np.testing.assert_array_equal(anomaly.knn_score(z_train, z_train, k=1), 0)


def test_a_hole_in_the_middle_is_seen_by_neighbours_alone(rng):
    angle = rng.uniform(0, 2 * np.pi, 200)
    ring = 10 * np.column_stack([np.cos(angle), np.sin(angle)])
    z = np.array([[0.0, 0.0], [10.0, 0.0]])  # in the hole, on the ring
    hole, on_ring = anomaly.mahalanobis_score(ring, z)
    assert hole < 0.3 < on_ring
    hole, on_ring = anomaly.knn_score(ring, z)
    assert on_ring < 1 < 9 < hole


def test_elbo_score_is_distortion_and_rate_of_each_image(vae):
    z_mean, z_log_var = evaluation.posterior(vae, X)
    rng = np.random.default_rng(5)
    rate = (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1) / 2
    distortion = []
    for _ in range(3):
        z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape)
        x_hat = keras.ops.convert_to_numpy(vae.decode(z.astype("float32"))).astype("float64")
        nats = X * np.log(x_hat) + (1 - X) * np.log(1 - x_hat)
        distortion.append(-nats.reshape(len(X), -1).sum(axis=1))
    found = anomaly.elbo_score(vae, X, n_samples=3, seed=5)
    assert found.shape == (len(X),)
    np.testing.assert_allclose(found, np.mean(distortion, axis=0) + rate, rtol=1e-5)


def test_the_mean_of_the_elbo_scores_is_the_negative_elbo(vae):
    for settings in ({}, {"n_samples": 4, "seed": 9}):
        found = anomaly.elbo_score(vae, X, **settings).mean()
        assert found == pytest.approx(evaluation.negative_elbo(vae, X, **settings))
    assert not np.allclose(anomaly.elbo_score(vae, X), anomaly.elbo_score(vae, X, seed=1))


# The line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [100, 101, 1000])
@pytest.mark.parametrize("false_positive_rate", [0.01, 0.05, 0.07, 0.29, 0.5, 0.999])
def test_at_most_the_share_lies_above_and_one_more_would_be_too_many(rng, n, false_positive_rate):
    scores = rng.normal(size=n)
    kept = scores.copy()
    line = anomaly.threshold(scores, false_positive_rate)
    assert isinstance(line, float)
    above = (scores > line).sum()
    assert above <= false_positive_rate * n + 1e-6 < above + 1
    np.testing.assert_array_equal(scores, kept)


def test_of_equal_scores_none_lies_above():
    assert anomaly.threshold([3, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0.2) == 1
    assert anomaly.threshold(np.full(10, 2), 0.5) == 2


def test_held_out_scores_give_the_planned_share_on_new_ones(rng):
    line = anomaly.threshold(rng.exponential(size=5000), 0.1)
    assert 0.08 < (rng.exponential(size=5000) > line).mean() < 0.12


# Bad input ---------------------------------------------------------------------------------------

BOTH = [anomaly.mahalanobis_score, anomaly.knn_score]


@pytest.mark.parametrize("score", BOTH)
@pytest.mark.parametrize("bad", [(0, 3), (9, 0), (9,), (9, 3, 1), ()])
def test_arrays_that_are_no_codes(codes, score, bad):
    z_train, z = codes
    for name, pair in (("z_train", (np.zeros(bad), z)), ("z", (z_train, np.zeros(bad)))):
        message = f"`{name}` must be codes of shape (n, latent_dim), n >= 1. Received: {name}.shape"
        with says(ValueError, f"{message}={bad}."):
            score(*pair)


@pytest.mark.parametrize("score", BOTH)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_codes_that_are_not_finite(codes, score, bad):
    for i, name in enumerate(("z_train", "z")):
        pair = [part.copy() for part in codes]
        pair[i][2, 1] = bad
        with says(ValueError, f"`{name}` must hold finite numbers. Received: NaN, infinity"):
            score(*pair)
        pair[i] = pair[i].astype(str)
        with says(ValueError, f"`{name}` must hold finite numbers."):
            score(*pair)


@pytest.mark.parametrize("score", BOTH)
def test_codes_of_two_widths(codes, score):
    z_train, z = codes
    with says(
        ValueError, "`z` must have as many units as `z_train`. Received: 2 and 3. Did one model"
    ):
        score(z_train, z[:, :2])


@pytest.mark.parametrize(
    ("change", "n", "rank"),
    [
        (lambda z: z * [1, 0, 1] + [0, 4, 0], 80, 2),
        (lambda z: z[:, [0, 1, 0]], 80, 2),
        (lambda z: z[:3], 3, 2),
        (lambda z: z[:1], 1, 0),
    ],
    ids=["dead unit", "doubled unit", "few", "one"],
)
def test_training_codes_without_an_ellipsoid(codes, change, n, rank):
    z_train, z = codes
    with says(
        ValueError,
        "`z_train` must vary in every direction: more codes than units,",
        f"Received: {n} codes of 3 units that vary in {rank} directions. Leave out the dead units",
    ):
        anomaly.mahalanobis_score(change(z_train), z)


def test_numbers_of_neighbours(codes):
    for bad in (0, -1, 2.5, True, "2", None):
        with says(ValueError, f"`k` must be an integer >= 1. Received: k={bad!r}."):
            anomaly.knn_score(*codes, k=bad)
    message = "`k` must be at most the number of training codes, 80. Received: k=81."
    with says(ValueError, message):
        anomaly.knn_score(*codes, k=81)


def test_a_model_whose_codes_are_no_distributions():
    with says(
        ValueError,
        "`model` must be a VAE, whose codes have a mean and a variance. Received: Autoencoder.",
        "Use `reconstruction_score`",
    ):
        anomaly.elbo_score(tiny(), X)


def test_draws_of_the_elbo(vae):
    for bad in (0, 2.5, True):
        message = f"`n_samples` must be an integer >= 1. Received: n_samples={bad!r}."
        with says(ValueError, message):
            anomaly.elbo_score(vae, X, n_samples=bad)
    with says(ValueError, "`seed` must be an integer in [0, 2**32). Received: seed=-1."):
        anomaly.elbo_score(vae, X, seed=-1)


def test_images_that_cannot_be_scored(vae):
    for score in (
        lambda x: anomaly.reconstruction_score(tiny(), x),
        lambda x: anomaly.elbo_score(vae, x),
    ):
        with says(ValueError, "`x` must lie in [0, 1]. Received: values from"):
            score(2 * X)
        with says(ValueError, "`x` must hold finite numbers. Received: NaN or infinity"):
            score(np.full_like(X, np.nan))
        with says(ValueError, "`x` must be images of shape (n, height, width, channels), n >= 1."):
            score(X[:0])


def test_scores_without_a_threshold(rng):
    for bad in ([], np.zeros((3, 2)), 4.0):
        message = "`scores` must be one number for each of at least one image, of shape (n,). "
        with says(ValueError, f"{message}Received: scores.shape={np.shape(bad)}."):
            anomaly.threshold(bad, 0.1)
    for bad in ([1.0, math.nan] * 20, [math.inf] * 20, ["1"] * 20):
        with says(ValueError, "`scores` must hold finite numbers. Received: NaN, infinity or no"):
            anomaly.threshold(bad, 0.1)
    for bad in (0, 1, -0.1, 1.5, math.nan, "0.1", None, True, 5):
        message = f"must lie strictly between 0 and 1. Received: false_positive_rate={bad!r}."
        with says(ValueError, f"`false_positive_rate` {message}"):
            anomaly.threshold(rng.normal(size=20), bad)
    with says(
        ValueError,
        "`scores` must hold at least 1 / false_positive_rate, here 1000, scores. Received: 20 "
        "scores, "
        "false_positive_rate=0.001. Score more normal data, or allow more alarms.",
    ):
        anomaly.threshold(rng.normal(size=20), 0.001)
