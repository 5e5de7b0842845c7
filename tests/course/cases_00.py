"""What learners may hand to the checks of lesson 00; test_exercises.py hands it in."""

import math

import numpy as np

from ae_keras import evaluation
from cases import Case, broken
from contract import images

NETS = {2: 0.9, 4: 0.8, 16: 0.6, 64: 0.4}  # the networks' errors, as fractions of the mean image's

TRAIN, VAL = images(120, (9, 8, 1)), images(60, (9, 8, 1), seed=1)


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


def gradient(factor=1.0, move="one", overwrite=False, shape=None, h=1e-4):
    def numerical_gradient(loss, w):
        found = np.zeros(w.shape)
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


def one_sided_gradient(loss, w):
    found = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        up = w.copy()
        up[place] += 1e-4
        found[place] = (loss(up) - loss(w)) / 1e-4
    return found


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


CASES = {
    "code_sizes": Case(
        right=[measured(), {size: list(row) for size, row in reversed(measured().items())}],
        wrong=[
            (measured(sizes=(2, 4, 16)), "a row for each of the sizes 2, 4, 16 and 64"),
            (measured(unit=1 / 72), "per pixel, not per image"),
            (measured(swapped=True), "PCA's comes first"),
            (measured(clip=False), "not clipped"),
            (measured(fitted_to=VAL), "PCA's validation error at 2 is"),
            (measured(choose="autoencoder"), "by your own numbers PCA"),
            (measured(choose="PCA", nets=NETS | {2: 0.5}), "by your own numbers auto"),
            (measured(nets={size: net / 72 for size, net in NETS.items()}), "Is it per image?"),
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
            (one_sided_gradient, "both ways"),
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
}
