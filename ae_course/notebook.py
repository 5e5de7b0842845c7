"""What every notebook calls in its first and last cell, and descriptions of figures in words."""

import json
import numbers
import time
import warnings

import numpy as np
from IPython.display import Markdown, display
from matplotlib import category, collections, dates, quiver, ticker, transforms
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import AxLine
from matplotlib.path import Path

from ae_keras import backend, data

_started = None

DATES = (dates.AutoDateFormatter, dates.ConciseDateFormatter, dates.DateFormatter)
NAMES = (ticker.FixedFormatter, ticker.FuncFormatter)


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
    picture has something to read, and a test can tell a wrong picture from a right one. Numbers
    that are not finite are counted and otherwise left out, as Matplotlib does not draw them.

    Args:
        figure: Matplotlib figure.

    Returns:
        str: a line for the figure, then one for each Axes, then one for the text around them.

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
    lines = [f"Figure of {len(figure.axes)} axes"]
    lines += [f"{number}. {_describe_axes(ax)}" for number, ax in enumerate(figure.axes, 1)]
    around = [text for part in _with_subfigures(figure) for text in _texts(part)]
    return "\n".join(lines + [f"Around them: {'; '.join(around)}"] * bool(around))


def _with_subfigures(figure):
    yield figure
    for part in figure.subfigs:
        yield from _with_subfigures(part)


def _describe_axes(ax):
    try:
        if not ax.get_visible():
            return "hidden"
        parts, drawn = _words(ax) + _texts(ax), _drawn(ax)
    except Exception:
        # A picture must appear whatever is in it; artists are of more kinds than are known here.
        return "a drawing that these words cannot describe"
    if not drawn and not any(text.get_text() for text in ax.texts):
        drawn = ["nothing drawn"]
    return "; ".join(part.replace("\n", " ") for part in parts + drawn)


def _words(ax):
    """Title and labels, as a list of one text or none."""
    words = [ax.get_title(), ax.get_xlabel(), ax.get_ylabel()]
    # Ticks that Matplotlib chose say nothing, and change when the figure is drawn.
    if ax.images and isinstance(ax.yaxis.get_major_formatter(), NAMES):
        words += [tick.get_text() for tick in ax.get_yticklabels()]
    return [" | ".join(word for word in words if word)] * any(words)


def _texts(part):
    """The texts of an Axes or figure, then what its legends say."""
    texts = [text.get_text() for text in part.texts[:20]]
    legends = part.legends if hasattr(part, "legends") else [part.get_legend()]
    for legend in filter(None, legends):
        listed = ", ".join(text.get_text() for text in legend.get_texts())
        texts.append(f"legend: {listed}" * bool(listed))
    return [text for text in texts if text]


def _drawn(ax):
    """What is drawn on an Axes, a text for each thing."""
    # Matplotlib has no public way from an Axes to the colour bar that fills it.
    if getattr(ax, "_colorbar", None):
        return ["colour bar {:.2f} to {:.2f}".format(*ax._colorbar.mappable.get_clim())]
    if ax.name == "3d":
        return _in_three_dimensions(ax)
    found = [_describe_image(image) for image in _visible(ax.images)]
    found += [_describe_line(ax, line) for line in _visible(ax.lines)]
    found += [_describe_collection(ax, group) for group in _visible(ax.collections)]
    found += _describe_patches(ax, _visible(ax.patches))
    found += [f"table of {len(table.get_celld())} cells" for table in _visible(ax.tables)]
    found += [f"{len(ax.artists)} other drawings"] * bool(ax.artists)
    inside = [(child, _drawn(child)) for child in _visible(ax.child_axes)]
    found += [f"inset: {'; '.join(_words(child) + drawn)}" for child, drawn in inside if drawn]
    return [text for text in found if text]


def _visible(artists):
    return [artist for artist in artists if artist.get_visible()]


def _in_three_dimensions(ax):
    kinds = {"lines": ax.lines, "groups of points or faces": ax.collections, "shapes": ax.patches}
    counts = [f"{len(each)} {kind}" for kind, each in kinds.items() if each]
    if not counts:
        return []
    limits = (ax.xy_dataLim.intervalx, ax.xy_dataLim.intervaly, ax.zz_dataLim.intervalx)
    ranges = [
        f"{name} {low:.2f} to {high:.2f}"
        for name, (low, high) in zip("xyz", limits, strict=True)
        if np.isfinite([low, high]).all()
    ]
    return [f"in three dimensions {', '.join(counts)}" + f": {', '.join(ranges)}" * bool(ranges)]


def _describe_image(image):
    values = image.get_array()
    if values is None or not np.size(values):
        return "image without pixels"
    # `imshow` masks values that are not finite.
    pixels = np.ma.filled(np.ma.asarray(values).astype(float), np.nan)
    size = " x ".join(map(str, pixels.shape[:2]))
    # An image of numbers has a colour scale, one of colours is 0..255 or 0..1.
    coloured = pixels.ndim == 3
    if coloured:
        pixels = pixels[..., :3] / (255 if values.dtype == np.uint8 else 1)
    known = pixels[np.isfinite(pixels)]
    missing = f", {pixels.size - known.size} of {pixels.size} values missing"
    missing *= known.size < pixels.size
    if not known.size:
        return f"image {size}{missing}"
    text = f"image {size}, mean {known.mean():.3f}, spread {known.std():.3f}"
    if not coloured and (image.get_cmap().name != "gray" or image.get_clim() != (0, 1)):
        return f"{text}, values {known.min():.2f} to {known.max():.2f}{missing}"
    # Originals have many pixels that are exactly black or white, and reconstructions few, so this
    # fraction tells whether the two were swapped.
    plain = (pixels == 0) | (pixels == 1)
    if len(plain) < 2:
        return f"{text}, black or white {plain.mean():.2f}{missing}"
    if getattr(image, "origin", "upper") == "lower":
        plain = plain[::-1]
    half = len(plain) // 2
    share = f"above {plain[:half].mean():.2f}, below {plain[half:].mean():.2f}"
    return f"{text}, black or white {share}{missing}"


def _describe_line(ax, line):
    if isinstance(line, AxLine):
        return "straight line through x {}, y {}".format(*_formatted(ax, line.get_xy1()))
    xy = np.asarray(line.get_xydata(), float)
    across, up = line.get_transform().contains_branch_seperately(ax.transData)
    if not len(xy) or not (across or up):
        return ""
    # One coordinate of `axhline` and `axvline` is a fraction of the axes.
    if not across:
        return f"horizontal line at y {_formatted(ax, xy[0])[1]}"
    if not up:
        return f"vertical line at x {_formatted(ax, xy[0])[0]}"
    return f"line of {_count(xy)}{_ranges(ax, xy)}"


def _describe_collection(ax, group):
    if isinstance(group, ContourSet):
        levels = "{:.2f} to {:.2f}".format(*group.levels[[0, -1]])
        return f"contours at {len(group.levels)} levels, {levels}"
    if isinstance(group, collections.QuadMesh):
        rows, columns = np.array(group.get_coordinates().shape[:2]) - 1
        xy = group.get_coordinates().reshape(-1, 2)
        return f"mesh of {rows} x {columns}{_ranges(ax, xy, ends=False)}"
    # Without places of its own, a collection has a single one at the origin.
    if type(group.get_offset_transform()) is not transforms.IdentityTransform:
        return _describe_points(ax, group)
    xy = [vertices for path in group.get_paths() if len(vertices := _vertices(path))]
    if not xy or group.get_transform().contains_branch_seperately(ax.transData) != (True, True):
        return ""
    kind = "lines" if isinstance(group, collections.LineCollection) else "areas"
    return f"{len(xy)} {kind}{_ranges(ax, np.concatenate(xy), ends=False)}"


def _describe_points(ax, group):
    xy = np.ma.filled(np.ma.asarray(group.get_offsets()).astype(float), np.nan)
    if not len(xy):
        return ""
    arrows = isinstance(group, (quiver.Quiver, quiver.Barbs))
    text = f"{'arrows' if arrows else 'points'} of {_count(xy)}"
    # Without a label on its axis, a scatter plot is a map such as that of t-SNE, in which positions
    # mean nothing.
    in_data = group.get_offset_transform().contains_branch_seperately(ax.transData)
    return text + _ranges(ax, xy) * (bool(ax.get_xlabel()) and in_data == (True, True))


def _describe_patches(ax, patches):
    shapes, texts = [], []
    for patch in patches:
        xy = _vertices(patch.get_patch_transform().transform_path(patch.get_path()))
        across, up = patch.get_transform().contains_branch_seperately(ax.transData)
        if across and up and len(xy):
            shapes.append(xy)
        # One coordinate of `axhspan` and `axvspan` is a fraction of the axes.
        elif across or up:
            low, high = _formatted(ax, xy.min(axis=0)), _formatted(ax, xy.max(axis=0))
            name, i = ("x", 0) if across else ("y", 1)
            texts.append(f"band {name} {low[i]} to {high[i]}")
    if shapes:
        n_bad = sum(not np.isfinite(xy).all() for xy in shapes)
        text = f"{len(shapes)} shapes" + f", {n_bad} of them not finite" * bool(n_bad)
        texts.insert(0, text + _ranges(ax, np.concatenate(shapes)))
    return texts


def _vertices(path):
    """The corners of a path, or if it is curved, those of the box around it."""
    vertices = np.array(path.vertices, float)
    if path.codes is not None and np.isin(path.codes, (Path.CURVE3, Path.CURVE4)).any():
        return path.get_extents().get_points()
    if path.codes is not None:
        # Matplotlib ignores where a closing vertex lies: it leads back to the start.
        starts = np.flatnonzero(path.codes == Path.MOVETO)
        closing = np.flatnonzero(path.codes == Path.CLOSEPOLY)
        vertices[closing] = vertices[starts[np.searchsorted(starts, closing) - 1]]
    return vertices


def _count(xy):
    """How many points there are, and how many of them cannot be drawn."""
    n_bad = len(xy) - np.isfinite(xy).all(axis=1).sum()
    return f"{len(xy)}" + f", {n_bad} of them not finite" * bool(n_bad)


def _ranges(ax, xy, ends=True):
    """The ranges of the points that are finite, after a colon; nothing if there are none."""
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return ""
    (left, low), (right, high) = _formatted(ax, xy.min(axis=0)), _formatted(ax, xy.max(axis=0))
    (_, first), (_, last) = _formatted(ax, xy[0]), _formatted(ax, xy[-1])
    x, y = ("angle", "radius") if ax.name == "polar" else ("x", "y")
    return f": {x} {left} to {right}, {y} {low} to {high}" + f", from {first} to {last}" * ends


def _formatted(ax, point):
    """The coordinates of a point, as its axes show them: dates, categories or numbers."""
    return [_value(axis, value) for axis, value in zip((ax.xaxis, ax.yaxis), point, strict=True)]


def _value(axis, value):
    formatter = axis.get_major_formatter()
    if isinstance(formatter, DATES):
        return dates.num2date(value).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    if isinstance(formatter, category.StrCategoryFormatter) and formatter(np.rint(value)):
        return formatter(np.rint(value))
    small = axis.get_scale() == "log" and 0 < abs(value) < 0.005
    return f"{value:.2e}" if small or abs(value) >= 1e12 else f"{value:.2f}"


def _print_description(figure, printer, cycle):
    # A warning would be printed above the picture.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        printer.text(describe(figure))
