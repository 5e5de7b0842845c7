"""ae_keras/saving/files.py: whole files or none, and errors that name the file and the reason."""

import json
import zipfile
from pathlib import Path

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


def other_files(folder):
    """Files that are not of this kind, and what the message must say of each."""
    model = tiny()
    model.save_weights(folder / "a.weights.h5")
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(folder / "a.h5")
    (folder / "a.onnx").write_bytes(b"\x08\x07")
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("model/saved_model.pb", "")
    return {
        "a.weights.h5": "model.load_weights",
        "a.h5": "compile=False",
        "a.onnx": "ONNX",
        "a.zip": "SavedModel",
    }


@pytest.mark.filterwarnings("ignore")
def test_a_file_of_another_kind_is_named(tmp_path):
    for name, word in other_files(tmp_path).items():
        path = tmp_path / name
        with says(ValueError, "`path`", f"path={str(path)!r}", word) as error:
            ae_keras.load(path)
        assert "truncated" not in str(error.value)


def test_a_folder_is_refused(tmp_path):
    with says(IsADirectoryError, "`path`", f"path={str(tmp_path)!r}"):
        ae_keras.load(tmp_path)


@pytest.mark.parametrize("path", [3, None, b"model.keras"])
def test_what_is_no_path_is_refused(path):
    for use in (ae_keras.load, files.check):
        with says(TypeError, "`path`", f"path={path!r}"):
            use(path)
    with says(TypeError, "`folder`", f"folder={path!r}"):
        files.made_folder(path)


@pytest.mark.parametrize(
    "path", ["gs://bucket/a.keras", "s3://bucket/a.keras", Path("gs://bucket/a.keras")]
)
def test_an_address_elsewhere_is_refused(path):
    for use in (ae_keras.load, files.check, tiny().save):
        with says(ValueError, "`path`", f"path={str(path)!r}"):
            use(path)


def test_a_drive_of_windows_is_no_address():
    assert files.local("C:/model.keras") == Path("C:/model.keras")


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    model = tiny()
    model.fit(X, verbose=0)
    model.save("~/model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert_same_weights(ae_keras.load("~/model.keras"), model)
    assert files.made_folder("~/new") == tmp_path / "new"


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with says(FileExistsError, "`folder`", f"folder={str(path)!r}"):
        files.made_folder(path)
    with says(NotADirectoryError, "`folder`"):
        files.made_folder(path / "below")


class Unregistered(keras.Model):
    """An encoder of the learner's own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flatten, self.code = keras.layers.Flatten(), keras.layers.Dense(2)

    def call(self, x):
        return self.code(self.flatten(x))


def own_loss(x, x_hat):
    return keras.ops.mean(keras.ops.square(x - x_hat), axis=(1, 2, 3))


def test_a_class_or_function_that_is_not_registered_is_named(tmp_path):
    path = tmp_path / "model.keras"
    of_own_class = ae_keras.Autoencoder(Unregistered(), tiny().decoder)
    of_own_loss = tiny()
    of_own_loss.compile("sgd", loss=own_loss)
    for model, name in ((of_own_class, "Unregistered"), (of_own_loss, "own_loss")):
        model.save(path)
        with says(ValueError, "`path`", repr(name), "register_keras_serializable") as error:
            ae_keras.load(path)
        assert len(str(error.value)) < 600


@pytest.mark.filterwarnings("ignore:The object being serialized")
def test_a_lambda_is_named_as_the_cause(tmp_path):
    model = tiny()
    model.compile("sgd", loss=lambda x, x_hat: own_loss(x, x_hat))
    model.save(tmp_path / "model.keras")
    with says(ValueError, "`path`", "lambda", "a name") as error:
        ae_keras.load(tmp_path / "model.keras")
    assert "unsafe" not in str(error.value)


def test_the_reason_for_weights_that_do_not_fit_is_given(saved, tmp_path):
    edit, _ = CHANGES["other sizes than its weights"]
    path = changed(saved, tmp_path / "model.keras", edit)
    with says(ValueError, "expected 2 variables", f"Keras {keras.__version__}"):
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


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path):
    file, link = tmp_path / "model.keras", tmp_path / "newest.keras"
    file.write_text("old")
    link.symlink_to(file)
    with files.atomic_write(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert file.read_text() == "new"
