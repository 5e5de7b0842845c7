"""What the checks of the exercises share.

A check tests the behaviour of what the learner wrote and never raises: see `check`.
"""

import functools

import numpy as np


class Verdict:
    """The answer of a check: true if the exercise is passed, and displayed as its message."""

    def __init__(self, passed, message):
        self.passed = passed
        self.message = message

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return self.message


class Hint(Exception):  # noqa: N818 - an answer, not an error
    """Raised by a check if the learner's work is not right yet; the message says what to try."""


class Blank(Exception):  # noqa: N818
    """Raised by a check if the learner has written nothing yet."""


def check(function):
    """Decorator that turns a function into a check, which answers in one line and never raises.

    The answer begins with "passed", with "not yet" and a hint, or with "not attempted yet". As no
    error leaves the check, *Run all* reaches the end of the notebook.

    Args:
        function: takes the learner's work, and perhaps more arguments. It returns a string that
            says what is right, or raises `Hint` or `Blank`.

    Returns:
        Function with the same arguments that returns a `Verdict`.
    """

    @functools.wraps(function)
    def checked(attempt, *args, **kwargs):
        try:
            if attempt is None or attempt is ...:
                raise Blank
            return Verdict(True, f"passed: {function(attempt, *args, **kwargs)}")
        except Blank:
            return Verdict(False, "not attempted yet (if you did write it: nothing is returned)")
        except Hint as hint:
            return Verdict(False, f"not yet: {hint}")
        # Any other error comes from the learner's code. The answer shows it with its name.
        except Exception as error:
            return Verdict(False, f"not yet: your code raised {type(error).__name__}: {error}")

    return checked


class Hints:
    """Gives the hints of a lesson's exercises, one at a time: from a question to nearly the code.

    Args:
        hints: dict from the number of an exercise, such as "4.1", to a tuple of str.

    Example:
        >>> from ae_course.exercises.grading import Hints
        >>> hint = Hints({"4.1": ("What is its range?", "Divide by its largest value.")})
        >>> hint("4.1")
        hint 1 of 2: What is its range?
        >>> hint("4.1")
        hint 2 of 2: Divide by its largest value.
    """

    def __init__(self, hints):
        self.hints = hints
        self._given = dict.fromkeys(hints, 0)

    def __call__(self, exercise):
        """Return the next hint; after the last one, where the solution is.

        Args:
            exercise: str, its number, such as "4.1".

        Raises:
            ValueError: the lesson has no such exercise.
        """
        if exercise not in self.hints:
            raise ValueError(
                f"`exercise` must be one of {', '.join(self.hints)}. "
                f"Received: exercise={exercise!r}."
            )
        texts, given = self.hints[exercise], self._given[exercise]
        if given == len(texts):
            return Verdict(False, "There are no more hints. The folder solutions has the answer.")
        self._given[exercise] += 1
        return Verdict(False, f"hint {given + 1} of {len(texts)}: {texts[given]}")


def call(function, *args):
    """Call the learner's function and return its result; without a result, raise `Blank`."""
    result = function(*args)
    if result is None or result is ...:
        raise Blank
    return result


def expect(condition, hint):
    """Raise `Hint(hint)` unless the condition holds."""
    if not condition:
        raise Hint(hint)


def read_tuple(answer, length, form):
    """The parts of the tuple that `answer` must be, or return; `form` says what to set."""
    if callable(answer):
        answer = call(answer)
    expect(isinstance(answer, tuple) and len(answer) == length, form)
    return answer


def read_decision(decision, form):
    """The choice and the dict of evidence that `decision` must hold; `form` says what to set."""
    choice, evidence = read_tuple(decision, 2, form)
    expect(isinstance(evidence, dict), form)
    return choice, evidence


def read_seeds(evidence, names, noun):
    """The errors of each name's seeds, as arrays: two or more for each, and all different."""
    expect(
        isinstance(evidence, dict) and set(evidence) == set(names),
        f"the evidence is a dict with a list for each of {' and '.join(map(repr, names))}: one "
        "alone compares nothing.",
    )
    evidence = {name: np.asarray(found, "float64") for name, found in evidence.items()}
    expect(
        all(found.ndim == 1 and len(found) >= 2 for found in evidence.values()),
        f"give a list of two or more errors for each {noun}, one for each seed: one run may be "
        "luck.",
    )
    expect(
        all(len(np.unique(found)) == len(found) for found in evidence.values()),
        "some errors are exactly the same: pass each seed to `measure`.",
    )
    return evidence


def close(a, b, tolerance=1e-5):
    """Whether two arrays have the same shape and, up to the tolerance, the same values."""
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance)
