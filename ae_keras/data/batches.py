"""Mini-batches in one order on every backend."""

import keras
import numpy as np

from ae_keras import _validation


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
            `(x_noisy, mask)`, batches are `(x, target, weight)`: 1 in the mask, 0 elsewhere.
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
