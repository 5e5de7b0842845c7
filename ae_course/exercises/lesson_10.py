"""Checks of the exercises in lesson 10, Linear autoencoders and PCA."""

import keras
import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_seeds,
    read_tuple,
)
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, evaluation

HINTS = {
    "10.1": (
        "The code is x W_1 + b_1: which two arrays have to change so that it becomes (x W_1 + b_1) "
        "A?",
        "Both `W_1` and `b_1` are multiplied by `A` from the right. The decoder has to undo that "
        "first, so its matrix gets the inverse of `A` from the left. `b_2` is added to pictures, "
        "not to codes.",
        "`model.set_weights([W_1 @ A, b_1 @ A, np.linalg.inv(A) @ W_2, b_2])`. An `A` that removes "
        "correlations has the eigenvectors of `np.cov(z.T)` as its columns.",
    ),
    "10.2": (
        "The code may mix the axes in any way: do the pictures that the decoder draws depend on "
        "the mixture?",
        "They do not. Centre the codes and draw them: `(z - z.mean(axis=0)) @ W_2`. A singular "
        "value decomposition of these pictures gives orthonormal rows, the one with the largest "
        "variance first.",
        "`np.linalg.svd(drawn, full_matrices=False)` returns three arrays. The axes are rows of "
        "the third, and there are as many as `W_2` has rows.",
    ),
    "10.3": (
        "Which picture does a model without any bias draw for the black image, and where must its "
        "subspace therefore pass?",
        "Two dense layers without activation and with `use_bias=False`, of 4 and of as many units "
        "as pixels, between `Flatten` and `Reshape`. Then `train_well`, and its error on train.x "
        "beside three of PCA.",
        "`model = keras.Sequential([layers.Flatten(), layers.Dense(4, use_bias=False), "
        "layers.Dense(784, use_bias=False), layers.Reshape(image_shape)])`, then "
        "`model.build((None, *image_shape))`, `train_well(model)`, and "
        "`finding = (model, place)`.",
    ),
    "10.4": (
        "With two numbers, can a linear map keep a 4 and a 9 apart, as a nonlinear one can?",
        "Measure one size for both encoders, with the same seeds, and compare two things: the "
        "means, and the worst nonlinear run with the best linear one.",
        '`evidence = {name: [measure(name, size, seed) for seed in (0, 1)] for name in ("linear", '
        '"nonlinear")}`, then `decision = (size, "nonlinear", evidence)` or "linear", by the rule.',
    ),
}
hint = Hints(HINTS)

PLACES = (
    "as PCA with 4",
    "between PCA with 4 and 3",
    "between PCA with 3 and 1",
    "worse than PCA with 1",
)
ENCODERS = ("linear", "nonlinear")
MARGIN = 0.03
NEW_SEED = 7
TOLERANCE = 0.15


def _linear_model(shape, latent_dim):
    """A linear autoencoder with random weights and biases."""
    model = Autoencoder(
        DenseEncoder(latent_dim, hidden=()),
        DenseDecoder(shape, hidden=(), output_activation="linear"),
    )
    model.build((None, *shape))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


@check
def check_remix(remix):
    """Exercise 10.1: `remix(model, A)`."""
    rng = np.random.default_rng(1)
    x = rng.random((5, 3, 4, 1)).astype("float32")
    model, A = _linear_model((3, 4, 1), 3), rng.normal(size=(3, 3))
    z, x_hat = evaluation.encode(model, x), evaluation.reconstruct(model, x)
    mixed = call(remix, model, A)
    expect(isinstance(mixed, keras.Model), "return the model, with its new weights.")
    new_z, new_x_hat = evaluation.encode(mixed, x), evaluation.reconstruct(mixed, x)
    expect(not close(new_z, z, 1e-3), "the codes are as before: change `W_1` and `b_1`.")
    difference = new_z - z @ A
    expect(
        not close(difference, np.repeat(difference[:1], 5, axis=0), 1e-3)
        or close(difference, 0 * difference, 1e-3),
        "the codes are shifted against z A: `b_1` is part of the code, so it is mixed as well.",
    )
    expect(not close(new_z, z @ A.T, 1e-3), "that is z times A transposed; the code should be z A.")
    expect(
        not close(new_z, z @ np.linalg.inv(A), 1e-3),
        "that is z times the inverse of A. The encoder gets A, the decoder its inverse.",
    )
    expect(
        close(new_z, z @ A, 1e-3),
        "the codes are not z A: multiply `W_1` and `b_1` by A from the right.",
    )
    expect(
        close(new_x_hat, x_hat, 1e-3),
        "the codes are right, but the pictures have changed: the decoder must first undo A, with "
        "its inverse from the left, and keep its bias.",
    )
    return "another code, and the same pictures to the last digit"


@check
def check_principal_axes(principal_axes):
    """Exercise 10.2: `principal_axes(z, W_2)`."""
    rng = np.random.default_rng(0)
    right = np.linalg.qr(rng.normal(size=(12, 3)))[0].T
    spread = rng.normal(size=(400, 3))
    spread = np.linalg.qr(spread - spread.mean(axis=0))[0] * [9.0, 5.0, 2.0]
    mixing = rng.normal(size=(3, 3))
    z, rows = spread @ mixing + [5.0, -8.0, 3.0], np.linalg.inv(mixing) @ right
    result = np.asarray(call(principal_axes, z, rows))
    expect(result.shape == (3, 12), f"three axes of 12 pixels are (3, 12), not {result.shape}.")
    expect(
        close(result @ result.T, np.eye(3), 1e-4),
        "the rows should be orthonormal: a singular value decomposition gives such rows.",
    )
    match = np.abs(result @ right.T)
    expect(
        close(match.max(axis=1), np.ones(3), 1e-3),
        "the rows are mixtures of the axes. Centre the codes, draw, and take the SVD of that.",
    )
    expect(close(match, np.eye(3), 1e-3), "right axes, wrong order: the largest spread first.")
    return "PCA's axes, in order, out of a mixed code"


@check
def check_without_bias(finding, x):
    """Exercise 10.3: `finding = (model, place)`, the model trained on the images `x`."""
    if callable(finding) and not isinstance(finding, keras.Model):
        finding = call(finding)
    expect(
        isinstance(finding, tuple) and len(finding) == 2 and isinstance(finding[0], keras.Model),
        "set finding = (model, place).",
    )
    model, place = finding
    expect(place in PLACES, f"the place is one of {', '.join(PLACES)}, not {place!r}.")
    few = x[:500]
    x_hat = evaluation.reconstruct(model, few)
    black = np.abs(evaluation.reconstruct(model, np.zeros_like(few[:1]))).max()
    expect(
        black < 1e-5,
        f"the black image becomes one with pixels up to {black:.2f}: there is still a bias, or a "
        "sigmoid.",
    )
    halved = evaluation.reconstruct(model, few[:50] / 2)
    expect(
        close(halved, x_hat[:50] / 2, 1e-3),
        "an image half as bright does not come back half as bright: there is an activation in it.",
    )
    values = np.linalg.svd(x_hat.reshape(len(few), -1), compute_uv=False)
    rank = int(np.sum(values > 1e-4 * values[0]))
    expect(rank == 4, f"its pictures are combinations of {rank} pictures, not of four.")
    error = evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean()
    flat = x.reshape(len(x), -1).astype("float64")
    best = np.linalg.eigvalsh(flat.T @ flat / len(x))[:-4].sum()
    expect(
        error < 1.01 * best,
        f"its error is {error:.2f}, and {best:.2f} can be reached: train longer.",
    )
    bounds = [evaluation.pca_error(x, x, k) for k in (4, 3, 1)]
    right = PLACES[int(np.searchsorted(bounds, error / 1.002))]
    numbers = ", ".join(f"{bound:.2f}" for bound in bounds)
    expect(
        place == right,
        f"your model has {error:.2f}, and PCA with 4, 3 and 1 numbers {numbers}: that is not "
        f"{place!r}.",
    )
    return (
        "its subspace has to pass through the black image, so one of the four numbers is spent on "
        "the mean image; PCA with three can draw nothing that it cannot draw"
    )


@check
def check_encoder(decision, measure):
    """Exercise 10.4: `decision = (size, encoder, evidence)`; `measure` trains again."""
    size, encoder, evidence = read_tuple(decision, 3, "set decision = (size, encoder, evidence).")
    expect(
        isinstance(size, int) and 2 <= size <= 32,
        f"the size is a whole number from 2 to 32, not {size!r}.",
    )
    expect(encoder in ENCODERS, f"the encoder is one of {', '.join(ENCODERS)}, not {encoder!r}.")
    evidence = read_seeds(evidence, ENCODERS, "encoder")
    linear, nonlinear = evidence["linear"], evidence["nonlinear"]
    gain = 1 - nonlinear.mean() / linear.mean()
    better = gain > MARGIN and nonlinear.max() < linear.min()
    numbers = (
        f"linear {linear.min():.2f} to {linear.max():.2f}, nonlinear {nonlinear.min():.2f} to "
        f"{nonlinear.max():.2f}"
    )
    expect(
        better or encoder == "linear",
        f"your evidence does not show that the nonlinear encoder is better by 3 per cent and from "
        f"every seed: {numbers}. Prefer the simpler one, or look at another size.",
    )
    expect(
        not better or encoder == "nonlinear",
        f"by your own numbers the nonlinear encoder is better by {gain:.0%} and from every seed: "
        f"{numbers}.",
    )
    for name, found in evidence.items():
        again = float(measure(name, size, NEW_SEED))
        expect(
            (1 - TOLERANCE) * found.min() <= again <= (1 + TOLERANCE) * found.max(),
            f"trained once more, a {name} encoder with {size} numbers has an error of {again:.2f}; "
            f"your evidence lies between {found.min():.2f} and {found.max():.2f}. Are these the "
            f"numbers of `measure({name!r}, {size}, seed)`?",
        )
    return f"for {size} numbers your evidence supports the {encoder} encoder, and was repeated"
