"""What learners may hand to the checks of lesson 25; test_exercises.py hands it in."""

import keras
import numpy as np
from keras import layers, ops

from ae_keras import VAE, Autoencoder, DenseDecoder, DenseEncoder, backend, losses
from cases import Case, broken_class

X = np.random.default_rng(0).random((30, 4, 4, 1)).astype("float32")


def new(kind=VAE):
    parts = DenseEncoder(4, hidden=()), DenseDecoder((4, 4, 1), hidden=())
    model = backend.seed_weights(kind(*parts), seed=0)
    model.compile(keras.optimizers.Adam(0.01), loss=losses.squared_error)
    return model


def diagnosing(
    kind=VAE,
    sizes=(12, 12, 6),
    names=("terms", "memory", "short batch"),
    limit=1e-5,
    finished=True,
):
    """An answer to exercise 25.1: after which batch the weights are not those of `fit`."""

    def diagnose(make_step):
        by_hand, by_fit = new(kind), new(kind)
        step, finish = make_step(by_hand)
        start, found = 0, "healthy"
        for size, name in zip(sizes, names, strict=True):
            images = X[start : start + size]
            start += size
            step(images, images)
            if finished:
                finish()
            by_fit.train_on_batch(images)
            pairs = zip(by_hand.get_weights(), by_fit.get_weights(), strict=True)
            apart = max(np.abs(a - b).max() for a, b in pairs)
            if found == "healthy" and apart > limit:
                found = name
        return found

    return diagnose


def by_parts(make_step):
    """Another right answer: it asks for one illness after the other."""
    sick = {
        "terms": diagnosing(sizes=(12,), names=("ill",)),
        "memory": diagnosing(sizes=(12, 12), names=("ill", "ill")),
        "short batch": diagnosing(names=("ill",) * 3),
    }
    return next((name for name, test in sick.items() if test(make_step) == "ill"), "healthy")


TIMES = {16: 0.2, 256: 0.05}
ERRORS = {16: 30.0, 256: 50.0}


def measure(batch_size, seed):
    return TIMES[batch_size] * (1 + 0.1 * seed), ERRORS[batch_size] + 0.3 * seed


def measured(n=3, sizes=(16, 256), seconds=1.0, errors=1.0, shift=0.0, seeds=None):
    found = {}
    for size in sizes:
        runs = [measure(size, seed) for seed in (seeds or range(n))]
        found[size] = [(seconds * s, errors * e) for s, e in runs]
    if shift:  # one slow moment in the middle of the runs
        found[256][1] = (found[256][1][0] + shift, found[256][1][1])
    return found


def careful(
    weight=True,
    assign=True,
    trainable=False,
    noise="own",
    size=0.1,
    blank="where",
    scale=True,
    always=False,
):
    """A class as exercise 25.3 asks for, or with a mistake."""

    class Careful(layers.Layer):
        def __init__(self, level):
            super().__init__()
            self.level = level
            if weight:
                first = keras.initializers.Constant(level)
                self.level = self.add_weight((), initializer=first, trainable=trainable)
            self.own = keras.random.SeedGenerator(3)

        def set(self, level):
            if not weight:
                self.level = level
            elif assign:
                self.level.assign(level)

        def noise(self, shape):
            if noise == "NumPy":
                return np.random.normal(size=tuple(shape)).astype("float32")
            return keras.random.normal(shape, seed=self.own if noise == "own" else noise)

        def call(self, x, training=False):
            if (training or always) and size:
                x = x + size * self.noise(ops.shape(x))
            x = self.level * x if scale else x
            if blank == "where":
                return ops.where(ops.arange(x.shape[1]) > 0, x, 0.0)
            if blank == "joined":
                return ops.concatenate([ops.zeros_like(x[:, :1]), x[:, 1:]], axis=1)
            if blank == "row":
                kept = ops.arange(32) > 0
                return ops.where(ops.reshape(kept, (-1, 1)), x, 0.0)
            if blank == "cut":
                return x[:, 1:]
            if blank == "stopped":
                return ops.stop_gradient(ops.where(ops.arange(x.shape[1]) > 0, x, 0.0))
            return x

    return Careful


class Multiplied(layers.Layer):
    """Another right answer."""

    def __init__(self, level):
        super().__init__()
        self.level = keras.Variable(level, trainable=False, dtype="float32")
        self.noise = keras.layers.GaussianNoise(0.1, seed=0)

    def set(self, level):
        self.level.assign(level)

    def call(self, x, training=False):
        mask = ops.cast(ops.arange(x.shape[1]) > 0, x.dtype)
        return mask * self.level * self.noise(x, training=training)


CASES = {
    "diagnose": Case(
        right=[diagnosing(), by_parts],
        wrong=[
            (diagnosing(names=("TERMS",) * 3), "the diagnosis is one of"),
            (diagnosing(limit=-1.0), "use a tolerance"),
            (diagnosing(kind=Autoencoder), "with terms of its own"),
            (diagnosing(sizes=(12,), names=("terms",)), "compare after the second batch"),
            (diagnosing(sizes=(12, 12), names=("terms", "memory")), "end with a smaller one"),
            (lambda make_step: "healthy", "with terms of its own"),
        ],
    ),
    "batch_size": Case(
        right=[
            (16, "error", measured()),
            (256, "seconds", measured(5)),
            lambda: (256, "seconds", measured()),
        ],
        wrong=[
            (16, "set decision ="),
            ((64, "error", measured()), "choose a batch size"),
            ((16, "taste", measured()), "the reason is"),
            ((16, "error", {16: [measure(16, seed) for seed in range(3)]}), "compares nothing"),
            ((16, "error", {16: [30.0, 31.0, 32.0], 256: [50.0, 51.0, 52.0]}), "pairs of seconds"),
            ((16, "error", measured(1)), "three runs or more"),
            ((16, "error", measured(seeds=(0, 0, 0))), "pass another seed"),
            ((256, "error", measured()), "your own numbers speak for 16"),
            ((16, "seconds", measured()), "your own numbers speak for 256"),
            ((256, "seconds", measured(shift=0.3)), "overlap"),
            ((16, "error", measured(errors=0.1)), "which `measure(16, 0)` gives here"),
            ((16, "error", measured(seconds=100.0)), "on the same machine"),
        ],
        blank=[lambda *args: None],
        others=(measure,),
    ),
    "careful": Case(
        right=[careful(), careful(blank="joined"), Multiplied],
        wrong=[
            (careful(weight=False), "still a Python number"),
            (careful(trainable=True), "the optimizer would change the level"),
            (careful(assign=False), "`assign` to the weight"),
            (careful(scale=False), "should halve the other columns"),
            (careful(always=True), "no noise outside training"),
            (careful(size=0.0), "there should be noise"),
            (careful(size=0.3), "not 0.1"),
            (careful(noise=7), "the same in every step"),
            (careful(blank=""), "the first column should be 0"),
            (careful(blank="row"), "the first column should be 0"),
            (careful(blank="cut"), "became (32, 5)"),
            (careful(blank="stopped"), "no gradient came through"),
        ],
        blank=[type("Careful", (layers.Layer,), {})],
        broken=broken_class("call", "set"),
    ),
}
