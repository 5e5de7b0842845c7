"""ae_course/elsewhere.py: functions run on the other backends, or their recorded answers."""

import json
import os

import keras
import numpy as np
import pytest

from ae_course import elsewhere
from ae_keras import backend
from contract import says


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """One backend is installed, and a file has answers of all three."""
    here = keras.config.backend()
    monkeypatch.setattr(backend, "installed", lambda: [here])
    monkeypatch.setattr(elsewhere, "RECORDED", tmp_path)
    recorded = {"losses": {name: [50.0, "falls"] for name in backend.BACKENDS}}
    (tmp_path / "some.json").write_text(json.dumps(recorded))
    return elsewhere.Pythons("some")


@pytest.fixture
def other():
    """A Python on another backend, if one is installed."""
    names = [name for name in backend.installed() if name != keras.config.backend()]
    if not names:
        pytest.skip("no other backend is installed")
    python = elsewhere.Other(names[0])
    yield python
    if python._process:
        python.end()


def test_the_running_backend_has_a_python_of_its_own_if_that_needs_variables():
    pythons = elsewhere.Pythons("none", environ={"AE_COURSE_SAID": "before the start"})

    def said():
        import os

        return [os.environ.get("AE_COURSE_SAID"), os.getpid()]

    word, process = pythons.on(pythons.here, said)
    pythons._others[pythons.here].end()
    assert word == "before the start"
    assert process != os.getpid()
    assert "AE_COURSE_SAID" not in os.environ


def losses(scale=1.0):
    return [50.5 * scale, "falls"]


def test_what_is_not_installed_has_recorded_answers(alone):
    assert alone.live == [alone.here]
    found = alone.on_each(losses)
    assert list(found) == list(backend.BACKENDS)
    assert found.pop(alone.here) == [50.5, "falls"]
    assert all(answer == [50.0, "falls"] for answer in found.values())
    assert alone.on(alone.here, losses, 2.0) == [101.0, "falls"]


def test_an_answer_that_was_not_recorded_is_named(alone):
    away = next(name for name in backend.BACKENDS if name != alone.here)
    with says(LookupError, away, "'test_nothing'"):
        alone.on(away, type("", (), {"__name__": "test_nothing"})())
    with says(RuntimeError, alone.here):
        alone.record()


def test_live_answers_are_compared_with_the_recorded(alone):
    alone.on_each(losses)
    assert alone.as_recorded(losses)
    assert not alone.as_recorded(losses, tolerance=0.001)
    alone.on(alone.here, losses, 2.0)
    assert not alone.as_recorded(losses)


def test_records_are_read_again(monkeypatch, tmp_path):
    here = keras.config.backend()
    monkeypatch.setattr(backend, "installed", lambda: list(backend.BACKENDS))
    monkeypatch.setattr(elsewhere, "RECORDED", tmp_path)
    pythons = elsewhere.Pythons("new")
    pythons.on(here, losses)
    pythons.record()
    again = elsewhere.Pythons("new")
    again.on(here, losses)
    assert again.as_recorded(losses, tolerance=0)


def test_another_python_has_another_backend_and_takes_what_a_function_uses(other):
    values = np.arange(3.0)

    def doubled(power):
        import keras

        print("not an answer")
        answer = keras.ops.convert_to_numpy(keras.ops.power(2 * values, power))
        return keras.config.backend(), answer.tolist()

    assert other.run(doubled, 2.0) == (other.name, [0.0, 4.0, 16.0])

    def failing():
        raise KeyError("lost")

    with says(RuntimeError, other.name, "'failing'", "KeyError", "lost"):
        other.run(failing)
    assert other.run(doubled, 1.0) == (other.name, [0.0, 2.0, 4.0])

    def ending():
        import os
        import sys

        print("the last word", file=sys.stderr, flush=True)
        os._exit(3)

    with says(RuntimeError, other.name, "the last word"):
        other.run(ending)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ([1.0, 2], [1.01, 2], True),
        ([1.0, 2], [1.0, 3], False),
        ([1.0], [1.0, 2.0], False),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ("works", "error", False),
        (True, True, True),
        (True, 1, False),
        (0.0, 0.0, True),
        (float("nan"), 1.0, False),
        (None, [1.0], False),
    ],
)
def test_answers_that_are_alike(a, b, same):
    assert elsewhere.alike(a, b, 0.02) == same
    assert elsewhere.alike(b, a, 0.02) == same
