"""What every notebook calls in its first and last cell, and descriptions of figures in words."""

import json
import numbers
import time

import numpy as np
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from ae_keras import backend, data

_started = None


def start(seed=0):
    """Seed all random number generators and show backend, device and data set in one line.

    Every notebook calls it first. It also starts the clock whose seconds `receipt` records, and
    makes every figure of the notebook carry its description in words, see `describe`.

    Args:
        seed: int, seed of Python, NumPy and the backend, in [0, 2**32). Defaults to 0.

    Raises:
        ValueError: `seed` is not such an integer.
    """
    global _started
    _started = time.perf_counter()
    backend.quiet()
    backend.set_seed(seed)
    # IPython calls this method for the plain text that it stores beside the picture of a figure.
    Figure._repr_pretty_ = _print_description
    name = data.default_name()
    note = " Numbers, pictures and times in the text are those of `digits`; yours will differ."
    running = f"Running {backend.report()}, data set **{name}**."
    display(Markdown(running + note * (name != "digits")))


def claim(holds, statement):
    """Assert that a sentence of the lesson's text is true.

    The text was written for the bundled data sets. On other data a false claim is printed, and the
    notebook goes on.

    Args:
        holds: bool, whether the claim is true here.
        statement: str, the claim in words, without a full stop.

    Raises:
        AssertionError: the claim is false on a bundled data set.

    Example:
        >>> from ae_course import notebook
        >>> notebook.claim(7.1 < 13.4, "the autoencoder beats PCA")
    """
    if not holds and data.default_name() in data.BUNDLED:
        raise AssertionError(statement)
    if not holds:
        print(f"On this data set this does not hold: {statement}.")


def receipt(**figures):
    """Show a receipt: the lesson's key figures, and the backend and data set they were made with.

    Every notebook calls it last. The same record, with the seconds since `start`, is stored as JSON
    in the metadata of the output, where `make course` reads it.

    Args:
        figures: numbers by name. Integers are shown as they are, others with four significant
            digits, and underscores in names as spaces.
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
    """Describe a figure in words: its axes, titles, labels, and the range of what is drawn.

    A notebook stores the description beside the picture, so that a reader who cannot see the
    picture has something to read, and a test can tell a wrong picture from a right one.

    Args:
        figure: Matplotlib figure, in which every Axes shows something.

    Returns:
        str: a line for the figure, then one for each Axes.

    Raises:
        ValueError: an Axes is empty, or a number drawn on it is not finite.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import matplotlib.pyplot as plt
        >>> from ae_course import notebook
        >>> figure, ax = plt.subplots()
        >>> _ = ax.plot([1, 2, 3], [9.0, 5.0, 4.0])
        >>> print(notebook.describe(figure))
        Figure of 1 axes
        1. line of 3: x 1.00 to 3.00, y 4.00 to 9.00, from 9.00 to 4.00
    """
    return "\n".join(
        [f"Figure of {len(figure.axes)} axes"]
        + [_describe_axes(number, ax) for number, ax in enumerate(figure.axes, 1)]
    )


def _describe_axes(number, ax):
    # `imshow` masks values that are not finite; as NaN they are found by the check below.
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
    # Without a label on its axis, a scatter plot is a map such as that of t-SNE, in which positions
    # mean nothing.
    labelled = bool(ax.get_xlabel())
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
    # Originals have many pixels that are exactly black or white, and reconstructions few, so this
    # fraction tells whether the two were swapped.
    plain = [np.isin(part, (0, 1)).mean() for part in (image[:half], image[half:])]
    share = f"black or white above {plain[0]:.2f}, below {plain[1]:.2f}"
    return f"image {size}, mean {image.mean():.3f}, spread {image.std():.3f}, {share}"


def _ranges(xy):
    (left, low), (right, high) = xy.min(axis=0), xy.max(axis=0)
    ends = f", from {xy[0, 1]:.2f} to {xy[-1, 1]:.2f}"
    return f"x {left:.2f} to {right:.2f}, y {low:.2f} to {high:.2f}{ends}"


def _print_description(figure, printer, cycle):
    printer.text(describe(figure))
