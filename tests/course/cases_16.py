"""What learners may hand to the checks of lesson 16; test_exercises.py hands it in."""

import numpy as np

from cases import Case


def cycle(epoch, period, final, part=2):
    return final * min(1, part * (epoch % period) / period)


def turned(z, angle, width=2):
    c, s = np.cos(angle), np.sin(angle)
    return np.hstack([z[:, :2] @ np.array([[c, s], [-s, c]]), z[:, width:]])


def turned_in_place(z, angle):
    z[:, 0] = np.cos(angle) * z[:, 0] - np.sin(angle) * z[:, 1]
    return z


def highest(results, budget, margin=0.0):
    return max((beta for beta, (_, d) in results.items() if d <= budget - margin), default=0)


CASES = {
    "cyclical_beta": Case(
        right=[cycle],
        wrong=[
            (lambda epoch, period, final: cycle(epoch, period, final, 1), "in the middle"),
            (lambda epoch, period, final: final * min(1, 2 * epoch / period), "repeat the first"),
            (lambda epoch, period, final: final, "should have beta 0"),
        ],
    ),
    "turned": Case(
        right=[turned],
        wrong=[
            (lambda z, angle: turned(z, -angle), "the other way round"),
            (turned_in_place, "Work on a copy"),
            (lambda z, angle: turned(z, angle, width=4), "should stay"),
            (lambda z, angle: turned_in_place(z.copy(), angle), "a turn changes no length"),
        ],
    ),
    "highest_beta": Case(
        right=[highest],
        wrong=[
            (lambda results, budget: highest(results, budget, 1e-9), "good enough"),
            (lambda results, budget: highest(results, budget) or min(results), "return 0"),
            (lambda results, budget: max(results), "4 is the largest beta"),
        ],
    ),
}
