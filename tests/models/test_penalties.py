"""ae_keras/models/sparse.py and contractive.py: what they add to the loss in training."""

import keras
import numpy as np
import pytest

from ae_keras import (
    ContractiveAutoencoder,
    ConvDecoder,
    ConvEncoder,
    SparseAutoencoder,
    backend,
    evaluation,
)
from contract import images, output, parts, reported

SHAPE = (7, 5, 1)
X = images(10, SHAPE)


def error_of(model, x=X):
    return evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()


def penalty(model, x=X):
    """What training reports in addition to the squared error, which is all `evaluate` reports."""
    error = error_of(model, x)
    total = reported(model, x)["loss"]
    assert model.evaluate(x, batch_size=4096, verbose=0) == pytest.approx(error, rel=1e-5)
    return total - error


# Sparse ------------------------------------------------------------------------------------------


def sparse(code_activation, **hyperparameters):
    model = SparseAutoencoder(*parts(3, code_activation=code_activation), **hyperparameters)
    return backend.seed_weights(model, 0)


@pytest.mark.parametrize("weight", [0, 0.5, 2])
def test_l1_is_the_sum_over_the_code_averaged_over_the_images(weight):
    model = sparse("relu", weight=weight)
    activity = output(model.encoder, X)
    assert (activity > 0).any()
    assert penalty(model) == pytest.approx(weight * activity.sum() / 10, abs=1e-4)


def test_l1_of_a_map_is_summed_over_its_places():
    encoder = ConvEncoder(2, (3, 2), code_activation="relu", flat=False)
    model = SparseAutoencoder(encoder, ConvDecoder(SHAPE, (2, 3), flat=False), weight=2)
    expected = 2 * output(backend.seed_weights(model, 1).encoder, X).sum() / 10
    assert expected > 0.01
    assert penalty(model) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("target", [0.05, 0.7])
def test_kl_compares_the_mean_activity_of_each_unit_with_the_target(target):
    model = sparse("sigmoid", weight=3, target=target)
    a = output(model.encoder, X).mean(axis=0, dtype="float64")
    kl = target * np.log(target / a) + (1 - target) * np.log((1 - target) / (1 - a))
    assert penalty(model) == pytest.approx(3 * kl.sum(), rel=1e-4)


@pytest.mark.parametrize(
    ("code_activation", "hyperparameters", "activity"),
    [("relu", {"weight": 0.1}, 0), ("sigmoid", {"weight": 10, "target": 0.1}, 0.1)],
)
def test_training_brings_the_activity_to_the_target(code_activation, hyperparameters, activity):
    free, held = sparse(code_activation, weight=0), sparse(code_activation, **hyperparameters)
    for model in (free, held):
        model.compile(keras.optimizers.Adam(0.05), loss="mean_squared_error")
        model.fit(np.tile(X, (100, 1, 1, 1)), batch_size=10, shuffle=False, verbose=0)
    found = [abs(output(model.encoder, X).mean(axis=0) - activity).max() for model in (free, held)]
    assert found[1] < 0.05 < found[0]


# Contractive -------------------------------------------------------------------------------------

MANY = images(4000, SHAPE)


def contractive(code_activation="linear", hidden=(), **hyperparameters):
    model = ContractiveAutoencoder(
        *parts(3, hidden=hidden, code_activation=code_activation), **hyperparameters
    )
    return backend.seed_weights(model, 0)


@pytest.mark.parametrize("stddev", [0.01, 0.5])
def test_the_penalty_of_a_linear_encoder_is_the_norm_of_its_matrix(stddev):
    model = contractive(weight=2, stddev=stddev)
    matrix = model.encoder.code.get_weights()[0]
    assert penalty(model, MANY) == pytest.approx(2 * (matrix**2).sum(), rel=0.05)


def test_the_penalty_of_a_sigmoid_encoder_is_the_closed_form_of_the_paper():
    model = contractive("sigmoid", weight=1)
    slope = (lambda z: z * (1 - z))(output(model.encoder, MANY).astype("float64"))
    matrix = model.encoder.code.get_weights()[0]
    expected = (slope**2 * (matrix**2).sum(axis=0)).sum(axis=1).mean()
    assert penalty(model, MANY) == pytest.approx(expected, rel=0.05)


def test_each_batch_is_perturbed_anew_and_a_seed_repeats_it():
    first, again, other = (contractive(weight=1, seed=seed) for seed in (4, 4, 5))
    losses = [reported(model, X)["loss"] for model in (first, again, other)]
    assert losses[0] == losses[1] != losses[2]
    assert reported(first, X)["loss"] != losses[0]


def test_training_makes_the_encoder_less_sensitive():
    free, held = (contractive(hidden=(8,), weight=weight) for weight in (0, 1.0))
    for model in (free, held):
        model.compile(keras.optimizers.Adam(0.02), loss="mean_squared_error")
        model.fit(MANY, batch_size=100, shuffle=False, verbose=0)
    perturbed = np.clip(MANY[:200] + 0.01, 0, 1)
    moved = [
        abs(output(model.encoder, perturbed) - output(model.encoder, MANY[:200])).mean()
        for model in (free, held)
    ]
    assert moved[1] < 0.2 * moved[0]
