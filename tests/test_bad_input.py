"""Bad input raises an error that names the argument and what was received, and changes nothing.

Bad files are tested in saving/test_files.py, data/test_published.py and data/test_image_folder.py.
"""

import json
import math

import keras
import numpy as np
import pytest

from ae_keras import (
    Autoencoder,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    data,
    evaluation,
    plots,
    training,
)
from contract import assert_same_weights, images, says, tiny

SHAPE = (7, 5, 1)
X = images(8, SHAPE)


# Arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [DenseEncoder, ConvEncoder])
@pytest.mark.parametrize("bad", [0, -1, 2.5, 2.0, True, "16", None, (2,)], ids=repr)
def test_latent_dim_must_be_a_positive_integer(kind, bad):
    with says(ValueError, "`latent_dim`", f"latent_dim={bad!r}"):
        kind(bad)


@pytest.mark.parametrize("good", [np.int64(2), np.uint8(2)], ids=repr)
def test_integers_of_numpy_are_accepted(good):
    assert DenseEncoder(good).latent_dim == 2
    json.dumps(DenseEncoder(good).get_config()["latent_dim"])


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda sizes: DenseEncoder(2, hidden=sizes), "hidden"),
        (lambda sizes: DenseDecoder(SHAPE, hidden=sizes), "hidden"),
        (lambda sizes: ConvEncoder(2, filters=sizes), "filters"),
        (lambda sizes: ConvDecoder(SHAPE, filters=sizes), "filters"),
    ],
    ids=["DenseEncoder", "DenseDecoder", "ConvEncoder", "ConvDecoder"],
)
def test_widths_must_be_positive_integers(make, name):
    for bad in (8, "88", None, 2.5, {8}):
        with says(ValueError, f"`{name}`", f"{name}={bad!r}"):
            make(bad)
    for bad in (0, -3, 2.5, "8", None, True):
        with says(ValueError, f"`{name}[1]`", f"{name}[1]={bad!r}"):
            make((4, bad))


@pytest.mark.parametrize("kind", [DenseDecoder, ConvDecoder])
def test_image_shape_must_be_three_positive_integers(kind):
    for bad in ((28, 28), (1, 28, 28, 1), 28, "abc", None, ()):
        with says(ValueError, "`image_shape`", f"image_shape={bad!r}"):
            kind(bad)
    for bad in (0, -28, 2.5, "28", None):
        with says(ValueError, "`image_shape[0]`", f"image_shape[0]={bad!r}"):
            kind((bad, 28, 1))


def test_a_convolutional_decoder_needs_a_stage():
    with says(ValueError, "`filters`", "filters=()"):
        ConvDecoder(SHAPE, filters=())


@pytest.mark.parametrize("bad", ["", "Stride", None, 2, ["stride"]], ids=repr)
def test_down_and_up_must_be_known_names(bad):
    with says(ValueError, "`down`", "'stride', 'pool'", f"down={bad!r}"):
        ConvEncoder(2, down=bad)
    with says(ValueError, "`up`", "'transposed', 'nearest'", f"up={bad!r}"):
        ConvDecoder(SHAPE, up=bad)


@pytest.mark.parametrize(
    ("call", "name", "received"),
    [
        (lambda: data.Batches(X, batch_size=0), "batch_size", "batch_size=0"),
        (lambda: data.Batches(X, batch_size=2.0), "batch_size", "batch_size=2.0"),
        (lambda: data.Batches(X, seed=-1), "seed", "seed=-1"),
        (lambda: plots.plot_rows({"a": X, "b": X[:3]}), "rows", "'b': (3,"),
        (lambda: data.load("minst"), "name", "name='minst'"),
        (lambda: data.load(subset="valid"), "subset", "subset='valid'"),
        (lambda: data.gaussian_noise(X, -1), "stddev", "stddev=-1"),
        (lambda: data.gaussian_noise(X, math.nan), "stddev", "stddev=nan"),
        (lambda: data.gaussian_noise(X, "0.1"), "stddev", "stddev='0.1'"),
        (lambda: data.split(some_images(), 0), "fraction", "fraction=0"),
        (lambda: data.split(some_images(), 1), "fraction", "fraction=1"),
        (lambda: data.split(some_images(), math.nan), "fraction", "fraction=nan"),
        (lambda: data.split(some_images()[:1]), "images", "group"),
        (lambda: data.to_unit_range(X), "images", "images.dtype=float32"),
        (lambda: data.to_unit_range(np.array([-1])), "images", "-1"),
        (lambda: data.to_unit_range(np.array([0, 256])), "images", "256"),
        (lambda: evaluation.fit_pca(X, 0), "latent_dim", "latent_dim=0"),
        (lambda: evaluation.squared_error(X, X[:2]), "x_hat", "(2, 7, 5, 1)"),
        (lambda: evaluation.nearest(X, X, k=0), "k", "k=0"),
        (lambda: training.LogEpochs(0), "every", "every=0"),
        (lambda: training.train(tiny(), data.Batches(X), 0), "epochs", "epochs=0"),
    ],
)
@pytest.mark.usefixtures("no_settings")
def test_other_bad_arguments_are_refused(call, name, received):
    with says(ValueError, f"`{name}`", received):
        call()


@pytest.mark.usefixtures("no_settings")
def test_the_names_of_all_data_sets_are_listed():
    with says(ValueError, "`name`", *data.BUNDLED, "mnist", "fashion_mnist", "kmnist"):
        data.load("minst")


def test_a_bound_that_depends_on_the_data_is_given():
    with says(ValueError, "`latent_dim`", "at most 8", "latent_dim=9"):
        evaluation.fit_pca(X, 9)


def some_images():
    return data.Images(X, np.arange(8), np.arange(8))


# Images ------------------------------------------------------------------------------------------


def with_one(value):
    x = X.copy()
    x[-1, -1, -1] = value
    return x


# What is taken for images, and what the message must say of it; "{0}" stands for the argument.
NOT_IMAGES = {
    "no channel": (X[..., 0], "{0}.shape=(8, 7, 5)"),
    "flat": (X.reshape(8, -1), "{0}.shape=(8, 35)"),
    "one number": (0.5, "{0}.shape=()"),
    "none": (X[:0], "{0}.shape=(0, 7, 5, 1)"),
    "no pixels": (X[:, :0], "{0}.shape=(8, 0, 5, 1)"),
    "integers": ((255 * X).astype("uint8"), "{0}.dtype=uint8"),
    "objects": (X.astype(object), "{0}.dtype=object"),
    "truth values": (X > 0.5, "{0}.dtype=bool"),
    "0 to 255": (with_one(255), "255"),
    "a little too bright": (with_one(1.01), "1.01"),
    "negative": (with_one(-0.5), "-0.5"),
    "NaN": (with_one(np.nan), "NaN"),
    "infinite": (with_one(np.inf), "infinity"),
}

TAKE_IMAGES = {
    "Batches": ("x", data.Batches),
    "Batches' target": ("target", lambda x: data.Batches(X, x)),
    "noise": ("x", lambda x: data.gaussian_noise(x, 0.1)),
    "reconstruct": ("x", lambda x: evaluation.reconstruct(tiny(), x)),
    "encode": ("x", lambda x: evaluation.encode(tiny(), x)),
    "PCA": ("x_train", lambda x: evaluation.fit_pca(x, 2)),
    "mean image": ("x_train", lambda x: evaluation.mean_image_error(x, X)),
}


@pytest.mark.parametrize("what", NOT_IMAGES)
def test_bad_images_are_refused_by_everything_that_takes_images(what, tmp_path):
    bad, received = NOT_IMAGES[what]
    follow = ("x", lambda x: training.SaveReconstructions(x, tmp_path))
    for name, take in (*TAKE_IMAGES.values(), follow):
        with says(ValueError, f"`{name}`", received.format(name)):
            take(bad)


@pytest.mark.parametrize("what", ["0 to 255", "negative", "NaN", "infinite"])
def test_fit_and_evaluate_check_the_values_of_arrays(what):
    bad, received = NOT_IMAGES[what]
    for call in (tiny().fit, tiny().evaluate):
        with says(ValueError, "`x`", received):
            call(bad, verbose=0)
        with says(ValueError, "`y`", received):
            call(X, bad, verbose=0)
        with says(ValueError, "`x`", "x.shape=(0, 7, 5, 1)"):
            call(X[:0], verbose=0)


def test_a_bad_value_at_the_end_of_a_long_array_is_found():
    x = np.zeros((10_000, 1, 1, 1), "float32")
    x[9_999] = np.nan
    with says(ValueError, "`x`", "NaN"):
        data.Batches(x)


def test_float64_images_and_lists_are_accepted():
    assert data.Batches(X.astype("float64")).x.dtype == "float32"
    assert data.Batches(X.tolist()).x.dtype == "float32"


def test_each_image_must_have_a_target():
    with says(ValueError, "`target`", "3 targets", "8 images"):
        data.Batches(X, X[:3])


# Parts that do not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, "encoder", DenseEncoder, [DenseEncoder(2)]], ids=type)
def test_parts_must_be_keras_models(bad):
    with says(TypeError, "`encoder`", f"encoder={bad!r}"):
        Autoencoder(bad, DenseDecoder(SHAPE))
    with says(TypeError, "`decoder`", f"decoder={bad!r}"):
        Autoencoder(DenseEncoder(2), bad)


def used(part, x):
    """The part with weights for what it has seen."""
    part(x)
    return part


MISFITS = {
    "another code": lambda: (
        DenseEncoder(3, (8,), name="e"),
        used(DenseDecoder(SHAPE, (8,), name="d"), X[:, 0, :2, 0]),
    ),
    "another code, both used before": lambda: (
        used(DenseEncoder(3, (8,), name="e"), X),
        used(DenseDecoder(SHAPE, (8,), name="d"), X[:, 0, :2, 0]),
    ),
    "another size": lambda: (
        used(DenseEncoder(3, (8,), name="e"), images(1, (8, 5, 1))),
        DenseDecoder(SHAPE, (8,), name="d"),
    ),
    "other channels": lambda: (
        used(ConvEncoder(3, (2, 3), name="e"), images(1, (7, 5, 3))),
        DenseDecoder(SHAPE, (8,), name="d"),
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_parts_that_do_not_fit_together_are_refused(misfit):
    with says(ValueError, "`encoder`", "`decoder`", "(7, 5, 1)", "'e'", "'d'"):
        Autoencoder(*MISFITS[misfit]())


def test_a_decoder_of_images_of_another_shape_is_refused():
    decoder = keras.Sequential([keras.layers.Dense(36), keras.layers.Reshape((6, 6, 1))])
    model = Autoencoder(DenseEncoder(2, (8,)), decoder)
    with says(ValueError, "`decoder`", "(7, 5, 1)", "(6, 6, 1)"):
        model.build((None, *SHAPE))


# Refused batches ---------------------------------------------------------------------------------

EXPECTED = "(batch, 7, 5, 1)"
REFUSED = {
    "no channel": (X[..., 0], None, ("`x`", EXPECTED, "x.shape=")),
    "other channels": (X.repeat(3, axis=-1), None, ("`x`", EXPECTED, "x.shape=(", "7, 5, 3)")),
    "another size": (X[:, 1:], None, ("`x`", EXPECTED, "x.shape=(", "6, 5, 1)")),
    "integers": ((255 * X).astype("uint8"), None, ("`x`", "x.dtype=")),
    "long integers": (np.zeros_like(X, "int64"), None, ("`x`", "x.dtype=")),
    "objects": (X.astype(object), None, ("`x`", "x.dtype=object")),
    "labels as targets": (X, np.arange(8.0), ("`y`", EXPECTED, "y.shape=")),
    "targets of another size": (X, X[:, 1:], ("`y`", EXPECTED, "y.shape=(", "6, 5, 1)")),
    "integer targets": (X, (255 * X).astype("uint8"), ("`y`", "y.dtype=")),
    "too few targets": (X, X[:3], ("8", "3")),  # Keras words this error.
}


@pytest.mark.parametrize("trained", [False, True], ids=["new model", "trained model"])
def test_refused_batches_do_not_change_the_weights_or_later_training(trained):
    model, untouched = tiny(), tiny()
    for each in (model, untouched):
        if trained:
            each.fit(X, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for x, y, texts in REFUSED.values():
        with says(ValueError, *texts):
            model.fit(x, y, batch_size=4, verbose=0)
        if y is None and x.dtype != object:
            with says(ValueError, *texts):
                model.predict(x, batch_size=4, verbose=0)
    assert_same_weights(model, untouched)
    for each in (model, untouched):
        each.fit(X, batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert_same_weights(model, untouched)


def test_a_bad_last_batch_does_not_undo_earlier_steps():
    def batches():
        yield X[:4], X[:4]
        yield X[4:], X[4:, 1:]

    model, expected = tiny(), tiny()
    with says(ValueError, "`y`", EXPECTED, "y.shape=(", "5, 1)"):
        model.fit(batches(), steps_per_epoch=2, shuffle=False, verbose=0)
    # TensorFlow refuses before the first step, the other backends after it.
    for _ in range(int(model.optimizer.iterations)):
        expected.fit(X[:4], batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(model, expected)


def test_a_model_that_is_not_compiled_is_refused():
    model = Autoencoder(DenseEncoder(2, (8,)), DenseDecoder(SHAPE, (8,)))
    with says(ValueError, "compile()"):
        model.fit(X, verbose=0)
