"""ae_keras/saving/files.py: whole files or none, and errors that name the file and the reason."""

import json
import zipfile

import keras
import numpy as np
import pytest

import ae_keras
from ae_keras.saving import files
from contract import assert_same_weights, images, output, says, tiny

X = images(8, (7, 5, 1))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "model.keras"
    tiny().save(path)
    return path


# Written whole or not at all ----------------------------------------------------------------------


def test_an_interrupted_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    model = tiny()
    model.save(path)
    before = path.read_bytes()

    def half_written(model, filepath, *args, **kwargs):
        filepath.write_bytes(before[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "save", half_written)
    model.fit(X, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        model.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_callback_leaves_one_whole_file(tmp_path):
    path = tmp_path / "best.keras"
    model = tiny()
    best = keras.callbacks.ModelCheckpoint(str(path), monitor="loss", save_best_only=True)
    model.fit(X, epochs=2, verbose=0, callbacks=[best])
    assert list(tmp_path.iterdir()) == [path]
    assert_same_weights(ae_keras.load(path), model)


def test_save_without_overwriting_is_left_to_keras(saved, monkeypatch):
    asked = []
    monkeypatch.setattr(
        keras.Model, "save", lambda model, path, **kwargs: asked.append((path, kwargs))
    )
    tiny().save(saved, overwrite=False)
    assert asked == [(saved, {"overwrite": False})]


def test_a_failed_write_leaves_nothing(tmp_path):
    def fill_the_disk():
        with files.atomic_write(tmp_path / "a.png") as path:
            path.write_bytes(b"half")
            raise OSError("No space left on device")

    with says(OSError, "No space left"):
        fill_the_disk()
    assert not list(tmp_path.iterdir())


# Opened, or refused with a reason -----------------------------------------------------------------


def test_a_loaded_model_equals_the_saved_one_and_trains_alike(saved):
    model, loaded = tiny(), ae_keras.load(str(saved))
    np.testing.assert_array_equal(output(loaded, X), output(model, X))
    for each in (model, loaded):
        each.fit(X, batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(loaded, model)


def test_a_missing_file_is_refused(tmp_path):
    path = tmp_path / "none.keras"
    with says(FileNotFoundError, "`path`", f"path={str(path)!r}"):
        ae_keras.load(path)


LENGTHS = {"empty": 0, "a byte": 1, "half": 0.5, "nearly all": 0.99}


@pytest.mark.parametrize("length", LENGTHS)
def test_a_truncated_file_is_refused(saved, tmp_path, length):
    content, size = saved.read_bytes(), LENGTHS[length]
    path = tmp_path / "model.keras"
    path.write_bytes(content[: size if size in (0, 1) else int(size * len(content))])
    with says(ValueError, "`path`", f"path={str(path)!r}", "truncated"):
        ae_keras.load(path)


def test_a_file_with_one_changed_byte_is_refused(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 255
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with says(ValueError, "`path`", f"path={str(path)!r}", "damaged"):
        ae_keras.load(path)


def test_an_archive_without_a_model_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no model")
    with says(ValueError, "`path`", f"path={str(path)!r}", "another kind"):
        ae_keras.load(path)


def changed(saved, path, change):
    """A copy of a saved model whose configuration `change` has edited."""
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config)
            target.writestr(name, content)
    return path


# What is changed in the configuration, and the names and values of it that the message must give.
CHANGES = {
    "an unknown class": (
        lambda c: c.update(class_name="Mystery", registered_name="ae_keras>Mystery"),
        ("Mystery",),
    ),
    "an argument of a later version": (
        lambda c: c["config"].update(beta=4.0),
        ("Autoencoder", "beta"),
    ),
    "a part's argument of a later version": (
        lambda c: c["config"]["encoder"]["config"].update(depth=2),
        ("DenseEncoder", "depth"),
    ),
    "a bad argument": (
        lambda c: c["config"]["encoder"]["config"].update(latent_dim=0),
        ("`latent_dim`", "latent_dim=0"),
    ),
    "other sizes than its weights": (
        lambda c: c["config"]["decoder"]["config"].update(hidden=[9]),
        (),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_of_another_class_or_version_is_refused(saved, tmp_path, change):
    edit, named = CHANGES[change]
    path = changed(saved, tmp_path / "model.keras", edit)
    with says(ValueError, "`path`", f"path={str(path)!r}", *named) as error:
        ae_keras.load(path)
    assert "truncated" not in str(error.value)  # The file itself is whole.
    assert len(str(error.value)) < 1200  # The whole configuration would be longer.


def test_weights_of_another_architecture_are_refused(tmp_path):
    path = tmp_path / "model.weights.h5"
    tiny(hidden=(8,)).save_weights(path)
    other = tiny(hidden=())
    before = output(other, X)
    with pytest.raises(ValueError):  # Keras words this error, so no text is compared.
        other.load_weights(path)
    np.testing.assert_array_equal(output(other, X), before)
