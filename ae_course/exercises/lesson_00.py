"""Checks of the exercises in lesson 00, Understanding autoencoders."""

import numpy as np

from ae_course.exercises.grading import call, check, close, expect


@check
def check_compression_ratio(ratio):
    """Exercise 0.1: `ratio(image_shape, latent_dim)`."""
    expect(
        close(call(ratio, (28, 28, 1), 16), 49),
        "784 pixels in 16 numbers are 49 times fewer. Multiply height, width and channels first.",
    )
    expect(
        close(call(ratio, (32, 32, 3), 64), 48),
        "right for grey images; a colour image of (32, 32, 3) has three values a pixel.",
    )
    expect(close(call(ratio, (2, 2, 1), 8), 0.5), "a wider code than image gives a ratio below 1.")
    return "right for grey and coloured images, and below 1 for an overcomplete code"


@check
def check_learning_step(step):
    """Exercise 0.2: `step(weights, gradient, learning_rate)`."""
    old, gradient = np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([[0.5, 1.0], [0.0, -4.0]])
    kept = old.copy()
    new = call(step, old, gradient, 0.1)
    expect(close(old, kept), "the old weights were changed. Return a new array instead.")
    expect(not close(new, kept + 0.1 * gradient), "that climbs: subtract the gradient.")
    expect(close(new, kept - 0.1 * gradient), "the formula is old - learning_rate * gradient.")
    loss, weight = [], np.array([3.0])
    for _ in range(20):
        loss.append(float(weight[0] ** 2))
        weight = call(step, weight, 2 * weight, 0.1)
    expect(loss[-1] < loss[0] / 100, "repeated on the loss w**2 it should approach zero.")
    return f"20 of your steps bring the loss w**2 from {loss[0]:.0f} to {loss[-1]:.3f}"


@check
def check_per_image(per_image):
    """Exercise 0.3: `per_image(mse_per_pixel, image_shape)`."""
    expect(
        close(call(per_image, 0.01, (28, 28, 1)), 7.84),
        "a mean over 784 pixels becomes a sum when you multiply by 784.",
    )
    expect(close(call(per_image, 0.01, (4, 5, 3)), 0.6), "count the channels as well.")
    return "a mean per pixel times the number of values is the error per image"
