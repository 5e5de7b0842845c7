"""ae_keras/evaluation/anomaly.py, compared with other ways to compute the scores; bad input."""

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
    """Correlated training codes of unequal scales, and other codes to be scored."""
    mixing = np.array([[2.0, 0.0, 0.1], [1.5, 0.3, 0.0], [0.0, 0.2, 5.0]])
    return rng.normal(size=(80, 3)) @ mixing + [1, -2, 30], rng.normal(size=(9, 3)) * 4


# Scores ------------------------------------------------------------------------------------------


def test_reconstruction_score_is_the_squared_error_of_each_image():
    model = tiny()
    expected = ((X - output(model, X)) ** 2).reshape(len(X), -1).sum(axis=1)
    np.testing.assert_allclose(anomaly.reconstruction_score(model, X), expected, rtol=1e-5)


def test_mahalanobis_score_is_the_distance_by_its_definition(codes):
    z_train, z = codes
    inverse = np.linalg.inv(np.cov(z_train.T, ddof=0))
    expected = [mahalanobis(each, z_train.mean(axis=0), inverse) for each in z]
    np.testing.assert_allclose(anomaly.mahalanobis_score(z_train, z), expected)


def test_mahalanobis_score_is_invariant_to_scaling_and_mixing_of_the_codes(codes, rng):
    z_train, z = codes
    mixed = rng.normal(size=(3, 3)) * 100
    found = anomaly.mahalanobis_score(z_train @ mixed + 7, z @ mixed + 7)
    np.testing.assert_allclose(found, anomaly.mahalanobis_score(z_train, z), rtol=1e-6)


def test_mean_squared_mahalanobis_score_of_training_codes_is_their_width(codes):
    z_train, _ = codes
    assert np.mean(anomaly.mahalanobis_score(z_train, z_train) ** 2) == pytest.approx(3)


@pytest.mark.parametrize("k", [1, 4, 80])
def test_knn_score_is_the_mean_of_the_smallest_distances(codes, k):
    z_train, z = codes
    expected = np.sort(cdist(z, z_train), axis=1)[:, :k].mean(axis=1)
    np.testing.assert_allclose(anomaly.knn_score(z_train, z, k), expected)


def test_a_training_code_is_its_own_nearest_neighbour(codes):
    z_train, _ = codes
    np.testing.assert_array_equal(anomaly.knn_score(z_train, z_train, k=1), 0)


def test_only_knn_score_finds_a_gap_in_the_middle_of_the_codes(rng):
    angle = rng.uniform(0, 2 * np.pi, 200)
    ring = 10 * np.column_stack([np.cos(angle), np.sin(angle)])
    z = np.array([[0.0, 0.0], [10.0, 0.0]])
    centre, on_ring = anomaly.mahalanobis_score(ring, z)
    assert centre < 0.3 < on_ring
    centre, on_ring = anomaly.knn_score(ring, z)
    assert on_ring < 1 < 9 < centre


def test_elbo_score_is_the_distortion_and_the_rate_of_each_image(vae):
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


# The threshold -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [100, 101, 1000])
@pytest.mark.parametrize("false_positive_rate", [0.01, 0.05, 0.07, 0.29, 0.5, 0.999])
def test_as_many_scores_as_allowed_exceed_the_threshold(rng, n, false_positive_rate):
    scores = rng.normal(size=n)
    kept = scores.copy()
    threshold = anomaly.threshold(scores, false_positive_rate)
    assert isinstance(threshold, float)
    above = (scores > threshold).sum()
    assert above <= false_positive_rate * n + 1e-6 < above + 1
    np.testing.assert_array_equal(scores, kept)


def test_equal_scores_do_not_exceed_the_threshold():
    assert anomaly.threshold([3, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0.2) == 1
    assert anomaly.threshold(np.full(10, 2), 0.5) == 2


def test_new_scores_exceed_the_threshold_at_the_planned_rate(rng):
    threshold = anomaly.threshold(rng.exponential(size=5000), 0.1)
    assert 0.08 < (rng.exponential(size=5000) > threshold).mean() < 0.12


# Bad input ---------------------------------------------------------------------------------------

BOTH = [anomaly.mahalanobis_score, anomaly.knn_score]


@pytest.mark.parametrize("score", BOTH)
@pytest.mark.parametrize("bad", [(0, 3), (9, 0), (9,), (9, 3, 1), ()])
def test_codes_must_be_a_matrix_that_is_not_empty(codes, score, bad):
    z_train, z = codes
    for name, pair in (("z_train", (np.zeros(bad), z)), ("z", (z_train, np.zeros(bad)))):
        with says(ValueError, f"`{name}`", f"{name}.shape={bad}"):
            score(*pair)


@pytest.mark.parametrize("score", BOTH)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_codes_must_be_finite_numbers(codes, score, bad):
    for i, name in enumerate(("z_train", "z")):
        pair = [part.copy() for part in codes]
        pair[i][2, 1] = bad
        with says(ValueError, f"`{name}`", "NaN"):
            score(*pair)
        pair[i] = pair[i].astype(str)
        with says(ValueError, f"`{name}`", "number"):
            score(*pair)


@pytest.mark.parametrize("score", BOTH)
def test_codes_must_have_the_width_of_the_training_codes(codes, score):
    z_train, z = codes
    with says(ValueError, "`z`", "`z_train`", "2", "3"):
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
def test_training_codes_must_vary_in_every_direction(codes, change, n, rank):
    z_train, z = codes
    received = (f"{n} codes", "3 units", f"{rank} directions")
    with says(ValueError, "`z_train`", *received, "`knn_score`"):
        anomaly.mahalanobis_score(change(z_train), z)


def test_k_must_lie_between_1_and_the_number_of_training_codes(codes):
    for bad in (0, -1, 2.5, True, "2", None):
        with says(ValueError, "`k`", f"k={bad!r}"):
            anomaly.knn_score(*codes, k=bad)
    with says(ValueError, "`k`", "80", "k=81"):
        anomaly.knn_score(*codes, k=81)


def test_elbo_score_needs_a_vae():
    with says(ValueError, "`model`", "VAE", "Autoencoder", "`reconstruction_score`"):
        anomaly.elbo_score(tiny(), X)


def test_elbo_score_refuses_a_bad_number_of_draws_and_a_bad_seed(vae):
    for bad in (0, 2.5, True):
        with says(ValueError, "`n_samples`", f"n_samples={bad!r}"):
            anomaly.elbo_score(vae, X, n_samples=bad)
    with says(ValueError, "`seed`", "seed=-1"):
        anomaly.elbo_score(vae, X, seed=-1)


def test_scores_refuse_bad_images(vae):
    for score in (
        lambda x: anomaly.reconstruction_score(tiny(), x),
        lambda x: anomaly.elbo_score(vae, x),
    ):
        with says(ValueError, "`x`", "1.25"):
            score(np.full_like(X, 1.25))
        with says(ValueError, "`x`", "NaN"):
            score(np.full_like(X, np.nan))
        with says(ValueError, "`x`", "x.shape=(0, 7, 5, 1)"):
            score(X[:0])


def test_threshold_refuses_bad_scores_and_bad_rates(rng):
    for bad in ([], np.zeros((3, 2)), 4.0):
        with says(ValueError, "`scores`", f"scores.shape={np.shape(bad)}"):
            anomaly.threshold(bad, 0.1)
    for bad in ([1.0, math.nan] * 20, [math.inf] * 20, ["1"] * 20):
        with says(ValueError, "`scores`", "NaN"):
            anomaly.threshold(bad, 0.1)
    for bad in (0, 1, -0.1, 1.5, math.nan, "0.1", None, True, 5):
        with says(ValueError, "`false_positive_rate`", f"false_positive_rate={bad!r}"):
            anomaly.threshold(rng.normal(size=20), bad)
    with says(ValueError, "`scores`", "1000", "20 scores", "false_positive_rate=0.001"):
        anomaly.threshold(rng.normal(size=20), 0.001)
