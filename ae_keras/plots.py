"""Figures from arrays. Each function draws on one Matplotlib Axes and returns it."""

import itertools
import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Polygon

BASELINE = {"color": "0.45", "linewidth": 1.2}


def plot_images(images, *, n_columns=None, labels=None, title=None, ax=None):
    """Draw images as a grid, row by row, with white gaps between them.

    Black is always 0 and white 1, so that a grey value means the same in every figure.

    Args:
        images: float array `(n, height, width, channels)`, n >= 1, pixels in [0, 1]; 1 channel
            (grey) or 3 (colour).
        n_columns: int, images in a row, >= 1. Defaults to None: all in one row.
        labels: sequence of str, one for each row of the grid, drawn on its left. Defaults to
            None: no labels.
        title: str, drawn above the grid. Defaults to None: no title.
        ax: Matplotlib Axes to draw on. Defaults to None: the current one.

    Returns:
        The Axes.

    Raises:
        ValueError: `images` is not such an array, or there are not as many labels as rows.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> ax = plots.plot_images(np.zeros((6, 10, 10, 1)), n_columns=3)
        >>> ax.images[-1].get_array().shape  # gaps of one pixel
        (21, 32)
    """
    ax = ax or plt.gca()
    images = np.asarray(images)
    n, height, width, channels = images.shape
    n_columns = n_columns or n
    n_rows = math.ceil(n / n_columns)
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
        rows: dict from the name of a row to its images: float array
            `(n, height, width, channels)` as for `plot_images`, of one shape in all rows.
        title, ax: as for `plot_images`.

    Returns:
        The Axes.

    Raises:
        ValueError: there is no row, or the rows differ in their number or shape of images.

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
    if len({len(row) for row in rows.values()}) != 1:
        counts = ", ".join(f"{name!r}: {len(row)}" for name, row in rows.items())
        raise ValueError(
            f"`rows` must hold the same number of images in each row. Received: {counts}."
        )
    images = np.concatenate([np.asarray(row) for row in rows.values()])
    n_columns = len(next(iter(rows.values())))
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
        ValueError: `x` and `x_hat` differ in shape, or do not hold such images.

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
    return plot_rows({"original": x, "reconstruction": x_hat}, title=title, ax=ax)


def plot_curves(curves, *, baselines=None, ylabel="squared error per image", ax=None):
    """Draw learning curves, one value per epoch, and baselines to compare them with.

    Args:
        curves: dict from a name to a sequence of floats, the values of epoch 1, 2 and so on, such
            as `History.history`.
        baselines: dict from a name to a float, drawn as a dashed or dotted horizontal line.
            Defaults to None: no baselines.
        ylabel: str, label of the y-axis; change it for another loss. Defaults to "squared error
            per image".
        ax: as for `plot_images`.

    Returns:
        The Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from ae_keras import plots
        >>> ax = plots.plot_curves({"loss": [9.0, 5.0, 4.0]}, baselines={"PCA": 3.24})
        >>> [line.get_label() for line in ax.lines]
        ['loss', 'PCA (3.2)']
    """
    ax = ax or plt.gca()
    for name, values in curves.items():
        ax.plot(range(1, len(values) + 1), values, label=name, marker=".")
    styles = itertools.cycle(["--", ":", "-."])
    for (name, value), style in zip((baselines or {}).items(), styles, strict=False):
        ax.axhline(value, linestyle=style, label=f"{name} ({value:.1f})", **BASELINE)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.legend()
    return ax


def plot_codes(z, labels, *, title=None, legend=True, ax=None):
    """Draw two-dimensional codes as points, coloured by label.

    There are ten colours; labels that differ by a multiple of ten share one.

    Args:
        z: float array `(n, 2)`, codes or their projection to two dimensions.
        labels: int array `(n,)`.
        title: str, drawn above the points. Defaults to None: no title.
        legend: bool, whether to list the labels and their colours. Defaults to True.
        ax: as for `plot_images`.

    Returns:
        The Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import numpy as np
        >>> from ae_keras import plots
        >>> ax = plots.plot_codes(np.zeros((4, 2)), labels=np.array([3, 3, 7, 7]))
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['3', '7']
    """
    ax = ax or plt.gca()
    for label in np.unique(labels):
        points = z[labels == label]
        ax.scatter(*points.T, s=6, alpha=0.6, color=f"C{label % 10}", label=str(label))
    if legend:
        ax.legend(markerscale=2.5, handletextpad=0.1, borderaxespad=0, bbox_to_anchor=(1.02, 1))
    if title:
        ax.set_title(title)
    return ax


def plot_autoencoder(widths, *, names=None, ax=None):
    """Sketch a network as one bar per layer, whose height is `log2(width) + 1`.

    The first of the narrowest layers, the code, is red; layers before it are blue, those after it
    green.

    Args:
        widths: sequence of ints, >= 1, the number of values in each layer from image to
            reconstruction.
        names: sequence of str, one for each layer, written under its bar. Defaults to None: no
            names.
        ax: as for `plot_images`.

    Returns:
        The Axes.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from ae_keras import plots
        >>> ax = plots.plot_autoencoder([784, 128, 16, 128, 784])
        >>> [text.get_text() for text in ax.texts]
        ['784', '128', '16', '128', '784']
    """
    ax = ax or plt.gca()
    heights = np.log2(np.asarray(widths, float)) + 1
    bottleneck = int(np.argmin(heights))
    for i, (width, height) in enumerate(zip(widths, heights, strict=True)):
        color = "C3" if i == bottleneck else "C0" if i < bottleneck else "C2"
        ax.add_patch(plt.Rectangle((i - 0.13, -height / 2), 0.26, height, color=color, zorder=2))
        ax.text(i, height / 2 + 0.3, f"{width}", ha="center")
        if names:
            ax.text(i, -heights.max() / 2 - 0.7, names[i], ha="center", va="top")
        if i + 1 < len(widths):
            right = heights[i + 1]
            corners = [(i, -height / 2), (i, height / 2), (i + 1, right / 2), (i + 1, -right / 2)]
            ax.add_patch(Polygon(corners, color="0.9", zorder=1))
    edge = heights.max() / 2
    ax.set(xlim=(-0.7, len(widths) - 0.3), ylim=(-edge - 2.2, edge + 1.2))
    ax.axis("off")
    return ax
