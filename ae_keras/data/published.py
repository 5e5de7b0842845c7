"""MNIST and the data sets that share its file format, IDX: where they are, and how to read them."""

import gzip
import hashlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
import requests

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class Published(NamedTuple):
    """Where a data set is published, and how its four files are recognised.

    The checksums are in the order of `FILES`: images and labels for training, then for testing.

    Args:
        mirrors: tuple of str, addresses that end in "/", tried in this order.
        md5: tuple of four str, checksums of the published `.gz` files.
        sha256: tuple of four str, checksums of the bytes inside, which also recognise a file that
            was unpacked or compressed anew; None where it is not known, and then the published
            `.gz` file alone is accepted.
        licence: str.
        citation: str, the paper with its DOI or arXiv number.

    Example:
        >>> from ae_keras.data import published
        >>> published.PUBLISHED["kmnist"].licence
        'CC BY-SA 4.0'
    """

    mirrors: tuple
    md5: tuple
    sha256: tuple
    licence: str
    citation: str


PUBLISHED = {
    "mnist": Published(
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        md5=(
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        sha256=(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        licence="CC BY-SA 3.0",
        citation="LeCun, Bottou, Bengio & Haffner (1998), doi:10.1109/5.726791",
    ),
    "fashion_mnist": Published(
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        md5=(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        sha256=(None, None, None, None),
        licence="MIT",
        citation="Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747",
    ),
    "kmnist": Published(
        mirrors=(
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
        md5=(
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        sha256=(
            None,
            None,
            "76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e",
            "a11dc742be8e781a40a92f53d6a4957e7b7d36df2faa097659131ebfd8fd60c6",
        ),
        licence="CC BY-SA 4.0",
        citation="Clanuwat et al. (2018), arXiv:1812.01718",
    ),
}


def folder(name):
    """Return the local folder of a data set, `AE_KERAS_DATA_DIR/<name>`.

    Args:
        name: str, a key of `PUBLISHED`, or the name of a folder of your own.

    Returns:
        `pathlib.Path`, or None if there is no such folder or `AE_KERAS_DATA_DIR` is not set.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from unittest import mock
        >>> from ae_keras.data import published
        >>> with tempfile.TemporaryDirectory() as root:
        ...     Path(root, "mnist").mkdir()
        ...     with mock.patch.dict("os.environ", AE_KERAS_DATA_DIR=root):
        ...         published.folder("mnist").name, published.folder("kmnist")
        ('mnist', None)
    """
    root = os.environ.get("AE_KERAS_DATA_DIR")
    path = Path(root).expanduser() / name if root else None
    return path if path and path.is_dir() else None


def cache(name):
    """Return the folder of Keras's cache that keeps downloads of a data set.

    Args:
        name: str, a key of `PUBLISHED`.

    Returns:
        `pathlib.Path` below `KERAS_HOME`, or below `~/.keras` if that is not set. The folder need
        not exist.

    Example:
        >>> from ae_keras.data import published
        >>> published.cache("mnist").name
        'mnist'
    """
    home = os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser()
    return Path(home) / "datasets" / "ae_keras" / name


def load(name, subset):
    """Load images and labels of one subset from the local folder, the cache or the web.

    They are looked for in this order. What is downloaded stays in the cache.

    Args:
        name: str, a key of `PUBLISHED`, or a folder of four IDX files in `AE_KERAS_DATA_DIR`.
        subset: "train" or "test".

    Returns:
        images: uint8 array `(n, height, width, channels)`, values 0..255.
        labels: int64 array `(n,)`.

    Raises:
        FileNotFoundError: a file is neither on the disk nor to be downloaded.
        ValueError: a file is damaged, is not IDX, or has another checksum than the published one.
        OSError: the cache cannot be written to.

    Example:
        >>> from ae_keras.data import published
        >>> images, labels = published.load("mnist", "test")  # doctest: +SKIP
        >>> images.shape  # doctest: +SKIP
        (10000, 28, 28, 1)
    """
    image_file, label_file = FILES[subset]
    images = read(name, image_file)
    labels = read(name, label_file)
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4:
        raise ValueError(f"{image_file} must hold images. Received: an array {images.shape}.")
    if labels.ndim != 1 or len(labels) != len(images):
        raise ValueError(
            f"{label_file} must hold one label for each image of {image_file}. "
            f"Received: labels {labels.shape}, images {images.shape}."
        )
    return images, labels.astype("int64")


def read(name, file):
    """Read the array in one file of a data set, after its checksum if the data set is published.

    Args:
        name: as for `load`.
        file: str, a name in `FILES`, without ".gz".

    Returns:
        uint8 array of the shape that the file states.

    Raises:
        FileNotFoundError, ValueError, OSError: as `load`.

    Example:
        >>> from ae_keras.data import published
        >>> published.read("mnist", "t10k-labels-idx1-ubyte").shape  # doctest: +SKIP
        (10000,)
    """
    path = _on_disk(name, file) or _download(name, file)
    content = path.read_bytes()
    packed = path.suffix == ".gz"
    if packed:
        try:
            content, archive = gzip.decompress(content), content
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path} must be a whole gzip file. Received: {error}") from error
    if name in PUBLISHED:
        _check_sum(name, file, path, content, archive if packed else None)
    return parse(content, path)


def parse(content, path="the file"):
    """Return the array in the bytes of an IDX file of unsigned bytes.

    The format: two zero bytes, the type (8: unsigned byte), the number of dimensions, each
    dimension as four bytes, most significant first, and then the values.

    Args:
        content: bytes, the whole file, unpacked.
        path: str or path, the name of the file in error messages. Defaults to "the file".

    Returns:
        uint8 array of 1 to 4 dimensions; it cannot be written to.

    Raises:
        ValueError: these are not the bytes of such a file, there are too few or too many, or a
            dimension is 0.

    Example:
        >>> from ae_keras.data import published
        >>> published.parse(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 1, 4])).tolist()
        [7, 1, 4]
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08" or not 1 <= content[3] <= 4:
        raise ValueError(
            f"{path} must be an IDX file of unsigned bytes and start with the magic number "
            f"00 00 08 and 1 to 4 dimensions. Received: {content[:4].hex(' ') or 'nothing'}."
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{path} must name {content[3]} dimensions. Received: a cut-off file.")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if 0 in shape:
        raise ValueError(f"{path} must hold one image or label at least. Received: shape {shape}.")
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"{path} must hold {math.prod(shape):,} values for its shape {shape}. "
            f"Received: {len(content) - start:,}. It may be truncated: fetch it again."
        )
    return np.frombuffer(content, "uint8", offset=start).reshape(shape)


def _on_disk(name, file):
    """The path of a file in the local folder or the cache, or None."""
    for place in (folder(name), cache(name)):
        for candidate in (f"{file}.gz", file):
            if place and (place / candidate).is_file():
                return place / candidate
    return None


def _check_sum(name, file, path, content, archive):
    """Raise a `ValueError` unless the bytes, or the archive around them, are the published ones."""
    published = PUBLISHED[name]
    number = [*FILES["train"], *FILES["test"]].index(file)
    if published.sha256[number]:
        right = hashlib.sha256(content).hexdigest() == published.sha256[number]
    else:
        # Only the checksum of the archive is known, so an unpacked file cannot be checked.
        if archive is None:
            raise ValueError(
                f"{path} must be the published archive {file}.gz, because of {name} its checksum "
                "alone is known. Received: an unpacked file. Put the .gz file beside it or in its "
                "place; images of your own belong in a folder with a name of their own."
            )
        right = hashlib.md5(archive).hexdigest() == published.md5[number]
    if not right:
        raise ValueError(
            f"{path} must be the file that {name} was published with. Received: one with another "
            "checksum. Delete it; images of your own belong in a folder with a name of their own."
        )


def _download(name, file):
    """The path of a file downloaded to the cache; an error says what each mirror answered."""
    published = PUBLISHED.get(name)
    refused = []
    if published:
        target = cache(name)
        _check_writable(target)
        known = published.md5[[*FILES["train"], *FILES["test"]].index(file)]
        for mirror in published.mirrors:
            try:
                # Pooch writes to a temporary file, checks its checksum, and then renames it.
                got = pooch.retrieve(
                    f"{mirror}{file}.gz", f"md5:{known}", f"{file}.gz", target, progressbar=True
                )
                return Path(got)
            except (requests.RequestException, ValueError) as error:
                refused.append(f"{mirror}: {error}")
    place = folder(name) or Path(os.environ.get("AE_KERAS_DATA_DIR", "$AE_KERAS_DATA_DIR")) / name
    raise FileNotFoundError(
        f"{file}.gz of the data set {name!r} must be on disk or on the web. Put the files "
        f"{', '.join(f'{f}.gz' for pair in FILES.values() for f in pair)} into {place}; meanwhile "
        "AE_KERAS_DATASET=digits needs none. " + "Tried: " * bool(refused) + "; ".join(refused)
    )


def _check_writable(target):
    """Make the folder if it is missing; raise an `OSError` with advice if it is not writable."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        probe = target / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"The cache {target} must be writable to keep a download. Received: {error}. "
            "Set KERAS_HOME to a folder that is, or AE_KERAS_DATA_DIR to one with the files."
        ) from error
