"""The form of what learners may hand to a check: see cases_NN.py, one file a lesson."""

from typing import NamedTuple


class Case(NamedTuple):
    """What learners may hand to one check."""

    right: list
    wrong: list  # Each is a pair: an answer, and words of the hint that it should get.
    blank: list = [lambda *args: None, lambda *args: ...]
    broken: object = None  # This answer raises an error. None stands for a function that does.
    others: tuple = ()  # The check is called with these after the answer.


def broken(*args, **kwargs):
    raise RuntimeError("oops")


def broken_class(*methods):
    """A class that has the methods a check looks for, and cannot be made."""
    return type("Broken", (), dict.fromkeys(("__init__", *methods), broken))
