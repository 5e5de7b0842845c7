"""Checks of the exercises in lesson 01, Setting up."""

import numpy as np

from ae_course.exercises.grading import call, check, expect


@check
def check_noisy_copy(noisy_copy):
    """Exercise 1.1: `noisy_copy(image, seed)`."""
    image = np.full((20, 30), 0.5)
    np.random.seed(0)
    first = call(noisy_copy, image, 3)
    undisturbed = np.random.uniform()
    expect(np.shape(first) == image.shape, "the copy must have the image's shape.")
    expect(not np.allclose(first, image), "there is no noise in the copy.")
    expect(
        np.array_equal(first, noisy_copy(image, 3)),
        "seed 3 gave two different copies. Make the generator inside the function.",
    )
    expect(
        not np.array_equal(first, noisy_copy(image, 4)),
        "seeds 3 and 4 gave the same copy. Hand the seed to the generator.",
    )
    spread = np.std(first - image)
    expect(0.08 < spread < 0.12, f"the noise has standard deviation {spread:.2f}, not 0.1.")
    np.random.seed(0)
    expect(
        np.random.uniform() == undisturbed,
        "the global generator was disturbed. Use np.random.default_rng(seed).",
    )
    return "repeats with its seed, differs with another, and disturbs nobody"


@check
def check_glorot(glorot):
    """Exercise 1.2: `glorot(shape, rng)`."""
    for shape, limit in (((300, 500), np.sqrt(6 / 800)), ((3, 3, 40, 60), np.sqrt(6 / 900))):
        weights = np.asarray(call(glorot, shape, np.random.default_rng(0)))
        expect(weights.shape == shape, f"for shape {shape} it returned {weights.shape}.")
        largest = np.abs(weights).max()
        expect(
            0.99 * limit < largest <= limit,
            f"for shape {shape} the largest weight should be near {limit:.3f}, not {largest:.3f}.",
        )
        expect(
            abs(np.std(weights) / limit - 1 / np.sqrt(3)) < 0.01,
            "the weights should be uniform on [-r, r]: rng.uniform(-r, r, shape).",
        )
    return "uniform within the right limits for a matrix and for a convolution"
