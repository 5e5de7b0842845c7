"""Images with labels and groups: load a data set by name, scale it, and split it."""

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
    """Images with their labels and groups: three arrays of equal length.

    `len(images)` is their number, and `images[rows]` are those at an index array, a mask or a
    slice, as `Images`.

    Args:
        x: float32 array `(n, height, width, channels)`, pixels in [0, 1].
        labels: int64 array `(n,)`, the class of each image.
        groups: int64 array `(n,)`; images made from the same original share a group number, and
            `split` keeps them together.

    Example:
        >>> from ae_keras import data
        >>> images = data.load("shapes", "test")
        >>> images.x.shape
        (588, 28, 28, 1)
        >>> discs = images[images.labels == 1]
        >>> set(discs.labels.tolist())
        {1}
    """

    x: np.ndarray
    labels: np.ndarray
    groups: np.ndarray

    def __len__(self):
        return len(self.x)

    def __getitem__(self, rows):
        """Return the images at an index array, a mask or a slice."""
        return Images(self.x[rows], self.labels[rows], self.groups[rows])


def default_name():
    """Return the name of the data set that the notebooks use.

    Returns:
        str: the environment variable `AE_KERAS_DATASET`, or "digits" if it is unset or empty.

    Example:
        >>> from unittest import mock
        >>> from ae_keras import data
        >>> with mock.patch.dict("os.environ", AE_KERAS_DATASET="kmnist"):
        ...     data.default_name()
        'kmnist'
    """
    return os.environ.get("AE_KERAS_DATASET") or "digits"


def load_raw(name=None, subset="train"):
    """Load one subset of a data set as it is stored: integers, labels and groups.

    Args:
        name: "digits", "glyphs", "photos", "shapes" or "signals" (bundled), "mnist",
            "fashion_mnist" or "kmnist" (from local files, or downloaded once), or the name of a
            folder of four IDX files in `AE_KERAS_DATA_DIR`. Defaults to None: `default_name()`.
        subset: "train" or "test". Defaults to "train".

    Returns:
        images: uint8 array `(n, height, width, channels)`, values 0..255.
        labels: int64 array `(n,)`.
        groups: int64 array `(n,)`; images made from the same original share a group number. In
            data sets that are read from IDX files, each image is a group of its own.

    Raises:
        ValueError: the name or the subset is unknown, or a file is damaged.
        FileNotFoundError: a file is neither on the disk nor to be downloaded.
        OSError: the cache for downloads cannot be written to.

    Example:
        >>> from ae_keras import data
        >>> images, labels, groups = data.load_raw("photos", "test")
        >>> images.dtype, images.shape
        (dtype('uint8'), (960, 32, 32, 3))
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
    """Load one subset of a data set as `Images`, pixels in [0, 1].

    Args:
        name, subset: as for `load_raw`.

    Returns:
        `Images` with `x` float32 `(n, height, width, channels)` in [0, 1].

    Raises:
        ValueError, FileNotFoundError, OSError: as `load_raw`.

    Example:
        >>> from ae_keras import data
        >>> test = data.load("signals", "test")
        >>> len(test), test.x.shape
        (600, (600, 1, 128, 1))
    """
    images, labels, groups = load_raw(name, subset)
    return Images(to_unit_range(images), labels, groups)


def split(images, fraction=0.15, seed=0):
    """Split `images` at random into two parts that have no group in common.

    Copies of one original would otherwise lie on both sides, and a test on one part would measure
    how well the model remembers the other.

    Args:
        images: `Images` of two groups or more.
        fraction: float in (0, 1), the fraction of the groups that goes to `part`. Defaults to 0.15.
        seed: int in [0, 2**32), determines which groups. Defaults to 0.

    Returns:
        rest: `Images` of all other groups.
        part: `Images` of the drawn groups.

    Raises:
        ValueError: `fraction` or `seed` is out of range, or `images` has fewer than two groups.

    Example:
        >>> from ae_keras import data
        >>> rest, part = data.split(data.load("photos"), fraction=0.25)
        >>> len(rest), len(part)
        (2880, 960)
        >>> set(rest.groups) & set(part.groups)
        set()
    """
    fraction = _validation.fraction(fraction, "fraction")
    seed = _validation.seed(seed)
    n_groups = len(np.unique(images.groups))
    if n_groups < 2:
        raise ValueError(
            "`images` must hold two or more groups to be split. "
            f"Received: {len(images)} images of {n_groups} groups."
        )
    splitter = GroupShuffleSplit(n_splits=1, test_size=fraction, random_state=seed)
    rest, part = next(splitter.split(images.x, groups=images.groups))
    return images[rest], images[part]


def load_splits(name=None):
    """Load the training, validation and test images of a data set, as every notebook uses them.

    The validation images are 15 % of the groups of the subset "train", drawn with seed 0.

    Args:
        name: as for `load_raw`.

    Returns:
        train, validation, test: `Images`; no two of them have a group in common.

    Raises:
        ValueError, FileNotFoundError, OSError: as `load_raw`.

    Example:
        >>> from ae_keras import data
        >>> [len(part) for part in data.load_splits("photos")]
        [3240, 600, 960]
    """
    train, validation = split(load(name, "train"))
    return train, validation, load(name, "test")


def load_images(folder, image_shape=None):
    """Load the pictures of a folder, sorted by name, as `Images`.

    Pictures lie in the folder itself, or in sub-folders, one for each class. Each picture is a
    group of its own. `image_folder.load_images` says which files count and how they are converted.

    Args:
        folder: str or path.
        image_shape: `(height, width, channels)`, channels 1 or 3, to which all pictures are resized
            and converted. Defaults to None: they must be alike already.

    Returns:
        `Images` with `x` float32 `(n, height, width, channels)` in [0, 1].

    Raises:
        FileNotFoundError, ValueError: as `image_folder.load_images`.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from PIL import Image
        >>> from ae_keras import data
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.fromarray(np.zeros((6, 8, 3), "uint8")).save(f"{folder}/black.png")
        ...     data.load_images(folder).x.shape
        (1, 6, 8, 3)
    """
    return Images(*image_folder.load_images(folder, image_shape))
