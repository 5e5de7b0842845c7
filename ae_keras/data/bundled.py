"""Bundled data sets, computed from images and fonts that the dependencies ship: no download."""

import functools
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from sklearn.datasets import load_digits, load_sample_images

from ae_keras import _validation
from ae_keras.data.pixels import to_bytes

# Six warped copies of each of the 1,797 originals; 297 originals and their copies are for testing.
COPIES = 6
TEST_GROUPS = 297
# The size of an MNIST image, in pixels.
SIZE = 28
# 8 pixels become 21, because the digits of MNIST fill a box of 20x20 pixels.
ZOOM = 2.6
# Doubling the contrast makes strokes crisp: most pixels are then black or white, as in MNIST.
CONTRAST = 2


def digits(subset):
    """Return handwritten digits, enlarged to 28x28 pixels and gently deformed: 10,782 images.

    scikit-learn's 1,797 scanned digits of 8x8 pixels are enlarged by cubic splines; each gives six
    copies, rotated by up to 12 degrees, sheared, scaled by up to 10 % and shifted by up to 1.5
    pixels. All copies of one original belong to the same subset.

    Args:
        subset: "train" (9,000 images of 1,500 originals) or "test" (1,782 images of 297).


    Returns:
        images: uint8 array `(n, 28, 28, 1)`, values 0..255.
        labels: int64 array `(n,)`, the digits 0 to 9.
        groups: int64 array `(n,)`, the number of the original, 0 to 1,796.

    Source: Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits,
    doi:10.24432/C50P49, CC BY 4.0.

    Example:
        >>> from ae_keras.data import bundled
        >>> images, labels, groups = bundled.digits("test")
        >>> images.shape
        (1782, 28, 28, 1)
        >>> int((groups == groups[0]).sum())
        6
    """
    _validation.choice(subset, "subset", ("train", "test"))
    images, labels, groups = _all_digits()
    test_groups = np.random.default_rng(0).permutation(groups.max() + 1)[:TEST_GROUPS]
    mine = np.isin(groups, test_groups) == (subset == "test")
    return images[mine], labels[mine], groups[mine]


@functools.cache
def _all_digits():
    """Images, labels and groups of both subsets; they take about a second, once a process."""
    small = load_digits()
    n = len(small.images)
    rng = np.random.default_rng(0)
    warps = rng.uniform(-1, 1, (n, COPIES, 5))
    images = np.empty((n, COPIES, SIZE, SIZE), "uint8")
    for i, image in enumerate(small.images):
        spline = ndimage.spline_filter(np.pad(image / 16, 2))
        for j in range(COPIES):
            images[i, j] = to_bytes(0.5 + CONTRAST * (_warp(spline, ZOOM, *warps[i, j]) - 0.5))
    groups = np.repeat(np.arange(n), COPIES)
    # The images are shuffled, so that neighbours are unrelated, as in MNIST.
    order = rng.permutation(n * COPIES)
    images = images.reshape(-1, SIZE, SIZE, 1)
    return images[order], small.target[groups][order].astype("int64"), groups[order]


# B, I, O, S and Z are left out, because they look like digits.
LETTERS = "ACDEFGHJKLMNPQRTUVWXY"
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"),
    *("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic"),
    *("cmr10", "cmss10", "cmti10", "cmtt10"),
)
GLYPH_COPIES = 10


def glyphs(subset):
    """Return printed capital letters, deformed as the digits are: 2,520 images.

    They are 21 letters in 12 fonts that matplotlib ships, ten copies each: shapes that a model
    trained on digits has not seen. For each letter, three of the fonts are kept for testing.

    Args:
        subset: "train" (1,890 images) or "test" (630).

    Returns:
        images: uint8 array `(n, 28, 28, 1)`, values 0..255.
        labels: int64 array `(n,)`, the place of the letter in `LETTERS`, 0 to 20.
        groups: int64 array `(n,)`, 0 to 251; the ten copies of a letter in one font share a number.

    Example:
        >>> from ae_keras.data import bundled
        >>> images, labels, groups = bundled.glyphs("test")
        >>> images.shape
        (630, 28, 28, 1)
        >>> bundled.LETTERS[labels[0]]
        'N'
    """
    _validation.choice(subset, "subset", ("train", "test"))
    rng = np.random.default_rng(1)
    n = len(LETTERS) * len(FONTS)
    warps = rng.uniform(-1, 1, (n, GLYPH_COPIES, 5))
    place = rng.permuted(np.tile(np.arange(len(FONTS)), (len(LETTERS), 1)), axis=1)
    in_test = place.T.ravel() < len(FONTS) // 4
    images, labels, groups = [], [], []
    for i in np.flatnonzero(in_test == (subset == "test")):
        font, letter = divmod(i, len(LETTERS))
        spline = ndimage.spline_filter(_letter(LETTERS[letter], FONTS[font]))
        images += [to_bytes(_warp(spline, 0.5, *warp)) for warp in warps[i]]
        labels += [letter] * GLYPH_COPIES
        groups += [i] * GLYPH_COPIES
    order = rng.permutation(len(images))
    images = np.stack(images)[order, ..., None]
    return images, np.array(labels, "int64")[order], np.array(groups, "int64")[order]


def _letter(letter, font):
    """A letter, 40 pixels high, in the middle of an image of 56x56 pixels in [0, 1]."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    size = 60
    box = ImageFont.truetype(path, size).getbbox(letter)
    face = ImageFont.truetype(path, size * 40 / (box[3] - box[1]))
    left, top, right, bottom = face.getbbox(letter)
    sheet = Image.new("L", (2 * SIZE, 2 * SIZE))
    place = (SIZE - (left + right) / 2, SIZE - (top + bottom) / 2)
    ImageDraw.Draw(sheet).text(place, letter, fill=255, font=face)
    # `glyphs` keeps every second pixel. Without this blur, edges would show aliasing.
    return ndimage.gaussian_filter(np.asarray(sheet, "float64") / 255, 0.7)


# Sides of a tile and of a patch in pixels, and the number of patches that a tile gives.
TILE, PATCH, PATCHES = 64, 32, 40


def photos(subset):
    """Return colour patches of scikit-learn's two photographs, a Chinese palace and a flower.

    Each photograph is cut into 60 tiles of 64x64 pixels, and 40 patches are taken from each tile at
    random, half of them mirrored. Patches of one tile overlap, so they belong to the same subset.

    Args:
        subset: "train" (3,840 patches of 96 tiles) or "test" (960 patches of 24).


    Returns:
        images: uint8 array `(n, 32, 32, 3)`, red, green and blue, values 0..255.
        labels: int64 array `(n,)`: 0 the palace, 1 the flower.
        groups: int64 array `(n,)`, the number of the tile, 0 to 119.

    Source: scikit-learn, `load_sample_images`, CC BY.

    Example:
        >>> from ae_keras.data import bundled
        >>> images, labels, groups = bundled.photos("test")
        >>> images.shape
        (960, 32, 32, 3)
        >>> len(set(groups.tolist()))
        24
    """
    _validation.choice(subset, "subset", ("train", "test"))
    rng = np.random.default_rng(2)
    pictures = load_sample_images().images
    places = [(k, i, j) for k in range(2) for i in range(6) for j in range(10)]
    corners = rng.integers(0, TILE - PATCH + 1, (len(places), PATCHES, 2))
    in_test = rng.permutation(len(places)) < 24
    groups = np.flatnonzero(in_test == (subset == "test"))
    images = []
    for tile in groups:
        k, i, j = places[tile]
        for number, (down, right) in enumerate(corners[tile]):
            top, left = TILE * i + down, TILE * j + right
            patch = pictures[k][top : top + PATCH, left : left + PATCH]
            images.append(patch[:, ::-1] if number % 2 else patch)
    groups = np.repeat(groups, PATCHES)
    order = rng.permutation(len(images))
    return np.stack(images)[order], (groups // 60)[order], groups[order]


def _warp(spline, zoom, angle, shear, scale, down, right):
    """Draw spline coefficients `zoom` times as large on 28x28 pixels; the rest lies in [-1, 1]."""
    turn = np.deg2rad(12 * angle)
    zoom = zoom * (1 + 0.1 * scale)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[1, 0], [0.15 * shear, 1]]) / zoom
    centre = (SIZE - 1) / 2 + 1.5 * np.array([down, right])
    offset = (np.array(spline.shape) - 1) / 2 - matrix @ centre
    return ndimage.affine_transform(spline, matrix, offset, (SIZE, SIZE), prefilter=False)
