"""Resume a training that was killed from its last checkpoint."""

import warnings

import keras

from ae_keras.saving import files


def resume(model, batches, path):
    """Restore `model` and `batches` from a checkpoint, and return the number of finished epochs.

    On a CPU and the same backend, a training that was killed then ends with the same weights, to
    the bit, as one that was not. Resumed are the weights, the optimizer's state, its learning rate
    and its iterations, the states of the random number generators, the number of finished epochs
    and the order of the batches. Not resumed are the states of callbacks, such as the patience of
    `EarlyStopping`, and what `compile` was told: loss, metrics and the optimizer's other settings.

    Args:
        model: `Autoencoder` or a subclass, built and compiled as when the file was written.
        batches: `data.Batches`, with the same images and arguments as then.
        path: str or path of the `.keras` file that `ModelCheckpoint` writes after each epoch, with
            its defaults: `save_best_only=True` would resume at the best epoch. If there is no file
            yet, nothing changes, and 0 is returned.

    Returns:
        int, the number of finished epochs: the `initial_epoch` of `fit`.

    Raises:
        ValueError: the file is damaged or holds another model, another optimizer or a learning rate
            of another kind; or the trained epochs are no passes over `batches`.

    Warns:
        UserWarning: the file's learning rate differs from that of `model`. The file's is used, for
            a callback may have lowered it; set `model.optimizer.learning_rate` to change it.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, data, losses, saving
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> model.compile(optimizer="adam", loss=losses.squared_error)
        >>> batches = data.Batches(np.zeros((8, 6, 6, 1)), batch_size=4)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saving.resume(model, batches, f"{folder}/run.keras")
        0

        In a training script, `fit` then goes on from there:

            keep = keras.callbacks.ModelCheckpoint("run.keras")
            begin = saving.resume(model, batches, "run.keras")
            model.fit(batches, initial_epoch=begin, epochs=20, shuffle=False, callbacks=[keep])
    """
    path = files.local(path)
    if not path.exists():
        return 0
    files.check(path)
    by_schedule = _check_optimizer(model, path)
    chosen = _learning_rate(model)
    try:
        model.load_weights(path)
    except ValueError as error:
        raise ValueError(
            "`path` must hold a model like `model`. Received: "
            f"path={str(path)!r}, of which Keras says: {files.first_words(error)}"
        ) from error
    if not by_schedule and chosen != _learning_rate(model):
        warnings.warn(
            f"The training goes on with the learning rate of the file, {_learning_rate(model):g}, "
            f"and not with {chosen:g}, with which `model` was compiled.",
            stacklevel=2,
        )
    trained = model.finished_batches
    if not model.finished_epochs:
        # A file of an older version counts no epochs, and there every step is one batch.
        trained = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
        model.finished_epochs = trained // len(batches)
        model.finished_batches = trained
    passes, rest = divmod(trained, len(batches))
    if rest:
        raise ValueError(
            "`batches` must be those that the file was trained on, up to the end of a pass. "
            f"Received: {len(batches)} batches a pass, path={str(path)!r} after {trained} batches."
        )
    batches.start_at(passes)
    return model.finished_epochs


def _check_optimizer(model, path):
    """Check that `model` has an optimizer for the file's state; whether it follows a schedule."""
    config = files.member(path, "config.json")
    saved = _plain((config.get("compile_config") or {}).get("optimizer") or {})
    ours = _plain(keras.saving.serialize_keras_object(model.optimizer))
    kinds = [(one.get("class_name"), _is_schedule(one)) for one in (saved, ours)]
    if kinds[0] != kinds[1]:
        words = [f"{name}{' with a schedule' * schedule}" for name, schedule in kinds]
        raise ValueError(
            "`model` must be compiled with the optimizer that the file was written with. Received: "
            f"path={str(path)!r} of {words[0]}, a model with {words[1]}. To start another training "
            "from these weights, use `saving.load` or `model.load_weights`."
        )
    return kinds[1][1]


def _plain(optimizer):
    """The configuration of an optimizer, without the loss scaling of 16 bits around it."""
    return optimizer.get("config", {}).get("inner_optimizer") or optimizer


def _is_schedule(optimizer):
    """Whether the configuration of an optimizer holds a learning rate that follows a schedule."""
    return isinstance(optimizer.get("config", {}).get("learning_rate"), dict)


def _learning_rate(model):
    # Under `MirroredStrategy` TensorFlow's variable cannot be read by `float` itself.
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
