"""Checks of the exercises in lesson 18, Discrete codes, and two kinds more."""

import keras
import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    close,
    expect,
    read_tuple,
)
from ae_keras import VQVAE, Autoencoder, DenseDecoder, DenseEncoder, evaluation

HINTS = {
    "18.1": (
        "Which embedding is nearest to each row of `h`, and which numbers never occur among them?",
        (
            "`h[:, None] - codebook` has shape (n, num_embeddings, embedding_dim): its squares, "
            "summed over the last axis, and `argmin` give the nearest. Count with `np.bincount`, "
            "and change a copy of the codebook."
        ),
        (
            "`dead = np.flatnonzero(np.bincount(nearest, minlength=len(codebook)) == 0)`, then "
            "`new = codebook.copy()` and "
            "`new[dead] = h[rng.choice(len(h), len(dead), replace=False)]`."
        ),
    ),
    "18.2": (
        "How many bits lie between a codebook of 16 and one of 256, and which images have no part?",
        (
            "For each size: `model = one_vector(size)`, then `start_codebook(model, plain, few)`, "
            "then `fit` for 8 epochs with the same learning rate. `error(model)` is the error of "
            "the validation images."
        ),
        (
            "`errors = {size: error(model) for size, model in models.items()}`, and with `low` and "
            "`high` as your smallest and largest size "
            "`gain = (errors[low] - errors[high]) / np.log2(high / low)`."
        ),
    ),
    "18.3": (
        "On which images would a table that remembers everything and trusts every count look best?",
        (
            "The table is always made of the training tokens; the bits are those of other images: "
            "`table_bits(count_table(tokens, s), tokens_val)`. Try strengths below 10 as well as "
            "above it, until the best has a worse one on each side."
        ),
        (
            "`numbers = {s: table_bits(count_table(tokens, s), tokens_val) for s in (...)}` and "
            "`decision = (min(numbers, key=numbers.get), numbers)`."
        ),
    ),
    "18.4": (
        "If the code is a hundred times smaller, what must the decoder do to draw the same image?",
        (
            "The code is the encoder's last layer and linear: its kernel and bias are the last two "
            "arrays of `model.encoder.get_weights()`. The decoder reads the code by one kernel, "
            "the first array of its weights."
        ),
        (
            "Divide the encoder's last two arrays by 200 and multiply the decoder's first by 200; "
            "`set_weights` takes the whole list of arrays; return the model."
        ),
    ),
}
hint = Hints(HINTS)


@check
def check_revive(revive):
    """Exercise 18.1: `revive(codebook, h, rng)`."""
    for seed, (n, n_codes, width) in enumerate([(50, 12, 3), (9, 8, 1), (200, 20, 6)]):
        rng = np.random.default_rng(seed)
        h = rng.normal(size=(n, width))
        codebook = rng.normal(size=(n_codes, width))
        codebook[::3] += 9  # far from every row of h
        h[0], codebook[1] = -9, -9.1  # near a single row, and alive all the same
        given = codebook.copy(), h.copy()
        result = call(revive, codebook, h, np.random.default_rng(seed))
        result = np.array(result)
        expect(
            np.array_equal(codebook, given[0]) and np.array_equal(h, given[1]),
            "your function changes the arrays that it was given: change a copy.",
        )
        expect(
            result.shape == codebook.shape,
            f"a codebook of shape {codebook.shape} came back as {result.shape}.",
        )
        nearest = np.linalg.norm(h[:, None] - codebook, axis=-1).argmin(axis=1)
        dead = ~np.isin(np.arange(n_codes), nearest)
        expect(
            np.array_equal(result[~dead], codebook[~dead]),
            "an embedding that is nearest to some row of h was moved: it is alive, leave it.",
        )
        stayed = np.all(result == codebook, axis=1) & dead
        expect(
            not stayed.any(),
            f"{stayed.sum()} of {dead.sum()} dead embeddings stayed where they were. Dead is what "
            "is nearest (by the squared distance) to no row.",
        )
        rows = [np.flatnonzero(np.all(h == each, axis=1)) for each in result[dead]]
        expect(all(map(len, rows)), "each revived embedding should be a row of h, exactly.")
        rows = [row[0] for row in rows]
        expect(len(set(rows)) == len(rows), "two dead embeddings were moved to the same row of h.")
    others = [
        np.array(revive(codebook, h, np.random.default_rng(seed)))[dead] for seed in range(10, 14)
    ]
    expect(
        any(not np.array_equal(each, others[0]) for each in others[1:]),
        "another `rng` gives the same rows: let it draw them.",
    )
    repeated = np.array(revive(codebook, h, np.random.default_rng(10)))[dead]
    expect(np.array_equal(repeated, others[0]), "take all randomness from `rng`, to be repeatable.")
    return "the dead stand where codes are, the living where they stood"


@check
def check_sizes(answer, x):
    """Exercise 18.2: `answer = (models, errors, gain)`, judged on the images `x`."""
    if callable(answer) and not isinstance(answer, keras.Model):
        answer = call(answer)
    expect(
        isinstance(answer, tuple) and len(answer) == 3,
        "set answer = (models, errors, gain).",
    )
    models, errors, gain = answer
    expect(
        isinstance(models, dict) and isinstance(errors, dict) and set(models) == set(errors),
        "models and errors are two dicts with the same sizes.",
    )
    expect(
        len(models) >= 3 and min(models) < 64 < max(models) and 64 in models,
        f"three sizes or more are wanted, below 64, 64 and above; you have {sorted(models)}.",
    )
    expect(
        all(isinstance(model, VQVAE) for model in models.values()),
        "each of the models should be a VQVAE.",
    )
    for size, model in models.items():
        own = model.quantizer.num_embeddings
        expect(own == size, f"the model under {size} has a codebook of {own}.")
        use, error = _use_and_error(model, x)
        expect(
            close(errors[size], error, 1e-2),
            f"for {size} the error of the validation images is {error:.1f}; you give "
            f"{float(errors[size]):.1f}.",
        )
        expect(
            use > size / 4,
            f"with {size} embeddings the perplexity is {use:.1f}: most are dead. Start the "
            "codebook from k-means, as `quantised` was.",
        )
    low, high = min(models), max(models)
    expect(
        errors[high] < errors[low],
        f"the error of {high} is not smaller than that of {low}: were all trained for 8 epochs, "
        "from the same plain autoencoder?",
    )
    right = (errors[low] - errors[high]) / np.log2(high / low)
    expect(
        not close(gain, (errors[low] - errors[high]) / (high - low), 2e-2),
        "that is the gain for each embedding more; one bit more is twice as many embeddings.",
    )
    expect(
        close(gain, right, 2e-2),
        f"from {low} to {high} there are {np.log2(high / low):.1f} bits, and the error falls by "
        f"{errors[low] - errors[high]:.1f}: that is {right:.2f} for each bit, not {gain:.2f}.",
    )
    return f"each bit more lowers the error by {right:.1f}"


def _use_and_error(model, x):
    indices = keras.ops.convert_to_numpy(model.indices(x))
    use = evaluation.perplexity(indices, model.quantizer.num_embeddings)
    return use, evaluation.squared_error(x, _forward(model, x)).mean()


def _forward(part, x):
    """What a model returns, as a NumPy array: called directly, with nothing to compile."""
    return keras.ops.convert_to_numpy(part(x))


@check
def check_strength(decision, tokens, tokens_val):
    """Exercise 18.3: `decision = (strength, numbers)` for index maps of 7 x 7 places."""
    choice, numbers = read_tuple(decision, 2, "set decision = (strength, numbers).")
    expect(
        isinstance(numbers, dict) and len(numbers) >= 4,
        "the evidence is a dict from at least four strengths to their bits.",
    )
    expect(min(numbers) > 0, "a strength of 0 makes pairs never seen impossible: stay above it.")
    expect(choice in numbers, f"{choice} is not among the strengths that you measured.")
    size = max(tokens.max(), tokens_val.max()) + 1
    for strength, given in numbers.items():
        seen, right = _bits(tokens, strength, (tokens, tokens_val), max(size, 32))
        expect(
            not close(given, seen, 2e-3),
            f"for {strength}, {given:.1f} are the bits of the training images, which the table has "
            "counted itself: the less it is smoothed, the better they look. Judge by others.",
        )
        expect(
            close(given, right, 2e-3),
            f"for {strength} a validation image takes {right:.1f} bits; you give {given:.1f}.",
        )
    best = min(numbers, key=numbers.get)
    expect(choice == best, f"your own numbers are lowest at {best}, not at {choice}.")
    expect(
        min(numbers) < choice < max(numbers),
        f"{choice} is at the end of what you tried; further out it may be better still.",
    )
    return f"{choice} has fewer bits than its neighbours on both sides"


def _bits(tokens, strength, judged, size):
    places = np.arange(49)
    alone = np.full((49, size), 0.1)
    np.add.at(alone, (places, tokens), 1)
    alone /= alone.sum(axis=1, keepdims=True)
    counts = np.zeros((49, size + 1, size + 1, size))
    np.add.at(counts, (places, *_neighbours(tokens, size), tokens), 1)
    found = []
    for each in judged:
        left, above = _neighbours(each, size)
        total = counts.sum(axis=-1)[places, left, above] + strength
        seen = counts[places, left, above, each] + strength * alone[places, each]
        found.append(-np.log2(seen / total).sum(axis=1).mean())
    return found


def _neighbours(tokens, edge):
    padded = np.pad(tokens.reshape(-1, 7, 7), ((0, 0), (1, 0), (1, 0)), constant_values=edge)
    return padded[:, 1:, :-1].reshape(-1, 49), padded[:, :-1, 1:].reshape(-1, 49)


@check
def check_cheat(cheat):
    """Exercise 18.4: `cheat(model)` makes the slope small and nothing else."""
    for seed, latent_dim in enumerate((2, 5)):
        rng = np.random.default_rng(seed)
        encoder = DenseEncoder(latent_dim, hidden=(12,))
        model = Autoencoder(encoder, DenseDecoder((6, 6, 1), hidden=(10,)))
        model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
        x = rng.random((20, 6, 6, 1), "float32")
        x_hat, before = _forward(model, x), _slope(model, x)
        result = call(cheat, model)
        expect(isinstance(result, Autoencoder), "return the model.")
        off = np.abs(_forward(result, x) - x_hat).max()
        after = _slope(result, x)
        expect(
            off < 1e-3,
            f"pixels changed by up to {off:.2f}. What the encoder's last layer loses, its bias "
            "included, the decoder's first kernel (not its bias) must give back.",
        )
        expect(after > 0, "the code no longer depends on the image.")
        expect(
            after < before / 99,
            f"the slope fell to 1/{before / after:.0f}; a hundredth is wanted.",
        )
    return "the same autoencoder, with a slope as small as you like"


def _slope(model, x, step=0.1):
    nudge = step * np.random.default_rng(0).normal(size=x.shape).astype("float32")
    z, z_nudged = (_forward(model.encoder, each) for each in (x, x + nudge))
    return np.sqrt(np.mean(np.sum(((z_nudged - z) / step) ** 2, axis=1)))
