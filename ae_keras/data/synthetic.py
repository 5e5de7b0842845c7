"""Data sets that are computed from known factors."""

import numpy as np

from ae_keras import _validation
from ae_keras.data.bundled import SIZE
from ae_keras.data.pixels import to_bytes

# The factors of `shapes`, and how many values each takes.
FACTORS = {"shape": 3, "size": 5, "x": 14, "y": 14}
# The number of samples in a signal.
LENGTH = 128


def shapes(subset):
    """Return a square, a disc or a triangle in all sizes and places: 2,940 images, each once.

    Args:
        subset: "train" (2,352 images, four of five) or "test" (588).

    Returns:
        images: uint8 array `(n, 28, 28, 1)`, white on black, with smooth edges, values 0..255.
        labels: int64 array `(n,)`: 0 square, 1 disc, 2 triangle.
        groups: int64 array `(n,)`, 0 to 2,939, the number of the combination of factors, which
            `factors(groups)` returns. Each image is a group of its own.

    Source: after dSprites, Matthey et al. (2017), https://github.com/google-deepmind/dsprites-dataset.

    Example:
        >>> from ae_keras.data import synthetic
        >>> images, labels, groups = synthetic.shapes("test")
        >>> images.shape
        (588, 28, 28, 1)
        >>> bool((synthetic.factors(groups)[:, 0] == labels).all())
        True
    """
    _validation.choice(subset, "subset", ("train", "test"))
    groups = np.random.default_rng(3).permutation(np.prod(list(FACTORS.values())))
    cut = len(groups) * 4 // 5
    groups = groups[cut:] if subset == "test" else groups[:cut]
    shape, size, x, y = factors(groups).T[:, :, None, None]
    radius = 3.0 + 0.8 * size
    rows, columns = np.mgrid[:SIZE, :SIZE]
    right, down = columns - (7 + x), rows - (7 + y)
    square = np.maximum(abs(right), abs(down)) - 0.85 * radius
    disc = np.hypot(right, down) - radius
    slope = np.sqrt(0.8) * abs(right) - np.sqrt(0.2) * down - np.sqrt(0.2) * radius
    triangle = np.maximum(slope, down - 0.8 * radius)
    distance = np.choose(shape, [square, disc, triangle])
    return to_bytes(0.5 - distance)[..., None], shape.ravel().astype("int64"), groups


def factors(groups):
    """Return the true factors of images of `shapes`, in the order of `FACTORS`.

    Args:
        groups: int array `(n,)`, 0 to 2,939, as `shapes` returns it.

    Returns:
        int64 array `(n, 4)`: shape 0 to 2, size 0 to 4, x and y 0 to 13.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> from ae_keras.data import synthetic
        >>> synthetic.factors([0, 1, 2939]).tolist()
        [[0, 0, 0, 0], [0, 0, 0, 1], [2, 4, 13, 13]]
    """
    return np.stack(np.unravel_index(groups, tuple(FACTORS.values())), axis=1)


def signals(subset):
    """Return periodic signals of three kinds: 3,000 pieces of 128 samples, as images of one row.

    Args:
        subset: "train" (2,400 signals) or "test" (600).

    Returns:
        images: uint8 array `(n, 1, 128, 1)`, values 0..255; a signal oscillates around the middle.
        labels: int64 array `(n,)`: 0 a sine with an overtone, 1 a triangle wave, 2 a heartbeat.
        groups: int64 array `(n,)`, 0 to 2,999: each signal is a group of its own.

    Example:
        >>> from ae_keras.data import synthetic
        >>> images, labels, groups = synthetic.signals("test")
        >>> images.shape
        (600, 1, 128, 1)
    """
    _validation.choice(subset, "subset", ("train", "test"))
    rng = np.random.default_rng(4)
    n = 3000
    labels = rng.integers(0, 3, n)
    period, overtone, height = rng.uniform([[30], [0.2], [0.7]], [[60], [0.6], [1.0]], (3, n))
    phase = (np.arange(LENGTH) / period[:, None] + rng.uniform(0, 1, (n, 1))) % 1
    sine = np.sin(2 * np.pi * phase) + overtone[:, None] * np.sin(4 * np.pi * phase)
    kinds = [sine / 1.6, 4 * abs(phase - 0.5) - 1, _heartbeat(phase)]
    values = 0.5 + 0.45 * height[:, None] * np.choose(labels[:, None], kinds)
    images = to_bytes(values)[:, None, :, None]
    mine = np.arange(n) >= 2400 if subset == "test" else np.arange(n) < 2400
    return images[mine], labels[mine].astype("int64"), np.flatnonzero(mine)


def _heartbeat(phase):
    """Five bumps, the waves P, Q, R, S and T of an electrocardiogram."""
    bumps = [(0.2, 0.04, 0.2), (0.36, 0.015, -0.25), (0.4, 0.02, 1.0), (0.44, 0.015, -0.35)]
    bumps += [(0.65, 0.06, 0.35)]
    return sum(a * np.exp(-(((phase - centre) / width) ** 2) / 2) for centre, width, a in bumps)
