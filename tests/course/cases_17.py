"""What learners may hand to the checks of lesson 17; test_exercises.py hands it in."""

import keras
import numpy as np

from ae_keras import evaluation
from cases import Case, broken_class


def cyclical(value, assign=True):
    """A callback whose beta in each epoch is `value(epoch, beta, period)`."""

    class Cyclical(keras.callbacks.Callback):
        def __init__(self, beta, period):
            super().__init__()
            self.beta = beta
            self.period = period

        def on_epoch_begin(self, epoch, logs=None):
            beta = float(value(epoch, self.beta, self.period))
            if assign:
                self.model.beta.assign(beta)
            else:
                self.model.beta = beta

    return Cyclical


def cycle(epoch, beta, period):
    return beta * min(1, 2 * (epoch % period) / period)


def by_cases(epoch, beta, period):
    inside = epoch - period * (epoch // period)
    return beta if inside >= period / 2 else beta * inside / (period / 2)


def turned_gap(z, factors, degrees, width=None, copy=True, old=True):
    a = np.radians(degrees)
    result = np.array(z, dtype=float) if copy else z
    first = z[:, 0].copy()
    result[:, 0] = z[:, 0] * np.cos(a) - z[:, 1] * np.sin(a)
    result[:, 1] = (first if old else result[:, 0]) * np.sin(a) + z[:, 1] * np.cos(a)
    return evaluation.mutual_information_gap(result[:, :width], factors)


def by_matrix(z, factors, degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = z[:, :2] @ np.array([[c, s], [-s, c]])
    return evaluation.mutual_information_gap(np.hstack([turned, z[:, 2:]]), factors)


SWEEP = {
    0.5: {"rate": 7.5, "distortion": 3.0},
    2: {"rate": 4.5, "distortion": 7.0},
    4: {"rate": 3.0, "distortion": 11.0},
    8: {"rate": 1.2, "distortion": 20.0},
}
TRIED = {2.5: (4.1, 8.0), 3.0: (3.6, 9.2), 3.5: (3.3, 10.3)}
NOISY = TRIED | {3.2: (3.5, 9.0)}  # a little better than 3, by luck
LOW, HIGH = [0.10, 0.14, 0.12], [0.30, 0.26, 0.33]


CASES = {
    "cyclical": Case(
        right=[cyclical(cycle), cyclical(by_cases)],
        wrong=[
            (cyclical(lambda e, b, p: b * (e % p) / p), "in the middle"),
            (cyclical(lambda e, b, p: b * min(1, 2 * e / p)), "repeat the first"),
            (cyclical(lambda e, b, p: b), "it should change"),
            (cyclical(lambda e, b, p: b - cycle(e, b, p)), "should have beta 0"),
            (cyclical(lambda e, b, p: cycle(e, b, 10)), "with beta=9 and period=4"),
            (cyclical(lambda e, b, p: cycle(e, 4, p)), "with beta=9 and period=4"),
            (cyclical(lambda e, b, p: cycle(e, b, p) ** 2 / b), "in equal steps"),
            (cyclical(lambda e, b, p: 2 * b * min(e % p, p - e % p) / p), "should stay"),
            (cyclical(cycle, assign=False), "Python number"),
        ],
        blank=[type("Cyclical", (keras.callbacks.Callback,), {})],
        broken=broken_class("on_epoch_begin"),
    ),
    "budget": Case(
        right=[(3.0, TRIED), (3.2, NOISY)],
        wrong=[
            (3.0, "set choice ="),
            ((3.0, {3.0: (3.6, 9.2)}), "at least three"),
            ((2.9, TRIED), "did not train it"),
            ((3.5, TRIED), "more than 10"),
            ((2.5, TRIED), "its code is shorter"),
            ((3.0, NOISY), "its code is shorter"),  # the largest distortion within the budget
            ((3.0, {3.0: (3.6, 9.2), 2.5: (4.1, 8.0), 6.0: (2.0, 15.0)}), "Try one up to"),
            ((3.0, {beta: pair[::-1] for beta, pair in TRIED.items()}), "(rate, distortion)"),
            ((3.0, TRIED | {16.0: (0.0, 33.0)}), "outside the sweep"),
            ((3.0, TRIED | {3.4: 10.1}), "should be (rate, distortion)"),
        ],
        others=(10, SWEEP),
    ),
    "turned_gap": Case(
        right=[turned_gap, by_matrix],
        wrong=[
            (lambda z, f, d: turned_gap(z, f, -d), "Which way"),
            (lambda z, f, d: turned_gap(z, f, d, copy=False), "Work on a copy"),
            (lambda z, f, d: turned_gap(z, f, d, width=2), "should stay in the code"),
            (lambda z, f, d: turned_gap(z, f, d, old=False), "the old first one"),
            (lambda z, f, d: turned_gap(z, f, np.degrees(d)), "Degrees or radians"),
            (lambda z, f, d: np.array(z, dtype=float), "one number"),
            (lambda z, f, d: evaluation.mutual_information_gap(z, f), "turned by 45"),
        ],
    ),
    "verdict": Case(
        right=[
            ("yes", {1: LOW, 4: HIGH}),
            ("no", {1: HIGH, 4: LOW}),
            ("cannot tell", {1: [0.10, 0.25, 0.18], 4: (0.12, 0.31, 0.22)}),
        ],
        wrong=[
            ("yes", "set verdict ="),
            (("perhaps", {1: LOW, 4: HIGH}), "the answer is one of"),
            (("yes", {1: LOW[:1], 4: HIGH[:1]}), "three seeds at least"),
            (("yes", {1: [0.1] * 3, 4: [0.3] * 3}), "counted again"),
            (("yes", {1: [0.10, 0.25, 0.18], 4: [0.12, 0.31, 0.22]}), "'cannot tell'"),
            (("no", {1: LOW, 4: HIGH}), "says 'yes'"),
            (("cannot tell", {1: LOW, 4: HIGH}), "says 'yes'"),
            (("yes", {0.5: LOW, 4: HIGH}), "the betas 1 and 4"),
            (("yes", {1: LOW, 4: [30, 26, 33]}), "between 0 and 1"),
        ],
    ),
}
