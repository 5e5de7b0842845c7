"""What the exercises call: each check tries what the learner wrote and answers in one line.

A check looks at behaviour, never at code or at one expected number. Its answer begins with
"passed", with "not yet" and a hint, or with "not attempted yet", and never with a traceback, so
that *Run all* reaches the end of a notebook.
"""

import functools

import numpy as np


class Verdict:
    """The answer of a check: true if passed, shown as its message."""

    def __init__(self, passed, message):
        self.passed = passed
        self.message = message

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return self.message


class Hint(Exception):  # noqa: N818 - an answer, not an error
    """Raised by a check: the learner's work is not right yet, and this is what to try."""


class Blank(Exception):  # noqa: N818
    """Raised by a check: there is no work yet."""


def check(function):
    """Make a check of a function that takes the learner's work and returns what to praise."""

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
        except Exception as error:  # raised by the learner's code: show it, with its name
            return Verdict(False, f"not yet: your code raised {type(error).__name__}: {error}")

    return checked


def call(function, *args):
    """The result of the learner's function; one that returns nothing was not written yet."""
    result = function(*args)
    if result is None or result is ...:
        raise Blank
    return result


def expect(condition, hint):
    """Go on if the condition holds, else answer with the hint."""
    if not condition:
        raise Hint(hint)


def close(a, b, tolerance=1e-5):
    """Whether two arrays have one shape and, up to rounding, the same values."""
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance)
