"""Checks of the exercises in lesson 06, Training."""

import keras
import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect, read_decision
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, evaluation, losses

HINTS = {
    "6.1": (
        "How would you notice that a better rate lies outside those that you tried?",
        "Begin with 0.001 and go up and down by a factor of three until both ends are clearly "
        "worse. Each run takes about a second; keep all results in a dict.",
        "`errors = {rate: error_after(rate) for rate in (0.0003, 0.001, 0.003, 0.01, 0.03)}`, then "
        "`decision = (min(errors, key=errors.get), errors)`. In `error_after`, `fit` takes "
        "`data.Batches(few)`, `epochs=3` and `shuffle=False`.",
    ),
    "6.2": (
        "Which changes of a digit leave it the same digit, and still put its strokes on pixels "
        "where none of the 120 has one?",
        "Move each image by its own random number of pixels, to the side and up or down. One or "
        "two pixels are enough; with eight, the network must learn pictures that never occur.",
        "`steps = rng.integers(-2, 3, size=(len(images), 2))` draws the moves, "
        "`np.roll(image, step, axis=(0, 1))` makes one, and `np.stack` puts them together.",
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


def error_after(rate, few, x_val):
    """The squared error per image on `x_val` after three epochs on `few`, as in exercise 6.1."""
    model = _trained(few, keras.optimizers.Adam(rate), epochs=3)
    return evaluation.squared_error(x_val, evaluation.reconstruct(model, x_val)).mean()


def _trained(images, optimizer, epochs):
    model = Autoencoder(DenseEncoder(16), DenseDecoder(images.shape[1:]))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=optimizer, loss=losses.squared_error)
    model.fit(data.Batches(images), epochs=epochs, shuffle=False, verbose=0)
    return model


@check
def check_rate(decision, few, x_val):
    """Exercise 6.1: `decision = (rate, errors)`, the evidence a dict from rate to error."""
    chosen, errors = read_decision(
        decision,
        "set decision = (rate, errors), where errors is a dict from a rate to its error.",
    )
    expect(len(errors) >= 4, f"the evidence has {len(errors)} rates; four are the least.")
    expect(chosen in errors, f"the evidence says nothing about the rate that you chose, {chosen}.")
    best = min(errors, key=errors.get)
    expect(
        errors[chosen] <= 1.05 * errors[best],
        f"your own numbers speak for {best}: {errors[best]:.1f}, where {chosen} has "
        f"{errors[chosen]:.1f}.",
    )
    smaller, larger = [r for r in errors if r < chosen], [r for r in errors if r > chosen]
    for side, rates in (("smaller", smaller), ("larger", larger)):
        # An error that is not a number is worse than any.
        worse = [rate for rate in rates if not errors[rate] <= 1.2 * errors[chosen]]
        expect(
            worse,
            f"no {side} rate in your evidence is clearly worse than {chosen}, so a {side} one may "
            "be better. Go on searching on that side.",
        )
    expect(
        max(smaller) >= chosen / 4.001 and min(larger) <= chosen * 4.001,
        f"the rates next to {chosen} are {max(smaller)} and {min(larger)}: something better may "
        "lie between. Try some that are closer.",
    )
    for rate in (chosen, min(errors)):
        again = error_after(rate, few, x_val)
        expect(
            close(errors[rate], again, 0.1),
            f"for {rate} you give {errors[rate]:.1f}; trained again it is {again:.1f} squared "
            "error per image on the validation images, after three epochs.",
        )
    return f"{chosen} is the best of {len(errors)}, and both sides of it are worse"


@check
def check_variant(variant, few, unseen):
    """Exercise 6.2: `variant(images, rng)` makes as many new images."""
    probe = np.random.default_rng(0).random((5, 10, 8, 1), "float32")
    given = probe.copy()
    result = np.asarray(call(variant, probe, np.random.default_rng(1)))
    expect(
        result.shape == probe.shape,
        f"images {probe.shape} should give as many new ones of that shape, not {result.shape}.",
    )
    expect(np.array_equal(probe, given), "the images that you were given have changed: copy them.")
    expect(
        np.isfinite(result).all() and result.min() >= 0 and result.max() <= 1,
        f"pixels must stay in [0, 1]; they reach from {result.min():.2f} to {result.max():.2f}.",
    )
    expect(
        np.array_equal(result, np.asarray(variant(given.copy(), np.random.default_rng(1)))),
        "the same generator gave another result: draw from the rng that you are given.",
    )
    many = [np.asarray(variant(few, np.random.default_rng(seed))) for seed in (2, 3)]
    expect(
        not np.array_equal(many[0], many[1]),
        "two generators gave the same images: repeating shows the network nothing new.",
    )
    rng = np.random.default_rng(0)
    made = np.concatenate([np.asarray(variant(few, rng), "float32") for _ in range(30)])
    model = _trained(made, keras.optimizers.Adam(0.002), epochs=12)
    error = evaluation.squared_error(unseen, evaluation.reconstruct(model, unseen)).mean()
    x_pca = np.clip(evaluation.pca_reconstruct(evaluation.fit_pca(few, 16), unseen), 0, 1)
    baseline = evaluation.squared_error(unseen, x_pca).mean()
    expect(
        error < baseline,
        f"trained on your variants, the network has an error of {error:.1f} on new images, PCA of "
        f"the {len(few)} has {baseline:.1f}. Ask of your change: could the result be a digit that "
        "somebody wrote, and is it somewhere else than the original?",
    )
    return f"error {error:.1f} on new images, where PCA of the same {len(few)} has {baseline:.1f}"


@check
def check_early_stop(early_stop):
    """Exercise 6.3: `early_stop(val_losses, patience)`."""
    rising = [9.0, 7.0, 6.0, 6.5, 6.2, 6.1, 5.0]
    result = call(early_stop, rising, 2)
    expect(
        isinstance(result, tuple) and len(result) == 2,
        f"return two things, (best_epoch, last_epoch), not {result!r}.",
    )
    expect(result != (2, 4), "count the epochs from 1, not from 0.")
    expect(result != (5, 3), "the best epoch comes first, then the last.")
    expect(
        result != (7, 7),
        f"for {rising} and patience 2 it should stop at epoch 5: compare each loss with the best "
        "so far, not with the one before.",
    )
    expect(
        result == (3, 5),
        f"for {rising} and patience 2 the best is epoch 3 and the last epoch 5, not {result}.",
    )
    expect(
        tuple(early_stop(rising, 5)) == (7, 7),
        "with patience 5 it must reach epoch 7, whose 5.0 is the best.",
    )
    expect(tuple(early_stop([3.0, 3.0, 3.0], 1)) == (1, 2), "an equal loss is no improvement.")
    return "stops in time, and not too early"
