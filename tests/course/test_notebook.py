"""ae_course/notebook.py: the first and the last cell of a notebook, and figures in words."""

import json
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from ae_course import notebook
from ae_keras import backend, plots
from contract import images, says


@pytest.fixture
def shown(monkeypatch, no_settings):
    """What is displayed: a list of (text, metadata)."""
    found = []
    monkeypatch.setattr(
        notebook, "display", lambda text, metadata=None: found.append((text.data, metadata))
    )
    # `start` changes this method, so that it must be restored after the test.
    monkeypatch.setattr(Figure, "_repr_pretty_", None, raising=False)
    monkeypatch.setattr(notebook, "_started", None)
    return found


@pytest.mark.parametrize(("data_set", "differs"), [("digits", False), ("kmnist", True)])
def test_start_names_the_backend_and_the_data_set(shown, monkeypatch, data_set, differs):
    monkeypatch.setenv("AE_KERAS_DATASET", data_set)
    notebook.start()
    ((line, _),) = shown
    assert backend.report() in line
    assert f"data set **{data_set}**" in line
    assert ("`digits`" in line) == differs


def test_a_false_claim_is_an_error_only_on_the_data_of_the_course(no_settings, monkeypatch, capsys):
    notebook.claim(True, "1 is 1")
    with says(AssertionError, "1 is 2"):
        notebook.claim(False, "1 is 2")
    monkeypatch.setenv("AE_KERAS_DATASET", "kmnist")
    notebook.claim(True, "1 is 1")
    assert capsys.readouterr().out == ""
    notebook.claim(False, "1 is 2")
    assert "1 is 2" in capsys.readouterr().out


def test_start_seeds_everything(shown):
    drawn = []
    for seed in (3, 3, 4):
        notebook.start(seed)
        drawn.append(np.random.rand())
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_receipt_shows_the_figures_and_keeps_them_for_the_table(shown, monkeypatch):
    monkeypatch.setenv("AE_KERAS_DATASET", "kmnist")
    notebook.start()
    notebook.receipt(test_error=8.123456, n_images=np.int64(1782))
    line, metadata = shown[-1]
    assert "test error 8.123, n images 1782" in line
    record = json.loads(metadata["receipt"])
    assert record["figures"] == {"test_error": 8.123, "n_images": 1782}
    assert record["backend"] == backend.report()
    assert record["data_set"] == "kmnist"
    assert 0 <= record["seconds"] < 60
    assert str(record["seconds"]) not in line  # The stored text would differ from run to run.


# A figure in words -------------------------------------------------------------------------------


def description(draw):
    figure, ax = plt.subplots()
    draw(ax)
    return notebook.describe(figure)


def test_text_in_a_figure_is_in_its_description():
    def draw(ax):
        ax.plot([1, 2], [3, 4], label="training")
        ax.set(title="a title", xlabel="epoch", ylabel="error")
        ax.text(1, 3, "look here")
        ax.legend()

    found = description(draw)
    assert found.startswith("Figure of 1 axes\n1. a title | epoch | error; look here")
    assert "legend: training" in found


def test_each_axes_has_a_numbered_line():
    figure, axes = plt.subplots(1, 3)
    for i, ax in enumerate(axes):
        ax.plot([0, i], label="_")
        ax.set_title(f"title {i}")
    lines = notebook.describe(figure).splitlines()
    assert lines[0] == "Figure of 3 axes"
    assert [line.split(";")[0] for line in lines[1:]] == ["1. title 0", "2. title 1", "3. title 2"]


def test_ranges_of_lines_and_points_are_described():
    line = description(lambda ax: ax.plot([1, 2, 4], [0.5, -3, 0.25]))
    assert "line of 3: x 1.00 to 4.00, y -3.00 to 0.50, from 0.50 to 0.25" in line
    points = description(lambda ax: ax.scatter([1, 2, 4], [0.5, -3, 0.25]).axes.set_xlabel("z1"))
    assert "points of 3: x 1.00 to 4.00, y -3.00 to 0.50" in points
    bars = description(lambda ax: ax.bar([1, 2], [3, 5]))
    assert "2 shapes: x 0.60 to 2.40, y 0.00 to 5.00" in bars


def test_size_and_brightness_of_images_are_described():
    checks = np.tile([[0.0, 1.0], [1.0, 0.0]], (2, 3))
    found = description(lambda ax: ax.imshow(checks))
    assert "image 4 x 6, mean 0.500, spread 0.500" in found


X, X_HAT = np.round(images(4, (14, 10, 1))), 0.2 + 0.6 * images(4, (14, 10, 1))
Z, CURVE = np.arange(6).reshape(3, 2), {"loss": [9.0, 5.0, 4.0]}
FAULTS = {
    "reconstructions for originals": (
        lambda ax: plots.plot_reconstructions(X, X_HAT, ax=ax),
        lambda ax: plots.plot_reconstructions(X_HAT, X, ax=ax),
    ),
    "an untrained model": (
        lambda ax: plots.plot_reconstructions(X, X_HAT, ax=ax),
        lambda ax: plots.plot_reconstructions(X, np.full_like(X, 0.5), ax=ax),
    ),
    "axes swapped": (
        lambda ax: ax.plot([1, 2, 3], CURVE["loss"]),
        lambda ax: ax.plot(CURVE["loss"], [1, 2, 3]),
    ),
    "dimensions of the code swapped": (
        lambda ax: plots.plot_codes(Z, np.arange(3), ax=ax).set_xlabel("z1"),
        lambda ax: plots.plot_codes(Z[:, ::-1], np.arange(3), ax=ax).set_xlabel("z1"),
    ),
    "another curve": (
        lambda ax: plots.plot_curves(CURVE, ax=ax),
        lambda ax: plots.plot_curves({"loss": [9.0, 5.0, 4.5]}, ax=ax),
    ),
    "no yardstick": (
        lambda ax: plots.plot_curves(CURVE, baselines={"PCA": 6.0}, ax=ax),
        lambda ax: plots.plot_curves(CURVE, ax=ax),
    ),
    "bars of other heights": (
        lambda ax: ax.bar([1, 2], [3, 5]),
        lambda ax: ax.bar([1, 2], [3, 6]),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_figure_has_another_description(fault):
    right, wrong = FAULTS[fault]
    assert description(right) == description(right)
    assert description(right) != description(wrong)


NAN = np.nan
DAYS = np.array(["2026-01-30", "2026-02-01", "2026-03-02"], "datetime64[D]")
RAMP = np.arange(12.0).reshape(3, 4)
HOLE = np.where(RAMP == 11, NAN, RAMP)
GREY = {"cmap": "gray", "vmin": 0, "vmax": 1}
HALF = np.vstack([np.ones((2, 3)), np.full((2, 3), 0.5)])
MASKED = np.ma.masked_greater([1.0, 2.0, 99.0], 50)


def off(ax):
    ax.plot([1, 2], [3, 4])
    ax.axis("off")


def two_y_axes(ax):
    ax.plot([1, 2], [3, 4])
    ax.twinx().plot([1, 2], [500, 600])


def colour_bar(ax):
    ax.figure.colorbar(ax.imshow(RAMP), label="height")


def inset(ax):
    ax.plot([1, 2], [3, 4])
    ax.inset_axes([0.5, 0.5, 0.4, 0.4]).plot([7, 8], [1, 9])
    ax.secondary_xaxis("top")


def log_scale(ax):
    ax.loglog([1e-4, NAN, 1], [3e-5, 2, 1e3])


def table(ax):
    ax.table([["1", "2"]])
    ax.axis("off")


def hidden_line(ax):
    ax.plot([1, 2], [3, 4])
    ax.plot([5, 6], [7, 8])[0].set_visible(False)


def legend_without_labels(ax):
    ax.plot([1, 2], [3, 4])
    ax.legend(handles=[])


def broken(ax):
    ax.plot([1, 2], [3, 4])[0].get_xydata = None


# How to draw on an Axes, and the whole line that describes it.
ANY_FIGURE = {
    "nothing": (lambda ax: None, "nothing drawn"),
    "a title only": (lambda ax: ax.set_title("later"), "later; nothing drawn"),
    "text only": (lambda ax: ax.text(0, 0, "two\nlines"), "two lines"),
    "an empty text": (lambda ax: ax.text(0, 0, ""), "nothing drawn"),
    "axis off": (off, "line of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00"),
    "hidden axes": (lambda ax: ax.set_visible(False), "hidden"),
    "a hidden line": (hidden_line, "line of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00"),
    "legend without labels": (
        legend_without_labels,
        "line of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00",
    ),
    "what fails": (broken, "a drawing that these words cannot describe"),
    "an empty line": (lambda ax: ax.plot([], []), "nothing drawn"),
    "one value": (
        lambda ax: ax.plot([5], "o"),
        "line of 1: x 0.00 to 0.00, y 5.00 to 5.00, from 5.00 to 5.00",
    ),
    "a line with NaN": (
        lambda ax: ax.plot([1, 2, 3], [9, 5, NAN]),
        "line of 3, 1 of them not finite: x 1.00 to 2.00, y 5.00 to 9.00, from 9.00 to 5.00",
    ),
    "a line with infinity": (
        lambda ax: ax.plot([np.inf, 2, 3], [9, 5, 6]),
        "line of 3, 1 of them not finite: x 2.00 to 3.00, y 5.00 to 6.00, from 5.00 to 6.00",
    ),
    "a masked line": (
        lambda ax: ax.plot(MASKED),
        "line of 3, 1 of them not finite: x 0.00 to 1.00, y 1.00 to 2.00, from 1.00 to 2.00",
    ),
    "a line of NaN": (lambda ax: ax.plot([NAN, NAN]), "line of 2, 2 of them not finite"),
    "curves of a diverged model": (
        lambda ax: plots.plot_curves({"loss": [3.0, NAN]}, ax=ax),
        "epoch | squared error per image; legend: loss; "
        "line of 2, 1 of them not finite: x 1.00 to 1.00, y 3.00 to 3.00, from 3.00 to 3.00",
    ),
    "log scale": (
        log_scale,
        "line of 3, 1 of them not finite: x 1.00e-04 to 1.00, y 3.00e-05 to 1000.00, "
        "from 3.00e-05 to 1000.00",
    ),
    "dates": (
        lambda ax: ax.plot(DAYS, [1, 2, 3]),
        "line of 3: x 2026-01-30 to 2026-03-02, y 1.00 to 3.00, from 1.00 to 3.00",
    ),
    "categories": (
        lambda ax: ax.plot(["cat", "dog", "emu"], [1, 2, 0]),
        "line of 3: x cat to emu, y 0.00 to 2.00, from 1.00 to 0.00",
    ),
    "bars of categories": (
        lambda ax: ax.bar(["cat", "dog"], [1, 2]),
        "2 shapes: x cat to dog, y 0.00 to 2.00, from 0.00 to 0.00",
    ),
    "baselines": (
        lambda ax: (ax.axhline(3.25), ax.axvline(-1)),
        "horizontal line at y 3.25; vertical line at x -1.00",
    ),
    "a line by its slope": (
        lambda ax: ax.axline((1, 2), slope=3),
        "straight line through x 1.00, y 2.00",
    ),
    "bands": (
        lambda ax: (ax.axhspan(2, 3), ax.axvspan(5, 7)),
        "band y 2.00 to 3.00; band x 5.00 to 7.00",
    ),
    "an empty scatter": (lambda ax: ax.scatter([], []), "nothing drawn"),
    "a scatter with NaN": (
        lambda ax: ax.scatter([1, NAN, 3], [4, 5, 6]).axes.set_xlabel("a"),
        "a; points of 3, 1 of them not finite: x 1.00 to 3.00, y 4.00 to 6.00, from 4.00 to 6.00",
    ),
    "a masked scatter": (
        lambda ax: ax.scatter(MASKED, [4, 5, 6]).axes.set_xlabel("a"),
        "a; points of 3, 1 of them not finite: x 1.00 to 2.00, y 4.00 to 5.00, from 4.00 to 5.00",
    ),
    "a masked image": (
        lambda ax: ax.imshow(np.ma.masked_equal(RAMP, 0)),
        "image 3 x 4, mean 6.000, spread 3.162, values 1.00 to 11.00, 1 of 12 values missing",
    ),
    "an image with NaN": (
        lambda ax: ax.imshow(HOLE),
        "image 3 x 4, mean 5.000, spread 3.162, values 0.00 to 10.00, 1 of 12 values missing",
    ),
    "an image of NaN": (
        lambda ax: ax.imshow(np.full((2, 2), NAN)),
        "image 2 x 2, 4 of 4 values missing",
    ),
    "an image of one row": (
        lambda ax: ax.imshow([[0, 0.5]], **GREY),
        "image 1 x 2, mean 0.250, spread 0.250, black or white 0.50",
    ),
    "an image upside down": (
        lambda ax: ax.imshow(HALF, origin="lower", **GREY),
        "image 4 x 3, mean 0.750, spread 0.250, black or white above 0.00, below 1.00",
    ),
    "bytes": (
        lambda ax: ax.imshow(np.array([[0, 255]], "uint8")),
        "image 1 x 2, mean 127.500, spread 127.500, values 0.00 to 255.00",
    ),
    "colours in bytes": (
        lambda ax: ax.imshow(np.full((2, 2, 3), 255, "uint8")),
        "image 2 x 2, mean 1.000, spread 0.000, black or white above 1.00, below 1.00",
    ),
    "RGBA": (
        lambda ax: ax.imshow(np.dstack([np.full((2, 2, 3), 0.25), np.ones((2, 2))])),
        "image 2 x 2, mean 0.250, spread 0.000, black or white above 0.00, below 0.00",
    ),
    "truth values": (
        lambda ax: ax.imshow(np.eye(2, dtype=bool), **GREY),
        "image 2 x 2, mean 0.500, spread 0.500, black or white above 1.00, below 1.00",
    ),
    "a histogram": (
        lambda ax: ax.hist([0, 0, 4], bins=2),
        "2 shapes: x 0.00 to 4.00, y 0.00 to 2.00, from 0.00 to 0.00",
    ),
    "a histogram in outline": (
        lambda ax: ax.stairs([2, 1], [0, 2, 4]),
        "1 shapes: x 0.00 to 4.00, y 0.00 to 2.00, from 0.00 to 0.00",
    ),
    "bars with NaN": (
        lambda ax: ax.bar([1, 2], [3, NAN]),
        "2 shapes, 1 of them not finite: x 0.60 to 1.40, y 0.00 to 3.00, from 0.00 to 0.00",
    ),
    "error bars": (
        lambda ax: ax.errorbar([1, 2], [3, 4], yerr=0.5),
        "line of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00; "
        "2 lines: x 1.00 to 2.00, y 2.50 to 4.50",
    ),
    "an area": (
        lambda ax: ax.fill_between([1, 2, 3], [5, 6, 7], 4),
        "1 areas: x 1.00 to 3.00, y 4.00 to 7.00",
    ),
    "arrows": (
        lambda ax: ax.quiver([1, 2], [3, 4], [1, 1], [1, 1]).axes.set_xlabel("a"),
        "a; arrows of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00",
    ),
    "contours": (
        lambda ax: ax.contour(RAMP, levels=[2, 5, 8]),
        "contours at 3 levels, 2.00 to 8.00",
    ),
    "a mesh with NaN": (
        lambda ax: ax.pcolormesh(HOLE),
        "mesh of 3 x 4: x 0.00 to 4.00, y 0.00 to 3.00",
    ),
    "a table": (table, "table of 2 cells"),
    "an inset": (
        inset,
        "line of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00; "
        "inset: line of 2: x 7.00 to 8.00, y 1.00 to 9.00, from 1.00 to 9.00",
    ),
}


def displayed(figure, capfd):
    """What a notebook stores of a figure, after a check that it prints nothing."""
    capfd.readouterr()
    text = DisplayFormatter().format(figure)[0]["text/plain"]
    assert capfd.readouterr() == ("", "")
    return text


@pytest.mark.parametrize("kind", ANY_FIGURE)
def test_any_figure_is_described_and_nothing_is_printed(shown, capfd, kind):
    draw, expected = ANY_FIGURE[kind]
    notebook.start()
    figure, ax = plt.subplots()
    draw(ax)
    for _ in range(2):  # Drawing sets ticks and limits, and must not change what is said.
        assert displayed(figure, capfd) == f"Figure of 1 axes\n1. {expected}"
        figure.canvas.draw()
    plt.close(figure)
    assert displayed(figure, capfd) == f"Figure of 1 axes\n1. {expected}"


@pytest.mark.parametrize(
    ("projection", "draw", "expected"),
    [
        (
            "polar",
            lambda ax: ax.plot([0, 1], [2, NAN]),
            "line of 2, 1 of them not finite: angle 0.00 to 0.00, radius 2.00 to 2.00, "
            "from 2.00 to 2.00",
        ),
        (
            "3d",
            lambda ax: ax.plot([0, 1], [2, 3], [4, 5]),
            "in three dimensions 1 lines: x 0.00 to 1.00, y 2.00 to 3.00, z 4.00 to 5.00",
        ),
        (
            "3d",
            lambda ax: ax.scatter([0, 1, NAN], [2, 3, 9], [4, 5, 9]),
            "in three dimensions 1 groups of points or faces: "
            "x 0.00 to 1.00, y 2.00 to 3.00, z 4.00 to 5.00",
        ),
        ("3d", lambda ax: None, "nothing drawn"),
    ],
)
def test_axes_of_other_kinds_are_described(shown, capfd, projection, draw, expected):
    notebook.start()
    figure = plt.figure()
    draw(figure.add_subplot(projection=projection))
    assert displayed(figure, capfd) == f"Figure of 1 axes\n1. {expected}"


def test_pies_and_boxes_are_described_by_their_shapes():
    assert "3 shapes: x -1.00 to 1.00, y -1.00 to 1.00" in description(lambda ax: ax.pie([1, 2, 9]))
    assert "y 2.00 to 2.00" in description(lambda ax: ax.boxplot([1, 2, 3]))


def test_twins_and_colour_bars_are_axes_of_their_own():
    assert description(two_y_axes).splitlines() == [
        "Figure of 2 axes",
        "1. line of 2: x 1.00 to 2.00, y 3.00 to 4.00, from 3.00 to 4.00",
        "2. line of 2: x 1.00 to 2.00, y 500.00 to 600.00, from 500.00 to 600.00",
    ]
    assert description(colour_bar).splitlines()[-1] == "2. height; colour bar 0.00 to 11.00"


def test_what_stands_around_the_axes_is_described():
    figure = plt.figure()
    assert notebook.describe(figure) == "Figure of 0 axes"
    figure.suptitle("all")
    left, right = figure.subfigures(1, 2)
    left.suptitle("left")
    line = right.subplots().plot([1, 2], label="a")
    figure.legend(line, ["a curve"])
    assert notebook.describe(figure).splitlines() == [
        "Figure of 1 axes",
        "1. line of 2: x 0.00 to 1.00, y 1.00 to 2.00, from 1.00 to 2.00",
        "Around them: all; legend: a curve; left",
    ]


def test_a_figure_of_an_animation_is_described(shown, capfd):
    notebook.start()
    figure, ax = plt.subplots()
    (line,) = ax.plot([1, 2], [3, 4])
    moving = FuncAnimation(figure, lambda i: line.set_ydata([i, NAN]), frames=3)
    moving._draw_was_started = True  # Otherwise Matplotlib warns that it was never shown.
    line.set_ydata([2, NAN])
    assert "line of 2, 1 of them not finite: x 1.00 to 1.00" in displayed(figure, capfd)


def test_hundreds_of_axes_are_described_quickly(shown, capfd):
    notebook.start()
    figure = plt.figure()
    for i in range(100):
        figure.add_axes((i / 100, 0, 1 / 100, 1)).imshow(RAMP)
    started = time.perf_counter()
    words = displayed(figure, capfd)
    assert time.perf_counter() - started < 2
    assert len(words.splitlines()) == 101


def test_a_notebook_prints_figures_in_words(shown):
    from IPython.lib.pretty import pretty

    notebook.start()
    figure, ax = plt.subplots()
    ax.plot([1, 2])
    assert pretty(figure) == notebook.describe(figure)
