"""The training step by hand for each backend, one loop around it, and callbacks for `fit`."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from ae_keras import files, validation


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
    for _ in range(validation.positive_int(epochs, "epochs")):
        losses, sizes = [], []
        for x, target in batches.one_epoch():
            losses.append(step(x, target))
            sizes.append(len(x))  # the last batch may be smaller and then weighs less
        history.append(float(np.average([float(loss) for loss in losses], weights=sizes)))
    finish()
    return history


def resume(model, batches, path):
    """Put `model` and `batches` where a checkpoint left them; return how many epochs it saw.

    A training that was killed goes on to the same weights, to the bit, as one that was not:

        begin = training.resume(model, batches, "run.keras")
        keep = keras.callbacks.ModelCheckpoint("run.keras")
        model.fit(batches, initial_epoch=begin, epochs=20, shuffle=False, callbacks=[keep])

    The file holds weights, the optimizer's state and that of the random generators. What other
    callbacks remember, such as the patience of `EarlyStopping`, begins anew.

    Args:
        model: built and compiled as it was when the file was written.
        batches: `data.Batches`, as then.
        path: of the `.keras` file. If there is none yet, nothing changes, and 0 is returned.

    Raises:
        ValueError: the file is damaged or of another model, or was not written between two epochs
            of as many batches.
    """
    if not Path(path).exists():
        return 0
    files.check(path)
    try:
        model.load_weights(path)
    except ValueError as error:
        raise ValueError(
            "`path` must hold a model like `model`. Received: "
            f"path={str(path)!r}, of which Keras says: {files.first_words(error)}"
        ) from error
    steps = int(model.optimizer.iterations)
    epoch, rest = divmod(steps, len(batches))
    if rest:
        raise ValueError(
            "`batches` must be what the file was trained on, and that after a whole epoch. "
            f"Received: {len(batches)} batches an epoch, path={str(path)!r} after {steps} steps."
        )
    batches.start_at(epoch)
    return epoch


class LogEpochs(keras.callbacks.Callback):
    """Print the losses of every `every`-th epoch and of the last, one short line each."""

    def __init__(self, every=1):
        super().__init__()
        self.every = validation.positive_int(every, "every")

    def on_epoch_end(self, epoch, logs=None):
        last = self.params["epochs"]
        if (epoch + 1) % self.every == 0 or epoch + 1 == last:
            values = "   ".join(f"{name} {float(value):.2f}" for name, value in logs.items())
            print(f"epoch {epoch + 1:3d}/{last}   {values}")


class TensorBoardScalars(keras.callbacks.Callback):
    """Write the losses of each epoch for TensorBoard; unlike Keras's own, without TensorFlow.

    Args:
        log_dir: folder of the event files.
    """

    def __init__(self, log_dir):
        super().__init__()
        self.log_dir = str(log_dir)

    def on_train_begin(self, logs=None):
        from tensorboard.summary import Writer

        self.writer = Writer(self.log_dir)

    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            self.writer.add_scalar(f"epoch/{name}", float(value), epoch)

    def on_train_end(self, logs=None):
        self.writer.close()


class SaveReconstructions(keras.callbacks.Callback):
    """After each epoch, save originals above reconstructions as `epoch_001.png`, ...

    Args:
        x: the images to follow, `(n, height, width, channels)`; take them from the validation set.
        folder: where the files go; made if missing.

    Attributes:
        frames: the reconstructions of each epoch, a list of `(n, height, width, channels)`.
    """

    def __init__(self, x, folder):
        super().__init__()
        self.x = validation.images(x)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.frames = []

    def on_epoch_end(self, epoch, logs=None):
        x_hat = keras.ops.convert_to_numpy(self.model(self.x, training=False))
        self.frames.append(x_hat)
        picture = np.concatenate([_side_by_side(self.x), _side_by_side(x_hat)])
        save_png(picture, self.folder / f"epoch_{epoch + 1:03d}.png")


def _side_by_side(images):
    return np.concatenate(list(images), axis=1)


def save_png(picture, path):
    """Write `picture`, `(height, width, channels)` in [0, 1], whole or not at all."""
    pixels = np.rint(255 * np.clip(picture, 0, 1)).astype("uint8")
    with files.written_whole(path) as unfinished:
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(unfinished, "PNG")
