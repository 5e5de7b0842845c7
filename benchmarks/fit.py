"""Seconds per epoch of `model.fit` and of hand-written loops, on the backend of this process.

    KERAS_BACKEND=jax python benchmarks/fit.py dense --batch-size 128

All train one epoch from the same weights on the same images in the same order, and their losses
must agree. Then they are timed in turns.
"""

import argparse
import gc
import importlib
import math
import statistics
import time
from typing import NamedTuple

import keras
import numpy as np

import ae_keras
import candidates
import measure
from ae_keras import data, losses

LEARNING_RATE = 0.002
SEED = 0
# The losses of the first epoch may differ by this fraction between the native loops and `fit`.
TOLERANCE = 0.02
# A turn takes at least so many epochs and seconds.
LEAST_EPOCHS, LEAST_SECONDS = 3, 0.5
KINDS = {
    "dense": lambda: ae_keras.Autoencoder(ae_keras.DenseEncoder(), ae_keras.DenseDecoder()),
    "conv": lambda: ae_keras.Autoencoder(ae_keras.ConvEncoder(), ae_keras.ConvDecoder()),
    "vae": lambda: ae_keras.VAE(ae_keras.DenseEncoder(32), ae_keras.DenseDecoder()),
    "vqvae": lambda: ae_keras.VQVAE(ae_keras.DenseEncoder(), ae_keras.DenseDecoder()),
}


class Fit(NamedTuple):
    """A way to call `fit`."""

    # Either "batches", an object of `data.Batches`, or "arrays", NumPy arrays.
    source: str = "batches"
    # Keras's argument `steps_per_execution`.
    steps: int = 1
    # Keras's argument `jit_compile`. With "auto", PyTorch and TensorFlow compile nothing on a CPU.
    jit: str | bool = "auto"
    # The change of the package that is tried, if any.
    tried: str = ""

    @property
    def name(self):
        words = [f"fit {self.source}", f"{self.steps} steps" if self.steps > 1 else ""]
        words += ["jit" if self.jit is True else "", self.tried]
        return ", ".join(word for word in words if word)


# The first way of each backend is that of the lessons.
FITS = {
    "jax": [Fit(), Fit(steps=8), Fit(steps=16), Fit("arrays")],
    # On PyTorch, `steps_per_execution` must be 1, and compiling needs a C++ compiler.
    "torch": [Fit(), Fit("arrays")],
    "tensorflow": [
        *(Fit(), Fit(steps=8), Fit(steps=16), Fit("arrays")),
        *(Fit(jit=True), Fit(steps=16, jit=True)),
    ],
}


def changes(kind):
    """The ways to call `fit` that need a change of the package."""
    if kind == "conv":
        yield Fit(tried="Conv2DTranspose")
    if keras.config.backend() == "torch":
        yield Fit(tried="fused")


def images(n):
    """The course's training images; with `n`, the first `n`, repeated if there are fewer."""
    train, _, _ = data.load_splits("digits")
    return np.resize(train.x, (n, *train.x.shape[1:])) if n else train.x


def build(kind, tried=""):
    """A model of this kind with seeded weights."""
    model = KINDS[kind]()
    if tried == "Conv2DTranspose":
        model = ae_keras.Autoencoder(ae_keras.ConvEncoder(), candidates.ConvDecoder())
    return ae_keras.backend.seed_weights(model, SEED)


def native(kind, style, x, batch_size):
    """Function `epochs -> loss of the first of them`, which trains by a hand-written loop."""
    loop = importlib.import_module(f"native_{keras.config.backend()}")
    weights = [keras.ops.convert_to_numpy(w) for w in build(kind).trainable_weights]
    epoch = loop.make(kind, style, weights, x, batch_size, LEARNING_RATE)
    done = 0

    def run(epochs):
        nonlocal done
        orders = (data.epoch_order(len(x), SEED, done + i) for i in range(epochs))
        history = [epoch(order) for order in orders]
        done += epochs
        return history[0]

    return run


def fit(kind, way, x, batch_size):
    """Function `epochs -> loss of the first of them`, which trains by `model.fit`."""
    model = build(kind, way.tried)
    optimizer = candidates.fused_adam if way.tried == "fused" else keras.optimizers.Adam
    model.compile(
        optimizer=optimizer(LEARNING_RATE),
        loss=losses.binary_crossentropy if kind == "vae" else losses.squared_error,
        steps_per_execution=way.steps,
        jit_compile=way.jit,
    )
    if way.source == "batches":
        given = {"x": data.Batches(x, batch_size=batch_size, seed=SEED)}
    else:
        # The arrays are put in the order of the first epoch once, and stay in it.
        given = {"x": x[data.epoch_order(len(x), SEED, 0)], "batch_size": batch_size}

    def run(epochs):
        history = model.fit(**given, epochs=epochs, shuffle=False, verbose=0)
        return history.history["loss"][0]

    return run


def contenders(kind, x, batch_size, tried):
    """Dict from the name of each way to train to its function `epochs -> loss of the first`."""
    backend = keras.config.backend()
    styles = importlib.import_module(f"native_{backend}").STYLES[kind]
    found = {f"native {style}": native(kind, style, x, batch_size) for style in styles}
    for way in [*FITS[backend], *(changes(kind) if tried else ())]:
        found[way.name] = fit(kind, way, x, batch_size)
    return found


def check(first):
    """Stop if the losses differ, because then not all ways did the same work."""
    reference = next(iter(first.values()))
    apart = {k: v for k, v in first.items() if not math.isclose(v, reference, rel_tol=TOLERANCE)}
    if apart:
        raise SystemExit(f"Unlike the first, whose loss is {reference:.3f}: {apart}")


def clock(run, epochs):
    """Seconds per epoch of a whole call, including what a call costs besides its epochs."""
    gc.collect()
    start = time.perf_counter()
    run(epochs)
    return (time.perf_counter() - start) / epochs


def compare(kind, n, batch_size, rounds, tried):
    """Check that all ways to train agree, then time them in turns."""
    x = images(n)
    runs = contenders(kind, x, batch_size, tried)
    # The first epoch also compiles, so it is not timed.
    first = {name: float(run(1)) for name, run in runs.items()}
    check(first)
    # All train for the same number of epochs, so that each has come as far when it is measured.
    quickest = min(clock(run, 1) for run in runs.values())
    epochs = max(LEAST_EPOCHS, math.ceil(LEAST_SECONDS / quickest)) if rounds > 1 else 1
    seconds = {name: [] for name in runs}
    for i in range(rounds):
        # Every other round goes backwards, so that no way always runs after the same other one.
        for name in list(runs)[:: -1 if i % 2 else 1]:
            seconds[name].append(clock(runs[name], epochs))
    return {"images": len(x), "epochs_a_turn": epochs, "loss": first, "seconds": seconds}


def summary(seconds):
    """Compare the fastest native loop with `fit` as the lessons call it and at its fastest."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    natives = [name for name in medians if name.startswith("native")]
    # These ways need a change of the package, so they are no result of the package as it is.
    changed = [way.name for kind in KINDS for way in changes(kind)]
    fits = [name for name in medians if name.startswith("fit") and name not in changed]
    native, best = (min(names, key=medians.get) for names in (natives, fits))
    return {
        "median": medians,
        "native": native,
        "course": fits[0],
        "best": best,
        "ratio_course": medians[native] / medians[fits[0]],
        "ratio_best": medians[native] / medians[best],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=tuple(KINDS))
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--images", type=int, default=0, help="0: as many as the course has")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tried", action="store_true", help="with changes of the package")
    chosen = parser.parse_args()
    result = compare(chosen.kind, chosen.images, chosen.batch_size, chosen.rounds, chosen.tried)
    measure.answer(result | summary(result["seconds"]))


if __name__ == "__main__":
    main()
