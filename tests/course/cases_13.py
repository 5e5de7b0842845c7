"""What learners may hand to the checks of lesson 13; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def decibels(x, x_hat, over=np.mean, log=np.log10, sign=-1):
    return sign * 10 * log(over((x - x_hat) ** 2, axis=(1, 2, 3)))


def own_strength(x, rng, shape=(-1, 1, 1, 1), top=0.8, clip=True):
    stddev = rng.uniform(0, top, (len(x), 1, 1, 1) if shape else ())
    noisy = x + stddev * rng.normal(size=x.shape)
    return (np.clip(noisy, 0, 1) if clip else noisy).astype("float32")


rng = np.random.default_rng(0)


def per_image(x, x_hat):
    return ((x - x_hat) ** 2).sum(axis=(1, 2, 3)).mean()


CASES = {
    "psnr": Case(
        right=[decibels],
        wrong=[
            (lambda x, x_hat: decibels(x, x_hat, sign=1), "sign is the wrong way round"),
            (lambda x, x_hat: decibels(x, x_hat, log=np.log), "logarithm to base 10"),
            (lambda x, x_hat: decibels(x, x_hat, over=np.sum), "not their sum"),
            (lambda x, x_hat: decibels(x, x_hat).mean(), "one number for each image"),
        ],
    ),
    "any_level": Case(
        right=[own_strength],
        wrong=[
            (lambda x, rng: own_strength(x, rng, shape=None), "one standard deviation for each"),
            (lambda x, rng: own_strength(x, rng, clip=False), "clip to [0, 1]"),
            (lambda x, rng: own_strength(x, rng, top=0.2), "should reach 0.8"),
            (lambda x, rng: own_strength(x, np.random.default_rng(5)), "draw from `rng`"),
            (lambda x, rng: own_strength(x, rng).astype("float64"), "return float32"),
        ],
    ),
    "denoising_error": Case(
        right=[lambda reconstruct, x, corrupt: per_image(x, reconstruct(corrupt(x)))],
        wrong=[
            (lambda reconstruct, x, corrupt: per_image(x, reconstruct(x)), "corrupt them first"),
            (
                lambda reconstruct, x, corrupt: per_image(corrupt(x), reconstruct(corrupt(x))),
                "the target is the clean x",
            ),
            (
                lambda reconstruct, x, corrupt: np.mean((x - reconstruct(corrupt(x))) ** 2),
                "sum over the pixels",
            ),
        ],
    ),
}
