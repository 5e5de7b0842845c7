"""Checks of the exercises in lesson 11, Convolution and upsampling."""

import keras
import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

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
        "What are height and width after one stage, and how many numbers does the last map hold?",
        "Halve height and width once for each stage, rounding up. The code is the last map, with "
        "`latent_dim` channels. Then divide the image's count by the code's.",
        "`(height + 1) // 2` rounds up. At the end, divide the product of `image_shape` by "
        "`height * width * latent_dim`.",
    ),
}
hint = Hints(HINTS)


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
def check_map_ratio(map_ratio):
    """Exercise 11.3: `map_ratio(image_shape, n_stages, latent_dim)`."""
    expect(
        close(call(map_ratio, (32, 32, 3), 2, 4), 12),
        "32 x 32 x 3 numbers become 8 x 8 x 4: 12 times fewer.",
    )
    expect(
        close(map_ratio((28, 28, 1), 3, 1), 49),
        "28, 14, 7, and then 4: odd sizes are rounded up.",
    )
    expect(close(map_ratio((8, 8, 1), 0, 2), 0.5), "without a stage only the channels differ.")
    return "counts what goes in against what comes out"
