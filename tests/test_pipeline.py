"""pipeline: a trained encoder among scikit-learn's steps."""

import keras
import numpy as np
import pytest
from contract import images, output, parts, says, tiny
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from ae_keras import VAE, backend, evaluation
from ae_keras.pipeline import Codes

SHAPE = (7, 5, 1)


def two_classes(n):
    """Dark images and bright ones in turns, and which is which."""
    labels = np.arange(n) % 2
    return images(n, SHAPE) / 2 + labels[:, None, None, None].astype("float32") / 2, labels


def classifier(model):
    return make_pipeline(Codes(model), StandardScaler(), LogisticRegression())


def test_codes_are_those_of_the_encoder():
    model, x = tiny(), images(5, SHAPE)
    z = Codes(model, batch_size=2).fit(x).transform(x)
    assert isinstance(z, np.ndarray)
    np.testing.assert_allclose(z, output(model.encoder, x), atol=1e-6)
    np.testing.assert_allclose(Codes(model).fit_transform(x, [0] * 5), z, atol=1e-6)


def test_a_variational_code_is_its_mean():
    model, x = backend.seed_weights(VAE(*parts(4, SHAPE)), 0), images(5, SHAPE)
    z = Codes(model).transform(x)
    np.testing.assert_allclose(z, evaluation.posterior(model, x)[0], atol=1e-6)


def test_fit_trains_nothing():
    model, (x, labels) = tiny(), two_classes(20)
    before = [w.copy() for w in model.get_weights()]
    codes = Codes(model)
    assert codes.fit(x, labels) is codes
    classifier(model).fit(x, labels)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_clone_shares_the_network_and_nothing_else():
    codes = Codes(tiny(), batch_size=3)
    copy = clone(codes)
    assert copy is not codes
    assert copy.model is codes.model
    assert copy.set_params(batch_size=5).batch_size == 5
    assert codes.batch_size == 3


def test_a_clone_of_a_naive_step_copies_the_network():
    class Naive(TransformerMixin, BaseEstimator):
        def __init__(self, model):
            self.model = model

    model = tiny()
    assert clone(Naive(model)).model is not model


def test_it_counts_as_fitted_and_a_pipeline_is_as_fitted_as_its_end():
    model, (x, labels) = tiny(), two_classes(20)
    check_is_fitted(Codes(model))
    whole = classifier(model)
    with pytest.raises(NotFittedError):
        check_is_fitted(whole)
    check_is_fitted(whole.fit(x, labels))


def test_cross_validation_finds_what_the_codes_tell():
    x, labels = two_classes(60)
    scores = cross_val_score(classifier(tiny()), x, labels, cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.9
    shuffled = np.random.default_rng(0).permutation(labels)
    assert cross_val_score(classifier(tiny()), x, shuffled, cv=3).mean() < 0.8


def test_a_grid_search_tries_networks_and_settings(rng):
    x, labels = two_classes(40)
    blind = tiny()
    blind.encoder.set_weights([np.zeros_like(w) for w in blind.encoder.get_weights()])
    seeing = tiny()
    grid = {"codes": [Codes(blind), Codes(seeing)], "logisticregression__C": [0.1, 10]}
    search = GridSearchCV(classifier(blind), grid, cv=2).fit(x, labels)
    assert search.best_params_["codes"].model is seeing
    assert search.best_estimator_["codes"].model is seeing
    assert search.score(x, labels) > 0.9
    assert (search.cv_results_["mean_test_score"][:2] <= 0.5).all()


def test_parameters_are_scikit_learns():
    model = tiny()
    assert Codes(model).get_params() == {"model": model, "batch_size": 512}
    assert repr(Codes(model, 7)).startswith("Codes(")


def test_bad_input_is_refused_in_words():
    x = images(3, SHAPE)
    for wrong in (None, "model", keras.Sequential([keras.layers.Flatten()])):
        with says(ValueError, "`model` must be a trained model with an `encoder`", "Received: "):
            Codes(wrong).fit(x).transform(x)
    with says(ValueError, "`x` must be images of shape (n, height, width, channels)"):
        Codes(tiny()).transform(x[0])
    with says(ValueError, "`x` must hold floats in [0, 1]. Received: x.dtype=uint8."):
        Codes(tiny()).transform((255 * x).astype("uint8"))
    with says(ValueError, "`batch_size` must be an integer >= 1. Received: batch_size=0."):
        Codes(tiny(), batch_size=0).transform(x)
