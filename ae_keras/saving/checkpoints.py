"""Training that was killed goes on where its last checkpoint left it."""

from pathlib import Path

from ae_keras.saving import files


def resume(model, batches, path):
    """Put `model` and `batches` where a checkpoint left them; return how many epochs it saw.

    A training that was killed goes on to the same weights, to the bit, as one that was not:

        begin = saving.resume(model, batches, "run.keras")
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
