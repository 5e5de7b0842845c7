"""ae_keras/evaluation, compared with other ways to compute the same."""

import numpy as np
import pytest
from scipy.signal import convolve2d
from scipy.stats import entropy, norm

from ae_keras import evaluation
from contract import images, output, says, tiny

X = images(40, (4, 3, 1))


@pytest.fixture
def blobs(rng):
    """Three distant clusters of codes: training codes and their labels, test codes and theirs."""
    labels = np.tile([0, 1, 2], 20)
    centres = np.array([[0, 0], [20, 0], [0, 20]])
    z = centres[labels] + rng.normal(size=(60, 2))
    return z[:45], labels[:45], z[45:], labels[45:]


def test_predictions_do_not_depend_on_the_batch_size():
    model, x = tiny(), images(5, (7, 5, 1))
    z = evaluation.encode(model, x, batch_size=2)
    np.testing.assert_allclose(z, output(model.encoder, x), atol=1e-6)
    np.testing.assert_allclose(evaluation.decode(model, z, 2), output(model, x), atol=1e-6)
    np.testing.assert_allclose(evaluation.reconstruct(model, x, 2), output(model, x), atol=1e-6)


def test_squared_error_is_summed_over_the_pixels_of_each_image():
    x_hat = X.copy()
    x_hat[3, 0, 0] -= 0.5
    x_hat[3, 1, 2] += 2
    expected = np.zeros(len(X))
    expected[3] = 4.25
    np.testing.assert_allclose(evaluation.squared_error(X, x_hat), expected, rtol=1e-6)


def test_mean_image_error_is_the_summed_variance_of_the_pixels():
    assert evaluation.mean_image_error(X, X) == pytest.approx(X.var(axis=0, dtype=float).sum())


def test_mean_image_error_uses_the_mean_of_the_training_images():
    train, x = np.full((3, 2, 2, 1), 0.5), np.ones((5, 2, 2, 1))
    assert evaluation.mean_image_error(train, x) == pytest.approx(4 * 0.25)


@pytest.mark.parametrize("latent_dim", [1, 2, 11])
def test_pca_error_is_the_energy_of_the_remaining_singular_values(latent_dim):
    flat = X.reshape(len(X), -1).astype(float)
    singular = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False)
    expected = (singular[latent_dim:] ** 2).sum() / len(X)
    assert evaluation.pca_error(X, X, latent_dim) == pytest.approx(expected, rel=1e-4)


def test_pca_with_all_components_is_perfect():
    pca = evaluation.fit_pca(X, 12)
    np.testing.assert_allclose(evaluation.pca_reconstruct(pca, X), X, atol=1e-5)


def test_crossentropy_floor_is_the_entropy_of_the_pixels():
    flat = X.reshape(len(X), -1)
    expected = entropy([flat, 1 - flat]).sum(axis=1).mean()
    assert evaluation.pixel_entropy(X) == pytest.approx(expected, rel=1e-5)


def test_crossentropy_floor_of_black_and_white_images_is_zero():
    assert evaluation.pixel_entropy(np.round(X)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("accuracy", [evaluation.probe_accuracy, evaluation.knn_accuracy])
def test_accuracy_is_1_for_distant_clusters_and_near_chance_for_noise(accuracy, blobs, rng):
    z, labels, z_test, labels_test = blobs
    assert accuracy(z, labels, z_test, labels_test) == 1
    assert accuracy(z, labels, z_test, (labels_test + 1) % 3) == 0
    noise, noise_test = rng.normal(size=(2, 45, 2))
    assert 0.1 < accuracy(noise, labels, noise_test, labels) < 0.6


def test_probe_accuracy_is_invariant_to_the_scale_of_a_dimension(blobs):
    z, labels, z_test, labels_test = blobs
    scale = np.array([1e4, 1e-4])
    assert evaluation.probe_accuracy(z * scale, labels, z_test * scale, labels_test) == 1


def test_nearest_is_what_a_full_search_finds(rng):
    z, queries = rng.normal(size=(30, 3)), rng.normal(size=(4, 3))
    distances = np.linalg.norm(queries[:, None] - z[None], axis=2)
    expected = np.argsort(distances, axis=1)[:, :5]
    np.testing.assert_array_equal(evaluation.nearest(z, queries, k=5), expected)
    np.testing.assert_array_equal(evaluation.nearest(z, z, k=1)[:, 0], range(30))


def test_cluster_agreement_is_invariant_to_the_numbering_of_clusters(blobs, rng):
    z, labels = blobs[:2]
    clusters = evaluation.cluster(z, 3)
    assert set(clusters) == {0, 1, 2}
    assert evaluation.cluster_agreement(clusters, labels) == pytest.approx(1)
    assert evaluation.cluster_agreement((clusters + 1) % 3, labels) == pytest.approx(1)
    assert abs(evaluation.cluster_agreement(rng.integers(0, 3, len(labels)), labels)) < 0.2
    np.testing.assert_array_equal(evaluation.cluster(z, 3), clusters)


def test_pca_error_is_that_of_components_fitted_to_the_training_images_alone(rng):
    x = rng.random((40, 3, 3, 1))
    pca = evaluation.fit_pca(x[:20], 3)
    right = evaluation.squared_error(x[20:], evaluation.pca_reconstruct(pca, x[20:])).mean()
    assert evaluation.pca_error(x[:20], x[20:], 3) == pytest.approx(right)
    assert right > evaluation.pca_error(x[20:], x[20:], 3)


# Measures of images ------------------------------------------------------------------------------

SCENE = images(2, (14, 13, 2), seed=3)


def test_psnr_is_the_mean_squared_error_in_decibels():
    off = np.full((3, 14, 13, 2), 0.5, "float32")
    off[1] += 0.1
    off[2, 0, 0] = 1
    errors = [0.1**2, 0.5**2 / (14 * 13)]
    found = evaluation.psnr(np.full_like(off, 0.5)[1:], off[1:])
    np.testing.assert_allclose(found, -10 * np.log10(errors), rtol=1e-5)


def test_psnr_of_equal_images_is_infinite():
    np.testing.assert_array_equal(evaluation.psnr(SCENE, SCENE), np.inf)


def similarity(x, x_hat):
    """The mean of Wang's index over all windows of 11x11 pixels, by its definition."""
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(window, window) / window.sum() ** 2

    def mean(a):
        return convolve2d(a, window, mode="valid")

    a, b = x.astype("float64"), x_hat.astype("float64")
    var_a, var_b = mean(a * a) - mean(a) ** 2, mean(b * b) - mean(b) ** 2
    covariance = mean(a * b) - mean(a) * mean(b)
    light = (2 * mean(a) * mean(b) + 1e-4) / (mean(a) ** 2 + mean(b) ** 2 + 1e-4)
    return (light * (2 * covariance + 9e-4) / (var_a + var_b + 9e-4)).mean()


def test_ssim_follows_the_definition_of_the_paper():
    changed = np.clip(0.7 * SCENE + 0.2 * images(2, SCENE.shape[1:], seed=4), 0, 1)
    expected = [
        np.mean([similarity(a[..., c], b[..., c]) for c in range(2)])
        for a, b in zip(SCENE, changed, strict=True)
    ]
    found = evaluation.ssim(SCENE, changed)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert (found < 0.99).all()
    np.testing.assert_allclose(evaluation.ssim(SCENE, SCENE), 1)


# Measures of codes -------------------------------------------------------------------------------


def test_active_units_are_those_whose_means_vary(rng):
    z_mean = rng.normal(size=(500, 4)) * [1, 0.2, 0.05, 0] + [0, 0, 9, 9]
    assert evaluation.active_units(z_mean) == 2
    assert evaluation.active_units(z_mean, threshold=0.5) == 1
    assert evaluation.active_units(z_mean, threshold=1e-4) == 3


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        ([[0, 1], [2, 3]], 4),
        ([3, 3, 3], 1),
        ([0, 5, 5, 0], 2),
        ([0, 0, 0, 1], np.exp(entropy([3, 1]))),
    ],
)
def test_perplexity_is_the_exponential_of_the_entropy(indices, expected):
    assert evaluation.perplexity(np.array(indices), 8) == pytest.approx(expected)


FACTORS = np.tile(np.stack(np.unravel_index(np.arange(120), (3, 5, 8)), axis=1), (20, 1))


@pytest.mark.parametrize(
    ("z", "low", "high"),
    [
        (FACTORS.astype(float), 0.999, 1),
        (FACTORS[:, [2, 0, 1]] * [0.01, -5, 1] + 3, 0.999, 1),
        (np.hstack([FACTORS, np.random.default_rng(5).uniform(size=(2400, 1))]), 0.95, 1),
        (np.hstack([FACTORS, FACTORS]), 0, 1e-9),
        (np.hstack([FACTORS[:, :2], FACTORS[:, :2]]), 0, 0.05),
        (FACTORS @ np.array([[1, 1, 0], [1, -1, 0], [0, 0, 1]]), 0.3, 0.5),
        (np.full((2400, 2), 0.5), 0, 1e-9),
    ],
    ids=["perfect", "reordered", "noise", "duplicated", "one missing", "two mixed", "constant"],
)
def test_mutual_information_gap_is_large_with_one_unit_for_each_factor(z, low, high):
    assert low <= evaluation.mutual_information_gap(z, FACTORS) <= high + 1e-9


def gap_of(z, width, **kwargs):
    z_log_var = np.full(z.shape, 2 * np.log(width))
    return evaluation.mutual_information_gap(z, FACTORS, z_log_var=z_log_var, **kwargs)


def test_narrow_clouds_have_the_gap_of_their_means():
    mixed = FACTORS @ np.array([[1, 1, 0], [1, -1, 0], [0, 0, 1]])
    means = evaluation.mutual_information_gap(mixed, FACTORS)
    assert gap_of(mixed, 1e-6) == pytest.approx(means, abs=0.005)


def test_a_collapsed_unit_carries_nothing_however_its_mean_moves():
    z_mean = np.hstack([FACTORS, 0.01 * FACTORS])  # each factor twice, once in units of pure noise
    z_log_var = np.hstack([np.full(FACTORS.shape, -9.0), np.zeros(FACTORS.shape)])
    assert evaluation.mutual_information_gap(z_mean, FACTORS) < 1e-9
    assert evaluation.mutual_information_gap(z_mean, FACTORS, z_log_var=z_log_var) > 0.95
    assert (
        evaluation.mutual_information_gap(z_mean[:, 3:], FACTORS, z_log_var=0 * z_mean[:, 3:])
        < 0.02
    )


def test_the_gap_of_clouds_is_that_of_the_exact_integral():
    # Two places, two units: the first tells them apart up to its noise, the second not at all.
    places = np.repeat([[0], [1]], 3000, axis=0)
    z_mean = np.hstack([2.0 * places - 1, 0 * places])
    found = evaluation.mutual_information_gap(z_mean, places, n_bins=50, z_log_var=0 * z_mean)
    z, step = np.linspace(-8, 8, 4001, retstep=True)
    given = [norm.pdf(z, mean) for mean in (-1, 1)]
    both = (given[0] + given[1]) / 2
    nats = sum(np.sum(p * np.log(p / both)) for p in given) * step / 2
    assert found == pytest.approx(nats / np.log(2), abs=0.01)


def test_the_seed_decides_the_draws():
    first = gap_of(FACTORS.astype(float), 1.0, seed=1)
    assert first == gap_of(FACTORS.astype(float), 1.0, seed=1)
    assert first != gap_of(FACTORS.astype(float), 1.0, seed=2)
    assert first == pytest.approx(gap_of(FACTORS.astype(float), 1.0, seed=2), abs=0.01)


@pytest.mark.parametrize(
    ("z", "factors", "texts"),
    [
        (FACTORS[:, :1], FACTORS, ("`z`", "(2400, 1)")),
        (FACTORS[:9], FACTORS, ("`factors`", "9 codes", "(2400, 3)")),
        (FACTORS, FACTORS * [1, 0, 1], ("`factors`", "vary")),
    ],
)
def test_mutual_information_gap_refuses_bad_codes_and_factors(z, factors, texts):
    with says(ValueError, *texts):
        evaluation.mutual_information_gap(z, factors)
