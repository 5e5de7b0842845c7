"""After a killed process or a full disk, what was saved before is still there and can be used."""

import errno
import os
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
LIMIT = 240  # seconds that a child process may take
N_EPOCHS, N_STEPS = 4, 5  # The children train for 4 epochs of 5 steps each.
# A child is killed at the very first step, at the last step of an epoch, before its checkpoint is
# written, or within the last epoch, when there is a checkpoint to resume from.
STEPS = [1, 5, 19]

# The start of a child that trains. Its arguments are a folder, steps, and where modules lie.
TRAIN = f"""
import os, signal, sys
*given, root, tests = sys.argv[1:]
sys.path[:0] = [root, tests]
folder, *steps = given
from ae_keras import DenoisingAutoencoder, DenseDecoder, DenseEncoder
from ae_keras import backend, data, losses, saving
from contract import images
import keras
import numpy as np

x = images(20, (7, 5, 1))

class Kill(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def new():
    model = DenoisingAutoencoder(DenseEncoder(2, (8,)), DenseDecoder((7, 5, 1), (8,)))
    backend.seed_weights(model, 0)
    model.compile(keras.optimizers.Adam(0.01), loss=losses.squared_error)
    return model, data.Batches(x, batch_size={20 // N_STEPS}, seed=2)

def fit(model, batches, **options):
    model.fit(batches, epochs={N_EPOCHS}, shuffle=False, verbose=0, **options)
    return model.get_weights()

def resume(step, *callbacks):
    path = os.path.join(folder, step + ".keras")
    model, batches = new()
    begin = saving.resume(model, batches, path)
    keep = keras.callbacks.ModelCheckpoint(path)
    return begin, fit(model, batches, initial_epoch=begin, callbacks=[keep, *callbacks])
"""

# This child kills itself after the one step that it is given.
KILLED = f"""{TRAIN}
(step,) = steps
resume(step, Kill(int(step)))
"""

# This child resumes the training killed at each step, and compares its weights with those of a
# training without a break. One child does this for all steps, because most of its time is spent
# on imports.
RESUMED = f"""{TRAIN}
found = [resume(step) for step in steps]
expected = fit(*new())
for step, (begin, weights) in zip(steps, found, strict=True):
    same = all(np.array_equal(a, b) for a, b in zip(weights, expected, strict=True))
    print(step, begin, same)
"""

# This child saves a model again and again until it is killed.
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


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """For each step: the epoch at which a killed training resumed, and whether it ended alike."""
    folder = tmp_path_factory.mktemp("killed")
    for step in STEPS:
        killed = child(KILLED, folder, step)
        _, err = killed.communicate(timeout=LIMIT)
        assert killed.returncode == -signal.SIGKILL, f"step {step}: {err}"
    finished = child(RESUMED, folder, *STEPS)
    out, err = finished.communicate(timeout=LIMIT)
    assert finished.returncode == 0, err
    rows = [line.split() for line in out.splitlines()]
    return {int(step): (int(begin), same) for step, begin, same in rows}


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_a_step_and_resumed_ends_with_the_same_weights(resumed, step):
    assert resumed[step] == ((step - 1) // N_STEPS, "True")


def test_a_process_killed_while_it_saves_leaves_the_old_file(tmp_path):
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
    # The unfinished file may be left behind, because it has a name that nothing reads.
    assert all(each == path or each.name.startswith(".part-") for each in tmp_path.iterdir())


# Disks --------------------------------------------------------------------------------------------


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


def test_a_full_disk_leaves_the_old_checkpoint(checkpoint):
    before, model = checkpoint.read_bytes(), trained()
    reason = os.strerror(errno.EFBIG)
    with full_disk(), says(OSError, "`path`", f"path={str(checkpoint)!r}", reason) as error:
        fit_and_keep(model, checkpoint)
    assert error.value.errno == errno.EFBIG
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]
    assert_same_weights(ae_keras.load(checkpoint), tiny(hidden=()))


def test_no_space_on_the_device_leaves_the_old_checkpoint(checkpoint, monkeypatch):
    def full(model, path, *args, **kwargs):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = checkpoint.read_bytes()
    monkeypatch.setattr(keras.Model, "save", full)
    reason = os.strerror(errno.ENOSPC)
    with says(OSError, "`path`", f"path={str(checkpoint)!r}", reason) as error:
        tiny().save(checkpoint)
    assert error.value.errno == errno.ENOSPC
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_rename_that_fails_leaves_the_old_checkpoint(checkpoint, monkeypatch, number):
    """All is written, and the disk refuses the last step: read-only by now, say, after an error."""

    def fail(source, target):
        raise OSError(number, os.strerror(number))

    before, model = checkpoint.read_bytes(), trained()
    received, reason = f"path={str(checkpoint)!r}", os.strerror(number)
    with monkeypatch.context() as patch, says(OSError, "`path`", received, reason) as error:
        patch.setattr(os, "replace", fail)
        fit_and_keep(model, checkpoint)
    assert error.value.errno == number
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_the_reason_is_given_for_an_error_without_a_number(checkpoint, monkeypatch):
    def fail(model, path, *args, **kwargs):
        raise OSError("Unable to synchronously write file")  # HDF5 raises it without a number.

    monkeypatch.setattr(keras.Model, "save", fail)
    with says(OSError, "`path`", f"path={str(checkpoint)!r}", "Unable to synchronously write file"):
        tiny().save(checkpoint)


def test_a_read_only_folder_leaves_the_old_checkpoint(open_checkpoint):
    before, model = open_checkpoint.read_bytes(), trained()
    folder = open_checkpoint.parent
    received, reason = f"path={str(open_checkpoint)!r}", os.strerror(errno.EACCES)
    with read_only(folder), says(PermissionError, "`path`", received, reason):
        fit_and_keep(model, open_checkpoint)
    assert open_checkpoint.read_bytes() == before
    assert list(folder.iterdir()) == [open_checkpoint]


@pytest.mark.parametrize("place", ["none/run.keras", "file/run.keras"])
def test_a_missing_folder_is_refused(tmp_path, place):
    (tmp_path / "file").touch()
    with says(OSError, "`path`", f"path={str(tmp_path / place)!r}"):
        tiny().save(tmp_path / place)
