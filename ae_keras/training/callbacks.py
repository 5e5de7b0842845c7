"""Callbacks for `fit`: a line of losses, scalars for TensorBoard, and pictures of each epoch."""

import numbers

import keras
import numpy as np
from PIL import Image

from ae_keras import _validation
from ae_keras.data import to_bytes
from ae_keras.saving import atomic_write, files


class LogEpochs(keras.callbacks.Callback):
    """Print the losses of every `every`-th epoch and of the last one, a short line for each.

    Args:
        every: int, >= 1. Defaults to 1: each epoch.

    Raises:
        ValueError: `every` is not an integer >= 1.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, losses, training
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> model.compile(optimizer="adam", loss=losses.squared_error)
        >>> x = np.zeros((4, 6, 6, 1), "float32")
        >>> history = model.fit(x, verbose=0, callbacks=[training.LogEpochs()])
        epoch   1/1   loss ...
    """

    def __init__(self, every=1):
        super().__init__()
        self.every = _validation.positive_int(every, "every")

    def on_epoch_end(self, epoch, logs=None):
        last = self.params["epochs"]
        if (epoch + 1) % self.every == 0 or epoch + 1 == last:
            values = [f"{name} {value:.2f}" for name, value in _numbers(logs)]
            print("   ".join([f"epoch {epoch + 1:3d}/{last}", *values]))


def _numbers(logs):
    """Pairs of a name and a float, of what `fit` logs; other callbacks may add other things."""
    for name, value in (logs or {}).items():
        if isinstance(value, numbers.Real) or getattr(value, "shape", None) == ():
            yield name, float(value)


class TensorBoardScalars(keras.callbacks.Callback):
    """Write the losses of each epoch to event files, which TensorBoard shows as curves.

    It needs the package `tensorboard`, but not TensorFlow, unlike `keras.callbacks.TensorBoard`.

    Args:
        log_dir: str or path, folder of the event files; it is made if missing when training
            begins. "~" is the home folder.

    Raises:
        TypeError: `log_dir` is neither str nor path.
        ValueError: it is the address of a storage elsewhere.
        OSError: it cannot be made. It is raised when training begins.
        ModuleNotFoundError: `tensorboard` is not installed. It is raised when training begins.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, losses, training
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> model.compile(optimizer="adam", loss=losses.squared_error)
        >>> x = np.zeros((4, 6, 6, 1), "float32")
        >>> scalars = training.TensorBoardScalars("logs/first_run")
        >>> history = model.fit(x, verbose=0, callbacks=[scalars])  # doctest: +SKIP
    """

    def __init__(self, log_dir):
        super().__init__()
        self.log_dir = files.local(log_dir, "log_dir")

    def on_train_begin(self, logs=None):
        from tensorboard.summary import Writer

        self.writer = Writer(str(files.made_folder(self.log_dir, "log_dir")))

    def on_epoch_end(self, epoch, logs=None):
        for name, value in _numbers(logs):
            self.writer.add_scalar(f"epoch/{name}", value, epoch)

    def on_train_end(self, logs=None):
        self.writer.close()


class SaveReconstructions(keras.callbacks.Callback):
    """After each epoch, save the originals above their reconstructions as `epoch_001.png`, ...

    Args:
        x: float array `(n, height, width, channels)`, the images to follow, pixels in [0, 1]. Take
            them from the validation set. All n are drawn in one row.
        folder: str or path, where the files go; it is made if missing. "~" is the home folder.

    Attributes:
        frames: list of float32 arrays `(n, height, width, channels)`, the reconstructions after
            each epoch.

    Raises:
        ValueError: `x` are not such images, or `folder` is the address of a storage elsewhere.
        TypeError: `folder` is neither str nor path.
        OSError: `folder` cannot be made, for example because it is a file.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, losses, training
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> model.compile(optimizer="adam", loss=losses.squared_error)
        >>> x = np.zeros((4, 6, 6, 1), "float32")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     follow = training.SaveReconstructions(x, folder)
        ...     history = model.fit(x, verbose=0, callbacks=[follow])
        >>> len(follow.frames), follow.frames[0].shape
        (1, (4, 6, 6, 1))
    """

    def __init__(self, x, folder):
        super().__init__()
        self.x = _validation.images(x)
        self.folder = files.made_folder(folder)
        self.frames = []

    def on_epoch_end(self, epoch, logs=None):
        x_hat = keras.ops.convert_to_numpy(self.model(self.x, training=False))
        self.frames.append(x_hat)
        picture = np.concatenate([_side_by_side(self.x), _side_by_side(x_hat)])
        save_png(picture, self.folder / f"epoch_{epoch + 1:03d}.png")


def _side_by_side(images):
    return np.concatenate(list(images), axis=1)


def save_png(picture, path):
    """Write `picture` as a PNG file, through a temporary file that is renamed to `path`.

    Args:
        picture: float array `(height, width, channels)`, channels 1 (grey) or 3 (red, green and
            blue); values outside [0, 1] are clipped.
        path: str or path of the file; one that exists is replaced.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from PIL import Image
        >>> from ae_keras.training import callbacks
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     callbacks.save_png(np.full((6, 8, 1), 0.2), f"{folder}/grey.png")
        ...     Image.open(f"{folder}/grey.png").getpixel((0, 0))
        51
    """
    pixels = to_bytes(picture)
    with atomic_write(path) as temporary:
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary, "PNG")
