"""Find and read the pictures of your own folder and make them alike, or name what is wrong."""

import os
import struct
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ae_keras import _validation

SUFFIXES = (
    ".bmp",
    ".gif",
    ".jfif",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".pbm",
    ".pgm",
    ".png",
    ".pnm",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
)
# Pictures that not every Pillow reads. To leave them out in silence would lose data.
UNREAD = (
    ".arw",
    ".avif",
    ".cr2",
    ".cr3",
    ".dng",
    ".heic",
    ".heif",
    ".jp2",
    ".jxl",
    ".nef",
    ".psd",
    ".svg",
)
# The value of white in those of Pillow's modes whose grey values are not 8-bit integers.
WHITE = {"1": 1, "I": 65535, "I;16": 65535, "I;16B": 65535, "I;16L": 65535, "F": 1}
# How bright red, green and blue look, by the recommendation ITU-R BT.601.
GREY = np.array([0.299, 0.587, 0.114], "float32")
# An error message lists at most this many files.
NAMED = 20
# What Pillow raises for files that are damaged, unknown or suspiciously large.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)
UNREADABLE += (Image.DecompressionBombError,)


def load_images(folder, image_shape=None):
    """Load the pictures of a folder, sorted by name; `data.load_images` returns them as `Images`.

    Files count as pictures by their suffix (`SUFFIXES`, upper or lower case); hidden ones and all
    others are ignored, but pictures of other kinds (`UNREAD`) are refused. Pictures lie in the
    folder itself, or in sub-folders, one for each class. Grey pictures have one channel, all others
    three. Transparent pixels become white, as on a page; pictures of 16 bits keep their precision;
    the orientation that a camera noted (EXIF) is applied; of an animation, the first frame is
    taken.

    Args:
        folder: str or path; "~" is the home folder.
        image_shape: `(height, width, channels)`, channels 1 or 3. Pictures are stretched or shrunk
            to it (the aspect ratio is not kept) and converted. Defaults to None: they must be alike
            already.

    Returns:
        x: float32 array `(n, height, width, channels)`, pixels in [0, 1].
        labels: int64 array `(n,)`, the place of a picture's sub-folder among those with pictures,
            sorted by name; 0 without sub-folders.
        groups: int64 array `(n,)`, 0 to n - 1: each picture is a group of its own. If some of your
            pictures show the same original, give them the same number, in the order of
            `find(folder)`, and pass `data.Images(x, labels, groups)`.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds no pictures, or pictures beside sub-folders with pictures; a picture
            cannot be read or is of another kind; `image_shape` is no such shape; or the pictures
            differ in size or channels and no `image_shape` was given.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from PIL import Image
        >>> from ae_keras.data import image_folder
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.fromarray(np.full((6, 8), 51, "uint8")).save(f"{folder}/dark.png")
        ...     x, labels, groups = image_folder.load_images(folder, image_shape=(3, 4, 1))
        >>> x.shape, float(x.max())
        ((1, 3, 4, 1), 0.2)
    """
    shape = None if image_shape is None else _image_shape(image_shape)
    paths, labels = find(folder)
    kept = _read(folder, paths, shape)
    return np.stack(kept), labels, np.arange(len(kept))


def find(folder):
    """Find the paths of the pictures in `folder`, in the order of `load_images`, and their labels.

    No picture is opened.

    Args:
        folder: as for `load_images`.

    Returns:
        paths: list of n `pathlib.Path`.
        labels: int64 array `(n,)`, as `load_images` returns them.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds no pictures, pictures of other kinds, or pictures beside sub-folders
            with pictures.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from ae_keras.data import image_folder
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("dog", "cat"):
        ...         Path(folder, name).mkdir()
        ...         Path(folder, name, "1.png").touch()
        ...     paths, labels = image_folder.find(folder)
        >>> [path.parent.name for path in paths], labels.tolist()
        (['cat', 'dog'], [0, 1])
    """
    path = _path(folder)
    if not path.exists():
        raise FileNotFoundError(
            f"`folder` must be a folder of pictures. Received: folder={str(folder)!r}, which does "
            "not exist."
        )
    if not path.is_dir():
        raise ValueError(
            f"`folder` must be a folder of pictures. Received: folder={str(folder)!r}, which is a "
            "file. Pass the folder that it lies in."
        )
    here = _pictures(path)
    below = [_pictures(each) for each in _visible(path) if each.is_dir()]
    classes = [pictures for pictures in below if pictures]
    if here and classes:
        raise ValueError(
            "`folder` must hold either pictures or sub-folders of pictures. Received: folder="
            f"{str(folder)!r} with {len(here)} pictures, such as {here[0].name}, beside the "
            f"sub-folder {classes[0][0].parent.name}. Move one or the other."
        )
    classes = [here] if here else classes
    if not classes:
        raise ValueError(
            f"`folder` must hold pictures: {', '.join(SUFFIXES)}, or sub-folders of them, one "
            f"level deep. Received: folder={str(folder)!r} with {_contents(path)}."
        )
    folders = [path, *(each for each in _visible(path) if each.is_dir())]
    unread = [p.relative_to(path).as_posix() for f in folders for p in _pictures(f, UNREAD)]
    if unread:
        raise ValueError(
            f"`folder` must hold pictures of these kinds: {', '.join(SUFFIXES)}. Received: folder="
            f"{str(folder)!r} with {_listed(unread)}. Convert them, or move them elsewhere."
        )
    labels = np.repeat(np.arange(len(classes)), [len(pictures) for pictures in classes])
    return [picture for pictures in classes for picture in pictures], labels


def _read(folder, paths, shape):
    """The pictures as a list of arrays; an error names those that are unreadable or differ."""
    kept, first, broken = [], {}, []
    for path in paths:
        name = path.relative_to(_path(folder)).as_posix()
        try:
            x = _pixels(path)
        except UNREADABLE as error:
            broken.append(f"{name} ({_reason(error)})")
            continue
        x = x if shape is None else _fitted(x, shape)
        first.setdefault(x.shape, name)
        # Pictures that differ are refused below, so no memory is spent on more of them.
        if len(first) == 1:
            kept.append(x)
    if broken:
        raise ValueError(
            "`folder` must hold pictures that can be read. Received: "
            f"folder={str(folder)!r} with {_listed(broken)}. Save them anew or remove them."
        )
    if len(first) > 1:
        found = _listed([f"{shape} as {name}" for shape, name in first.items()])
        raise ValueError(
            "`folder` must hold pictures of one size and number of channels, (height, width, "
            f"channels). Received: folder={str(folder)!r} with {found}. Pass, say, "
            f"`image_shape={next(iter(first))}` to resize and convert them all."
        )
    return kept


def _path(folder):
    if not isinstance(folder, str | os.PathLike) or not str(folder):
        raise ValueError(f"`folder` must be the path of a folder. Received: folder={folder!r}.")
    return Path(folder).expanduser()


def _visible(path):
    """What lies in a folder and is not hidden, sorted."""
    return sorted(each for each in path.iterdir() if not each.name.startswith("."))


def _pictures(path, suffixes=SUFFIXES):
    """The pictures that lie in a folder itself, sorted."""
    return [p for p in _visible(path) if p.suffix.lower() in suffixes and not p.is_dir()]


def _contents(path):
    """What lies in a folder without pictures: "2 sub-folders, 3 .txt"."""
    kinds = Counter(
        "sub-folders" if p.is_dir() else p.suffix.lower() or "files without suffix"
        for p in _visible(path)
    )
    return ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "nothing"


def _listed(items):
    """The first items, and how many more there are."""
    more = len(items) - NAMED
    return ", ".join(items[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _reason(error):
    """Why a picture could not be read, in a few words."""
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or damaged"
    return getattr(error, "strerror", None) or str(error)


def _image_shape(image_shape):
    shape = _validation.image_shape(image_shape)
    if shape[2] not in (1, 3):
        raise ValueError(
            f"`image_shape` must have 1 channel (grey) or 3 (colour). Received: "
            f"image_shape={image_shape!r}."
        )
    return shape


def _pixels(path):
    """One picture as float32 `(height, width, channels)` in [0, 1]."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened)
    if picture.mode in WHITE:
        x = np.asarray(picture, "float32")[..., None] / WHITE[picture.mode]
        # NaN fails this comparison, too.
        if not (x.min() >= 0 and x.max() <= 1):
            raise ValueError(f"values from {x.min():.4g} to {x.max():.4g} of white")
        return x
    wanted = "L" if picture.mode in ("L", "LA") else "RGB"
    if picture.has_transparency_data:
        sheet = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(sheet, picture.convert("RGBA"))
    x = np.asarray(picture.convert(wanted), "float32") / 255
    return x[..., None] if wanted == "L" else x


def _fitted(x, image_shape):
    """`x` resized and converted to `image_shape`."""
    height, width, channels = image_shape
    if channels < x.shape[2]:
        x = (x @ GREY)[..., None]
    if x.shape[:2] != (height, width):
        planes = [Image.fromarray(np.ascontiguousarray(x[..., i])) for i in range(x.shape[2])]
        # Pillow's bilinear filter averages over an area when it shrinks, and never leaves [0, 1].
        how = Image.Resampling.BILINEAR
        x = np.stack([np.asarray(p.resize((width, height), how)) for p in planes], axis=-1)
    return np.broadcast_to(x.clip(0, 1), image_shape)
