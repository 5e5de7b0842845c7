"""What learners may hand to the checks of lesson 06; test_exercises.py hands it in."""

import importlib
import types

import numpy as np

from ae_course.exercises.grading import Verdict
from ae_keras import backend
from cases import Case, broken
from contract import images


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


CASES = {
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
}
