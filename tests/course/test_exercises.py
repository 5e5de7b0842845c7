"""ae_course/exercises: each check accepts right answers and gives a fitting hint for mistakes."""

import importlib
import pkgutil

import pytest

from ae_course import exercises
from ae_course.exercises.grading import Verdict
from ae_keras import backend
from cases import broken

NUMBERS = [
    module.name[-2:]
    for module in pkgutil.iter_modules(exercises.__path__)
    if module.name.startswith("lesson_")
]
LESSONS = [importlib.import_module(f"ae_course.exercises.lesson_{number}") for number in NUMBERS]
CASES = {}
for number in NUMBERS:
    CASES |= importlib.import_module(f"cases_{number}").CASES
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
