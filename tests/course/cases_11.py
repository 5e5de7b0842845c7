"""What learners may hand to the checks of lesson 11; test_exercises.py hands it in."""

import itertools

import keras
import numpy as np

from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder, backend
from cases import Case


def seen(strides, kernel=3, spread=True):
    jumps = [1, *itertools.accumulate(strides, lambda a, b: a * b)]
    return 1 + sum((kernel - 1) * (jump if spread else 1) for jump in jumps[: len(strides)])


def painted(x, kernel, turn=1):
    n, height, width, _ = x.shape
    blocks = np.einsum("nijc,abfc->niajbf", x, kernel[::turn, ::turn])
    return blocks.reshape(n, 2 * height, 2 * width, -1)


def painted_in_order(x, kernel):
    """As if the block were told row by row: (a, b) exchanged."""
    return painted(x, kernel.swapaxes(0, 1))


def bars(n=48, side=8):
    """Bright bars of two widths at different places, upright or level."""
    x = np.zeros((n, side, side, 1), "float32")
    for i in range(n):
        first, size = i % (side - 2), 1 + i // 6 % 2
        part = (slice(None), slice(first, first + size))
        x[i][part if i // 12 % 2 else part[::-1]] = 1
    return x


X = bars()
LIMIT = 5.0  # The mean image has about three times as much.


def own(encoder=None, decoder=None, epochs=150, whole=True):
    """A function that trains a small network on the bars."""

    def mine():
        parts = (
            encoder() if encoder else ConvEncoder(8, filters=(8,)),
            decoder() if decoder else ConvDecoder(X.shape[1:], filters=(8,), up="nearest"),
        )
        model = Autoencoder(*parts)
        backend.seed_weights(model, seed=0)
        model.compile(keras.optimizers.Adam(0.01), loss="mse")
        if epochs:
            model.fit(X, X, epochs=epochs, batch_size=48, shuffle=False, verbose=0)
        return model if whole else keras.Sequential([model.encoder, model.decoder])

    return mine


def measure(network, kind, seed):
    """Stands for a training: dense networks do not notice shuffling, convolutional ones do."""
    level = {
        ("dense", "digits"): 18,
        ("dense", "shuffled"): 18,
        ("dense", "moved"): 40,
        ("convolutional", "digits"): 10,
        ("convolutional", "shuffled"): 18,
        ("convolutional", "moved"): 22,
    }[network, kind]
    return level + 0.1 * (-1) ** seed + 0.01 * seed


def evidence(kind, seeds=(0, 1)):
    return {name: [measure(name, kind, seed) for seed in seeds] for name in NETWORKS}


NETWORKS = ("dense", "convolutional")

CASES = {
    "receptive_field": Case(
        right=[seen, lambda strides, kernel=3: int(seen(list(strides), kernel))],
        wrong=[
            (lambda strides, kernel=3: seen(strides, spread=False), "3 + 2 * 2 = 7"),
            (lambda strides, kernel=3: seen(strides), "instead of 3"),
            (lambda strides, kernel=3: 3 ** len(strides), "one pixel on both sides"),
            (lambda strides, kernel=3: len(strides), "3 pixels across"),
            (
                lambda strides, kernel=3: (
                    1 + (kernel - 1) * sum([1, *strides[:-1]][: len(strides)])
                ),
                "the steps multiply",
            ),
        ],
    ),
    "double": Case(
        right=[painted, lambda x, kernel: np.asarray(painted(x, kernel), "float32")],
        wrong=[
            (lambda x, kernel: painted(x, kernel, turn=-1), "upside down"),
            (lambda x, kernel: painted(x, kernel)[..., :5], "should become (2, 6, 8, 6)"),
            (lambda x, kernel: -painted(x, kernel), "sum over channels"),
            (painted_in_order, "pixel (2i + a, 2j + b)"),
        ],
    ),
    "own_network": Case(
        right=[
            own(),
            own(
                encoder=lambda: ConvEncoder(6, filters=(8, 8), down="pool"),
                decoder=lambda: ConvDecoder(X.shape[1:], filters=(16, 8), up="nearest"),
                epochs=250,
            ),
        ],
        wrong=[
            ("a model", "should be a model"),
            (own(whole=False, epochs=0), "the parts `encoder` and `decoder`"),
            (own(encoder=lambda: ConvEncoder(24, filters=(8,)), epochs=0), "has 24 numbers"),
            (
                own(
                    encoder=lambda: ConvEncoder(2, filters=(8,), flat=False),
                    decoder=lambda: ConvDecoder(X.shape[1:], filters=(8,), flat=False),
                    epochs=0,
                ),
                "has 32 numbers",
            ),
            (own(encoder=lambda: DenseEncoder(8), epochs=0), "no convolution in the encoder"),
            (
                own(decoder=lambda: DenseDecoder(X.shape[1:], hidden=()), epochs=0),
                "no convolution in the decoder",
            ),
            (
                own(encoder=lambda: ConvEncoder(20, filters=(16, 400)), epochs=0),
                "Most are in",
            ),
            (own(epochs=0), "train it"),
            (own(encoder=lambda: ConvEncoder(1, filters=(8,))), "and PCA has"),
        ],
        others=(X, LIMIT),
    ),
    "neighbours": Case(
        right=[
            ("moved", "convolutional", evidence("moved")),
            ("shuffled", "neither", evidence("shuffled", seeds=(0, 1, 2))),
            ("digits", "convolutional", evidence("digits", seeds=(3, 4))),
        ],
        wrong=[
            ("convolutional", "set decision ="),
            (("letters", "dense", evidence("digits")), "the kind is one of"),
            (("moved", "both", evidence("moved")), "the verdict is one of"),
            (("moved", "convolutional", {"convolutional": [1.0, 2.0]}), "one alone compares"),
            (("moved", "convolutional", evidence("moved", seeds=(0,))), "one run may be luck"),
            (("moved", "convolutional", evidence("moved", seeds=(0, 0))), "pass each seed"),
            (("moved", "dense", evidence("moved")), "speak for 'convolutional'"),
            (("shuffled", "convolutional", evidence("shuffled")), "speak for 'neither'"),
            (("moved", "convolutional", evidence("digits")), "trained once more on moved images"),
        ],
        others=(measure,),
    ),
}
