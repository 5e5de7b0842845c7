"""Mixed precision: every kind of model trains with 16-bit layers, 32-bit weights and losses."""

import keras
import numpy as np
import pytest

from ae_keras import data, losses, training
from contract import assert_same_weights, images, tiny
from every_model import SHAPE, new

X = images(12, SHAPE)
# Each adds a loss of its own, whose sums could need more than 16 bits, or whose type could differ
# from that of the loss that it is added to.
KINDS = ["sparse, KL", "contractive", "variational", "importance weighted", "vector quantised"]


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("policy", ["mixed_float16"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_the_losses_are_close_to_those_of_32_bits(kind, policy):
    model = new(kind)
    found = model.fit(X, batch_size=6, epochs=1, shuffle=False, verbose=0).history["loss"]
    assert all("float32" in str(weight.dtype) for weight in model.trainable_weights)
    assert np.isfinite(np.ravel(model.evaluate(X, batch_size=6, verbose=0))).all()
    keras.config.set_dtype_policy("float32")
    wanted = new(kind).fit(X, batch_size=6, epochs=1, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(found, wanted, rtol=0.1)


def test_train_gives_the_weights_of_fit(policy):
    """With float16 the loss is scaled for the gradients, and reported as it is."""
    fitted, by_hand = tiny(), tiny()
    x = images(12, (7, 5, 1))
    history = fitted.fit(data.Batches(x, batch_size=4), epochs=2, shuffle=False, verbose=0).history
    found = training.train(by_hand, data.Batches(x, batch_size=4), epochs=2)
    np.testing.assert_allclose(found, history["loss"], rtol=1e-3)
    assert_same_weights(by_hand, fitted)


def test_a_loss_of_many_pixels_is_summed_in_32_bits(policy):
    """In 16 bits, 100 times 100 pixels that are each off by 1 would be inexact, or infinite."""
    dtype = policy.removeprefix("mixed_")
    zeros = keras.ops.zeros((1, 333, 333, 1), dtype)
    assert float(losses.squared_error(zeros, zeros + 1)[0]) == 333**2
