"""Checks of the exercises in lesson 07, Looking at reconstructions."""

import numpy as np

from ae_course.exercises.grading import Blank, Hints, call, check, expect
from ae_keras.models import Autoencoder, DenseDecoder, DenseEncoder

HINTS = {
    "7.1": (
        "Which single number says how badly one image came out?",
        "Sum the squared differences over height, width and channels: one error for each image. "
        "`np.argsort` then gives indices, but those of the smallest values first.",
        "With `errors = np.sum((x - x_hat) ** 2, axis=(1, 2, 3))`, sort `-errors` and keep the "
        "first `k` indices.",
    ),
    "7.2": (
        "Keras counts epochs from 0: what is `epoch` when the third one has just ended?",
        "`WatchReconstructions` in this lesson is nearly it. Keep `x`, `every` and an empty list "
        "`frames` in `__init__`, after `super().__init__()`; in `on_epoch_end`, append only if "
        "the epoch's number is a multiple of `every`.",
        "Under `if (epoch + 1) % self.every == 0:`, turn `self.model(self.x, training=False)` "
        "into a NumPy array with `keras.ops.convert_to_numpy`, and append it.",
    ),
}
hint = Hints(HINTS)


@check
def check_worst(worst):
    """Exercise 7.1: `worst(x, x_hat, k)`."""
    x = np.zeros((5, 2, 2, 1))
    x_hat = x + np.array([0.1, -0.9, 0.3, 0.0, 0.5]).reshape(-1, 1, 1, 1)
    result = [int(i) for i in call(worst, x, x_hat, 3)]
    expect(result != [3, 0, 2], "those are the best.")
    expect(sorted(result) == [1, 2, 4], f"expected images 1, 4 and 2, not {result}.")
    expect(result == [1, 4, 2], "right images, but the worst should come first.")
    return "the right images, the worst first"


@check
def check_snapshots(cls):
    """Exercise 7.2: a callback `cls(x, every)` with `frames`."""
    if "on_epoch_end" not in vars(cls):
        raise Blank
    x = np.random.default_rng(0).random((4, 3, 3, 1), "float32")
    model = Autoencoder(DenseEncoder(2, hidden=()), DenseDecoder((3, 3, 1), hidden=()))
    model.compile("sgd", "mse")
    snapshots = cls(x[:2], every=3)
    model.fit(x, x, epochs=7, verbose=0, callbacks=[snapshots])
    n = len(snapshots.frames)
    expect(n == 2, f"7 epochs with every=3 should give 2 frames, not {n}.")
    frame = snapshots.frames[0]
    expect(isinstance(frame, np.ndarray), "keep NumPy arrays: keras.ops.convert_to_numpy.")
    expect(frame.shape == (2, 3, 3, 1), f"a frame should be (2, 3, 3, 1), not {frame.shape}.")
    return "two frames in seven epochs"
