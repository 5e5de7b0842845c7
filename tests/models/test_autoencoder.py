"""ae_keras/models/autoencoder.py: the contract for each pair of parts, and the mathematics."""

import keras
import numpy as np
import pytest

from ae_keras import (
    Autoencoder,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    evaluation,
    losses,
)
from ae_keras.models._portable import portable
from contract import assert_same_weights, check_model, images, output, tiny

GREY, COLOUR, ODD, PIXEL = (28, 28, 1), (32, 32, 3), (7, 5, 1), (1, 1, 1)


def conv_encoder(latent_dim, down="stride"):
    return ConvEncoder(latent_dim, filters=(2, 3), down=down)


def conv_decoder(shape, up="transposed"):
    return ConvDecoder(shape, filters=(3, 2), up=up)


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        pytest.param(DenseEncoder(16, (8,)), DenseDecoder(GREY, (8,)), id="dense, grey"),
        pytest.param(DenseEncoder(1, ()), DenseDecoder(PIXEL, ()), id="linear, one pixel"),
        pytest.param(conv_encoder(1), conv_decoder(ODD), id="stride, transposed, odd size"),
        pytest.param(conv_encoder(2, "pool"), conv_decoder(COLOUR, "nearest"), id="pool, nearest"),
        pytest.param(conv_encoder(16, "pool"), DenseDecoder(ODD, (8,)), id="pool, dense"),
        pytest.param(DenseEncoder(2, (8,)), conv_decoder(ODD, "nearest"), id="dense, nearest"),
    ],
)
def test_each_pair_of_parts_keeps_the_contract(encoder, decoder, tmp_path):
    model = Autoencoder(encoder, decoder)
    check_model(model, images(10, decoder.image_shape), tmp_path)


def test_reconstruction_is_the_decoding_of_the_code():
    model, x = tiny(), images(3, ODD)
    np.testing.assert_array_equal(output(model, x), output(model.decoder, model.encoder(x)))


def test_without_a_target_the_image_is_the_target():
    with_target, without = tiny(), tiny()
    x = images(10, ODD)
    with_target.fit(x, x, epochs=2, batch_size=4, shuffle=False, verbose=0)
    without.fit(x, epochs=2, batch_size=4, shuffle=False, verbose=0)
    assert_same_weights(with_target, without)


def test_a_target_that_differs_from_the_input_is_learned():
    model = tiny(optimizer=keras.optimizers.Adam(0.05))
    x = images(10, ODD)
    target = np.broadcast_to(images(1, ODD, seed=1), x.shape)
    many = (60, 1, 1, 1)
    model.fit(np.tile(x, many), np.tile(target, many), batch_size=10, verbose=0)
    x_hat = evaluation.reconstruct(model, x)
    to_target = evaluation.squared_error(target, x_hat).mean()
    assert to_target < 0.2 * evaluation.squared_error(x, x_hat).mean()


def test_evaluate_reports_the_squared_error_per_image():
    model, x = tiny(), images(10, ODD)
    expected = evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()
    assert model.evaluate(x, batch_size=4, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_metrics_compare_with_the_image_when_there_is_no_target():
    model, x = tiny(), images(10, ODD)
    model.compile(loss=losses.squared_error, metrics=[keras.metrics.MeanSquaredError(name="mse")])
    found = model.evaluate(x, batch_size=10, verbose=0, return_dict=True)
    assert found["mse"] * np.prod(ODD) == pytest.approx(found["loss"], rel=1e-4)


def test_a_model_is_built_at_once_for_images_of_the_decoder():
    model = Autoencoder(DenseEncoder(2, (8,)), DenseDecoder(ODD, (8,)))
    assert model.built
    assert model.image_shape == ODD
    assert model.compute_output_shape((None, *ODD)) == (None, *ODD)


def test_the_first_batch_builds_a_model_whose_decoder_has_no_image_shape():
    decoder = keras.Sequential([keras.layers.Dense(35), keras.layers.Reshape(ODD)])
    model = Autoencoder(DenseEncoder(2, (8,)), decoder)
    assert not model.built
    model.compile(optimizer="adam", loss=losses.squared_error)
    model.fit(images(4, ODD), verbose=0)
    assert model.image_shape == ODD


def test_two_fits_from_one_seed_give_identical_weights():
    models = []
    for _ in range(2):
        backend.set_seed(3)
        model = Autoencoder(DenseEncoder(2, (8,)), DenseDecoder(ODD, (8,)))
        model.compile(optimizer="adam", loss=losses.squared_error)
        model.fit(images(10, ODD), batch_size=4, epochs=2, verbose=0)
        models.append(model)
    assert_same_weights(*models)


@pytest.fixture(scope="module")
def linear():
    """A linear autoencoder trained on images of six pixels, and those images."""
    rng = np.random.default_rng(0)
    spread = np.diag([0.3, 0.25, 0.1, 0.1, 0.08, 0.08])
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    x = 0.5 + rng.uniform(-1, 1, (60, 6)) @ spread @ turn
    x = x.reshape(60, 3, 2, 1).astype("float32")
    steps = 800
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.15, steps))
    model = tiny((3, 2, 1), hidden=(), optimizer=optimizer, output_activation=None)
    model.fit(np.tile(x, (steps, 1, 1, 1)), batch_size=60, shuffle=False, verbose=0)
    return model, x


def test_linear_autoencoder_reaches_the_error_of_pca(linear):
    model, x = linear
    error = evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()
    best = evaluation.pca_error(x, x, 2)
    assert best * (1 - 1e-4) < error < best * 1.02


def test_linear_autoencoder_spans_the_subspace_of_pca(linear):
    model, x = linear
    spanned = np.linalg.qr(model.decoder.pixels.get_weights()[0].T)[0]
    cosines = np.linalg.svd(evaluation.fit_pca(x, 2).components_ @ spanned)[1]
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


def test_mixed_precision_trains():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, x = tiny(), images(10, ODD)
        errors = model.fit(x, epochs=5, batch_size=10, verbose=0).history["loss"]
    finally:
        keras.config.set_dtype_policy(policy)
    assert errors[-1] < errors[0]


def test_a_compile_configuration_does_not_depend_on_the_backend():
    torch_only = {"module": "keras.src.backend.torch.optimizers.torch_adam", "class_name": "Adam"}
    found = portable({"optimizer": torch_only, "jit_compile": True, "loss": "mse"})
    optimizer = {"module": "keras.optimizers", "class_name": "Adam", "registered_name": None}
    assert found == {"optimizer": optimizer, "jit_compile": "auto", "loss": "mse"}
