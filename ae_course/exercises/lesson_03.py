"""Checks of the exercises in lesson 03, The encoder."""

import warnings

import keras
import numpy as np

from ae_course.exercises.grading import Blank, Hints, call, check, expect, read_decision

HINTS = {
    "3.1": (
        "How many numbers are in a matrix from m values to n, and how many biases come with it?",
        "m * n weights and n biases for each pair of neighbouring widths.",
        "sum(m * n + n for m, n in itertools.pairwise(widths))",
    ),
    "3.2": (
        "Which layers work on an image of any size, and which on a row of numbers?",
        "Conv2D layers first, then Flatten, then Dense; all with an activation but the code.",
        'Conv2D(8, 3, strides=2, padding="same", activation="gelu"), another one, Flatten(), '
        'Dense(64, activation="gelu"), Dense(latent_dim).',
    ),
    "3.3": (
        "Are there negative numbers among the targets?",
        "Write a function of activation and seed that builds, seeds, compiles, fits, and measures.",
        'encoder.compile(keras.optimizers.Adam(0.002), loss="mse"), encoder.fit(few, targets, ...),'
        " evaluation.squared_error(targets_val, encoder.predict(val.x, verbose=0)).mean()",
    ),
}
hint = Hints(HINTS)


@check
def check_count_parameters(count_parameters):
    """Exercise 3.1: `count_parameters(widths)`."""
    expect(
        call(count_parameters, [3, 2]) == 8,
        "from 3 to 2 values there are 3 * 2 weights and 2 biases: 8.",
    )
    expect(
        count_parameters([784, 256, 128, 16]) == 235_920,
        "each layer connects one width with the next; add up all of them.",
    )
    expect(
        count_parameters([5, 4, 3, 2, 1, 7]) == 24 + 15 + 8 + 3 + 14,
        "count any number of layers: [5, 4, 3, 2, 1, 7] has 64 weights and biases.",
    )
    return "weights and biases of every layer"


@check
def check_encoder(cls):
    """Exercise 3.2: a `keras.Model` subclass `cls(latent_dim)`."""
    if "call" not in vars(cls):
        raise Blank
    for shape, latent_dim in (((28, 28, 1), 16), ((32, 24, 3), 5)):
        encoder = cls(latent_dim)
        x = np.random.default_rng(0).random((3, *shape), "float32")
        z = keras.ops.convert_to_numpy(encoder(x))
        expect(
            z.shape == (3, latent_dim),
            f"three images {shape} should become codes (3, {latent_dim}), not {z.shape}.",
        )
    layers = _layers_with_weights(encoder)
    expect(len(layers) == 4, f"three hidden layers and a code make four, not {len(layers)}.")
    expect(
        any(isinstance(layer, keras.layers.Conv2D) for layer in layers),
        "make at least one of the hidden layers a convolution.",
    )
    encoder = cls(67)
    _expect_linear_code(encoder, x)
    _expect_nonlinear_hidden_layers(encoder, x)
    _expect_every_layer_learns(encoder, x)
    return "any image size, any code size, nonlinear inside, a linear code, and every layer learns"


def _layers_with_weights(model):
    return [layer for layer in model._flatten_layers() if hasattr(layer, "kernel")]


def _expect_linear_code(encoder, x):
    """The code must be a linear function of its layer's weights."""
    encoder(x)
    wide = [layer for layer in _layers_with_weights(encoder) if layer.kernel.shape[-1] == 67]
    expect(wide, "the last layer should have as many units as the code: Dense(latent_dim).")
    expect(
        _linear_in(encoder, wide[-1], x), "the code is nonlinear: leave out the last activation."
    )


def _linear_in(encoder, layer, x):
    """Whether the code is a linear function of the weights of a layer."""
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    none, one, more, minus = (_with_kernel(encoder, layer, a * kernel, x) for a in (0, 1, 9, -1))
    layer.kernel.assign(kernel)
    tolerance = 1e-3 * np.abs(one - none).max() + 1e-6
    same = np.abs((more - none) - 9 * (one - none)).max() <= 9 * tolerance
    mirrored = np.abs((minus - none) + (one - none)).max() <= tolerance
    return same and mirrored


def _with_kernel(encoder, layer, kernel, x):
    layer.kernel.assign(kernel)
    return keras.ops.convert_to_numpy(encoder(x))


def _expect_nonlinear_hidden_layers(encoder, x):
    """An affine function has f(a) + f(b) = f(a + b) + f(0)."""
    a, b = 10 * x[:1], -10 * x[1:2]
    z = [keras.ops.convert_to_numpy(encoder(each)) for each in (a, b, a + b, 0 * a)]
    gap = np.abs(z[0] + z[1] - z[2] - z[3]).max()
    expect(
        gap > 1e-3 * max(np.abs(each).max() for each in z),
        "the whole encoder is one matrix: give the hidden layers an activation.",
    )
    linear = [layer for layer in _layers_with_weights(encoder) if _linear_in(encoder, layer, x)]
    expect(
        len(linear) == 1,
        f"{len(linear) - 1} of the hidden layers are linear, and could be one matrix with the "
        "code: give each an activation.",
    )


def _expect_every_layer_learns(encoder, x):
    before = [np.array(weight) for weight in encoder.get_weights()]
    names = [weight.path for weight in encoder.trainable_weights]
    encoder.compile(keras.optimizers.SGD(0.1), loss="mse")
    with warnings.catch_warnings():
        # Keras warns of weights without a gradient; the check says it in its own words.
        warnings.simplefilter("ignore")
        encoder.fit(x, np.ones((len(x), 67), "float32"), verbose=0)
    moved = [np.any(a != b) for a, b in zip(before, encoder.get_weights(), strict=True)]
    expect(
        len(names) == len(moved) and all(moved),
        "a training step leaves some weights as they were: does a gradient reach every layer?",
    )


@check
def check_code_decision(decision, targets):
    """Exercise 3.3: `decision = (choice, errors)` for the validation codes `targets`."""
    choice, errors = read_decision(
        decision, "set decision = (choice, errors) with a dict of errors."
    )
    expect(choice in ("linear", "relu"), f"choose linear or relu, not {choice!r}.")
    expect(
        set(errors) == {"linear", "relu"} and all(len(errors[name]) >= 3 for name in errors),
        "the evidence is three errors, of three seeds, for each of linear and relu.",
    )
    linear, relu = np.array(errors["linear"], float), np.array(errors["relu"], float)
    expect(
        len(set(linear)) == len(linear) and len(set(relu)) == len(relu),
        "two seeds gave exactly the same error: pass the seed to backend.seed_weights.",
    )
    # What no code without negative numbers can do better than, and what a code of zeros does.
    floor = np.sum(np.minimum(targets, 0) ** 2, axis=1).mean()
    zeros = np.sum(np.square(targets), axis=1).mean()
    expect(
        relu.min() >= 0.999 * floor,
        f"no code without negative numbers has an error below {floor:.1f} here; yours has "
        f"{relu.min():.3g}. Sum over the sixteen numbers, and use a ReLU.",
    )
    expect(
        relu.max() < zeros and linear.max() < zeros,
        f"a code of zeros has an error of {zeros:.1f}; one of yours has "
        f"{max(relu.max(), linear.max()):.3g}. Did you train it?",
    )
    expect(
        0.001 * zeros < linear.min() and linear.max() < floor,
        f"the linear code should come below {floor:.1f}, which no ReLU can, though not to 0; "
        f"yours reach from {linear.min():.3g} to {linear.max():.3g}.",
    )
    expect(choice == "linear", "your own numbers speak for the linear code, in every seed.")
    return f"linear, because half of a code is negative: a ReLU cannot get below {floor:.1f}"
