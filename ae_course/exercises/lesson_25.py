"""Checks of the exercises in lesson 25, One model, three backends."""

import warnings

import keras
import numpy as np
from keras import layers, ops

from ae_course.exercises.grading import Blank, Hint, Hints, call, check, close, expect, read_tuple
from ae_keras import training

HINTS = {
    "25.1": (
        (
            "With each illness the weights end elsewhere than after `fit`. After which batch does "
            "each of the three show for the first time?"
        ),
        (
            "Give the step two batches of 64 images and then one of 40, and train a twin with "
            "`train_on_batch`. After each batch call `finish` and compare the weights. The model "
            "must be one with terms of its own, such as `new(VAE)`."
        ),
        (
            "Keep `largest_difference(by_hand.get_weights(), by_fit.get_weights())` after each of "
            "the three batches. The first one above 1e-5 names the illness: terms, memory, short "
            "batch. If there is none, the step is healthy."
        ),
    ),
    "25.2": (
        (
            "How many runs of each size do you need to tell a difference of the sizes from one of "
            "the seeds?"
        ),
        (
            "Call `measure(batch_size, seed)` for both sizes and seeds 0, 1 and 2, in turn, and "
            "keep the pairs: `evidence = {16: [...], 256: [...]}`."
        ),
        (
            "Look at the seconds (the first of each pair) and the errors (the second), choose by "
            'one of the two, and set `decision = (16, "error", evidence)` or whatever yours says.'
        ),
    ),
    "25.3": (
        (
            "The layer has three of the six habits. What stands in the last column of the table "
            "for each of them?"
        ),
        (
            "The level becomes a weight with `trainable=False`, changed by `assign`; the noise "
            "gets `seed=self.noise`, a `keras.random.SeedGenerator` made in `__init__`; and "
            "`ops.where` makes a new array with a first column of zeros."
        ),
        (
            "`self.level = self.add_weight((), initializer=keras.initializers.Constant(level), "
            "trainable=False)`, and at the end `ops.where(ops.arange(x.shape[1]) > 0, "
            "self.level * x, 0.0)`."
        ),
    ),
}
hint = Hints(HINTS)

SIZES = (16, 256)


# Exercise 25.1 ------------------------------------------------------------------------------------


def _by_batch(model, before=lambda x: True, after=lambda: None):
    """A step by `train_on_batch`, left out unless `before(x)` holds, and what comes after it."""

    def step(x, target):
        if before(x):
            loss = model.train_on_batch(x, target)
            after()
            return loss

    return step, lambda: None


def _without_terms(model):
    loss = model.loss

    def compute_loss(x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(loss(x if y is None else y, y_pred))

    model.compute_loss = compute_loss
    return _by_batch(model)


def _without_memory(model):
    def forget():
        # The first two are the number of steps and the learning rate.
        for variable in model.optimizer.variables[2:]:
            variable.assign(np.zeros(variable.shape))

    return _by_batch(model, after=forget)


def _without_short_batches(model):
    sizes = []

    def is_long(x):
        sizes.append(len(x))
        return len(x) >= sizes[0]

    return _by_batch(model, before=is_long)


ILL = {
    "terms": _without_terms,
    "memory": _without_memory,
    "short batch": _without_short_batches,
}
WHY = {
    "healthy": "Weights may differ from those of `fit` by rounding, some 1e-7: use a tolerance.",
    "terms": "Nothing is missing where nothing is added: try it on a model with terms of its own, "
    "and look at the first batch.",
    "memory": "Its first step is right, as Adam has nothing to remember yet: compare after the "
    "second batch, too.",
    "short batch": "It is right for as long as all batches have one size: end with a smaller one.",
}


@check
def check_diagnose(diagnose):
    """Exercise 25.1: `diagnose(make_step)`, a word."""
    patients = [("healthy", training.make_step), *ILL.items(), ("healthy", _by_batch)]
    for truth, make_step in patients:
        found = call(diagnose, make_step)
        expect(
            isinstance(found, str) and found in WHY,
            f"the diagnosis is one of {', '.join(map(repr, WHY))}, not {found!r}.",
        )
        expect(found == truth, f"to a step that is {truth!r} you said {found!r}. {WHY[truth]}")
    return "three ill and two healthy steps, all told apart"


# Exercise 25.2 ------------------------------------------------------------------------------------


@check
def check_batch_size(decision, measure):
    """Exercise 25.2: `decision = (batch_size, reason, evidence)`."""
    form = "set decision = (batch_size, reason, evidence)."
    choice, reason, evidence = read_tuple(decision, 3, form)
    expect(choice in SIZES, f"choose a batch size of {SIZES[0]} or {SIZES[1]}, not {choice!r}.")
    expect(reason in ("seconds", "error"), f"the reason is seconds or error, not {reason!r}.")
    seconds, errors = _read_pairs(evidence)
    for size in SIZES:
        expect(
            len(np.unique(errors[size])) == len(errors[size]),
            f"for {size}, some errors are exactly the same: pass another seed for each run.",
        )
    numbers = seconds if reason == "seconds" else errors
    other = sum(SIZES) - choice
    expect(
        np.median(numbers[choice]) < np.median(numbers[other]),
        f"by {reason} your own numbers speak for {other}: the median is "
        f"{np.median(numbers[other]):.3g} there and {np.median(numbers[choice]):.3g} for {choice}. "
        "Change the choice, or find the reason that you really have.",
    )
    expect(
        numbers[choice].max() < numbers[other].min(),
        f"by {reason} the runs of the two sizes overlap, so seeds or the machine may have decided. "
        "Measure again, with more seeds, or choose by the other reason.",
    )
    again, error = measure(choice, 0)
    expect(
        np.any(np.abs(errors[choice] - error) < 0.03 * error),
        f"no error for {choice} is near {error:.1f}, which `measure({choice}, 0)` gives here.",
    )
    expect(
        0.1 < again / np.median(seconds[choice]) < 10,
        f"an epoch with {choice} took {again:.2g} s just now; yours took "
        f"{np.median(seconds[choice]):.2g} s. Measure both sizes on the same machine.",
    )
    return f"on this machine, your runs bear out {choice} by {reason}"


def _read_pairs(evidence):
    """The seconds and the errors of both sizes, each an array by size."""
    expect(
        isinstance(evidence, dict) and set(evidence) == set(SIZES),
        f"the evidence is a dict with a list for each of {SIZES[0]} and {SIZES[1]}: one alone "
        "compares nothing.",
    )
    found = {size: np.asarray(pairs, "float64") for size, pairs in evidence.items()}
    expect(
        all(pairs.ndim == 2 and pairs.shape[1] == 2 for pairs in found.values()),
        "each list holds what `measure` returns: pairs of seconds and error.",
    )
    expect(
        all(len(pairs) >= 3 for pairs in found.values()),
        "give three runs or more for each size: one may be luck.",
    )
    return tuple({size: pairs[:, i] for size, pairs in found.items()} for i in (0, 1))


# Exercise 25.3 ------------------------------------------------------------------------------------


@check
def check_careful(cls):
    """Exercise 25.3: `Careful(level)` with a method `set(level)`."""
    if isinstance(cls, type) and not {"__init__", "call", "set"} & set(vars(cls)):
        raise Blank
    x = np.random.default_rng(0).uniform(0.2, 1, (32, 6)).astype("float32")
    dimmed = 0.5 * x
    dimmed[:, 0] = 0
    layer = cls(0.5)
    model = keras.Sequential([layer])
    found = _inside(lambda: model.predict(x, verbose=0))
    expect(found.shape == x.shape, f"vectors {x.shape} became {found.shape}.")
    expect(close(found[:, 0], 0 * x[:, 0]), "the first column should be 0.")
    expect(
        close(found, dimmed),
        "`Careful(0.5)` should halve the other columns, and add no noise outside training.",
    )
    _expect_level(cls, layer, model, x, dimmed)
    _expect_noise(cls)
    before, after = _inside(lambda: _trained_around(cls(0.5), x))
    expect(
        not close(before, after, 1e-7),
        "no gradient came through: what lies before it in a model would never learn.",
    )
    return "set at any time, fresh noise, and nothing in place, on every backend"


def _inside(run):
    """What `run` returns; an error in it is the layer's, inside a model."""
    try:
        return run()
    except Exception as error:
        said = str(error).strip().partition("\n")[0][:100]
        raise Hint(
            f"inside a model it raised {type(error).__name__} ({said}). There, use `keras.ops`, "
            "own the random generator, and assign nothing in place."
        ) from error


def _expect_level(cls, layer, model, x, dimmed):
    layer.set(0.25)
    found = model.predict(x, verbose=0)
    expect(
        len(layer.weights) == 1,
        "the level is still a Python number. PyTorch alone follows it; JAX and TensorFlow have "
        "compiled it in. Make it a weight: `self.add_weight(...)`.",
    )
    expect(not layer.trainable_weights, "the optimizer would change the level: `trainable=False`.")
    expect(
        close(found, dimmed / 2),
        "the level is a weight, and after `set(0.25)` a model that has run before still uses the "
        "old one: `assign` to the weight.",
    )
    early = cls(0.5)
    early.set(0.25)
    found = ops.convert_to_numpy(early(ops.convert_to_tensor(x)))
    expect(close(found, dimmed / 2), "`set` should work before the first call.")


def _expect_noise(cls):
    zeros = np.zeros((64, 6), "float32")
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["loss"]))
    )
    # The last layer passes its input on, and is there because something must train.
    model = keras.Sequential([cls(1.0), layers.Dense(6, kernel_initializer="identity")])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    _inside(
        lambda: model.fit(
            zeros, zeros, batch_size=32, epochs=2, shuffle=False, verbose=0, callbacks=[watch]
        )
    )
    # Keras reports the mean of an epoch's batches so far.
    batches = [seen[0], 2 * seen[1] - seen[0], seen[2], 2 * seen[3] - seen[2]]
    size = np.sqrt(np.mean(batches) * 6 / 5)
    expect(size > 1e-6, "in training there should be noise.")
    expect(0.08 < size < 0.12, f"the noise has a standard deviation of {size:.2f}, not 0.1.")
    expect(
        np.ptp(batches) > 1e-5 * np.mean(batches),
        "the noise is the same in every step: it was drawn once, when the step was compiled, or "
        "from a fixed seed. Draw it with `keras.random` from a `SeedGenerator` of your own.",
    )


def _trained_around(layer, x):
    """The weight of a layer before `layer`, before and after training."""
    first, last = layers.Dense(4, use_bias=False), layers.Dense(6)
    model = keras.Sequential([first, layer, last])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    model.build((None, *x.shape[1:]))
    before = np.array(first.get_weights()[0])
    with warnings.catch_warnings():
        # Keras warns of a missing gradient, which the check explains better in its hint.
        warnings.simplefilter("ignore", UserWarning)
        model.fit(x, x, verbose=0)
    return before, first.get_weights()[0]
