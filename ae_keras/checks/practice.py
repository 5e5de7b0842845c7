"""Checks of the exercises in lessons 06 to 09."""

import numpy as np

from ae_keras import evaluation
from ae_keras.checks.answers import Blank, call, check, close, expect
from ae_keras.decoders import DenseDecoder
from ae_keras.encoders import DenseEncoder
from ae_keras.models import Autoencoder


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
    yardstick = evaluation.pca_error(x_train, x_val, 8)
    expect(error < yardstick, f"error {error:.1f}, PCA {yardstick:.1f}: train a little longer.")
    return f"error {error:.1f} against {yardstick:.1f} for PCA"


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


@check
def check_worst(worst):
    """Exercise 7.1: `worst(x, x_hat, k)`."""
    x = np.zeros((5, 2, 2, 1))
    x_hat = x + np.array([0.1, -0.9, 0.3, 0.0, 0.5]).reshape(-1, 1, 1, 1)
    result = [int(i) for i in call(worst, x, x_hat, 3)]
    expect(result != [3, 0, 2], "those are the best.")
    expect(sorted(result) == [1, 2, 4], f"expected images 1, 4 and 2, not {result}.")
    expect(result == [1, 4, 2], "right images, but the worst should come first.")
    return "the right images, the worst first"


@check
def check_snapshots(cls):
    """Exercise 7.2: a callback `cls(x, every)` with `frames`."""
    if "on_epoch_end" not in vars(cls):
        raise Blank
    x = np.random.default_rng(0).random((4, 3, 3, 1), "float32")
    model = Autoencoder(DenseEncoder(2, hidden=()), DenseDecoder((3, 3, 1), hidden=()))
    model.compile("sgd", "mse")
    snapshots = cls(x[:2], every=3)
    model.fit(x, x, epochs=7, verbose=0, callbacks=[snapshots])
    n = len(snapshots.frames)
    expect(n == 2, f"7 epochs with every=3 should give 2 frames, not {n}.")
    frame = snapshots.frames[0]
    expect(isinstance(frame, np.ndarray), "keep NumPy arrays: keras.ops.convert_to_numpy.")
    expect(frame.shape == (2, 3, 3, 1), f"a frame should be (2, 3, 3, 1), not {frame.shape}.")
    return "two frames in seven epochs"


@check
def check_interpolate(interpolate):
    """Exercise 8.1: `interpolate(z_a, z_b, n)`."""
    z_a, z_b = np.array([0.0, 2.0, -1.0]), np.array([4.0, 2.0, 1.0])
    path = np.asarray(call(interpolate, z_a, z_b, 5))
    expect(path.shape == (5, 3), f"five codes of three numbers are (5, 3), not {path.shape}.")
    expect(close(path[0], z_a) and close(path[-1], z_b), "both ends belong to the walk.")
    expect(close(np.diff(path, axis=0), [[1, 0, 0.5]] * 4), "all steps should be equal.")
    return "both ends included, all steps equal"


@check
def check_nearest_codes(nearest_codes):
    """Exercise 8.2: `nearest_codes(z, query, k)`."""
    z = np.random.default_rng(0).normal(size=(50, 16))
    right = list(np.argsort(np.linalg.norm(z - z[7] - 0.1, axis=1))[:4])
    result = [int(i) for i in call(nearest_codes, z, z[7] + 0.1, 4)]
    expect(len(result) == 4, f"k=4 should give four indices, not {len(result)}.")
    expect(set(result) == set(right), "those are not the nearest: sum squares over coordinates.")
    expect(result == right, "right codes, but the nearest should come first.")
    return "the right codes, the nearest first"


@check
def check_typical(typical):
    """Exercise 8.3: `typical(z, labels, label)`."""
    z, labels = np.array([[0.0, 2.0], [2.0, 4.0], [9.0, 9.0]]), np.array([1, 1, 0])
    result = np.asarray(call(typical, z, labels, 1))
    expect(result.shape == (2,), f"one code of two numbers is expected, not {result.shape}.")
    expect(close(result, [1, 3]), "average the codes whose label is the given one, and only those.")
    return "the mean code of a class"


@check
def check_smallest_size(smallest_size):
    """Exercise 9.1: `smallest_size(errors, budget)`."""
    errors = {2: 30.0, 4: 21.0, 8: 12.0, 16: 12.5}
    expect(call(smallest_size, errors, 13) == 8, "both 8 and 16 meet 13; 8 is the smaller.")
    expect(smallest_size(errors, 21.0) == 4, "an error equal to the budget is good enough.")
    expect(smallest_size(errors, 1) == 0, "return 0 if no size meets the budget.")
    return "the smallest size within the budget"


@check
def check_gains(gains):
    """Exercise 9.2: `gains(errors)`."""
    result = call(gains, {2: 20.0, 4: 15.0, 8: 3.0})
    expect(len(result) == 2, "three sizes make two steps.")
    expect(close(result, [0.25, 0.8]), "divide what is removed by what was there before the step.")
    return "each step compared with what was left before it"
