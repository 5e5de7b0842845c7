"""Mini-batches in the same order on every backend."""

import copy
import functools
import inspect
import multiprocessing
import numbers
import operator
import pickle
from concurrent.futures import BrokenExecutor

import keras
import numpy as np

from ae_keras import _validation
from ae_keras.data.read_ahead import ReadAhead


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

    An epoch is one pass over all batches, and a pass that is stopped in the middle does not count:
    the next one has the same order. With `steps_per_epoch`, a pass takes several epochs of `fit`.
    `evaluate` and `predict` make a pass, too. Give them `batches.in_order()`, which leaves the
    epoch of `batches` alone.

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
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of `keras.utils.PyDataset`.
            With two or more `workers`, so many threads prepare up to `max_queue_size` batches
            ahead; with `use_multiprocessing=True`, one or more processes do, each with its copy of
            `x`. The batches are the same with any of them. This pays if `corruption` takes longer
            than a training step. They default to 1, False and 10: no batch is prepared ahead.

    Raises:
        ValueError: `x` or `target` are not such images, or their numbers differ; another argument
            is out of range; or `corruption` cannot be sent to processes, which on Windows and macOS
            must find it in a module. While batches are read: `corruption` returns no float images,
            another number of them, or a mask of another type or shape.
        IndexError: there is no such batch.

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
        if corruption is not None and not callable(corruption):
            raise ValueError(
                "`corruption` must be a function of images and a `numpy.random.Generator`, or "
                f"None. Received: corruption={corruption!r}."
            )
        self.corruption = corruption
        self.batch_size = _validation.positive_int(batch_size, "batch_size")
        self.seed = _validation.seed(seed)
        self.shuffle = shuffle
        _check_workers(self._workers, self._use_multiprocessing, self._max_queue_size, corruption)
        self._ahead = None
        self._frozen = self._begun = False
        self.start_at(0)

    @property
    def epoch(self):
        """int, the epoch of the pass that runs, or else of the next one, counted from 0."""
        return self._pass[0]

    @property
    def workers(self):
        """int, 0: Keras shall start no workers, because this class has its own.

        Keras's workers read ahead while Keras looks at the shape of a batch, and hand out in the
        first epoch what they have read, so that some batches come twice and others not at all.
        """
        return 0

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        n = len(self)
        place = operator.index(index)
        if not -n <= place < n:
            raise IndexError(
                f"`index` must be an integer from {-n} to {n - 1}. Received: index={index!r}."
            )
        place %= n
        # Another thread may start the next epoch here, so its number and order are read as one.
        epoch, order = self._pass
        size = self.batch_size
        if self._workers < 2 and not (self._workers and self._use_multiprocessing):
            rows = order[place * size : (place + 1) * size]
            return _prepare(self.x, self.target, self.corruption, self.seed, (epoch, place), rows)
        if not self._ahead:
            prepare = functools.partial(_prepare, self.x, self.target, self.corruption, self.seed)
            self._ahead = ReadAhead(
                prepare, self._workers, self._max_queue_size, self._use_multiprocessing
            )
        try:
            return self._ahead.take(
                ((epoch, i), order[i * size : (i + 1) * size]) for i in range(place, n)
            )
        except BrokenExecutor:
            # An interrupt ends the processes, too. The next call starts new ones.
            self._ahead = None
            raise

    def __getstate__(self):
        # Threads and processes cannot be copied; the copy starts its own.
        return {**self.__dict__, "_ahead": None}

    def on_epoch_begin(self):
        self._begun = True

    def on_epoch_end(self):
        if self._begun and _pass_is_over(len(self)):
            self._next_epoch()
        self._begun = False

    def in_order(self):
        """Return the same batches in the order of `x`, with the same corruption in each pass.

        The corruption is that of epoch 0 without shuffling, so that two evaluations can be
        compared. What `predict` returns is in the order of `x`.

        Returns:
            `Batches` with `shuffle=False` that stay at epoch 0; all else is as in this object,
            which does not change.

        Example:
            >>> import numpy as np
            >>> from ae_keras import data
            >>> x = np.random.default_rng(0).random((10, 8, 8, 1)).astype("float32")
            >>> batches = data.Batches(x, batch_size=4).in_order()
            >>> for epoch in range(2):
            ...     inputs = np.concatenate([inputs for inputs, target in batches.one_epoch()])
            ...     assert (inputs == x).all()
        """
        same = copy.copy(self)
        same.shuffle, same._frozen = False, True
        same.start_at(0)
        return same

    def start_at(self, epoch):
        """Continue at this epoch: the next pass has its order and its corruption.

        Args:
            epoch: int, counted from 0.

        Raises:
            ValueError: `epoch` is not an integer >= 0.

        Example:
            >>> import numpy as np
            >>> from ae_keras import data
            >>> x = np.random.default_rng(0).random((10, 8, 8, 1))
            >>> batches = data.Batches(x, batch_size=4)
            >>> batches.start_at(3)
            >>> batches.epoch
            3
        """
        whole = isinstance(epoch, numbers.Integral) and not isinstance(epoch, bool)
        if not whole or epoch < 0:
            raise ValueError(f"`epoch` must be an integer >= 0. Received: epoch={epoch!r}.")
        n, self._begun = len(self.x), False
        # Within a single batch, the order does not matter.
        shuffle = self.shuffle and len(self) > 1
        order = epoch_order(n, self.seed, epoch) if shuffle else np.arange(n)
        self._pass = int(epoch), order
        if self._ahead:
            self._ahead.drop()

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
        for i in range(len(self) - 1):
            yield self[i]
        last = self[-1]
        # The epoch ends before the last batch is handed out and not after it, because whoever takes
        # the last batch need not exhaust the generator.
        self._next_epoch()
        yield last

    def _next_epoch(self):
        if not self._frozen:
            self.start_at(self.epoch + 1)


def _check_workers(workers, use_multiprocessing, max_queue_size, corruption):
    """Raise a `ValueError` unless batches can be prepared ahead in this way."""
    if workers != 0:
        _validation.positive_int(workers, "workers")
    _validation.positive_int(max_queue_size, "max_queue_size")
    # A process that starts as a copy of this one has the function already.
    if not (workers and use_multiprocessing) or multiprocessing.get_start_method() == "fork":
        return
    try:
        pickle.dumps(corruption)
    except Exception as error:
        # The error may be of any kind, because objects pickle themselves.
        raise ValueError(
            "`corruption` must be a function of a module to be sent to processes. Received: "
            f"corruption={corruption!r}, use_multiprocessing=True. Move it into a module, or leave "
            "out `use_multiprocessing`: threads take any function."
        ) from error


def _prepare(x, target, corruption, seed, key, rows):
    """The batch of the images `rows`; its `key` (epoch, number) seeds the corruption.

    It depends on its arguments alone, so that it does not matter who computes it and when.
    """
    clean = x[rows]
    target = clean if target is x else target[rows]
    if not corruption:
        return clean, target
    x_noisy = corruption(clean.copy(), np.random.default_rng([seed, *key]))
    if not isinstance(x_noisy, tuple):
        return _checked(x_noisy, clean), target
    if len(x_noisy) != 2:
        raise ValueError(
            "`corruption` must return images, or the pair (x_noisy, mask). "
            f"Received: a tuple of {len(x_noisy)}."
        )
    x_noisy, mask = x_noisy
    weight = _validation.mask(mask, target)[..., 0].astype("float32")
    return _checked(x_noisy, clean), target, weight


def _checked(x_noisy, clean):
    """The corrupted images as float32, one for each of `clean`."""
    x_noisy = np.asarray(x_noisy)
    if not np.issubdtype(x_noisy.dtype, np.floating) or x_noisy.shape[:1] != clean.shape[:1]:
        raise ValueError(
            f"`corruption` must return one image of floats for each of the {len(clean)} that it is "
            f"given. Received: an array {x_noisy.shape} of {x_noisy.dtype}."
        )
    return x_noisy.astype("float32", copy=False)


def _pass_is_over(n):
    """Whether the pass over `n` batches is over, asked while `on_epoch_end` runs.

    Keras also calls `on_epoch_end` when it drops the batch that it read to learn the shapes, and
    after `steps_per_epoch` steps, in the middle of a pass. It does not tell the data set which it
    is, and which batches were read does not tell either: TensorFlow reads ahead. So the iterator of
    Keras is asked, which is among the callers.
    """
    frame = inspect.currentframe()
    while frame := frame.f_back:
        if frame.f_globals.get("__name__") == "keras.src.trainers.epoch_iterator":
            steps = frame.f_locals["self"]._steps_seen
            return frame.f_code.co_name != "reset" and not 0 < steps < n
    return True


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
