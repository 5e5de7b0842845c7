"""Checks of the exercises in lesson 07, Looking at reconstructions."""

import keras
import numpy as np

from ae_course.exercises.grading import (
    Blank,
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)

HINTS = {
    "7.1": (
        "What is the usual error of an image of that class, and how many times that has this one?",
        "First one squared error for each image (sum over height, width and channels). Then, for "
        "each class, the mean of the errors of its images: `errors[labels == label].mean()`.",
        "Fill an array `usual` with each image's class mean, sort `-errors / usual` with "
        "`np.argsort` and keep the first `k`.",
    ),
    "7.2": (
        "Keras counts epochs from 0: what is `epoch` when the third one has just ended?",
        "`WatchReconstructions` in this lesson is nearly it. Keep `x`, `every` and an empty list "
        "`frames` in `__init__`, after `super().__init__()`; in `on_epoch_end`, append only if "
        "the epoch's number is a multiple of `every`.",
        "Under `if (epoch + 1) % self.every == 0:`, turn `self.model(self.x, training=False)` "
        "into a NumPy array with `keras.ops.convert_to_numpy`, and append it.",
    ),
    "7.3": (
        "If a network gives every image the same answer, how much do its answers differ?",
        "For each rate: a new `Snapshots(followed, every=3)`, a new model, `fit` with "
        "`data.Batches(train.x)`, `epochs=3`, `shuffle=False` and your callback.",
        "frame = follow.frames[-1]; judged[rate] = (frame, variety(frame, followed), "
        '"learning" or "stuck"). Near 0 the answers are all alike.',
    ),
    "7.4": (
        "Repeating images makes an epoch longer. How many epochs are 720 steps then?",
        "`np.concatenate` the training images with those of the class, three times. "
        "`len(data.Batches(x))` is the number of steps in an epoch.",
        "Fit for `round(720 / len(batches))` epochs, compute `evaluation.squared_error` on "
        "`val.x`, and compare its mean over the class, and over the others, with `errors`.",
    ),
}
hint = Hints(HINTS)

VERDICTS = ("no", "helps", "helps, others pay")


@check
def check_strangest(strangest):
    """Exercise 7.1: `strangest(x, x_hat, labels, k)`."""
    k, fitting = 6, []
    for seed, shape in enumerate(((40, 6, 5, 1), (60, 3, 4, 3), (50, 5, 5, 1))):
        x, x_hat, labels = _uneven(seed, shape)
        found = [int(i) for i in np.ravel(call(strangest, x, x_hat, labels, k))]
        expect(len(found) == k, f"for k={k} there should be {k} indices, not {len(found)}.")
        rankings = _rankings((x_hat - x).reshape(len(x), -1), labels)
        right = rankings.pop("")[:k]
        alike = {name for name, other in rankings.items() if set(other[:k]) == set(found)}
        fitting.append(alike | ({""} if found == right else set()))
        expect(found != right[::-1], "right images, but the strangest should come first.")
    # One mistake can look like another on some images, but not on all.
    common = set.intersection(*fitting)
    if "" in common:
        return "the right images, the strangest of its kind first"
    for name in rankings:
        expect(name not in common, name)
    expect(set(found) != set(right), "right images, but not in the order of strangeness.")
    expect(False, f"for random images the {k} strangest are {right}, not {found}.")


def _uneven(seed, shape):
    """Images and reconstructions: the errors of classes, images and pixels are all uneven."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([2, 5, 9], size=shape[0])
    scale = (0.1 + labels / 10) * rng.uniform(0.3, 1.5, len(labels))
    x = rng.random(shape)
    difference = rng.normal(size=shape) * rng.integers(1, 4, (len(x), 1, 1, 1)) / 3
    difference[:: shape[0] // 8, 0, 0, 0] *= 6
    return x, x + scale[:, None, None, None] * difference, labels


def _rankings(off, labels):
    """The right ranking, under no name, and those that mistakes give, by what to say of them."""
    squares = (off**2).sum(axis=1)
    return {
        "": _ranking(squares, labels),
        "that is the ranking without the classes: divide by the mean error of each class.": (
            _ranking(squares, np.zeros(len(off)))
        ),
        "that is how far an error lies *above* the class mean; divide instead.": _ranking(
            squares, labels, np.subtract
        ),
        "those are the most usual ones: sort the other way round.": _ranking(squares, labels)[::-1],
        "differences were added up without squaring them.": _ranking(
            np.abs(off).sum(axis=1), labels
        ),
        "you took each image's largest difference; add up the squares of all.": _ranking(
            (off**2).max(axis=1), labels
        ),
        "positive and negative differences cancelled: square before you sum.": _ranking(
            off.sum(axis=1), labels
        ),
        "divide by the mean of the class, not by its largest error.": _ranking(
            squares, labels, usual=np.max
        ),
        "divide by the mean of the class, not by its median.": _ranking(
            squares, labels, usual=np.median
        ),
        "divide by the mean of the class, not by its sum.": _ranking(squares, labels, usual=np.sum),
    }


def _ranking(errors, labels, compare=np.divide, usual=np.mean):
    """Indices by the error against that of the class, the largest first."""
    of_class = np.empty(len(errors))
    for label in np.unique(labels):
        of_class[labels == label] = usual(errors[labels == label])
    return [int(i) for i in np.argsort(-compare(errors, of_class))]


class _Every(keras.callbacks.Callback):
    """The true reconstructions after each epoch."""

    def __init__(self, x):
        super().__init__()
        self.x, self.frames = x, []

    def on_epoch_end(self, epoch, logs=None):
        self.frames.append(keras.ops.convert_to_numpy(self.model(self.x, training=False)))


@check
def check_snapshots(cls):
    """Exercise 7.2: a callback `cls(x, every)` with `frames`."""
    if "on_epoch_end" not in vars(cls):
        raise Blank
    for every, epochs in ((3, 7), (2, 5)):
        x = np.random.default_rng(every).random((6, 4, 3, 1), "float32")
        model = keras.Sequential(
            [
                keras.layers.Flatten(),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(12, activation="sigmoid"),
                keras.layers.Reshape((4, 3, 1)),
            ]
        )
        model.compile(keras.optimizers.Adam(0.2), "mse")
        truth, snapshots = _Every(x[:2]), cls(x[:2], every)
        model.fit(x, x, epochs=epochs, batch_size=2, verbose=0, callbacks=[truth, snapshots])
        _compare_frames(snapshots.frames, truth.frames, x[:2], every)
    return "the reconstructions after the right epochs, and no others"


def _compare_frames(frames, truth, x, every):
    wanted = truth[every - 1 :: every]
    n, epochs = len(wanted), len(truth)
    expect(
        len(frames) == n,
        f"{epochs} epochs with every={every} should give {n} frames, not {len(frames)}.",
    )
    for frame in frames:
        expect(isinstance(frame, np.ndarray), "keep NumPy arrays: keras.ops.convert_to_numpy.")
        expect(frame.shape == x.shape, f"a frame should be {x.shape}, not {frame.shape}.")
        expect(
            not np.allclose(frame, x), "the frames hold the originals, not what the model returns."
        )
    expect(
        n == 1 or not np.allclose(frames[0], frames[1]),
        "two frames are the same: append a new array each time.",
    )
    for number, frame in enumerate(frames, 1):
        if not np.allclose(frame, wanted[number - 1], atol=1e-4):
            which = [i for i, other in enumerate(truth, 1) if np.allclose(frame, other, atol=1e-4)]
            expect(
                not which,
                f"frame {number} is from after epoch {which and which[0]}; with every={every} it "
                f"should be from after epoch {number * every}. Keras counts epochs from 0.",
            )
            expect(
                False,
                f"frame {number} is not what the model returns after epoch {number * every}. Call "
                "it with training=False: in training, dropout is on.",
            )


@check
def check_learning_rates(judged, followed):
    """Exercise 7.3: `judged` for the images `followed`."""
    if callable(judged):
        judged = call(judged)
    expect(
        isinstance(judged, dict) and set(judged) == {0.002, 0.05},
        "set judged = {0.002: (frame, number, verdict), 0.05: (frame, number, verdict)}.",
    )
    truth = {}
    for rate, entry in judged.items():
        expect(len(entry) == 3, f"for {rate}, give (frame, number, verdict).")
        frame, number, verdict = np.asarray(entry[0]), entry[1], entry[2]
        expect(
            frame.shape == followed.shape,
            f"the frame of {rate} should be {followed.shape}, not {frame.shape}.",
        )
        expect(
            not np.allclose(frame, followed, atol=1e-3),
            f"the frame of {rate} holds the originals, not reconstructions.",
        )
        expect(
            verdict in ("learning", "stuck"),
            f"a verdict is 'learning' or 'stuck', not {verdict!r}.",
        )
        truth[rate] = frame.var(axis=0).sum() / followed.var(axis=0).sum()
        expect(
            close(number, truth[rate], 1e-3),
            f"the variety of your frame of {rate} is {truth[rate]:.2g}, not {number:.2g}: "
            "variety(frame, followed).",
        )
        right = "learning" if truth[rate] > 0.2 else "stuck"
        expect(
            verdict == right,
            f"with {rate} the answers differ {truth[rate]:.0%} as much as the originals do: "
            f"can you call that {verdict!r}?",
        )
    expect(
        truth[0.002] > truth[0.05],
        "your frames say that 0.05 is better than 0.002: were they exchanged?",
    )
    expect(
        truth[0.05] < 0.2 < truth[0.002],
        "after three epochs from the same start, one of the two is stuck. Train a new model, with "
        "its own rate, for each.",
    )
    return "the pictures bear out both verdicts"


@check
def check_more_of_it(finding, model, x, labels):
    """Exercise 7.4: `finding = (hardest, more, verdict)`, against the first `model`."""
    hardest, more, verdict = read_tuple(finding, 3, "set finding = (hardest, more, verdict).")
    expect(verdict in VERDICTS, f"the verdict is one of {VERDICTS}, not {verdict!r}.")
    expect(isinstance(more, keras.Model), "the second part of the finding is the trained model.")
    before, after = _by_image(model, x), _by_image(more, x)
    by_class = {int(label): before[labels == label].mean() for label in np.unique(labels)}
    expect(hardest in by_class, f"the first part is a class, such as 3, not {hardest!r}.")
    most = max(by_class, key=by_class.get)
    expect(
        by_class[hardest] > 0.9 * by_class[most],
        f"the first model's error is {by_class[hardest]:.1f} for class {hardest} and "
        f"{by_class[most]:.1f} for class {most}: take the hardest.",
    )
    expect(
        not np.allclose(before, after, rtol=1e-3), "that is the first model again: train a new one."
    )
    steps, wanted = (int(_number(each.optimizer.iterations)) for each in (more, model))
    expect(
        0.9 * wanted < steps < 1.1 * wanted,
        f"it was trained for {steps} steps and the first model for {wanted}. Then nobody can tell "
        "whether the images or the steps made the difference: change the number of epochs.",
    )
    _expect_verdict(verdict, before, after, labels == hardest)
    return f"your numbers bear out {verdict!r}"


def _expect_verdict(verdict, before, after, of_it):
    gain = 1 - after[of_it].mean() / before[of_it].mean()
    cost = after[~of_it].mean() / before[~of_it].mean() - 1
    numbers = f"its error fell by {gain:.0%}, that of the others rose by {cost:.0%}"
    # Differences of a per cent or two come and go with the initial weights.
    if verdict == "no":
        expect(gain < 0.05, f"{numbers}: is that no help?")
        return
    expect(gain > 0.01, f"{numbers}: is that help?")
    if verdict == "helps":
        expect(cost < 0.03, f"{numbers}: who pays for it?")
    else:
        expect(cost > 0.005, f"{numbers}: did the others pay?")


def _by_image(model, x):
    x_hat = model.predict(x, verbose=0, batch_size=512)
    return np.sum((x - x_hat) ** 2, axis=(1, 2, 3), dtype="float64")


def _number(variable):
    return keras.ops.convert_to_numpy(variable)
