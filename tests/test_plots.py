"""ae_keras/plots.py: each figure shows what it was given, in the right place."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from ae_keras import plots
from contract import images

GREY, COLOUR = images(6, (14, 10, 1)), images(6, (14, 10, 3))


def sheet(ax):
    (image,) = ax.images
    return np.asarray(image.get_array())


def tile(ax, row, column, height=14, width=10):
    """The picture in one place of a grid whose images are one pixel apart."""
    top, left = row * (height + 1), column * (width + 1)
    return sheet(ax)[top : top + height, left : left + width]


@pytest.mark.parametrize("x", [GREY, COLOUR], ids=["grey", "colour"])
def test_images_are_laid_out_row_by_row(ax, x):
    assert plots.plot_images(x, n_columns=4, ax=ax) is ax
    for i, image in enumerate(x):
        np.testing.assert_array_equal(tile(ax, *divmod(i, 4)), image.squeeze())
    assert sheet(ax).shape[:2] == (14 + 1 + 14, 4 * 10 + 3)
    assert (tile(ax, 1, 3) == 1).all()  # A place without an image is white.


def test_images_are_in_one_row_unless_asked_otherwise(ax):
    assert sheet(plots.plot_images(GREY, ax=ax)).shape == (14, 6 * 10 + 5)


def test_brightness_means_the_same_in_every_figure(ax):
    """A dim image is not stretched to full contrast."""
    plots.plot_images(GREY * 0.2, ax=ax)
    assert ax.images[0].get_clim() == (0, 1)


def labels_by_height(ax):
    """The row names, each with the pixel row it stands at."""
    return list(zip([t.get_text() for t in ax.get_yticklabels()], ax.get_yticks(), strict=True))


def test_originals_stand_above_their_reconstructions(ax):
    x, x_hat = GREY[:3], GREY[3:]
    plots.plot_reconstructions(x, x_hat, title="pairs", ax=ax)
    for column in range(3):
        np.testing.assert_array_equal(tile(ax, 0, column), x[column, ..., 0])
        np.testing.assert_array_equal(tile(ax, 1, column), x_hat[column, ..., 0])
    assert labels_by_height(ax) == [("original", 6.5), ("reconstruction", 21.5)]
    assert ax.get_title() == "pairs"
    bottom, top = ax.get_ylim()
    assert bottom > top  # Otherwise row 0 would be drawn at the bottom.


def test_rows_carry_their_names_in_order(ax):
    plots.plot_rows({"c": GREY[:2], "a": GREY[2:4], "b": GREY[4:]}, ax=ax)
    assert [name for name, _ in labels_by_height(ax)] == ["c", "a", "b"]
    for i in range(6):
        np.testing.assert_array_equal(tile(ax, *divmod(i, 2)), GREY[i, ..., 0])


CURVES = {"loss": [9.0, 5.0, 4.0], "val_loss": [10.0, 7.0, 6.5]}
BASELINES = {"mean image": 12.0, "PCA": 3.25, "floor": 1.0, "noise": 0.5}


def test_curves_show_each_value_at_its_epoch(ax):
    assert plots.plot_curves(CURVES, ylabel="nats per image", ax=ax) is ax
    for line, (name, values) in zip(ax.lines, CURVES.items(), strict=True):
        assert line.get_label() == name
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert line.get_ydata().tolist() == values
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "nats per image")


@pytest.mark.parametrize("n", [1, 2, 4])
def test_every_baseline_is_drawn_at_its_value_and_named_in_the_legend(ax, n):
    given = dict(list(BASELINES.items())[:n])
    plots.plot_curves(CURVES, baselines=given, ax=ax)
    drawn = ax.lines[len(CURVES) :]
    assert [line.get_ydata()[0] for line in drawn] == list(given.values())
    assert all(line.get_linestyle() != "-" for line in drawn)
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == [*CURVES, *(f"{name} ({value:.1f})" for name, value in given.items())]


@pytest.mark.parametrize("legend", [True, False])
def test_codes_are_coloured_by_label(ax, legend):
    z, labels = np.arange(12.0).reshape(6, 2), np.array([7, 3, 3, 7, 11, 3])
    assert plots.plot_codes(z, labels, title="codes", legend=legend, ax=ax) is ax
    for group, label in zip(ax.collections, [3, 7, 11], strict=True):
        np.testing.assert_array_equal(group.get_offsets(), z[labels == label])
        assert to_hex(group.get_facecolor()[0]) == to_hex(f"C{label % 10}")
        assert group.get_label() == str(label)
    shown = ax.get_legend()
    assert (
        [text.get_text() for text in shown.get_texts()] == ["3", "7", "11"] if legend else not shown
    )
    assert ax.get_title() == "codes"


def test_a_sketch_has_a_bar_for_each_layer_and_marks_the_bottleneck(ax):
    widths, names = [64, 16, 2, 16, 64], ["x", "h", "z", "g", "x_hat"]
    assert plots.plot_autoencoder(widths, names=names, ax=ax) is ax
    bars = [patch for patch in ax.patches if isinstance(patch, plt.Rectangle)]
    heights = [bar.get_height() for bar in bars]
    assert heights == heights[::-1]
    assert heights[0] > heights[1] > heights[2]
    colours = [bar.get_facecolor() for bar in bars]
    assert colours == [to_rgba(colour) for colour in ("C0", "C0", "C3", "C2", "C2")]
    words = [text.get_text() for text in ax.texts]
    assert sorted(words) == sorted([*map(str, widths), *names])


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.plot_images(GREY),
        lambda: plots.plot_rows({"a": GREY}),
        lambda: plots.plot_reconstructions(GREY, GREY),
        lambda: plots.plot_curves(CURVES),
        lambda: plots.plot_codes(np.zeros((2, 2)), np.zeros(2, int)),
        lambda: plots.plot_autoencoder([4, 2, 4]),
    ],
)
def test_the_current_axes_are_drawn_on_when_none_are_given(draw):
    figure, (_, right) = plt.subplots(1, 2)
    assert draw() is right
    assert plt.get_fignums() == [figure.number]
