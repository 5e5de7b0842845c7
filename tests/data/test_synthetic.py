"""ae_keras/data/synthetic.py: images and signals have the factors that they are made from."""

import numpy as np
import pytest

from ae_keras.data import synthetic
from contract import says


@pytest.fixture(scope="module")
def shapes():
    return [synthetic.shapes(subset) for subset in ("train", "test")]


@pytest.fixture(scope="module")
def signals():
    return [synthetic.signals(subset) for subset in ("train", "test")]


def joined(subsets):
    """Images as numbers in [0, 1] without a channel, labels and sources of both subsets."""
    images, labels, groups = (np.concatenate(arrays) for arrays in zip(*subsets, strict=True))
    return images[..., 0] / 255, labels, groups


@pytest.mark.parametrize(
    ("name", "numbers", "shape"),
    [("shapes", (2352, 588), (28, 28, 1)), ("signals", (2400, 600), (1, 128, 1))],
)
def test_numbers_are_right_and_no_source_is_in_both_subsets(name, numbers, shape, request):
    subsets = request.getfixturevalue(name)
    for (images, labels, groups), n in zip(subsets, numbers, strict=True):
        assert (images.shape, images.dtype) == ((n, *shape), "uint8")
        assert (labels.shape, labels.dtype) == (groups.shape, groups.dtype) == ((n,), "int64")
        counts = np.bincount(labels)
        assert len(counts) == 3
        assert counts.min() > 0.25 * n
    sources = np.concatenate([groups for _, _, groups in subsets])
    assert sorted(sources) == list(range(sum(numbers)))
    assert len(np.unique(np.concatenate([images for images, _, _ in subsets]), axis=0)) == len(
        sources
    )


@pytest.mark.parametrize(
    ("make", "total", "labels"),
    [
        (synthetic.shapes, 8_895_576, [0, 2, 2, 2, 1, 2, 0, 0]),
        (synthetic.signals, 10_046_485, [2, 2, 1, 1, 2, 1, 2, 2]),
    ],
)
def test_pixels_are_the_same_everywhere_and_every_time(make, total, labels):
    first, again = make("test"), make("test")
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert first[0].sum(dtype=int) == pytest.approx(total, rel=1e-5)
    assert first[1][:8].tolist() == labels


# Shapes ------------------------------------------------------------------------------------------


def test_factors_are_decoded_from_the_number_of_an_image():
    groups = np.arange(2940)
    shape, size, x, y = synthetic.factors(groups).T
    np.testing.assert_array_equal(((shape * 5 + size) * 14 + x) * 14 + y, groups)
    assert [factor.max() + 1 for factor in (shape, size, x, y)] == [3, 5, 14, 14]
    assert list(synthetic.FACTORS.values()) == [3, 5, 14, 14]


def test_labels_are_the_first_factor(shapes):
    _, labels, groups = joined(shapes)
    np.testing.assert_array_equal(labels, synthetic.factors(groups)[:, 0])


def test_positions_are_those_of_the_factors(shapes):
    """They are measured as centres of mass. That of a triangle is not at half its height."""
    images, shape, groups = joined(shapes)
    x, y = synthetic.factors(groups)[:, 2:].T
    pixels = np.arange(28)
    right = images.sum(axis=1) @ pixels / images.sum(axis=(1, 2))
    down = images.sum(axis=2) @ pixels / images.sum(axis=(1, 2))
    np.testing.assert_allclose(right, 7 + x, atol=0.02)
    np.testing.assert_allclose(down[shape < 2], (7 + y)[shape < 2], atol=0.02)


def test_areas_are_those_of_squares_discs_and_triangles(shapes):
    images, shape, groups = joined(shapes)
    radius = 3 + 0.8 * synthetic.factors(groups)[:, 1]
    per_radius = np.array([(2 * 0.85) ** 2, np.pi, 1.8 * 1.8 / 2])
    expected = per_radius[shape] * radius**2
    np.testing.assert_allclose(images.sum(axis=(1, 2)), expected, rtol=0.06)


def test_shapes_are_not_cut_off(shapes):
    images = joined(shapes)[0]
    rim = np.ones((28, 28), bool)
    rim[1:-1, 1:-1] = False
    assert images[:, rim].max() < 0.2  # Only a smooth edge may reach the rim.


# Signals -----------------------------------------------------------------------------------------


def test_signals_have_periods_of_thirty_to_sixty_samples(signals):
    x = signals[1][0][:, 0, :, 0].astype(float)
    alike = [
        [np.corrcoef(signal[lag:], signal[:-lag])[0, 1] for lag in range(29, 62)]
        for signal in x[:100]
    ]
    best = np.argmax(alike, axis=1)
    # The correlation is not 1, because a period is not a whole number of samples.
    assert np.max(alike, axis=1).min() > 0.7
    assert np.median(np.max(alike, axis=1)) > 0.98
    assert best.min() <= 3
    assert best.max() >= 27


def test_each_kind_of_signal_has_its_form(signals):
    images, labels, _ = joined(signals)
    x = images[:, 0]
    slopes = abs(np.diff(x, axis=1))
    # A triangle wave has the same slope upwards and downwards, so its slopes vary least.
    variation = slopes.std(axis=1) / slopes.mean(axis=1)
    others = variation[labels == 0].min(), variation[labels == 2].min()
    assert variation[labels == 1].max() < min(others)
    resting = (abs(x - np.median(x, axis=1, keepdims=True)) < 0.03).mean(axis=1)
    assert np.median(resting[labels == 2]) > 0.3 > np.median(resting[labels == 0])
    np.testing.assert_allclose(x[labels < 2].mean(), 0.5, atol=0.02)
    assert 0.05 <= x.min() < x.max() <= 0.95


@pytest.mark.parametrize("name", ["shapes", "signals"])
def test_an_unknown_subset_is_refused(name):
    with says(ValueError, "`subset`", "subset='validation'"):
        getattr(synthetic, name)("validation")
