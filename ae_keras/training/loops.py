"""The training step, written out for each backend, and one loop around it."""

import keras
import numpy as np

from ae_keras import _validation


def make_step(model):
    """Return a function for one update of a model: forward pass, loss, gradients, optimizer.

    It does what `fit` does for one batch, on each backend in that backend's own way.

    Args:
        model: `keras.Model`, built and compiled.

    Returns:
        step: function `(x, target) -> loss` of two float arrays `(batch, height, width, channels)`
            that updates the weights and returns the loss before the update, a scalar tensor.
        finish: function `() -> None`; call it after the last step, before the model is used for
            anything else. On JAX, only then do the new weights reach the model.

    Raises:
        ValueError: the model is not built or not compiled.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, losses, training
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> model.compile(optimizer="adam", loss=losses.squared_error)
        >>> x = np.zeros((4, 6, 6, 1), "float32")
        >>> step, finish = training.make_step(model)
        >>> loss = step(x, x)
        >>> finish()
        >>> tuple(loss.shape), int(model.optimizer.iterations)
        ((), 1)
    """
    if not model.built or not getattr(model, "compiled", False):
        raise ValueError("`model` must be built and compiled. Call `model.compile(...)` first.")
    backend = keras.config.backend()
    make = {"jax": _jax_step, "torch": _torch_step, "tensorflow": _tensorflow_step}[backend]
    model.optimizer.build(model.trainable_variables)
    return make(model, model.optimizer)


def _tensorflow_step(model, optimizer):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def step(x, target):
        with tf.GradientTape() as tape:
            x_hat = model(x, training=True)
            loss = model.compute_loss(x=x, y=target, y_pred=x_hat)
            # For float16, the loss is multiplied by a factor, without which small gradients would
            # become 0; `apply` divides by it again. Otherwise, it stays as it is.
            scaled = optimizer.scale_loss(loss)
        weights = model.trainable_weights
        optimizer.apply(tape.gradient(scaled, weights), weights)
        return loss

    return step, lambda: None


def _torch_step(model, optimizer):
    import torch

    def step(x, target):
        x, target = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(target)
        model.zero_grad()
        x_hat = model(x, training=True)
        loss = model.compute_loss(x=x, y=target, y_pred=x_hat)
        optimizer.scale_loss(loss).backward()
        weights = model.trainable_weights
        with torch.no_grad():
            optimizer.apply([weight.value.grad for weight in weights], weights)
        return loss.detach()

    return step, lambda: None


def _jax_step(model, optimizer):
    import jax

    grad = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)

    @jax.jit
    def update(state, x, target):
        trained, fixed, metrics, optimizing = state
        # The first value is the loss that the gradients are of, which is scaled for float16. The
        # loss to report comes after it.
        (_, (loss, _, fixed, metrics)), gradients = grad(
            trained, fixed, metrics, x, target, None, training=True, optimizer_variables=optimizing
        )
        trained, optimizing = optimizer.stateless_apply(optimizing, gradients, trained)
        return (trained, fixed, metrics, optimizing), loss

    variables = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.metrics_variables,
        optimizer.variables,
    )
    state = [[variable.value for variable in group] for group in variables]

    def step(x, target):
        # A pure function cannot change the model, so it returns the new weights, which `finish`
        # gives to the model.
        state[:], loss = update(state, x, target)
        return loss

    def finish():
        for group, arrays in zip(variables, state, strict=True):
            for variable, array in zip(group, arrays, strict=True):
                variable.assign(array)

    return step, finish


def train(model, batches, epochs):
    """Train as `model.fit(batches, epochs=epochs, shuffle=False)` does, by a loop of `make_step`.

    Args:
        model: `keras.Model`, built and compiled.
        batches: `data.Batches` of `(x, target)`; weights of a mask are for `fit`.
        epochs: int, passes over the data, >= 1.

    Returns:
        list of `epochs` floats, the loss of each epoch as the mean over its images.

    Raises:
        ValueError: the model is not built or not compiled, or `epochs` is not an integer >= 1.

    Example:
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, data, losses, training
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> model.compile(optimizer="adam", loss=losses.squared_error)
        >>> x = np.zeros((4, 6, 6, 1), "float32")
        >>> history = training.train(model, data.Batches(x, batch_size=2), epochs=1)
        >>> len(history), int(model.optimizer.iterations)
        (1, 2)
    """
    step, finish = make_step(model)
    history = []
    for _ in range(_validation.positive_int(epochs, "epochs")):
        losses, sizes = [], []
        for x, target in batches.one_epoch():
            losses.append(step(x, target))
            # The last batch may be smaller, and then it counts for less in the mean.
            sizes.append(len(x))
        history.append(float(np.average([float(loss) for loss in losses], weights=sizes)))
    finish()
    return history
