"""Write files through a temporary file, and load models with clear messages if that fails.

What makes the files of models portable between backends is in `models/_portable.py`.
"""

import json
import os
import re
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

import keras


def local(path, name="path"):
    """Return the path of a file or folder on this machine, with a leading "~" expanded.

    Args:
        path: str or path, as the user gave it.
        name: str, of the argument, for messages. Defaults to "path".

    Returns:
        `pathlib.Path`.

    Raises:
        TypeError: `path` is neither str nor path.
        ValueError: it is the address of a storage elsewhere, such as "gs://bucket/model.keras".

    Example:
        >>> from pathlib import Path
        >>> from ae_keras.saving import files
        >>> files.local("~/model.keras") == Path.home() / "model.keras"
        True
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"`{name}` must be a str or a `pathlib.Path`. Received: {name}={path!r}.")
    # `pathlib` has made "gs:/" of "gs://". A single letter is a drive of Windows.
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", os.fspath(path)):
        raise ValueError(
            f"`{name}` must lie on this machine or on a drive that it has mounted. Received: "
            f"{name}={os.fspath(path)!r}. Write and read local files, and copy them with the tool "
            "of that storage."
        )
    return Path(os.path.expanduser(path))


def made_folder(folder, name="folder"):
    """Return the path of a folder on this machine, which is made if missing.

    Args:
        folder: str or path, as the user gave it.
        name: str, of the argument, for messages. Defaults to "folder".

    Returns:
        `pathlib.Path`.

    Raises:
        TypeError, ValueError: as for `local`.
        OSError: it cannot be made, for example because it is a file.

    Example:
        >>> import tempfile
        >>> from ae_keras.saving import files
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     files.made_folder(f"{folder}/new").is_dir()
        True
    """
    path = local(folder, name)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        # Given the number, Python raises the right subclass of OSError, such as FileExistsError.
        raise OSError(
            error.errno,
            f"`{name}` must be a folder, or one that can be made. Received: "
            f"{name}={str(path)!r}, of which the system says: {error.strerror or error}.",
        ) from error
    return path


@contextmanager
def atomic_write(path):
    """Give a temporary file to write to, and rename it to `path` if the `with` block succeeds.

    Until then, the file at `path` stays as it was, so an interruption or a full disk costs nothing.
    If the block fails, the temporary file is removed. Only a process that is killed leaves it,
    named `.part-...`, in the folder of `path`; nobody reads it, and you can delete it.

    Args:
        path: str or path of the file to write, in a folder that exists; "~" is the home folder.

    Returns:
        Context manager that gives the `pathlib.Path` of the temporary file.

    Raises:
        TypeError: `path` is neither str nor path.
        ValueError: it is the address of a storage elsewhere, such as "s3://bucket/model.keras".
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
    path = local(path)
    if path.is_symlink():
        # The file that the link names is replaced, and not the link.
        path = path.resolve()
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
        path: str or path of a `.keras` file; "~" is the home folder.

    Returns:
        `keras.Model`, compiled if it was compiled when it was saved.

    Raises:
        TypeError: `path` is neither str nor path.
        FileNotFoundError: there is no such file.
        IsADirectoryError: `path` is a folder.
        ValueError: the file is damaged or no `.keras` file; a class or function in it is unknown
            here; or arguments or weights are not those that the class has in this version.

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
    path = local(path)
    if path.is_dir():
        raise IsADirectoryError(
            f"`path` must name a .keras file. Received: path={str(path)!r}, a folder."
        )
    if not path.exists():
        raise FileNotFoundError(f"`path` must name a .keras file. Received: path={str(path)!r}.")
    check(path)
    try:
        return keras.saving.load_model(path)
    except (TypeError, ValueError, LookupError, AttributeError, RuntimeError, OSError) as error:
        reason = first_words(error)
        if "Could not locate" in reason:
            reason = reason.partition(". ")[0]
            advice = (
                "Before you load, import the module that defines it. In a script or notebook, put "
                "`@keras.saving.register_keras_serializable()` above its definition, and run that."
            )
        elif "lambda" in reason:
            reason = reason.partition(". ")[0]
            advice = (
                "Files hold no lambda functions. Where you made the model, give the function a "
                "name, put `@keras.saving.register_keras_serializable()` above its definition, and "
                "save the model again."
            )
        else:
            advice = (
                "Its classes take other arguments or weights here: use the versions that wrote it."
            )
        raise ValueError(
            "`path` must hold a model whose classes and functions are known here. Received: "
            f"path={str(path)!r}, written by Keras {_version(path)}, of which Keras "
            f"{keras.__version__} says: {reason.rstrip('.')}. {advice}"
        ) from error


def member(path, name):
    """Return what one of the JSON files in a `.keras` file holds.

    Args:
        path: `pathlib.Path` of a whole `.keras` file.
        name: str, "config.json" or "metadata.json".

    Returns:
        dict.

    Raises:
        KeyError: there is no such file in it.

    Example:
        >>> import tempfile
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder
        >>> from ae_keras.saving import files
        >>> model = Autoencoder(DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=()))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.keras")
        ...     files.member(f"{folder}/model.keras", "config.json")["class_name"]
        'Autoencoder'
    """
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(name))


def _version(path):
    """The version of Keras that wrote a file."""
    with suppress(KeyError, ValueError):
        return member(path, "metadata.json")["keras_version"]
    return "of an unknown version"


def check(path):
    """Raise a `ValueError` unless the file at `path` is a whole `.keras` file.

    Args:
        path: str or path of a file that exists.

    Raises:
        OSError: the file cannot be read.
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
    path = local(path)
    fault = _fault(path)
    if fault:
        raise ValueError(
            "`path` must be a whole .keras file. "
            f"Received: path={str(path)!r} of {path.stat().st_size:,} bytes, {fault}"
        )


def _fault(path):
    """What a file is instead of a whole `.keras` file, and what to do; None if it is one."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"\x89HDF":
        return (
            "an HDF5 file. If it holds weights alone, make the model and call "
            "`model.load_weights(path)`. If it holds a model in the old format of Keras, open it "
            "with `keras.saving.load_model(path, compile=False)`, and save it as a .keras file."
        )
    if path.suffix == ".onnx":
        return "an ONNX file. ONNX Runtime runs it; load the .keras file that it was made of."
    try:
        with zipfile.ZipFile(path) as archive:
            damaged, names = archive.testzip(), archive.namelist()
    except (zipfile.BadZipFile, EOFError, RuntimeError, zipfile.zlib.error):
        damaged, names = True, []
    if damaged:
        return "which is truncated, damaged or of another kind. Save or copy it again."
    if any(name.endswith("saved_model.pb") for name in names):
        return "a SavedModel of TensorFlow. Unpack it, and open it with `keras.layers.TFSMLayer`."
    missing = {"config.json", "model.weights.h5"} - set(names)
    if missing:
        return f"an archive of another kind, without {' and '.join(sorted(missing))}."
    return None


def first_words(error):
    """Return Keras's message in an error, without the configuration that it prints after it.

    Args:
        error: Exception that Keras raised.

    Returns:
        str, the first paragraph of the message, or of the error that it was caused by.

    Example:
        >>> from ae_keras.saving import files
        >>> files.first_words(TypeError("Unknown layer. Full object config: {'name': 'encoder'}"))
        'Unknown layer.'
    """
    # Keras puts the cause last, after the configurations of all objects that it is within.
    cause = str(error).rpartition("Exception encountered: ")[2]
    first, *more = cause.strip().split(" Full object config")[0].split("\n\n")
    return " ".join([first, *more[:1]] if first.endswith(":") else [first]).strip()
