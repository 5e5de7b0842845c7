"""Checks of the exercises in lesson 26, Against the literature."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "26.1": (
        (
            "A root, a mean and a scale may have to be undone: which of them in which unit, and in "
            "which order?"
        ),
        (
            "First square an 'rmse'. Then multiply by `n_pixels`, unless it is a 'sum' already. "
            "Last the scale: pixels become `white` times smaller, and squared errors `white**2` "
            "times."
        ),
        (
            '`squared = value**2 if unit == "rmse" else value`; in the same way make the `total` '
            "of it, and divide that by `white**2`."
        ),
    ),
    "26.2": (
        "What does one image say about which model is better, whether it is hard or easy for both?",
        (
            "Take the differences, image by image: `np.asarray(a) - np.asarray(b)`. The standard "
            "error of a mean of n values is their standard deviation over the root of n."
        ),
        (
            "`difference.std(ddof=1) / np.sqrt(len(difference))` is the standard error; return the "
            "mean difference before it."
        ),
    ),
    "26.3": (
        "How many nats are one bit, the choice between two equally probable answers?",
        (
            "One bit is log 2, about 0.693 nats, so an image has `nats / np.log(2)` bits. How many "
            "pixels share them?"
        ),
        (
            "Divide `nats / np.log(2)` by `n_pixels`. For 86.76 nats of 28 x 28 pixels that is "
            "about 0.16."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_published_unit(per_image):
    """Exercise 26.1: `per_image(value, unit, n_pixels, white)`."""
    expect(close(call(per_image, 3.0, "sum", 784, 1), 3.0), "a sum on [0, 1] is ours already.")
    expect(close(per_image(0.5, "mse", 100, 1), 50), "a mean becomes a sum times the pixels.")
    wrong = np.sqrt(0.5) * 100
    result = per_image(0.5, "rmse", 100, 1)
    expect(not close(result, wrong), "the error is squared: square the root, do not take another.")
    expect(not close(result, 2500), "square first, then times the pixels.")
    expect(close(result, 25), "0.5 as rmse of 100 pixels is 25.")
    result = per_image(51.0, "rmse", 100, 255)
    expect(not close(result, 51**2 * 100 / 255), "squares shrink by white twice.")
    expect(close(result, 4), "a root of 51 where white is 255 is one of 0.2.")
    for unit, right in (("mse", 10.0), ("sum", 0.1)):
        result = per_image(65.025 * 100, unit, 100, 255)
        expect(close(result, right), f"'{unit}' on [0, 255] must be divided by 255 twice.")
    return "three units, two scales, one number"


@check
def check_paired(paired):
    """Exercise 26.2: `paired(a, b)`."""
    b = np.array([1.0, 9.0, 4.0, 30.0])
    a = b + np.array([1.0, 2.0, 3.0, 2.0])
    result = call(paired, a.copy(), b.copy())
    expect(np.shape(result) == (2,), "return two numbers: the mean difference, its error.")
    mean, error = map(float, result)
    expect(not close(mean, -2), "a minus b, not b minus a.")
    expect(close(mean, 2), "the mean of the differences.")
    spread = np.sqrt(2 / 3)
    separate = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 4)
    expect(not close(error, separate), "take the spread of the differences, not of the two.")
    expect(not close(error, spread), "the error of a mean of n values: divide by the root of n.")
    expect(not close(error, np.sqrt(0.5) / 2), "the mean was estimated, too: ddof=1.")
    expect(not close(error, spread / 4), "divide by the root of n, not by n.")
    expect(close(error, spread / 2), "standard deviation of the differences over the root of n.")
    expect(close(paired(list(a), list(b)), (2, spread / 2)), "lists are errors as well.")
    return "the difference and its error, image by image"


@check
def check_bits_per_pixel(bits_per_pixel):
    """Exercise 26.3: `bits_per_pixel(nats, n_pixels)`."""
    result = call(bits_per_pixel, 784 * np.log(2), 784)
    expect(not close(result, np.log(2) ** 2), "a nat is more than a bit: divide by log 2.")
    expect(not close(result, 784), "per pixel: divide by their number.")
    expect(not close(result, np.log(2)), "these are nats per pixel still.")
    expect(close(result, 1), "log 2 nats for each pixel are one bit each.")
    expect(close(bits_per_pixel(200.0, 50), 4 / np.log(2)), "for any number of pixels.")
    return "a nat is 1.44 bits"
