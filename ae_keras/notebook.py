"""What the first and the last cell of every notebook call, and how a figure describes itself."""

import json
import time

import numpy as np
from IPython import get_ipython
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from ae_keras import backend, data

_started = None


def start(seed=0):
    """Seed everything, start the clock and show backend, device and data set in one line."""
    global _started
    _started = time.perf_counter()
    backend.set_seed(seed)
    shell = get_ipython()
    if shell:
        shell.display_formatter.formatters["text/plain"].for_type(Figure, _print_description)
    display(Markdown(f"Running {backend.report()}, data set **{data.default_name()}**."))


def receipt(**figures):
    """Show the figures this notebook arrived at, with what they were made on.

    Args:
        figures: the key numbers, by name. They also go, with the seconds since `start`, as one line
            of JSON into the metadata of the output, where `make course` reads them.
    """
    shown = {name: float(f"{value:.4g}") for name, value in figures.items()}
    record = {
        "backend": backend.report(),
        "data_set": data.default_name(),
        "seconds": round(time.perf_counter() - _started, 1) if _started else None,
        "figures": shown,
    }
    listed = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in shown.items())
    line = Markdown(f"**Receipt.** {listed}. Made with {record['backend']}, {record['data_set']}.")
    display(line, metadata={"receipt": json.dumps(record)})


def describe(figure):
    """A figure in words: axes, titles, labels, and the range of what is drawn.

    It is the figure's plain text, so that a reader without the picture has something to read, and a
    test can tell a wrong picture from a right one.

    Raises:
        ValueError: an Axes is empty, or something drawn is not finite.
    """
    return "\n".join(
        [f"Figure of {len(figure.axes)} axes"]
        + [_describe_axes(number, ax) for number, ax in enumerate(figure.axes, 1)]
    )


def _describe_axes(number, ax):
    images = [np.ma.filled(image.get_array(), 0) for image in ax.images]
    lines = [np.array(line.get_xydata(), float) for line in ax.lines]
    points = [np.array(group.get_offsets(), float) for group in ax.collections]
    shapes = [patch.get_path().vertices.shape for patch in ax.patches]
    words = [ax.get_title(), ax.get_xlabel(), ax.get_ylabel()]
    parts = [" | ".join(word for word in words if word)]
    parts += [text.get_text() for text in ax.texts[:20]]
    legend = ax.get_legend()
    if legend:
        parts.append("legend: " + ", ".join(text.get_text() for text in legend.get_texts()))
    for image in images:
        size = " x ".join(map(str, image.shape[:2]))
        parts.append(f"image {size}, mean {image.mean():.3f}, spread {image.std():.3f}")
    for name, group in (("line", lines), ("points", points)):
        parts += [f"{name} of {len(xy)}: {_ranges(xy)}" for xy in group if len(xy)]
    if shapes:
        parts.append(f"{len(shapes)} shapes")
    if not (images or lines or points or shapes or ax.texts):
        raise ValueError(f"axes {number} of the figure must not be empty.")
    if not all(np.isfinite(values).all() for values in [*images, *lines]):
        raise ValueError(f"axes {number} of the figure must show finite numbers only.")
    return f"{number}. " + "; ".join(part.replace("\n", " ") for part in parts if part)


def _ranges(xy):
    (left, low), (right, high) = xy.min(axis=0), xy.max(axis=0)
    ends = f", from {xy[0, 1]:.2f} to {xy[-1, 1]:.2f}"
    return f"x {left:.2f} to {right:.2f}, y {low:.2f} to {high:.2f}{ends}"


def _print_description(figure, printer, cycle):
    printer.text(describe(figure))
