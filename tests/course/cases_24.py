"""What learners may hand to the checks of lesson 24; test_exercises.py hands it in."""

import numpy as np

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, data, evaluation
from cases import Case


def pictures(n, seed, first, shape=(8, 9, 1)):
    """Mixtures of three black and white patterns, with noise; two of each group."""
    rng = np.random.default_rng(seed)
    patterns = np.random.default_rng(0).integers(0, 2, (3, *shape))
    mixed = np.einsum("nk,khwc->nhwc", rng.dirichlet([0.3, 0.3, 0.3], n), patterns)
    x = np.clip(mixed + rng.normal(0, 0.15, mixed.shape), 0, 1).astype("float32")
    return data.Images(x, np.zeros(n, int), first + np.arange(n) // 2)


def three(seed, **shape):
    sizes = {"training": 24, "validation": 16, "test": 14}
    return {
        name: pictures(n, seed + i, 1000 * i, **shape) for i, (name, n) in enumerate(sizes.items())
    }


DEMO, PARTS, TABLE = three(1), three(4), three(7, shape=(1, 12, 1))


def model(parts=PARTS, width=3, seed=0, spread=0.01, scale=1.0):
    """A model that does about what PCA does, with some noise in its weights."""
    shape = parts["training"].x.shape[1:]
    found = Autoencoder(DenseEncoder(width, hidden=()), DenseDecoder(shape, hidden=()))
    pca = evaluation.fit_pca(parts["training"].x, width)
    mean = np.clip(pca.mean_, 0.05, 0.95)
    steep = scale * pca.components_ / (mean * (1 - mean))
    weights = [pca.components_.T, -pca.components_ @ mean, steep, np.log(mean / (1 - mean))]
    rng = np.random.default_rng(seed)
    found.set_weights([w + rng.normal(0, spread, w.shape) for w in weights])
    return found


# 25.1 --------------------------------------------------------------------------------------------


def counter(limit=0.99, mirrored=True, centred=True, scaled=True, pairs=False, spoils=False):
    def pattern(x):
        flat = x.reshape(len(x), -1).astype("float64")
        flat = flat - flat.mean(axis=1, keepdims=True) if centred else flat
        length = np.linalg.norm(flat, axis=1, keepdims=True) if scaled else 1
        return flat / np.maximum(length, 1e-6)

    def alike(x, x_train):
        if scaled:
            return pattern(x) @ pattern(x_train).T
        return 1.0 - np.abs(pattern(x)[:, None] - pattern(x_train)[None]).max(axis=2)

    def count_copies(x_train, x):
        near = alike(x, x_train)
        if mirrored:
            near = np.maximum(near, alike(x[:, :, ::-1], x_train))
        if spoils:
            x -= x.mean()
        return int((near > limit).sum()) if pairs else int((near.max(axis=1) > limit).sum())

    return count_copies


# 25.2 --------------------------------------------------------------------------------------------

THREE, TWO = ([model(width=width, seed=seed) for seed in (0, 1)] for width in (3, 1))
UNTRAINED = [model(seed=seed, spread=3.0) for seed in (0, 1)]

# 25.3 --------------------------------------------------------------------------------------------


def pca_error(parts, width=3, fitted_to="training", clip=True):
    x = parts["test"].x
    x_hat = evaluation.pca_reconstruct(evaluation.fit_pca(parts[fitted_to].x, width), x)
    return evaluation.squared_error(x, np.clip(x_hat, 0, 1) if clip else x_hat).mean()


def error(found, part):
    return evaluation.squared_error(part.x, evaluation.reconstruct(found, part.x)).mean()


def card(found, parts, **changes):
    right = {
        "data": "made of three patterns, with noise",
        "split": "by source, at random",
        "model": "one linear layer each way",
        "unit": "squared error per image",
        "latent_dim": 3,
        "sizes": {name: len(part) for name, part in parts.items()},
        "errors": {name: error(found, parts[name]) for name in ("validation", "test")},
        "baselines": {
            "mean image": evaluation.mean_image_error(parts["training"].x, parts["test"].x),
            "PCA": pca_error(parts),
        },
        "limits": "knows three patterns only; PCA does better",
    }
    return right | changes


MODEL, ROWS = model(), model(TABLE)
WORSE, SILENT = model(scale=0.3), "knows three patterns only"
RIGHT = card(MODEL, PARTS)
TRAINING_ERROR = error(MODEL, PARTS["training"])


def work(parts=None, found=MODEL, **changes):
    return found, PARTS | (parts or {}), RIGHT | changes


def errors(**changes):
    return {"errors": RIGHT["errors"] | changes}


def baselines(**changes):
    return {"baselines": RIGHT["baselines"] | {k.replace("_", " "): v for k, v in changes.items()}}


def with_copies(change):
    """The test part, a few of whose pictures are changed pictures of training."""
    x = PARTS["test"].x.copy()
    x[5:9] = change(PARTS["training"].x[5:9])
    return {"test": data.Images(x, PARTS["test"].labels, PARTS["test"].groups)}


TEST = PARTS["test"]
HELD = PARTS["validation"]
SAME_SOURCE = data.Images(HELD.x, HELD.labels, np.where(HELD.groups < 1003, 7, HELD.groups))
TOO_BRIGHT = data.Images(255 * TEST.x, TEST.labels, TEST.groups)

CASES = {
    "count_copies": Case(
        right=[counter(), counter(limit=0.97)],
        wrong=[
            (counter(mirrored=False), "a mirrored copy"),
            (counter(centred=False), "a paler copy"),
            (counter(centred=False, limit=0.6), "of other sources"),
            (counter(scaled=False), "a darker copy"),
            (counter(pairs=True), "not the pairs"),
            (counter(limit=0.6), "only resemble"),
            (counter(spoils=True), "were changed"),
            (lambda x_train, x: 0, "two exact copies"),
            (lambda x_train, x: len(x), "of 12 pictures of other sources it counts 12"),
            (lambda x_train, x: [False] * len(x), "return a whole number"),
        ],
    ),
    "setting": Case(
        right=[("three", {"three": THREE, "one": TWO}), (3, {1: TWO, 3: tuple(THREE)})],
        wrong=[
            ("three", "set decision ="),
            (("three", {"three": THREE}), "one compares nothing"),
            (("four", {"three": THREE, "one": TWO}), "choose one of"),
            (("three", {"three": THREE[:1], "one": TWO}), "one run may be luck"),
            (("three", {"three": THREE[:1] * 2, "one": TWO}), "one and the same"),
            (("three", {"three": THREE, "wild": UNTRAINED}), "it is not trained"),
            (("one", {"three": THREE, "one": TWO}), "speaks for three"),
        ],
        others=(PARTS,),
    ),
    "card": Case(
        right=[
            work(),
            (ROWS, TABLE, card(ROWS, TABLE, unit="squared error per row")),
            (WORSE, PARTS, card(WORSE, PARTS, limits="of the baselines, pca is ahead")),
        ],
        wrong=[
            ("a card", "set work ="),
            ((MODEL, {"test": TEST}, RIGHT), "three `data.Images`"),
            ((MODEL, {k: v.x for k, v in PARTS.items()}, RIGHT), "three `data.Images`"),
            ((MODEL, PARTS, "a card"), "a dictionary"),
            ((MODEL, DEMO, card(MODEL, DEMO)), "the lesson's pictures"),
            (work(split="x"), "say under 'split'"),
            (work(unit="MSE"), "say the unit"),
            (work(sizes={"test": 14}), "'sizes' is a dictionary"),
            (work(**errors(test=float("nan"))), "should be a number"),
            (work(latent_dim="three"), "under 'latent_dim'"),
            (work(sizes=RIGHT["sizes"] | {"test": 400}), "holds 14 pictures; the card says 400"),
            (work({"test": TOO_BRIGHT}), "pixels must lie in [0, 1]"),
            (work({"validation": SAME_SOURCE}), "sources (groups)"),
            (work(with_copies(lambda x: x)), "4 pictures of the test part are copies"),
            (work(with_copies(lambda x: x[:, :, ::-1])), "mirrored"),
            (work(with_copies(lambda x: 0.7 * x)), "4 pictures of the test part are copies"),
            (work(latent_dim=16), "has 3 numbers; the card says 16"),
            (work(**errors(test=TRAINING_ERROR)), "the training error"),
            (work(**errors(test=RIGHT["errors"]["validation"])), "the validation error"),
            (work(**errors(test=RIGHT["errors"]["test"] / 72)), "Sum over the pixels"),
            (work(**errors(test=0.5)), "the card says 0.5"),
            (
                work(**baselines(mean_image=evaluation.mean_image_error(TEST.x, TEST.x))),
                "mean *test* image",
            ),
            (work(**baselines(mean_image=50.0)), "the card says 50"),
            (work(**baselines(PCA=pca_error(PARTS, clip=False))), "outside [0, 1]"),
            (work(**baselines(PCA=pca_error(PARTS, fitted_to="test"))), "fitted to the test part"),
            (work(**baselines(PCA=9.0)), "says 9"),
            ((WORSE, PARTS, card(WORSE, PARTS, limits=SILENT)), "PCA has the smaller error"),
        ],
        others=(DEMO,),
    ),
}
