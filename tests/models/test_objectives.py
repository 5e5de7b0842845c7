"""Every kind of autoencoder keeps the one contract, and trains the same twice."""

import pytest

from ae_keras import IWAE, backend, losses
from contract import assert_same_weights, check_model, images
from every_model import MODELS, SHAPE, new

X = images(10, SHAPE)


@pytest.mark.parametrize("name", MODELS)
def test_contract(name, tmp_path):
    model = backend.seed_weights(MODELS[name](), 0)
    check_model(model, X, tmp_path, None if isinstance(model, IWAE) else losses.squared_error)


@pytest.mark.parametrize("name", MODELS)
def test_one_seed_trains_the_same_twice(name):
    twins = [new(name), new(name)]
    for model in twins:
        model.fit(X, batch_size=4, epochs=3, shuffle=False, verbose=0)
    assert_same_weights(*twins)
