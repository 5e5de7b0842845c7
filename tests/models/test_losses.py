"""ae_keras/models/losses.py, compared with SciPy and with NumPy in float64."""

import keras
import numpy as np
import pytest
from scipy.stats import entropy

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


def values(loss, *arrays):
    return keras.ops.convert_to_numpy(loss(*map(keras.ops.convert_to_tensor, arrays)))


@BOTH
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_loss_is_a_sum_over_the_pixels_of_each_image(loss, shape):
    x, x_hat = np.random.default_rng(0).uniform(0.01, 0.99, (2, *shape)).astype("float32")
    found = values(loss, x, x_hat)
    assert found.shape == shape[:1]
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, in_numpy(loss, x, x_hat), rtol=1e-5)


@BOTH
def test_a_loss_of_16_bit_images_is_summed_in_float32(loss):
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
    floor = evaluation.pixel_entropy(x)
    perfect = values(losses.binary_crossentropy, x, x).mean()
    nearly = values(losses.binary_crossentropy, x, x + rng.choice([-0.02, 0.02], x.shape)).mean()
    assert perfect == pytest.approx(floor, rel=1e-5)
    assert nearly > floor * 1.0001


@BOTH
def test_a_loss_is_found_by_name_when_a_file_is_loaded(loss):
    saved = keras.saving.serialize_keras_object(loss)
    assert saved["config"] == f"ae_keras>{loss.__name__}"
    assert keras.saving.deserialize_keras_object(saved) is loss


# Penalties on codes ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 5, 3)], ids=str)
def test_l1_is_the_sum_of_the_absolute_values_of_each_code(shape, rng):
    z = rng.normal(size=shape).astype("float32")
    found = values(losses.l1, z)
    assert (found.shape, found.dtype) == ((4,), "float32")
    np.testing.assert_allclose(found, abs(z.reshape(4, -1)).sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize("target", [0.05, 0.5, 0.9])
def test_bernoulli_kl_is_that_of_two_coin_tosses(target, rng):
    activity = rng.uniform(0.01, 0.99, (4, 3)).astype("float32")
    coins = [np.broadcast_to(target, (4, 3)), activity]
    expected = entropy(*(np.stack([coin, 1 - coin]) for coin in coins), axis=0)
    np.testing.assert_allclose(
        values(lambda a: losses.bernoulli_kl(target, a), activity), expected, rtol=1e-3, atol=1e-6
    )


def test_bernoulli_kl_is_zero_on_target_and_finite_for_constant_units():
    on_target, off, on = values(
        lambda a: losses.bernoulli_kl(0.2, a), np.array([0.2, 0, 1], "float32")
    )
    assert on_target == pytest.approx(0, abs=1e-6)
    assert 1 < off < on < 20


MEAN, LOG_VAR = np.array([[0, 1.5, -0.7], [2, 0, 0]]), np.array([[0, -1, 0.5], [-3, 1, 0]])


def test_gaussian_kl_is_the_mean_over_draws_from_the_code(rng):
    """The mean of `log q(z) - log p(z)` over many `z` drawn from `q`."""
    epsilon = rng.normal(size=(200_000, 2, 3))
    z = MEAN + np.exp(LOG_VAR / 2) * epsilon
    drawn = ((z**2 - epsilon**2 - LOG_VAR) / 2).sum(axis=2).mean(axis=0)
    found = values(losses.gaussian_kl, MEAN, LOG_VAR)
    assert (found.shape, found.dtype) == ((2,), "float32")
    np.testing.assert_allclose(found, drawn, rtol=0.02)


def test_gaussian_kl_is_zero_only_for_the_prior():
    zeros = np.zeros((2, 3), "float32")
    np.testing.assert_array_equal(values(losses.gaussian_kl, zeros, zeros), 0)
    for sign in (-1, 1):
        assert (values(losses.gaussian_kl, zeros, zeros + sign) > 0.5).all()
        assert (values(losses.gaussian_kl, zeros + sign, zeros) > 1).all()
