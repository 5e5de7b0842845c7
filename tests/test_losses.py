"""losses.py, against NumPy in float64."""

import keras
import numpy as np
import pytest

from ae_keras import evaluation, losses

BOTH = pytest.mark.parametrize("loss", [losses.squared_error, losses.binary_crossentropy])
SHAPES = [(4, 7, 5, 1), (2, 32, 32, 3), (5, 6)]


def in_numpy(loss, x, x_hat):
    x, x_hat = x.astype("float64"), x_hat.astype("float64")
    if loss is losses.squared_error:
        pixels = (x - x_hat) ** 2
    else:
        pixels = -(x * np.log(x_hat) + (1 - x) * np.log(1 - x_hat))
    return pixels.reshape(len(x), -1).sum(axis=1)


def values(loss, x, x_hat):
    tensors = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(x_hat)
    return keras.ops.convert_to_numpy(loss(*tensors))


@BOTH
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_is_a_sum_over_the_pixels_of_each_image(loss, shape):
    x, x_hat = np.random.default_rng(0).uniform(0.01, 0.99, (2, *shape)).astype("float32")
    found = values(loss, x, x_hat)
    assert found.shape == shape[:1]
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, in_numpy(loss, x, x_hat), rtol=1e-5)


@BOTH
def test_of_sixteen_bit_images_is_summed_in_float32(loss):
    """A float16 sum over 3,072 pixels would be off by more than 1 %, or infinite."""
    x, x_hat = np.random.default_rng(0).uniform(0.1, 0.9, (2, 3, 32, 32, 3)).astype("float16")
    found = values(loss, x, x_hat)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, in_numpy(loss, x, x_hat), rtol=1e-4)


def test_squared_error_of_a_perfect_reconstruction_is_zero():
    x = np.random.default_rng(0).uniform(size=(3, 7, 5, 1)).astype("float32")
    np.testing.assert_array_equal(values(losses.squared_error, x, x), 0)


def test_crossentropy_of_certain_pixels_is_finite_when_wrong_and_zero_when_right():
    black, white = np.zeros((1, 2, 2, 1), "float32"), np.ones((1, 2, 2, 1), "float32")
    assert np.isfinite(values(losses.binary_crossentropy, black, white)).all()
    for x in (black, white):
        np.testing.assert_allclose(values(losses.binary_crossentropy, x, x), 0, atol=1e-5)


def test_crossentropy_of_a_perfect_reconstruction_is_its_floor():
    rng = np.random.default_rng(0)
    x = rng.uniform(0.05, 0.95, (3, 7, 5, 1)).astype("float32")
    floor = evaluation.crossentropy_floor(x)
    perfect = values(losses.binary_crossentropy, x, x).mean()
    nearly = values(losses.binary_crossentropy, x, x + rng.choice([-0.02, 0.02], x.shape)).mean()
    assert perfect == pytest.approx(floor, rel=1e-5)
    assert nearly > floor * 1.0001


@BOTH
def test_is_found_by_name_when_a_file_is_loaded(loss):
    saved = keras.saving.serialize_keras_object(loss)
    assert saved["config"] == f"ae_keras>{loss.__name__}"
    assert keras.saving.deserialize_keras_object(saved) is loss
