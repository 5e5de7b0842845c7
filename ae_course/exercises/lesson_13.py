"""Checks of the exercises in lesson 13, Denoising."""

import numpy as np

from ae_course.exercises.grading import Blank, Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "13.1": (
        "Images are `(n, height, width, channels)`: over which axes do you take the mean, so that "
        "each image keeps a number of its own?",
        "First the mean squared error of each image, over height, width and channels. Then -10 "
        "times its logarithm to base 10.",
        "`np.mean((x - x_hat) ** 2, axis=(1, 2, 3))` goes into `np.log10`. Mind the sign: less "
        "error is more decibels.",
    ),
    "13.2": (
        "For n images, how many standard deviations do you draw, and how many noise values?",
        "`rng.uniform(0, 0.8, ...)` draws one strength for each image, in a shape that broadcasts "
        "over its pixels. `rng.normal(size=x.shape)` draws a value for every pixel. Multiply, "
        "add, clip.",
        "`stddev = rng.uniform(0, 0.8, (len(x), 1, 1, 1))`. Add `stddev` times the noise to `x`, "
        'not in place; then `np.clip` to 0 and 1, and `.astype("float32")`.',
    ),
    "13.3": (
        "What does a denoiser get to see, and what should it return?",
        "It sees the corrupted images and should return the clean ones: corrupt, reconstruct, and "
        "compare with `x`.",
        "`x_hat = reconstruct(corrupt(x))`. Sum `(x - x_hat) ** 2` over the axes 1, 2 and 3, then "
        "take the mean of what is left.",
    ),
}
hint = Hints(HINTS)


@check
def check_psnr(psnr):
    """Exercise 13.1: `psnr(x, x_hat)`."""
    rng = np.random.default_rng(0)
    x = rng.random((4, 5, 6, 1), "float32")
    x_hat = np.clip(x + rng.normal(0, [[[[0.1]]], [[[0.2]]], [[[0.3]]], [[[0.4]]]], x.shape), 0, 1)
    x_hat = x_hat.astype("float32")
    result = np.asarray(call(psnr, x, x_hat))
    right = evaluation.psnr(x, x_hat)
    expect(result.shape == (4,), f"one number for each image is (4,), not {result.shape}.")
    expect(not close(result, -right, 1e-3), "the sign is the wrong way round: less error, more dB.")
    natural = right * np.log(10)
    expect(not close(result, natural, 1e-3), "decibels use the logarithm to base 10.")
    summed = right - 10 * np.log10(x[0].size)
    expect(not close(result, summed, 1e-3), "take the mean over the pixels, not their sum.")
    expect(close(result, right, 1e-3), "-10 times log10 of the mean squared error of each image.")
    return "decibels, one number for each image"


@check
def check_any_level(any_level):
    """Exercise 13.2: `any_level(x, rng)`."""
    x = np.full((64, 8, 8, 1), 0.5, "float32")
    result = np.asarray(call(any_level, x, np.random.default_rng(0)))
    expect(result.shape == x.shape, f"the shape should stay {x.shape}, not be {result.shape}.")
    expect(result.dtype == np.float32, f"return float32, not {result.dtype}: `.astype`.")
    expect(close(x, np.full_like(x, 0.5)), "`x` itself was changed; the target must stay clean.")
    expect(result.min() >= 0 and result.max() <= 1, "clip to [0, 1].")
    again = np.asarray(any_level(x, np.random.default_rng(1)))
    expect(not close(result, again), "draw from `rng`: another generator, other noise.")
    spread = result.std(axis=(1, 2, 3))
    expect(spread.max() > 0, "there is no noise in it.")
    expect(spread.std() > 0.05, "draw one standard deviation for each image, not one for all.")
    within = [image.std() for image in result.reshape(64, -1)[spread > 0.05]]
    expect(min(within) > 0, "draw a number for every pixel, then scale them image by image.")
    expect(spread.min() < 0.12, "the standard deviations should begin at 0.")
    expect(spread.max() > 0.25, "the standard deviations should reach 0.8.")
    return "every image has noise of its own strength"


@check
def check_denoising_error(denoising_error):
    """Exercise 13.3: `denoising_error(reconstruct, x, corrupt)`."""
    x = np.random.default_rng(0).random((6, 4, 4, 1), "float32")
    spoilt = np.clip(x + 0.25, 0, 1).astype("float32")
    seen = []

    def reconstruct(images):
        seen.append(np.array(images))
        return np.asarray(images)

    result = denoising_error(reconstruct, x, lambda images: spoilt)
    if result is None or result is ...:
        raise Blank
    expect(bool(seen), "call `reconstruct`.")
    expect(not close(seen[0], x), "`reconstruct` got the clean images: corrupt them first.")
    expect(close(seen[0], spoilt), "`reconstruct` should get `corrupt(x)`.")
    right = evaluation.squared_error(x, spoilt).mean()
    expect(np.ndim(result) == 0, "return one number, the mean over the images.")
    expect(float(result) > 1e-9, "that compares with the noisy images: the target is the clean x.")
    expect(close(result, right, 1e-4), "sum over the pixels of an image, then mean over images.")
    return "noisy images in, clean images as the target"
