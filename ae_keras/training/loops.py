"""The training step by hand for each backend, and one loop around it."""

import keras
import numpy as np

from ae_keras import _validation


def make_step(model):
    """One update of a compiled model, without `fit`: forward pass, loss, gradients, optimizer.

    Args:
        model: a built and compiled `keras.Model`.

    Returns:
        step: function `(x, target) -> loss`, a scalar tensor; it changes the weights.
        finish: function `() -> None`, to be called before the model is used for anything else.
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
            scaled = optimizer.scale_loss(loss)  # the loss itself, but for float16
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
        # the first result is what has the gradients, scaled for float16
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
        # a pure function returns the new weights; the model gets them back in `finish`
        state[:], loss = update(state, x, target)
        return loss

    def finish():
        for group, arrays in zip(variables, state, strict=True):
            for variable, array in zip(group, arrays, strict=True):
                variable.assign(array)

    return step, finish


def train(model, batches, epochs):
    """The loop around `make_step`: what `model.fit(batches, epochs=epochs, shuffle=False)` does.

    Args:
        model: a built and compiled `keras.Model`.
        batches: `data.Batches`.
        epochs: passes over the data, >= 1.

    Returns:
        The loss of each epoch, the mean over its images, as a list of floats.
    """
    step, finish = make_step(model)
    history = []
    for _ in range(_validation.positive_int(epochs, "epochs")):
        losses, sizes = [], []
        for x, target in batches.one_epoch():
            losses.append(step(x, target))
            sizes.append(len(x))  # the last batch may be smaller and then weighs less
        history.append(float(np.average([float(loss) for loss in losses], weights=sizes)))
    finish()
    return history
