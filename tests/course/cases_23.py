"""What learners may hand to the checks of lesson 23; test_exercises.py hands it in."""

import keras
import numpy as np
from keras import ops

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, evaluation, losses
from cases import Case, broken_class

SHAPE = (6, 6, 1)
X = np.random.default_rng(0).random((600, *SHAPE), "float32")
LETTERS = data.Images(X[:400], np.zeros(400, int), np.repeat(np.arange(40), 10))
TRAINING = LETTERS[LETTERS.groups < 10]
NEW = LETTERS[LETTERS.groups >= 10]
TESTED = data.Images(X[400:], np.zeros(200, int), np.repeat(np.arange(40, 60), 10))
MODEL = backend.seed_weights(
    Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder(SHAPE, hidden=(4,))), seed=0
)
# The steps of `fit` repeat what was traced, unless each runs the Python code itself.
TRACED = keras.config.backend() != "torch"


# 24.1 --------------------------------------------------------------------------------------------


def errors(images, fitted_to=TRAINING, clip=True):
    x_hat = evaluation.pca_reconstruct(evaluation.fit_pca(fitted_to.x, 16), images.x)
    x_hat = np.clip(x_hat, 0, 1) if clip else x_hat
    own = evaluation.squared_error(images.x, evaluation.reconstruct(MODEL, images.x)).mean()
    return {"autoencoder": own, "PCA": evaluation.squared_error(images.x, x_hat).mean()}


MIXED = LETTERS[LETTERS.groups >= 5]
FEW = NEW[NEW.groups < 18]
SOME = NEW[NEW.groups >= 20]

# 24.2 --------------------------------------------------------------------------------------------


def by_sizes(*sizes, n=100, same=np.allclose):
    """A test of A that compares the results of these batch sizes."""

    def test(subject):
        results = [subject(MODEL, X[:n], size) for size in sizes]
        return bool(same(results, results[0]))

    return test


def against_truth(n, size):
    def test(subject):
        x_hat = evaluation.reconstruct(MODEL, X[:n])
        truth = evaluation.squared_error(X[:n], x_hat).mean()
        assert abs(subject(MODEL, X[:n], size) / truth - 1) < 1e-4

    return test


# 24.3 and 24.4 -----------------------------------------------------------------------------------

SMALL = np.full((16, 8, 8, 1), 0.5, "float32")


def by_steps(rate=0.0, tolerance=1e-5, epochs=2):
    """A test of B that looks at the losses of steps."""

    def test(subject):
        model = subject((8, 8, 1))
        model.compile(keras.optimizers.SGD(rate), loss=losses.squared_error)
        found = model.fit(SMALL, SMALL, batch_size=16, epochs=epochs, verbose=0).history["loss"]
        assert abs(found[0] - found[-1]) > tolerance * found[0]

    return test


def by_calls(subject):
    model, x = subject((8, 8, 1)), ops.convert_to_tensor(SMALL)
    first, second = (ops.convert_to_numpy(model(x, training=True)) for _ in range(2))
    return not np.allclose(first, second)


def by_predictions(subject):
    model = subject((8, 8, 1))
    return np.allclose(*(model.predict(SMALL, verbose=0) for _ in range(2)))


def by_training(subject):
    model = subject((8, 8, 1))
    x = ops.convert_to_tensor(SMALL)
    noisy, quiet = (ops.convert_to_numpy(model(x, training=each)) for each in (True, False))
    return not np.allclose(noisy, quiet)


def asked(answer):
    """A test that asks the subject and does not listen."""

    def test(subject):
        subject((8, 8, 1))
        return answer

    return test


def noisy(how="generator", always=False, never=False, scaled=True, seeded=True):
    """A class as exercise 23.4 asks for, or with a mistake."""

    class Noisy(Autoencoder):
        def __init__(self, encoder, decoder, level=0.3, seed=0, **kwargs):
            super().__init__(encoder, decoder, **kwargs)
            self.level = level if scaled else 0.4
            self.first = seed if seeded else 0
            self.count = 0
            self.numbers = np.random.default_rng(self.first)
            self.noise = keras.random.SeedGenerator(self.first if seeded is not None else None)

        def draw(self, x):
            if how == "NumPy":
                drawn = self.numbers.normal(size=(1, *x.shape[1:])).astype("float32")
                return ops.convert_to_tensor(drawn)
            self.count += 1
            seeds = {"integer": self.first, "counter": self.first + self.count}
            return keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seeds.get(how, self.noise))

        def call(self, x, training=False):
            if (training or always) and not never:
                x = x + self.level * self.draw(x)
            return super().call(x, training=training)

    return Noisy


# 24.5 --------------------------------------------------------------------------------------------


def by_weights(which="weights", every=all, tolerance=0.0, x=None):
    """A test of C that compares weights before and after some steps."""
    given = np.random.default_rng(1).random((32, 8, 8, 1), "float32") if x is None else x

    def test(subject):
        model = subject((8, 8, 1))
        found = model if which != "encoder" else model.encoder
        kept = "trainable_weights" if which == "trainable_weights" else "weights"
        before = [ops.convert_to_numpy(weight).copy() for weight in getattr(found, kept)]
        model.fit(given, given, verbose=0)
        after = [ops.convert_to_numpy(weight) for weight in getattr(found, kept)]
        pairs = zip(before, after, strict=True)
        return every(np.abs(old - new).max() > tolerance for old, new in pairs)

    return test


def by_loss(subject):
    model = subject((8, 8, 1))
    x = np.random.default_rng(2).random((64, 8, 8, 1), "float32")
    found = model.fit(x, x, epochs=3, verbose=0).history["loss"]
    assert found[-1] < found[0]


CASES = {
    "recommendation": Case(
        right=[("PCA", NEW, errors(NEW)), ("PCA", SOME, errors(SOME))],
        wrong=[
            ("PCA", "set recommendation ="),
            (("a VAE", NEW, errors(NEW)), "choose one of"),
            (("PCA", NEW.x, errors(NEW)), "the images of your evidence"),
            (("PCA", MIXED, errors(MIXED)), "50 of your 350 images"),
            (("PCA", TESTED, errors(TESTED)), "the test part has no say"),
            (("PCA", FEW, errors(FEW)), "only 8 originals"),
            (("PCA", NEW, {"PCA": 1.7}), "a dict with a number for"),
            (("PCA", NEW, errors(NEW, clip=False)), "Clip them"),
            (("PCA", NEW, errors(SOME)), "you give"),
            (("PCA", NEW, errors(NEW, fitted_to=NEW)), "the error of the PCA is"),
            (("autoencoder", NEW, errors(NEW)), "your own numbers speak for the PCA"),
        ],
        others=(MODEL, TRAINING, LETTERS),
    ),
    "test_a": Case(
        right=[by_sizes(7, 64, 100), against_truth(100, 64)],
        wrong=[
            (lambda subject: True, "never calls the subject"),
            (by_sizes(32), "passes every subject"),
            (by_sizes(7, 64, same=lambda *_: False), "fails every subject"),
            (by_sizes(7, 64, 100, same=lambda a, b: not np.allclose(a, b)), "wrong way round"),
            (by_sizes(20, 50), "whenever all batches have the same size"),
            (by_sizes(100, 128), "passes every subject"),
            (by_sizes(7, 64, 100, same=lambda a, b: len(set(a)) == 1), "fails every subject"),
            (against_truth(100, 100), "whenever all batches"),
            (against_truth(100, 50), "the batch size does not divide"),
            (lambda subject: subject(MODEL, X[:100], 7) < 8, "whenever all batches"),
        ],
    ),
    "test_b": Case(
        right=[by_steps(), by_steps(epochs=3)],
        wrong=[
            (lambda subject: True, "never calls the subject"),
            (asked(True), "passes every subject"),
            (asked(False), "fails every subject"),
            (by_steps(rate=0.01), "passes every subject"),
            (by_predictions, "passes every subject"),
            (by_training, "draws the same numbers in every step"),
            (by_steps(tolerance=0.5), "fails every subject"),
            *[(by_calls, "Ask the step")] * TRACED,
        ],
    ),
    "fresh_noise": Case(
        right=[noisy(), *[noisy("counter")] * (not TRACED)],
        wrong=[
            (noisy("integer"), "An integer seed is a constant"),
            (noisy(always=True), "noise in prediction, too"),
            (noisy(never=True), "no noise in training"),
            (noisy(scaled=False), "level 0 should mean no noise"),
            (noisy(seeded=False), "seed 1 should draw other noise"),
            (noisy(seeded=None), "seed the generator with `seed`"),
            *[(noisy("counter"), "a Python counter")] * TRACED,
            *[(noisy("NumPy"), "a NumPy generator")] * TRACED,
        ],
        blank=[type("FreshNoise", (Autoencoder,), {})],
        broken=broken_class("call"),
    ),
    "test_c": Case(
        right=[by_weights(), by_weights(tolerance=1e-9)],
        wrong=[
            (lambda subject: None if subject is None else True, "never calls the subject"),
            (asked(True), "passes every subject"),
            (asked(False), "fails every subject"),
            (by_loss, "passes every subject"),
            (by_weights(every=any), "passes every subject"),
            (by_weights("trainable_weights"), "not even among its `trainable_weights`"),
            (by_weights("encoder"), "never changes its decoder"),
            (by_weights(tolerance=1e-3), "changes its weights by little"),
            (by_weights(x=np.zeros((32, 8, 8, 1), "float32")), "fails every subject"),
        ],
    ),
}
