"""How far beta-VAEs separate the factors of lesson 17's shapes: twenty seeds of each model.

Results go to benchmarks/results/disentangling.json, which the text of that lesson quotes:

    KERAS_BACKEND=jax python benchmarks/disentangling.py [MODEL ...]

Without names all models are trained, in about seven minutes on one core (JAX). A seed sets the
initial weights, the order of the images and the noise. Every model has the network of the lesson
and 1,500 steps. In `cooled`, beta begins at four times its value; `full` draws its codes from
normal distributions with any covariance. The gap (evaluation.mutual_information_gap) is that of
drawn codes, `gap_of_means` that of their means. `best_x` is what the best unit knows about x, as a
fraction of its entropy, and `second` what the second best knows of size, x and y, as a share of the
best. Each figure is a mean over the seeds, next to its standard error, least and greatest value;
`pca_...` are those of PCA.
"""

import json
import sys
import time

import keras
import numpy as np
from keras import ops
from sklearn.metrics import mutual_info_score

import measure
from ae_keras import (
    VAE,
    Autoencoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    data,
    evaluation,
    losses,
)
from ae_keras.data import synthetic

RESULTS = measure.HERE / "results" / "disentangling.json"
SEEDS = range(20)
LATENT_DIM, HIDDEN, STEPS, BATCH_SIZE = 6, (128, 64), 1500, 128


class FullVAE(keras.Model):
    """A beta-VAE whose codes are normal with any covariance, by a lower triangular matrix."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.beta = self.add_weight((), trainable=False, name="beta")
        self.noise = keras.random.SeedGenerator(0)
        rows, columns = np.tril_indices(LATENT_DIM, -1)
        self.places = np.zeros((len(rows), LATENT_DIM**2), "float32")
        self.places[np.arange(len(rows)), LATENT_DIM * rows + columns] = 1

    def triangle(self, h):
        """The matrices that turn noise into codes, `(n, latent_dim, latent_dim)`."""
        below = ops.reshape(h[:, 2 * LATENT_DIM :] @ self.places, (-1, LATENT_DIM, LATENT_DIM))
        scale = ops.exp(h[:, LATENT_DIM : 2 * LATENT_DIM] / 2)
        return below + scale[:, :, None] * np.eye(LATENT_DIM, dtype="float32")

    def call(self, x, training=False):
        h = self.encoder(x)
        z, log_scale = h[:, :LATENT_DIM], h[:, LATENT_DIM : 2 * LATENT_DIM]
        triangle = self.triangle(h)
        kl = ops.sum(triangle**2, axis=(1, 2)) + ops.sum(z**2 - 1 - log_scale, axis=1)
        self.add_loss(self.beta * ops.mean(kl) / 2)
        if training:
            epsilon = keras.random.normal(ops.shape(z), seed=self.noise)
            z = z + ops.sum(triangle * epsilon[:, None, :], axis=2)
        return self.decoder(z)

    def posterior(self, x):
        """Means and the logarithms of the variances of the single units."""
        h = self.encoder.predict(x, verbose=0)
        triangle = ops.convert_to_numpy(self.triangle(h))
        return h[:, :LATENT_DIM].astype("float64"), np.log(np.sum(triangle**2, axis=2))


def worlds():
    """The shapes, 14 x 14 pixels: all, the five middle values of y, the places in a circle."""
    parts = [data.load("shapes", subset) for subset in ("train", "test")]
    x = np.concatenate([part.x for part in parts])
    x = x.reshape(len(x), 14, 2, 14, 2, 1).mean(axis=(2, 4))
    factors = synthetic.factors(np.concatenate([part.groups for part in parts]))
    middle = np.abs(factors[:, 3] - 7) <= 2
    circle = np.hypot(factors[:, 2] - 6.5, factors[:, 3] - 6.5) <= 6.6
    chosen = {"equal": slice(None), "unequal": middle, "round": circle}
    return {name: (x[which], factors[which]) for name, which in chosen.items()}


def network(kind):
    extra = LATENT_DIM * (LATENT_DIM - 1) // 2
    width = {"plain": LATENT_DIM, "full": 2 * LATENT_DIM + extra}.get(kind, 2 * LATENT_DIM)
    cls = {"plain": Autoencoder, "full": FullVAE}.get(kind, VAE)
    return cls(DenseEncoder(width, HIDDEN), DenseDecoder((14, 14, 1), HIDDEN[::-1]))


class Cooling(keras.callbacks.Callback):
    """Lets beta fall from four times its value to its value in six tenths of the epochs."""

    def __init__(self, beta, epochs):
        super().__init__()
        self.beta, self.epochs = beta, epochs

    def on_epoch_begin(self, epoch, logs=None):
        left = max(0.0, 1 - epoch / (0.6 * self.epochs))
        self.model.beta.assign(self.beta * 4**left)


def train(model, x, beta, seed, cooled=False):
    """Train from fresh weights; the compiled step stays."""
    for variable in [*model.trainable_weights, *model.optimizer.variables]:
        variable.assign(ops.zeros(variable.shape, variable.dtype))
    model.optimizer.learning_rate = 0.005
    backend.seed_weights(model, seed)
    if beta is not None:
        model.beta.assign(beta)
        model.noise.state.assign(keras.random.SeedGenerator(seed).state)
    batches = data.Batches(x, batch_size=BATCH_SIZE, seed=seed)
    epochs = round(STEPS / len(batches))
    callbacks = [Cooling(beta, epochs)] if cooled else []
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)


def information(z, factors, z_log_var=None, n_bins=20, n_draws=10):
    """Fraction of each factor's entropy that each unit knows: (n_factors, n_units)."""
    if z_log_var is not None:
        z, z_log_var, factors = (np.repeat(a, n_draws, axis=0) for a in (z, z_log_var, factors))
        z = z + np.exp(z_log_var / 2) * np.random.default_rng(0).normal(size=z.shape)
    edges = [np.linspace(unit.min(), unit.max(), n_bins + 1)[1:-1] for unit in z.T]
    binned = [np.digitize(unit, edge) for unit, edge in zip(z.T, edges, strict=True)]
    return np.array(
        [[mutual_info_score(f, b) / mutual_info_score(f, f) for b in binned] for f in factors.T]
    )


def judged_codes(z, factors, z_log_var=None):
    """Figures of codes: the gaps, and what the second best unit knows as a share of the best."""
    best, second = np.sort(information(z, factors, z_log_var), axis=1)[:, :-3:-1].T
    found = {"gap": (best - second).mean()}
    found |= dict(zip((f"gap_{n}" for n in synthetic.FACTORS), best - second, strict=True))
    found |= dict(zip((f"best_{n}" for n in synthetic.FACTORS), best, strict=True))
    found["second"] = (second[1:] / best[1:]).mean()  # of size, x and y
    return found


def judged(model, kind, x, factors):
    """The figures of one trained model."""
    if kind == "plain":
        return judged_codes(evaluation.encode(model, x), factors)
    z, z_log_var = model.posterior(x) if kind == "full" else evaluation.posterior(model, x)
    found = judged_codes(z, factors, z_log_var)
    found["gap_of_means"] = judged_codes(z, factors)["gap"]
    if kind == "vae":
        loss = evaluation.negative_elbo(model, x, n_samples=1) - evaluation.pixel_entropy(x)
        found["rate"] = evaluation.kl_per_unit(z, z_log_var).sum()
        found["distortion"] = loss - found["rate"]
    return found


MODELS = {
    "unequal, beta 2": ("unequal", "vae", 2.0),
    "unequal, cooled": ("unequal", "vae", 2.0),
    "unequal, full": ("unequal", "full", 2.0),
    "equal, beta 4": ("equal", "vae", 4.0),
    "unequal, beta 1": ("unequal", "vae", 1.0),
    "equal, beta 1": ("equal", "vae", 1.0),
    "round, beta 4": ("round", "vae", 4.0),
    "unequal, plain": ("unequal", "plain", None),
}


def figures(rows):
    found = {}
    for key in rows[0]:
        values = np.array([row[key] for row in rows])
        found[key] = round(float(values.mean()), 4)
        found[f"{key}_error"] = round(float(values.std(ddof=1) / np.sqrt(len(values))), 4)
        found[f"{key}_least"] = round(float(values.min()), 4)
        found[f"{key}_most"] = round(float(values.max()), 4)
    return found


def main(names):
    report = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"rows": []}
    images = worlds()
    for name in names:
        start, rows = time.perf_counter(), []
        world, kind, beta = MODELS[name]
        x, factors = images[world]
        model = network(kind)
        model.compile(keras.optimizers.Adam(), loss=losses.binary_crossentropy)
        model(x[:1])
        model.optimizer.build(model.trainable_variables)
        for seed in SEEDS:
            train(model, x, beta, seed, cooled="cooled" in name)
            rows.append(judged(model, kind, x, factors))
            words = (f"{key} {value:.3f}" for key, value in rows[-1].items())
            print(name, seed, *words, flush=True)
        pca = evaluation.fit_pca(x, LATENT_DIM).transform(x.reshape(len(x), -1))
        row = {"model": name, "seeds": len(SEEDS), "seconds": round(time.perf_counter() - start)}
        of_pca = {f"pca_{key}": round(float(v), 4) for key, v in judged_codes(pca, factors).items()}
        row |= {"figures": figures(rows) | of_pca}
        report["rows"] = [old for old in report["rows"] if old["model"] != name] + [row]
        report["conditions"] = measure.conditions(1) | {"backend": backend.report()}
        RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or MODELS)
