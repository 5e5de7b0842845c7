"""What learners may hand to the checks of lesson 11; test_exercises.py hands it in."""

import itertools
import math

import numpy as np

from cases import Case


def seen(strides, kernel=3, spread=True):
    jumps = [1, *itertools.accumulate(strides, lambda a, b: a * b)]
    return 1 + sum((kernel - 1) * (jump if spread else 1) for jump in jumps[: len(strides)])


def painted(x, kernel, turn=1):
    n, height, width, _ = x.shape
    blocks = np.einsum("nijc,abfc->niajbf", x, kernel[::turn, ::turn])
    return blocks.reshape(n, 2 * height, 2 * width, -1)


def ratio_of(image_shape, n_stages, latent_dim, up=True):
    scale = 2**n_stages
    size = [-(-n // scale) if up else n // scale for n in image_shape[:2]]
    return math.prod(image_shape) / (math.prod(size) * latent_dim)


CASES = {
    "receptive_field": Case(
        right=[seen],
        wrong=[
            (lambda strides, kernel=3: seen(strides, spread=False), "3 + 2 * 2 = 7"),
            (lambda strides, kernel=3: seen(strides), "instead of 3"),
            (lambda strides, kernel=3: 3 ** len(strides), "one pixel on both sides"),
            (lambda strides, kernel=3: len(strides), "3 pixels across"),
        ],
    ),
    "double": Case(
        right=[painted],
        wrong=[
            (lambda x, kernel: painted(x, kernel, turn=-1), "upside down"),
            (lambda x, kernel: painted(x, kernel)[..., :5], "should become (2, 6, 8, 6)"),
            (lambda x, kernel: -painted(x, kernel), "sum over channels"),
        ],
    ),
    "map_ratio": Case(
        right=[ratio_of],
        wrong=[
            (lambda shape, n, k: 1 / ratio_of(shape, n, k), "12 times fewer"),
            (lambda shape, n, k: ratio_of(shape, n, k, up=False), "rounded up"),
        ],
    ),
}
