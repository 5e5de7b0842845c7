"""ae_keras/models/iwae.py and evaluation/likelihood.py, compared with the integral over the code.

The code is one number and all parts are linear, so that NumPy can do what the model does:
`x_hat = sigmoid(z v + c)`.
"""

import keras
import numpy as np
import pytest
from scipy.special import expit, log_softmax, logsumexp

from ae_keras import IWAE, VAE, DenseDecoder, DenseEncoder, evaluation, losses
from contract import images, reported

SHAPE = (7, 5, 1)
X = images(3, SHAPE)
# Many copies of one image, so that the mean over a batch of random draws varies little.
MANY = np.tile(X[:1], (2000, 1, 1, 1))
V, C = np.linspace(-1.5, 1.5, 35)[None], np.zeros(35)
# The encoder's mean is a little off and its variance too large, so that there is a gap to close.
W, B = np.stack([V[0] / 8, V[0] / 50], axis=1), np.array([1, -0.3])


def model_of_one_number(kind=IWAE, **hyperparameters):
    model = kind(DenseEncoder(2, hidden=()), DenseDecoder(SHAPE, hidden=()), **hyperparameters)
    model.encoder.code.set_weights([W, B])
    model.decoder.pixels.set_weights([V, C])
    return model


def moments(x):
    return np.split(x.reshape(len(x), -1) @ W + B, 2, axis=1)


def log_likelihood_of_code(x, z):
    """`log p(x|z)` of each image for each of its codes, `z` `(n, codes)`."""
    x, logits = x.reshape(len(x), 1, -1), z[..., None] * V[0] + C
    return (x * np.log(expit(logits)) + (1 - x) * np.log(expit(-logits))).sum(axis=2)


def exact_log_likelihood(x):
    """`log` of the integral of `p(x|z) p(z)`, by summing over a fine grid."""
    z = np.linspace(-8, 8, 4001)
    log_prior = log_softmax(-(z**2) / 2)  # This makes the prior sum to 1 on the grid.
    likelihood = log_likelihood_of_code(x, np.broadcast_to(z, (len(x), z.size)))
    return logsumexp(likelihood + log_prior, axis=1)


def exact_negative_elbo(x):
    """By Gauss-Hermite quadrature over the code, and the KL in closed form."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    mean, log_var = moments(x)
    expected = log_likelihood_of_code(x, mean + np.exp(log_var / 2) * nodes) @ weights
    kl = (np.exp(log_var) + mean**2 - 1 - log_var)[:, 0] / 2
    return (kl - expected / weights.sum()).mean()


# The loss ----------------------------------------------------------------------------------------


def loss_with(n_samples, seed=0):
    return reported(model_of_one_number(n_samples=n_samples, seed=seed), MANY, loss=None)["loss"]


def test_one_draw_gives_the_bound_of_the_vae():
    expected = exact_negative_elbo(MANY[:1])
    loss = losses.binary_crossentropy
    assert reported(model_of_one_number(VAE), MANY, loss=loss)["loss"] == pytest.approx(
        expected, abs=0.2
    )
    assert loss_with(1) == pytest.approx(expected, abs=0.2)


def test_more_draws_tighten_the_bound_up_to_the_likelihood():
    exact = -exact_log_likelihood(MANY[:1])[0]
    found = np.array([loss_with(k) for k in (1, 4, 100)]) - exact
    assert found[0] > 2 * found[1] > 0.1, found
    assert found[2] == pytest.approx(0, abs=0.05)


def test_a_seed_repeats_the_draws_and_they_change_from_step_to_step():
    assert loss_with(2, seed=1) == loss_with(2, seed=1) != loss_with(2, seed=3)
    model = model_of_one_number()
    assert reported(model, X, loss=None) != reported(model, X, loss=None)


def test_evaluate_repeats_itself_and_estimates_the_same_bound():
    model = model_of_one_number(n_samples=100)
    model.compile()
    first, again = (model.evaluate(X, batch_size=2, verbose=0) for _ in range(2))
    assert first == again
    assert np.atleast_1d(first)[0] == pytest.approx(-exact_log_likelihood(X).mean(), abs=0.5)


def test_predict_decodes_the_mean_and_there_is_no_beta():
    model = model_of_one_number()
    expected = expit(moments(X)[0] @ V + C).reshape(X.shape)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)
    assert model.get_config()["n_samples"] == 5
    assert "beta" not in model.get_config()


def test_training_raises_the_likelihood():
    model, x = model_of_one_number(n_samples=8), np.round(X)
    before = evaluation.log_likelihood(model, x).mean()
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(np.tile(x, (200, 1, 1, 1)), batch_size=6, shuffle=False, verbose=0)
    assert evaluation.log_likelihood(model, x).mean() > before + 5


# The bounds of evaluation/likelihood.py ----------------------------------------------------------


def test_log_likelihood_is_the_integral_over_the_code():
    found = evaluation.log_likelihood(model_of_one_number(), X, n_samples=500)
    assert found.shape == (3,)
    np.testing.assert_allclose(found, exact_log_likelihood(X), atol=0.3)


def test_log_likelihood_tightens_with_the_draws():
    model, exact = model_of_one_number(), exact_log_likelihood(MANY[:1])
    gaps = [exact - evaluation.log_likelihood(model, MANY, k).mean() for k in (1, 4, 32)]
    assert gaps[0] > 1.5 * gaps[1] > 2 * gaps[2] > 0


@pytest.mark.parametrize("kind", [VAE, IWAE])
def test_negative_elbo_is_the_expectation_over_the_code(kind):
    x = np.concatenate([MANY, 1 - MANY])
    found = evaluation.negative_elbo(model_of_one_number(kind), x, n_samples=3)
    assert found == pytest.approx(exact_negative_elbo(x[1999:2001]), abs=0.15)


def test_bounds_are_the_same_for_one_seed_and_others_for_another():
    model = model_of_one_number(VAE)
    for bound in (evaluation.negative_elbo, evaluation.log_likelihood):
        first, again, other = (np.mean(bound(model, X, 2, seed=seed)) for seed in (1, 1, 2))
        assert first == again != other


def test_kl_per_unit_is_the_mean_over_the_images():
    (mean, log_var), model = moments(X), model_of_one_number()
    expected = ((np.exp(log_var) + mean**2 - 1 - log_var) / 2).mean()
    found = evaluation.kl_per_unit(*evaluation.posterior(model, X))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    np.testing.assert_array_equal(evaluation.kl_per_unit(np.zeros((4, 2)), np.zeros((4, 2))), 0)
