"""Checks of the exercises in lesson 24, Capstone."""

import numbers

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect, read_tuple
from ae_keras import data, evaluation

HINTS = {
    "24.1": (
        "What is the same in two copies of a picture, one of which is twice as bright?",
        (
            "Its pattern: subtract the mean of each picture and divide by its length, and the dot "
            "product of two copies is 1. Then do the same with the mirrored pictures."
        ),
        (
            "`pattern = x.reshape(len(x), -1)`, minus its mean over axis 1, divided by "
            "`np.linalg.norm(pattern, axis=1, keepdims=True)`. Then `pattern @ pattern_train.T` "
            "and the same of `x[:, :, ::-1]`; count the rows with a value above 0.99."
        ),
    ),
    "24.2": (
        "Which part may decide, and how would you know that it was not luck?",
        (
            "Train each setting with two or more seeds on `parts['training']`. The check computes "
            "the errors on the validation part itself; print them, and choose."
        ),
        (
            "`models = {width: [trained(width, seed, parts)[0] for seed in (0, 1)] for width in "
            "(2, 4)}`, then `decision = (4, models)`, if 4 has the smaller mean error."
        ),
    ),
    "24.3": (
        "Which numbers of a card can somebody else recompute, and from what?",
        (
            "Take `card` as a pattern, and `parts` as the form of the data: three `data.Images`. "
            "The baselines are on the test part, PCA with `latent_dim` components fitted to the "
            "training part and clipped to [0, 1]."
        ),
        (
            "`table_parts(datasets.load_wine().data)` gives the parts, `trained(2, 0, ...)[0]` a "
            "model, and `card_of` the numbers; the words are yours. If a baseline is ahead on the "
            "test part, name it under 'limits'."
        ),
    ),
}
hint = Hints(HINTS)

PARTS = ("training", "validation", "test")
BASELINES = ("mean image", "PCA")
WORDS = ("data", "split", "model", "limits")


@check
def check_count_copies(count_copies):
    """Exercise 24.1: `count_copies(x_train, x)`."""
    rng = np.random.default_rng(0)
    x_train = rng.random((30, 8, 9, 1), "float32")
    new = rng.random((12, 8, 9, 1), "float32")
    kept = x_train.copy(), new.copy()
    n = call(count_copies, x_train, new)
    expect(isinstance(n, numbers.Integral | np.integer), f"return a whole number, not {n!r}.")
    expect(n == 0, f"of 12 pictures of other sources it counts {n} as copies.")
    expect(
        np.array_equal(x_train, kept[0]) and np.array_equal(new, kept[1]),
        "the pictures handed over were changed. Work on copies.",
    )

    def counted(copies):
        return count_copies(x_train, np.concatenate([new, copies]))

    expect(counted(x_train[[3, 8]]) == 2, "two exact copies among 14 pictures are not counted.")
    expect(
        counted(x_train[[3, 3, 8]]) == 3,
        "count the pictures of `x`: a picture that is copied twice counts twice.",
    )
    expect(
        count_copies(np.concatenate([x_train, x_train]), x_train[:2]) == 2,
        "count the pictures of `x`, not the pairs: two copies in training are no two pictures.",
    )
    expect(counted(x_train[[5]][:, :, ::-1]) == 1, "a mirrored copy (left and right) is missed.")
    expect(counted(0.6 * x_train[[5]]) == 1, "a darker copy, 0.6 times as bright, is missed.")
    expect(counted(0.5 + 0.5 * x_train[[5]]) == 1, "a paler copy, 0.5 + 0.5 x, is missed.")
    near = np.clip(0.7 * x_train[:3] + 0.3 * x_train[10:13], 0, 1)
    expect(
        counted(near) == 0,
        "pictures that only resemble one of training count as copies: ask for a closer likeness.",
    )
    with np.errstate(all="ignore"):
        plain = counted(np.full((1, 8, 9, 1), 0.5, "float32"))
    expect(plain == 0, "an evenly grey picture has no pattern, and is no copy of anything.")
    return "exact, mirrored, darker and paler copies are found, and likenesses left alone"


@check
def check_setting(decision, parts):
    """Exercise 24.2: `decision = (choice, models)`, judged on the validation part."""
    choice, models = read_tuple(decision, 2, "set decision = (choice, models).")
    expect(
        isinstance(models, dict) and len(models) >= 2,
        "`models` is a dict from two settings or more to lists of models: one compares nothing.",
    )
    expect(choice in models, f"choose one of {', '.join(map(str, models))}, not {choice!r}.")
    expect(
        all(isinstance(each, list | tuple) and len(each) >= 2 for each in models.values()),
        "give two models or more for each setting, one for each seed: one run may be luck.",
    )
    x = parts["validation"].x
    mean = evaluation.mean_image_error(parts["training"].x, x)
    errors = {name: [_error(model, x) for model in each] for name, each in models.items()}
    for name, found in errors.items():
        expect(
            len({round(value, 6) for value in found}) == len(found),
            f"the models of {name} are one and the same: pass each seed to the weights and to the "
            "batches.",
        )
        expect(
            max(found) < mean,
            f"a model of {name} has an error of {max(found):.2f} on the validation part, and the "
            f"mean image {mean:.2f}: it is not trained, or not on these pictures.",
        )
    best = min(errors, key=lambda name: np.mean(errors[name]))
    clear = max(errors[best]) < min(errors[choice])
    shown = ", ".join(f"{name} {min(v):.2f} to {max(v):.2f}" for name, v in errors.items())
    expect(
        choice == best or not clear,
        f"the validation part speaks for {best}: {shown}. Change the choice.",
    )
    others = [min(found) for name, found in errors.items() if name != choice]
    won = max(errors[choice]) < min(others)
    return "your choice wins with every seed" if won else "no seed speaks clearly against it"


@check
def check_card(work, demo=None):
    """Exercise 24.3: `work = (model, parts, card)`, all of whose numbers are computed again."""
    model, parts, card = read_tuple(work, 3, "set work = (model, parts, card).")
    expect(
        isinstance(parts, dict)
        and set(parts) == set(PARTS)
        and all(isinstance(part, data.Images) for part in parts.values()),
        "`parts` is a dict of three `data.Images`: 'training', 'validation' and 'test'.",
    )
    expect(isinstance(card, dict), "the card is a dictionary, such as the one above.")
    if demo is not None:
        expect(
            not np.array_equal(parts["test"].x, demo["test"].x),
            "these are the lesson's pictures. Bring others: your own, or a table.",
        )
    _expect_form(card)
    _expect_sizes(card, parts)
    _expect_no_leak(parts)
    _expect_errors(card, model, parts)
    _expect_baselines(card, parts)
    ahead = [name for name, value in card["baselines"].items() if value < card["errors"]["test"]]
    unsaid = [name for name in ahead if name.lower() not in card["limits"].lower()]
    expect(
        not unsaid,
        f"on the test part, {' and '.join(unsaid)} has the smaller error: say so, by that name, "
        "under 'limits'.",
    )
    return "each number was computed again from model and data, and is as the card says"


def _expect_form(card):
    for field in WORDS:
        words = card.get(field)
        expect(
            isinstance(words, str) and len(words.split()) >= 3,
            f"say under '{field}' what another person must know, in a few words.",
        )
    expect(
        "squared error per" in str(card.get("unit", "")),
        "say the unit under 'unit': 'squared error per image', or 'per row'.",
    )
    for field, names in (("sizes", PARTS), ("errors", PARTS[1:]), ("baselines", BASELINES)):
        entry = card.get(field)
        expect(
            isinstance(entry, dict) and set(names) <= set(entry),
            f"'{field}' is a dictionary with a number for {', '.join(map(repr, names))}.",
        )
        for name in names:
            good = isinstance(entry[name], numbers.Real) and np.isfinite(entry[name])
            expect(good, f"under '{field}', {name} is {entry[name]!r}, and should be a number.")
    expect(
        isinstance(card.get("latent_dim"), numbers.Integral),
        "say the width of the code under 'latent_dim'.",
    )


def _expect_sizes(card, parts):
    for name in PARTS:
        n = len(parts[name])
        expect(
            card["sizes"][name] == n,
            f"the {name} part holds {n} pictures; the card says {card['sizes'][name]}.",
        )
        x = parts[name].x
        expect(
            np.min(x) >= 0 and np.max(x) <= 1,
            f"pixels must lie in [0, 1]; those of the {name} part reach from {np.min(x):.2f} to "
            f"{np.max(x):.2f}.",
        )


def _expect_no_leak(parts):
    for first, second in (("training", "test"), ("training", "validation"), ("validation", "test")):
        a, b = parts[first], parts[second]
        shared = set(np.asarray(a.groups).tolist()) & set(np.asarray(b.groups).tolist())
        expect(
            not shared,
            f"{len(shared)} sources (groups) of the {second} part are in the {first} part as well. "
            "Split by source: `data.split`.",
        )
        found = copies(a.x, b.x)
        if len(found) > max(1, len(b) // 100):
            i, j, how = found[0]
            expect(
                False,
                f"{len(found)} pictures of the {second} part are copies of some in the {first} "
                f"part, such as number {j}, which is number {i} of that part{how}. Give the copies "
                "of one source one group, and split by it.",
            )


def _expect_errors(card, model, parts):
    x = parts["test"].x
    code = evaluation.encode(model, x[:2])
    width = code[0].size
    expect(
        card["latent_dim"] == width,
        f"the code of this model has {width} numbers; the card says {card['latent_dim']}.",
    )
    right = {name: _error(model, part.x) for name, part in parts.items()}
    n_values = x[0].size
    for name in ("validation", "test"):
        given, other = card["errors"][name], {"validation": "test", "test": "validation"}[name]
        start = f"the {name} error of this model is {right[name]:.4g}; the card says {given:.4g}"
        if close(given, right[name], TOLERANCE):
            continue
        expect(not close(given, right["training"], TOLERANCE), f"{start}: the training error.")
        expect(not close(given, right[other], TOLERANCE), f"{start}: the {other} error.")
        per_pixel = close(given, right[name] / n_values, TOLERANCE)
        expect(not per_pixel, f"{start}: per pixel. Sum over the pixels of an image.")
        expect(False, f"{start}.")
    expect(
        right["test"] > right["training"] / 2,
        f"the error is {right['training']:.4g} on the training part and {right['test']:.4g} on the "
        "test part: was the model trained on other pictures than 'training' holds?",
    )


def _expect_baselines(card, parts):
    x_train, x, width = parts["training"].x, parts["test"].x, card["latent_dim"]

    def pca_error(fitted_to, clip=True):
        x_hat = evaluation.pca_reconstruct(evaluation.fit_pca(fitted_to, width), x)
        return evaluation.squared_error(x, np.clip(x_hat, 0, 1) if clip else x_hat).mean()

    given = card["baselines"]
    mean = evaluation.mean_image_error(x_train, x)
    start = f"the mean training image has an error of {mean:.4g} on the test part; the card says "
    if not close(given["mean image"], mean, TOLERANCE):
        own = close(given["mean image"], evaluation.mean_image_error(x, x), TOLERANCE)
        expect(not own, f"{start}that of the mean *test* image.")
        expect(False, f"{start}{given['mean image']:.4g}.")
    linear = pca_error(x_train)
    start = f"PCA with {width} components has an error of {linear:.4g} on the test part; the card "
    if not close(given["PCA"], linear, TOLERANCE):
        raw = close(given["PCA"], pca_error(x_train, clip=False), TOLERANCE)
        expect(not raw, f"{start}has that of pixels outside [0, 1]: clip them.")
        if len(x) > width:
            fitted = close(given["PCA"], pca_error(x), TOLERANCE)
            expect(not fitted, f"{start}has that of a PCA fitted to the test part.")
        expect(False, f"{start}says {given['PCA']:.4g}.")


TOLERANCE = 5e-3
ALIKE = 0.995  # the correlation from which two pictures are copies
PLAIN = 0.03  # spread of the pixels below which a picture has no pattern to compare
SHIFT = 2
MOST = 300, 2000


def copies(x_train, x):
    """The pictures of `x` that are copies of one of `x_train`, and what was done to them.

    Copies may be mirrored, turned by right angles, moved by up to two pixels, or have another
    brightness or contrast. Rows of a table are copies only if they are the same.

    Returns:
        list of (number in `x_train`, number in `x`, words).
    """
    at, at_train = (_sample(len(each), most) for each, most in zip((x, x_train), MOST, strict=True))
    new, old = x[at], x_train[at_train]
    found = {}

    def compare(a, b, words, same):
        near = same(a, b)
        best = near.argmax(axis=1)
        for row in np.flatnonzero(near[np.arange(len(near)), best] > ALIKE):
            found.setdefault(row, (int(at_train[best[row]]), int(at[row]), words))

    if x.shape[1] == 1:
        compare(new, old, "", _same_row)
        return sorted(found.values(), key=lambda each: each[1])
    compare(new, old, "", _correlation)
    square = new.shape[1] == new.shape[2]
    for turns in range(0, 4, 1 if square else 2):
        turned = np.rot90(new, turns, axes=(1, 2))
        if turns:
            compare(turned, old, ", turned", _correlation)
        compare(turned[:, :, ::-1], old, ", mirrored", _correlation)
    height, width = new.shape[1:3]
    if min(height, width) >= 6 * SHIFT:
        core = old[:, SHIFT:-SHIFT, SHIFT:-SHIFT]
        for down in range(2 * SHIFT + 1):
            for right in range(2 * SHIFT + 1):
                moved = new[:, down : down + core.shape[1], right : right + core.shape[2]]
                compare(moved, core, ", moved", _correlation)
    return sorted(found.values(), key=lambda each: each[1])


def _sample(n, most):
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


def _pattern(x):
    flat = x.reshape(len(x), -1).astype("float32")
    flat = flat - flat.mean(axis=1, keepdims=True)
    plain = flat.std(axis=1) < PLAIN
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    flat[plain] = 0
    return flat


def _correlation(x, x_train):
    return _pattern(x) @ _pattern(x_train).T


def _same_row(x, x_train):
    rows = [each.reshape(len(each), -1) for each in (x, x_train)]
    far = np.abs(rows[0][:, None] - rows[1][None]).max(axis=2)
    return (far < 1e-6).astype(float)


def _error(model, x):
    return float(evaluation.squared_error(x, evaluation.reconstruct(model, x)).mean())
