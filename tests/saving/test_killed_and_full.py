"""Processes that are killed and disks that are full: what was saved before stays, and serves."""

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import keras
import pytest

import ae_keras
from ae_keras.saving import files
from contract import assert_same_weights, images, says, tiny

ROOT = Path(__file__).resolve().parents[2]
X = images(8, (7, 5, 1))
LIMIT = 240  # seconds for a child

# A child trains and kills itself after a number of steps; with 0, it goes on to the end and then
# trains another model without a break, to compare.
TRAIN = """
import os, signal, sys
sys.path[:0] = sys.argv[3:]
from ae_keras import DenoisingAutoencoder, DenseDecoder, DenseEncoder
from ae_keras import backend, data, losses, saving
from contract import images
import keras
import numpy as np

path, left, x = sys.argv[1], int(sys.argv[2]), images(20, (7, 5, 1))

class KillMe(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def new():
    model = DenoisingAutoencoder(DenseEncoder(2, (8,)), DenseDecoder((7, 5, 1), (8,)))
    backend.seed_weights(model, 0)
    model.compile(keras.optimizers.Adam(0.01), loss=losses.squared_error)
    return model, data.Batches(x, batch_size=4, seed=2)

def fit(model, batches, begin=0, callbacks=()):
    model.fit(batches, initial_epoch=begin, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    return model.get_weights()

model, batches = new()
begin = saving.resume(model, batches, path)
found = fit(model, batches, begin, [keras.callbacks.ModelCheckpoint(path), KillMe()])
straight = fit(*new())
print(begin, all(np.array_equal(a, b) for a, b in zip(found, straight, strict=True)))
"""

# A child that saves for ever.
SAVE = """
import sys
sys.path[:0] = sys.argv[2:]
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder

model = Autoencoder(DenseEncoder(2, (1000, 500)), DenseDecoder((28, 28, 1), (500, 1000)))
while True:
    model.save(sys.argv[1])
"""


def child(code, *arguments):
    folders = [str(ROOT), str(ROOT / "tests")]
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments), *folders],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process):
    end = time.monotonic() + LIMIT
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.001)


def test_killed_at_a_random_step_it_ends_with_the_same_weights(tmp_path):
    step = random.SystemRandom().randint(1, 19)  # of 20, 5 in an epoch; any must do
    killed = child(TRAIN, tmp_path / "run.keras", step)
    _, err = killed.communicate(timeout=LIMIT)
    assert killed.returncode == -signal.SIGKILL, err
    out, err = child(TRAIN, tmp_path / "run.keras", 0).communicate(timeout=LIMIT)
    assert out.split() == [str((step - 1) // 5), "True"], f"killed at step {step}: {err}"


def test_killed_while_it_saves_it_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.keras"
    process = child(SAVE, path)
    try:
        wait_for(path.exists, process)
        wait_for(lambda: list(tmp_path.glob(".part-*")), process)
    finally:
        process.kill()
        process.communicate()
    files.check(path)
    ae_keras.load(path)
    # only the unfinished file may be left beside it, under a name that nobody reads
    assert all(each == path or each.name.startswith(".part-") for each in tmp_path.iterdir())


# Disks --------------------------------------------------------------------------------------------

CANNOT = "`path` must be in a folder that can be written to, on a disk with room. Received: path="
STILL = "What was there before, if anything, is still there."


@contextmanager
def full_disk():
    """No file may grow beyond 20 kB: as on a full disk, but for the number of the error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(folder):
    """This process, even root's, may read the folder but not change it."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def open_checkpoint():
    """A checkpoint in a folder whose parents all users may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "run.keras"
    tiny(hidden=()).save(path)
    yield path
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "run.keras"
    tiny(hidden=()).save(path)
    return path


def trained():
    """A model whose step is compiled: JAX keeps what it compiles in files, as long as it can."""
    model = tiny(hidden=(200,))
    model.fit(X, verbose=0)
    return model


def fit_and_keep(model, path):
    keep = keras.callbacks.ModelCheckpoint(str(path))
    model.fit(X, epochs=2, verbose=0, callbacks=[keep])


def test_a_full_disk_costs_no_old_checkpoint(checkpoint):
    before, model = checkpoint.read_bytes(), trained()
    with full_disk(), says(OSError, CANNOT, "run.keras", "File too large", STILL) as error:
        fit_and_keep(model, checkpoint)
    assert error.value.errno == errno.EFBIG
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]
    assert_same_weights(ae_keras.load(checkpoint), tiny(hidden=()))


def test_no_space_left(checkpoint, monkeypatch):
    def full(model, path, *args, **kwargs):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = checkpoint.read_bytes()
    monkeypatch.setattr(keras.Model, "save", full)
    with says(OSError, CANNOT, "run.keras", "No space left on device. What was there") as error:
        tiny().save(checkpoint)
    assert error.value.errno == errno.ENOSPC
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_an_error_without_a_number_keeps_its_words(checkpoint, monkeypatch):
    def fail(model, path, *args, **kwargs):
        raise OSError("Unable to synchronously write file")  # as HDF5 says it

    monkeypatch.setattr(keras.Model, "save", fail)
    with says(OSError, CANNOT, "the system says: Unable to synchronously write file. What was"):
        tiny().save(checkpoint)


def test_a_read_only_folder(open_checkpoint):
    before, model = open_checkpoint.read_bytes(), trained()
    folder = open_checkpoint.parent
    with (
        read_only(folder),
        says(PermissionError, CANNOT, "run.keras", "Permission denied", STILL),
    ):
        fit_and_keep(model, open_checkpoint)
    assert open_checkpoint.read_bytes() == before
    assert list(folder.iterdir()) == [open_checkpoint]


@pytest.mark.parametrize("place", ["none/run.keras", "file/run.keras"])
def test_a_folder_that_is_none(tmp_path, place):
    (tmp_path / "file").touch()
    with says(OSError, CANNOT, place, STILL):
        tiny().save(tmp_path / place)
