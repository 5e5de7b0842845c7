"""pictures.py: a folder of pictures becomes arrays, or a message that names what is wrong."""

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
    (tmp_path / "bats").mkdir()  # no pictures in it: no class
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


def test_what_is_transparent_becomes_white(tmp_path):
    rgba = np.zeros((1, 3, 4), "uint8")
    rgba[0, :, 3] = (255, 128, 0)  # black: solid, half and not there at all
    write(tmp_path / "rgba" / "a.png", rgba)
    np.testing.assert_allclose(one(tmp_path / "rgba")[0, :, 1], [0, 127 / 255, 1], atol=0.005)
    write(tmp_path / "la" / "a.png", rgba[..., 2:])
    x = one(tmp_path / "la")
    assert x.shape == (1, 3, 1)  # grey stays grey
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
    for bad in (2 * values, values - 1, np.full((1, 3), np.nan, "float32")):
        write(tmp_path / "a.tif", bad)
        with says(ValueError, "a.tif (values from ", " of white)"):
            data.load_images(tmp_path)


def test_a_camera_held_upright_gives_an_upright_picture(tmp_path):
    array = np.zeros((2, 3, 3), "uint8")
    array[0, 0] = 255  # a white pixel, on the top left as stored
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    write(tmp_path / "a.png", array, exif=exif)
    x = one(tmp_path)
    assert x.shape == (3, 2, 3)
    assert np.argwhere(x[..., 0]).tolist() == [[0, 1]]


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(one(tmp_path)[0, 0], [1, 0, 0])


# image_shape -------------------------------------------------------------------------------------


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


def test_pictures_of_the_right_shape_are_left_as_they_are(tmp_path, grey):
    for i, array in enumerate(grey):
        write(tmp_path / f"{i}.png", array)
    x = data.load_images(tmp_path, image_shape=(5, 7, 1)).x
    np.testing.assert_array_equal(x, data.load_images(tmp_path).x)


@pytest.mark.parametrize("bad", [(28, 28), 28, "28", ()], ids=repr)
def test_image_shape_must_be_one(tmp_path, bad):
    with says(ValueError, "`image_shape` must be (height, width, channels)", f"{bad!r}"):
        data.load_images(tmp_path, image_shape=bad)


@pytest.mark.parametrize("bad", [(8, 8, 2), (8, 8, 4)], ids=repr)
def test_image_shape_must_be_grey_or_colour(tmp_path, bad):
    with says(ValueError, f"1 channel (grey) or 3 (colour). Received: image_shape={bad!r}."):
        data.load_images(tmp_path, image_shape=bad)


# Folders that will not do ------------------------------------------------------------------------


def test_a_missing_folder(tmp_path):
    with says(FileNotFoundError, "must be a folder of pictures", "nowhere', which does not exist"):
        data.load_images(tmp_path / "nowhere")
    with says(FileNotFoundError, "folder='no such place', which does not exist."):
        image_folder.find("no such place")


def test_a_file_is_no_folder(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    with says(ValueError, "a.png', which is a file. Pass the folder that it lies in."):
        data.load_images(tmp_path / "a.png")


@pytest.mark.parametrize("bad", [None, "", 3, ["a"]], ids=repr)
def test_what_is_no_path_is_refused(bad):
    with says(ValueError, f"`folder` must be the path of a folder. Received: folder={bad!r}."):
        data.load_images(bad)


def test_a_folder_without_pictures_says_what_it_found(tmp_path):
    with says(ValueError, "must hold pictures: .bmp, .gif, .jpeg, .jpg, .png", "with nothing."):
        data.load_images(tmp_path)
    for name in ("a.txt", "b.TXT", "c.heic", "README", ".hidden.png"):
        (tmp_path / name).write_text("x")
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "deep" / "deeper" / "a.png").write_text("x")
    found = "1 .heic, 2 .txt, 1 files without suffix, 1 sub-folders."
    with says(ValueError, "one level deep", found):
        data.load_images(tmp_path)


def test_pictures_beside_sub_folders_of_pictures(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    write(tmp_path / "b.png", grey[0])
    write(tmp_path / "cats" / "c.png", grey[1])
    with says(ValueError, "2 pictures, such as a.png, beside the sub-folder cats. Move one"):
        data.load_images(tmp_path)


def test_every_unreadable_picture_is_named(tmp_path, grey):
    for i, array in enumerate(grey):
        write(tmp_path / f"{i}.png", array)
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "3.png").write_text("not a picture at all")
    whole = (tmp_path / "4.png").read_bytes()
    (tmp_path / "4.png").write_bytes(whole[: len(whole) // 2])
    with says(ValueError, "1.png (not a picture, or damaged), 3.png (not a", "4.png (") as caught:
        data.load_images(tmp_path)
    for good in ("0.png", "2.png", "5.png"):
        assert good not in str(caught.value)
    assert "Save them anew or remove them." in str(caught.value)


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "gif", "webp"])
def test_a_truncated_picture_is_named_whatever_its_kind(tmp_path, rng, suffix):
    path = tmp_path / "cats" / f"long name.{suffix}"
    write(path, rng.integers(0, 256, (40, 50, 3), "uint8"))
    path.write_bytes(path.read_bytes()[:-300])
    with says(ValueError, f"cats/long name.{suffix} ("):
        data.load_images(tmp_path)


def test_a_link_that_leads_nowhere_is_named(tmp_path, grey):
    write(tmp_path / "a.png", grey[0])
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    with says(ValueError, "b.png (No such file or directory)"):
        data.load_images(tmp_path)


def test_a_long_list_is_cut(tmp_path):
    for i in range(23):
        (tmp_path / f"{i:02d}.png").write_text("x")
    with says(ValueError, "19.png (not a picture, or damaged) and 3 more.") as caught:
        data.load_images(tmp_path)
    assert "20.png" not in str(caught.value)


def test_mixed_sizes_are_named_with_a_cure(tmp_path, grey, colour):
    write(tmp_path / "a.png", grey[0])
    write(tmp_path / "b.png", grey[1])
    write(tmp_path / "c.png", grey[2, :4])
    write(tmp_path / "d.png", colour)
    with says(
        ValueError,
        "`folder` must hold pictures of one size and number of channels",
        "(5, 7, 1) as a.png, (4, 7, 1) as c.png, (5, 7, 3) as d.png.",
        "Pass, say, `image_shape=(5, 7, 1)` to resize and convert them all.",
    ):
        data.load_images(tmp_path)
    assert len(data.load_images(tmp_path, image_shape=(5, 7, 1))) == 4
