"""ae_course/notebook.py: the first and the last cell of a notebook, and figures in words."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
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


@pytest.mark.parametrize("draw", [lambda ax: None, lambda ax: ax.set_title("nothing")])
def test_empty_axes_are_refused(draw):
    with says(ValueError, "axes 1", "empty"):
        description(draw)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    "draw",
    [
        lambda ax, bad: ax.plot([0, 1], [bad, 1]),
        lambda ax, bad: ax.imshow([[0, bad], [1, 1]]),
        lambda ax, bad: ax.scatter([0, 1], [bad, 1]),
    ],
    ids=["line", "image", "points"],
)
def test_numbers_that_are_not_finite_are_refused(draw, bad):
    with says(ValueError, "axes 1", "finite"):
        description(lambda ax: draw(ax, bad))


def test_a_notebook_prints_figures_in_words(shown):
    from IPython.lib.pretty import pretty

    notebook.start()
    figure, ax = plt.subplots()
    ax.plot([1, 2])
    assert pretty(figure) == notebook.describe(figure)
