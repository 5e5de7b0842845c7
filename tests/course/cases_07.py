"""What learners may hand to the checks of lesson 07; test_exercises.py hands it in."""

import keras
import numpy as np

from cases import Case, broken_class


def total(x, x_hat):
    return ((x - x_hat) ** 2).reshape(len(x), -1).sum(axis=1)


def strangest(measure=total, usual=np.mean, compare=np.divide, last=False, up=False):
    """A ranking by this error of an image, compared in this way with that of its class."""

    def ranking(x, x_hat, labels, k):
        errors = measure(x, x_hat)
        of_class = {label: usual(errors[labels == label]) for label in set(labels)}
        score = compare(errors, np.array([of_class[label] for label in labels]))
        order = np.argsort(score)
        if up:
            return order[:k]
        return order[-k:] if last else order[::-1][:k]

    return ranking


def by_list(x, x_hat, labels, k):
    errors = [float(((a - b) ** 2).sum()) for a, b in zip(x, x_hat, strict=True)]
    score = []
    for error, label in zip(errors, labels, strict=True):
        same = [e for e, other in zip(errors, labels, strict=True) if other == label]
        score.append(error * len(same) / sum(same))
    return sorted(range(len(x)), key=lambda i: -score[i])[:k]


def absolute(x, x_hat):
    return np.abs(x - x_hat).reshape(len(x), -1).sum(axis=1)


def largest(x, x_hat):
    return ((x - x_hat) ** 2).reshape(len(x), -1).max(axis=1)


def signed(x, x_hat):
    return (x_hat - x).reshape(len(x), -1).sum(axis=1)


def snapshots(draw=None, due=None, rows=slice(None), keep=None):
    """A callback that draws in this way after the epochs, counted from 0, that are due."""
    draw = draw or (lambda model, x: keras.ops.convert_to_numpy(model(x)))

    class Snapshots(keras.callbacks.Callback):
        def __init__(self, x, every):
            super().__init__()
            self.x, self.every, self.frames = x, every, []

        def on_epoch_end(self, epoch, logs=None):
            if (due or (lambda epoch, every: epoch % every == every - 1))(epoch, self.every):
                frame = draw(self.model, self.x)[rows]
                self.frames.append(frame)
                if keep:
                    self.frames[:] = [frame] * len(self.frames)

    return Snapshots


def in_training(model, x):
    keras.utils.set_random_seed(0)
    return keras.ops.convert_to_numpy(model(x, training=True))


FOLLOWED = np.random.default_rng(0).random((8, 5, 5, 1))
ALIKE = np.repeat(FOLLOWED.mean(axis=0, keepdims=True), 8, axis=0)
LEARNT = 0.8 * FOLLOWED + 0.2 * ALIKE  # its variety is 0.64


def judged(good=LEARNT, bad=ALIKE, numbers=(0.64, 0.0), verdicts=("learning", "stuck")):
    return {0.002: (good, numbers[0], verdicts[0]), 0.05: (bad, numbers[1], verdicts[1])}


class Faded(keras.Model):
    """Multiplies each pixel by a number of its own."""

    def __init__(self, factors, steps):
        super().__init__()
        self.factors = np.reshape(factors, (1, 3, 1)).astype("float32")
        self.compile("adam", "mse")
        self.optimizer.build([])
        self.optimizer.iterations.assign(steps)

    def call(self, x):
        return x * keras.ops.convert_to_tensor(self.factors)


def faded(errors, steps=100):
    """A model whose squared errors of the classes 0, 1 and 2 are these."""
    return Faded(1 - np.sqrt(errors), steps)


# The images of class c have one bright pixel, number c.
LABELS = np.arange(12) % 3
X = np.eye(3, dtype="float32")[LABELS].reshape(12, 1, 3, 1)
FIRST = faded([0.2, 0.4, 0.3])
PAID = faded([0.25, 0.3, 0.33])


CASES = {
    "strangest": Case(
        right=[strangest(), by_list],
        wrong=[
            (strangest(compare=lambda e, _: e), "without the classes"),
            (strangest(compare=np.subtract), "divide instead"),
            (strangest(measure=absolute), "without squaring"),
            (strangest(measure=largest), "add up the squares of all"),
            (strangest(measure=signed), "cancelled"),
            (strangest(usual=np.median), "not by its median"),
            (strangest(usual=np.sum), "not by its sum"),
            (strangest(usual=np.max), "not by its largest"),
            (lambda x, x_hat, labels, k: np.arange(k), "for random images"),
            (lambda *given: np.sort(strangest()(*given)), "not in the order"),
            (strangest(up=True), "the most usual ones"),
            (strangest(last=True), "strangest should come first"),
            (lambda x, x_hat, labels, k: strangest()(x, x_hat, labels, 3), "6 indices, not 3"),
        ],
    ),
    "snapshots": Case(
        right=[
            snapshots(),
            snapshots(lambda model, x: model.predict(x, verbose=0)),
        ],
        wrong=[
            (snapshots(due=lambda epoch, every: True), "not 7"),
            (
                snapshots(due=lambda epoch, every: epoch in (2, 5)),
                "every=2 should give 2 frames, not 1",
            ),
            (snapshots(due=lambda epoch, every: epoch % every == 0), "not 3"),
            (snapshots(due=lambda epoch, every: epoch % every == 1), "from after epoch 2"),
            (snapshots(lambda model, x: np.array(x)), "hold the originals"),
            (snapshots(lambda model, x: model(x)), "keep NumPy arrays"),
            (snapshots(rows=0), "a frame should be (2, 4, 3, 1)"),
            (snapshots(in_training), "in training, dropout is on"),
            (snapshots(keep="last"), "two frames are the same"),
        ],
        blank=[type("Snapshots", (keras.callbacks.Callback,), {})],
        broken=broken_class("on_epoch_end"),
    ),
    "learning_rates": Case(
        right=[judged(), judged(good=FOLLOWED * 0.8, numbers=(0.64, 0))],
        wrong=[
            ({0.002: (LEARNT, 0.64, "learning")}, "set judged ="),
            (judged(verdicts=("learning", "learning")), "can you call that 'learning'"),
            (judged(verdicts=("good", "bad")), "a verdict is"),
            (judged(numbers=(0.8, 0.0)), "the variety of your frame of 0.002 is 0.64"),
            (judged(LEARNT[:1]), "the frame of 0.002 should be"),
            (judged(FOLLOWED, numbers=(1.0, 0.0)), "holds the originals"),
            (
                judged(ALIKE, LEARNT, (0.0, 0.64), ("stuck", "learning")),
                "were they exchanged",
            ),
            (
                judged(LEARNT, 0.7 * FOLLOWED, (0.64, 0.49), ("learning", "learning")),
                "one of the two is stuck",
            ),
        ],
        others=(FOLLOWED,),
    ),
    "more_of_it": Case(
        right=[
            (1, PAID, "helps, others pay"),
            (1, faded([0.2, 0.3, 0.3], steps=105), "helps"),
            (1, faded([0.2, 0.41, 0.31]), "no"),
        ],
        wrong=[
            ((1, PAID), "set finding ="),
            ((1, PAID, "yes"), "the verdict is one of"),
            ((1, "more", "helps"), "is the trained model"),
            ((7, PAID, "helps"), "the first part is a class"),
            ((0, PAID, "helps, others pay"), "take the hardest"),
            ((1, FIRST, "no"), "the first model again"),
            ((1, faded([0.2, 0.3, 0.3], steps=190), "helps"), "for 190 steps"),
            ((1, PAID, "no"), "is that no help?"),
            ((1, PAID, "helps"), "who pays for it?"),
            ((1, faded([0.2, 0.3, 0.3]), "helps, others pay"), "did the others pay?"),
            ((1, faded([0.2, 0.41, 0.31]), "helps"), "is that help?"),
        ],
        others=(FIRST, X, LABELS),
    ),
}
