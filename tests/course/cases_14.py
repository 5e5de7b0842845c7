"""What learners may hand to the checks of lesson 14; test_exercises.py hands it in."""

import numpy as np
from scipy import ndimage

from ae_keras import data
from cases import Case


def decibels(x, x_hat, peak=1.0, over=np.mean, log=np.log10, sign=-1, floats=True):
    if floats:
        x, x_hat = np.asarray(x, "float64"), np.asarray(x_hat, "float64")
    return sign * 10 * log(over((x - x_hat) ** 2, axis=(1, 2, 3)) / peak**2)


def by_ratio(x, x_hat, peak=1.0):
    mse = [np.mean((a.astype(float) - b.astype(float)) ** 2) for a, b in zip(x, x_hat, strict=True)]
    return 20 * np.log10(peak / np.sqrt(mse))


def median(x, size=3):
    return ndimage.median_filter(x, size=(1, size, size, 1))


def where(x, inside, suspect=lambda x: (x == 0) | (x == 1)):
    return np.where(suspect(x), inside, x)


def twice(x):
    once = where(x, median(x))
    return where(x, median(once))


def weak_veil(x):
    """Right up to a small regular pattern, which costs structure and hardly any decibels."""
    pattern = 0.06 * (np.indices(x.shape[1:3]).sum(axis=0) % 2)[None, :, :, None]
    return np.clip(where(x, median(x)) + pattern, 0, 1)


def squared(x, x_hat, peak=1.0):
    return decibels(x, x_hat, peak=peak**0.5)


X = data.load("digits", "train").x[:60]

# A beat of a spike and a bump, and five ways that leave parts of both, and noise.
TIME = np.linspace(0, 1, 341)
PEAK, WAVE = np.exp(-(((TIME - 0.5) / 0.02) ** 2)), 0.2 * np.exp(-(((TIME - 0.82) / 0.05) ** 2))
CLEAN = PEAK + WAVE
RNG = np.random.default_rng(0)
NAMES = ("median", "Savitzky-Golay", "wavelets", "total variation", "network, seed 0")
LEFT = ((0.6, 1, 0.02), (0.5, 0.8, 0.04), (0.7, 0.5, 0.1), (0.95, 1, 0.2), (0.9, 0.3, 0.01))
PARTS = dict(zip(NAMES, LEFT, strict=True))
CANDIDATES = {
    name: [peak * PEAK + wave * WAVE + RNG.normal(0, noise, 341) for _ in range(4)]
    for name, (peak, wave, noise) in PARTS.items()
}


def measured(function):
    return {name: np.mean([function(s) for s in CANDIDATES[name]]) for name in NAMES}


def height(s):
    return s.max() - np.median(s)


def rise(s):
    return s[267:292].mean() - s[207:232].mean()


PSNR = measured(lambda s: -10 * np.log10(np.mean((s - CLEAN) ** 2)))
SPIKE = measured(lambda s: abs(height(s) - height(CLEAN)))
BUMP = measured(lambda s: abs(rise(s) - rise(CLEAN)))
SIGNED = measured(lambda s: height(s) - height(CLEAN))
ERROR = measured(lambda s: np.mean((s - CLEAN) ** 2))
BEST = min(SPIKE, key=SPIKE.get)

CASES = {
    "psnr": Case(
        right=[decibels, by_ratio],
        wrong=[
            (lambda x, x_hat, peak=1.0: decibels(x, x_hat, peak, sign=1), "sign is the wrong way"),
            (lambda x, x_hat, peak=1.0: decibels(x, x_hat, peak, log=np.log), "to base 10"),
            (lambda x, x_hat, peak=1.0: decibels(x, x_hat, peak, over=np.sum), "not their sum"),
            (lambda x, x_hat, peak=1.0: decibels(x, x_hat, peak).mean(), "for each image"),
            (lambda x, x_hat, peak=1.0: decibels(x, x_hat), "should get the same decibels"),
            (squared, "should get the same decibels"),
            (lambda x, x_hat, peak=1.0: decibels(x, x_hat, peak, floats=False), "3 - 5 is 254"),
        ],
    ),
    "despeckle": Case(
        right=[lambda x: where(x, median(x)), twice],
        wrong=[
            (median, "1 dB more is wanted"),
            (lambda x: median(x, 5), "1 dB more is wanted"),
            (lambda x: x, "1 dB more is wanted"),
            (lambda x: ndimage.gaussian_filter(x, (0, 1, 1, 0)), "1 dB more is wanted"),
            (weak_veil, "What remains between the strokes?"),
            (lambda x: median(x)[..., 0], "images should stay"),
            ("median", "set `despeckle` to a function"),
        ],
        others=(X, median),
    ),
    "filter": Case(
        right=[
            ("network, seed 0", "psnr", PSNR),
            (BEST, "spike", SPIKE),
            ("median", "bump", BUMP),
        ],
        wrong=[
            ("network, seed 0", "set choice ="),
            (("as it is", "psnr", PSNR), "choose one of"),
            (("median", "price", PSNR), "the reason is one of"),
            (("median", "psnr", {"median": 20.0}), "one alone compares nothing"),
            (("network, seed 0", "psnr", ERROR), "Decibels of each draw"),
            (("median", "spike", SIGNED), "own absolute difference"),
            (("median", "psnr", PSNR), "your own numbers speak for network, seed 0"),
            (("Savitzky-Golay", "spike", SPIKE), f"your own numbers speak for {BEST}"),
            (("network, seed 0", "bump", BUMP), "your own numbers speak for median"),
            (("median", "bump", SPIKE), "own absolute difference"),
        ],
        others=(CLEAN, CANDIDATES),
    ),
}
