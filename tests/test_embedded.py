"""embedded.py: the digits, the same on every machine."""

import time

import numpy as np
import pytest

from ae_keras import embedded


@pytest.fixture(scope="module")
def subsets():
    return {subset: embedded.digits(subset) for subset in ("train", "test")}


@pytest.mark.parametrize(("subset", "n", "originals"), [("train", 9000, 1500), ("test", 1782, 297)])
def test_counts(subsets, subset, n, originals):
    images, labels, source = subsets[subset]
    assert (images.shape, images.dtype) == ((n, 28, 28, 1), "uint8")
    assert (labels.shape, labels.dtype) == ((n,), "int64")
    sources, copies = np.unique(source, return_counts=True)
    assert len(sources) == originals
    assert (copies == 6).all()


@pytest.mark.parametrize("subset", ["train", "test"])
def test_every_digit_is_there_about_as_often(subsets, subset):
    counts = np.bincount(subsets[subset][1])
    assert len(counts) == 10
    assert counts.min() > 0.6 * counts.mean()


def test_no_source_is_in_both_subsets(subsets):
    assert not set(subsets["train"][2]) & set(subsets["test"][2])


def test_copies_of_one_original_are_of_one_class_but_differ(subsets):
    images, labels, source = subsets["test"]
    of_one = source == source[0]
    assert len(np.unique(labels[of_one])) == 1
    assert len(np.unique(images[of_one], axis=0)) == 6


def test_images_have_the_look_of_mnist(subsets):
    """Strokes in the middle, a black rim, and most pixels either black or white."""
    images = subsets["train"][0][..., 0] / 255
    rim = np.ones((28, 28), bool)
    rim[2:-2, 2:-2] = False
    assert images[:, rim].mean() < 0.01
    assert 0.1 < images.mean() < 0.2
    assert ((images < 0.1) | (images > 0.9)).mean() > 0.75


def test_neighbours_are_strangers(subsets):
    source = subsets["train"][2]
    assert (source[1:] == source[:-1]).mean() < 0.01


def test_pixels_are_the_same_everywhere(subsets):
    """Sums rather than a checksum: another SciPy may round a few pixels otherwise."""
    images, labels, source = subsets["train"]
    assert images.sum(dtype=int) == pytest.approx(305_887_094, rel=1e-5)
    assert labels[:12].tolist() == [7, 2, 5, 2, 6, 1, 5, 5, 4, 7, 0, 3]
    assert source[:6].tolist() == [1761, 437, 271, 907, 1085, 151]
    row = [138, 251, 255, 255, 255, 255, 255, 255, 249, 180, 102, 22]
    np.testing.assert_allclose(images[0, 14, 8:20, 0].astype(int), row, atol=2)


def test_making_them_again_gives_the_same_in_less_than_three_seconds():
    def seconds():
        start = time.process_time()
        again = embedded._all_digits.__wrapped__()
        for found, kept in zip(again, embedded._all_digits(), strict=True):
            np.testing.assert_array_equal(found, kept)
        return time.process_time() - start

    assert any(seconds() < 3 for _ in range(3))  # a busy machine may be slow once
