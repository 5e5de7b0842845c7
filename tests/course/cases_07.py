"""What learners may hand to the checks of lesson 07; test_exercises.py hands it in."""

import keras
import numpy as np

from cases import Case, broken_class


def total(x, x_hat):
    return ((x - x_hat) ** 2).reshape(len(x), -1).sum(axis=1)


def snapshots(convert=keras.ops.convert_to_numpy, every=None, rows=slice(None)):
    class Snapshots(keras.callbacks.Callback):
        def __init__(self, x, every):
            super().__init__()
            self.x, self.every, self.frames = x, every, []

        def on_epoch_end(self, epoch, logs=None):
            if epoch % (every or self.every) == (every or self.every) - 1:
                self.frames.append(convert(self.model(self.x))[rows])

    return Snapshots


CASES = {
    "worst": Case(
        right=[lambda x, x_hat, k: np.argsort(total(x, x_hat))[::-1][:k]],
        wrong=[
            (lambda x, x_hat, k: np.argsort(total(x, x_hat))[:k], "those are the best"),
            (lambda x, x_hat, k: np.argsort(total(x, x_hat))[-k:], "worst should come first"),
            (lambda x, x_hat, k: np.argsort((x - x_hat).sum((1, 2, 3)))[:k], "images 1, 4 and 2"),
        ],
    ),
    "snapshots": Case(
        right=[snapshots()],
        wrong=[
            (snapshots(every=1), "not 7"),
            (snapshots(convert=keras.ops.convert_to_tensor), "keep NumPy arrays"),
            (snapshots(rows=0), "a frame should be (2, 3, 3, 1)"),
        ],
        blank=[type("Snapshots", (keras.callbacks.Callback,), {})],
        broken=broken_class("on_epoch_end"),
    ),
}
