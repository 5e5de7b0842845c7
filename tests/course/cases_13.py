"""What learners may hand to the checks of lesson 13; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def own_strength(x, rng, one_for_all=False, low=0.0, top=0.8, clip=True, bend=1.0):
    stddev = low + (top - low) * rng.uniform(size=() if one_for_all else (len(x), 1, 1, 1)) ** bend
    noisy = x + stddev * rng.normal(size=x.shape)
    return (np.clip(noisy, 0, 1) if clip else noisy).astype("float32")


def in_a_loop(x, rng):
    noisy = [image + rng.uniform(0, 0.8) * rng.normal(size=image.shape) for image in x]
    return np.clip(noisy, 0, 1).astype("float32")


def of_four(x, rng):
    stddev = rng.choice([0.0, 0.2, 0.5, 0.8], (len(x), 1, 1, 1))
    return np.clip(x + stddev * rng.normal(size=x.shape), 0, 1).astype("float32")


def one_value(x, rng):
    stddev = rng.uniform(0, 0.8, (len(x), 1, 1, 1))
    return np.clip(x + stddev * rng.normal(size=stddev.shape), 0, 1).astype("float32")


def in_place(x, rng):
    x += rng.uniform(0, 0.8, (len(x), 1, 1, 1)) * rng.normal(size=x.shape)
    return np.clip(x, 0, 1)


# Denoisers that know the one image: they leave a part of the noise, by its strength.
TEMPLATE = np.pad(np.full((1, 6, 6, 1), 0.9, "float32"), ((0, 0), (5, 5), (5, 5), (0, 0)))
IMAGES = np.repeat(TEMPLATE, 20, axis=0)


def leaving(weak, strong):
    def denoise(x_noisy):
        part = strong if np.std(x_noisy - TEMPLATE) > 0.33 else weak
        return TEMPLATE + np.float32(part) * (x_noisy - TEMPLATE)

    return denoise


X = np.random.default_rng(1).random((20, 4, 4, 1))
NAMES = ["leave it as it is", "PCA, 64", "linear denoiser", "plain, wide"]
NAMES += ["narrow denoiser", "wide denoiser"]
NOISY_IN = dict(zip(NAMES, (X + s for s in (0.5, 0.4, 0.4, 0.4, 0.4, 0.1)), strict=True))
CLEAN_IN = dict(zip(NAMES, (X + s for s in (0.0, 0.1, 0.2, 0.05, 0.3, 0.25)), strict=True))
# Of "PCA, 64" one image is read as another, of the others more.
for count, name in enumerate(NAMES):
    NOISY_IN[name][: 2 * count, 0, 0] += 1.5


def votes(images):
    return np.eye(2)[(images[:, 0, 0, 0] > 1.49).astype(int)]


def read(images):
    return votes(images).argmax(axis=1)


def measured(function, images):
    return {name: function(images[name]) for name in NAMES[1:]}


def summed(x_hat):
    return ((x_hat - X) ** 2).sum(axis=(1, 2, 3)).mean()


def false(x_hat):
    return np.mean(read(x_hat) != read(X))


ERROR, CLEAN = measured(summed, NOISY_IN), measured(summed, CLEAN_IN)
FALSE = measured(false, NOISY_IN)

CASES = {
    "any_level": Case(
        right=[own_strength, in_a_loop],
        wrong=[
            (lambda x, rng: own_strength(x, rng, one_for_all=True), "one standard deviation for"),
            (lambda x, rng: own_strength(x, rng, clip=False), "clip to [0, 1]"),
            (lambda x, rng: own_strength(x, rng, top=0.3), "it should reach 0.8"),
            (lambda x, rng: own_strength(x, rng, top=1.2), "it should end at 0.8"),
            (lambda x, rng: own_strength(x, rng, low=0.2), "should begin at 0"),
            (lambda x, rng: own_strength(x, rng, bend=1.7), "yours are mostly weak"),
            (of_four, "draw from the whole range"),
            (one_value, "a number for every pixel"),
            (in_place, "`x` itself was changed"),
            (lambda x, rng: own_strength(x, np.random.default_rng(5)), "draw from `rng`"),
            (lambda x, rng: own_strength(x, rng).astype("float64"), "return float32"),
        ],
    ),
    "blind": Case(
        right=[leaving(0.3, 0.27), leaving(0.31, 0.2)],
        wrong=[
            (leaving(0.3, 0.3), "not 8 % less"),
            (leaving(0.2, 0.4), "more than the wide denoiser's, not 8 % less"),
            (leaving(0.4, 0.2), "allowed are 15 %"),
            (lambda x_noisy: x_noisy, "returns the noisy images"),
            (lambda x_noisy: x_noisy[..., 0], "images should stay"),
            ("wide denoiser", "set `blind` to a function"),
        ],
        others=(IMAGES, leaving(0.3, 0.3)),
    ),
    "use": Case(
        right=[
            ("wide denoiser", "error", ERROR),
            ("plain, wide", "clean", CLEAN | {"leave it as it is": 0.0}),
            (min(FALSE, key=FALSE.get), "false", FALSE),
        ],
        wrong=[
            ("wide denoiser", "set decision ="),
            (("leave it as it is", "error", ERROR), "choose one of"),
            (("wide denoiser", "beauty", ERROR), "the reason is one of"),
            (("wide denoiser", "error", {"wide denoiser": 0.2}), "one alone compares nothing"),
            (("wide denoiser", "error", CLEAN), "mind noisy or clean in"),
            (("wide denoiser", "false", ERROR), "what is read from the clean image"),
            (("wide denoiser", "clean", CLEAN), "your own numbers speak for plain, wide"),
            (("wide denoiser", "false", FALSE), "your own numbers speak for PCA, 64"),
        ],
        others=(X, NOISY_IN, CLEAN_IN, votes),
    ),
}
