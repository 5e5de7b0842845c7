"""ae_keras/models/vae.py: the parts of the loss, the draws, and new images."""

import keras
import numpy as np
import pytest

from ae_keras import VAE, DenseDecoder, DenseEncoder, backend, evaluation, losses
from contract import images, output, parts, reported

SHAPE = (7, 5, 1)
X = images(10, SHAPE)


def variational(**hyperparameters):
    return backend.seed_weights(VAE(*parts(4), **hyperparameters), 0)


def kl_of(model, x=X):
    """KL to the standard normal per image, by NumPy."""
    mean, log_var = np.split(output(model.encoder, x).astype("float64"), 2, axis=1)
    return ((np.exp(log_var) + mean**2 - 1 - log_var) / 2).sum(axis=1).mean()


# The code ----------------------------------------------------------------------------------------


def test_the_encoder_returns_means_and_then_log_variances():
    model = variational()
    assert model.latent_dim == 2
    h = output(model.encoder, X)
    for found, expected in zip(model.moments(model.encoder(X)), (h[:, :2], h[:, 2:]), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), expected)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model.encode(X)), h[:, :2])
    np.testing.assert_allclose(evaluation.posterior(model, X), (h[:, :2], h[:, 2:]), atol=1e-6)


def test_predict_decodes_the_mean():
    model = variational()
    mean = output(model.encoder, X)[:, :2]
    expected = output(model.decoder, mean)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-6)


def test_draws_have_the_given_mean_and_variance():
    mean, std, n = np.array([-1, 0, 3]), np.array([0.1, 1, 2]), 20_000
    rows = [np.broadcast_to(row, (n, 3)).astype("float32") for row in (mean, 2 * np.log(std))]
    drawn = variational().reparameterize(*map(keras.ops.convert_to_tensor, rows))
    z = keras.ops.convert_to_numpy(drawn)
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose(z.std(axis=0), std, rtol=0.03)
    np.testing.assert_allclose(np.corrcoef(z.T), np.eye(3), atol=0.03)


def test_a_seed_repeats_the_draws_and_they_change_from_step_to_step():
    first, again, other = (variational(seed=seed) for seed in (1, 1, 2))
    found = [reported(model, X)["loss"] for model in (first, again, other)]
    assert found[0] == found[1] != found[2]
    changing = first.fit(X, batch_size=10, epochs=3, verbose=0).history["loss"]
    assert len(set(changing)) == 3


# The loss ----------------------------------------------------------------------------------------


def test_the_metric_is_the_kl_per_image_whatever_the_batches():
    model = variational()
    assert reported(model, X)["kl"] == pytest.approx(kl_of(model), rel=1e-5)
    found = model.evaluate(X, batch_size=4, verbose=0, return_dict=True)
    assert found["kl"] == pytest.approx(kl_of(model), rel=1e-5)


@pytest.mark.parametrize("loss", [losses.squared_error, losses.binary_crossentropy])
@pytest.mark.parametrize("beta", [0, 1, 4])
def test_evaluate_reports_the_loss_of_the_mean_and_beta_times_the_kl(beta, loss):
    model = variational(beta=beta)
    model.compile(loss=loss)
    x_hat = output(model.decoder, output(model.encoder, X)[:, :2])
    expected = keras.ops.convert_to_numpy(loss(X, x_hat)).mean() + beta * kl_of(model)
    found = model.evaluate(X, batch_size=4, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("beta", [0.5, 4])
def test_beta_weighs_the_kl_while_training(beta):
    free, weighed = variational(beta=0), variational(beta=beta)
    difference = reported(weighed, X)["loss"] - reported(free, X)["loss"]
    assert difference == pytest.approx(beta * kl_of(free), rel=1e-3)


def test_beta_may_change_from_epoch_to_epoch_without_compiling_again():
    model = variational(beta=1)
    model.decoder.pixels.set_weights([0 * weight for weight in model.decoder.pixels.get_weights()])
    model.compile(keras.optimizers.SGD(0.0), loss=losses.squared_error)
    values = [0, 2, 5]
    assign = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: model.beta.assign(values[epoch])
    )
    found = model.fit(X, batch_size=10, epochs=3, callbacks=[assign], verbose=0).history["loss"]
    # The decoder returns grey images whatever code is drawn, so that the error is known.
    grey = evaluation.squared_error(X, np.full_like(X, 0.5)).mean()
    np.testing.assert_allclose(found, [grey + beta * kl_of(model) for beta in values], rtol=1e-5)
    assert float(model.beta) == 5


def test_a_changed_beta_is_saved_and_the_first_one_is_the_configuration(tmp_path):
    model = variational(beta=1)
    model.beta.assign(3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert float(loaded.beta) == 3
    assert loaded.get_config()["beta"] == 1


def test_gradients_flow_through_the_draws():
    """At `beta=0` nothing else moves the log variances; less noise makes a smaller error."""
    model = variational(beta=0)
    model.compile(keras.optimizers.Adam(0.02), loss=losses.squared_error)
    before = output(model.encoder, X)[:, 2:].mean()
    model.fit(np.tile(X, (100, 1, 1, 1)), batch_size=10, verbose=0)
    assert output(model.encoder, X)[:, 2:].mean() < before - 0.5


def test_a_strong_beta_makes_the_code_the_prior():
    model = variational(beta=100)
    model.compile(keras.optimizers.Adam(0.02), loss=losses.squared_error)
    model.fit(np.tile(X, (100, 1, 1, 1)), batch_size=10, verbose=0)
    np.testing.assert_allclose(output(model.encoder, X), 0, atol=0.05)


# New images --------------------------------------------------------------------------------------


def test_new_images_are_decoded_from_the_prior():
    """The decoder adds 0.5 to each of two codes: the pixels are codes."""
    decoder = DenseDecoder((1, 2, 1), hidden=(), output_activation=None)
    model = VAE(DenseEncoder(4, hidden=()), decoder)
    decoder.pixels.set_weights([np.eye(2), np.full(2, 0.5)])
    codes = keras.ops.convert_to_numpy(model.sample(5000)).reshape(5000, 2) - 0.5
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(np.cov(codes.T), np.eye(2), atol=0.06)


def test_new_images_repeat_with_a_seed_and_differ_with_another():
    model = variational()
    first, again, other = (
        keras.ops.convert_to_numpy(model.sample(3, seed=seed)) for seed in (1, 1, 2)
    )
    assert first.shape == (3, *SHAPE)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
