"""What learners may hand to the checks of lesson 10; test_exercises.py hands it in."""

import math

import keras
import numpy as np
from keras import layers

from cases import Case


def remixed(order=0, encoder=True, bias=True, decoder=True, shifted=False):
    """`remix` with one thing done differently; `order` says how A is changed first."""

    def remix(model, A):
        A = (A, A.T, np.linalg.inv(A))[order]
        W_1, b_1, W_2, b_2 = model.get_weights()
        inverse = np.linalg.inv(A)
        mixed = [
            W_1 @ A if encoder else W_1,
            b_1 @ A if bias else b_1,
            inverse @ W_2 if decoder else W_2,
            b_2 + b_1 @ W_2 if shifted else b_2,
        ]
        model.set_weights(mixed)
        return model

    return remix


def remix_by_layers(model, A):
    """The same, layer by layer."""
    code, pixels = model.encoder.code, model.decoder.pixels
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in (code.kernel, code.bias))
    code.kernel.assign(kernel @ A)
    code.bias.assign(bias @ A)
    kernel = keras.ops.convert_to_numpy(pixels.kernel)
    pixels.kernel.assign(np.linalg.solve(A, kernel))
    return model


def multiplied_from_the_left(model, A):
    W_1, b_1, W_2, b_2 = model.get_weights()
    model.set_weights([W_1 @ A, b_1 @ A, A @ W_2, b_2])
    return model


def axes_of(z, rows, centre=True, order=1):
    drawn = (z - z.mean(axis=0) * centre) @ rows
    return np.linalg.svd(drawn, full_matrices=False)[2][: len(rows)][::order]


X = (0.3 + 0.25 * np.random.default_rng(0).random((60, 4, 5, 1))).astype("float32")
X[:, :2] *= np.linspace(0.2, 1.8, 60)[:, None, None, None].astype("float32")
X[:, :, 2:] *= np.random.default_rng(1).random((60, 1, 1, 1)).astype("float32")


def linear(n=4, bias=0.0, trained=True, output="linear", shape=X.shape[1:], tied=True):
    """A network of two dense layers whose weights are the best `n` directions through zero."""
    flat = X.reshape(len(X), -1)
    rows = np.linalg.svd(flat, full_matrices=False)[2][:n]
    if not trained:
        rows = np.linalg.qr(np.random.default_rng(0).normal(size=(flat.shape[1], n)))[0].T
    with_bias = bias is not None
    model = keras.Sequential(
        [
            layers.Flatten(),
            layers.Dense(n, use_bias=False),
            layers.Dense(flat.shape[1], use_bias=with_bias, activation=output),
            layers.Reshape(shape),
        ]
    )
    model.build((None, *X.shape[1:]))
    mixing = np.eye(n) if tied else np.random.default_rng(2).normal(size=(n, n)) + 3 * np.eye(n)
    weights = [rows.T @ mixing, np.linalg.inv(mixing) @ rows]
    model.set_weights(weights + [np.full(flat.shape[1], bias or 0)] * with_bias)
    return model


BETWEEN = "between PCA with 4 and 3"


class Tied(keras.Model):
    """One matrix there and back."""

    def __init__(self):
        super().__init__()
        rows = np.linalg.svd(X.reshape(len(X), -1), full_matrices=False)[2][:4]
        self.kernel = self.add_weight(rows.T.shape, name="kernel")
        self.kernel.assign(rows.T)
        self.built = True

    def call(self, x):
        flat = keras.ops.reshape(keras.ops.convert_to_tensor(x), (-1, math.prod(X.shape[1:])))
        z = keras.ops.matmul(flat, self.kernel)
        back = keras.ops.matmul(z, keras.ops.transpose(self.kernel))
        return keras.ops.reshape(back, (-1, *X.shape[1:]))


def measure(encoder, size, seed):
    """Stands for a training: a linear encoder is far behind with two numbers, and level with 16."""
    gap = 4 / size if encoder == "linear" else 0
    return 60 / size**0.7 * (1 + 0.1 * gap) + 0.01 * math.sin(seed + len(encoder))


def evidence(size, seeds=(0, 1)):
    return {name: [measure(name, size, seed) for seed in seeds] for name in ("linear", "nonlinear")}


OVERLAP = {"linear": [9.0, 8.0], "nonlinear": [7.0, 8.1]}

CASES = {
    "remix": Case(
        right=[remixed(), remix_by_layers],
        wrong=[
            (remixed(bias=False), "it is mixed as well"),
            (remixed(order=1), "A transposed"),
            (remixed(order=2), "the decoder its inverse"),
            (remixed(decoder=False), "the decoder must first undo A"),
            (multiplied_from_the_left, "the decoder must first undo A"),
            (remixed(encoder=False, bias=False), "the codes are as before"),
            (remixed(shifted=True), "and keep its bias"),
            (lambda model, A: model.get_weights(), "return the model"),
        ],
    ),
    "principal_axes": Case(
        right=[axes_of, lambda z, rows: -axes_of(z, rows)],
        wrong=[
            (lambda z, rows: rows, "should be orthonormal"),
            (lambda z, rows: np.linalg.qr(rows.T)[0].T, "mixtures of the axes"),
            (lambda z, rows: axes_of(z, rows, centre=False), "mixtures of the axes"),
            (lambda z, rows: axes_of(z, rows, order=-1), "wrong order"),
            (lambda z, rows: axes_of(z, rows).T, "three axes of 12 pixels"),
        ],
    ),
    "without_bias": Case(
        right=[(linear(bias=None), BETWEEN), (linear(tied=False), BETWEEN), (Tied(), BETWEEN)],
        wrong=[
            (linear(), "set finding ="),
            (("as PCA with 4", linear()), "set finding ="),
            ((linear(), "worse"), "the place is one of"),
            ((linear(bias=0.1), BETWEEN), "there is still a bias"),
            ((linear(output="sigmoid"), BETWEEN), "or a sigmoid"),
            ((linear(output="tanh"), BETWEEN), "there is an activation in it"),
            ((linear(n=16), "as PCA with 4"), "combinations of 16 pictures"),
            ((linear(trained=False), "worse than PCA with 1"), "train longer"),
            ((linear(), "as PCA with 4"), "that is not 'as PCA with 4'"),
            ((linear(), "between PCA with 3 and 1"), "that is not 'between PCA with 3 and 1'"),
            ((linear(shape=(5, 4, 1)), BETWEEN), "must return images of the shape"),
        ],
        others=(X,),
    ),
    "encoder": Case(
        right=[(2, "nonlinear", evidence(2)), (32, "linear", evidence(32, seeds=(3, 4, 5)))],
        wrong=[
            ("nonlinear", "set decision ="),
            ((1, "nonlinear", evidence(2)), "from 2 to 32"),
            ((2, "both", evidence(2)), "the encoder is one of"),
            ((2, "nonlinear", {"nonlinear": [1.0, 2.0]}), "one alone compares nothing"),
            ((2, "nonlinear", evidence(2, seeds=(0,))), "one run may be luck"),
            ((2, "nonlinear", evidence(2, seeds=(0, 0))), "pass each seed"),
            ((2, "linear", evidence(2)), "by your own numbers"),
            ((32, "nonlinear", evidence(32)), "Prefer the simpler one"),
            ((8, "nonlinear", OVERLAP), "Prefer the simpler one"),
            ((16, "nonlinear", evidence(2)), "trained once more"),
        ],
        others=(measure,),
    ),
}
