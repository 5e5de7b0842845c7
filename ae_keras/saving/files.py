"""Files of models: written whole or not at all, and opened with a message where they cannot be."""

import os
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

import keras


@contextmanager
def atomic_write(path):
    """A path to write to beside `path`, renamed to it if all went well, removed if not.

    What was at `path` before stays until then: an interruption or a full disk costs nothing. Only
    a process that is killed meanwhile leaves its unfinished file; nobody reads it, delete it.

    Raises:
        OSError: the disk is full, or the folder cannot be written to; it says which.
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
        # with a number, Python makes it a PermissionError or whatever it is
        raise (OSError(error.errno, words) if error.errno else OSError(words)) from error
    finally:
        with suppress(OSError):  # there is no such folder, say
            unfinished.unlink(missing_ok=True)


def load(path):
    """A saved model, from whichever backend, ready to go on training where it stopped.

    `keras.saving.load_model` does the work; this says more clearly what is wrong with a file.

    Args:
        path: of a `.keras` file.

    Returns:
        A compiled model.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or no `.keras` file; its class is unknown here; or its
            arguments or weights are not those that the class has in this version.
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
    """Raise a `ValueError` if there is no whole `.keras` file at `path`."""
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
    """Keras's own message of an error, without the configuration that it prints after it."""
    return str(error).split("\n\n")[0].split(" Full object config")[0].strip()
