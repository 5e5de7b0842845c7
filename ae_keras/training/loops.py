"""The training step, written out for each backend, and one loop around it."""

import keras
import numpy as np

from ae_keras import _validation
from ae_keras.data import Batches


def make_step(model):
    """Return a function for one update of a model: forward pass, loss, gradients, optimizer.

    It does what `fit` does for one batch, on each backend in that backend's own way.

    Args:
        model: `keras.Model`, built and compiled.

    Returns:
        step: function `(x, target, sample_weight=None) -> loss` that updates the weights and
            returns the loss before the update, a scalar tensor. `x` and `target` are float arrays
            `(batch, height, width, channels)`, pixels in [0, 1]; `sample_weight` is, as for `fit`,
            a float array `(batch,)`, or `(batch, height, width)` for a weight of each pixel. It
            raises a `ValueError` if they are not; pixels of tensors are not looked at.
        finish: function `() -> None`; call it after the last step, before the model is used for
            anything else. On JAX, only then do the new weights reach the model.

    Raises:
        ValueError: the model is not built or not compiled, has no loss, no optimizer or nothing to
            train, or was frozen after the optimizer was built.

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
    _check_ready(model)
    backend = keras.config.backend()
    make = {"jax": _jax_step, "torch": _torch_step, "tensorflow": _tensorflow_step}[backend]
    update, finish = make(model, model.optimizer)

    def step(x, target, sample_weight=None):
        _check_images(model, x, "x")
        _check_images(model, target, "target")
        if sample_weight is not None:
            sample_weight = _validation.sample_weight(sample_weight, x)
        return update(x, target, sample_weight)

    return step, finish


def _check_ready(model):
    """Raise a `ValueError` unless a step can be made, and build the optimizer."""
    if not isinstance(model, keras.Model) or not model.built or not model.compiled:
        found = {name: getattr(model, name, None) for name in ("built", "compiled")}
        raise ValueError(
            "`model` must be a `keras.Model`, built and compiled. Received: "
            f"model={getattr(model, 'name', model)!r}, built={found['built']}, "
            f"compiled={found['compiled']}. Call it once on images, and `model.compile(...)`."
        )
    trained = model.trainable_variables
    if model.optimizer is None or not trained:
        raise ValueError(
            "`model` must have an optimizer and weights to train. Received: "
            f"model={model.name!r}, optimizer={model.optimizer!r}, {len(trained)} such weights. "
            "Call `model.compile(optimizer=...)` after any change of `trainable`."
        )
    model.optimizer.build(trained)
    # Our models check here that the optimizer was built for the weights that train now.
    model.make_train_function()
    if hasattr(model, "_check_loss"):
        # Without one, a model with terms of its own would train those alone.
        model._check_loss()


def _check_images(model, images, name):
    """Raise a `ValueError` unless a batch fits a model that knows the shape of its images."""
    if not hasattr(model, "image_shape"):
        return
    if not _validation.is_array(images):
        raise ValueError(
            f"`{name}` must be an array or tensor of images. Received: {type(images).__name__}."
        )
    _validation.image_tensor(images, model.image_shape, name)
    # The pixels of a tensor may be on a device, and the step would wait for them.
    if isinstance(images, np.ndarray):
        _validation.pixels(images, name)


def _tensorflow_step(model, optimizer):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def update(x, target, sample_weight):
        with tf.GradientTape() as tape:
            x_hat = model(x, training=True)
            loss = model.compute_loss(x, target, x_hat, sample_weight)
            # For float16, the loss is multiplied by a factor, without which small gradients would
            # become 0; `apply` divides by it again. Otherwise, it stays as it is.
            scaled = optimizer.scale_loss(loss)
        weights = model.trainable_weights
        optimizer.apply(tape.gradient(scaled, weights), weights)
        return loss

    return update, lambda: None


def _torch_step(model, optimizer):
    import torch

    def update(x, target, sample_weight):
        x, target = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(target)
        if sample_weight is not None:
            sample_weight = keras.ops.convert_to_tensor(sample_weight)
        model.zero_grad()
        x_hat = model(x, training=True)
        loss = model.compute_loss(x, target, x_hat, sample_weight)
        optimizer.scale_loss(loss).backward()
        weights = model.trainable_weights
        with torch.no_grad():
            optimizer.apply([weight.value.grad for weight in weights], weights)
        return loss.detach()

    return update, lambda: None


def _jax_step(model, optimizer):
    import jax

    grad = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)

    @jax.jit
    def compute(state, x, target, sample_weight):
        trained, fixed, metrics, optimizing = state
        # The first value is the loss that the gradients are of, which is scaled for float16. The
        # loss to report comes after it.
        data = (x, target, sample_weight)
        (_, (loss, _, fixed, metrics)), gradients = grad(
            trained, fixed, metrics, *data, training=True, optimizer_variables=optimizing
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

    def update(x, target, sample_weight):
        # A pure function cannot change the model, so it returns the new weights, which `finish`
        # gives to the model.
        state[:], loss = compute(state, x, target, sample_weight)
        return loss

    def finish():
        for group, arrays in zip(variables, state, strict=True):
            for variable, array in zip(group, arrays, strict=True):
                variable.assign(array)

    return update, finish


def train(model, batches, epochs):
    """Train as `model.fit(batches, epochs=epochs, shuffle=False)` does, by a loop of `make_step`.

    If it is interrupted, or reading a batch fails, the model keeps the steps that were finished.

    Args:
        model: `keras.Model`, built and compiled.
        batches: `data.Batches` of `(x, target)` or `(x, target, weight)`.
        epochs: int, passes over the data, >= 1.

    Returns:
        list of `epochs` floats, the loss of each epoch as the mean over its images.

    Raises:
        ValueError: `make_step` refuses the model, `batches` are no `data.Batches`, or `epochs` is
            not an integer >= 1.

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
    epochs = _validation.positive_int(epochs, "epochs")
    if not isinstance(batches, Batches):
        raise ValueError(
            f"`batches` must be `data.Batches`. Received: batches of type {type(batches).__name__}."
        )
    step, finish = make_step(model)
    history = []
    try:
        for _ in range(epochs):
            losses, sizes = [], []
            for batch in batches.one_epoch():
                losses.append(step(*batch))
                # The last batch may be smaller, and then it counts for less in the mean.
                sizes.append(len(batch[0]))
            history.append(float(np.average([float(loss) for loss in losses], weights=sizes)))
    finally:
        finish()
    # With `use_ema=True` the averaged weights take their place here, as at the end of `fit`.
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return history
