"""Callbacks for `fit`: a line of losses, TensorBoard's scalars, and pictures of each epoch."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from ae_keras import _validation
from ae_keras.data import to_bytes
from ae_keras.saving import atomic_write


class LogEpochs(keras.callbacks.Callback):
    """Print the losses of every `every`-th epoch and of the last, one short line each."""

    def __init__(self, every=1):
        super().__init__()
        self.every = _validation.positive_int(every, "every")

    def on_epoch_end(self, epoch, logs=None):
        last = self.params["epochs"]
        if (epoch + 1) % self.every == 0 or epoch + 1 == last:
            values = "   ".join(f"{name} {float(value):.2f}" for name, value in logs.items())
            print(f"epoch {epoch + 1:3d}/{last}   {values}")


class TensorBoardScalars(keras.callbacks.Callback):
    """Write the losses of each epoch for TensorBoard; unlike Keras's own, without TensorFlow.

    Args:
        log_dir: folder of the event files.
    """

    def __init__(self, log_dir):
        super().__init__()
        self.log_dir = str(log_dir)

    def on_train_begin(self, logs=None):
        from tensorboard.summary import Writer

        self.writer = Writer(self.log_dir)

    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            self.writer.add_scalar(f"epoch/{name}", float(value), epoch)

    def on_train_end(self, logs=None):
        self.writer.close()


class SaveReconstructions(keras.callbacks.Callback):
    """After each epoch, save originals above reconstructions as `epoch_001.png`, ...

    Args:
        x: the images to follow, `(n, height, width, channels)`; take them from the validation set.
        folder: where the files go; made if missing.

    Attributes:
        frames: the reconstructions of each epoch, a list of `(n, height, width, channels)`.
    """

    def __init__(self, x, folder):
        super().__init__()
        self.x = _validation.images(x)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.frames = []

    def on_epoch_end(self, epoch, logs=None):
        x_hat = keras.ops.convert_to_numpy(self.model(self.x, training=False))
        self.frames.append(x_hat)
        picture = np.concatenate([_side_by_side(self.x), _side_by_side(x_hat)])
        save_png(picture, self.folder / f"epoch_{epoch + 1:03d}.png")


def _side_by_side(images):
    return np.concatenate(list(images), axis=1)


def save_png(picture, path):
    """Write `picture`, `(height, width, channels)` in [0, 1], whole or not at all."""
    pixels = to_bytes(picture)
    with atomic_write(path) as temporary:
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary, "PNG")
