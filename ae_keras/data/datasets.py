"""Images with their labels: load a data set by name, scale it, and split it."""

import os
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupShuffleSplit

from ae_keras import _validation
from ae_keras.data import bundled, image_folder, published, synthetic
from ae_keras.data.pixels import to_unit_range

BUNDLED = {
    "digits": bundled.digits,
    "glyphs": bundled.glyphs,
    "photos": bundled.photos,
    "shapes": synthetic.shapes,
    "signals": synthetic.signals,
}


@dataclass(frozen=True)
class Images:
    """Images with what is known of them; arrays of equal length.

    Attributes:
        x: float32 `(n, height, width, channels)` in [0, 1].
        labels: int64 `(n,)`.
        groups: int64 `(n,)`; images of one group were made from the same original.
    """

    x: np.ndarray
    labels: np.ndarray
    groups: np.ndarray

    def __len__(self):
        return len(self.x)

    def __getitem__(self, rows):
        """The images at an index array, a mask or a slice."""
        return Images(self.x[rows], self.labels[rows], self.groups[rows])


def default_name():
    """The data set the notebooks use: `AE_KERAS_DATASET`, else "digits"."""
    return os.environ.get("AE_KERAS_DATASET") or "digits"


def load_raw(name=None, subset="train"):
    """One subset of a data set as it is stored.

    Args:
        name: "digits", "glyphs", "photos", "shapes", "signals" (bundled), "mnist",
            "fashion_mnist", "kmnist" (local files or download), or a folder of four IDX files in
            `AE_KERAS_DATA_DIR`. None: `default_name()`.
        subset: "train" or "test".

    Returns:
        images: uint8 `(n, height, width, channels)` in 0..255.
        labels: int64 `(n,)`.
        groups: int64 `(n,)`.

    Raises:
        ValueError: an unknown name or subset, or a damaged file.
        FileNotFoundError: files that are neither on disk nor to be downloaded.
    """
    name = name or default_name()
    _validation.choice(subset, "subset", ("train", "test"))
    if name in BUNDLED:
        return BUNDLED[name](subset)
    if name not in published.PUBLISHED and published.folder(name) is None:
        known = ", ".join([*BUNDLED, *published.PUBLISHED])
        raise ValueError(
            f"`name` must be one of {known}, or a folder of IDX files in AE_KERAS_DATA_DIR. "
            f"Received: name={name!r}."
        )
    images, labels = published.load(name, subset)
    return images, labels, np.arange(len(images))


def load(name=None, subset="train"):
    """One subset of a data set as `Images`, pixels in [0, 1]. Arguments and errors: `load_raw`."""
    images, labels, groups = load_raw(name, subset)
    return Images(to_unit_range(images), labels, groups)


def split(images, fraction=0.15, seed=0):
    """Two parts of `images` that share no group.

    Args:
        images: `Images`.
        fraction: share of the groups that goes to the second part, in (0, 1).
        seed: of the drawing.

    Returns:
        The larger and the smaller part, as `Images`.
    """
    fraction = _validation.fraction(fraction, "fraction")
    if len(np.unique(images.groups)) < 2:
        raise ValueError("`images` must hold two or more groups to be split. Received: one.")
    splitter = GroupShuffleSplit(n_splits=1, test_size=fraction, random_state=seed)
    rest, part = next(splitter.split(images.x, groups=images.groups))
    return images[rest], images[part]


def load_splits(name=None):
    """Training, validation and test images of a data set, as every notebook uses them."""
    train, validation = split(load(name, "train"))
    return train, validation, load(name, "test")


def load_images(folder, image_shape=None):
    """The pictures of a folder as `Images`. Arguments and errors: `image_folder.load_images`."""
    return Images(*image_folder.load_images(folder, image_shape))
