"""Images in, batches out: load, scale, split, corrupt, and feed them in one order everywhere."""

import os
from dataclasses import dataclass

import keras
import numpy as np
from sklearn.model_selection import GroupShuffleSplit

from ae_keras import embedded, idx, pictures, synthetic, validation
from ae_keras.corruption import block_holes, gaussian_noise, masking, random_holes, salt_and_pepper  # noqa: F401

EMBEDDED = {
    "digits": embedded.digits,
    "glyphs": embedded.glyphs,
    "photos": embedded.photos,
    "shapes": synthetic.shapes,
    "signals": synthetic.signals,
}


@dataclass(frozen=True)
class Images:
    """Images with what is known of them; arrays of equal length.

    Attributes:
        x: float32 `(n, height, width, channels)` in [0, 1].
        labels: int64 `(n,)`.
        source: int64 `(n,)`; images of one source were made from the same original.
    """

    x: np.ndarray
    labels: np.ndarray
    source: np.ndarray

    def __len__(self):
        return len(self.x)

    def __getitem__(self, rows):
        """The images at an index array, a mask or a slice."""
        return Images(self.x[rows], self.labels[rows], self.source[rows])


def default_name():
    """The data set the notebooks use: `AE_KERAS_DATASET`, else "digits"."""
    return os.environ.get("AE_KERAS_DATASET") or "digits"


def load_raw(name=None, subset="train"):
    """One subset of a data set as it is stored.

    Args:
        name: "digits", "glyphs", "photos", "shapes", "signals" (embedded), "mnist",
            "fashion_mnist", "kmnist" (local files or download), or a folder of four IDX files in
            `AE_KERAS_DATA_DIR`. None: `default_name()`.
        subset: "train" or "test".

    Returns:
        images: uint8 `(n, height, width, channels)` in 0..255.
        labels: int64 `(n,)`.
        source: int64 `(n,)`.

    Raises:
        ValueError: an unknown name or subset, or a damaged file.
        FileNotFoundError: files that are neither on disk nor to be downloaded.
    """
    name = name or default_name()
    validation.choice(subset, "subset", ("train", "test"))
    if name in EMBEDDED:
        return EMBEDDED[name](subset)
    if name not in idx.PUBLISHED and idx.folder(name) is None:
        known = ", ".join([*EMBEDDED, *idx.PUBLISHED])
        raise ValueError(
            f"`name` must be one of {known}, or a folder of IDX files in AE_KERAS_DATA_DIR. "
            f"Received: name={name!r}."
        )
    images, labels = idx.load(name, subset)
    return images, labels, np.arange(len(images))


def to_unit_range(images):
    """Integers 0..255 as float32 in [0, 1].

    Raises:
        ValueError: `images` does not hold integers in 0..255.
    """
    images = np.asarray(images)
    if not np.issubdtype(images.dtype, np.integer):
        raise ValueError(
            "`images` must hold integers in 0..255. "
            f"Received: images.dtype={images.dtype}; floats may already be scaled."
        )
    if images.size and (images.min() < 0 or images.max() > 255):
        raise ValueError(
            "`images` must hold integers in 0..255. "
            f"Received: values from {images.min()} to {images.max()}."
        )
    return images.astype("float32") / 255


def load(name=None, subset="train"):
    """One subset of a data set as `Images`, pixels in [0, 1]. Arguments and errors: `load_raw`."""
    images, labels, source = load_raw(name, subset)
    return Images(to_unit_range(images), labels, source)


def split(images, fraction=0.15, seed=0):
    """Two parts of `images` that share no source.

    Args:
        images: `Images`.
        fraction: share of the sources that goes to the second part, in (0, 1).
        seed: of the drawing.

    Returns:
        The larger and the smaller part, as `Images`.
    """
    fraction = validation.fraction(fraction, "fraction")
    if len(np.unique(images.source)) < 2:
        raise ValueError("`images` must come from two or more sources to be split. Received: one.")
    splitter = GroupShuffleSplit(n_splits=1, test_size=fraction, random_state=seed)
    rest, part = next(splitter.split(images.x, groups=images.source))
    return images[rest], images[part]


def load_splits(name=None):
    """Training, validation and test images of a data set, as every notebook uses them."""
    train, validation_part = split(load(name, "train"))
    return train, validation_part, load(name, "test")


def load_images(folder, image_shape=None):
    """The pictures of a folder as `Images`. Arguments and errors: `pictures.load_images`."""
    return Images(*pictures.load_images(folder, image_shape))


def epoch_order(n, seed, epoch):
    """The order of `n` images in an epoch: a permutation that depends on nothing else."""
    return np.random.default_rng([seed, epoch]).permutation(n)


class Batches(keras.utils.PyDataset):
    """Mini-batches `(x, target)` in a seeded order, the same on every backend.

    Pass `shuffle=False` to `fit`: the batches come shuffled. Each epoch has its own order.

    Args:
        x: images `(n, height, width, channels)`, float in [0, 1]; may be a `numpy.memmap`.
        target: what to reconstruct, like `x`. None: `x` itself.
        corruption: function `(x, rng) -> x_noisy` of the images of a batch and a NumPy generator,
            such as `lambda x, rng: gaussian_noise(x, 0.3, rng)`. It makes the input, anew in each
            epoch and the same on every backend; the target stays clean. If it returns
            `(x_noisy, holes)`, batches are `(x, target, weight)`: 1 in the holes, 0 elsewhere.
        batch_size: images a batch, >= 1; the last batch may be smaller.
        seed: of the order.
        shuffle: False keeps the order of `x`.

    Raises:
        ValueError: `x` or `target` are not such images, their numbers differ, or `seed` is not
            an integer in [0, 2**32).
    """

    def __init__(
        self, x, target=None, corruption=None, batch_size=128, seed=0, shuffle=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.x = validation.images(x)
        self.target = self.x if target is None else validation.images(target, "target")
        if len(self.target) != len(self.x):
            raise ValueError(
                f"`target` must hold one image for each of `x`. "
                f"Received: {len(self.target)} targets, {len(self.x)} images."
            )
        self.corruption = corruption
        self.batch_size = validation.positive_int(batch_size, "batch_size")
        self.seed = validation.seed(seed)
        self.shuffle = shuffle
        self.epoch = -1
        self._next_order()

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        self._fetched.add(index)
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        x = self.x[rows]
        target = x if self.target is self.x else self.target[rows]
        if not self.corruption:
            return x, target
        x = self.corruption(x.copy(), np.random.default_rng([self.seed, self.epoch, index]))
        if not isinstance(x, tuple):
            return x, target
        x, holes = x
        return x, target, validation.holes(holes, target)[..., 0].astype("float32")

    def on_epoch_begin(self):
        self._begun = True

    def on_epoch_end(self):
        # Keras peeks at one or two batches to learn their shape and calls this: that was no epoch
        if self._begun and len(self._fetched) == len(self):
            self._next_order()

    def start_at(self, epoch):
        """Let the next epoch have the order and the corruption of the epoch of that number."""
        self.epoch = epoch - 1
        self._next_order()

    def one_epoch(self):
        """Iterate once over all batches; the next call gives the next epoch's order."""
        self.on_epoch_end()  # of the epoch before: who iterates need not exhaust a generator
        self.on_epoch_begin()
        yield from (self[i] for i in range(len(self)))

    def _next_order(self):
        self.epoch += 1
        self._begun, self._fetched = False, set()
        n = len(self.x)
        shuffle = self.shuffle and len(self) > 1  # a peek at a single batch looks like an epoch
        self._order = epoch_order(n, self.seed, self.epoch) if shuffle else np.arange(n)


def tf_dataset(batches):
    """The same batches as a `tf.data.Dataset`; works on every backend, needs TensorFlow."""
    import tensorflow as tf

    signature = tuple(tf.TensorSpec((None, *p.shape[1:]), "float32") for p in batches[0])
    dataset = tf.data.Dataset.from_generator(batches.one_epoch, output_signature=signature)
    # no prefetching: after a peek of Keras it would run on, and a short epoch count as over
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches))).with_options(
        options
    )


def torch_loader(batches):
    """The same batches as a torch `DataLoader`; works on every backend, needs PyTorch."""
    import torch

    class Epochs(torch.utils.data.IterableDataset):
        def __len__(self):
            return len(batches)

        def __iter__(self):
            return batches.one_epoch()

    return torch.utils.data.DataLoader(Epochs(), batch_size=None)
