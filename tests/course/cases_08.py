"""What learners may hand to the checks of lesson 08; test_exercises.py hands it in."""

import keras
import numpy as np

from ae_keras import Autoencoder
from cases import Case

# Images whose upper half has one grey and whose lower half another: two numbers that lie near a
# ring. The network's code is these two numbers.
RNG = np.random.default_rng(0)
ANGLES = RNG.uniform(0, 2 * np.pi, 400)
RADII = 0.4 + 0.02 * RNG.normal(size=(400, 1))
RING = 0.5 + RADII * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
SIDE = 20
IMAGES = np.repeat(RING, SIDE**2 // 2, axis=1).reshape(-1, SIDE, SIDE, 1).astype("float32")
X_TRAIN, X = IMAGES[:300], IMAGES[300:]
KINDS = (ANGLES[:300] // 1.6).astype(int)
AROUND = np.argsort(ANGLES[300:])
WALKS = {
    "within": np.stack([AROUND[:-2], AROUND[2:]], axis=1),
    "across": np.stack([AROUND[:60], AROUND[40:]], axis=1),
}
encoder = keras.Sequential(
    [keras.layers.AveragePooling2D((SIDE // 2, SIDE)), keras.layers.Flatten()]
)
decoder = keras.Sequential(
    [keras.layers.Reshape((2, 1, 1)), keras.layers.UpSampling2D((SIDE // 2, SIDE))]
)
RING_MODEL = Autoencoder(encoder, decoder)
RING_MODEL.build((None, SIDE, SIDE, 1))


def apart(pictures):
    apart = pictures.reshape(-1, 1, 2) - RING[:300]
    return SIDE**2 / 2 * (apart**2).sum(axis=2).min(axis=1)


def journey(kind, stops=None, average=np.mean, function=lambda d: d):
    stops = np.linspace(0, 1, 5) if stops is None else stops
    z = RING[300:]
    a, b = WALKS[kind].T
    return [float(function(average(apart((1 - t) * z[a] + t * z[b])))) for t in stops]


def walked(leaves="across", **changes):
    return {"within": journey("within"), "across": journey("across"), "leaves": leaves} | changes


def jittered(z, labels, n, stddev=0.03):
    rng = np.random.default_rng(1)
    return z[rng.integers(0, len(z), n)] + stddev * rng.normal(size=(n, z.shape[1]))


def slices(z, labels, n):
    """A Gaussian for each of many small pieces of the ring."""
    rng = np.random.default_rng(2)
    angle = np.arctan2(*(z - 0.5).T)
    pieces = np.array_split(np.argsort(angle), 20)
    drawn = [
        rng.multivariate_normal(z[p].mean(axis=0), np.cov(z[p].T), size=-(-n // 20)) for p in pieces
    ]
    return np.concatenate(drawn)[:n]


def gaussian(z, labels, n):
    rng = np.random.default_rng(3)
    return rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), size=n)


def independent(z, labels, n):
    return np.random.default_rng(4).normal(z.mean(axis=0), z.std(axis=0), (n, z.shape[1]))


def one_place(z, labels, n):
    return z[:1] + 0.03 * np.random.default_rng(5).normal(size=(n, z.shape[1]))


def all_but_one_kind(z, labels, n):
    return jittered(z[labels != 2], labels, n)


def one_of_each_kind(z, labels, n):
    return jittered(z[np.unique(labels, return_index=True)[1]], labels, n)


# Patches of four made pictures: each has its own pattern and colour, but any brightness.
def made(n, seed):
    rng = np.random.default_rng(seed)
    i, j = np.indices((32, 32))
    patterns = [np.sin(i), np.sin(j), np.sin(i + j), np.sin(i) * np.sin(j)]
    colours = rng.permuted(np.tile([[1.0, 0.6, 0.2]], (4, 1)), axis=1)
    names = rng.integers(0, 4, n)
    bright = rng.uniform(0.2, 0.7, (n, 1, 1, 1))
    x = bright * colours[names][:, None, None] + 0.15 * np.array(patterns)[names][..., None]
    return np.clip(x + 0.02 * rng.normal(size=x.shape), 0, 1).astype("float32"), names


LIBRARY, LIBRARY_NAMES = made(200, 0)
QUERIES, QUERY_NAMES = made(80, 1)


def grey(x):
    return x.mean(axis=3)


def slopes(x):
    down, right = np.diff(grey(x), axis=1), np.diff(grey(x), axis=2)
    both = [np.abs(down).mean(axis=(1, 2)), np.abs(right).mean(axis=(1, 2))]
    return np.stack([*both, (down[:, :, :-1] * right[:, :-1]).mean(axis=(1, 2))], axis=1)


def frequencies(x):
    strength = np.abs(np.fft.rfft2(grey(x) - grey(x).mean(axis=(1, 2), keepdims=True)))
    return strength[:, :8, :8].reshape(len(x), -1)


CASES = {
    "walks": Case(
        right=[walked(), walked(within=np.array(journey("within")), across=journey("across"))],
        wrong=[
            ("across", "set found ="),
            (walked("within"), "do not say 'within'"),
            (walked("neither"), "do not say 'neither'"),
            (walked("far"), "is one of within"),
            (walked(across=journey("across")[:3]), "needs five distances"),
            (walked(within=journey("across")), "walks of the other kind"),
            (walked(across=journey("across", average=np.median)), "the median"),
            (walked(across=journey("across", average=np.sum)), "the sum"),
            (walked(across=journey("across", function=np.sqrt)), "That is a root"),
            (
                walked(across=journey("across", np.linspace(0, 1, 5, endpoint=False))),
                "t runs from 0 to 1",
            ),
        ],
        others=(RING_MODEL, X, X_TRAIN, WALKS),
    ),
    "sample": Case(
        right=[jittered, slices],
        wrong=[
            (lambda z, labels, n: z[:n], "(400, 2), not (300, 2)"),
            (lambda z, labels, n: z[np.arange(n) % len(z)], "is a copy"),
            (lambda z, labels, n: jittered(z, labels, n, stddev=1e-5), "is a copy"),
            (gaussian, "Come below"),
            (independent, "Come below"),
            (one_place, "leave out kinds of digit"),
            (all_but_one_kind, "are of class 2"),
            (one_of_each_kind, "vary too little"),
            (lambda z, labels, n: np.full((n, z.shape[1]), np.nan), "not finite"),
        ],
        others=(RING_MODEL, X_TRAIN, KINDS, X),
    ),
    "blind": Case(
        right=[slopes, frequencies],
        wrong=[
            (lambda x: x.mean(axis=(1, 2)), "follow colour"),
            (lambda x: x[:, ::8, ::8, 0].reshape(len(x), -1), "follow colour"),
            (lambda x: x.mean(axis=(1, 2, 3))[:, None], "mean brightness alone"),
            (lambda x: np.ones((len(x), 3)), "the same code"),
            (lambda x: x.reshape(len(x), -1), "compress"),
            (lambda x: x, "should give codes"),
        ],
        others=(LIBRARY, LIBRARY_NAMES, QUERIES, QUERY_NAMES),
    ),
}
