"""Checks of the exercises in lessons 00 to 02."""

import numpy as np

from ae_keras.checks.answers import call, check, close, expect


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


@check
def check_to_range(to_range):
    """Exercise 2.1: `to_range(images, low, high)`."""
    images = np.array([[[[0], [51], [255]]]], "uint8")
    result = np.asarray(call(to_range, images, -1, 1))
    expect(
        close(result.ravel(), [-1, -0.6, 1]),
        "0 should become low, 255 high, 51 a fifth between. (uint8 wraps at 256: divide first.)",
    )
    expect(result.dtype == "float32", f"the result is {result.dtype}; use .astype('float32').")
    expect(close(to_range(images, 0, 1).ravel(), [0, 0.2, 1]), "it should work for [0, 1] too.")
    return "exact at both ends and between them"


@check
def check_validation_rows(validation_rows):
    """Exercise 2.2: `validation_rows(source, fraction, seed)`."""
    source = np.random.default_rng(0).permutation(np.repeat(np.arange(1000, 1100), 6))
    rows = np.asarray(call(validation_rows, source, 0.2, 0))
    expect(
        rows.dtype == bool and rows.shape == source.shape,
        "return one True or False for each image.",
    )
    both = set(source[rows]) & set(source[~rows])
    expect(not both, f"{len(both)} originals have copies in both parts. Choose among the sources.")
    share = len(set(source[rows])) / 100
    expect(abs(share - 0.2) < 0.03, f"{share:.0%} of the originals were chosen instead of 20%.")
    expect(np.array_equal(rows, validation_rows(source, 0.2, 0)), "seed 0 gave two splits.")
    expect(
        not np.array_equal(rows, validation_rows(source, 0.2, 1)),
        "another seed gave the same split.",
    )
    return "no original in both parts, the right share, repeatable"


@check
def check_batches_of(batches_of):
    """Exercise 2.3: `batches_of(x, batch_size)`."""
    x = np.arange(10).reshape(10, 1)
    pieces = list(call(batches_of, x, 4))
    expect([len(p) for p in pieces] == [4, 4, 2], "10 images in fours are 4, 4 and 2.")
    expect(np.array_equal(np.concatenate(pieces), x), "an image was lost, doubled or moved.")
    expect(len(list(batches_of(x, 5))) == 2, "10 images in fives are two batches.")
    return "nothing lost, and the last batch is smaller"
