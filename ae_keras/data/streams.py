"""Check the pixels of images that come in batches, from whatever Keras reads batches from."""

import inspect
import sys

import keras

from ae_keras import _validation
from ae_keras.data.batches import Batches


def checked(x, bounds=_validation.UNIT):
    """Return what gives the same batches as `x`, and refuses one whose pixels leave the bounds.

    Each batch is looked at where it is read, before the step that it is for, so steps take no
    longer. Labels and weights are not looked at.

    Args:
        x: `keras.utils.PyDataset`, generator, `torch.utils.data.DataLoader` or `tf.data.Dataset`
            of batches `x`, `(x,)`, `(x, y)` or `(x, y, weight)`.
        bounds: tuple of two numbers. Defaults to (0, 1).

    Returns:
        An object of the same kind; anything else as it is.

    Example:
        >>> import numpy as np
        >>> from ae_keras.data import streams
        >>> next(streams.checked(x for x in [np.full((2, 4, 4, 1), 255.0)]))
        Traceback (most recent call last):
        ...
        ValueError: `x` must lie in [0, 1]. Received: values from 255 to 255. ...
    """
    tensorflow, torch = (sys.modules.get(name) for name in ("tensorflow", "torch.utils.data"))
    if isinstance(x, Batches):
        # It has checked its images, and corruption may leave the bounds on purpose.
        return x
    if isinstance(x, keras.utils.PyDataset):
        return _CheckedDataset(x, bounds)
    if inspect.isgenerator(x):
        return (_check(batch, bounds) for batch in x)
    if torch and isinstance(x, torch.DataLoader):
        return _checked_loader(x, bounds)
    if tensorflow and isinstance(x, tensorflow.data.Dataset):
        return _checked_tf_dataset(x, bounds)
    return x


class _CheckedDataset(keras.utils.PyDataset):
    """The batches of another `PyDataset`, checked."""

    def __init__(self, dataset, bounds):
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.dataset, self.bounds = dataset, bounds

    @property
    def num_batches(self):
        return self.dataset.num_batches

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return _check(self.dataset[index], self.bounds)

    def on_epoch_begin(self):
        self.dataset.on_epoch_begin()

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


def _checked_loader(loader, bounds):
    """A twin that shares everything with the loader and checks what it reads."""

    class CheckedLoader(type(loader)):
        def __iter__(self):
            return (_check(batch, bounds) for batch in super().__iter__())

    twin = object.__new__(CheckedLoader)
    twin.__dict__ = loader.__dict__
    return twin


def _checked_tf_dataset(dataset, bounds):
    import tensorflow as tf

    def check(*batch):
        x = batch[0][0] if isinstance(batch[0], tuple) else batch[0]
        if not x.dtype.is_floating:
            return batch if len(batch) > 1 else batch[0]
        # NaN fails these comparisons, too.
        within = tf.reduce_all((x >= bounds[0]) & (x <= bounds[1]))
        words = "`x` must lie in [0, 1] and hold no NaN. Received: values from"
        test = tf.debugging.Assert(within, [words, tf.reduce_min(x), "to", tf.reduce_max(x)])
        with tf.control_dependencies([test]):
            batch = tf.nest.map_structure(tf.identity, batch)
        return batch if len(batch) > 1 else batch[0]

    # In parallel, it would read further batches than the one that it is asked for.
    options = tf.data.Options()
    options.experimental_optimization.map_parallelization = False
    return dataset.map(check).with_options(options)


def _check(batch, bounds):
    """The batch, if its images are floats in [0, 1]; images of other types are refused later."""
    x = batch[0] if isinstance(batch, (list, tuple)) and len(batch) else batch
    if _validation.is_array(x):
        _validation.pixels(x, "x", bounds)
    return batch
