"""ae_keras/plots.py: each figure shows what it was given, in the right place."""

import warnings

import keras
import matplotlib.pyplot as plt
import ml_dtypes
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from ae_keras import plots
from contract import images, says

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


@pytest.mark.parametrize(("n", "n_columns"), [(6, 2), (6, 3), (5, 3), (6, np.int64(4)), (3, 7)])
def test_the_tile_of_each_image_is_at_its_row_and_column(ax, n, n_columns):
    """Image i, all of brightness i, is in row i // n_columns and column i % n_columns."""
    brightness = np.arange(n) / 8
    plots.plot_images(brightness[:, None, None, None] * np.ones((14, 10, 1)), n_columns=n_columns)
    n_rows = -(-n // n_columns)
    grid = np.ones(n_rows * n_columns)
    grid[:n] = brightness
    middles = sheet(plt.gca())[7::15, 5::11]
    np.testing.assert_array_equal(middles, grid.reshape(n_rows, n_columns))


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


def test_codes_are_coloured_by_label_and_named_at_their_middle(ax):
    z, labels = np.arange(12.0).reshape(6, 2), np.array([7, 3, 3, 7, 11, 3])
    assert plots.plot_codes(z, labels, title="codes", ax=ax) is ax
    for group, label in zip(ax.collections, [3, 7, 11], strict=True):
        np.testing.assert_array_equal(group.get_offsets(), z[labels == label])
        assert to_hex(group.get_facecolor()[0]) == to_hex(f"C{label % 10}")
        assert group.get_label() == str(label)
    names = {text.get_text(): text for text in ax.texts}
    assert list(names) == ["3", "7", "11"]
    assert names["3"].get_position() == (4, 5)  # the second of its three points
    assert names["11"].get_position() == (8, 9)
    assert ax.get_title() == "codes"


def test_a_class_of_two_groups_is_named_in_one_of_them(ax):
    z = np.array([[0, 0], [0, 1], [10, 0], [10, 1], [10.0, 2]])
    plots.plot_codes(z, np.full(5, "far"), ax=ax)
    assert ax.texts[0].get_position() in {(x, y) for x, y in z}


def test_thumbnails_lie_at_their_codes_and_never_over_another(ax):
    z = np.random.default_rng(0).normal(size=(400, 2))
    images = np.random.default_rng(1).random((400, 8, 8, 1))
    assert plots.plot_thumbnails(z, images, title="map", ax=ax) is ax
    ax.figure.draw_without_rendering()
    boxes = [box.get_window_extent() for box in ax.artists]
    assert 30 < len(boxes) < 151
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert not one.padded(-1).overlaps(other.padded(-1))
    first = ax.artists[0]
    assert first.xy == tuple(z[0])
    np.testing.assert_array_equal(first.offsetbox.get_data(), images[0, ..., 0])
    middle = ax.transData.transform(z[0])
    np.testing.assert_allclose(boxes[0].get_points().mean(axis=0), middle, atol=1)


def test_thumbnails_are_as_many_as_asked_for_and_may_be_coloured(ax):
    z = np.stack([np.arange(9.0), np.zeros(9)], axis=1)
    plots.plot_thumbnails(z, np.zeros((9, 6, 4, 3)), n=3, ax=ax)
    assert [box.xy for box in ax.artists] == [(0, 0), (1, 0), (2, 0)]


def test_differences_are_blue_below_zero_white_at_zero_and_red_above(ax):
    x = np.zeros((3, 2, 2, 1)) + np.array([-1, 0, 1]).reshape(3, 1, 1, 1)
    assert plots.plot_differences(x, limit=2, labels=["d"], title="t", ax=ax) is ax
    below, zero, above = (ax.images[-1].get_array()[0, i] for i in (0, 3, 6))
    assert below[2] > below[0] + 0.2
    assert above[0] > above[2] + 0.2
    np.testing.assert_allclose(zero, 1, atol=0.05)
    plots.plot_differences(x, limit=1, ax=ax)
    assert ax.images[-1].get_array()[0, 0].sum() < below.sum()  # nearer to the limit, so deeper


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
        lambda: plots.plot_thumbnails(np.zeros((14, 2)), GREY[[0] * 14]),
        lambda: plots.plot_differences(GREY),
        lambda: plots.plot_autoencoder([4, 2, 4]),
    ],
)
def test_the_current_axes_are_drawn_on_when_none_are_given(draw):
    figure, (_, right) = plt.subplots(1, 2)
    assert draw() is right
    assert plt.get_fignums() == [figure.number]


# Other kinds of arrays ---------------------------------------------------------------------------

KINDS = {
    "tensor": keras.ops.convert_to_tensor,
    "tensor of 16 bits": lambda x: keras.ops.cast(keras.ops.convert_to_tensor(x), "bfloat16"),
    "float16": lambda x: x.astype("float16"),
    "bfloat16": lambda x: x.astype(ml_dtypes.bfloat16),
    "float64": lambda x: x.astype("float64"),
    "list": lambda x: x.tolist(),
    "bool": lambda x: x.astype(bool),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_codes_and_curves_may_be_of_any_kind(kind):
    x = np.round(GREY)
    (ax, rows, pairs, curves, codes) = plt.figure().subplots(1, 5)
    plots.plot_images(KINDS[kind](x), ax=ax)
    np.testing.assert_array_equal(tile(ax, 0, 5), x[5, ..., 0])
    plots.plot_rows({"a": KINDS[kind](x), "b": x}, ax=rows)
    plots.plot_reconstructions(x, KINDS[kind](x), ax=pairs)
    for each in (rows, pairs):
        np.testing.assert_array_equal(tile(each, 0, 5), tile(each, 1, 5))
    if kind != "bool":
        plots.plot_curves({"loss": KINDS[kind](x[0, :, 0, 0])}, ax=curves)
        np.testing.assert_array_equal(curves.lines[0].get_ydata(), x[0, :, 0, 0])
        plots.plot_codes(KINDS[kind](x[0, :, :2, 0]), np.zeros(14, int), ax=codes)
        np.testing.assert_array_equal(codes.collections[0].get_offsets(), x[0, :, :2, 0])


@pytest.mark.parametrize("shape", [(14, 10, 1), (14, 10, 3)])
def test_pixels_a_little_outside_are_drawn_black_or_white_without_a_warning(caplog, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = np.stack([np.full(shape, -0.2), np.full(shape, 1.2)])
        figure = plt.figure()
        plots.plot_images(x, ax=figure.add_axes((0, 0, 1, 1)))
        figure.canvas.draw()
    assert not caplog.records
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    middle = drawn[len(drawn) // 2]
    assert (middle[len(middle) // 4] == 0).all()
    assert (middle[3 * len(middle) // 4] == 255).all()


@pytest.mark.parametrize("change", [list, np.array, keras.ops.convert_to_tensor])
def test_labels_may_be_in_lists_and_tensors(ax, change):
    plots.plot_codes(np.arange(6.0).reshape(3, 2), change([4, 14, 4]), ax=ax)
    assert [len(group.get_offsets()) for group in ax.collections] == [2, 1]
    assert [group.get_label() for group in ax.collections] == ["4", "14"]


@pytest.mark.parametrize("dtype", [str, object])
def test_labels_may_be_words(ax, dtype):
    labels = np.array(["dog", "cat", "dog"], dtype)
    plots.plot_codes(np.arange(6.0).reshape(3, 2), labels, ax=ax)
    assert [group.get_label() for group in ax.collections] == ["cat", "dog"]
    colours = [to_hex(group.get_facecolor()[0]) for group in ax.collections]
    assert colours == [to_hex("C0"), to_hex("C1")]


def test_whole_numbers_and_truth_values_are_labels(ax):
    for labels, names in (([1.0, 3.0], ["1", "3"]), ([False, True], ["0", "1"])):
        plots.plot_codes(np.zeros((2, 2)), labels, ax=ax)
        assert [group.get_label() for group in ax.collections][-2:] == names


def test_a_curve_has_a_gap_where_its_loss_is_not_finite(ax):
    plots.plot_curves({"loss": [3.0, np.nan, np.inf]}, ax=ax)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [3, np.nan, np.inf])
    ax.figure.canvas.draw()


def test_a_curve_of_one_value_is_a_point(ax):
    plots.plot_curves({"loss": [3.0]}, baselines={"PCA": keras.ops.convert_to_tensor(2.5)}, ax=ax)
    assert ax.lines[0].get_xydata().tolist() == [[1, 3]]
    assert ax.lines[0].get_marker() == "."
    assert ax.lines[1].get_ydata()[0] == 2.5


# Bad input ---------------------------------------------------------------------------------------


def with_one(value):
    x = GREY.copy()
    x[-1, -1, -1] = value
    return x


NOT_IMAGES = {
    "none": (GREY[:0], "{0}.shape=(0, 14, 10, 1)"),
    "no list of images": (GREY[0], "{0}.shape=(14, 10, 1)"),
    "one picture": (GREY[0, ..., 0], "{0}.shape=(14, 10)"),
    "two channels": (GREY.repeat(2, axis=-1), "{0}.shape=(6, 14, 10, 2)"),
    "no pixels": (GREY[:, :0], "{0}.shape=(6, 0, 10, 1)"),
    "bytes": ((255 * GREY).astype("uint8"), "{0}.dtype=uint8"),
    "words": (GREY.astype(str), "{0}.dtype=<U"),
    "0 to 255": (255 * GREY, "to 25"),
    "NaN": (with_one(np.nan), "nan"),
    "infinity": (with_one(-np.inf), "-inf"),
}


@pytest.mark.parametrize("what", NOT_IMAGES)
def test_what_is_no_image_is_refused(what):
    bad, received = NOT_IMAGES[what]
    for name, draw in {
        "images": plots.plot_images,
        "rows['a']": lambda x: plots.plot_rows({"a": x}),
        "x": lambda x: plots.plot_reconstructions(x, GREY),
        "x_hat": lambda x: plots.plot_reconstructions(GREY, x),
    }.items():
        with says(ValueError, f"`{name}`", received.format(name)):
            draw(bad)


Z, TEN = np.zeros((4, 2)), np.zeros((4, 10))
BAD = {
    **{
        f"{bad!r} columns": (
            lambda bad=bad: plots.plot_images(GREY, n_columns=bad),
            ("`n_columns`", f"n_columns={bad!r}"),
        )
        for bad in (0, -1, True, 2.0, "2")
    },
    "names of rows": (
        lambda: plots.plot_images(GREY, n_columns=3, labels=["a"]),
        ("`labels`", "1 labels", "2 rows"),
    ),
    "no row": (lambda: plots.plot_rows({}), ("`rows`", "rows={}")),
    "a list of rows": (lambda: plots.plot_rows([GREY]), ("`rows`", "dict")),
    "rows of unequal length": (
        lambda: plots.plot_rows({"a": GREY, "b": GREY[:2]}),
        ("`rows`", "'a': (6, 14, 10, 1), 'b': (2, 14, 10, 1)"),
    ),
    "rows of unequal size": (
        lambda: plots.plot_rows({"a": GREY, "b": GREY[:, 1:]}),
        ("`rows`", "'b': (6, 13, 10, 1)"),
    ),
    "unequal pairs": (
        lambda: plots.plot_reconstructions(GREY, GREY[:2]),
        ("`x_hat`", "(6, 14, 10, 1)", "(2, 14, 10, 1)"),
    ),
    "no curve": (lambda: plots.plot_curves({}), ("`curves`", "curves={}")),
    "a history": (lambda: plots.plot_curves([1.0]), ("`curves`", "dict", "curves=[1.0]")),
    "no value": (lambda: plots.plot_curves({"a": []}), ("`curves['a']`", "(0,)")),
    "a number": (lambda: plots.plot_curves({"a": 1.0}), ("`curves['a']`", "()")),
    "a table": (lambda: plots.plot_curves({"a": Z}), ("`curves['a']`", "(4, 2)")),
    "words": (lambda: plots.plot_curves({"a": ["b"]}), ("`curves['a']`", "<U1")),
    "a baseline of NaN": (
        lambda: plots.plot_curves(CURVES, baselines={"PCA": np.nan}),
        ("`baselines['PCA']`", "nan"),
    ),
    "a baseline of many": (
        lambda: plots.plot_curves(CURVES, baselines={"PCA": [1.0, 2.0]}),
        ("`baselines['PCA']`", "[1.0, 2.0]"),
    ),
    "one unit": (lambda: plots.plot_codes(Z[:, :1], [1] * 4), ("`z`", "z.shape=(4, 1)")),
    "ten units": (lambda: plots.plot_codes(TEN, [1] * 4), ("`z`", "z.shape=(4, 10)", "PCA")),
    "one code": (lambda: plots.plot_codes(Z[0], [1] * 4), ("`z`", "z.shape=(2,)")),
    "no code": (lambda: plots.plot_codes(Z[:0], []), ("`z`", "z.shape=(0, 2)")),
    "codes of NaN": (lambda: plots.plot_codes(Z * np.nan, [1] * 4), ("`z`", "NaN")),
    "thumbnails of one unit": (lambda: plots.plot_thumbnails(Z[:, :1], GREY[:4]), ("`z`",)),
    "few thumbnails": (lambda: plots.plot_thumbnails(Z, GREY[:3]), ("`images`", "3", "4")),
    "no thumbnail": (lambda: plots.plot_thumbnails(Z, GREY[:4], n=0), ("`n`", "n=0")),
    "coloured differences": (
        lambda: plots.plot_differences(np.zeros((2, 4, 4, 3))),
        ("`differences`", "(2, 4, 4, 3)"),
    ),
    "no limit": (lambda: plots.plot_differences(GREY, limit=0), ("`limit`", "limit=0")),
    "few labels": (lambda: plots.plot_codes(Z, [1, 2]), ("`labels`", "4", "labels.shape=(2,)")),
    "labels in a column": (
        lambda: plots.plot_codes(Z, [[1]] * 4),
        ("`labels`", "labels.shape=(4, 1)"),
    ),
    "fractions": (lambda: plots.plot_codes(Z, [0.5] * 4), ("`labels`", "labels.dtype=float64")),
    "no layer": (lambda: plots.plot_autoencoder([]), ("`widths`", "none")),
    "half a unit": (lambda: plots.plot_autoencoder([4, 0.5]), ("`widths[1]`", "0.5")),
    "few names": (
        lambda: plots.plot_autoencoder([4, 2], names=["a"]),
        ("`names`", "1 names", "2 layers"),
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_other_bad_input_is_refused_before_anything_is_drawn(what):
    draw, texts = BAD[what]
    with says(ValueError, *texts):
        draw()
    assert not plt.get_fignums()


@pytest.mark.parametrize("bad", ["figure", "all axes"])
def test_what_is_no_axes_is_refused(bad):
    figure, axes = plt.subplots(1, 2)
    ax = figure if bad == "figure" else axes
    for draw in (
        lambda: plots.plot_images(GREY, ax=ax),
        lambda: plots.plot_rows({"a": GREY}, ax=ax),
        lambda: plots.plot_reconstructions(GREY, GREY, ax=ax),
        lambda: plots.plot_curves(CURVES, ax=ax),
        lambda: plots.plot_codes(Z, [1] * 4, ax=ax),
        lambda: plots.plot_autoencoder([4, 2], ax=ax),
    ):
        with says(ValueError, "`ax`", "ax="):
            draw()
