"""Checks of the exercises in lesson 04, The decoder."""

import keras
import numpy as np

from ae_course.exercises.grading import (
    Blank,
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)

HINTS = {
    "4.1": (
        "Which activation stays between two fixed numbers, and which two?",
        "A sigmoid lies in [0, 1]. Stretch it by `high - low` and move it by `low`.",
        "keras.Sequential([DenseDecoder(image_shape), layers.Rescaling(..., offset=...)])",
    ),
    "4.2": (
        "What is the best that an output in [0, 1] can do where x is -0.5? And where it is 0.5?",
        "The closest value in [0, 1] is 0 for a negative pixel and the pixel itself otherwise.",
        "best = np.clip(x, 0, 1); sum (x - best) ** 2 over axes 1, 2, 3, then take the mean.",
    ),
    "4.3": (
        "How small is the map from which two doublings make height and width?",
        "Dense, Reshape to (height // 4, width // 4, n), then UpSampling2D(2) and Conv2D, twice.",
        'The last one is layers.Conv2D(channels, 3, padding="same", activation="sigmoid").',
    ),
    "4.4": (
        "Which of the three measures matters most for what you would do with the pictures?",
        "Compute it for each of the four names: {name: ... for name, x_hat in outputs.items()}.",
        "numbers = {name: np.mean((x_hat < 0) | (x_hat > 1)) for ...}, then "
        'decision = ("sigmoid", "range", numbers).',
    ),
}
hint = Hints(HINTS)

REASONS = ("error", "range", "dead")


@check
def check_ranged_decoder(make):
    """Exercise 4.1: `make(image_shape, low, high)`."""
    z = np.random.default_rng(0).normal(0, 50, (20, 6)).astype("float32")
    for shape, low, high in (((28, 28, 1), 15.0, 45.0), ((8, 12, 3), -1.0, 1.0)):
        model = call(make, shape, low, high)
        x_hat = keras.ops.convert_to_numpy(model(z))
        expect(x_hat.shape == (20, *shape), f"codes should become {shape}, not {x_hat.shape[1:]}.")
        margin = (high - low) / 20
        least, most = x_hat.min(), x_hat.max()
        reach = f"pixels reach from {least:.1f} to {most:.1f}"
        expect(
            least >= low - margin / 1000 and most <= high + margin / 1000,
            f"{reach}, which leaves [{low:.0f}, {high:.0f}].",
        )
        expect(
            least < low + margin and most > high - margin,
            f"{reach}, which does not cover [{low:.0f}, {high:.0f}].",
        )
    expect(
        _comes_back(model, z / 50, shape),
        "from pixels that are far too bright, training does not move. Clipping has no gradient "
        "outside its range; use a smooth function such as a sigmoid.",
    )
    return "covers the range, stays inside, and learns, for any image shape"


@check
def check_sigmoid_floor(floor):
    """Exercise 4.2: `floor(x)`."""
    x = np.zeros((2, 2, 2, 1))
    x[0] = -1
    expect(
        close(call(floor, x), 2),
        "one image is -1 in its four pixels (each at best 1 away), one is 0: the mean is 2.",
    )
    expect(close(floor(np.full((3, 2, 2, 1), 0.7)), 0), "what lies in [0, 1] can be reached.")
    expect(close(floor(np.full((1, 5, 2, 1), -0.5)), 2.5), "the error is squared: 0.5 costs 0.25.")
    x = np.random.default_rng(0).uniform(-1, 1, (5, 3, 4, 3))
    expect(
        close(floor(x), np.sum(np.minimum(x, 0) ** 2) / 5),
        "for random pixels of three channels it gives another number: sum over the whole image.",
    )
    return "negative pixels cost their square, the others nothing"


@check
def check_decoder(cls):
    """Exercise 4.3: a `keras.Model` subclass `cls(image_shape)`."""
    if "call" not in vars(cls):
        raise Blank
    for shape, latent_dim in (((28, 28, 1), 16), ((32, 24, 3), 2)):
        decoder = cls(shape)
        z = np.random.default_rng(0).normal(0, 3, (4, latent_dim)).astype("float32")
        x_hat = keras.ops.convert_to_numpy(decoder(z))
        expect(
            x_hat.shape == (4, *shape),
            f"codes should become images {shape}, not {x_hat.shape[1:]}.",
        )
        expect(
            x_hat.min() >= 0 and x_hat.max() <= 1,
            f"pixels reach from {x_hat.min():.1f} to {x_hat.max():.1f}; end with a sigmoid.",
        )
        expect(np.ptp(x_hat[0] - x_hat[1]) > 0, "two codes gave the same picture.")
    found = list(decoder._flatten_layers())
    up = [layer for layer in found if isinstance(layer, keras.layers.UpSampling2D)]
    expect(up, "double the map with layers.UpSampling2D.")
    # Subclasses of Conv2D, such as Conv2DTranspose, double by themselves.
    convolutions = [layer for layer in found if type(layer) is keras.layers.Conv2D]
    expect(
        all(tuple(layer.size) == (2, 2) for layer in up),
        f"each doubling makes 2 x 2 blocks; yours makes blocks of {up[0].size}.",
    )
    expect(
        all(layer.interpolation == "nearest" for layer in up),
        "each doubling repeats the nearest value: interpolation='nearest', the default.",
    )
    expect(
        len(convolutions) >= 2,
        f"a convolution follows each of the two doublings; there are {len(convolutions)}.",
    )
    blocks = x_hat.reshape(4, 16, 2, 12, 2, 3)
    expect(
        np.ptp(blocks, axis=(2, 4)).max() > 1e-4,
        "the picture is made of even 2 x 2 blocks: the last doubling needs a convolution after it.",
    )
    _expect_learning(cls)
    return "grey and coloured images of two sizes, pixels in [0, 1], and it learns"


def _expect_learning(cls):
    """Four pictures, each with one bright quarter, must be learned from four codes."""
    x = np.zeros((4, 8, 8, 1), "float32")
    x[0, :4, :4], x[1, :4, 4:], x[2, 4:, :4], x[3, 4:, 4:] = 0.9, 0.9, 0.9, 0.9
    z = 2 * np.eye(4, dtype="float32")
    decoder = cls((8, 8, 1))
    decoder.compile(keras.optimizers.Adam(0.02), loss="mse")
    decoder.fit(z, x, epochs=150, batch_size=4, shuffle=False, verbose=0)
    error, baseline = np.mean((decoder.predict(z, verbose=0) - x) ** 2), np.var(x, axis=0).mean()
    expect(
        error < baseline / 2,
        f"trained on four simple pictures it is hardly better than their mean ({error:.3f} per "
        f"pixel against {baseline:.3f}). Do all pixels get a gradient?",
    )


@check
def check_decision(decision, x, outputs):
    """Exercise 4.4: `decision = (choice, reason, numbers)` for the images `outputs` of `x`."""
    choice, reason, numbers = read_tuple(decision, 3, "set decision = (choice, reason, numbers).")
    expect(choice in outputs, f"choose one of {', '.join(outputs)}, not {choice!r}.")
    expect(reason in REASONS, f"the reason is one of {', '.join(REASONS)}, not {reason!r}.")
    expect(
        isinstance(numbers, dict) and set(numbers) == set(outputs),
        "the evidence is a dict with a number for each of the four: one alone compares nothing.",
    )
    truth = {name: _measure(reason, x, x_hat) for name, x_hat in outputs.items()}
    for name, right in truth.items():
        expect(
            close(numbers[name], right, 1e-3),
            f"for {name}, {reason!r} is {right:.3g}; you give {float(numbers[name]):.3g}."
            + " Clip to [0, 1] first, sum over pixels, mean over images." * (reason == "error"),
        )
    best = min(truth.values())
    expect(
        truth[choice] <= best + 1e-9,
        f"your own numbers speak for {min(truth, key=truth.get)}: {reason!r} is {best:.3g} there "
        f"and {truth[choice]:.3g} for {choice}. Change the choice, or find the reason that you "
        "really have.",
    )
    return f"the numbers bear out {choice} by {reason!r}"


def _measure(reason, x, x_hat):
    if reason == "error":
        return np.sum((x - np.clip(x_hat, 0, 1)) ** 2, axis=(1, 2, 3), dtype="float64").mean()
    if reason == "range":
        return np.mean((x_hat < 0) | (x_hat > 1))
    return np.mean(x_hat.max(axis=0)[x.max(axis=0) > 0] <= 0)


def _comes_back(model, z, shape):
    """Whether a training step moves the last biases, from a start far above the target."""
    biases = [weight for weight in model.trainable_weights if len(weight.shape) == 1]
    if not biases:
        return True
    start = np.full(biases[-1].shape, 6, "float32")
    biases[-1].assign(start)
    model.compile(keras.optimizers.Adam(0.01), loss="mse")
    model.fit(z, np.full((len(z), *shape), -0.5, "float32"), batch_size=len(z), verbose=0)
    return np.all(keras.ops.convert_to_numpy(biases[-1]) != start)
