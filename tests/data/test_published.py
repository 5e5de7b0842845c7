"""ae_keras/data/published.py: reading IDX files, and downloading them from a local server."""

import gzip
import hashlib
import http.server
import os
import socket
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

from ae_keras import data
from ae_keras.data import published
from contract import says

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = Path(os.environ.get("AE_KERAS_DATA_DIR") or SHARED)
IMAGES = np.arange(2 * 3 * 4, dtype="uint8").reshape(2, 3, 4)
LABELS = np.array([7, 1], "uint8")
NAMES = [*published.FILES["train"], *published.FILES["test"]]


def encoded(array):
    """The bytes of an IDX file."""
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


GOOD = {name: encoded(LABELS if "labels" in name else IMAGES) for name in NAMES}
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in GOOD.items()}
FIRST = NAMES[0]


def sums(algorithm, contents):
    return tuple(hashlib.new(algorithm, content).hexdigest() for content in contents)


@pytest.fixture
def folder(no_settings, monkeypatch, tmp_path):
    """The empty folder of a user's own data set, which is named "mine"."""
    monkeypatch.setenv("AE_KERAS_DATA_DIR", str(tmp_path / "sets"))
    path = tmp_path / "sets" / "mine"
    path.mkdir(parents=True)
    return path


def write(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0, 4)])
def test_a_file_without_values_is_refused(shape):
    with says(ValueError, str(shape)):
        published.parse(encoded(np.zeros(shape, "uint8")))


def test_an_unpacked_file_of_unknown_checksum_is_refused(folder):
    sets = folder.parent / "fashion_mnist"
    sets.mkdir()
    write(sets, GOOD)
    with says(ValueError, f"{FIRST}.gz", "fashion_mnist"):
        data.load("fashion_mnist")


# Files on disk -----------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [GOOD, PACKED], ids=["raw", "gzip"])
@pytest.mark.parametrize("subset", ["train", "test"])
def test_a_data_set_of_the_user_is_read_by_the_name_of_its_folder(folder, files, subset):
    write(folder, files)
    images, labels, groups = data.load_raw("mine", subset)
    np.testing.assert_array_equal(images, IMAGES[..., None])
    np.testing.assert_array_equal(labels, LABELS)
    np.testing.assert_array_equal(groups, [0, 1])
    assert (images.dtype, labels.dtype) == ("uint8", "int64")


def test_colour_images_keep_their_channels(folder):
    colour = np.arange(2 * 3 * 4 * 3, dtype="uint8").reshape(2, 3, 4, 3)
    write(folder, {**GOOD, FIRST: encoded(colour)})
    np.testing.assert_array_equal(published.load("mine", "train")[0], colour)


def test_the_environment_may_name_a_data_set_of_the_user(folder, monkeypatch):
    write(folder, GOOD)
    monkeypatch.setenv("AE_KERAS_DATASET", "mine")
    assert data.load().x.shape == (2, 3, 4, 1)


# The name of the damaged file, its content, and what the message says of it besides the name.
DAMAGED = {
    "empty": (FIRST, b"", ("00 00 08", "nothing")),
    "empty archive": (f"{FIRST}.gz", b"", ("00 00 08", "nothing")),
    "wrong magic": (FIRST, b"\x89PNG" + bytes(40), ("00 00 08", "89 50 4e 47")),
    "floats": (FIRST, b"\x00\x00\x0d\x03" + bytes(40), ("00 00 08", "00 00 0d 03")),
    "no dimensions": (FIRST, b"\x00\x00\x08\x00" + bytes(40), ("00 00 08 00",)),
    "cut in its header": (FIRST, GOOD[FIRST][:9], ("3 dimensions",)),
    "cut": (FIRST, GOOD[FIRST][:-1], ("24", "(2, 3, 4)", "23")),
    "too long": (FIRST, GOOD[FIRST] + b"\0", ("24", "(2, 3, 4)", "25")),
    "cut archive": (f"{FIRST}.gz", PACKED[f"{FIRST}.gz"][:-9], ("gzip",)),
    "no archive": (f"{FIRST}.gz", GOOD[FIRST], ("gzip",)),
    "changed archive": (
        f"{FIRST}.gz",
        PACKED[f"{FIRST}.gz"][:-8] + b"12345678",
        ("gzip", "CRC"),
    ),
    "labels as images": (FIRST, encoded(LABELS), ("(2,)",)),
    "too few labels": (NAMES[1], encoded(LABELS[:1]), (FIRST, "(1,)", "(2, 3, 4, 1)")),
    "images as labels": (NAMES[1], encoded(IMAGES), (FIRST, "(2, 3, 4)", "(2, 3, 4, 1)")),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused(folder, damage):
    name, content, texts = DAMAGED[damage]
    rest = {other: good for other, good in GOOD.items() if other != name.removesuffix(".gz")}
    write(folder, {**rest, name: content})
    with says(ValueError, name, *texts):
        data.load("mine")


def test_a_missing_file_is_named_with_the_folder_for_it(folder):
    write(folder, {name: content for name, content in GOOD.items() if name != NAMES[1]})
    with says(FileNotFoundError, "'mine'", *PACKED, str(folder)) as caught:
        data.load("mine")
    # All files of a data set are listed; only the missing one is named besides.
    assert [str(caught.value).count(name) for name in PACKED] == [1, 2, 1, 1]


def test_other_images_under_a_published_name_are_refused(folder):
    (folder.parent / "mnist").mkdir()
    write(folder.parent / "mnist", GOOD)
    with says(ValueError, str(folder.parent / "mnist" / FIRST), "checksum"):
        data.load("mnist")


def test_an_archive_without_a_checksum_of_its_content_is_checked_by_its_own(folder):
    (folder.parent / "fashion_mnist").mkdir()
    write(folder.parent / "fashion_mnist", PACKED)
    path = folder.parent / "fashion_mnist" / f"{FIRST}.gz"
    with says(ValueError, str(path), "checksum"):
        data.load("fashion_mnist")


# Downloads ---------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, body, missing = self.server.answers.get(self.path, (404, b"not here", 0))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - missing])

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    """Answers each path of `answers`: (status, body, bytes held back at the end)."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mirrors(server, no_settings, monkeypatch):
    """A data set "tiny" with a mirror that fails, /a/, and one that works, /b/."""
    server.asked = []
    server.answers = {f"/b/{name}": (200, content, 0) for name, content in PACKED.items()}
    tiny = published.Published(
        mirrors=(f"{server.url}/a/", f"{server.url}/b/"),
        md5=sums("md5", PACKED.values()),
        sha256=sums("sha256", GOOD.values()),
        licence="none",
        citation="none",
    )
    monkeypatch.setitem(published.PUBLISHED, "tiny", tiny)
    return server


def kept():
    return sorted(path.name for path in published.cache("tiny").rglob("*"))


def test_the_next_mirror_is_tried_when_one_fails_and_files_are_kept(mirrors):
    images, labels, _ = data.load_raw("tiny")
    np.testing.assert_array_equal(images, IMAGES[..., None])
    np.testing.assert_array_equal(labels, LABELS)
    wanted = [f"{name}.gz" for name in published.FILES["train"]]
    assert mirrors.asked == [f"/{mirror}/{name}" for name in wanted for mirror in "ab"]
    assert kept() == sorted(wanted)


def test_a_second_load_downloads_nothing(mirrors):
    data.load_raw("tiny")
    mirrors.asked.clear()
    data.load_raw("tiny")
    assert mirrors.asked == []


def test_a_local_folder_is_preferred_to_the_web(mirrors, folder):
    folder.rename(folder.parent / "tiny")
    write(folder.parent / "tiny", PACKED)
    data.load_raw("tiny")
    assert mirrors.asked == []


ARCHIVE = PACKED[f"{FIRST}.gz"]
FAILURES = {
    "not there": ((404, b"not here", 0), "404"),
    "broken off": ((200, ARCHIVE, 20), "IncompleteRead"),
    "cut short": ((200, ARCHIVE[:-20], 0), "hash"),
    "another file": ((200, PACKED[f"{NAMES[1]}.gz"], 0), "hash"),
    "a page instead": ((200, b"<html>Log in first</html>", 0), "hash"),
    "empty": ((200, b"", 0), "hash"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_download_gives_the_reason_and_leaves_nothing_behind(mirrors, failure):
    answer, reason = FAILURES[failure]
    mirrors.answers[f"/b/{FIRST}.gz"] = answer
    with says(FileNotFoundError, f"{FIRST}.gz", "'tiny'", f"{mirrors.url}/b/", reason):
        data.load("tiny")
    assert kept() == []


def test_a_failed_download_does_not_affect_the_next(mirrors):
    good = mirrors.answers[f"/b/{FIRST}.gz"]
    mirrors.answers[f"/b/{FIRST}.gz"] = (200, good[1], 20)
    with pytest.raises(FileNotFoundError):
        data.load("tiny")
    mirrors.answers[f"/b/{FIRST}.gz"] = good
    assert len(data.load("tiny")) == 2


def test_without_a_network_the_error_says_what_to_do(mirrors, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    tiny = published.PUBLISHED["tiny"]._replace(mirrors=(url,))
    monkeypatch.setitem(published.PUBLISHED, "tiny", tiny)
    settings = ("AE_KERAS_DATA_DIR/tiny", "AE_KERAS_DATASET=digits")
    with says(FileNotFoundError, "'tiny'", *PACKED, *settings, url, "Connection refused") as caught:
        data.load("tiny")
    assert str(caught.value).count(f"{FIRST}.gz") >= 2  # It is listed, and named as missing.


def test_a_file_damaged_in_the_cache_is_refused_with_its_path(mirrors):
    data.load("tiny")
    path = published.cache("tiny") / f"{FIRST}.gz"
    path.write_bytes(gzip.compress(GOOD[FIRST][:-1] + b"\xff"))
    with says(ValueError, str(path), "checksum"):
        data.load("tiny")


def test_a_cache_that_cannot_be_written_is_refused_before_any_download(
    mirrors, monkeypatch, tmp_path
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with says(OSError, str(published.cache("tiny")), "KERAS_HOME", "AE_KERAS_DATA_DIR"):
        data.load("tiny")
    assert mirrors.asked == []


# The real ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist"])
def test_the_table_of_published_sets_is_complete(name):
    entry = published.PUBLISHED[name]
    assert len(entry.mirrors) >= 2
    assert all(url.startswith("http") and url.endswith("/") for url in entry.mirrors)
    assert [len(md5) for md5 in entry.md5] == [32] * 4
    assert [len(sha256 or 64 * "?") for sha256 in entry.sha256] == [64] * 4
    assert entry.licence
    assert "(" in entry.citation


@pytest.mark.parametrize(
    ("name", "subset", "n", "mean"),
    [
        ("mnist", "train", 60000, 33.32),
        ("mnist", "test", 10000, 33.79),
        ("kmnist", "test", 10000, 47.06),
    ],
)
def test_the_real_files_are_read_and_their_checksums_agree(
    no_settings, monkeypatch, name, subset, n, mean
):
    if not any((REAL / name).glob(f"{published.FILES[subset][0]}*")):
        pytest.skip(f"{name} is not in {REAL}; AE_KERAS_DATA_DIR may name another folder")
    monkeypatch.setenv("AE_KERAS_DATA_DIR", str(REAL))
    images, labels, groups = data.load_raw(name, subset)
    assert images.shape == (n, 28, 28, 1)
    assert images.mean() == pytest.approx(mean, abs=0.01)
    assert set(labels) == set(range(10))
    assert len(labels) == len(set(groups)) == n
