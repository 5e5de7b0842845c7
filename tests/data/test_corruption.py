"""ae_keras/data/corruption.py, and how `data.Batches` uses it."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from ae_keras import data
from ae_keras.data import corruption
from contract import assert_same_weights, images, says, tiny

SHAPE = (7, 5, 3)
GREY = np.full((400, *SHAPE), 0.5, "float32")
KINDS = {
    "gaussian noise": lambda x, seed: corruption.gaussian_noise(x, 0.2, seed),
    "masking": lambda x, seed: corruption.masking(x, 0.3, seed),
    "salt and pepper": lambda x, seed: corruption.salt_and_pepper(x, 0.3, seed),
}


def test_gaussian_noise_has_the_given_spread_and_stays_in_the_unit_range():
    little, much = corruption.gaussian_noise(GREY, 0.1), corruption.gaussian_noise(GREY, 2)
    assert little.std() == pytest.approx(0.1, rel=0.03)
    assert little.mean() == pytest.approx(0.5, abs=0.003)
    assert (much.min(), much.max()) == (0, 1)
    np.testing.assert_array_equal(corruption.gaussian_noise(GREY, 0), GREY)


def test_gaussian_noise_may_have_a_mean():
    noise = corruption.gaussian_noise(GREY, 0.05, mean=-0.2) - GREY
    assert noise.mean() == pytest.approx(-0.2, abs=0.003)
    assert noise.std() == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("fraction", [0.1, 0.6])
@pytest.mark.parametrize(
    ("corrupt", "white"), [(corruption.masking, 0), (corruption.salt_and_pepper, 0.5)]
)
def test_the_given_fraction_of_pixels_is_lost(corrupt, white, fraction):
    x = corrupt(GREY, fraction)
    assert (x[..., :1] == x).all()  # The channels of a pixel are lost together.
    assert set(np.unique(x)) == {0, 0.5} | ({1} if white else set())
    assert (x == 0).mean() == pytest.approx((1 - white) * fraction, abs=0.015)
    assert (x == 1).mean() == pytest.approx(white * fraction, abs=0.015)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_as_a_generator_with_that_seed(kind):
    corrupt, x = KINDS[kind], images(3, SHAPE)
    before = x.copy()
    first = corrupt(x, 1)
    assert (first.dtype, first.shape) == ("float32", x.shape)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(corrupt(x, 1), first)
    np.testing.assert_array_equal(corrupt(x.astype("float64"), np.int64(1)), first)
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(corrupt(x, generator), first)
    for other in (corrupt(x, generator), corrupt(x, 2)):
        assert (other != first).mean() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_a_batch_do_not_share_their_noise(kind):
    changed = abs(KINDS[kind](GREY, 0) - GREY)[..., 0].reshape(400, 35)
    for rows in (changed[:, :35].T, changed[:35]):
        assert abs(np.corrcoef(rows)[~np.eye(35, dtype=bool)].mean()) < 0.05


# Masks -------------------------------------------------------------------------------------------

MASKS = {
    "random": lambda x, seed: corruption.random_mask(x, 0.3, seed),
    "block": lambda x, seed: corruption.block_mask(x, 2, seed),
}


@pytest.mark.parametrize("fraction", [0.1, 0.6])
def test_a_random_mask_has_the_given_fraction_of_pixels(fraction):
    mask = corruption.random_mask(GREY, fraction)
    assert (mask.dtype, mask.shape) == (bool, (400, 7, 5, 1))
    assert mask.mean() == pytest.approx(fraction, abs=0.015)
    # Pixels are chosen independently, so next to a missing one others are missing as often.
    assert mask[:, 1:][mask[:, :-1]].mean() == pytest.approx(fraction, abs=0.03)


def test_masking_blackens_a_random_mask():
    x = images(5, SHAPE)
    mask = corruption.random_mask(x, 0.4, 3)
    np.testing.assert_array_equal(corruption.masking(x, 0.4, 3), x * ~mask)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_block_mask_is_one_whole_square_in_each_image(size):
    mask = corruption.block_mask(GREY, size)
    assert (mask.dtype, mask.shape) == (bool, (400, 7, 5, 1))
    corners = set()
    for image in mask[..., 0]:
        (square,) = ndimage.find_objects(image.astype(int))
        assert [part.stop - part.start for part in square] == [size, size]
        assert image[square].all()
        corners.add(tuple(part.start for part in square))
    # The square takes every position inside the image, and no other.
    assert corners == set(np.ndindex(7 - size + 1, 5 - size + 1))


@pytest.mark.parametrize("kind", MASKS)
def test_masks_repeat_with_a_seed_and_differ_between_images(kind):
    mask = MASKS[kind](GREY, 1)
    np.testing.assert_array_equal(MASKS[kind](GREY, np.random.default_rng(1)), mask)
    assert (MASKS[kind](GREY, 2) != mask).any()
    assert len(np.unique(mask.reshape(400, -1), axis=0)) > 20
    assert (GREY == 0.5).all()


def test_masks_refuse_bad_arguments():
    with says(ValueError, "`size`", "at most 5", "size=6"):
        corruption.block_mask(GREY, 6)
    for bad in (0, 2.0, True, None):
        with says(ValueError, "`size`", f"size={bad!r}"):
            corruption.block_mask(GREY, bad)
    for bad in (0, 1, -0.2, "half", None):
        with says(ValueError, "`fraction`", f"fraction={bad!r}"):
            corruption.random_mask(GREY, bad)
    for make in MASKS.values():
        with says(ValueError, "`x`", "x.shape=(7, 5, 3)"):
            make(GREY[0], 0)


# In batches --------------------------------------------------------------------------------------

X = images(10, (7, 5, 1))


def noisy(x, rng):
    return corruption.gaussian_noise(x, 0.1, rng)


def epoch(batches):
    """Input, target and, with a mask, weights of one epoch."""
    return [np.concatenate(part) for part in zip(*batches.one_epoch(), strict=True)]


@pytest.mark.parametrize("target", [None, 1 - X], ids=["no target", "target"])
def test_the_input_is_corrupted_and_the_target_clean(target):
    batches = data.Batches(X, target, corruption=noisy, batch_size=4)
    clean = data.Batches(X, target, batch_size=4)
    for _ in range(2):
        (x, y), (x_clean, y_clean) = epoch(batches), epoch(clean)
        np.testing.assert_array_equal(y, y_clean)
        assert (x - x_clean).std() == pytest.approx(0.1, rel=0.15)
    np.testing.assert_array_equal(batches.x, X)


def test_each_batch_and_each_epoch_has_noise_of_its_own():
    batches = data.Batches(np.full_like(X, 0.5), corruption=noisy, batch_size=5, shuffle=False)
    noise = np.concatenate([epoch(batches)[0] for _ in range(3)]).reshape(6, -1)
    assert abs(np.corrcoef(noise)[~np.eye(6, dtype=bool)]).max() < 0.4


def test_the_noise_depends_on_the_seed_and_the_position_of_a_batch():
    first, again, other = (
        data.Batches(X, corruption=noisy, batch_size=4, shuffle=False, seed=s) for s in (1, 1, 2)
    )
    again[2], again[1]  # Reading a batch must not change what comes later.
    for _ in range(2):
        expected, found, another = epoch(first)[0], epoch(again)[0], epoch(other)[0]
        np.testing.assert_array_equal(found, expected)
        assert (another != expected).mean() > 0.5


def test_a_corruption_in_place_leaves_the_target_clean():
    def blacken(x, rng):
        x[:, 0] = 0
        return x

    x, y = epoch(data.Batches(X, corruption=blacken, batch_size=4, shuffle=False))
    np.testing.assert_array_equal(y, X)
    np.testing.assert_array_equal(x[:, 0], 0)


def test_fit_trains_on_the_corrupted_batches():
    found, expected = tiny(), tiny()
    batches = data.Batches(X, corruption=noisy, batch_size=4, seed=3)
    by_hand = data.Batches(X, corruption=noisy, batch_size=4, seed=3)
    found.fit(batches, epochs=2, shuffle=False, verbose=0)
    for _ in range(2):
        x, y = epoch(by_hand)
        expected.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(found, expected)


# Batches with masks -----------------------------------------------------------------------------

MSE = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")


def masked(x, rng):
    mask = corruption.block_mask(x, 3, rng)
    return np.where(mask, np.float32(0.5), x), mask


def test_a_mask_becomes_the_weight_of_the_pixels():
    x, target, weight = epoch(data.Batches(X, corruption=masked, batch_size=4, shuffle=False))
    np.testing.assert_array_equal(target, X)
    assert (weight.dtype, weight.shape) == ("float32", (10, 7, 5))
    assert set(np.unique(weight)) == {0, 1}
    np.testing.assert_array_equal(weight.sum(axis=(1, 2)), 9)
    np.testing.assert_array_equal(x[weight == 1], 0.5)
    np.testing.assert_array_equal(x[weight == 0], X[weight == 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_weighted_loss_is_the_mean_over_the_missing_pixels_alone(channels, rng):
    x = images(10, (7, 5, channels))

    def masked_alike(x, rng):
        # With a fixed seed, all batches have the same mask. Images lose unequal numbers of pixels.
        mask = corruption.random_mask(x, 0.3, 1)
        return np.where(mask, np.float32(0), x), mask

    model = tiny((7, 5, channels))
    model.compile(keras.optimizers.SGD(0.0), loss=MSE)
    batches = data.Batches(x, corruption=masked_alike, batch_size=10, shuffle=False)
    corrupted, target, weight = batches[0]
    squared = (model.predict(corrupted, verbose=0).astype("float64") - target) ** 2
    expected = squared[weight == 1].mean()
    # The mean over all pixels must be another, or the test would not tell them apart.
    assert abs(squared.mean() - expected) > 1e-3 * expected
    assert model.evaluate(batches, verbose=0) == pytest.approx(expected, rel=1e-5)
    history = model.fit(batches, shuffle=False, verbose=0).history
    assert history["loss"] == [pytest.approx(expected, rel=1e-5)]


def test_the_target_outside_the_mask_does_not_affect_training():
    mask = corruption.block_mask(X, 3)
    corrupted, weight = np.where(mask, np.float32(0.5), X), mask[..., 0].astype("float32")
    changed = np.where(mask, X, 1 - X)
    models = [tiny() for _ in range(3)]
    for model, target in zip(models, (X, changed, 1 - X), strict=True):
        model.compile(keras.optimizers.Adam(0.01), loss=MSE)
        model.fit(corrupted, target, sample_weight=weight, epochs=3, shuffle=False, verbose=0)
    assert_same_weights(*models[:2])
    assert not np.allclose(models[0].get_weights()[0], models[2].get_weights()[0], atol=1e-4)


@pytest.mark.parametrize(
    ("mask", "texts"),
    [
        (lambda x: x[..., :1], ("mask.dtype=float32",)),
        (lambda x: np.ones(x.shape[:3], bool), ("(4, 7, 5, 1)", "mask.shape=(4, 7, 5)")),
        (lambda x: np.ones((1, 7, 5, 1), bool), ("(4, 7, 5, 1)", "mask.shape=(1, 7, 5, 1)")),
    ],
)
def test_masks_that_do_not_fit_the_images_are_refused(mask, texts):
    batches = data.Batches(X, corruption=lambda x, rng: (x, mask(x)), batch_size=4)
    with says(ValueError, "`mask`", *texts):
        batches[0]
