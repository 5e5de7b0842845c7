"""What learners may hand to the checks of lesson 12; test_exercises.py hands it in."""

from types import SimpleNamespace

import numpy as np

from cases import Case


def copier(n, negative=True):
    eye = np.eye(n)
    return np.hstack([eye, -eye * negative]), np.vstack([eye, -eye])


def passed(reconstruct, x, x_noisy, clean=True):
    noisy = np.sum((reconstruct(x_noisy) - x) ** 2)
    return (noisy - clean * np.sum((reconstruct(x) - x) ** 2)) / np.sum((x_noisy - x) ** 2)


def trained(z, x_hat):
    """What evaluation asks of a trained model: here, functions of the images instead."""
    return SimpleNamespace(
        encoder=SimpleNamespace(predict=lambda x, **_: z(x)),
        to_code=lambda h: h,
        predict=lambda x, **_: x_hat(x),
    )


def raising(x):
    raise RuntimeError("oops")


def wide(x, factor=2):
    return np.repeat(x.reshape(len(x), -1), factor, axis=1)


rng = np.random.default_rng(0)


X = rng.random((40, 4, 4, 1)).astype("float32")


NOISY = np.clip(X + rng.normal(0, 0.3, X.shape), 0, 1).astype("float32")


def nearly(x):
    """Whatever comes in, the clean images of the same number: a perfect denoiser."""
    return X[: len(x)]


CASES = {
    "relu_copier": Case(
        right=[copier],
        wrong=[
            (lambda n: copier(n, negative=False), "units of their own"),
            (lambda n: copier(n)[0], "return two matrices"),
            (lambda n: copier(n)[::-1], "the shapes should be"),
        ],
    ),
    "let_through": Case(
        right=[passed],
        wrong=[
            (lambda *args: passed(*args, clean=False), "Subtract the clean error"),
            (lambda f, x, x_noisy: np.sum((f(x_noisy) - f(x)) ** 2), "lets everything through"),
        ],
    ),
    "robust": Case(
        right=[trained(wide, nearly)],
        wrong=[
            (trained(lambda x: wide(x, 1), nearly), "32 are needed"),
            (trained(wide, lambda x: x), "Which two cures helped?"),
            (trained(wide, lambda x: 0.75 * nearly(x) + 0.125), "on clean images it is"),
        ],
        blank=[],
        broken=trained(wide, raising),
        others=(X, X, NOISY),
    ),
}
