"""ae_keras/evaluation/compression.py: rounding to levels, entropy coding, and JPEG."""

import io
import itertools
import warnings

import numpy as np
import pytest
from PIL import Image

from ae_keras.evaluation import compression
from contract import images, says

# Quantiser ---------------------------------------------------------------------------------------


def test_levels_and_middles_of_a_known_range():
    quantizer = compression.fit_quantizer(np.array([[0.0], [8.0]]), bits=2)
    z = np.array([[0.0], [1.9], [2.0], [5.0], [8.0]])
    levels = quantizer.transform(z)
    assert levels.ravel().tolist() == [0, 0, 1, 2, 3]
    assert quantizer.inverse_transform(levels).ravel().tolist() == [1, 1, 3, 5, 7]


def test_values_outside_the_training_range_are_clipped():
    quantizer = compression.fit_quantizer(np.array([[0.0], [8.0]]), bits=3)
    levels = quantizer.transform(np.array([[-100.0], [100.0]]))
    assert levels.ravel().tolist() == [0, 7]
    assert quantizer.inverse_transform(levels).ravel().tolist() == [0.5, 7.5]


@pytest.mark.parametrize("bits", [1, 4, 8, 12])
def test_no_value_is_off_by_more_than_half_an_interval(rng, bits):
    z = rng.normal(size=(500, 3)).astype("float32") * [1, 10, 0.1]
    quantizer = compression.fit_quantizer(z, bits)
    levels = quantizer.transform(z)
    assert levels.min() == 0
    assert levels.max() == 2**bits - 1
    half = np.ptp(z, axis=0) / 2**bits / 2
    assert (np.abs(quantizer.inverse_transform(levels) - z) <= half * 1.001).all()


def test_a_constant_unit_keeps_its_value(rng):
    z = rng.normal(size=(20, 3))
    z[:, 1] = -0.7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quantizer = compression.fit_quantizer(z, bits=4)
        levels = quantizer.transform(z)
        z_hat = quantizer.inverse_transform(levels)
    assert (levels[:, 1] == 0).all()
    assert (z_hat[:, 1] == -0.7).all()
    other = quantizer.inverse_transform(quantizer.transform(z + 1))
    assert (other[:, 1] == -0.7).all()


@pytest.mark.parametrize(
    ("z", "bits", "texts"),
    [
        (np.zeros((3, 2)), 0, ("`bits`", "bits=0")),
        (np.zeros((3, 2)), 2.0, ("`bits`", "bits=2.0")),
        (np.zeros((3, 2)), True, ("`bits`", "bits=True")),
        (np.zeros((3, 2)), 13, ("`bits`", "12", "bits=13")),
        (np.zeros(3), 2, ("`z_train`", "z_train.shape=(3,)")),
        (np.zeros((0, 2)), 2, ("`z_train`", "z_train.shape=(0, 2)")),
        (np.array([[1.0], [np.nan]]), 2, ("`z_train`", "NaN")),
        (np.array([["a"], ["b"]]), 2, ("`z_train`", "number")),
    ],
)
def test_fit_quantizer_refuses_bad_input(z, bits, texts):
    with says(ValueError, *texts):
        compression.fit_quantizer(z, bits)


# Entropy coding ----------------------------------------------------------------------------------


def test_code_length_equals_a_computation_by_hand():
    # Each count is one more than was seen: 4, 2 and, for the level that was never seen, 1.
    seen = np.array([[0], [0], [0], [1]])
    bits = compression.code_length(seen, np.array([[0], [1], [2]]), n_levels=3)
    assert bits == pytest.approx([np.log2(7 / 4), np.log2(7 / 2), np.log2(7)])


def test_code_lengths_of_units_add_up(rng):
    seen, sent = rng.integers(0, 5, (200, 3)), rng.integers(0, 5, (40, 3))
    together = compression.code_length(seen, sent)
    each = [compression.code_length(seen[:, [j]], sent[:, [j]]) for j in range(3)]
    assert together.shape == (40,)
    assert together == pytest.approx(sum(each))


def test_uniform_levels_save_nothing_and_a_constant_costs_almost_nothing():
    even = np.tile(np.arange(16), 1000)[:, None]
    assert compression.code_length(even, even).mean() == pytest.approx(4, abs=0.001)
    constant = np.zeros((10_000, 1))
    assert compression.code_length(constant, constant).mean() < 0.001


def test_counts_of_other_levels_cost_more(rng):
    levels = rng.binomial(7, 0.3, (5000, 2))
    own = compression.code_length(levels, levels).mean()
    assert compression.code_length(7 - levels, levels).mean() > own + 1


@pytest.mark.parametrize(
    ("seen", "sent", "texts"),
    [
        ([[0, 1]], [[0]], ("`levels`", "`levels_train`", "1", "2")),
        ([[0.5]], [[0]], ("`levels_train`", "0.5")),
        ([[0]], [[-1]], ("`levels`", "-1")),
        ([[0]], [0], ("`levels`", "levels.shape=(1,)")),
        ([[np.inf]], [[0]], ("`levels_train`", "infinity")),
    ],
)
def test_code_length_refuses_bad_input(seen, sent, texts):
    with says(ValueError, *texts):
        compression.code_length(np.array(seen), np.array(sent))


# JPEG --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(24, 17, 1), (24, 17, 3), (1, 1, 1)])
def test_jpeg_keeps_the_shape_of_images(shape):
    x = images(3, shape)
    x_hat, n_bytes = compression.jpeg(x, 50)
    assert x_hat.shape == x.shape
    assert x_hat.dtype == np.float32
    assert x_hat.min() >= 0
    assert x_hat.max() <= 1
    assert n_bytes.shape == (3,)
    assert n_bytes.dtype == np.int64
    assert n_bytes.min() > 100  # The header alone takes more than that.


def test_jpeg_returns_the_bytes_and_the_pixels_of_the_file():
    x = images(1, (16, 16, 1))
    file = io.BytesIO()
    picture = Image.fromarray((255 * x[0, ..., 0]).round().astype("uint8"), "L")
    picture.save(file, format="JPEG", quality=30, optimize=True)
    x_hat, n_bytes = compression.jpeg(x, 30)
    assert n_bytes.tolist() == [len(file.getvalue())]
    assert np.array_equal(255 * x_hat[0, ..., 0], np.asarray(Image.open(file)))


def test_higher_quality_is_larger_and_more_accurate():
    rows, columns = np.mgrid[0:32, 0:32] / 31
    x = ((1 + np.sin(9 * rows**2 + 4 * columns)) / 2).astype("float32")[None, ..., None]
    results = [compression.jpeg(x, quality) for quality in (5, 40, 90)]
    sizes = [n_bytes[0] for _, n_bytes in results]
    errors = [np.abs(x_hat - x).max() for x_hat, _ in results]
    assert all(a < b for a, b in itertools.pairwise(sizes))
    assert all(a > b for a, b in itertools.pairwise(errors))
    assert errors[-1] < 0.05


@pytest.mark.parametrize(
    ("x", "quality", "texts"),
    [
        (images(1, (8, 8, 2)), 50, ("`x`", "x.shape=(1, 8, 8, 2)")),
        (images(1, (8, 8, 1)), 0, ("`quality`", "quality=0")),
        (images(1, (8, 8, 1)), 96, ("`quality`", "95", "quality=96")),
        (np.full((1, 8, 8, 1), 1.25), 50, ("`x`", "1.25")),
        (images(1, (8, 8, 1))[0], 50, ("`x`", "x.shape=(8, 8, 1)")),
        (np.zeros((1, 8, 8, 1), "uint8"), 50, ("`x`", "x.dtype=uint8")),
    ],
)
def test_jpeg_refuses_bad_input(x, quality, texts):
    with says(ValueError, *texts):
        compression.jpeg(x, quality)
