"""Write files through a temporary file, and load models with clear messages if that fails.

What makes the files of models portable between backends is in `models/_keras_fixes.py`.
"""

import os
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

import keras


@contextmanager
def atomic_write(path):
    """Give a temporary file to write to, and rename it to `path` if the `with` block succeeds.

    Until then, the file at `path` stays as it was, so an interruption or a full disk costs nothing.
    If the block fails, the temporary file is removed. Only a process that is killed leaves it,
    named `.part-...`, in the folder of `path`; nobody reads it, and you can delete it.

    Args:
        path: str or path of the file to write, in a folder that exists.

    Returns:
        Context manager that gives the `pathlib.Path` of the temporary file.

    Raises:
        OSError: the disk is full, or the folder cannot be written to; the message says which.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from ae_keras import saving
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with saving.atomic_write(f"{folder}/notes.txt") as temporary:
        ...         _ = temporary.write_text("finished")
        ...     Path(folder, "notes.txt").read_text()
        'finished'
    """
    path = Path(path)
    unfinished = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        words = (
            "`path` must be in a folder that can be written to, on a disk with room. Received: "
            f"path={str(path)!r}, of which the system says: {error.strerror or error}. "
            "What was there before, if anything, is still there."
        )
        # Given the number, Python raises the right subclass of OSError, such as PermissionError.
        raise (OSError(error.errno, words) if error.errno else OSError(words)) from error
    finally:
        # Removing fails if, say, the folder does not exist, which the error above says already.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def load(path):
    """Load a saved model, written on any backend, ready to go on training where it stopped.

    `keras.saving.load_model` does the work; this function says more clearly what is wrong with a
    file.

    Args:
        path: str or path of a `.keras` file.

    Returns:
        `keras.Model`, compiled if it was compiled when it was saved.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or no `.keras` file; the model's class is unknown here; or
            its arguments or weights are not those that the class has in this version.

    Example:
        >>> import tempfile
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, saving
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.keras")
        ...     loaded = saving.load(f"{folder}/model.keras")
        >>> loaded.image_shape
        (6, 6, 1)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must name a .keras file. Received: path={str(path)!r}.")
    check(path)
    try:
        return keras.saving.load_model(path)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`path` must hold a model whose class is imported here, in the version that wrote it. "
            f"Received: path={str(path)!r}, of which Keras says: {first_words(error)} Import the "
            "module of its class first, or install the version of ae_keras that saved it."
        ) from error


def check(path):
    """Raise a `ValueError` unless the file at `path` is a whole `.keras` file.

    Args:
        path: str or path of a file that exists.

    Raises:
        ValueError: the file is truncated, damaged or of another kind.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from ae_keras.saving import files
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "model.keras")
        ...     path.touch()
        ...     files.check(path)
        Traceback (most recent call last):
        ...
        ValueError: `path` must be a whole .keras file. Received: ...
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            missing = {"config.json", "model.weights.h5"} - set(archive.namelist())
    except (zipfile.BadZipFile, EOFError, zipfile.zlib.error) as error:
        damaged, missing = str(error), set()
    if damaged or missing:
        raise ValueError(
            "`path` must be a whole .keras file. "
            f"Received: path={str(path)!r} of {path.stat().st_size:,} bytes, which is truncated, "
            "damaged or of another kind. Save or copy it again."
        )


def first_words(error):
    """Return Keras's message in an error, without the configuration that it prints after it.

    Args:
        error: Exception that Keras raised.

    Returns:
        str, the first paragraph of the message.

    Example:
        >>> from ae_keras.saving import files
        >>> files.first_words(TypeError("Unknown layer. Full object config: {'name': 'encoder'}"))
        'Unknown layer.'
    """
    return str(error).split("\n\n")[0].split(" Full object config")[0].strip()
