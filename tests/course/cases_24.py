"""What learners may hand to the checks of lesson 24; test_exercises.py hands it in."""

import keras
import numpy as np
from keras import ops

from ae_keras import Autoencoder
from cases import Case, broken, broken_class


def scores(is_anomaly, is_alarm):
    hits = (is_anomaly & is_alarm).sum()
    return hits / max(is_alarm.sum(), 1), hits / max(is_anomaly.sum(), 1)


def noisy(frozen=False, always=False, seeded=True, never=False, scaled=True, remade=False):
    """A class as exercise 24.3 asks for, or with a mistake."""

    class Noisy(Autoencoder):
        def __init__(self, encoder, decoder, level=0.4, seed=0, **kwargs):
            super().__init__(encoder, decoder, **kwargs)
            self.level = level if scaled else 0.4
            self.first_seed = seed if seeded else 0
            self.noise = keras.random.SeedGenerator(self.first_seed if seeded is not None else None)

        def call(self, x, training=False):
            seed = self.first_seed if frozen else self.noise
            seed = keras.random.SeedGenerator(self.first_seed) if remade else seed
            if (training or always) and not never:
                x = x + self.level * keras.random.normal(ops.shape(x), dtype=x.dtype, seed=seed)
            return super().call(x, training=training)

    return Noisy


CARD = {
    "data": "178 wines, 13 measurements",
    "split": "random, three quarters for training",
    "model": "13-16-2-16-13",
    "loss": "squared error per row",
    "baselines": {"mean row": 0.5, "PCA": 0.2},
    "errors": {"validation": 0.15, "test": 0.16},
    "limits": "one cellar only",
}


def card(**changes):
    return CARD | changes


CASES = {
    "to_channels_last": Case(
        right=[lambda x: np.moveaxis(x, 1, -1), lambda x: x.transpose(0, 2, 3, 1)],
        wrong=[
            (lambda x: x.reshape(4, 5, 7, 3), "Move the axis instead"),
            (lambda x: x.T.transpose(3, 0, 1, 2), "height and width changed places"),
            (lambda x: x, "should become (4, 5, 7, 3)"),
            (lambda x: np.moveaxis(x, 1, -1)[..., ::-1], "red and blue"),
            (lambda x: np.moveaxis(x, 1, -1)[:, ::-1], "should be at [i, j, c]"),
        ],
    ),
    "precision_and_recall": Case(
        right=[scores],
        wrong=[
            (lambda anomaly, alarm: scores(~anomaly, ~alarm), "the *normal* rows"),
            (lambda anomaly, alarm: scores(anomaly, alarm)[::-1], "precision first"),
            (lambda anomaly, alarm: scores(anomaly, alarm)[0], "return two numbers"),
            (lambda anomaly, alarm: ((anomaly == alarm).mean(), 0.75), "of 6 alarms 3 were right"),
            (lambda anomaly, alarm: (0.5, (anomaly & alarm).mean()), "of 4 anomalies 3"),
            (
                lambda anomaly, alarm: (
                    (anomaly & alarm).sum() / alarm.sum(),
                    (anomaly & alarm).sum() / anomaly.sum(),
                ),
                "without any alarm both should be 0",
            ),
        ],
    ),
    "fresh_noise": Case(
        right=[noisy()],
        wrong=[
            (noisy(frozen=True), "an integer seed is a constant"),
            (noisy(remade=True), "made once in `__init__`"),
            (noisy(always=True), "noise in prediction too"),
            (noisy(never=True), "no noise in training"),
            (noisy(seeded=False), "seed 1 should draw other noise"),
            (noisy(seeded=None), "seed the generator with `seed`"),
            (noisy(scaled=False), "level 0 should mean no noise"),
        ],
        blank=[type("FreshNoise", (Autoencoder,), {})],
        broken=broken_class("call"),
    ),
    "card": Case(
        right=[
            CARD,
            card(errors={"validation": 0.3, "test": 0.3}, limits="pca does better"),
            card(loss="nats"),
        ],
        wrong=[
            ("a wine", "a card is a dictionary"),
            ({k: v for k, v in CARD.items() if k != "split"}, "fill in split"),
            (card(limits=""), "fill in limits"),
            (card(loss="MSE"), "say the unit under 'loss'"),
            (card(baselines={"PCA": 0.2}), "the mean and PCA of the same size"),
            (card(baselines=[0.5, 0.2]), "from names to numbers"),
            (card(baselines={"mean": 1.0, "PCA": float("nan")}), "not nan"),
            (card(errors={"test": 0.16}), "under 'errors', add validation"),
            (card(errors={"validation": 0.3, "test": 0.3}), "PCA has the smaller error"),
        ],
        blank=[],
        broken=type("Broken", (dict,), {"get": broken})(CARD),
    ),
}
