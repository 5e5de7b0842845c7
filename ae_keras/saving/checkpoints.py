"""Resume a training that was killed from its last checkpoint."""

from pathlib import Path

from ae_keras.saving import files


def resume(model, batches, path):
    """Restore `model` and `batches` from a checkpoint, and return the number of finished epochs.

    On a CPU and the same backend, a training that was killed then ends with the same weights, to
    the bit, as one that was not. The file holds the weights and the states of the optimizer and of
    the random number generators. The states of callbacks, such as the patience of `EarlyStopping`,
    are not saved and start anew.

    Args:
        model: `Autoencoder` or a subclass, built and compiled as when the file was written.
        batches: `data.Batches`, with the same images and arguments as then.
        path: str or path of the `.keras` file that `ModelCheckpoint` writes after each epoch, with
            its defaults: `save_best_only=True` would resume at the best epoch. If there is no file
            yet, nothing changes, and 0 is returned.

    Returns:
        int, the number of finished epochs: the `initial_epoch` of `fit`.

    Raises:
        ValueError: the file is damaged or holds another model, or it was not written after a whole
            epoch of as many batches.

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
            "`batches` must be those that the file was trained on, up to the end of an epoch. "
            f"Received: {len(batches)} batches an epoch, path={str(path)!r} after {steps} steps."
        )
    batches.start_at(epoch)
    return epoch
