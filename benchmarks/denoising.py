"""Lessons 13 and 14 with three seeds each, on the embedded digits and on MNIST.

Results go to benchmarks/results/denoising.json, which the text of those lessons quotes:

    AE_KERAS_DATA_DIR=... python benchmarks/denoising.py

Each figure is a list with a value for each seed, which sets the initial weights, the order of the
images and the noise in training, next to its mean, least and greatest value.
"""

import json
import time

import keras
import numpy as np
from keras import layers
from scipy import ndimage
from sklearn.neighbors import KNeighborsClassifier

import measure
from ae_keras import (
    Autoencoder,
    ConvDecoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    data,
    evaluation,
    losses,
)

RESULTS = measure.HERE / "results" / "denoising.json"
SEEDS = (0, 1, 2)
SHAPE = (28, 28, 1)
GAUSSIAN = lambda x, rng: data.gaussian_noise(x, 0.4, rng)  # noqa: E731
SPECKS = lambda x, rng: data.salt_and_pepper(x, 0.2, rng)  # noqa: E731


def trained(encoder, decoder, batches, epochs, seed, learning_rate=0.002, first_bias=0.0):
    model = backend.seed_weights(Autoencoder(encoder, decoder), seed=seed)
    last_bias = model.weights[-1]
    last_bias.assign(np.full(last_bias.shape, first_bias))
    model.compile(keras.optimizers.Adam(learning_rate), loss=losses.squared_error)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model


def narrow(batches, seed, epochs=12, before=()):
    encoder = keras.Sequential([*before, DenseEncoder(64)])
    return trained(encoder, DenseDecoder(SHAPE), batches, epochs, seed)


def wide(batches, seed, x_train):
    encoder = ConvEncoder(16, filters=(16,), flat=False)
    decoder = ConvDecoder(SHAPE, filters=(16,), flat=False)
    bias = np.log(x_train.mean() / (1 - x_train.mean()))
    return trained(encoder, decoder, batches, 5, seed, learning_rate=0.003, first_bias=bias)


def linear_denoiser(x_noisy, x, penalty=100):
    a = np.column_stack([x_noisy.reshape(len(x), -1), np.ones(len(x))]).astype("float64")
    w = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ x.reshape(len(x), -1))

    def denoise(x):
        flat = np.column_stack([x.reshape(len(x), -1), np.ones(len(x))])
        return np.clip(flat @ w, 0, 1).astype("float32").reshape(x.shape)

    return denoise


def error(x, x_hat):
    return float(evaluation.squared_error(x, x_hat).mean())


class Reader:
    """Five nearest neighbours among clean training images."""

    def __init__(self, train):
        self.knn = KNeighborsClassifier(5).fit(train.x.reshape(len(train), -1), train.labels)

    def votes(self, x):
        return self.knn.predict_proba(np.clip(x, 0, 1).reshape(len(x), -1))

    def false(self, x, x_hat):
        """Shares of images that are read as another class, by most and by all neighbours."""
        before, after = self.votes(x), self.votes(x_hat)
        changed = before.argmax(axis=1) != after.argmax(axis=1)
        return float(changed.mean()), float((changed & (after.max(axis=1) == 1)).mean())


def images(name):
    train, val, _ = data.load_splits(name)
    x_train, x = train.x[:3000], val.x[:900]
    letters = data.load("glyphs", "test").x[:600]
    reader = Reader(train[:7650])
    found = {}

    def note(name, value):
        found.setdefault(name, []).append(value)

    for seed in SEEDS:
        rng = np.random.default_rng([1, seed])
        x_noisy, specks = GAUSSIAN(x, rng), SPECKS(x, rng)
        unclipped = (x + rng.normal(0, 0.4, x.shape)).astype("float32")
        letters_noisy = GAUSSIAN(letters, rng)
        copy = GAUSSIAN(x_train, rng)
        batches = lambda x=x_train, **kwargs: data.Batches(x, seed=seed, **kwargs)  # noqa: B023, E731
        models = {
            "wide": wide(batches(corruption=GAUSSIAN), seed, x_train),
            "wide_plain": wide(batches(), seed, x_train),
            "narrow": narrow(batches(corruption=GAUSSIAN), seed),
            "narrow_plain": narrow(batches(), seed),
            "layer": narrow(batches(), seed, before=[layers.GaussianNoise(0.4, seed=seed)]),
        }
        ways = {
            key: lambda x, m=model: evaluation.reconstruct(m, x) for key, model in models.items()
        }
        pca = evaluation.fit_pca(x_train, 64)
        ways["pca"] = lambda x, pca=pca: np.clip(evaluation.pca_reconstruct(pca, x), 0, 1)
        ways["linear"] = linear_denoiser(copy, x_train)
        ways["noisy"] = lambda x: x
        for key, way in ways.items():
            note(f"{key}_error", error(x, way(x_noisy)))
            note(f"{key}_clean", error(x, way(x)))
            note(f"{key}_letters", error(letters, way(letters_noisy)))
            changed, unanimous = reader.false(x, way(x_noisy))
            note(f"{key}_false", changed)
            note(f"{key}_unanimous", unanimous)
        note("layer_unclipped", error(x, models["layer"].predict(unclipped, verbose=0)))
        few, few_copy, few_new = x_train[:500], copy[:500], GAUSSIAN(x_train[:500], rng)
        kinds = {
            "fresh": batches(few, corruption=GAUSSIAN),
            "copy": batches(few_copy, target=few),
            "bug": batches(few_copy),
        }
        for key, given in kinds.items():
            model = narrow(given, seed, epochs=40)
            note(f"{key}_seen", error(few, evaluation.reconstruct(model, few_copy)))
            note(f"{key}_new", error(few, evaluation.reconstruct(model, few_new)))
            note(f"{key}_val", error(x, evaluation.reconstruct(model, x_noisy)))
        specialists = {
            "specks_wide": wide(batches(corruption=SPECKS), seed, x_train),
            "specks_narrow": narrow(batches(corruption=SPECKS), seed),
        }
        answers = {k: evaluation.reconstruct(m, specks) for k, m in specialists.items()}
        answers |= {"specks_median": ndimage.median_filter(specks, size=(1, 3, 3, 1))}
        answers |= {
            "gaussian_wide": ways["wide"](x_noisy),
            "gaussian_narrow": ways["narrow"](x_noisy),
        }
        answers |= {"gaussian_linear": ways["linear"](x_noisy)}
        answers |= {"gaussian_median": ndimage.median_filter(x_noisy, size=(1, 3, 3, 1))}
        for key, x_hat in answers.items():
            note(f"{key}_psnr", float(evaluation.psnr(x, x_hat).mean()))
            note(f"{key}_ssim", float(evaluation.ssim(x[:300], x_hat[:300]).mean()))
    return found


# Photographs and the electrocardiogram: noise that is not clipped ------------------------------


def net(kernels, channels=16, residual=True):
    """Three convolutions, of any size of input; the result is taken from the input."""
    inputs = keras.Input((None, None, 1))
    h = inputs
    for kernel in kernels[:-1]:
        h = layers.Conv2D(channels, kernel, padding="same", activation="relu")(h)
    h = layers.Conv2D(1, kernels[-1], padding="same")(h)
    return keras.Model(inputs, inputs - h if residual else h)


def taught(model, x, stddev, epochs, seed):
    backend.seed_weights(model, seed)
    model.compile(keras.optimizers.Adam(0.003), loss="mse")
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        noisy = (x + rng.normal(0, stddev, x.shape)).astype("float32")
        model.fit(noisy, x, batch_size=64, shuffle=False, verbose=0)
    return model


def grey(images):
    return images.x.mean(axis=-1, keepdims=True).astype("float32")


def photos():
    train, val, _ = data.load_splits("photos")
    x, found = grey(val)[:100], {}
    for seed in SEEDS:
        noisy = (x + np.random.default_rng([2, seed]).normal(0, 0.1, x.shape)).astype("float32")
        for key, n, epochs in (("short", 1000, 4), ("long", len(train), 6)):
            model = taught(net([5, 3, 3]), grey(train)[:n], 0.1, epochs, seed)
            x_hat = np.clip(model.predict(noisy, verbose=0), 0, 1)
            found.setdefault(f"{key}_psnr", []).append(float(evaluation.psnr(x, x_hat).mean()))
            found.setdefault(f"{key}_ssim", []).append(float(evaluation.ssim(x, x_hat).mean()))
            print("photos", seed, key, found[f"{key}_psnr"][-1], flush=True)
    return found


def main():
    started, rows = time.perf_counter(), []
    for name, function in (("digits", images), ("mnist", images), ("photos", None)):
        found = photos() if function is None else function(name)
        figures = {}
        for key, values in found.items():
            shown = [round(value, 4) for value in values]
            figures[key] = round(float(np.mean(values)), 4)
            figures |= {f"{key}_least": min(shown), f"{key}_most": max(shown)}
        rows.append({"set": name, "figures": figures})
        print(name, round(time.perf_counter() - started), json.dumps(figures), flush=True)
    report = {"conditions": measure.conditions(1) | {"backend": backend.report(), "seeds": SEEDS}}
    report["rows"] = rows
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
