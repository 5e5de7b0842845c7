"""Figures from arrays. Each function draws on one Matplotlib Axes and returns it.

Arrays may be of NumPy or of the backend, on any device.
"""

import itertools
import math

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patches import Polygon

from ae_keras import _validation

BASELINE = {"color": "0.45", "linewidth": 1.2}
THUMBNAIL = 1 / 18  # the side of a thumbnail, as a part of the side of a square Axes
# Reconstructions may lie a little outside [0, 1]. Values beyond this are no pixels in that range.
FAR = 10


def plot_images(images, *, n_columns=None, labels=None, title=None, ax=None):
    """Draw images as a grid, row by row, with white gaps between them.

    Black is always 0 and white 1, so that a grey value means the same in every figure.

    Args:
        images: float or bool array `(n, height, width, channels)`, n >= 1, finite, pixels in
            [0, 1]; 1 channel (grey) or 3 (colour). What lies a little outside is drawn black or
            white.
        n_columns: int, images in a row, >= 1. Defaults to None: all in one row.
        labels: sequence of str, one for each row of the grid, drawn on its left. Defaults to
            None: no labels.
        title: str, drawn above the grid. Defaults to None: no title.
        ax: Matplotlib Axes to draw on. Defaults to None: the current one.

    Returns:
        The Axes.

    Raises:
        ValueError: `images` is not such an array, `n_columns` is out of range, there are not as
            many labels as rows, or `ax` is no Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> ax = plots.plot_images(np.zeros((6, 10, 10, 1)), n_columns=3)
        >>> ax.images[-1].get_array().shape  # gaps of one pixel
        (21, 32)
    """
    images = _images(images, "images")
    n, height, width, channels = images.shape
    n_columns = n if n_columns is None else _validation.positive_int(n_columns, "n_columns")
    n_rows = math.ceil(n / n_columns)
    if labels is not None and len(labels) != n_rows:
        raise ValueError(
            f"`labels` must name each row of the grid. Received: {len(labels)} labels for "
            f"{n_rows} rows."
        )
    ax = _axes(ax)
    gap = max(1, height // 14)
    sheet = np.ones((n_rows * (height + gap) - gap, n_columns * (width + gap) - gap, channels))
    for i, image in enumerate(images):
        top, left = (i // n_columns) * (height + gap), (i % n_columns) * (width + gap)
        sheet[top : top + height, left : left + width] = image
    ax.imshow(sheet[..., 0] if channels == 1 else sheet, cmap="gray", vmin=0, vmax=1)
    ax.set_xticks([])
    if labels is None:
        ax.set_yticks([])
    else:
        middles = [row * (height + gap) + height / 2 - 0.5 for row in range(n_rows)]
        ax.set_yticks(middles, labels)
        ax.tick_params(axis="y", length=0)
    ax.spines[:].set_visible(False)
    if title:
        ax.set_title(title)
    return ax


def plot_rows(rows, *, title=None, ax=None):
    """Draw rows of images under each other, each with its name on the left.

    Args:
        rows: dict from the name of a row to its images: array `(n, height, width, channels)` as
            for `plot_images`, of one shape in all rows.
        title, ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: there is no row, a row does not hold such images, the rows differ in their
            number or shape of images, or `ax` is no Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> x = np.zeros((4, 10, 10, 1))
        >>> ax = plots.plot_rows({"clean": x, "noisy": x, "cleaned": x})
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['clean', 'noisy', 'cleaned']
    """
    rows = _named(rows, "rows", _images)
    if len({row.shape for row in rows.values()}) != 1:
        shapes = ", ".join(f"{name!r}: {row.shape}" for name, row in rows.items())
        raise ValueError(
            "`rows` must hold the same number of images, of one shape, in each row. "
            f"Received: {shapes}."
        )
    images, n_columns = np.concatenate(list(rows.values())), len(next(iter(rows.values())))
    return plot_images(images, n_columns=n_columns, labels=list(rows), title=title, ax=ax)


def plot_reconstructions(x, x_hat, *, title=None, ax=None):
    """Draw images in one row, and their reconstructions in a row below.

    Args:
        x: float array `(n, height, width, channels)` as for `plot_images`.
        x_hat: float array of the shape of `x`.
        title, ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: `x` and `x_hat` differ in shape, or do not hold such images, or `ax` is no
            Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> x = np.zeros((4, 10, 10, 1))
        >>> ax = plots.plot_reconstructions(x, x + 0.1, title="test images")
        >>> ax.get_title()
        'test images'
    """
    x, x_hat = _images(x, "x"), _images(x_hat, "x_hat")
    if x.shape != x_hat.shape:
        raise ValueError(
            f"`x_hat` must have the shape of `x`. Received: x {x.shape}, x_hat {x_hat.shape}."
        )
    return plot_rows({"original": x, "reconstruction": x_hat}, title=title, ax=ax)


def plot_curves(curves, *, baselines=None, ylabel="squared error per image", ax=None):
    """Draw learning curves, one value per epoch, and baselines to compare them with.

    Args:
        curves: dict from a name to a sequence of floats, the values of epoch 1, 2 and so on, such
            as `History.history`; at least one curve of at least one value. Where a value is not
            finite, its curve has a gap.
        baselines: dict from a name to a finite float, drawn as a dashed or dotted horizontal line.
            Defaults to None: no baselines.
        ylabel: str, label of the y-axis; change it for another loss. Defaults to "squared error
            per image".
        ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: `curves` or `baselines` does not hold such numbers, or `ax` is no Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from ae_keras import plots
        >>> ax = plots.plot_curves({"loss": [9.0, 5.0, 4.0]}, baselines={"PCA": 3.24})
        >>> [line.get_label() for line in ax.lines]
        ['loss', 'PCA (3.2)']
    """
    curves = _named(curves, "curves", _curve)
    baselines = _named(baselines, "baselines", _level) if baselines else {}
    ax = _axes(ax)
    for name, values in curves.items():
        ax.plot(range(1, len(values) + 1), values, label=name, marker=".")
    styles = itertools.cycle(["--", ":", "-."])
    for (name, value), style in zip(baselines.items(), styles, strict=False):
        ax.axhline(value, linestyle=style, label=f"{name} ({value:.1f})", **BASELINE)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.legend()
    return ax


def plot_codes(z, labels, *, title=None, ax=None):
    """Draw two-dimensional codes as points, coloured by label, each label written at their middle.

    There are ten colours; integers that differ by a multiple of ten share one, and words get them
    in alphabetical order. Names stand on the points so that nobody has to tell colours apart.

    Args:
        z: float array `(n, 2)`, n >= 1, finite: codes or their projection to two dimensions.
        labels: array of integers or words `(n,)`.
        title: str, drawn above the points. Defaults to None: no title.
        ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: `z` does not hold such codes, `labels` holds something else or is of another
            length, or `ax` is no Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> _, ax = plt.subplots()
        >>> ax = plots.plot_codes(np.zeros((4, 2)), np.array([3, 3, 7, 7]), ax=ax)
        >>> [text.get_text() for text in ax.texts]
        ['3', '7']
    """
    z = _plane(z)
    labels = _labels(labels, len(z))
    ax = _axes(ax)
    for i, label in enumerate(np.unique(labels)):
        points = z[labels == label]
        color = f"C{(i if labels.dtype.kind == 'U' else label) % 10}"
        ax.scatter(*points.T, s=6, alpha=0.6, color=color, label=str(label))
        # The median of each axis may fall between two groups; the point nearest to it does not.
        middle = points[np.argmin(((points - np.median(points, axis=0)) ** 2).sum(axis=1))]
        frame = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": color}
        ax.text(*middle, str(label), ha="center", va="center", bbox=frame, zorder=3)
    if title:
        ax.set_title(title)
    return ax


def plot_thumbnails(z, images, *, n=150, title=None, ax=None):
    """Draw images at their two-dimensional codes, in the order given, none over another.

    Args:
        z: float array `(n_images, 2)`, finite: codes or their projection to two dimensions.
        images: float array `(n_images, height, width, channels)` as for `plot_images`.
        n: int, the largest number of images to draw, >= 1. Defaults to 150. An image that would
            cover one already drawn is left out.
        title, ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: `z` and `images` do not hold such arrays or differ in length, `n` is out of
            range, or `ax` is no Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> _, ax = plt.subplots()
        >>> z = np.array([[0.0, 0.0], [0.001, 0.0], [1.0, 1.0]])
        >>> ax = plots.plot_thumbnails(z, np.zeros((3, 28, 28, 1)), ax=ax)
        >>> len(ax.artists)  # the second would cover the first
        2
    """
    z, images = _plane(z), _images(images, "images")
    n = _validation.positive_int(n, "n")
    if len(z) != len(images):
        raise ValueError(
            f"`images` must hold one image for each code. Received: {len(images)} images for "
            f"{len(z)} codes."
        )
    ax = _axes(ax)
    low, high = z.min(axis=0), z.max(axis=0)
    # A code with one value on an axis has no spread to scale by.
    margin = np.where(high > low, 0.05 * (high - low), 1)
    ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]))
    ax.set(ylim=(low[1] - margin[1], high[1] + margin[1]))
    ax.figure.draw_without_rendering()  # so that the Axes have their place
    box = ax.get_window_extent()
    places = ax.transData.transform(z)
    side = THUMBNAIL * np.sqrt(box.width * box.height)
    drawn = np.empty((0, 2))
    for place, code, image in zip(places, z, images, strict=True):
        if len(drawn) == n:
            break
        if (np.abs(drawn - place).max(axis=1) < side).any():
            continue
        drawn = np.vstack([drawn, place])
        pixels = image[..., 0] if image.shape[2] == 1 else image
        zoom = side / max(pixels.shape[:2]) / ax.figure.dpi * 72
        picture = OffsetImage(pixels, zoom=zoom, cmap="gray", norm=plt.Normalize(0, 1))
        ax.add_artist(AnnotationBbox(picture, code, frameon=False, pad=0))
    if title:
        ax.set_title(title)
    return ax


def plot_differences(differences, *, limit=0.5, n_columns=None, labels=None, title=None, ax=None):
    """Draw signed differences of grey images: blue is negative, white zero, red positive.

    Args:
        differences: float array `(n, height, width, 1)`, n >= 1, finite, such as `x_hat - x`.
        limit: float > 0, the size of a difference that is drawn in full colour. Defaults to 0.5.
        n_columns, labels, title, ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: `differences` is not such an array, `limit` is no such number, or as for
            `plot_images`.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> _, ax = plt.subplots()
        >>> ax = plots.plot_differences(np.full((1, 8, 8, 1), -0.5), ax=ax)
        >>> ax.images[-1].get_array()[0, 0].round(2).tolist()  # deep blue
        [0.02, 0.19, 0.38]
    """
    differences = _images(differences, "differences")
    if differences.shape[3] != 1:
        raise ValueError(
            "`differences` must have 1 channel. Received: "
            f"differences.shape={differences.shape}. Average over the colours first."
        )
    limit = _validation.positive(limit, "limit")
    shades = plt.get_cmap("RdBu_r")(plt.Normalize(-limit, limit)(differences[..., 0]))[..., :3]
    return plot_images(shades, n_columns=n_columns, labels=labels, title=title, ax=ax)


def plot_autoencoder(widths, *, names=None, ax=None):
    """Sketch a network as one bar per layer, whose height is `log2(width) + 1`.

    The first of the narrowest layers, the code, is red; layers before it are blue, those after it
    green.

    Args:
        widths: list or tuple of ints >= 1, at least one, the number of values in each layer from
            image to reconstruction.
        names: sequence of str, one for each layer, written under its bar. Defaults to None: no
            names.
        ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: `widths` does not hold such integers, there are not as many names as layers, or
            `ax` is no Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from ae_keras import plots
        >>> ax = plots.plot_autoencoder([784, 128, 16, 128, 784])
        >>> [text.get_text() for text in ax.texts]
        ['784', '128', '16', '128', '784']
    """
    widths = _validation.widths(widths, "widths")
    if not widths:
        raise ValueError("`widths` must hold the width of at least one layer. Received: none.")
    if names is not None and len(names) != len(widths):
        raise ValueError(
            f"`names` must name each layer. Received: {len(names)} names for {len(widths)} layers."
        )
    ax = _axes(ax)
    heights = np.log2(np.asarray(widths, float)) + 1
    bottleneck = int(np.argmin(heights))
    for i, (width, height) in enumerate(zip(widths, heights, strict=True)):
        color = "C3" if i == bottleneck else "C0" if i < bottleneck else "C2"
        ax.add_patch(plt.Rectangle((i - 0.13, -height / 2), 0.26, height, color=color, zorder=2))
        ax.text(i, height / 2 + 0.3, f"{width}", ha="center")
        if names is not None:
            ax.text(i, -heights.max() / 2 - 0.7, names[i], ha="center", va="top")
        if i + 1 < len(widths):
            right = heights[i + 1]
            corners = [(i, -height / 2), (i, height / 2), (i + 1, right / 2), (i + 1, -right / 2)]
            ax.add_patch(Polygon(corners, color="0.9", zorder=1))
    edge = heights.max() / 2
    ax.set(xlim=(-0.7, len(widths) - 0.3), ylim=(-edge - 2.2, edge + 1.2))
    ax.axis("off")
    return ax


def _axes(ax):
    if ax is None:
        return plt.gca()
    if not isinstance(ax, Axes):
        raise ValueError(
            f"`ax` must be one Matplotlib Axes. Received: ax={ax!r}. "
            "Of `figure, axes = plt.subplots(1, 2)`, pass `axes[0]`."
        )
    return ax


def _plane(z):
    """Codes of two units, as NumPy array."""
    z = _validation.codes(_floats(z), "z")
    if z.shape[1] != 2:
        raise ValueError(
            f"`z` must be codes of two units, shape (n, 2). Received: z.shape={z.shape}. Choose "
            "two of them, z[:, :2], or project them, e.g. with `sklearn.decomposition.PCA`."
        )
    return z


def _floats(values):
    """An array or tensor as NumPy array; floats of 16 bits, which NumPy knows little of, as 32."""
    values = values if isinstance(values, np.ndarray) else keras.ops.convert_to_numpy(values)
    short = "float" in str(values.dtype) and values.dtype.itemsize < 4
    return values.astype("float32") if short else values


def _images(x, name):
    x = _floats(x)
    if x.ndim != 4 or 0 in x.shape or x.shape[3] not in (1, 3):
        raise ValueError(
            f"`{name}` must be images of shape (n, height, width, channels), n >= 1, with 1 or 3 "
            f"channels. Received: {name}.shape={x.shape}."
            + (" Add the channel, x[..., None], or of a single image the first axis, x[None].")
            * (x.ndim == 3)
        )
    if x.dtype.kind not in "fb":
        raise ValueError(
            f"`{name}` must hold floats in [0, 1]. Received: {name}.dtype={x.dtype}. "
            "Scale it with `data.to_unit_range` first."
        )
    low, high = x.min(), x.max()
    if not -FAR <= low <= high <= FAR:
        raise ValueError(
            f"`{name}` must be finite and lie in [0, 1] or near it. Received: values from "
            f"{low:.4g} to {high:.4g}. Bytes are scaled by `data.to_unit_range`; a model that "
            "diverged gives NaN."
        )
    # Matplotlib clips grey pixels by itself, and warns if it must clip colours.
    return np.clip(x, 0, 1) if x.shape[3] == 3 else x


def _named(values, name, check):
    """The dict with each of its values checked under its name."""
    if not isinstance(values, dict) or not values:
        raise ValueError(
            f"`{name}` must be a dict with at least one name and its values. "
            f"Received: {name}={values!r}."
        )
    return {key: check(value, f"{name}[{key!r}]") for key, value in values.items()}


def _curve(values, name):
    values = _floats(values)
    if values.ndim != 1 or not values.size or values.dtype.kind not in "iuf":
        raise ValueError(
            f"`{name}` must hold one number for each epoch, at least one. "
            f"Received: an array of shape {values.shape} and type {values.dtype}."
        )
    return values


def _level(value, name):
    return _validation.number(_floats(value).item() if np.ndim(value) == 0 else value, name)


def _labels(labels, n):
    """One label for each of `n` codes, integers or words, as NumPy array."""
    labels = _floats(labels)
    if labels.shape != (n,):
        raise ValueError(
            f"`labels` must hold one label for each of the {n} codes. "
            f"Received: labels.shape={labels.shape}."
        )
    if labels.dtype.kind == "f" and (labels == np.rint(labels)).all():
        return labels.astype("int64")
    if labels.dtype.kind not in "biuUO":
        raise ValueError(
            f"`labels` must hold integers or words. Received: labels.dtype={labels.dtype}."
        )
    return labels.astype("int64" if labels.dtype.kind in "biu" else str)
