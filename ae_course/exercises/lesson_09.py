"""Checks of the exercises in lesson 09, How large should the code be?."""

from ae_course.exercises.grading import Hints, call, check, close, expect

HINTS = {
    "9.1": (
        "Which sizes meet the budget, and which of them do you want?",
        "Go through `errors.items()` and collect the sizes whose error is at most the budget; an "
        "equal error counts. Then take the smallest, and think of the case that there is none.",
        "With `good = [size for size, error in errors.items() if error <= budget]`, use `min`; "
        "its argument `default` is the answer for an empty list.",
    ),
    "9.2": (
        "If the error was 20 and 15 is left, which fraction is left, and which is gone?",
        "Each step is a pair of neighbours: `itertools.pairwise(errors.values())` gives (before, "
        "after) for every step.",
        "For each pair, `1 - after / before`. Collect these in a list.",
    ),
}
hint = Hints(HINTS)


@check
def check_smallest_size(smallest_size):
    """Exercise 9.1: `smallest_size(errors, budget)`."""
    errors = {2: 30.0, 4: 21.0, 8: 12.0, 16: 12.5}
    expect(call(smallest_size, errors, 13) == 8, "both 8 and 16 meet 13; 8 is the smaller.")
    expect(smallest_size(errors, 21.0) == 4, "an error equal to the budget is good enough.")
    expect(smallest_size(errors, 1) == 0, "return 0 if no size meets the budget.")
    return "the smallest size within the budget"


@check
def check_gains(gains):
    """Exercise 9.2: `gains(errors)`."""
    result = call(gains, {2: 20.0, 4: 15.0, 8: 3.0})
    expect(len(result) == 2, "three sizes make two steps.")
    expect(close(result, [0.25, 0.8]), "divide what is removed by what was there before the step.")
    return "each step compared with what was left before it"
