"""Checks of the exercises in lesson 15, Sparse autoencoders."""

import keras
import numpy as np
from keras import ops

from ae_course.exercises.grading import (
    Blank,
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)
from ae_keras import evaluation

HINTS = {
    "15.1": (
        "For how many images must a unit be active to be alive, and which units may be counted "
        "when you ask how sparsely the code is used?",
        "`z > 0` says where a unit is active. Along the axis of the images, `any` says whether it "
        "ever was. Keep the columns of the living units, and take their mean.",
        "`alive = np.any(z > 0, axis=0)`; `dead` is the number of False in it, and `used` is "
        "`np.mean(z[:, alive] > 0)`.",
    ),
    "15.2": (
        "Which of the two is averaged first: the activities of a unit over the images, or the "
        "divergences? And what does Keras do with what you return?",
        "`a = ops.mean(z, axis=0)`, clipped as in `KLAutoencoder`; then the divergence of each "
        "unit, and their sum. Keras divides the result by the number of images, so multiply.",
        "`n = ops.cast(ops.shape(z)[0], z.dtype)`, and the last line is "
        "`return n * self.weight * ops.sum(kl)`.",
    ),
    "15.3": (
        "Which code in this lesson meets a budget without any penalty, and what kept the units "
        "alive in the section on dead units?",
        "`TopK` with as many units as the budget allows, but many die if it acts from the first "
        "step on. Begin with `warmed()`, or take smaller steps.",
        "`frugal = trained(k_sparse(..., warmed()), learning_rate=...)`. Too many units dead: "
        "smaller steps. The error too large: more epochs.",
    ),
    "15.4": (
        "What will the code be used for, and which of the three measures says how well it serves?",
        "Compute that measure for each of the names in `codes`, on the validation images; "
        "`few` holds the places of the hundred labelled training images.",
        "`numbers = {name: evaluation.probe_accuracy(z[few], labels[few], z_val, labels_val) for "
        'name, (z, z_val, _) in codes.items()}` for "probe"; the largest wins.',
    ),
}
hint = Hints(HINTS)

REASONS = ("error", "stored", "probe")


@check
def check_unit_report(unit_report):
    """Exercise 15.1: `unit_report(z)`, the number of dead units and the use of the others."""
    rng = np.random.default_rng(0)
    z = rng.random((50, 8)) * (rng.random((50, 8)) < 0.4)
    z[:, [1, 4, 6]] = 0
    z[1:, 2], z[0, 2] = 0, 1e-7
    result = call(unit_report, z)
    expect(
        isinstance(result, (tuple, list)) and len(result) == 2,
        "return two numbers: how many units are dead, and which fraction of the others is active.",
    )
    dead, used = (np.asarray(part) for part in result)
    expect(dead.ndim == 0 and used.ndim == 0, "return two numbers, not arrays.")
    expect(not close(dead, 3 / 8), "how *many* units are dead: a number of units, not a fraction.")
    expect(dead != 5, "five of the eight units are alive; return how many are dead.")
    expect(
        dead != 4, "one of the units is active once, with a tiny value. Once is enough to be alive."
    )
    expect(dead == 3, f"three of the eight units are never active; the answer was {dead}.")
    right = (z[:, [0, 2, 3, 5, 7]] > 0).mean()
    expect(
        not close(used, (z > 0).mean()),
        "that is the fraction of *all* units. Dead units cannot be chosen: leave them out.",
    )
    expect(not close(used, 5 * right), "that is a number of units; divide by how many are alive.")
    expect(
        close(used, right), f"of the living units {right:.3f} are active, not {float(used):.3f}."
    )
    alive = np.abs(rng.normal(size=(9, 30))) + 0.1
    expect(close(call(unit_report, alive)[0], 0), "thirty units that are all alive: 0 are dead.")
    expect(close(call(unit_report, alive)[1], 1), "all are active for all images: 1.")
    return "dead units are counted, and sparse use is judged among the living"


def _cost(regulariser, z):
    """What Keras adds to the loss for codes `z`."""
    layer = keras.layers.Activation("linear", activity_regularizer=regulariser)
    layer(ops.convert_to_tensor(z.astype("float32")))
    return float(ops.convert_to_numpy(sum(layer.losses)))


@check
def check_kl_regularizer(cls):
    """Exercise 15.2: a `keras.regularizers.Regularizer` subclass `cls(weight, target)`."""
    if "__call__" not in vars(cls):
        raise Blank
    z = 0.01 + 0.98 * np.random.default_rng(0).random((16, 3))
    if call(cls(1.0, 0.1), ops.convert_to_tensor(z.astype("float32"))) is None:
        raise Blank

    def kl(t, a):
        return t * np.log(t / a) + (1 - t) * np.log((1 - t) / (1 - a))

    found, means = _cost(cls(2.0, 0.1), z), z.mean(axis=0)
    right = 2 * kl(0.1, means).sum()
    wrong = {
        right / 16: "Keras divides what you return by the number of images, here 16: multiply.",
        right / 2: "the weight is missing.",
        right / 3: "sum over the units, do not average.",
        2 * kl(0.1, z).mean(axis=0).sum(): "that charges each image; average its activities first.",
        2 * kl(means, 0.1).sum(): "target and activity are the wrong way round.",
        2 * (0.1 * np.log(0.1 / means)).sum(): "the second half, for being off, is missing.",
    }
    for value, words in wrong.items():
        expect(not close(found, value, 1e-3), words)
        expect(not close(found, value / 16, 1e-3), f"{words} And Keras divides by the batch size.")
    expect(close(found, right, 1e-3), f"for 16 codes it should cost {right:.3f}, not {found:.3f}.")
    again = _cost(cls(2.0, 0.1), np.tile(z, (4, 1)))
    expect(
        close(again, found, 1e-3),
        f"the same codes four times cost {again:.3f} instead of {found:.3f}: the batch size is "
        "`ops.shape(z)[0]`, not a fixed number.",
    )
    off = _cost(cls(1.0, 0.1), np.zeros((8, 1)))
    expect(
        np.isfinite(off) and off > 0.05,
        f"a unit that is always off costs {off}: clip its mean to [1e-6, 1 - 1e-6].",
    )
    _expect_pulling(cls)
    return "the same cost for any batch size, and a layer that has it goes to its target"


def _expect_pulling(cls):
    """A layer whose own loss wants 0.9 must be pulled to a target of 0.2."""
    layer = keras.layers.Dense(6, activation="sigmoid", activity_regularizer=cls(5.0, 0.2))
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.Adam(0.1), loss="mse")
    x = np.random.default_rng(1).normal(size=(32, 4)).astype("float32")
    try:
        model.fit(x, np.full((32, 6), 0.9, "float32"), batch_size=32, epochs=60, verbose=0)
    except Exception as error:
        expect(
            False, f"`fit` raises {type(error).__name__}: compute with `keras.ops`, not with NumPy."
        )
    mean = float(model.predict(x, verbose=0).mean())
    expect(mean < 0.4, f"after training, a layer with target 0.2 is at {mean:.2f} on average.")


@check
def check_activity_budget(model, x_train, x, budget):
    """Exercise 15.3: a trained sparse model that may use a fraction `budget` of its units."""
    z_train, z = evaluation.encode(model, x_train), evaluation.encode(model, x)
    n_units, active = z.shape[1], (z > 0).mean()
    expect(z.min() >= 0, "some codes are negative: end the encoder with a ReLU.")
    expect((z == 0).any(), "no code is exactly zero: which penalty and activation give zeros?")
    expect(n_units >= 50, f"the code has {n_units} units; many units means at least 50 here.")
    expect(active <= budget, f"{active:.3f} of the units are active: let fewer of them be.")
    alive = ((z_train > 0).mean(axis=0) >= 0.001).mean()
    expect(
        alive >= 0.8,
        f"only {alive:.0%} of the units are alive (active for one training image in a thousand): "
        "that is a narrow code, which met the budget by killing units.",
    )
    error = evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()
    n_active = max(1, round(active * n_units))
    pca = evaluation.fit_pca(x_train, n_active)
    x_pca = np.clip(evaluation.pca_reconstruct(pca, x), 0, 1)
    pca_error = evaluation.squared_error(x, x_pca).mean()
    expect(
        error < pca_error,
        f"error {error:.1f}, but PCA with {n_active} components has {pca_error:.1f}: "
        "train longer, or let more units be active.",
    )
    return (
        f"{active:.3f} of the units active, {alive:.2f} alive, error {error:.1f} "
        f"(PCA with {n_active}: {pca_error:.1f})"
    )


@check
def check_code_choice(decision, x, codes, few, labels_few, labels):
    """Exercise 15.4: `(name, reason, numbers)` for `codes`: name to (z_train, z, x_hat)."""
    name, reason, numbers = read_tuple(decision, 3, "set choice = (name, reason, numbers).")
    expect(name in codes, f"choose one of {', '.join(codes)}, not {name!r}.")
    expect(reason in REASONS, f"the reason is one of {', '.join(REASONS)}, not {reason!r}.")
    expect(
        isinstance(numbers, dict) and set(numbers) == set(codes),
        "the evidence is a dict with a number for each of the codes: one alone compares nothing.",
    )
    advice = {
        "error": " Sum over the pixels, take the mean over the validation images.",
        "stored": " Count the values that are not zero, and take the mean over the images.",
        "probe": " Train the probe on the hundred labelled images, score it on validation images.",
    }[reason]
    truth = {
        each: _measure(reason, x, few, labels_few, labels, *parts) for each, parts in codes.items()
    }
    for each, right in truth.items():
        expect(
            close(numbers[each], right, 1e-3),
            f"for {each}, {reason!r} is {right:.3g}; you give {float(numbers[each]):.3g}." + advice,
        )
    pick = max if reason == "probe" else min
    best = truth[pick(truth, key=truth.get)]
    expect(
        abs(truth[name] - best) < 1e-9,
        f"your own numbers speak for {pick(truth, key=truth.get)}: {reason!r} is {best:.3g} there "
        f"and {truth[name]:.3g} for {name}. Change the choice, or find the reason that you really "
        "have.",
    )
    return f"the numbers bear out {name} by {reason!r}"


def _measure(reason, x, few, labels_few, labels, z_train, z, x_hat):
    if reason == "error":
        return float(np.sum((x - x_hat) ** 2, axis=(1, 2, 3), dtype="float64").mean())
    if reason == "stored":
        return float((np.asarray(z) != 0).sum(axis=1).mean())
    return evaluation.probe_accuracy(np.asarray(z_train)[few], labels_few, z, labels)
