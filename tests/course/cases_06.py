"""What learners may hand to the checks of lesson 06; test_exercises.py hands it in."""

import functools

import numpy as np
from scipy import ndimage

from ae_course.exercises import lesson_06
from ae_keras import data
from cases import Case

TRAIN, VAL, _ = data.load_splits()
FEW, HELD_OUT = TRAIN.x[:1280], VAL.x[:200]


@functools.cache
def error_after(rate):
    return lesson_06.error_after(rate, FEW, HELD_OUT)


def tried(chosen, *rates, instead=None):
    """An answer whose evidence is true, but for the rates in `instead`."""
    return lambda: (chosen, {rate: error_after(rate) for rate in rates} | (instead or {}))


RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)


def moved(images, rng, far=2):
    steps = rng.integers(-far, far + 1, size=(len(images), 2))
    return np.stack([np.roll(x, step, axis=(0, 1)) for x, step in zip(images, steps, strict=True)])


def turned(images, rng):
    """Turned, scaled and moved a little, all at once."""
    made = []
    centre = (np.array(images.shape[1:3]) - 1) / 2
    for image in images[..., 0]:
        angle, size = rng.normal(0, 0.12), 1 + rng.normal(0, 0.08)
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / size
        offset = centre - matrix @ (centre + rng.normal(0, 1, 2))
        made.append(ndimage.affine_transform(image, matrix, offset, order=1))
    return np.clip(np.stack(made)[..., None], 0, 1)


def noisy(images, rng):
    return np.clip(images + 0.1 * rng.normal(size=images.shape), 0, 1).astype("float32")


def mirrored(images, rng):
    chosen = rng.random(len(images)) < 0.5
    return np.where(chosen[:, None, None, None], images[:, :, ::-1], images[:, ::-1])


def in_place(images, rng):
    images[:] = moved(images, rng)
    return images


def early_stop(start=1, improves=lambda new, best: new < best, fixed=None):
    def answer(val_losses, patience):
        best, waited = 0, 0
        for i in range(1, len(val_losses)):
            better = improves(val_losses[i], val_losses[best])
            best, waited = (i, 0) if better else (best, waited + 1)
            if waited >= (fixed or patience):
                return best + start, i + start
        return best + start, i + start

    return answer


def by_search(val_losses, patience):
    """Looks at each possible end with NumPy."""
    for last in range(1, len(val_losses) + 1):
        best = int(np.argmin(val_losses[:last])) + 1
        if last - best >= patience:
            break
    return best, last


def against_the_one_before(val_losses, patience):
    waited = 0
    for i in range(1, len(val_losses)):
        waited = 0 if val_losses[i] < val_losses[i - 1] else waited + 1
        if waited >= patience:
            break
    return int(np.argmin(val_losses[: i + 1])) + 1, i + 1


CASES = {
    "rate": Case(
        right=[tried(0.003, *RATES), tried(0.004, 0.0003, 0.0012, 0.004, 0.015, 0.05)],
        wrong=[
            (0.003, "set decision ="),
            (tried(0.003, 0.001, 0.003, 0.03), "four are the least"),
            (tried(0.002, *RATES), "says nothing about the rate that you chose, 0.002"),
            (tried(0.001, *RATES), "your own numbers speak for 0.003"),
            (tried(0.003, 0.0001, 0.0003, 0.001, 0.003), "no larger rate"),
            (tried(0.003, 0.003, 0.01, 0.03, 0.1), "no smaller rate"),
            (tried(0.003, 0.0001, 0.0003, 0.003, 0.03), "Try some that are closer"),
            (tried(0.003, *RATES, instead={0.003: 11.0}), "trained again"),
            (tried(0.01, *RATES, instead={0.01: 20.0}), "for 0.01 you give 20.0"),
        ],
        others=(FEW, HELD_OUT),
    ),
    "variant": Case(
        right=[moved, turned],
        wrong=[
            (lambda images, rng: images, "repeating shows the network nothing new"),
            (noisy, "is it somewhere else than the original"),
            (mirrored, "could the result be a digit"),
            (functools.partial(moved, far=9), "could the result be a digit"),
            (lambda images, rng: images + 0.1 * rng.normal(size=images.shape), "stay in [0, 1]"),
            (lambda images, rng: moved(images, rng)[:3], "as many new ones"),
            (lambda images, rng: moved(images, np.random.default_rng()), "rng that you are given"),
            (in_place, "copy them"),
            (lambda images, rng: TRAIN.x[rng.integers(0, 7650, len(images))], "of that shape"),
        ],
        others=(TRAIN.x[:120], VAL.x[300:]),
    ),
    "early_stop": Case(
        right=[early_stop(), by_search],
        wrong=[
            (early_stop(start=0), "count the epochs from 1"),
            (early_stop(fixed=9), "compare each loss with the best so far"),
            (early_stop(fixed=2), "with patience 5"),
            (early_stop(improves=lambda new, best: new <= best), "no improvement"),
            (against_the_one_before, "compare each loss with the best so far"),
            (lambda losses, patience: by_search(losses, patience)[::-1], "the best epoch comes"),
            (lambda losses, patience: by_search(losses, patience)[1], "return two things"),
            (lambda losses, patience: by_search(losses, patience + 1), "the last epoch 5, not"),
        ],
    ),
}
