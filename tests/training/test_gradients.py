"""ae_keras/training/gradients.py: the gradients of a loss, on the running backend."""

import keras
import numpy as np
from keras import ops

from ae_keras.training import gradients
from contract import images


def test_gradients_are_those_of_the_formula_and_change_nothing():
    x = images(6, (4, 3, 1)).reshape(6, -1)
    layer = keras.layers.Dense(2)
    layer.build((None, 12))
    before = layer.get_weights()
    compute = gradients.make_gradients(
        lambda x: ops.mean(ops.sum(ops.square(layer(x)), axis=1)), layer.trainable_variables
    )
    for batch in (x, x[:2]):  # the last batch of an epoch is smaller
        loss, (kernel, bias) = compute(batch)
        y = batch @ before[0] + before[1]
        np.testing.assert_allclose(float(loss), np.sum(y**2) / len(batch), rtol=1e-5)
        kernel, bias = ops.convert_to_numpy(kernel), ops.convert_to_numpy(bias)
        np.testing.assert_allclose(kernel, 2 * batch.T @ y / len(batch), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(bias, 2 * y.mean(axis=0), rtol=1e-4, atol=1e-5)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_later_weights_are_used():
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    layer.build((None, 1))
    compute = gradients.make_gradients(
        lambda x: ops.sum(ops.square(layer(x))), layer.trainable_variables
    )
    x = np.ones((1, 1), "float32")
    assert float(compute(x)[0]) == 1
    layer.set_weights([np.full((1, 1), 3, "float32")])
    loss, (kernel,) = compute(x)
    assert (float(loss), float(ops.convert_to_numpy(kernel)[0, 0])) == (9, 6)


def test_the_source_is_that_of_the_running_backend():
    assert gradients.source().startswith(f"def {keras.config.backend()}_gradients(")
