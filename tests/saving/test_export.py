"""ae_keras/saving/export.py: ONNX Runtime computes what `predict` does, or no file is written."""

import importlib.util
import os

import keras
import numpy as np
import pytest

import ae_keras
from ae_keras import ConvDecoder, ConvEncoder, backend, losses
from ae_keras.saving import export
from contract import assert_same_weights, images, needs, output, parts, says, tiny

SHAPE = (9, 7, 1)
KINDS = {
    "dense": lambda: tiny(SHAPE),
    "colour": lambda: tiny((5, 6, 3)),
    "convolutional": lambda: ae_keras.Autoencoder(
        ConvEncoder(2, (2, 3)), ConvDecoder(SHAPE, (3, 2))
    ),
    "nearest": lambda: ae_keras.Autoencoder(
        ConvEncoder(2, (2, 3)), ConvDecoder(SHAPE, (3, 2), "nearest")
    ),
    "a map as code": lambda: ae_keras.Autoencoder(
        ConvEncoder(2, (2, 3), flat=False), ConvDecoder(SHAPE, (3, 2), flat=False)
    ),
    "denoising": lambda: ae_keras.DenoisingAutoencoder(*parts(2, SHAPE)),
    "sparse": lambda: ae_keras.SparseAutoencoder(*parts(2, SHAPE, code_activation="sigmoid")),
    "contractive": lambda: ae_keras.ContractiveAutoencoder(*parts(2, SHAPE)),
    "variational": lambda: ae_keras.VAE(*parts(4, SHAPE)),
    "importance weighted": lambda: ae_keras.IWAE(*parts(4, SHAPE), n_samples=2),
}
# Some converters do not know all operations of these models.
ON_SOME_BACKENDS = {
    "vector quantised": lambda: ae_keras.VQVAE(*parts(4, SHAPE), num_embeddings=5, embedding_dim=2),
    "pooling": lambda: ae_keras.Autoencoder(
        ConvEncoder(2, (2, 3), "pool"), ConvDecoder(SHAPE, (3, 2))
    ),
}


@pytest.fixture(autouse=True)
def _converter():
    needs("onnxruntime")
    needs(backend.onnx_converter())


@pytest.fixture
def converted(monkeypatch):
    """Nothing is converted: what `to_onnx` finds in the file is what the test puts here."""
    found = {}
    monkeypatch.setattr(keras.Model, "export", lambda model, path, **kwargs: write(path))
    monkeypatch.setattr(export, "_run", lambda path, x: found["change"](output(found["model"], x)))

    def write(path):
        with open(path, "wb") as file:
            file.write(b"new")

    return found


def run(path, x):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (image,), (x_hat,) = session.get_inputs(), session.run(None, {"image": x})
    assert image.shape[1:] == list(x.shape[1:])
    assert not isinstance(image.shape[0], int)  # It is a name, which allows any number of images.
    return x_hat


# Files that compute what the model does -----------------------------------------------------------


def check_file(model, path):
    assert export.to_onnx(model, str(path)) < 1e-5
    assert list(path.parent.iterdir()) == [path]
    for n in (1, 3):
        x = images(n, model.image_shape, seed=n)
        expected = model.predict(x, verbose=0)
        np.testing.assert_allclose(run(path, x), expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_computes_what_predict_computes(kind, tmp_path):
    check_file(backend.seed_weights(KINDS[kind](), 0), tmp_path / "model.onnx")


@pytest.mark.parametrize("kind", ON_SOME_BACKENDS)
def test_a_model_that_not_every_backend_converts_is_right_or_refused(kind, tmp_path):
    model = backend.seed_weights(ON_SOME_BACKENDS[kind](), 0)
    try:
        check_file(model, tmp_path / "model.onnx")
    except ValueError:
        with says(ValueError, "`model`", repr(model.name)) as refused:
            export.to_onnx(model, tmp_path / "model.onnx")
        cause = refused.value.__cause__  # A file that computes something else would have none.
        assert type(cause).__name__ in str(refused.value)
        assert len(str(refused.value)) < 800
        assert not list(tmp_path.iterdir())


def test_a_trained_model_can_be_exported_from_its_file(tmp_path):
    model, x = tiny(SHAPE), images(8, SHAPE)
    model.fit(x, epochs=3, verbose=0)
    model.save(tmp_path / "model.keras")
    folder = tmp_path / "onnx"
    folder.mkdir()
    check_file(ae_keras.load(tmp_path / "model.keras"), folder / "model.onnx")
    np.testing.assert_allclose(run(folder / "model.onnx", x), output(model, x), atol=1e-5)


def test_an_export_does_not_change_further_training(tmp_path):
    x = images(8, SHAPE)
    model, twin = tiny(SHAPE), tiny(SHAPE)
    for each in (model, twin):
        each.fit(x, batch_size=4, shuffle=False, verbose=0)
    export.to_onnx(model, tmp_path / "model.onnx")
    for each in (model, twin):
        each.fit(x, batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(model, twin)


def test_an_export_leaves_what_is_frozen_and_the_optimizer_as_they_were(tmp_path):
    x = images(8, SHAPE)
    model = tiny(SHAPE)
    model.encoder.trainable = False
    model.compile(keras.optimizers.Adam(0.01), loss=losses.squared_error)
    model.fit(x, verbose=0)
    flags = [variable.trainable for variable in model.variables]
    state = [keras.ops.convert_to_numpy(value) for value in model.optimizer.variables]
    export.to_onnx(model, tmp_path / "model.onnx")
    assert [variable.trainable for variable in model.variables] == flags
    assert not model.encoder.trainable
    assert not all(flags)
    for value, before in zip(model.optimizer.variables, state, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(value), before)


def with_policy(policy, make):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return backend.seed_weights(make(), 0)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_model_of_mixed_precision_computes_in_float32_in_its_file(policy, kind, tmp_path):
    x = images(8, SHAPE)
    model = with_policy(policy, KINDS[kind])
    expected = output(with_policy("float32", KINDS[kind]), x)
    assert export.to_onnx(model, tmp_path / "model.onnx") < 1e-5
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x), expected, atol=1e-5)
    # The model itself still computes in 16 bits.
    assert model.encoder.code.compute_dtype == policy.removeprefix("mixed_")
    assert model.compute_dtype == policy.removeprefix("mixed_")


@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
def test_weights_of_16_bits_are_exported_rightly_or_refused(policy, tmp_path):
    path = tmp_path / "model.onnx"
    model = with_policy(policy, KINDS["dense"])
    try:
        export.to_onnx(model, path)
    except ValueError:
        with says(ValueError, "`model`", repr(model.name), policy, "float32"):
            export.to_onnx(model, path)
        assert not path.exists()
    else:
        x = images(8, SHAPE)
        np.testing.assert_allclose(run(path, x), model.predict(x, verbose=0), atol=1e-2)


def test_a_path_may_hold_accents_and_spaces_and_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folder = tmp_path / "é ü 目"
    folder.mkdir()
    export.to_onnx(tiny(SHAPE), "~/é ü 目/a b.onnx")
    assert os.listdir(folder) == ["a b.onnx"]


def test_an_address_elsewhere_is_refused():
    with says(ValueError, "`path`", "path='gs://bucket/model.onnx'"):
        export.to_onnx(tiny(SHAPE), "gs://bucket/model.onnx")


def test_nothing_is_printed(tmp_path, capfd):
    export.to_onnx(tiny(SHAPE), tmp_path / "model.onnx")
    assert capfd.readouterr() == ("", "")


# No file, and a reason ----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["converter", "onnxruntime"])
def test_a_missing_package_is_named(missing, tmp_path, monkeypatch):
    missing = backend.onnx_converter() if missing == "converter" else missing
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name)
    )
    with says(ImportError, f"pip install {missing}"):
        export.to_onnx(tiny(SHAPE), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_there_is_a_converter_for_each_backend():
    assert set(backend.ONNX_CONVERTERS) == set(backend.BACKENDS)


class Unbuilt(keras.Model):
    pass


@pytest.mark.parametrize("model", [Unbuilt(), keras.Sequential([keras.layers.Dense(2)]), 3])
def test_a_model_without_weights_or_image_shape_is_refused(model, tmp_path):
    received = f"model={getattr(model, 'name', model)!r}"
    with says(ValueError, "`model`", "`image_shape`", received):
        export.to_onnx(model, tmp_path / "model.onnx")


def test_a_missing_folder_is_refused(tmp_path):
    path = tmp_path / "none" / "model.onnx"
    with says(FileNotFoundError, "`path`", f"path={str(path)!r}"):
        export.to_onnx(tiny(SHAPE), path)


def test_a_path_that_is_a_folder_is_left_as_it_is(converted, tmp_path):
    converted |= {"model": tiny(SHAPE), "change": lambda x_hat: x_hat}
    (tmp_path / "model.onnx").mkdir()
    with pytest.raises(OSError):  # The operating system words this error.
        export.to_onnx(converted["model"], tmp_path / "model.onnx")
    assert os.listdir(tmp_path) == ["model.onnx"]


# What the file computes instead of what the model does, and the difference that is reported.
WRONG = {
    "other values": (lambda x_hat: x_hat + 0.01, "0.01"),
    "one other value": (
        lambda x_hat: x_hat + 0.01 * (np.arange(x_hat.size) == 99).reshape(x_hat.shape),
        "0.01",
    ),
    "nan": (lambda x_hat: x_hat * np.nan, "nan"),
    "fewer images": (lambda x_hat: x_hat[:1], "inf"),
}


@pytest.mark.parametrize("change", WRONG)
def test_a_file_that_computes_something_else_is_not_kept(converted, change, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    model, (wrong, difference) = tiny(SHAPE), WRONG[change]
    converted |= {"model": model, "change": wrong}
    with says(ValueError, "`model`", repr(model.name), difference):
        export.to_onnx(model, path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_a_correct_file_replaces_the_old_one(converted, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    converted |= {"model": tiny(SHAPE), "change": lambda x_hat: x_hat}
    assert export.to_onnx(converted["model"], path) == 0
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("raised", [RuntimeError, OSError])
def test_a_converter_that_fails_leaves_no_file(raised, tmp_path, monkeypatch):
    def fail(model, path, **kwargs):
        raise raised("no such operation")

    monkeypatch.setattr(keras.Model, "export", fail)
    model = tiny(SHAPE)
    expected = {
        RuntimeError: (ValueError, "`model`", repr(model.name), "RuntimeError", "`model.save`"),
        OSError: (OSError,),  # It says nothing of the model, so it keeps its class.
    }
    with says(*expected[raised], "no such operation"):
        export.to_onnx(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
