"""corruption.py, and how `data.Batches` uses it."""

import numpy as np
import pytest
from contract import assert_same_weights, images, tiny

from ae_keras import corruption, data

SHAPE = (7, 5, 3)
GREY = np.full((400, *SHAPE), 0.5, "float32")
KINDS = {
    "gaussian noise": lambda x, seed: corruption.gaussian_noise(x, 0.2, seed),
    "masking": lambda x, seed: corruption.masking(x, 0.3, seed),
    "salt and pepper": lambda x, seed: corruption.salt_and_pepper(x, 0.3, seed),
}


def test_normal_noise_has_the_asked_spread_and_stays_in_the_unit_range():
    little, much = corruption.gaussian_noise(GREY, 0.1), corruption.gaussian_noise(GREY, 2)
    assert little.std() == pytest.approx(0.1, rel=0.03)
    assert little.mean() == pytest.approx(0.5, abs=0.003)
    assert (much.min(), much.max()) == (0, 1)
    np.testing.assert_array_equal(corruption.gaussian_noise(GREY, 0), GREY)


def test_normal_noise_may_have_a_mean():
    noise = corruption.gaussian_noise(GREY, 0.05, mean=-0.2) - GREY
    assert noise.mean() == pytest.approx(-0.2, abs=0.003)
    assert noise.std() == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("fraction", [0.1, 0.6])
@pytest.mark.parametrize(
    ("spoil", "white"), [(corruption.masking, 0), (corruption.salt_and_pepper, 0.5)]
)
def test_the_fraction_is_that_of_the_pixels_lost(spoil, white, fraction):
    x = spoil(GREY, fraction)
    assert (x[..., :1] == x).all()  # all channels of a pixel together
    assert set(np.unique(x)) == {0, 0.5} | ({1} if white else set())
    assert (x == 0).mean() == pytest.approx((1 - white) * fraction, abs=0.015)
    assert (x == 1).mean() == pytest.approx(white * fraction, abs=0.015)


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_gives_the_same_as_a_generator_with_it(kind):
    spoil, x = KINDS[kind], images(3, SHAPE)
    before = x.copy()
    first = spoil(x, 1)
    assert (first.dtype, first.shape) == ("float32", x.shape)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(spoil(x, 1), first)
    np.testing.assert_array_equal(spoil(x.astype("float64"), np.int64(1)), first)
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(spoil(x, generator), first)
    for other in (spoil(x, generator), spoil(x, 2)):
        assert (other != first).mean() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_a_batch_do_not_share_their_noise(kind):
    changed = abs(KINDS[kind](GREY, 0) - GREY)[..., 0].reshape(400, 35)
    for rows in (changed[:, :35].T, changed[:35]):
        assert abs(np.corrcoef(rows)[~np.eye(35, dtype=bool)].mean()) < 0.05


# In batches --------------------------------------------------------------------------------------

X = images(10, (7, 5, 1))


def noisy(x, rng):
    return corruption.gaussian_noise(x, 0.1, rng)


def epoch(batches):
    """Input and target of one epoch."""
    return [np.concatenate(part) for part in zip(*batches.one_epoch(), strict=True)]


@pytest.mark.parametrize("target", [None, 1 - X], ids=["no target", "target"])
def test_the_input_is_spoilt_and_the_target_clean(target):
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


def test_the_noise_depends_on_the_seed_and_on_when_a_batch_comes():
    first, again, other = (
        data.Batches(X, corruption=noisy, batch_size=4, shuffle=False, seed=s) for s in (1, 1, 2)
    )
    again[2], again[1]  # a look at a batch changes nothing
    for _ in range(2):
        expected, found, another = epoch(first)[0], epoch(again)[0], epoch(other)[0]
        np.testing.assert_array_equal(found, expected)
        assert (another != expected).mean() > 0.5


def test_a_corruption_in_place_spoils_no_target():
    def blacken(x, rng):
        x[:, 0] = 0
        return x

    x, y = epoch(data.Batches(X, corruption=blacken, batch_size=4, shuffle=False))
    np.testing.assert_array_equal(y, X)
    np.testing.assert_array_equal(x[:, 0], 0)


def test_fit_trains_on_the_spoilt_batches():
    found, expected = tiny(), tiny()
    batches = data.Batches(X, corruption=noisy, batch_size=4, seed=3)
    by_hand = data.Batches(X, corruption=noisy, batch_size=4, seed=3)
    found.fit(batches, epochs=2, shuffle=False, verbose=0)
    for _ in range(2):
        x, y = epoch(by_hand)
        expected.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(found, expected)
