"""Every kind of autoencoder keeps the common contract, and one seed repeats its training."""

import pytest

from ae_keras import IWAE, backend, losses
from contract import assert_same_weights, check_model, images
from every_model import MODELS, SHAPE, new

X = images(10, SHAPE)


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_keeps_the_contract(name, tmp_path):
    model = backend.seed_weights(MODELS[name](), 0)
    check_model(model, X, tmp_path, None if isinstance(model, IWAE) else losses.squared_error)


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_repeats_the_training(name):
    twins = [new(name), new(name)]
    for model in twins:
        model.fit(X, batch_size=4, epochs=3, shuffle=False, verbose=0)
    assert_same_weights(*twins)
