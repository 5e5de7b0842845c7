"""Checks of the exercises in lesson 24, Bug clinic and capstone."""

import numbers

import keras
import numpy as np

from ae_course.exercises.grading import Blank, Hints, call, check, close, expect
from ae_keras import DenseDecoder, DenseEncoder, backend

HINTS = {
    "24.1": (
        "Which function moves one axis and leaves the others in their order?",
        (
            "`np.moveaxis` and `np.transpose` move axes. `reshape` does not: it only cuts the same "
            "sequence of numbers anew."
        ),
        (
            "`np.moveaxis(x, source, destination)`: the channels are axis 1, and should be the "
            "last one, -1."
        ),
    ),
    "24.2": (
        "An alarm is right if two things are true at once: which?",
        (
            "`hits = np.sum(is_anomaly & is_alarm)`. Precision divides it by the number of alarms, "
            "recall by the number of anomalies. Take care of the division by 0."
        ),
        (
            "The precision is `hits / max(is_alarm.sum(), 1)`, which is 0 without any alarm. The "
            "recall is made in the same way; return the precision first."
        ),
    ),
    "24.3": (
        (
            "What must the model keep from one step to the next, so that the second draw is "
            "another one?"
        ),
        (
            "A `keras.random.SeedGenerator(seed)`, made once in `__init__`: every draw moves its "
            "state on. Hand it over as the `seed` of the noise."
        ),
        (
            "Copy `FrozenNoise`. In `__init__`, `self.noise = keras.random.SeedGenerator(seed)` "
            "takes the place of `self.seed`; in `call`, the noise has `seed=self.noise`."
        ),
    ),
    "24.4": (
        (
            "Which of the seven entries can you fill in before you train, and which has to wait "
            "for the test set?"
        ),
        (
            "Use `card` as a pattern. 'baselines' needs two numbers, computed on the test part as "
            "the model's test error is; 'errors' needs 'validation' and 'test'. All are in the "
            "unit that you name under 'loss', such as 'squared error per row'."
        ),
        (
            "For `datasets.load_wine`, repeat the cell of the breast cancer data with `new(2, (1, "
            "13, 1), hidden=(16,))`; `evaluation.mean_image_error` and `evaluation.pca_error` give "
            "the baselines. If one of them is smaller than the test error, 'limits' must contain "
            "its name, as you wrote it under 'baselines'."
        ),
    ),
}
hint = Hints(HINTS)

FIELDS = ("data", "split", "model", "loss", "baselines", "errors", "limits")


UNITS = ("per image", "per row", "per pixel", "per value", "per signal", "nats", "db")


@check
def check_to_channels_last(to_channels_last):
    """Exercise 24.1: `to_channels_last(x)`."""
    x = np.random.default_rng(0).random((4, 3, 5, 7), "float32")
    result = np.asarray(call(to_channels_last, x))
    right = np.stack([x[:, channel] for channel in range(3)], axis=-1)
    expect(result.shape != (4, 7, 5, 3), "height and width changed places as well.")
    expect(
        result.shape == right.shape,
        f"(4, 3, 5, 7) should become {right.shape}, not {result.shape}.",
    )
    expect(
        not close(result, x.reshape(right.shape)),
        "the shape is right and the pixels are not: `reshape` deals them out anew in the old "
        "order. Move the axis instead.",
    )
    expect(not close(result[..., ::-1], right), "red and blue have changed places.")
    expect(close(result, right), "pixel (i, j) of channel c of each image should be at [i, j, c].")
    return "the axis was moved, and no pixel left its place"


@check
def check_precision_and_recall(precision_and_recall):
    """Exercise 24.2: `precision_and_recall(is_anomaly, is_alarm)`."""
    is_anomaly = np.array([True] * 4 + [False] * 16)
    is_alarm = np.array([True, True, True, False] + [True] * 3 + [False] * 13)
    result = np.asarray(call(precision_and_recall, is_anomaly, is_alarm), "float64")
    expect(result.shape == (2,), "return two numbers: precision, then recall.")
    expect(
        not close(result, [13 / 14, 13 / 16]),
        "those are the scores of finding the *normal* rows. What is looked for is the anomaly.",
    )
    expect(not close(result, [3 / 4, 3 / 6]), "precision first, then recall.")
    expect(close(result[0], 3 / 6), "of 6 alarms 3 were right: the precision is 0.5.")
    expect(close(result[1], 3 / 4), "of 4 anomalies 3 were found: the recall is 0.75.")
    with np.errstate(divide="ignore", invalid="ignore"):
        silent = np.asarray(precision_and_recall(is_anomaly, np.zeros(20, bool)), "float64")
    expect(close(silent, [0, 0]), "without any alarm both should be 0; yours: " + str(silent))
    return "who raises no alarm finds nothing"


@check
def check_fresh_noise(cls):
    """Exercise 24.3: `FreshNoise(encoder, decoder, level=0.4, seed=0)`."""
    if isinstance(cls, type) and not {"__init__", "call"} & set(vars(cls)):
        raise Blank
    x = np.full((16, 6, 6, 1), 0.5, "float32")

    def model(level=0.4, **kwargs):
        parts = DenseEncoder(8, hidden=()), DenseDecoder((6, 6, 1), hidden=())
        return backend.seed_weights(cls(*parts, level=level, **kwargs), seed=0)

    def seen(one, training=True):
        return keras.ops.convert_to_numpy(one(keras.ops.convert_to_tensor(x), training=training))

    first, other = model(), model()
    draws = [seen(first) for _ in range(3)]
    expect(close(seen(first, False), seen(model(), False)), "there is noise in prediction too.")
    expect(not close(draws[0], seen(first, False)), "there is no noise in training.")
    expect(
        not (close(draws[0], draws[1]) or close(draws[1], draws[2])),
        "two steps in a row got the same noise: an integer seed is a constant. Own a "
        "`keras.random.SeedGenerator`, made once in `__init__`.",
    )
    expect(
        close(draws[0], seen(other)) and close(draws[1], seen(other)),
        "two models of seed 0 should draw the same: seed the generator with `seed`.",
    )
    expect(not close(draws[0], seen(model(seed=1))), "seed 1 should draw other noise than seed 0.")
    quiet = model(level=0.0)
    expect(close(seen(quiet), seen(quiet, False)), "level 0 should mean no noise: scale by it.")
    return "fresh noise in every step, none in prediction, the same again for one seed"


@check
def check_card(card):
    """Exercise 24.4: a model's card, a dictionary."""
    expect(isinstance(card, dict), "a card is a dictionary, such as the one above.")
    missing = [field for field in FIELDS if not card.get(field)]
    expect(not missing, f"fill in {', '.join(missing)}.")
    expect(
        any(unit in str(card["loss"]).lower() for unit in UNITS),
        f"say the unit under 'loss', one of: {', '.join(UNITS)}.",
    )
    _expect_numbers(card, "baselines", "two, such as the mean and PCA of the same size", least=2)
    _expect_numbers(card, "errors", "'validation' and 'test'")
    lacking = {"validation", "test"} - set(card["errors"])
    expect(not lacking, f"under 'errors', add {', '.join(sorted(lacking))}.")
    ahead = [k for k, value in card["baselines"].items() if value < card["errors"]["test"]]
    unsaid = [name for name in ahead if name.lower() not in str(card["limits"]).lower()]
    expect(
        not unsaid,
        f"{' and '.join(unsaid)} has the smaller error: say so, by that name, under 'limits'.",
    )
    return "a card that somebody else can judge the model by"


def _expect_numbers(card, field, wanted, least=1):
    values = card[field]
    expect(
        isinstance(values, dict) and len(values) >= least,
        f"'{field}' should be a dictionary from names to numbers: {wanted}.",
    )
    for name, value in values.items():
        good = isinstance(value, numbers.Real) and np.isfinite(value)
        expect(good, f"under '{field}', {name} should be a finite number, not {value!r}.")
