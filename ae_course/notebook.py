"""What the first and the last cell of every notebook call, and how a figure describes itself."""

import json
import numbers
import time

import numpy as np
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from ae_keras import backend, data

_started = None


def start(seed=0):
    """Seed everything, start the clock and show backend, device and data set in one line."""
    global _started
    _started = time.perf_counter()
    backend.quiet()
    backend.set_seed(seed)
    Figure._repr_pretty_ = _print_description  # what IPython asks for the text of a figure
    name = data.default_name()
    note = " Numbers, pictures and times in the text are those of `digits`; yours will differ."
    running = f"Running {backend.report()}, data set **{name}**."
    display(Markdown(running + note * (name != "digits")))


def claim(holds, statement):
    """Stop if a statement of the text is not true on the course's own data; elsewhere, say so.

    Args:
        holds: whether it is true here.
        statement: the words for it.

    Raises:
        AssertionError: it is not, on a data set that comes with the course.
    """
    if not holds and data.default_name() in data.BUNDLED:
        raise AssertionError(statement)
    if not holds:
        print(f"On this data set it is not so that: {statement}.")


def receipt(**figures):
    """Show the figures this notebook arrived at, with what they were made on.

    Args:
        figures: the key numbers, by name. They also go, with the seconds since `start`, as one line
            of JSON into the metadata of the output, where `make course` reads them.
    """
    shown = {
        name: int(value) if isinstance(value, numbers.Integral) else float(f"{value:.4g}")
        for name, value in figures.items()
    }
    record = {
        "backend": backend.report(),
        "data_set": data.default_name(),
        "seconds": round(time.perf_counter() - _started, 1) if _started else None,
        "figures": shown,
    }
    listed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
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
    # imshow masks what is not finite
    images = [np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan) for image in ax.images]
    lines = [np.array(line.get_xydata(), float) for line in ax.lines]
    points = [np.array(group.get_offsets(), float) for group in ax.collections]
    shapes = [p.get_patch_transform().transform(p.get_path().vertices) for p in ax.patches]
    words = [ax.get_title(), ax.get_xlabel(), ax.get_ylabel()]
    words += [tick.get_text() for tick in ax.get_yticklabels() if images]
    parts = [" | ".join(word for word in words if word)]
    parts += [text.get_text() for text in ax.texts[:20]]
    legend = ax.get_legend()
    if legend:
        parts.append("legend: " + ", ".join(text.get_text() for text in legend.get_texts()))
    parts += [_describe_image(image) for image in images]
    parts += [f"line of {len(xy)}: {_ranges(xy)}" for xy in lines if len(xy)]
    labelled = bool(ax.get_xlabel())  # a map without labelled axes has no meaningful positions
    parts += [f"points of {len(xy)}" + f": {_ranges(xy)}" * labelled for xy in points if len(xy)]
    if shapes:
        parts.append(f"{len(shapes)} shapes: {_ranges(np.concatenate(shapes))}")
    if not (images or lines or points or shapes or ax.texts):
        raise ValueError(f"axes {number} of the figure must not be empty.")
    if not all(np.isfinite(values).all() for values in [*images, *lines, *points, *shapes]):
        raise ValueError(f"axes {number} of the figure must show finite numbers only.")
    return f"{number}. " + "; ".join(part.replace("\n", " ") for part in parts if part)


def _describe_image(image):
    size = " x ".join(map(str, image.shape[:2]))
    half = image.shape[0] // 2
    # originals have many pixels that are exactly black or white, reconstructions few
    plain = [np.isin(part, (0, 1)).mean() for part in (image[:half], image[half:])]
    share = f"black or white above {plain[0]:.2f}, below {plain[1]:.2f}"
    return f"image {size}, mean {image.mean():.3f}, spread {image.std():.3f}, {share}"


def _ranges(xy):
    (left, low), (right, high) = xy.min(axis=0), xy.max(axis=0)
    ends = f", from {xy[0, 1]:.2f} to {xy[-1, 1]:.2f}"
    return f"x {left:.2f} to {right:.2f}, y {low:.2f} to {high:.2f}{ends}"


def _print_description(figure, printer, cycle):
    printer.text(describe(figure))
