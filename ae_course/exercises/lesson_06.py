"""Checks of the exercises in lesson 06, Training."""

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "6.1": (
        "If the last batch has half as many images as the others, how much should its loss count?",
        "Multiply each batch's loss by the batch's size, add up, and divide by the number of all "
        "images.",
        "`np.average` does all three steps: its argument `weights` says how much each loss counts.",
    ),
    "6.2": (
        "How was the autoencoder of this lesson built and trained, and which one number must "
        "change?",
        "Three steps: `new_autoencoder(latent_dim=8)`, `compile` with Adam and "
        "`losses.squared_error`, and `fit`. `my_model` is the model, not what `fit` returns.",
        "`my_model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)`, "
        "then `my_model.fit` on `data.Batches(train.x)` with `epochs=15, shuffle=False`.",
    ),
    "6.3": (
        "What must you remember from epoch to epoch to know how old the best loss is?",
        "`enumerate(val_losses, 1)` counts the epochs from 1. If a loss is smaller than the best "
        "so far (equal is not enough), its epoch is the new best; then ask how many epochs ago "
        "the best was.",
        "At the end of each turn of the loop: `if epoch - best_epoch >= patience: return "
        "best_epoch, epoch`. If the loop runs to its end, the last epoch is `len(val_losses)`.",
    ),
}
hint = Hints(HINTS)


@check
def check_epoch_mean(epoch_mean):
    """Exercise 6.1: `epoch_mean(batch_losses, batch_sizes)`."""
    result = call(epoch_mean, [10.0, 10.0, 40.0], [100, 100, 50])
    expect(not close(result, 20), "that is the mean over batches; the last has half the images.")
    expect(close(result, 16), "weigh each loss by its batch's size and divide by all images.")
    expect(close(epoch_mean([3.0, 5.0], [7, 7]), 4), "equal batches give the plain mean.")
    return "every image counts once"


@check
def check_beats_pca(model, x_train, x_val):
    """Exercise 6.2: a trained model with a code of 8 numbers."""
    z = evaluation.encode(model, x_val[:2])
    expect(z.shape == (2, 8), f"the code should have 8 numbers, not {z.shape[-1]}.")
    error = evaluation.squared_error(x_val, evaluation.reconstruct(model, x_val)).mean()
    baseline = evaluation.pca_error(x_train, x_val, 8)
    expect(error < baseline, f"error {error:.1f}, PCA {baseline:.1f}: train a little longer.")
    return f"error {error:.1f} against {baseline:.1f} for PCA"


@check
def check_early_stop(early_stop):
    """Exercise 6.3: `early_stop(val_losses, patience)`."""
    rising = [9.0, 7.0, 6.0, 6.5, 6.2, 6.1, 5.0]
    result = call(early_stop, rising, 2)
    expect(tuple(result) != (2, 4), "count the epochs from 1, not from 0.")
    expect(
        tuple(result) == (3, 5),
        f"for {rising} and patience 2 the best is epoch 3 and the last epoch 5, not {result}.",
    )
    expect(
        tuple(early_stop(rising, 5)) == (7, 7),
        "with patience 5 it lives to see the 5.0 of epoch 7.",
    )
    expect(tuple(early_stop([3.0, 3.0, 3.0], 1)) == (1, 2), "an equal loss is no improvement.")
    return "stops in time, and not too early"
