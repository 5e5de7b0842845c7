"""What learners may hand to the checks of lesson 19; test_exercises.py hands it in."""

from types import SimpleNamespace

import numpy as np

from cases import Case, broken

# Eighty names: one of four letters, five times, and the end.
LETTERS = np.random.default_rng(0).integers(1, 5, 80)
X = np.zeros((80, 6, 5), "float32")
for place in range(5):
    X[np.arange(80), place, LETTERS] = 1
X[:, 5, 0] = 1
SIGNS = np.array([[0, 0], [1, 1], [1, -1], [-1, 1], [-1, -1]], "float32")  # a code for each letter


def tempered(p, temperature):
    powered = (p / p.max(axis=-1, keepdims=True)) ** (1 / temperature)
    return powered / powered.sum(axis=-1, keepdims=True)


def by_logarithm(p, temperature):
    with np.errstate(divide="ignore"):
        logits = np.log(p) / temperature
    q = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return q / q.sum(axis=-1, keepdims=True)


def softmax(p, temperature):
    q = np.exp(p / temperature)
    return q / q.sum(axis=-1, keepdims=True)


def over_all(p, temperature):
    powered = (p / p.max()) ** (1 / temperature)
    return powered / powered.sum()


def underflowing(p, temperature):
    powered = p ** (1 / temperature)
    return powered / powered.sum(axis=-1, keepdims=True)


def unnormalised(p, temperature):
    return p ** (1 / temperature)


def inverted(p, temperature):
    return tempered(p, 1 / temperature)


def vae(size=3.0, log_var=-2.0, listens=True, sure=8.0, extra=0, plain=False, spread=True):
    """A VAE of the names X: the signs of two code numbers say the letter."""

    def encode(x):
        z_mean = size * SIGNS[x[:, 0].argmax(axis=1)]
        z_mean = z_mean if spread else np.full_like(z_mean, size)
        z_mean = np.concatenate([z_mean, np.zeros((len(x), extra), "float32")], axis=1)
        if plain:
            return z_mean[:, :1]
        return np.concatenate([z_mean, np.full_like(z_mean, log_var)], axis=1)

    def decode(inputs):
        previous, z = inputs
        if z.shape[1] != 2 + extra:
            raise ValueError(f"a code of {z.shape[1]}")
        logits = np.zeros(previous.shape, "float32")
        if listens:
            logits[:, :5, 1:] = sure * np.maximum(np.sign(z[:, :2]) @ SIGNS[1:].T - 1, 0)[:, None]
        else:  # It repeats the letter before.
            logits += sure * previous
        logits[:, 5] = [sure, 0, 0, 0, 0]
        return logits

    return SimpleNamespace(encoder=encode, decoder=decode)


def broken_model():
    return SimpleNamespace(encoder=broken, decoder=broken)


TEXTS = ["red", "sky blue", "green", "pink"]
JUDGED = {
    "VAE": {"rate": 0.1, "bits": 2.1, "written": ["red", "red", "red", "red"]},
    "both": {"rate": 4.0, "bits": 2.6, "written": ["rad", "sky blue", "greed", "pin"]},
    "weaker": {"rate": 2.0, "bits": 2.3, "written": ["red", "blue", "green", "brown"]},
}
BITS = {name: found["bits"] for name, found in JUDGED.items()}
EDITS = {"VAE": 15 / 4, "both": 3 / 4, "weaker": 9 / 4}
EXACT = {"VAE": 0.25, "both": 0.25, "weaker": 0.5}

CASES = {
    "temperature": Case(
        right=[tempered, by_logarithm],
        wrong=[
            (unnormalised, "they add up to"),
            (softmax, "nothing may change"),
            (inverted, "cold must sharpen"),
            (over_all, "normalised by itself"),
            (underflowing, "divide by the largest"),
            (lambda p, temperature: p, "cold must sharpen"),
            (lambda p, temperature: np.eye(3)[[0]] if temperature < 1 else p[None], "not (1, 3)"),
        ],
    ),
    "vae": Case(
        right=[vae(), vae(size=2.5, log_var=-3.0, extra=1)],
        wrong=[
            (3.7, "a trained model with an `encoder`"),
            (vae(size=0.0, log_var=0.0), "without the code"),
            (vae(listens=False), "What is paid for is not used"),
            (vae(spread=False), "What is paid for is not used"),
            (vae(size=9.0, log_var=-9.0), "costs too much"),
            (vae(sure=0.5), "costs too much"),
            (vae(plain=True), "means and log variances"),
        ],
        blank=[],
        broken=broken_model(),
        others=(X,),
    ),
    "choice": Case(
        right=[
            ("VAE", "bits", BITS),
            ("both", "edits", EDITS),
            ("weaker", "exact", EXACT),
        ],
        wrong=[
            ("both", "set decision ="),
            (("GRU", "bits", BITS), "choose one of"),
            (("both", "rate", {"VAE": 0.1, "both": 4.0, "weaker": 2.0}), "the measure is one of"),
            (("both", "edits", {"both": 3 / 4}), "one alone compares nothing"),
            (("both", "edits", {"VAE": 15, "both": 3, "weaker": 9}), "An average"),
            (("both", "bits", BITS), "your own numbers speak for VAE"),
            (("VAE", "exact", EXACT), "your own numbers speak for weaker"),
        ],
        others=(JUDGED, TEXTS),
    ),
}
