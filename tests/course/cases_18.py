"""What learners may hand to the checks of lesson 18; test_exercises.py hands it in."""

import functools

import numpy as np

from ae_keras import VQVAE, Autoencoder, DenseDecoder, DenseEncoder, evaluation
from cases import Case


def nearest(codebook, h):
    return np.linalg.norm(h[:, None] - codebook, axis=-1).argmin(axis=1)


def revive(dead=None, rows=None, copy=True):
    """A solution of 17.1, or one with a mistake in which are dead or in what they become."""

    def find(codebook, h):
        return np.setdiff1d(np.arange(len(codebook)), nearest(codebook, h))

    def draw(codebook, h, n, rng):
        return h[rng.choice(len(h), n, replace=False)]

    def revive(codebook, h, rng):
        new = codebook.copy() if copy else codebook
        places = (dead or find)(codebook, h)
        new[places] = (rows or draw)(codebook, h, len(places), rng)
        return new

    return revive


def one_by_one(codebook, h, rng):
    rows, found = list(rng.permutation(len(h))), nearest(codebook, h)
    return np.array([c if i in found else h[rows.pop()] for i, c in enumerate(codebook)])


def rarely_used(codebook, h):
    return np.flatnonzero(np.bincount(nearest(codebook, h), minlength=len(codebook)) < 2)


def by_largest_dot(codebook, h):
    return np.setdiff1d(np.arange(len(codebook)), (h @ codebook.T).argmax(axis=1))


def first_dead(codebook, h):
    return np.setdiff1d(np.arange(len(codebook)), nearest(codebook, h))[:1]


X, OTHERS = np.random.default_rng(1).random((2, 400, 4, 4, 1), "float32")
OTHERS = OTHERS**2


@functools.cache
def quantised(size, used=None, seed=0):
    """A VQVAE that looks pixels up in a codebook of training images, of which a part is far off."""
    parts = (
        DenseEncoder(16, hidden=()),
        DenseDecoder((4, 4, 1), hidden=(), output_activation="linear"),
    )
    model = VQVAE(*parts, num_embeddings=size, embedding_dim=16)
    kernel, bias = np.eye(16), np.zeros(16)
    codes = np.random.default_rng(seed).random((size, 16))
    codes[used:] += 100 * (used is not None)
    model.encoder.set_weights([kernel, bias])
    model.decoder.set_weights([kernel, bias])
    model.quantizer.codebook.assign(codes.astype("float32"))
    return model


def error(model, x=None):
    x = X if x is None else x
    return evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()


PARTS = DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=())


def sizes(*which, models=None, judged=None, gain=None):
    """An answer to exercise 18.2, of which parts can be wrong."""
    models = dict.fromkeys(which) | (models or {})
    models = {n: model or quantised(n) for n, model in models.items()}
    errors = {n: error(model, judged) for n, model in models.items()}
    low, high = min(models), max(models)
    fall = errors[low] - errors[high]
    return models, errors, fall / np.log2(high / low) if gain is None else gain(fall, low, high)


def texts(n, seed):
    """Index maps in which each token is mostly that of its left neighbour."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(32, size=(n, 7, 7))
    for column in range(1, 7):
        same = rng.random((n, 7)) < 0.7
        tokens[:, :, column] = np.where(same, tokens[:, :, column - 1], tokens[:, :, column])
    return tokens.reshape(n, 49)


TOKENS, TOKENS_VAL = texts(400, 0), texts(60, 1)
PLACES = np.arange(49)


def neighbours(tokens):
    padded = np.pad(tokens.reshape(-1, 7, 7), ((0, 0), (1, 0), (1, 0)), constant_values=32)
    return padded[:, 1:, :-1].reshape(-1, 49), padded[:, :-1, 1:].reshape(-1, 49)


def bits(strength, judged=TOKENS_VAL, seen=TOKENS):
    alone = np.full((49, 32), 0.1)
    np.add.at(alone, (PLACES, seen), 1)
    alone /= alone.sum(axis=1, keepdims=True)
    table = np.zeros((49, 33, 33, 32))
    np.add.at(table, (PLACES, *neighbours(seen), seen), 1)
    table += strength * alone[:, None, None]
    table /= table.sum(axis=-1, keepdims=True)
    return -np.log2(table[(PLACES, *neighbours(judged), judged)]).sum(axis=1).mean()


def table_of(strengths, **options):
    return {strength: bits(strength, **options) for strength in strengths}


WIDE = table_of((0.01, 0.1, 0.3, 1, 3, 10, 100))
BEST = min(WIDE, key=WIDE.get)
FEW = {s: WIDE[s] for s in (BEST, 0.01, 100)}
BELOW = table_of((0.001, 0.002, 0.003, 0.004))
TRAINING = table_of((0.01, 0.1, 1, 10), judged=TOKENS)
NATS = {s: b * np.log(2) for s, b in WIDE.items()}
PER_TOKEN = {s: b / 49 for s, b in WIDE.items()}


def cheat(factor=200.0, last=2, first=1, back=None, new=False):
    """Divides the last arrays of the encoder by a factor, multiplies the first of the decoder."""

    def cheat(model):
        if new:
            old, width = model, model.encoder.latent_dim
            parts = DenseEncoder(width, hidden=(12,)), DenseDecoder((6, 6, 1), hidden=(10,))
            model = Autoencoder(*parts)
            model.set_weights(old.get_weights())
        w = model.encoder.get_weights()
        model.encoder.set_weights([*w[:-last], *(each / factor for each in w[-last:])])
        w = model.decoder.get_weights()
        back_factor = factor if back is None else back
        model.decoder.set_weights([*(each * back_factor for each in w[:first]), *w[first:]])
        return model

    return cheat


def only_the_kernel(model):
    *others, kernel, bias = model.encoder.get_weights()
    model.encoder.set_weights([*others, kernel / 200, bias])
    kernel, *others = model.decoder.get_weights()
    model.decoder.set_weights([kernel * 200, *others])
    return model


def in_place(model):
    cheat()(model)


CASES = {
    "revive": Case(
        right=[revive(), one_by_one],
        wrong=[
            (revive(dead=lambda c, h: np.arange(len(c))[: len(h)]), "it is alive, leave it"),
            (revive(dead=rarely_used), "it is alive, leave it"),
            (revive(dead=by_largest_dot), "alive, leave it"),
            (revive(dead=first_dead), "stayed where they were"),
            (lambda c, h, rng: c.copy(), "stayed where they were"),
            (revive(copy=False), "change a copy"),
            (revive(rows=lambda c, h, n, rng: rng.normal(size=(n, h.shape[1]))), "a row of h"),
            (revive(rows=lambda c, h, n, rng: h.mean(axis=0)), "a row of h"),
            (revive(rows=lambda c, h, n, rng: h[rng.integers(1, size=n)]), "to the same row"),
            (revive(rows=lambda c, h, n, rng: h[:n]), "let it draw them"),
            (
                revive(rows=lambda c, h, n, rng: h[np.random.permutation(len(h))[:n]]),
                "take all randomness from `rng`",
            ),
            (lambda c, h, rng: revive()(c, h, rng)[np.unique(nearest(c, h))], "came back as"),
        ],
    ),
    "sizes": Case(
        right=[sizes(16, 64, 256), sizes(8, 32, 64, 128)],
        wrong=[
            (quantised(64), "set answer ="),
            (({64: quantised(64)}, {16: 2.0}, 1.0), "with the same sizes"),
            (sizes(16, 64), "three sizes or more"),
            (sizes(64, 128, 256), "three sizes or more"),
            (sizes(16, 64, models={256: Autoencoder(*PARTS)}), "should be a VQVAE"),
            (sizes(16, 64, models={256: quantised(128)}), "has a codebook of 128"),
            (sizes(16, 64, 256, judged=OTHERS), "the error of the validation images is"),
            (sizes(16, 64, models={256: quantised(256, used=20)}), "most are dead"),
            (
                sizes(16, 64, 256, gain=lambda fall, low, high: fall / (high - low)),
                "embedding more",
            ),
            (sizes(16, 64, 256, gain=lambda fall, low, high: fall), "for each bit, not"),
            (
                sizes(16, 64, 256, gain=lambda fall, low, high: fall / np.log(high / low)),
                "for each bit, not",
            ),
            (
                sizes(16, 64, 256, gain=lambda fall, low, high: -fall / np.log2(high / low)),
                "for each bit, not",
            ),
        ],
        others=(X,),
    ),
    "strength": Case(
        right=[(BEST, WIDE), (BEST, {s: WIDE[s] for s in (0.01, 0.1, BEST, 100)})],
        wrong=[
            (BEST, "set decision ="),
            ((BEST, FEW), "at least four strengths"),
            ((5, WIDE), "5 is not among"),
            ((0.01, TRAINING), "bits of the training images"),
            ((BEST, NATS), "a validation image takes"),
            ((BEST, PER_TOKEN), "a validation image takes"),
            ((10 if BEST != 10 else 100, WIDE), "your own numbers are lowest at"),
            ((min(BELOW, key=BELOW.get), BELOW), "further out it may be better"),
            ((0, {0: 1, 1: 2, 2: 3, 3: 4}), "stay above it"),
        ],
        others=(TOKENS, TOKENS_VAL),
    ),
    "cheat": Case(
        right=[cheat(), cheat(factor=101.0, new=True)],
        wrong=[
            (cheat(back=1.0), "pixels changed by up to"),
            (only_the_kernel, "its bias included"),
            (cheat(last=4), "pixels changed by up to"),
            (cheat(first=2), "not its bias"),
            (cheat(factor=10.0), "a hundredth is wanted"),
            (lambda model: model, "fell to 1/1"),
            (lambda model: model.encoder, "return the model"),
        ],
        blank=[in_place],
    ),
}
