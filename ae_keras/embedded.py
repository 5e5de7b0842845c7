"""Data sets made on the spot from what the dependencies ship: no download, the same everywhere."""

import functools

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

COPIES = 6  # warped copies of each handwritten digit
TEST_SOURCES = 297  # of the 1,797 originals
SIZE = 28  # pixels, the size of an MNIST image
CONTRAST = 2  # crisp strokes: most pixels are then black or white, as in MNIST


def digits(subset):
    """Handwritten digits enlarged to 28x28 and gently deformed: 10,782 images.

    scikit-learn's 1,797 scanned digits of 8x8 pixels are enlarged by cubic splines; each gives six
    copies, rotated by up to 12 degrees, sheared, scaled by up to 10 % and shifted by up to 1.5
    pixels. All copies of one original belong to the same subset.

    Args:
        subset: "train" (9,000 images of 1,500 originals) or "test" (1,782 of 297).

    Returns:
        images: uint8 `(n, 28, 28, 1)`.
        labels: int64 `(n,)`, the digits 0-9.
        source: int64 `(n,)`, the number of the original.

    Source: Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits,
    doi:10.24432/C50P49, CC BY 4.0.
    """
    images, labels, source = _all_digits()
    test_sources = np.random.default_rng(0).permutation(source.max() + 1)[:TEST_SOURCES]
    mine = np.isin(source, test_sources) == (subset == "test")
    return images[mine], labels[mine], source[mine]


@functools.cache
def _all_digits():
    small = load_digits()
    n = len(small.images)
    rng = np.random.default_rng(0)
    warps = rng.uniform(-1, 1, (n, COPIES, 5))
    images = np.empty((n, COPIES, SIZE, SIZE), "uint8")
    for i, image in enumerate(small.images):
        spline = ndimage.spline_filter(np.pad(image / 16, 2))
        for j in range(COPIES):
            grey = 0.5 + CONTRAST * (_warp(spline, *warps[i, j]) - 0.5)
            images[i, j] = np.rint(255 * np.clip(grey, 0, 1))
    source = np.repeat(np.arange(n), COPIES)
    # an order in which neighbours are strangers, as in MNIST
    order = rng.permutation(n * COPIES)
    images = images.reshape(-1, SIZE, SIZE, 1)
    return images[order], small.target[source][order].astype("int64"), source[order]


def _warp(spline, angle, shear, scale, down, right):
    """`spline` (12x12 coefficients) drawn on a 28x28 grid; each argument is in [-1, 1]."""
    turn = np.deg2rad(12 * angle)
    zoom = 2.6 * (1 + 0.1 * scale)  # 8 pixels become 21, as in MNIST's 20x20 box
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[1, 0], [0.15 * shear, 1]]) / zoom
    centre = (SIZE - 1) / 2 + 1.5 * np.array([down, right])
    offset = (np.array(spline.shape) - 1) / 2 - matrix @ centre
    return ndimage.affine_transform(spline, matrix, offset, (SIZE, SIZE), prefilter=False)
