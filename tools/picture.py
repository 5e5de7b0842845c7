"""Draw docs/course.png, the picture in the README: what three small autoencoders can do.

    make picture

It takes about a minute on two cores.
"""

import matplotlib

import execution

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.manifold import TSNE

from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, data, evaluation, losses
from ae_keras.saving import atomic_write

TARGET = execution.ROOT / "docs" / "course.png"
TITLE = {"color": "#0b4f8a", "fontsize": 13, "loc": "left"}
# Colour-blind people can tell these colours apart by their lightness. The digits are also written
# on the map.
HUES = plt.get_cmap("viridis")(np.linspace(0, 0.95, 10))


def trained(model, x, loss, epochs, corruption=None):
    """Train a model from seeded weights and return it."""
    backend.seed_weights(model, 0)
    model.compile(optimizer="adam", loss=loss)
    batches = data.Batches(x, corruption=corruption, batch_size=64)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def grid(images, n_columns):
    """Grey images of 28x28 pixels as one array, with `n_columns` of them in a row."""
    rows = images[..., 0].reshape(-1, n_columns, 28, 28)
    return rows.transpose(0, 2, 1, 3).reshape(len(rows) * 28, n_columns * 28)


def show(ax, images, n_columns, title):
    ax.imshow(grid(images, n_columns), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title, **TITLE)
    ax.axis("off")


def denoising(ax, train, test):
    """Draw noisy digits, each above its cleaned version."""
    noise = lambda x, seed: data.gaussian_noise(x, 0.4, seed)  # noqa: E731
    model = Autoencoder(DenseEncoder(64), DenseDecoder((28, 28, 1)))
    trained(model, train.x, losses.squared_error, 20, noise)
    clean = test.x[:18]
    noisy = noise(clean, 1)
    cleaned = evaluation.reconstruct(model, noisy)
    rows = [part[start : start + 6] for start in (0, 6, 12) for part in (noisy, cleaned)]
    show(ax, np.concatenate(rows), 6, "Remove noise")


def latent_map(ax, train, test):
    """Draw the t-SNE map of the codes of the test digits."""
    model = Autoencoder(DenseEncoder(16), DenseDecoder((28, 28, 1)))
    trained(model, train.x, losses.squared_error, 20)
    z = TSNE(random_state=0).fit_transform(evaluation.encode(model, test.x))
    for digit in range(10):
        mine = z[test.labels == digit]
        ax.scatter(*mine.T, s=7, color=HUES[digit], alpha=0.6, linewidths=0)
        centre = np.median(mine, axis=0)
        box = {"boxstyle": "circle,pad=0.15", "color": "white", "alpha": 0.8}
        ax.text(*centre, str(digit), ha="center", va="center", weight="bold", bbox=box)
    ax.set_title("Sort pictures, without labels", **TITLE)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_color("0.8")


def new_digits(ax, train):
    """Draw digits decoded from random codes of a variational autoencoder."""
    # The encoder returns 16 means and 16 log variances.
    model = VAE(DenseEncoder(32), DenseDecoder((28, 28, 1)))
    trained(model, train.x, losses.binary_crossentropy, 40)
    samples = evaluation.decode(model, np.random.default_rng(0).normal(size=(36, 16)))
    show(ax, samples, 6, "Draw new ones")


def main():
    train, _, test = data.load_splits("digits")
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained")
    denoising(axes[0], train, test)
    latent_map(axes[1], train, test)
    new_digits(axes[2], train)
    with atomic_write(TARGET) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
