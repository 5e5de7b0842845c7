"""What learners may hand to the checks of lesson 15; test_exercises.py hands it in."""

from types import SimpleNamespace

import numpy as np

from cases import Case


def price(z, target, axis=0, over=np.sum):
    mean = z.mean(axis=axis)
    with np.errstate(divide="ignore"):
        off = (1 - target) * np.log((1 - target) / (1 - mean))
        return over(target * np.log(target / mean) + off)


def dead(z, least=0):
    return int(((z > 0).sum(axis=0) <= least).sum())


def trained(z, x_hat):
    """What evaluation asks of a trained model: here, functions of the images instead."""
    return SimpleNamespace(
        encoder=SimpleNamespace(predict=lambda x, **_: z(x)),
        to_code=lambda h: h,
        predict=lambda x, **_: x_hat(x),
    )


def raising(x):
    raise RuntimeError("oops")


def relu_code(share):
    def z(x):
        code = np.zeros((len(x), 20), "float32")
        code[:, : round(20 * share)] = 1
        return code

    return z


rng = np.random.default_rng(0)


X = rng.random((40, 4, 4, 1)).astype("float32")


def nearly(x):
    """Whatever comes in, the clean images of the same number: a perfect denoiser."""
    return X[: len(x)]


CASES = {
    "kl_penalty": Case(
        right=[price],
        wrong=[
            (lambda z, target: price(z, target, over=np.mean), "do not average"),
            (lambda z, target: -price(z, target), "never negative"),
            (lambda z, target: price(z, target, over=np.asarray), "return one number"),
        ],
    ),
    "dead_units": Case(
        right=[dead],
        wrong=[
            (lambda z: dead(z, least=1), "once is enough to live"),
            (lambda z: z.shape[1] - dead(z), "two of the six units are never active"),
        ],
    ),
    "activity_budget": Case(
        right=[trained(relu_code(0.1), nearly)],
        wrong=[
            (trained(lambda x: relu_code(0.1)(x) - 1, nearly), "end the encoder with a ReLU"),
            (trained(lambda x: relu_code(0.1)(x) + 1, nearly), "no code is exactly zero"),
            (trained(relu_code(0.5), nearly), "raise the weight"),
            (trained(relu_code(0.1), np.zeros_like), "lower the weight, or train longer"),
        ],
        blank=[],
        broken=trained(raising, nearly),
        others=(X, X, 0.15),
    ),
}
