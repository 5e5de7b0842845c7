"""What learners may hand to the checks of lessons 00 to 02; test_exercises.py hands it in."""

import math

import numpy as np

from ae_keras import evaluation
from cases_10_to_17 import Case, broken
from contract import images

# Lesson 00: errors measured on images that PCA can describe with up to 64 numbers ----------------

TRAIN, VAL = images(120, (9, 8, 1)), images(60, (9, 8, 1), seed=1)
NETS = {2: 0.9, 4: 0.8, 16: 0.6, 64: 0.4}  # the networks' errors, as fractions of the mean image's


def measured(
    clip=True, unit=1.0, swapped=False, nets=NETS, fitted_to=TRAIN, choose=None, sizes=None
):
    rows = {}
    for size in sizes or NETS:
        pca = evaluation.fit_pca(fitted_to, latent_dim=min(size, len(fitted_to)))
        x_hat = evaluation.pca_reconstruct(pca, VAL)
        x_hat = np.clip(x_hat, 0, 1) if clip else x_hat
        by_pca = evaluation.squared_error(VAL, x_hat).mean() * unit
        by_net = nets.get(size, 0.5) * evaluation.mean_image_error(TRAIN, VAL) * unit
        use = choose or ("PCA" if by_pca < by_net else "autoencoder")
        rows[size] = (by_net, by_pca, use) if swapped else (by_pca, by_net, use)
    return rows


class BrokenRows(dict):
    __iter__ = __getitem__ = broken


def gradient(two_sided=True, factor=1.0, move="one", overwrite=False, shape=None):
    def numerical_gradient(loss, w):
        found, h = np.zeros(w.shape), 1e-4
        for place in np.ndindex(w.shape):
            up, down = w.copy(), w.copy()
            where = ... if move == "all" else place
            up[where] += h
            down[where] -= h
            found[place] = (loss(up) - loss(down)) / (2 * h)
            if overwrite:
                w[place] += h
        return factor * (found.reshape(shape) if shape else found)

    return numerical_gradient


def gradient_in_place(loss, w):
    """Right, although it moves the weights themselves: it moves them back."""
    found = np.zeros(w.size)
    flat = w.reshape(-1)
    for i in range(w.size):
        kept = flat[i]
        flat[i] = kept + 1e-4
        up = loss(w)
        flat[i] = kept - 1e-4
        down = loss(w)
        flat[i] = kept
        found[i] = (up - down) / 2e-4
    return found.reshape(w.shape)


# Lesson 01 ---------------------------------------------------------------------------------------


def noisy(draw, seeded=True):
    """A `noisy_copy` whose noise is `draw(rng, shape)`."""

    def noisy_copy(image, seed):
        return image + draw(np.random.default_rng(seed if seeded else None), image.shape)

    return noisy_copy


def normal(rng, shape):
    return rng.normal(0, 0.1, shape)


def by_the_global_generator(image, seed):
    np.random.seed(seed)
    return image + np.random.normal(0, 0.1, image.shape)


def in_place(image, seed):
    image += normal(np.random.default_rng(seed), image.shape)
    return image


def by_a_loop(train, seed):
    runs = [train(seed) for _ in range(3)]
    return all(run == runs[0] for run in runs)


# Lesson 02 ---------------------------------------------------------------------------------------


def rows_of(choose):
    """A `validation_rows` that sends the groups `choose(names, n, rng)` to validation."""

    def validation_rows(groups, fraction, seed):
        names = np.unique(groups)
        n = round(fraction * len(names))
        return np.isin(groups, choose(names, n, np.random.default_rng(seed)))

    return validation_rows


def by_sets(groups, fraction, seed):
    rng = np.random.RandomState(seed)
    names = sorted(set(groups.tolist()))
    chosen = set(rng.choice(names, round(fraction * len(names)), replace=False).tolist())
    return np.array([each in chosen for each in groups])


def by_images(groups, fraction, seed):
    return np.random.default_rng(seed).random(len(groups)) < fraction


def unseeded(names, n, rng):
    return np.random.default_rng().permutation(names)[:n]


def neighbours(names, n, rng):
    start = rng.integers(len(names))
    return np.roll(names, start)[:n]


def fewer(groups, fraction, seed):
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.isin(groups, names[: int(fraction * len(names))])


def mostly_the_first(names, n, rng):
    return [names[0], *rng.permutation(names[1:])[: n - 1]]


def min_max(x, low, high):
    x = x.astype("float32")
    return low + (high - low) * (x - x.min()) / (x.max() - x.min())


def pieces(x, size, stop=0):
    return [x[i : i + size] for i in range(0, len(x) + stop, size)]


def yielded(x, size):
    while len(x):
        yield x[:size]
        x = x[size:]


# -------------------------------------------------------------------------------------------------

CASES_00_TO_02 = {
    "code_sizes": Case(
        right=[measured(), {size: list(row) for size, row in reversed(measured().items())}],
        wrong=[
            (measured(sizes=(2, 4, 16)), "a row for each of the sizes 2, 4, 16 and 64"),
            (measured(unit=1 / 72), "per pixel, not per image"),
            (measured(swapped=True), "PCA's comes first"),
            (measured(clip=False), "not clipped"),
            (measured(fitted_to=VAL), "PCA's validation error at 2 is"),
            (measured(choose="autoencoder"), "by your own numbers PCA"),
            (measured(choose="PCA", nets=dict.fromkeys(NETS, 0.001)), "by your own numbers auto"),
            (measured(nets=NETS | {64: 0.7}), "should fall as the code grows"),
            (measured(nets=NETS | {2: 1.5}), "between 0 and the mean image's"),
            ({size: row[:2] for size, row in measured().items()}, "two errors and a word"),
        ],
        blank=[],
        broken=BrokenRows(measured()),
        others=(TRAIN, VAL),
    ),
    "numerical_gradient": Case(
        right=[gradient(), gradient_in_place],
        wrong=[
            (gradient(factor=2), "twice the gradient"),
            (gradient(factor=-1), "the sign is wrong"),
            (gradient(factor=2e-4), "Divide the change of the loss"),
            (gradient(move="all"), "all derivatives are equal"),
            (gradient(overwrite=True), "w was changed"),
            (gradient(shape=-1), "should have that shape, not (6,)"),
        ],
    ),
    "per_image": Case(
        right=[
            lambda mse, shape: mse * math.prod(shape),
            lambda mse, shape: np.full(shape, mse).sum(),
        ],
        wrong=[
            (lambda mse, shape: mse, "when you multiply by 784"),
            (lambda mse, shape: mse / np.prod(shape), "when you multiply by 784"),
            (lambda mse, shape: mse * shape[0] ** 2, "need not be square"),
            (lambda mse, shape: mse * 784, "need not be square"),
            (lambda mse, shape: mse * shape[0] * shape[1], "count the channels"),
        ],
    ),
    "noisy_copy": Case(
        right=[
            noisy(normal),
            lambda image, seed: image + np.random.RandomState(seed).randn(*image.shape) / 10,
        ],
        wrong=[
            (lambda image, seed: image.ravel(), "the image's shape"),
            (lambda image, seed: image.copy(), "no noise in the copy"),
            (noisy(normal, seeded=False), "two different copies"),
            (lambda image, seed: noisy(normal)(image, 0), "seeds 3 and 4 gave the same copy"),
            (noisy(lambda rng, shape: rng.normal(0, 0.5, shape)), "not 0.1"),
            (noisy(lambda rng, shape: rng.normal(0, 0.1**2, shape)), "0.01, not 0.1"),
            (noisy(lambda rng, shape: rng.normal(0.1, 0.1, shape)), "has the mean 0.10"),
            (
                noisy(lambda rng, shape: rng.uniform(-0.1 * 3**0.5, 0.1 * 3**0.5, shape)),
                "not normally distributed",
            ),
            (noisy(lambda rng, shape: rng.choice([-0.1, 0.1], shape)), "not normally distributed"),
            (noisy(lambda rng, shape: rng.normal(0, 0.1)), "all pixels got the same noise"),
            (lambda image, seed: noisy(normal)(image, seed).clip(0, 1), "without clipping"),
            (in_place, "the image itself was changed"),
            (by_the_global_generator, "the global generator was disturbed"),
        ],
    ),
    "repeats": Case(
        right=[lambda train, seed: train(seed) == train(seed), by_a_loop],
        wrong=[
            (lambda train, seed: False, "always gives the same losses repeats"),
            (lambda train, seed: train(seed) == train(seed + 1), "always gives the same losses"),
            (lambda train, seed: True, "runs whose losses differ"),
            (lambda train, seed: (run := train(seed)) == run, "runs whose losses differ"),
            (lambda train, seed: train(seed)[0] == train(seed)[0], "part in the last epoch"),
            (lambda train, seed: np.allclose(train(seed), train(seed)), "without a tolerance"),
            (lambda train, seed: train(1) == train(1), "asked for seed 7, it trained from [1]"),
        ],
    ),
    "to_range": Case(
        right=[
            lambda x, low, high: np.interp(x, [0, 255], [low, high]).astype("float32"),
            lambda x, low, high: x.astype("float32") / 255 * (high - low) + low,
        ],
        wrong=[
            (lambda x, low, high: (x / 255).astype("float32"), "0 should become low"),
            (lambda x, low, high: (x * (high - low) / 255 + low).astype("float32"), "uint8 wraps"),
            (lambda x, low, high: low + (high - low) * (x / 255), "the result is float64"),
            (lambda x, low, high: (x / 127.5 - 1).astype("float32"), "work for [0, 1] too"),
            (
                lambda x, low, high: (low + (high - low) * (x / x.max())).astype("float32"),
                "smallest and largest values",
            ),
            (min_max, "smallest and largest values"),
        ],
    ),
    "validation_rows": Case(
        right=[rows_of(lambda names, n, rng: rng.permutation(names)[:n]), by_sets],
        wrong=[
            (lambda groups, fraction, seed: np.arange(5), "one True or False"),
            (by_images, "have copies in both parts"),
            (
                lambda groups, fraction, seed: np.arange(len(groups)) < fraction * len(groups),
                "have copies in both parts",
            ),
            (rows_of(unseeded), "gave two splits"),
            (
                rows_of(lambda names, n, rng: names[rng.random(len(names)) < n / len(names)]),
                "groups were chosen; round(0.2 * 100) is 20",
            ),
            (rows_of(lambda names, n, rng: rng.choice(names, n)), "is 20"),
            (rows_of(lambda names, n, rng: rng.permutation(names)[: n + 2]), "22 of 100"),
            (fewer, "7 of 31 groups were chosen"),
            (rows_of(lambda names, n, rng: names[:n]), "are neighbours"),
            (rows_of(neighbours), "are neighbours"),
            (rows_of(lambda names, n, rng: names[::3][:n]), "the same split"),
            (rows_of(mostly_the_first), "the same split, at least in part"),
        ],
    ),
    "batches_of": Case(
        right=[pieces, yielded],
        wrong=[
            (lambda x, size: pieces(x, size)[: len(x) // size], "4, 4 and 2"),
            (lambda x, size: np.array_split(x, -(-len(x) // size)), "4, 4 and 2"),
            (lambda x, size: pieces(x[::-1], size), "lost, doubled or moved"),
            (lambda x, size: pieces(x, size, stop=1), "are two batches"),
            (
                lambda x, size: [x[i * size : (i + 1) * size] for i in range(len(x) // size + 1)],
                "are two batches",
            ),
            (lambda x, size: [p.reshape(len(p), -1) for p in pieces(x, size)], "keep that shape"),
        ],
    ),
}
