"""Bad input: a clear error, and nothing lost by it. Files: see test_files.py and test_idx.py."""

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
def test_latent_dim(kind, bad):
    with says(ValueError, f"`latent_dim` must be an integer >= 1. Received: latent_dim={bad!r}."):
        kind(bad)


@pytest.mark.parametrize("good", [np.int64(2), np.uint8(2)], ids=repr)
def test_integers_of_numpy_are_integers(good):
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
def test_widths(make, name):
    for bad in (8, "88", None, 2.5, {8}):
        with says(
            ValueError, f"`{name}` must be a sequence of integers >= 1. Received: {name}={bad!r}."
        ):
            make(bad)
    for bad in (0, -3, 2.5, "8", None, True):
        message = f"`{name}[1]` must be an integer >= 1. Received: {name}[1]={bad!r}."
        with says(ValueError, message):
            make((4, bad))


@pytest.mark.parametrize("kind", [DenseDecoder, ConvDecoder])
def test_image_shape(kind):
    for bad in ((28, 28), (1, 28, 28, 1), 28, "abc", None, ()):
        message = "`image_shape` must be (height, width, channels), such as (28, 28, 1). Received:"
        with says(ValueError, f"{message} image_shape={bad!r}."):
            kind(bad)
    for bad in (0, -28, 2.5, "28", None):
        with says(
            ValueError,
            f"`image_shape[0]` must be an integer >= 1. Received: image_shape[0]={bad!r}.",
        ):
            kind((bad, 28, 1))


def test_a_convolutional_decoder_needs_a_stage():
    with says(ValueError, "`filters` must hold at least one stage. Received: filters=()."):
        ConvDecoder(SHAPE, filters=())


@pytest.mark.parametrize("bad", ["", "Stride", None, 2, ["stride"]], ids=repr)
def test_down_and_up(bad):
    with says(ValueError, f"`down` must be one of 'stride', 'pool'. Received: down={bad!r}."):
        ConvEncoder(2, down=bad)
    with says(ValueError, f"`up` must be one of 'transposed', 'nearest'. Received: up={bad!r}."):
        ConvDecoder(SHAPE, up=bad)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: data.Batches(X, batch_size=0),
            "`batch_size` must be an integer >= 1. Received: batch",
        ),
        (lambda: data.Batches(X, seed=-1), "`seed` must be an integer in [0, 2**32). Received: s"),
        (
            lambda: plots.plot_rows({"a": X, "b": X[:3]}),
            "`rows` must hold as many images in each row. Received: 'a': 8, 'b': 3.",
        ),
        (lambda: data.Batches(X, batch_size=2.0), "Received: batch_size=2.0."),
        (
            lambda: data.load("minst"),
            "`name` must be one of digits, glyphs, photos, shapes, signals, mnist, f",
        ),
        (lambda: data.load("minst"), "Received: name='minst'."),
        (
            lambda: data.load(subset="valid"),
            "`subset` must be one of 'train', 'test'. Received: subs",
        ),
        (
            lambda: data.gaussian_noise(X, -1),
            "`stddev` must be a number >= 0. Received: stddev=-1.",
        ),
        (lambda: data.gaussian_noise(X, math.nan), "Received: stddev=nan."),
        (lambda: data.gaussian_noise(X, "0.1"), "Received: stddev='0.1'."),
        (
            lambda: data.split(some_images(), 0),
            "`fraction` must lie strictly between 0 and 1. Received",
        ),
        (lambda: data.split(some_images(), 1), "Received: fraction=1."),
        (lambda: data.split(some_images(), math.nan), "Received: fraction=nan."),
        (
            lambda: data.split(some_images()[:1]),
            "`images` must hold two or more groups",
        ),
        (
            lambda: data.to_unit_range(X),
            "must hold integers in 0..255. Received: images.dtype=float32",
        ),
        (lambda: data.to_unit_range(np.array([-1])), "0..255. Received: values from -1 to -1."),
        (lambda: data.to_unit_range(np.array([0, 256])), "0..255. Received: values from 0 to 256."),
        (
            lambda: evaluation.fit_pca(X, 0),
            "`latent_dim` must be an integer >= 1. Received: latent_di",
        ),
        (
            lambda: evaluation.fit_pca(X, 9),
            "`latent_dim` must be at most 8 for training images of shape",
        ),
        (
            lambda: evaluation.squared_error(X, X[:2]),
            "`x_hat` must have the shape of `x`. Received: x (8",
        ),
        (lambda: evaluation.nearest(X, X, k=0), "`k` must be an integer >= 1. Received: k=0."),
        (lambda: training.LogEpochs(0), "`every` must be an integer >= 1. Received: every=0."),
        (
            lambda: training.train(tiny(), data.Batches(X), 0),
            "`epochs` must be an integer >= 1. Received",
        ),
    ],
)
@pytest.mark.usefixtures("no_settings")
def test_other_arguments(call, message):
    with says(ValueError, message):
        call()


def some_images():
    return data.Images(X, np.arange(8), np.arange(8))


# Images ------------------------------------------------------------------------------------------


def with_one(value):
    x = X.copy()
    x[-1, -1, -1] = value
    return x


SHAPED = "must be images of shape (n, height, width, channels), n >= 1. Received:"
NOT_IMAGES = {
    "no channel": (X[..., 0], f"{SHAPED} {{0}}.shape=(8, 7, 5). Add the channel: x[..., None]."),
    "flat": (X.reshape(8, -1), f"{SHAPED} {{0}}.shape=(8, 35)."),
    "one number": (0.5, f"{SHAPED} {{0}}.shape=()."),
    "none": (X[:0], f"{SHAPED} {{0}}.shape=(0, 7, 5, 1)."),
    "no pixels": (X[:, :0], f"{SHAPED} {{0}}.shape=(8, 0, 5, 1)."),
    "integers": (
        (255 * X).astype("uint8"),
        "must hold floats in [0, 1]. Received: {0}.dtype=uint8.",
    ),
    "objects": (X.astype(object), "must hold floats in [0, 1]. Received: {0}.dtype=object."),
    "truth values": (X > 0.5, "must hold floats in [0, 1]. Received: {0}.dtype=bool."),
    "0 to 255": (with_one(255), "must lie in [0, 1]. Received: values from"),
    "a little too bright": (with_one(1.01), "to 1.01. Scale it with `data.to_unit_range` first."),
    "negative": (with_one(-0.5), "must lie in [0, 1]. Received: values from -0.5 to"),
    "NaN": (
        with_one(np.nan),
        "must hold finite numbers. Received: NaN or infinity among its pixels.",
    ),
    "infinite": (with_one(np.inf), "must hold finite numbers. Received: NaN or infinity"),
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
def test_what_is_no_image_is_refused_by_whoever_takes_images(what, tmp_path):
    bad, message = NOT_IMAGES[what]
    follow = ("x", lambda x: training.SaveReconstructions(x, tmp_path))
    for name, take in (*TAKE_IMAGES.values(), follow):
        with says(ValueError, f"`{name}` must ", message.format(name)):
            take(bad)


@pytest.mark.parametrize("what", ["0 to 255", "negative", "NaN", "infinite"])
def test_fit_and_evaluate_look_at_the_values_of_arrays(what):
    bad, message = NOT_IMAGES[what]
    for call in (tiny().fit, tiny().evaluate):
        with says(ValueError, message.format("x")):
            call(bad, verbose=0)
        with says(ValueError, "`y` ", message.format("y")):
            call(X, bad, verbose=0)
        with says(ValueError, "`x` must be images of shape (n, height, width, channels), n >= 1."):
            call(X[:0], verbose=0)


def test_a_fault_far_down_a_long_array_is_found():
    x = np.zeros((10_000, 1, 1, 1), "float32")
    x[9_999] = np.nan
    with says(ValueError, "`x` must hold finite numbers."):
        data.Batches(x)


def test_float64_images_and_lists_are_accepted():
    assert data.Batches(X.astype("float64")).x.dtype == "float32"
    assert data.Batches(X.tolist()).x.dtype == "float32"


def test_targets_of_another_number():
    with says(
        ValueError, "`target` must hold one image for each of `x`. Received: 3 targets, 8 images."
    ):
        data.Batches(X, X[:3])


# Parts that do not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, "encoder", DenseEncoder, [DenseEncoder(2)]], ids=type)
def test_parts_that_are_no_models(bad):
    with says(TypeError, f"`encoder` must be a keras.Model. Received: encoder={bad!r}."):
        Autoencoder(bad, DenseDecoder(SHAPE))
    with says(TypeError, f"`decoder` must be a keras.Model. Received: decoder={bad!r}."):
        Autoencoder(DenseEncoder(2), bad)


def used(part, x):
    """The part with weights for what it has seen."""
    part(x)
    return part


FIT = (
    "`encoder` and `decoder` must fit together and accept images of shape (7, 5, 1). Received: 'e'"
)
MISFITS = {
    "another code": (
        lambda: (DenseEncoder(3, (8,), name="e"), used(DenseDecoder(SHAPE, (8,)), X[:, 0, :2, 0])),
        FIT,
    ),
    "another code, both used before": (
        lambda: (
            used(DenseEncoder(3, (8,), name="e"), X),
            used(DenseDecoder(SHAPE, (8,)), X[:, 0, :2, 0]),
        ),
        FIT,
    ),
    "another size": (
        lambda: (
            used(DenseEncoder(3, (8,), name="e"), images(1, (8, 5, 1))),
            DenseDecoder(SHAPE, (8,)),
        ),
        FIT,
    ),
    "other channels": (
        lambda: (
            used(ConvEncoder(3, (2, 3), name="e"), images(1, (7, 5, 3))),
            DenseDecoder(SHAPE, (8,)),
        ),
        FIT,
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_parts_that_do_not_fit_together(misfit):
    parts, message = MISFITS[misfit]
    with says(ValueError, message):
        Autoencoder(*parts())


def test_a_decoder_whose_images_have_another_shape_than_those_encoded():
    decoder = keras.Sequential([keras.layers.Dense(36), keras.layers.Reshape((6, 6, 1))])
    model = Autoencoder(DenseEncoder(2, (8,)), decoder)
    message = "Received: images (7, 5, 1), reconstructions (6, 6, 1)."
    with says(ValueError, message):
        model.build((None, *SHAPE))


# Refused batches ---------------------------------------------------------------------------------

EXPECTED = "must be images of shape (batch, 7, 5, 1). Received:"
REFUSED = {
    "no channel": (X[..., 0], None, f"`x` {EXPECTED} x.shape="),
    "other channels": (X.repeat(3, axis=-1), None, f"`x` {EXPECTED} x.shape=("),
    "another size": (X[:, 1:], None, f"`x` {EXPECTED} x.shape=("),
    "integers": (
        (255 * X).astype("uint8"),
        None,
        "`x` must hold floats in [0, 1]. Received: x.dtype=",
    ),
    "long integers": (np.zeros_like(X, "int64"), None, "`x` must hold floats in [0, 1]. Received:"),
    "objects": (X.astype(object), None, "`x` must hold floats in [0, 1]. Received: x.dtype=object"),
    "labels as targets": (X, np.arange(8.0), f"`y` {EXPECTED} y.shape="),
    "targets of another size": (X, X[:, 1:], f"`y` {EXPECTED} y.shape=("),
    "integer targets": (X, (255 * X).astype("uint8"), "`y` must hold floats in [0, 1]. Received:"),
    "too few targets": (X, X[:3], "Make sure all arrays contain the same number of samples"),
}


@pytest.mark.parametrize("trained", [False, True], ids=["new model", "trained model"])
def test_after_refused_batches_a_right_fit_works_as_if_nothing_had_been(trained):
    model, untouched = tiny(), tiny()
    for each in (model, untouched):
        if trained:
            each.fit(X, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for x, y, message in REFUSED.values():
        with says(ValueError, message):
            model.fit(x, y, batch_size=4, verbose=0)
        if y is None and x.dtype != object:
            with says(ValueError, message):
                model.predict(x, batch_size=4, verbose=0)
    assert_same_weights(model, untouched)
    for each in (model, untouched):
        each.fit(X, batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert_same_weights(model, untouched)


def test_a_bad_last_batch_loses_nothing_either():
    def batches():
        yield X[:4], X[:4]
        yield X[4:], X[4:, 1:]

    model, expected = tiny(), tiny()
    with says(ValueError, f"`y` {EXPECTED} y.shape=("):
        model.fit(batches(), steps_per_epoch=2, shuffle=False, verbose=0)
    for _ in range(int(model.optimizer.iterations)):  # TensorFlow refuses before the first batch
        expected.fit(X[:4], batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(model, expected)


def test_a_model_that_was_not_compiled_says_so():
    model = Autoencoder(DenseEncoder(2, (8,)), DenseDecoder(SHAPE, (8,)))
    with says(ValueError, "You must call `compile()` before using the model."):
        model.fit(X, verbose=0)
