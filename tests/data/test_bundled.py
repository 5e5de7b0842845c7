"""ae_keras/data/bundled.py: digits, letters and photographs are the same on every machine."""

import time

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from ae_keras.data import bundled
from contract import says


@pytest.fixture(scope="module")
def subsets():
    return {subset: bundled.digits(subset) for subset in ("train", "test")}


@pytest.mark.parametrize(("subset", "n", "originals"), [("train", 9000, 1500), ("test", 1782, 297)])
def test_numbers_of_digits_and_of_sources(subsets, subset, n, originals):
    images, labels, groups = subsets[subset]
    assert (images.shape, images.dtype) == ((n, 28, 28, 1), "uint8")
    assert (labels.shape, labels.dtype) == ((n,), "int64")
    sources, copies = np.unique(groups, return_counts=True)
    assert len(sources) == originals
    assert (copies == 6).all()


@pytest.mark.parametrize("subset", ["train", "test"])
def test_every_digit_is_about_as_frequent_as_others(subsets, subset):
    counts = np.bincount(subsets[subset][1])
    assert len(counts) == 10
    assert counts.min() > 0.6 * counts.mean()


def test_no_source_is_in_both_subsets(subsets):
    assert not set(subsets["train"][2]) & set(subsets["test"][2])


def test_copies_of_one_original_are_of_one_class_but_differ(subsets):
    images, labels, groups = subsets["test"]
    of_one = groups == groups[0]
    assert len(np.unique(labels[of_one])) == 1
    assert len(np.unique(images[of_one], axis=0)) == 6


def test_digits_look_like_those_of_mnist(subsets):
    """Strokes are in the middle, the rim is black, and most pixels are either black or white."""
    images = subsets["train"][0][..., 0] / 255
    rim = np.ones((28, 28), bool)
    rim[2:-2, 2:-2] = False
    assert images[:, rim].mean() < 0.01
    assert 0.1 < images.mean() < 0.2
    assert ((images < 0.1) | (images > 0.9)).mean() > 0.75


def test_neighbouring_digits_come_from_different_sources(subsets):
    groups = subsets["train"][2]
    assert (groups[1:] == groups[:-1]).mean() < 0.01


def test_digits_are_the_same_everywhere(subsets):
    """Sums are compared, not checksums, because another SciPy may round a few pixels otherwise."""
    images, labels, groups = subsets["train"]
    assert images.sum(dtype=int) == pytest.approx(305_887_094, rel=1e-5)
    assert labels[:12].tolist() == [7, 2, 5, 2, 6, 1, 5, 5, 4, 7, 0, 3]
    assert groups[:6].tolist() == [1761, 437, 271, 907, 1085, 151]
    row = [138, 251, 255, 255, 255, 255, 255, 255, 249, 180, 102, 22]
    np.testing.assert_allclose(images[0, 14, 8:20, 0].astype(int), row, atol=2)


def test_digits_made_again_are_the_same_within_three_seconds():
    def seconds():
        start = time.process_time()
        again = bundled._all_digits.__wrapped__()
        for found, kept in zip(again, bundled._all_digits(), strict=True):
            np.testing.assert_array_equal(found, kept)
        return time.process_time() - start

    assert any(seconds() < 3 for _ in range(3))  # A busy machine may be too slow once or twice.


# Letters and photographs --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def glyphs():
    return {subset: bundled.glyphs(subset) for subset in ("train", "test")}


@pytest.fixture(scope="module")
def photos():
    return {subset: bundled.photos(subset) for subset in ("train", "test")}


@pytest.mark.parametrize(
    ("name", "shape", "copies", "numbers"),
    [
        ("glyphs", (28, 28, 1), 10, {"train": 1890, "test": 630}),
        ("photos", (32, 32, 3), 40, {"train": 3840, "test": 960}),
    ],
)
def test_subsets_are_made_of_whole_sources(name, shape, copies, numbers, request):
    subsets = request.getfixturevalue(name)
    seen = []
    for subset, n in numbers.items():
        images, labels, groups = subsets[subset]
        assert (images.shape, images.dtype) == ((n, *shape), "uint8")
        assert (labels.shape, labels.dtype) == (groups.shape, groups.dtype) == ((n,), "int64")
        sources, counts = np.unique(groups, return_counts=True)
        assert (counts == copies).all()
        # The order is random, so neighbours rarely come from one source.
        assert (groups[1:] == groups[:-1]).mean() < 2 / len(sources)
        seen += sources.tolist()
    assert sorted(seen) == list(range(sum(numbers.values()) // copies))


@pytest.mark.parametrize(
    ("make", "total", "labels", "tolerance"),
    [
        # Letters are drawn from fonts, which other versions of the libraries may draw otherwise.
        (bundled.glyphs, 18_228_674, [11, 13, 19, 3, 1, 2, 0, 1], 1e-3),
        (bundled.photos, 358_581_803, [1, 1, 1, 1, 0, 1, 0, 1], 1e-5),
    ],
)
def test_letters_and_photographs_made_again_are_the_same(make, total, labels, tolerance):
    first, again = make("test"), make("test")
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert first[0].sum(dtype=int) == pytest.approx(total, rel=tolerance)
    assert first[1][:8].tolist() == labels


def test_letters_have_the_right_labels(glyphs):
    """The mean image of each letter is nearest to most images with its label, and looks like it."""
    train, labels, groups = glyphs["train"]
    assert np.bincount(glyphs["test"][1]).tolist() == [30] * 21
    np.testing.assert_array_equal(labels, groups % 21)
    flat = train.reshape(len(train), -1) / 255
    means = np.stack([flat[labels == label].mean(axis=0) for label in range(21)])
    nearest = ((flat[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.8
    rows = {letter: means[bundled.LETTERS.index(letter)].reshape(28, 28) for letter in "LTP"}
    assert rows["L"][18:].sum() > 1.5 * rows["L"][:10].sum()
    assert rows["T"][:10].sum() > 1.5 * rows["T"][18:].sum()
    assert rows["P"][:14].sum() > 1.5 * rows["P"][14:].sum()


def test_letters_are_centred_and_copies_differ(glyphs):
    images = glyphs["train"][0][..., 0] / 255
    down, right = np.mgrid[:28, :28]
    for places in (down, right):
        centre = (images * places).sum(axis=(1, 2)) / images.sum(axis=(1, 2))
        assert centre.mean() == pytest.approx(13.5, abs=1)
        assert abs(centre - 13.5).max() < 5
    assert len(np.unique(images, axis=0)) == len(images)


def windows(tile):
    """All patches of a tile of 64x64 pixels, `(33 * 33, 32 * 32 * 3)`."""
    found = np.lib.stride_tricks.sliding_window_view(tile, (32, 32), axis=(0, 1))
    return np.moveaxis(found, 2, -1).reshape(33 * 33, -1)


def test_patches_lie_in_their_tiles_which_share_no_pixel(photos):
    """Tile number 60 k + 10 i + j is in row i and column j of photograph k."""
    pictures = load_sample_images().images
    mirrored = 0
    for images, labels, groups in photos.values():
        for tile in np.unique(groups):
            picture, (i, j) = pictures[tile // 60], divmod(tile % 60, 10)
            inside = windows(picture[64 * i : 64 * i + 64, 64 * j : 64 * j + 64])
            of_tile = np.flatnonzero(groups == tile)
            assert (labels[of_tile] == tile // 60).all()
            patch = images[of_tile[0]]
            plain, turned = (
                (inside[:, ::7] == each.ravel()[::7]).all(axis=1).any()
                for each in (patch, patch[:, ::-1])
            )
            assert plain or turned
            mirrored += turned and not plain
    assert 30 < mirrored < 90


@pytest.mark.parametrize("name", ["digits", "glyphs", "photos"])
def test_an_unknown_subset_is_refused(name):
    with says(ValueError, "`subset`", "subset='validation'"):
        getattr(bundled, name)("validation")
