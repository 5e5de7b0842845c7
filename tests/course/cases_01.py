"""What learners may hand to the checks of lesson 01; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def noisy(draw, seeded=True):
    """A `noisy_copy` whose noise is `draw(rng, shape)`."""

    def noisy_copy(image, seed):
        return image + draw(np.random.default_rng(seed if seeded else None), image.shape)

    return noisy_copy


def normal(rng, shape):
    return rng.normal(0, 0.1, shape)


def by_the_global_generator(image, seed):
    np.random.seed(seed)
    return image + np.random.normal(0, 0.1, image.shape)


def in_place(image, seed):
    image += normal(np.random.default_rng(seed), image.shape)
    return image


def by_a_loop(train, seed):
    runs = [train(seed) for _ in range(3)]
    return all(run == runs[0] for run in runs)


CASES = {
    "noisy_copy": Case(
        right=[
            noisy(normal),
            lambda image, seed: image + np.random.RandomState(seed).randn(*image.shape) / 10,
        ],
        wrong=[
            (lambda image, seed: image.ravel(), "the image's shape"),
            (lambda image, seed: image.copy(), "no noise in the copy"),
            (noisy(normal, seeded=False), "two different copies"),
            (lambda image, seed: noisy(normal)(image, 0), "seeds 3 and 4 gave the same copy"),
            (noisy(lambda rng, shape: rng.normal(0, 0.5, shape)), "not 0.1"),
            (noisy(lambda rng, shape: rng.normal(0, 0.1**2, shape)), "0.01, not 0.1"),
            (noisy(lambda rng, shape: rng.normal(0.1, 0.1, shape)), "has the mean 0.10"),
            (
                noisy(lambda rng, shape: rng.uniform(-0.1 * 3**0.5, 0.1 * 3**0.5, shape)),
                "not normally distributed",
            ),
            (noisy(lambda rng, shape: rng.choice([-0.1, 0.1], shape)), "not normally distributed"),
            (noisy(lambda rng, shape: rng.normal(0, 0.1)), "all pixels got the same noise"),
            (lambda image, seed: noisy(normal)(image, seed).clip(0, 1), "without clipping"),
            (in_place, "the image itself was changed"),
            (by_the_global_generator, "the global generator was disturbed"),
        ],
    ),
    "repeats": Case(
        right=[lambda train, seed: train(seed) == train(seed), by_a_loop],
        wrong=[
            (lambda train, seed: False, "always gives the same losses repeats"),
            (lambda train, seed: train(seed) == train(seed + 1), "always gives the same losses"),
            (lambda train, seed: True, "runs whose losses differ"),
            (lambda train, seed: (run := train(seed)) == run, "runs whose losses differ"),
            (lambda train, seed: train(seed)[0] == train(seed)[0], "part in the last epoch"),
            (lambda train, seed: np.allclose(train(seed), train(seed)), "without a tolerance"),
            (lambda train, seed: sum(train(seed)) == sum(train(seed)), "Compare the lists"),
            (lambda train, seed: set(train(seed)) == set(train(seed)), "Compare the lists"),
            (lambda train, seed: train(1) == train(1), "asked for seed 7, it trained from [1]"),
        ],
    ),
}
