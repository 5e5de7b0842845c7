"""The hints of the exercises: each exercise of the lessons has its own, from question to code."""

import ast
import copy
import importlib
import pkgutil
import re

import pytest

import execution
from contract import says

SOURCES = sorted(execution.SOURCES.glob("[0-9][0-9]_*.py"))


def number(source):
    return int(source.stem[:2])


def lesson(source):
    """The module with the checks of the lesson that has this source."""
    return importlib.import_module(f"ae_course.exercises.lesson_{number(source):02d}")


def exercises(source):
    """The numbers of the lesson's exercises, in order."""
    return re.findall(r"^# ### Exercise (\d+\.\d+)\b", source.read_text("utf-8"), re.MULTILINE)


each_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


@each_lesson
def test_each_exercise_has_hints_that_begin_with_a_question(source):
    hints = lesson(source).HINTS
    assert list(hints) == exercises(source)
    for exercise, texts in hints.items():
        assert isinstance(texts, tuple), exercise
        assert len(texts) >= 3, exercise
        assert texts[0].endswith("?"), exercise
        assert all(text == text.strip() and text.count("`") % 2 == 0 for text in texts), exercise
    texts = [text for texts in hints.values() for text in texts]
    assert len(set(texts)) == len(texts)


@each_lesson
def test_hints_are_given_in_order_and_then_the_solution_is_named(source):
    hint = copy.deepcopy(lesson(source).hint)  # A hint that is given is gone.
    for exercise, texts in lesson(source).HINTS.items():
        for i, text in enumerate(texts, 1):
            answer = hint(exercise)
            assert not answer
            assert repr(answer) == f"hint {i} of {len(texts)}: {text}"
        assert "solutions" in repr(hint(exercise))
    with says(ValueError, "`exercise`", *exercises(source), "exercise='99.1'"):
        hint("99.1")


@each_lesson
def test_the_lesson_says_once_how_to_get_a_hint(source):
    text, first = source.read_text("utf-8"), exercises(source)[0]
    # A lesson whose exercises stand where they are needed says it at the first one.
    heading = "## Exercises" if "\n# ## Exercises\n" in text else rf"### Exercise {first}: .*"
    sentence = f'Stuck? `checks.hint("{first}")` gives a hint; call it again for the next one.'
    assert re.search(rf"^# {heading}\n#\n# {re.escape(sentence)}\n#\n", text, re.MULTILINE)
    assert text.count("checks.hint(") == 1


@each_lesson
def test_functions_that_hints_name_exist(source):
    modules = {}  # What the lesson imports: the name there, and the full name.
    for node in ast.parse(source.read_text("utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                modules[alias.asname or alias.name] = prefix + alias.name
    for texts in lesson(source).HINTS.values():
        for code in re.findall("`([^`]+)`", " ".join(texts)):
            for name in re.findall(r"(?<![\w.)\]])[a-z]\w*(?:\.[A-Za-z]\w*)+", code):
                first, _, rest = name.partition(".")
                if first in modules:
                    pkgutil.resolve_name(f"{modules[first]}.{rest}")
                assert first in modules or first not in ("itertools", "keras", "np", "ops"), name
