"""Checks of the exercises in lesson 23, The bug clinic."""

import functools

import keras
import numpy as np

from ae_course import clinic
from ae_course.exercises.grading import Blank, Hints, check, close, expect, read_tuple
from ae_keras import DenseDecoder, DenseEncoder, backend, evaluation, losses

HINTS = {
    "23.1": (
        "Which letters are like those for which somebody will use the winner?",
        (
            "Letters of originals that the training part does not hold: `letters.groups` says "
            "which. Take a hundred of them or more, of twenty originals or more."
        ),
        (
            "`new_letters = letters[~np.isin(letters.groups, training.groups)]`. Then the dict of "
            "`error(leaky_model, new_letters.x)` and `pca_error(training.x, new_letters.x)`, and "
            "whichever of the two is smaller."
        ),
    ),
    "23.2": (
        "What may be changed in the call without any change of the result?",
        (
            "The batch size. And which sizes would be treated alike by a program that is only "
            "right if all batches are full?"
        ),
        (
            "`results = [subject(model, x_val[:100], size) for size in (7, 64, 100)]`, then "
            "return whether they are all equal, up to the last digits: `np.allclose`."
        ),
    ),
    "23.3": (
        "What else changes from one step to the next, beside the noise?",
        (
            "The weights do. With `keras.optimizers.SGD(0.0)` they stay, and then the loss of two "
            "steps on the same images differs by the noise alone."
        ),
        (
            "Compile `model = subject((8, 8, 1))` anew with that optimizer, and "
            "`losses.squared_error`. `model.fit(x, x, batch_size=len(x), epochs=2, verbose=0)` "
            'takes two steps; their losses are in `.history["loss"]`.'
        ),
    ),
    "23.4": (
        "What must the model keep from one step to the next, so that the next draw is another one?",
        (
            "A `keras.random.SeedGenerator(seed)`, made once in `__init__`: every draw moves its "
            "state on, and Keras carries the state from step to step. Hand it over as the `seed`."
        ),
        (
            "In `__init__`, `self.noise = keras.random.SeedGenerator(seed)`; in `call`, if "
            "`training`, add `self.level * keras.random.normal(...)` with `seed=self.noise`."
        ),
    ),
    "23.5": (
        "What must have changed when an autoencoder has been trained, beside its loss?",
        (
            "Its weights, and not only some. `model.get_weights()` gives all of them as arrays, "
            "those that do not train as well."
        ),
        (
            "`before = model.get_weights()`, then `model.fit(...)` on a few images for an epoch, "
            "then ask of each pair of `zip(before, model.get_weights())` whether it differs."
        ),
    ),
}
hint = Hints(HINTS)

METHODS = ("autoencoder", "PCA")
TOLD_APART = "it failed every sick one and passed every healthy one, most of which you had not seen"


@check
def check_recommendation(recommendation, model, training, letters):
    """Exercise 23.1: `recommendation = (choice, images, errors)` for a model and PCA."""
    form = "set recommendation = (choice, images, errors)."
    choice, images, errors = read_tuple(recommendation, 3, form)
    expect(choice in METHODS, f"choose one of {' and '.join(METHODS)}, not {choice!r}.")
    expect(
        all(hasattr(images, name) for name in ("x", "groups")),
        "the second entry is the images of your evidence, with their groups: `letters[...]`.",
    )
    shared = np.isin(images.groups, training.groups)
    expect(
        not shared.any(),
        f"{shared.sum()} of your {len(shared)} images have an original of which copies are in the "
        "training part. Nobody will bring those.",
    )
    expect(
        np.isin(images.groups, letters.groups).all(),
        "these are not from `letters`. A recommendation is a choice, so the test part has no say "
        "in it.",
    )
    n = len(set(images.groups))
    expect(n >= 20, f"copies of only {n} originals decide here. Take 20 originals or more.")
    expect(
        isinstance(errors, dict) and set(errors) == set(METHODS),
        f"the errors are a dict with a number for {' and for '.join(METHODS)}.",
    )
    pca = evaluation.pca_reconstruct(evaluation.fit_pca(training.x, 16), images.x)
    raw = evaluation.squared_error(images.x, pca).mean()
    truth = {
        "autoencoder": evaluation.squared_error(
            images.x, evaluation.reconstruct(model, images.x)
        ).mean(),
        "PCA": evaluation.squared_error(images.x, np.clip(pca, 0, 1)).mean(),
    }
    expect(
        not close(errors["PCA"], raw, 1e-3) or close(raw, truth["PCA"], 1e-3),
        "PCA's pixels leave [0, 1], where the sigmoid always is. Clip them before their error.",
    )
    for name, right in truth.items():
        expect(
            close(errors[name], right, 1e-3),
            f"on these images the error of the {name} is {right:.1f}; you give "
            f"{float(errors[name]):.1f}.",
        )
    better = min(truth, key=truth.get)
    expect(choice == better, f"your own numbers speak for the {better}.")
    return f"{n} originals that nobody trained on speak for the {better}"


def judge(test, healthy, sick):
    """Raise a hint unless the learner's test passes every healthy subject and no sick one.

    Args:
        test: function of a subject; it fails a subject by an AssertionError or by False.
        healthy, sick: sequences of (subject, what it does in words).
    """
    answers, n_calls = [], 0

    def watched(subject):
        @functools.wraps(subject)
        def asked(*args, **kwargs):
            nonlocal n_calls
            n_calls += 1
            return subject(*args, **kwargs)

        return asked

    for subject, _ in [*healthy, *sick]:
        try:
            answers.append(test(watched(subject)))
        except AssertionError:
            answers.append(False)
    if n_calls == 0:
        if all(answer is None or answer is ... for answer in answers):
            raise Blank
        expect(False, "your test never calls the subject, so it cannot know how it is.")
    passed = [answer is None or bool(answer) for answer in answers]
    on_healthy, on_sick = passed[: len(healthy)], passed[len(healthy) :]
    expect(
        any(passed),
        "your test fails every subject, the healthy ones as well. What holds for a healthy one?",
    )
    expect(
        not all(passed),
        "your test passes every subject, the sick ones as well. It should raise an AssertionError "
        "or return False for those.",
    )
    expect(
        any(on_healthy) or not all(on_sick),
        "your test passes the sick and fails the healthy: it is the wrong way round.",
    )
    for (_, does), good in zip(healthy, on_healthy, strict=True):
        expect(good, f"your test fails a healthy one, which {does}.")
    for (_, does), good in zip(sick, on_sick, strict=True):
        expect(not good, f"your test passes a sick one, which {does}.")


@check
def check_test_a(test):
    """Exercise 23.2: `test(subject)` of a subject like `clinic.patient_a`."""
    judge(test, clinic.A_HEALTHY, clinic.A_SICK)
    return TOLD_APART


@check
def check_test_b(test):
    """Exercise 23.3: `test(subject)` of a subject like `clinic.patient_b`."""
    sick = list(clinic.B_SICK)
    # Where each step runs `call` itself, these keep the claim.
    if _repeats(clinic.B_TRACED[0][0]):
        sick += clinic.B_TRACED
    judge(test, clinic.B_HEALTHY, sick)
    return TOLD_APART


@check
def check_fresh_noise(cls):
    """Exercise 23.4: the class `FreshNoise(encoder, decoder, level=0.3, seed=0)`."""
    if isinstance(cls, type) and not {"__init__", "call"} & set(vars(cls)):
        raise Blank
    x = np.full((16, 6, 6, 1), 0.5, "float32")

    def model(level=0.3, **kwargs):
        parts = DenseEncoder(8, hidden=()), DenseDecoder((6, 6, 1), hidden=())
        return backend.seed_weights(cls(*parts, level=level, **kwargs), seed=0)

    first = model()
    drawn = [keras.ops.convert_to_numpy(first.predict(x, verbose=0)) for _ in range(2)]
    quiet = model(level=0.0)
    expect(
        close(*drawn) and close(drawn[0], quiet.predict(x, verbose=0)),
        "there is noise in prediction, too.",
    )
    found, none = _steps(first, x), _steps(quiet, x)
    expect(close(none, none[:1] * 3), "level 0 should mean no noise: scale by `self.level`.")
    expect(not close(found[0], none[0]), "there is no noise in training.")
    expect(
        not close(found[0], found[1]) and not close(found[1], found[2]),
        "two steps of `fit` in a row got the same noise. An integer seed is a constant, and a "
        "Python counter or a NumPy generator is one as well, once `call` has been traced. Own a "
        "`keras.random.SeedGenerator`, made once in `__init__`.",
    )
    expect(
        close(found, _steps(model(), x)),
        "two models of seed 0 should draw the same: seed the generator with `seed`.",
    )
    expect(
        not close(found[0], _steps(model(seed=1), x)[0]),
        "seed 1 should draw other noise than seed 0.",
    )
    return "new noise in every step of `fit`, none in prediction, the same again for one seed"


def _steps(model, x):
    """The losses of three steps of `fit` in which no weight moves."""
    model.compile(keras.optimizers.SGD(0.0), loss=losses.squared_error)
    return model.fit(x, x, batch_size=len(x), epochs=3, verbose=0).history["loss"]


def _repeats(make):
    found = _steps(make((4, 4, 1)), np.full((4, 4, 4, 1), 0.5, "float32"))
    return close(found[0], found[1])


@check
def check_test_c(test):
    """Exercise 23.5: `test(subject)` of a subject like `clinic.patient_c`."""
    judge(test, clinic.C_HEALTHY, clinic.C_SICK)
    return TOLD_APART
