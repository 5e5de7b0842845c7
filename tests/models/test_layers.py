"""ae_keras/models/layers.py, compared with Keras and NumPy."""

import keras
import numpy as np
import pytest

from ae_keras.models.layers import UpConv2x2, VectorQuantizer
from contract import output

RNG = np.random.default_rng(2)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 4)], ids=str)
@pytest.mark.parametrize("activation", [None, "tanh"])
def test_up_conv_2x2_is_a_transposed_convolution(shape, activation):
    ours = UpConv2x2(3, activation=activation)
    theirs = keras.layers.Conv2DTranspose(3, 2, strides=2, activation=activation)
    x = normal(2, *shape)
    for layer in (ours, theirs):
        layer.build(x.shape)
    weights = [normal(*weight.shape) for weight in ours.weights]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    assert tuple(ours.compute_output_shape(x.shape)) == (2, 2 * shape[0], 2 * shape[1], 3)
    np.testing.assert_allclose(output(ours, x), output(theirs, x), rtol=1e-4, atol=1e-5)


@pytest.fixture
def quantizer():
    layer = VectorQuantizer(5, 2, commitment=0.5)
    layer.set_weights([normal(5, 2)])
    return layer


def nearest(vectors, codebook):
    """The number of the code nearest to each vector, by looking at all of them."""
    return np.argmin([((vectors - code) ** 2).sum(axis=-1) for code in codebook], axis=0)


@pytest.mark.parametrize("shape", [(4, 2), (4, 6), (3, 2, 5, 4)], ids=str)
def test_each_vector_is_replaced_by_the_nearest_code(quantizer, shape):
    h, codebook = normal(*shape), quantizer.get_weights()[0]
    chosen = nearest(h.reshape(-1, 2), codebook)
    assert len(set(chosen)) > 1
    found = keras.ops.convert_to_numpy(quantizer.indices(h))
    assert np.issubdtype(found.dtype, np.integer)
    np.testing.assert_array_equal(found, chosen)
    np.testing.assert_allclose(quantized(quantizer, h), codebook[chosen].reshape(shape), atol=1e-6)


def quantized(layer, h):
    return keras.ops.convert_to_numpy(layer(h))


def loss_of(layer):
    (loss,) = map(keras.ops.convert_to_numpy, layer.losses)
    return loss


def test_vectors_of_the_codebook_are_unchanged_and_cost_nothing(quantizer):
    codebook = quantizer.get_weights()[0]
    np.testing.assert_allclose(quantized(quantizer, codebook[::-1]), codebook[::-1], atol=1e-6)
    assert loss_of(quantizer) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("shape", [(4, 6), (3, 2, 5, 4)], ids=str)
def test_the_loss_is_the_distance_to_the_codes_summed_over_an_image(quantizer, shape):
    h = normal(*shape)
    distance = ((h - quantized(quantizer, h)) ** 2).reshape(len(h), -1).sum(axis=1).mean()
    assert loss_of(quantizer) == pytest.approx((1 + 0.5) * distance, rel=1e-4)


def test_gradients_of_vectors_with_one_code_are_added_up():
    """Adam's first step has one length. TensorFlow's sparse gradients of a look-up, which Keras
    squares one by one, would make it longer."""
    model = keras.Sequential([keras.Input((2,)), VectorQuantizer(2, 2)])
    model.layers[0].set_weights([np.array([[0, 0], [9, 9]])])
    model.compile(keras.optimizers.Adam(0.1))
    model.fit(np.array([[1, 1], [2, 3], [1, 2]], "float32"), verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [[0.1, 0.1], [9, 9]], rtol=1e-4)
