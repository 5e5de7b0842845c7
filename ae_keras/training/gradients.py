"""The gradients of a loss, as each framework computes them; lesson 06 shows the running one's.

Keras has one way to write a forward pass and an update for all backends, and none for what lies
between them.
"""

import inspect

import keras


def tensorflow_gradients(loss_of, weights):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # a graph, which runs without Python
    def loss_and_gradients(x):
        with tf.GradientTape() as tape:  # records what is computed
            loss = loss_of(x)
        return loss, tape.gradient(loss, weights)  # and goes back along the record

    return loss_and_gradients


def torch_gradients(loss_of, weights):
    import torch

    def loss_and_gradients(x):
        loss = loss_of(keras.ops.convert_to_tensor(x))  # each tensor knows what it was made from
        parameters = [weight.value for weight in weights]
        gradients = torch.autograd.grad(loss, parameters)  # and so the way back is known
        return loss.detach(), list(gradients)

    return loss_and_gradients


def jax_gradients(loss_of, weights):
    import jax

    def loss_of_arrays(arrays, x):  # the weights go in as an argument
        with keras.StatelessScope(state_mapping=zip(weights, arrays, strict=True)):
            return loss_of(x)

    derive = jax.jit(jax.value_and_grad(loss_of_arrays))  # for its first argument; compiled

    def loss_and_gradients(x):
        return derive([weight.value for weight in weights], x)

    return loss_and_gradients


def make_gradients(loss_of, weights):
    """Return a function that computes a loss and its gradients, on the running backend.

    Args:
        loss_of: function from a batch to its loss, a scalar tensor. It calls a model that has its
            weights.
        weights: list of `keras.Variable`, what to derive for, such as `model.trainable_variables`.

    Returns:
        Function from a batch to `(loss, gradients)`: a scalar tensor, and a list with a tensor for
        each weight, of its shape. No weight is changed.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from ae_keras.training import gradients
        >>> layer = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
        >>> layer.build((None, 2))
        >>> compute = gradients.make_gradients(
        ...     lambda x: keras.ops.mean(layer(x) ** 2), layer.trainable_variables
        ... )
        >>> loss, derivatives = compute(np.array([[1.0, 2.0]], "float32"))
        >>> float(loss), keras.ops.convert_to_numpy(derivatives[0]).ravel().tolist()
        (9.0, [6.0, 12.0])
    """
    return _running()(loss_of, weights)


def source():
    """The source of what `make_gradients` does on the running backend, a str."""
    return inspect.getsource(_running())


def _running():
    ways = {"tensorflow": tensorflow_gradients, "torch": torch_gradients, "jax": jax_gradients}
    return ways[keras.config.backend()]
