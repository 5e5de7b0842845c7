"""ae_keras/data/image_folder.py: a folder of pictures becomes arrays, or is refused."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

from ae_keras import data
from ae_keras.data import image_folder
from contract import says

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def grey(rng):
    """Six pictures, uint8 (6, 5, 7)."""
    return rng.integers(0, 256, (6, 5, 7), "uint8")


@pytest.fixture
def colour(rng):
    return rng.integers(0, 256, (5, 7, 3), "uint8")


def write(path, array, **options):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(array).save(path, **options)


def one(folder, image_shape=None):
    """The only picture of a folder."""
    (x,) = data.load_images(folder, image_shape).x
    return x


# What comes back ---------------------------------------------------------------------------------


def test_pictures_come_sorted_by_name_in_the_unit_range(tmp_path, grey):
    for name, array in zip(("b.png", "a.PNG", "c.bmp"), grey, strict=False):
        write(tmp_path / name, array)
    found = data.load_images(tmp_path)
    assert isinstance(found, data.Images)
    assert (found.x.dtype, found.x.shape) == ("float32", (3, 5, 7, 1))
    np.testing.assert_allclose(found.x[..., 0], grey[[1, 0, 2]] / 255, atol=1e-7)
    assert found.labels.tolist() == [0, 0, 0]
    assert found.groups.tolist() == [0, 1, 2]
    assert found.labels.dtype == found.groups.dtype == "int64"


def test_a_folder_may_be_named_by_a_string_and_by_the_home_folder(tmp_path, grey, monkeypatch):
    write(tmp_path / "mine" / "a.png", grey[0])
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in (str(tmp_path / "mine"), "~/mine"):
        np.testing.assert_allclose(one(folder)[..., 0], grey[0] / 255, atol=1e-7)


def test_sub_folders_are_classes(tmp_path, grey):
    names = ("dogs/b.png", "cats/z.png", "dogs/a.png", "eels/a.png")
    for name, array in zip(names, grey, strict=False):
        write(tmp_path / name, array)
    (tmp_path / "bats").mkdir()  # Without pictures, this folder is not a class.
    (tmp_path / "bats" / "notes.txt").write_text("none seen")
    found = data.load_images(tmp_path)
    assert found.labels.tolist() == [0, 1, 1, 2]
    assert found.groups.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(found.x[..., 0], grey[[1, 2, 0, 3]] / 255, atol=1e-7)
    paths, labels = image_folder.find(tmp_path)
    order = ["cats/z.png", "dogs/a.png", "dogs/b.png", "eels/a.png"]
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == order
    assert labels.tolist() == [0, 1, 1, 2]


def test_hidden_and_other_files_are_ignored(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    write(tmp_path / ".hidden.png", grey[1])
    write(tmp_path / ".folder" / "b.png", grey[1])
    (tmp_path / "notes.txt").write_text("nothing")
    assert len(data.load_images(tmp_path)) == 1


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPEG", "bmp", "gif", "tif", "tiff", "webp"])
def test_every_suffix_is_read(tmp_path, suffix):
    write(tmp_path / f"a.{suffix}", np.full((5, 7, 3), 51, "uint8"))
    np.testing.assert_allclose(one(tmp_path), 0.2, atol=0.01)


# Kinds of pixels ---------------------------------------------------------------------------------


def test_colour_keeps_three_channels_and_opaque_pixels_their_values(tmp_path, colour):
    opaque = np.dstack([colour, np.full((5, 7), 255, "uint8")])
    for name, array in (("rgb", colour), ("rgba", opaque)):
        write(tmp_path / name / "a.png", array)
        np.testing.assert_allclose(one(tmp_path / name), colour / 255, atol=1e-7)


def test_transparent_pixels_become_white(tmp_path):
    rgba = np.zeros((1, 3, 4), "uint8")
    rgba[0, :, 3] = (255, 128, 0)  # Three black pixels: opaque, half and fully transparent.
    write(tmp_path / "rgba" / "a.png", rgba)
    np.testing.assert_allclose(one(tmp_path / "rgba")[0, :, 1], [0, 127 / 255, 1], atol=0.005)
    write(tmp_path / "la" / "a.png", rgba[..., 2:])
    x = one(tmp_path / "la")
    assert x.shape == (1, 3, 1)  # A grey picture does not become a colour picture.
    np.testing.assert_allclose(x[0, :, 0], [0, 127 / 255, 1], atol=0.005)


def test_a_palette_is_resolved(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([*RED, *GREEN])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(one(tmp_path), [[[1, 0, 0], [0, 1, 0]]])
    picture.save(tmp_path / "a.png", transparency=1)
    np.testing.assert_array_equal(one(tmp_path), [[[1, 0, 0], [1, 1, 1]]])


def test_black_and_white_has_one_channel(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(one(tmp_path), [[[1], [0]]])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_keep_their_precision(tmp_path, suffix):
    values = np.array([[0, 1, 32768, 65535]], "uint16")
    write(tmp_path / f"a.{suffix}", values)
    np.testing.assert_allclose(one(tmp_path)[..., 0], values / 65535, rtol=1e-6)


def test_floats_must_lie_in_the_unit_range(tmp_path):
    values = np.array([[0, 0.25, 1]], "float32")
    write(tmp_path / "a.tif", values)
    np.testing.assert_array_equal(one(tmp_path)[..., 0], values)
    for bad in (1.25, -0.25, np.nan):
        write(tmp_path / "a.tif", np.full((1, 3), bad, "float32"))
        with says(ValueError, "`folder`", "a.tif", str(bad)):
            data.load_images(tmp_path)


def test_a_picture_is_turned_as_its_exif_data_says(tmp_path):
    array = np.zeros((2, 3, 3), "uint8")
    array[0, 0] = 255  # As it is stored, the white pixel is on the top left.
    exif = Image.Exif()
    exif[0x0112] = 6  # The picture is to be shown after a quarter turn clockwise.
    write(tmp_path / "a.png", array, exif=exif)
    x = one(tmp_path)
    assert x.shape == (3, 2, 3)
    assert np.argwhere(x[..., 0]).tolist() == [[0, 1]]


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(one(tmp_path)[0, 0], [1, 0, 0])


# Another shape -----------------------------------------------------------------------------------


def test_image_shape_resizes_and_converts_each_picture(tmp_path):
    write(tmp_path / "a.png", np.full((5, 7), 102, "uint8"))
    write(tmp_path / "b.png", np.full((4, 4, 3), (255, 0, 0), "uint8"))
    write(tmp_path / "c.png", np.full((9, 6), 26214, "uint16"))
    x = data.load_images(tmp_path, image_shape=(8, 6, 1)).x
    assert (x.dtype, x.shape) == ("float32", (3, 8, 6, 1))
    assert x.flags.writeable
    for image, expected in zip(x, (0.4, 0.299, 0.4), strict=True):
        np.testing.assert_allclose(image, expected, atol=1e-4)
    x = data.load_images(tmp_path, image_shape=[3, 2, 3]).x
    np.testing.assert_allclose(x[0], 0.4, atol=1e-4)
    np.testing.assert_allclose(x[1], np.broadcast_to([1, 0, 0], (3, 2, 3)), atol=1e-4)


def test_shrinking_averages_and_stays_in_the_unit_range(tmp_path):
    board = np.indices((16, 16)).sum(axis=0) % 2 * 255
    write(tmp_path / "a.png", board.astype("uint8"))
    x = one(tmp_path, (4, 4, 1))
    np.testing.assert_allclose(x, 0.5, atol=0.05)
    x = one(tmp_path, (40, 24, 1))
    assert x.min() >= 0
    assert x.max() <= 1


def test_pictures_of_the_right_shape_are_unchanged(tmp_path, grey):
    for i, array in enumerate(grey):
        write(tmp_path / f"{i}.png", array)
    x = data.load_images(tmp_path, image_shape=(5, 7, 1)).x
    np.testing.assert_array_equal(x, data.load_images(tmp_path).x)


@pytest.mark.parametrize("bad", [(28, 28), 28, "28", ()], ids=repr)
def test_image_shape_must_have_three_numbers(tmp_path, bad):
    with says(ValueError, "`image_shape`", f"image_shape={bad!r}"):
        data.load_images(tmp_path, image_shape=bad)


@pytest.mark.parametrize("bad", [(8, 8, 2), (8, 8, 4)], ids=repr)
def test_image_shape_must_be_grey_or_colour(tmp_path, bad):
    with says(ValueError, "`image_shape`", f"image_shape={bad!r}"):
        data.load_images(tmp_path, image_shape=bad)


# Folders that are refused ------------------------------------------------------------------------


def test_a_missing_folder_is_refused(tmp_path):
    folder = tmp_path / "nowhere"
    with says(FileNotFoundError, "`folder`", f"folder={str(folder)!r}"):
        data.load_images(folder)
    with says(FileNotFoundError, "`folder`", "folder='no such place'"):
        image_folder.find("no such place")


def test_a_file_in_place_of_a_folder_is_refused(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    path = tmp_path / "a.png"
    with says(ValueError, "`folder`", f"folder={str(path)!r}", "a file"):
        data.load_images(path)


@pytest.mark.parametrize("bad", [None, "", 3, ["a"]], ids=repr)
def test_a_folder_must_be_a_path(bad):
    with says(ValueError, "`folder`", f"folder={bad!r}"):
        data.load_images(bad)


def test_a_folder_without_pictures_is_refused_with_what_it_holds(tmp_path):
    received = f"folder={str(tmp_path)!r}"
    with says(ValueError, "`folder`", ".jpeg, .jpg, .pbm, .pgm, .png", received, "nothing"):
        data.load_images(tmp_path)
    for name in ("a.txt", "b.TXT", "c.heic", "README", ".hidden.png"):
        (tmp_path / name).write_text("x")
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "deep" / "deeper" / "a.png").write_text("x")
    with says(ValueError, "`folder`", received, "1 .heic, 2 .txt", "1 file", "1 sub-folder"):
        data.load_images(tmp_path)


def test_pictures_of_other_kinds_are_refused_not_dropped(tmp_path, grey):
    write(tmp_path / "cats" / "a.PGM", grey[0])
    assert len(data.load_images(tmp_path)) == 1
    for name in ("cats/b.HEIC", "dogs/c.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    with says(ValueError, "`folder`", "cats/b.HEIC", "dogs/c.heic"):
        data.load_images(tmp_path)


def test_pictures_beside_sub_folders_of_pictures_are_refused(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    write(tmp_path / "b.png", grey[0])
    write(tmp_path / "cats" / "c.png", grey[1])
    with says(ValueError, "`folder`", f"folder={str(tmp_path)!r}", "2 pictures", "a.png", "cats"):
        data.load_images(tmp_path)


def test_every_unreadable_picture_is_named(tmp_path, grey):
    for i, array in enumerate(grey):
        write(tmp_path / f"{i}.png", array)
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "3.png").write_text("not a picture at all")
    whole = (tmp_path / "4.png").read_bytes()
    (tmp_path / "4.png").write_bytes(whole[: len(whole) // 2])
    with says(ValueError, "`folder`", "1.png", "3.png", "4.png") as caught:
        data.load_images(tmp_path)
    for good in ("0.png", "2.png", "5.png"):
        assert good not in str(caught.value)


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "gif", "webp"])
def test_a_truncated_picture_is_named_whatever_its_kind(tmp_path, rng, suffix):
    path = tmp_path / "cats" / f"long name.{suffix}"
    write(path, rng.integers(0, 256, (40, 50, 3), "uint8"))
    path.write_bytes(path.read_bytes()[:-300])
    with says(ValueError, "`folder`", f"cats/long name.{suffix}"):
        data.load_images(tmp_path)


def test_a_link_that_leads_nowhere_is_named(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    with says(ValueError, "`folder`", "b.png", os.strerror(errno.ENOENT)) as caught:
        data.load_images(tmp_path)
    assert "a.png" not in str(caught.value)


def test_a_long_list_is_shortened(tmp_path):
    for i in range(23):
        (tmp_path / f"{i:02d}.png").write_text("x")
    with says(ValueError, "`folder`", "00.png", "19.png", "3 more") as caught:
        data.load_images(tmp_path)
    assert "20.png" not in str(caught.value)


def test_mixed_sizes_are_refused_with_a_remedy(tmp_path, grey, colour):
    write(tmp_path / "a.png", grey[0])
    write(tmp_path / "b.png", grey[1])
    write(tmp_path / "c.png", grey[2, :4])
    write(tmp_path / "d.png", colour)
    # The first picture of each shape is named, and so is the argument that makes them alike.
    found = ("(5, 7, 1)", "a.png", "(4, 7, 1)", "c.png", "(5, 7, 3)", "d.png")
    with says(ValueError, "`folder`", *found, "`image_shape=(5, 7, 1)`") as caught:
        data.load_images(tmp_path)
    assert "b.png" not in str(caught.value)
    assert len(data.load_images(tmp_path, image_shape=(5, 7, 1))) == 4
