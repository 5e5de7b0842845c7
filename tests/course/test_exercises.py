"""ae_course/exercises: each check accepts right answers and gives a fitting hint for mistakes."""

import importlib
import itertools
import math
import types

import keras
import numpy as np
import pytest

from ae_course.exercises.grading import Verdict
from ae_keras import backend
from cases_00_to_02 import CASES_00_TO_02
from cases_03_04 import CASES_03_04
from cases_10_to_17 import CASES_10_TO_17, Case, broken, broken_class
from cases_18 import CASES_18
from cases_19 import CASES_19
from cases_20 import CASES_20
from cases_21 import CASES_21
from cases_22 import CASES_22
from cases_23 import CASES_23
from cases_24 import CASES_24
from contract import images

# Lesson 05 ---------------------------------------------------------------------------------------


def combine(first=None, second=None, convert=keras.ops.convert_to_numpy, message="{} {}"):
    """A `combine` that may give something else for one of its results."""

    def answer(encoder, decoder, x):
        z = encoder(x)
        x_hat = decoder(z)
        if message and tuple(x_hat.shape) != x.shape:
            raise ValueError(message.format(tuple(x_hat.shape), x.shape))
        return convert(z if first is None else x), convert(x_hat if second is None else z)

    return answer


def saved(name, keep=("encoder", "decoder"), with_base=True, **changed):
    """An autoencoder that writes `keep` into its configuration and may read it back `changed`."""

    class Saved(keras.Model):
        def __init__(self, encoder, decoder, **kwargs):
            super().__init__(**kwargs)
            self.encoder, self.decoder = encoder, decoder

        def call(self, x):
            return self.decoder(self.encoder(x))

        def get_config(self):
            parts = {part: getattr(self, part) for part in keep}
            base = super().get_config() if with_base else {}
            return base | keras.saving.serialize_keras_object(parts)

        @classmethod
        def from_config(cls, config):
            config["decoder"]["config"] |= changed
            return cls(**keras.saving.deserialize_keras_object(config))

    return keras.saving.register_keras_serializable("test_exercises", name)(Saved)


# Lessons 06 to 09 --------------------------------------------------------------------------------


def model(code=8, error=0.0, predict=None):
    """What stands in for a trained model: it reconstructs up to the same error in each pixel."""
    encoder = types.SimpleNamespace(predict=lambda x, **kwargs: np.zeros((len(x), code)))
    return types.SimpleNamespace(
        encoder=encoder, predict=predict or (lambda x, **kwargs: np.abs(x - error))
    )


def early_stop(start=1, improves=lambda new, best: new < best, fixed=None):
    def answer(val_losses, patience):
        best, waited = 0, 0
        for i in range(1, len(val_losses)):
            better = improves(val_losses[i], val_losses[best])
            best, waited = (i, 0) if better else (best, waited + 1)
            if waited >= (fixed or patience):
                return best + start, i + start
        return best + start, i + start

    return answer


def snapshots(convert=keras.ops.convert_to_numpy, every=None, rows=slice(None)):
    class Snapshots(keras.callbacks.Callback):
        def __init__(self, x, every):
            super().__init__()
            self.x, self.every, self.frames = x, every, []

        def on_epoch_end(self, epoch, logs=None):
            if epoch % (every or self.every) == (every or self.every) - 1:
                self.frames.append(convert(self.model(self.x))[rows])

    return Snapshots


def total(x, x_hat):
    return ((x - x_hat) ** 2).reshape(len(x), -1).sum(axis=1)


def by_distance(z, query):
    return sorted(range(len(z)), key=lambda i: math.dist(z[i], query))


def shares(errors):
    return [(a - b) / a for a, b in itertools.pairwise(errors.values())]


def within(errors, budget):
    return [size for size in sorted(errors) if errors[size] <= budget]


# -------------------------------------------------------------------------------------------------

CASES = {
    "combine": Case(
        right=[combine()],
        wrong=[
            (lambda encoder, decoder, x: decoder(encoder(x)), "return two things"),
            (combine(convert=keras.ops.convert_to_tensor), "return NumPy arrays"),
            (combine(first="x"), "must be the encoder's output"),
            (combine(second="z"), "must be the decoder's output"),
            (combine(message="no"), "should contain both shapes"),
            (combine(message=""), "three channels for one was accepted"),
        ],
    ),
    "saved_autoencoder": Case(
        right=[saved("Right")],
        wrong=[
            (saved("WithoutBase", with_base=False), "start from super().get_config()"),
            (saved("WithoutDecoder", keep=("encoder",)), "both parts belong"),
            (saved("Changed", output_activation="linear"), "draws something else"),
        ],
        blank=[type("Saved", (keras.Model,), {})],
        broken=broken_class("get_config", "from_config"),
    ),
    "epoch_mean": Case(
        right=[lambda losses, sizes: np.dot(losses, sizes) / sum(sizes)],
        wrong=[
            (lambda losses, sizes: np.mean(losses), "the mean over batches"),
            (lambda losses, sizes: np.dot(losses, sizes), "divide by all images"),
        ],
    ),
    "beats_pca": Case(
        right=[model(), model(error=0.001)],
        wrong=[
            (model(code=16), "should have 8 numbers, not 16"),
            (model(error=1), "train a little longer"),
        ],
        blank=[],
        broken=model(predict=broken),
        others=(images(40, (4, 3, 1)), images(20, (4, 3, 1), seed=1)),
    ),
    "early_stop": Case(
        right=[early_stop()],
        wrong=[
            (early_stop(start=0), "count the epochs from 1"),
            (early_stop(fixed=9), "the best is epoch 3"),
            (early_stop(fixed=2), "with patience 5"),
            (early_stop(improves=lambda new, best: new <= best), "no improvement"),
        ],
    ),
    "worst": Case(
        right=[lambda x, x_hat, k: np.argsort(total(x, x_hat))[::-1][:k]],
        wrong=[
            (lambda x, x_hat, k: np.argsort(total(x, x_hat))[:k], "those are the best"),
            (lambda x, x_hat, k: np.argsort(total(x, x_hat))[-k:], "worst should come first"),
            (lambda x, x_hat, k: np.argsort((x - x_hat).sum((1, 2, 3)))[:k], "images 1, 4 and 2"),
        ],
    ),
    "snapshots": Case(
        right=[snapshots()],
        wrong=[
            (snapshots(every=1), "not 7"),
            (snapshots(convert=keras.ops.convert_to_tensor), "keep NumPy arrays"),
            (snapshots(rows=0), "a frame should be (2, 3, 3, 1)"),
        ],
        blank=[type("Snapshots", (keras.callbacks.Callback,), {})],
        broken=broken_class("on_epoch_end"),
    ),
    "interpolate": Case(
        right=[lambda a, b, n: np.linspace(a, b, n)],
        wrong=[
            (lambda a, b, n: np.linspace(a, b, n, endpoint=False), "both ends belong"),
            (lambda a, b, n: np.linspace(a, b, n).T, "five codes of three numbers"),
            (lambda a, b, n: a + np.linspace(0, 1, n)[:, None] ** 2 * (b - a), "should be equal"),
        ],
    ),
    "nearest_codes": Case(
        right=[lambda z, query, k: by_distance(z, query)[:k]],
        wrong=[
            (lambda z, query, k: by_distance(z, query), "should give four indices, not 50"),
            (lambda z, query, k: by_distance(z, query)[-k:], "those are not the nearest"),
            (lambda z, query, k: by_distance(z, query)[:k][::-1], "nearest should come first"),
        ],
    ),
    "typical": Case(
        right=[lambda z, labels, label: np.average(z, axis=0, weights=labels == label)],
        wrong=[
            (lambda z, labels, label: z.mean(axis=0), "and only those"),
            (lambda z, labels, label: z[labels == label].mean(), "one code of two numbers"),
        ],
    ),
    "smallest_size": Case(
        right=[lambda errors, budget: next(iter(within(errors, budget)), 0)],
        wrong=[
            (lambda errors, budget: max(within(errors, budget)), "8 is the smaller"),
            (lambda errors, budget: within(errors, budget - 1e-6)[0], "is good enough"),
            (lambda errors, budget: (within(errors, budget) or [64])[0], "return 0"),
        ],
    ),
    "gains": Case(
        right=[shares, lambda errors: np.array(shares(errors))],
        wrong=[
            (lambda errors: [0, *shares(errors)], "make two steps"),
            (lambda errors: [1 - share for share in shares(errors)], "there before the step"),
        ],
    ),
}


CASES |= CASES_00_TO_02
CASES |= CASES_03_04
CASES |= CASES_10_TO_17
CASES |= CASES_18
CASES |= CASES_19
CASES |= CASES_20
CASES |= CASES_21
CASES |= CASES_22
CASES |= CASES_23
CASES |= CASES_24


LESSONS = [importlib.import_module(f"ae_course.exercises.lesson_{i:02d}") for i in range(25)]
CHECKS = {
    name: check for each in LESSONS for name, check in vars(each).items() if name[:6] == "check_"
}


def answer(name, attempt):
    backend.set_seed(0)  # Answers that are models start from random weights.
    found = CHECKS[f"check_{name}"](attempt, *CASES[name].others)
    assert isinstance(found, Verdict)
    assert repr(found) == found.message
    return found


def test_every_check_is_tested_here():
    assert sorted(CHECKS) == sorted(f"check_{name}" for name in CASES)


@pytest.mark.parametrize("name", CASES)
def test_right_answers_pass_however_they_are_written(name):
    for right in CASES[name].right:
        found = answer(name, right)
        assert found, found
        assert found.message.startswith("passed: ")


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_gets_a_hint_that_fits(name):
    hints = []
    for wrong, words in CASES[name].wrong:
        found = answer(name, wrong)
        assert not found
        assert found.message.startswith("not yet: ")
        assert words in found.message
        hints.append(found.message)
    assert len(set(hints)) >= 2


@pytest.mark.parametrize("name", CASES)
def test_an_empty_cell_counts_as_not_attempted(name):
    for blank in (None, ..., *CASES[name].blank):
        found = answer(name, blank)
        assert not found
        assert found.message.startswith("not attempted yet")


@pytest.mark.parametrize("name", CASES)
def test_code_that_raises_an_error_is_answered_with_it(name):
    found = answer(name, CASES[name].broken or broken)
    assert not found
    assert found.message.startswith("not yet: ")
    assert "RuntimeError: oops" in found.message
