"""Figures from arrays. Each function draws on one Axes and returns it; none sees a model."""

import itertools
import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Polygon

BASELINE = {"color": "0.45", "linewidth": 1.2}


def plot_images(images, *, n_columns=None, labels=None, title=None, ax=None):
    """A grid of images as one picture.

    Args:
        images: `(n, height, width, channels)` in [0, 1]; channels 1 or 3.
        n_columns: images a row; None: all in one row.
        labels: a word for each row, drawn on its left.
        title: of the grid.
        ax: Axes to draw on; None: the current one.

    Returns:
        The Axes.
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
    """Rows of images under each other, each with its name.

    Args:
        rows: dict from a row's name to its images `(n, height, width, channels)`; `n` is the same
            in all.

    Raises:
        ValueError: it is not.
    """
    if len({len(row) for row in rows.values()}) != 1:
        counts = ", ".join(f"{name!r}: {len(row)}" for name, row in rows.items())
        raise ValueError(f"`rows` must hold as many images in each row. Received: {counts}.")
    images = np.concatenate([np.asarray(row) for row in rows.values()])
    n_columns = len(next(iter(rows.values())))
    return plot_images(images, n_columns=n_columns, labels=list(rows), title=title, ax=ax)


def plot_reconstructions(x, x_hat, *, title=None, ax=None):
    """Originals above their reconstructions, pair by pair."""
    return plot_rows({"original": x, "reconstruction": x_hat}, title=title, ax=ax)


def plot_curves(curves, *, baselines=None, ylabel="squared error per image", ax=None):
    """Learning curves, one value an epoch, with the baselines they should be read against.

    Args:
        curves: dict from a name to its values, such as `History.history`.
        baselines: dict from a name to one value, drawn as a dashed line.
        ylabel: the unit of all of them.
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
    """Codes of two dimensions as points, coloured by label.

    Args:
        z: `(n, 2)`.
        labels: `(n,)` integers.
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
    """A sketch of a network: one bar a layer, its height growing with the layer's width.

    Args:
        widths: numbers of values, from image to reconstruction.
        names: what to write under each bar; None: nothing.
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
