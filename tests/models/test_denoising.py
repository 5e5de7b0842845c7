"""ae_keras/models/denoising.py, with parts that return an image unchanged."""

import keras
import numpy as np
import pytest

from ae_keras import Autoencoder, DenoisingAutoencoder, backend
from contract import images, output, parts, reported

COLOUR = (7, 5, 3)
GREY = np.full((400, *COLOUR), 0.5, "float32")
ALL = {"gaussian": 0.2, "masking": 0.3, "salt_and_pepper": 0.3}
EACH = pytest.mark.parametrize(("corruption", "level"), ALL.items(), ids=list(ALL))


def corrupted(x, corruption, level, seed=0, times=1):
    """What the encoder receives for `x` in the last of `times` training steps."""
    same = keras.layers.Flatten(), keras.layers.Reshape(x.shape[1:])
    model = DenoisingAutoencoder(*same, corruption, level, seed)
    model.build(x.shape)
    np.testing.assert_array_equal(output(model, x), x)  # Only training corrupts it.
    found = [keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(times)]
    assert all(each.dtype == "float32" for each in found)
    return found[-1]


@pytest.mark.parametrize("level", [0.05, 0.15])
def test_gaussian_noise_has_the_level_as_standard_deviation(level):
    noise = corrupted(GREY, "gaussian", level) - GREY
    assert noise.std() == pytest.approx(level, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.003)
    channels = noise.reshape(-1, 3)
    np.testing.assert_allclose(np.corrcoef(channels.T), np.eye(3), atol=0.05)


def test_gaussian_noise_stays_in_the_unit_range_and_may_be_zero():
    much = corrupted(GREY, "gaussian", 2)
    assert (much.min(), much.max()) == (0, 1)
    np.testing.assert_array_equal(corrupted(GREY, "gaussian", 0), GREY)


@pytest.mark.parametrize("level", [0.1, 0.6])
@pytest.mark.parametrize(("corruption", "white"), [("masking", 0), ("salt_and_pepper", 0.5)])
def test_the_level_is_the_fraction_of_pixels_that_are_lost(corruption, white, level):
    x = corrupted(GREY, corruption, level)
    assert (x[..., :1] == x).all()  # The channels of a pixel are lost together.
    assert set(np.unique(x)) == {0, 0.5} | ({1} if white else set())
    assert (x != 0.5).mean() == pytest.approx(level, abs=0.015)
    assert (x == 1).mean() == pytest.approx(white * level, abs=0.015)


@EACH
def test_pixels_are_corrupted_independently(corruption, level):
    """Neither the images of a batch nor the pixels of an image share their noise."""
    changed = abs(corrupted(GREY, corruption, level) - GREY)[..., 0].reshape(400, 35)
    for rows in (changed[:, :35].T, changed[:35]):
        others = np.corrcoef(rows)[~np.eye(35, dtype=bool)]
        assert abs(others.mean()) < 0.05


@EACH
def test_a_seed_repeats_the_noise_and_it_changes_from_step_to_step(corruption, level):
    first, again, other = (corrupted(GREY, corruption, level, seed) for seed in (1, 1, 2))
    later = corrupted(GREY, corruption, level, 1, times=2)
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.1
    assert (first != later).mean() > 0.1


@EACH
def test_fit_draws_new_noise_in_each_step_and_evaluate_none(corruption, level):
    plain, denoising = (
        backend.seed_weights(model, 0)
        for model in (Autoencoder(*parts(2)), DenoisingAutoencoder(*parts(2), corruption, level))
    )
    x = images(10, (7, 5, 1))
    clean = reported(plain, x)["loss"]
    found = [reported(denoising, x)["loss"]]
    found += denoising.fit(x, batch_size=10, epochs=2, verbose=0).history["loss"]
    assert len({*found, clean}) == 4
    assert denoising.evaluate(x, verbose=0) == pytest.approx(clean, rel=1e-6)


@pytest.mark.parametrize("given", ["no target", "target"])
def test_the_target_is_clean(given):
    """Of images that are all white, nothing but white is learned, however much is masked."""
    x = np.ones((500, 7, 5, 1), "float32")
    model = backend.seed_weights(DenoisingAutoencoder(*parts(2), "masking", 0.9), 0)
    model.compile(keras.optimizers.Adam(0.1), loss="mean_squared_error")
    model.fit(x, x if given == "target" else None, batch_size=10, verbose=0)
    assert output(model, x).min() > 0.99
