"""Mini-batches in the same order on every backend."""

import keras
import numpy as np

from ae_keras import _validation


def epoch_order(n, seed, epoch):
    """Return the order of `n` images in one epoch: a permutation drawn with `seed` and `epoch`.

    NumPy draws it, so it is the same on every backend.

    Args:
        n: int, number of images, >= 0.
        seed: int >= 0, the same in all epochs of a training.
        epoch: int, number of the epoch, counted from 0.

    Returns:
        int64 array `(n,)` that holds each of 0, ..., n - 1 once.

    Raises:
        ValueError: `seed` or `epoch` is negative.

    Example:
        >>> from ae_keras import data
        >>> order = data.epoch_order(5, seed=0, epoch=0)
        >>> sorted(order.tolist())
        [0, 1, 2, 3, 4]
    """
    return np.random.default_rng([seed, epoch]).permutation(n)


class Batches(keras.utils.PyDataset):
    """Mini-batches `(x, target)` in a seeded order, the same on every backend.

    The images are shuffled here, in another order in each epoch. Pass `shuffle=False` to `fit`, or
    Keras shuffles the batches once more, in an order of its own. A single batch is not shuffled,
    because within a batch the order does not matter.

    Args:
        x: float array `(n, height, width, channels)`, pixels in [0, 1], n >= 1. A float32
            `numpy.memmap` stays on the disk, and only the images of a batch are read.
        target: float array like `x`, the images to reconstruct. Defaults to None: `x` itself.
        corruption: function called as `corruption(x, rng)` with the images of one batch and a
            `numpy.random.Generator`, such as `lambda x, rng: data.gaussian_noise(x, 0.3, rng)`.
            Each epoch corrupts the images anew, in the same way on every backend; the target stays
            clean. If it returns `(x_noisy, mask)`, with a bool mask `(batch, height, width, 1)`
            that is True where a pixel is missing, each batch is `(x, target, weight)`: the float32
            `weight` `(batch, height, width)`, which `fit` takes as `sample_weight`, is 1 at the
            missing pixels and 0 elsewhere. Defaults to None: no corruption.
        batch_size: int, images in a batch, >= 1; the last batch may be smaller. Defaults to 128.
        seed: int in [0, 2**32), determines the order and the corruption. Defaults to 0.
        shuffle: bool; False keeps the order of `x` in every epoch. Defaults to True.
        **kwargs: as for `keras.utils.PyDataset`. Keep `workers=1`, its default: with more workers,
            the order differs between backends, and with `use_multiprocessing=True` every epoch
            repeats the same order.

    Raises:
        ValueError: `x` or `target` are not such images, or their numbers differ; `batch_size` or
            `seed` is out of range; or `corruption` returns a mask of another type or shape.

    Example:
        >>> import numpy as np
        >>> from ae_keras import data
        >>> x = np.random.default_rng(0).random((10, 8, 8, 1))
        >>> batches = data.Batches(x, batch_size=4)
        >>> [inputs.shape for inputs, target in batches.one_epoch()]
        [(4, 8, 8, 1), (4, 8, 8, 1), (2, 8, 8, 1)]
        >>> noisy = data.Batches(x, corruption=lambda x, rng: data.gaussian_noise(x, 0.3, rng))
        >>> inputs, target = noisy[0]
        >>> bool((target == x.astype("float32")).all())
        True
    """

    def __init__(
        self, x, target=None, corruption=None, batch_size=128, seed=0, shuffle=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.x = _validation.images(x)
        self.target = self.x if target is None else _validation.images(target, "target")
        if len(self.target) != len(self.x):
            raise ValueError(
                f"`target` must hold one image for each of `x`. "
                f"Received: {len(self.target)} targets, {len(self.x)} images."
            )
        self.corruption = corruption
        self.batch_size = _validation.positive_int(batch_size, "batch_size")
        self.seed = _validation.seed(seed)
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
        x, mask = x
        return x, target, _validation.mask(mask, target)[..., 0].astype("float32")

    def on_epoch_begin(self):
        self._begun = True

    def on_epoch_end(self):
        # Keras reads one or two batches to learn their shapes and then calls this method, too. Only
        # when all batches of a begun epoch were read does the next epoch get an order of its own.
        if self._begun and len(self._fetched) == len(self):
            self._next_order()

    def start_at(self, epoch):
        """Continue at this epoch: the next pass has its order and its corruption.

        Args:
            epoch: int, counted from 0.

        Example:
            >>> import numpy as np
            >>> from ae_keras import data
            >>> x = np.random.default_rng(0).random((10, 8, 8, 1))
            >>> batches = data.Batches(x, batch_size=4)
            >>> batches.start_at(3)
            >>> batches.epoch
            3
        """
        self.epoch = epoch - 1
        self._next_order()

    def one_epoch(self):
        """Iterate once over all batches; the next call iterates in the next epoch's order.

        Returns:
            Generator of float32 arrays `(x, target)`, or `(x, target, weight)` if `corruption`
            returns a mask.

        Example:
            >>> import numpy as np
            >>> from ae_keras import data
            >>> x = np.random.default_rng(0).random((10, 8, 8, 1))
            >>> batches = data.Batches(x, batch_size=4)
            >>> sum(len(inputs) for inputs, target in batches.one_epoch())
            10
        """
        # The previous epoch is ended here and not after the loop below, because whoever takes the
        # last batch need not exhaust the generator.
        self.on_epoch_end()
        self.on_epoch_begin()
        yield from (self[i] for i in range(len(self)))

    def _next_order(self):
        self.epoch += 1
        self._begun, self._fetched = False, set()
        n = len(self.x)
        # With a single batch, Keras's look at its shape cannot be told from an epoch and would use
        # up an order. Within one batch, the order does not matter anyway.
        shuffle = self.shuffle and len(self) > 1
        self._order = epoch_order(n, self.seed, self.epoch) if shuffle else np.arange(n)


def tf_dataset(batches):
    """Return a `tf.data.Dataset` of the same batches in the same order.

    It requires TensorFlow; the result can be passed to `fit` on any backend. Each pass over it is
    the next epoch.

    Args:
        batches: `data.Batches`.

    Returns:
        `tf.data.Dataset` of float32 tensors `(x, target)`, or `(x, target, weight)`, as `batches`.

    Raises:
        ModuleNotFoundError: TensorFlow is not installed.

    Example:
        >>> import importlib.util
        >>> import numpy as np
        >>> from ae_keras import data
        >>> if importlib.util.find_spec("tensorflow"):
        ...     dataset = data.tf_dataset(data.Batches(np.zeros((6, 4, 4, 1)), batch_size=4))
        ...     assert [len(x) for x, target in dataset] == [4, 2]
    """
    import tensorflow as tf

    signature = tuple(tf.TensorSpec((None, *p.shape[1:]), "float32") for p in batches[0])
    dataset = tf.data.Dataset.from_generator(batches.one_epoch, output_signature=signature)
    # Prefetching is off: when Keras looks at the first batches to learn their shapes, it would go
    # on to read the others, and a short epoch would count as over before it began.
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches))).with_options(
        options
    )


def torch_loader(batches):
    """Return a `torch.utils.data.DataLoader` of the same batches in the same order.

    It requires PyTorch; the result can be passed to `fit` on any backend. Each pass over it is the
    next epoch.

    Args:
        batches: `data.Batches`.

    Returns:
        `torch.utils.data.DataLoader` of float32 tensors `[x, target]`, or `[x, target, weight]`,
        as `batches`.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.

    Example:
        >>> import importlib.util
        >>> import numpy as np
        >>> from ae_keras import data
        >>> if importlib.util.find_spec("torch"):
        ...     loader = data.torch_loader(data.Batches(np.zeros((6, 4, 4, 1)), batch_size=4))
        ...     assert [len(x) for x, target in loader] == [4, 2]
    """
    import torch

    class Epochs(torch.utils.data.IterableDataset):
        def __len__(self):
            return len(batches)

        def __iter__(self):
            return batches.one_epoch()

    return torch.utils.data.DataLoader(Epochs(), batch_size=None)
