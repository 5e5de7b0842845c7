"""Checks of the exercises in lesson 11, Convolution and upsampling."""

import keras
import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_seeds,
    read_tuple,
)
from ae_keras import evaluation

HINTS = {
    "11.1": (
        "A window of 3 reaches from its first value to its third: how many pixels apart are these "
        "two after a stride of 2?",
        "Go through the layers with two numbers, both 1 at first: how many pixels one value sees, "
        "and how many pixels lie from one value to the next. A window widens the first; a stride "
        "multiplies the second.",
        "For each stride: `seen += (kernel - 1) * step`, and only then `step *= stride`. The "
        "answer is `seen`.",
    ),
    "11.2": (
        "Which pixels of the result are painted by the window entry (0, 1), and by no other?",
        "Those in the rows 0, 2, 4, ... and the columns 1, 3, 5, ...: a slice with step 2. Each "
        "is a sum over channels, so it is a matrix product of `x` with `kernel[a, b]`, which is "
        "(filters, channels).",
        "Begin with `np.zeros` of the final shape. For `a` and `b` in 0 and 1: `result[:, a::2, "
        "b::2] = x @ kernel[a, b].T`.",
    ),
    "11.3": (
        "How many weights has the dense layer from a map of 7 x 7 x 16 to 20 numbers, and what "
        "becomes of it with half the channels, or with a third stage?",
        "Look at `[w.shape for w in model.get_weights()]`. Fewer channels in the last map or one "
        "more stage shrink the two dense layers; the windows cost little. Keep `up='nearest'`.",
        "`mine = Autoencoder(ConvEncoder(20, filters=(8, 16, 16)), ConvDecoder(image_shape, "
        "filters=(16, 16, 8), up='nearest'))`, then `trained(mine, few, epochs=12)`, and look at "
        "`mine.count_params()` and `error(mine, val.x)`.",
    ),
    "11.4": (
        "Has a dense layer any way to know that a 3 at the left and a 3 at the right are alike?",
        "Measure both networks on one kind with the same seeds, and compare the largest error of "
        "the one with the smallest of the other. If they overlap, the verdict is neither.",
        '`evidence = {name: [measure(name, "moved", seed) for seed in (0, 1)] for name in '
        '("dense", "convolutional")}`, then `decision = ("moved", verdict, evidence)`.',
    ),
}
hint = Hints(HINTS)

BUDGET = 20_000
KINDS = ("digits", "shuffled", "moved")
NETWORKS = ("dense", "convolutional")
NEW_SEED = 7
TOLERANCE = 0.25


@check
def check_receptive_field(receptive_field):
    """Exercise 11.1: `receptive_field(strides, kernel=3)`."""
    expect(call(receptive_field, [1]) == 3, "one window of 3 sees 3 pixels across.")
    expect(receptive_field([1, 1]) == 5, "each further window adds one pixel on both sides: 5.")
    expect(
        receptive_field([2, 2]) == 7,
        "after a stride of 2, neighbouring values are two pixels apart: 3 + 2 * 2 = 7.",
    )
    expect(
        receptive_field([2, 1, 2, 2]) == 19,
        "the steps multiply: add (kernel - 1) times the product of the strides before.",
    )
    expect(receptive_field([2, 2], kernel=5) == 13, "use `kernel` instead of 3.")
    return "windows of windows, strides included"


@check
def check_double(double):
    """Exercise 11.2: `double(x, kernel)`."""
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 2, 6, 5))
    result = np.asarray(call(double, x, kernel))
    expect(
        result.shape == (2, 6, 8, 6),
        f"(2, 3, 4, 5) with 6 filters should become (2, 6, 8, 6), not {result.shape}.",
    )
    layer = keras.layers.Conv2DTranspose(6, 2, strides=2, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    right = keras.ops.convert_to_numpy(layer(x.astype("float32")))
    turned = right.reshape(2, 3, 2, 4, 2, 6)[:, :, ::-1, :, ::-1].reshape(right.shape)
    expect(
        not close(result, turned, 1e-3), "the window is upside down: entry (0, 0) is the top left."
    )
    expect(
        close(result, right, 1e-3),
        "pixel (2i + a, 2j + b) is the sum over channels of x[i, j] times kernel[a, b].",
    )
    return "the same blocks as Keras paints"


@check
def check_own_network(mine, x, limit):
    """Exercise 11.3: a trained autoencoder `mine`; its error on `x` should be below `limit`."""
    if callable(mine) and not isinstance(mine, keras.Model):
        mine = call(mine)
    expect(isinstance(mine, keras.Model), f"`mine` should be a model, not {type(mine).__name__}.")
    expect(
        hasattr(mine, "encoder") and hasattr(mine, "decoder"),
        "it needs the parts `encoder` and `decoder`: use Autoencoder(encoder, decoder).",
    )
    z = evaluation.encode(mine, x[:8])
    numbers = int(np.prod(z.shape[1:]))
    expect(numbers <= 20, f"its code has {numbers} numbers an image; at most 20 are allowed.")
    for name in ("encoder", "decoder"):
        found = list(getattr(mine, name)._flatten_layers())
        expect(
            any(isinstance(layer, keras.layers.Conv2D) for layer in found),
            f"there is no convolution in the {name}.",
        )
    n_parameters = mine.count_params()
    expect(
        n_parameters <= BUDGET,
        f"it has {n_parameters:,} parameters, and {BUDGET:,} are allowed. Most are in "
        f"{_largest(mine)}.",
    )
    error = evaluation.squared_error(x, evaluation.reconstruct(mine, x)).mean()
    baseline = evaluation.mean_image_error(x, x)
    expect(
        error < 0.9 * baseline,
        f"its error is {error:.1f}, near that of the mean image, {baseline:.1f}: train it.",
    )
    expect(
        error < limit,
        f"its error is {error:.1f}, and PCA has {limit:.1f}. Try `up='nearest'`, or "
        "spend the parameters elsewhere.",
    )
    return f"{n_parameters:,} parameters, error {error:.1f} against {limit:.1f}"


def _largest(model):
    """The shape of the largest weight of a model, in words."""
    shape = max((weight.shape for weight in model.weights), key=np.prod)
    kind = "a dense layer" if len(shape) == 2 else "a convolution"
    return f"{kind} with weights {' x '.join(map(str, shape))}"


@check
def check_neighbours(decision, measure):
    """Exercise 11.4: `decision = (kind, verdict, evidence)`; `measure` trains again."""
    kind, verdict, evidence = read_tuple(decision, 3, "set decision = (kind, verdict, evidence).")
    expect(kind in KINDS, f"the kind is one of {', '.join(KINDS)}, not {kind!r}.")
    expect(
        verdict in (*NETWORKS, "neither"),
        f"the verdict is one of {', '.join(NETWORKS)}, neither, not {verdict!r}.",
    )
    evidence = read_seeds(evidence, NETWORKS, "network")
    dense, convolutional = evidence["dense"], evidence["convolutional"]
    right = "neither"
    if dense.max() < convolutional.min():
        right = "dense"
    if convolutional.max() < dense.min():
        right = "convolutional"
    expect(
        verdict == right,
        f"your own numbers speak for {right!r}: dense {dense.min():.1f} to {dense.max():.1f}, "
        f"convolutional {convolutional.min():.1f} to {convolutional.max():.1f}.",
    )
    for name, found in evidence.items():
        again = float(measure(name, kind, NEW_SEED))
        expect(
            (1 - TOLERANCE) * found.min() <= again <= (1 + TOLERANCE) * found.max(),
            f"trained once more on {kind} images, the {name} network has an error of {again:.1f}; "
            f"your evidence lies between {found.min():.1f} and {found.max():.1f}. Are these the "
            f"numbers of `measure({name!r}, {kind!r}, seed)`?",
        )
    return f"on {kind} images your evidence speaks for {verdict!r}, and was repeated"
