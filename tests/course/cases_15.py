"""What learners may hand to the checks of lesson 15; test_exercises.py hands it in."""

from types import SimpleNamespace

import keras
import numpy as np
from keras import ops

from ae_keras import evaluation
from cases import Case, broken_class


def report(z, least=0, over_living=True, dead=lambda alive: int((~alive).sum()), scale=1):
    alive = (z > least).any(axis=0)
    used = (z[:, alive] > 0) if over_living else z > 0
    return dead(alive), scale * used.mean()


def of_the_greatest(z):
    off = z.max(axis=0) <= 0
    return np.sum(off), np.mean((z > 0).mean(axis=0)[~off])


def by_images(z):
    """Counts, for each image, how many units are off, as if the axes were exchanged."""
    return int(((z > 0).sum(axis=1) == 0).sum()), (z > 0).mean()


def regulariser(
    times_batch=True,
    over=ops.sum,
    each=False,
    reverse=False,
    half=False,
    clip=1e-6,
    weighted=True,
    n=None,
    library=ops,
):
    class KL(keras.regularizers.Regularizer):
        def __init__(self, weight, target):
            self.weight, self.target = weight, target

        def __call__(self, z):
            size = ops.cast(ops.shape(z)[0], z.dtype) if n is None else n
            a = z if each else library.mean(z, axis=0)
            if clip:
                a = library.clip(a, clip, 1 - clip)
            t = ops.ones_like(a) * self.target if library is ops else self.target
            t, a = (a, t) if reverse else (t, a)
            kl = t * library.log(t / a)
            kl = kl if half else kl + (1 - t) * library.log((1 - t) / (1 - a))
            kl = ops.mean(kl, axis=0) if each else kl
            cost = over(kl) if library is ops else library.sum(kl)
            return (size if times_batch else 1) * (self.weight if weighted else 1) * cost

    return KL


class ByPackage(keras.regularizers.Regularizer):
    """Written with the pieces of ae_keras, and by another order of the products."""

    def __init__(self, weight, target):
        self.weight, self.target = weight, target

    def __call__(self, z):
        from ae_keras import losses

        cost = losses.bernoulli_kl(self.target, ops.mean(z, axis=0))
        return ops.sum(self.weight * cost) * z.shape[0]


class Stopped(ByPackage):
    """The right cost, but nothing can be learned from it."""

    def __call__(self, z):
        return super().__call__(ops.stop_gradient(z))


def trained(z, x_hat):
    """What evaluation asks of a trained model: here, functions of the images instead."""
    return SimpleNamespace(
        encoder=SimpleNamespace(predict=lambda x, **_: z(x)),
        to_code=lambda h: h,
        predict=lambda x, **_: x_hat(x),
    )


def raising(x):
    raise RuntimeError("oops")


def code(share, n_units=60, alive=1.0):
    """Of the living units a few take turns, so that `share` of all units is active."""

    def z(x):
        found = np.zeros((len(x), n_units), "float32")
        n_active, n_alive = round(share * n_units), round(alive * n_units)
        for row in range(len(x)):
            found[row, (row * n_active + np.arange(n_active)) % n_alive] = 1
        return found

    return z


def shifted(z, by):
    return lambda x: z(x) + by


X = np.random.default_rng(0).random((40, 4, 4, 1)).astype("float32")


def nearly(x):
    """Whatever comes in, the clean images of the same number: a perfect copy."""
    return X[: len(x)]


rng = np.random.default_rng(1)
LABELS = np.arange(40) % 2
FEW = np.arange(8)


def codes_of(width, stored, spread):
    """Codes of training and validation images, which tell two classes apart more or less."""
    z = [rng.normal(size=(40, width)) + spread * LABELS[:, None] for _ in range(2)]
    for each in z:
        each[:, stored:] = 0
    return z


CODES = {
    "narrow": (*codes_of(4, 4, 0.4), X + 0.3),
    "dense": (*codes_of(12, 12, 0.1), X + 0.1),
    "sparse": (*codes_of(12, 3, 6.0), X + 0.2),
}


def measured(function):
    return {name: function(*parts) for name, parts in CODES.items()}


def error(z_train, z, x_hat):
    return ((x_hat - X) ** 2).sum(axis=(1, 2, 3)).mean()


def stored(z_train, z, x_hat):
    return np.count_nonzero(z, axis=1).mean()


def probe(z_train, z, x_hat):
    return evaluation.probe_accuracy(z_train[FEW], LABELS[FEW], z, LABELS)


def probe_on_training(z_train, z, x_hat):
    return evaluation.probe_accuracy(z_train[FEW], LABELS[FEW], z_train[FEW], LABELS[FEW])


ERROR, STORED, PROBE = measured(error), measured(stored), measured(probe)

CASES = {
    "unit_report": Case(
        right=[report, of_the_greatest],
        wrong=[
            (lambda z: report(z)[0], "return two numbers: how many"),
            (lambda z: report(z, over_living=False), "leave them out"),
            (lambda z: report(z, least=1e-3), "Once is enough to be alive"),
            (lambda z: report(z, dead=lambda alive: alive.sum()), "return how many are dead"),
            (lambda z: report(z, dead=lambda alive: (~alive).mean()), "not a fraction"),
            (lambda z: report(z, scale=5), "divide by how many are alive"),
            (by_images, "three of the eight units are never active"),
            (lambda z: (3, (z.mean(axis=0) > 0).mean()), "of the living units"),
        ],
    ),
    "kl_regularizer": Case(
        right=[regulariser(), ByPackage],
        wrong=[
            (regulariser(times_batch=False), "Keras divides what you return"),
            (regulariser(weighted=False), "the weight is missing"),
            (regulariser(over=ops.mean), "do not average"),
            (regulariser(each=True), "charges each image"),
            (regulariser(each=True, times_batch=False), "And Keras divides"),
            (regulariser(reverse=True), "the wrong way round"),
            (regulariser(half=True), "the second half"),
            (regulariser(n=16), "not a fixed number"),
            (regulariser(clip=0), "clip its mean"),
            (Stopped, "is at 0."),
        ],
        blank=[type("KL", (keras.regularizers.Regularizer,), {})],
        broken=broken_class("__call__"),
    ),
    "activity_budget": Case(
        right=[trained(code(0.05), nearly), trained(code(0.06, 50, alive=0.9), nearly)],
        wrong=[
            (trained(shifted(code(0.05), -1), nearly), "end the encoder with a ReLU"),
            (trained(shifted(code(0.05), 1), nearly), "no code is exactly zero"),
            (trained(code(0.05, 20), nearly), "at least 50 here"),
            (trained(code(0.5), nearly), "let fewer of them be"),
            # The lesson's own ten of a hundred.
            (trained(code(0.1, 100), nearly), "let fewer of them be"),
            (trained(code(0.05, 60, alive=0.2), nearly), "by killing units"),
            (trained(code(0.05), np.zeros_like), "train longer"),
        ],
        blank=[],
        broken=trained(raising, nearly),
        others=(X, X, 0.06),
    ),
    "code_choice": Case(
        right=[
            ("dense", "error", ERROR),
            ("sparse", "stored", STORED),
            lambda: ("sparse", "probe", PROBE),
        ],
        wrong=[
            ("sparse", "set choice ="),
            (("tiny", "error", ERROR), "choose one of narrow, dense, sparse"),
            (("dense", "taste", ERROR), "the reason is one of"),
            (("dense", "error", {"dense": ERROR["dense"]}), "one alone compares nothing"),
            (("sparse", "error", ERROR), "your own numbers speak for dense"),
            (("dense", "probe", PROBE), "your own numbers speak for sparse"),
            (("sparse", "probe", measured(probe_on_training)), "score it on validation images"),
            (
                ("narrow", "stored", {name: z.shape[1] for name, (_, z, _) in CODES.items()}),
                "Count the values that are not zero",
            ),
            (
                ("dense", "error", {name: each / 16 for name, each in ERROR.items()}),
                "Sum over the pixels",
            ),
        ],
        broken=lambda *args: raising(None),
        others=(X, CODES, FEW, LABELS[FEW], LABELS),
    ),
}
