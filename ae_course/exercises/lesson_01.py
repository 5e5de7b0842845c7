"""Checks of the exercises in lesson 01, Setting up."""

import itertools

import numpy as np
from scipy import stats

from ae_course.exercises.grading import Hints, call, check, expect

HINTS = {
    "1.1": (
        "Who else draws from the generator that np.random.seed sets?",
        "Make a generator inside the function: rng = np.random.default_rng(seed).",
        "image + rng.normal(0, 0.1, image.shape)",
    ),
    "1.2": (
        "How many runs does it take to see whether a run repeats?",
        "Call train(seed) twice and compare the two lists, whole and without a tolerance.",
        "train(seed) == train(seed)",
    ),
}
hint = Hints(HINTS)


@check
def check_noisy_copy(noisy_copy):
    """Exercise 1.1: `noisy_copy(image, seed)`."""
    image = np.full((60, 50), 0.5)
    np.random.seed(0)
    first = np.asarray(call(noisy_copy, image, 3))
    undisturbed = np.random.uniform()
    expect((image == 0.5).all(), "the image itself was changed. Return a new array.")
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
    noise = (first - image).ravel()
    expect(np.ptp(noise) > 1e-9, "all pixels got the same noise. Draw one number for each.")
    spread = np.std(noise)
    expect(0.09 < spread < 0.11, f"the noise has standard deviation {spread:.2f}, not 0.1.")
    expect(abs(noise.mean()) < 0.01, f"the noise has the mean {noise.mean():.2f}, not 0.")
    # By chance, normal noise fails this once in 10,000 times; with the seed it is always the same.
    expect(
        stats.kstest(noise / spread, "norm").pvalue > 1e-4,
        "the noise is not normally distributed. Use rng.normal.",
    )
    for shape in ((4, 7, 3), (28, 28, 1)):
        copy = np.asarray(noisy_copy(np.zeros(shape), 0))
        expect(copy.shape == shape, f"an image of shape {shape} became one of {copy.shape}.")
        expect(
            (copy < 0).any(),
            "on a black image no noise is below 0. Add the noise as it is, without clipping.",
        )
    np.random.seed(0)
    expect(
        np.random.uniform() == undisturbed,
        "the global generator was disturbed. Use np.random.default_rng(seed).",
    )
    return "normal noise that repeats with its seed and disturbs nobody"


@check
def check_repeats(repeats):
    """Exercise 1.2: `repeats(train, seed)`."""

    def steady(seed):
        return [1.0 / (seed + 1), 0.5, 0.25]

    def drifting(place, by):
        calls = []

        def train(seed):
            calls.append(seed)
            losses = steady(seed)
            losses[place] += by * len(calls)
            return losses

        return train

    expect(bool(call(repeats, steady, 3)), "a run that always gives the same losses repeats.")
    expect(
        not call(repeats, drifting(0, 0.1), 3),
        "runs whose losses differ were said to repeat. Train twice, from the same seed.",
    )
    expect(
        not repeats(drifting(-1, 0.1), 3),
        "two runs that part in the last epoch were said to repeat. Compare all losses.",
    )
    expect(
        not repeats(drifting(1, 1e-9), 3),
        "losses that differ by 0.000000001 were called the same. Compare without a tolerance.",
    )
    orders = itertools.cycle([[0.75, 0.5, 0.625], [0.625, 0.5, 0.75]])
    expect(
        not repeats(lambda seed: next(orders), 3),
        "two runs with the same losses in another order were said to repeat. Compare the lists.",
    )
    seen = []

    def asked(seed):
        seen.append(seed)
        return steady(0)

    repeats(asked, 7)
    expect(set(seen) == {7}, f"asked for seed 7, it trained from {sorted(set(seen))}.")
    return "it compares two runs of one seed, whole and to the last bit"
