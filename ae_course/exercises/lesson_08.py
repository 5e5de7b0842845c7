"""Checks of the exercises in lesson 08, The latent space."""

import numpy as np

from ae_course.exercises.grading import Hints, call, check, close, expect
from ae_keras import evaluation

HINTS = {
    "8.1": (
        "At what fraction t of the way does a walk stand at its fourth stop, and which mixture of "
        "the two codes is that?",
        "pairs = walks[kind] gives the rows of val.x where each walk starts and ends. Encode them "
        "all at once, mix for one t, decode, and take to_data(...).mean().",
        "stops = [(1 - t) * z_val[a] + t * z_val[b] for t in np.linspace(0, 1, 5)] with a, b = "
        "walks[kind].T; then [to_data(evaluation.decode(model, z)).mean() for z in stops].",
    ),
    "8.2": (
        "Near which codes is the decoder at home, and how can a code be near one of them without "
        "being one of them?",
        "One Gaussian is too simple for ten kinds of digit. Take several, or start from training "
        "codes and move them: by noise, or half of the way to another code of the same class.",
        "sklearn.mixture.GaussianMixture(n_components=30, random_state=0).fit(z).sample(n)[0]; or "
        "z[rng.integers(0, len(z), n)] + 1.5 * rng.normal(size=(n, z.shape[1])).",
    ),
    "8.3": (
        "Which of the three channels can a network use if it never sees more than one?",
        "Average the three channels before you train, and again before you encode. The order of "
        "the channels then makes no difference.",
        "grey = lambda x: x.mean(axis=3, keepdims=True); train an Autoencoder with "
        "DenseDecoder((32, 32, 1)) by fit(..., grey(library), ...), and encode grey(x).",
    ),
}
hint = Hints(HINTS)

STOPS = np.linspace(0, 1, 5)
AWAY = 1.1  # A walk has left the data if its middle is this much farther away than its ends.
VERDICTS = ("within", "across", "both", "neither")


@check
def check_walks(found, model, x, x_train, walks):
    """Exercise 8.1: `found = {"within": five distances, "across": five, "leaves": a word}`."""
    if callable(found):
        found = call(found)
    expect(
        isinstance(found, dict) and set(found) == {*walks, "leaves"},
        'set found = {"within": [...], "across": [...], "leaves": ...}.',
    )
    truths = {kind: _journey(model, x, x_train, pairs) for kind, pairs in walks.items()}
    for kind in walks:
        expect(np.size(found[kind]) == 5, f"{kind!r} needs five distances, one for each stop.")
        _compare(kind, np.asarray(found[kind], "float64").ravel(), truths, model, x, x_train, walks)
    expect(found["leaves"] in VERDICTS, f'"leaves" is one of {", ".join(VERDICTS)}.')
    left = [kind for kind in walks if _excess(truths[kind]) > AWAY]
    verdict = {0: "neither", 2: "both"}.get(len(left)) or left[0]
    ratios = ", ".join(f"{kind} {_excess(truths[kind]):.2f}" for kind in walks)
    expect(
        found["leaves"] == verdict,
        f"your numbers do not say {found['leaves']!r}. Middle divided by the mean of both ends: "
        f"{ratios}; more than {AWAY} counts as leaving.",
    )
    return f"distances right, and they say {verdict!r}: {ratios} times as far as at the ends"


def _compare(kind, given, truths, model, x, x_train, walks):
    """Say what is wrong with five distances, if they are."""
    right = truths[kind]
    if close(given, right, 0.02):
        return
    first, second = (x[walks[kind][:, i]] for i in (0, 1))
    mixed = [_distances((1 - t) * first + t * second, x_train).mean() for t in STOPS]
    short = _journey(model, x, x_train, walks[kind], np.linspace(0, 1, 5, endpoint=False))
    other = next(name for name in truths if name != kind)
    middling = _journey(model, x, x_train, walks[kind], average=np.median)
    summed = _journey(model, x, x_train, walks[kind], average=np.sum)
    known = {
        "These are the walks of the other kind.": truths[other],
        "You mix pixels. Mix the codes and decode the mixture.": mixed,
        "The last stop is the second image: t runs from 0 to 1, both included.": short,
        "That is the median over the walks. The mean is wanted.": middling,
        "That is the sum over the walks. The mean is wanted.": summed,
        "That is a root. The squared distance is wanted, as to_data gives it.": np.sqrt(right),
    }
    reason = next((text for text, values in known.items() if close(given, values, 0.02)), "")
    expect(
        False,
        f"{kind!r} should be about {_listed(right)}, not {_listed(given)}. {reason}".strip(),
    )


def _listed(values):
    return ", ".join(f"{value:.3g}" for value in values)


def _excess(distances):
    return distances[2] / np.mean([distances[0], distances[4]])


def _journey(model, x, x_train, pairs, stops=STOPS, average=np.mean):
    z = evaluation.encode(model, x)
    codes = [(1 - t) * z[pairs[:, 0]] + t * z[pairs[:, 1]] for t in stops]
    decoded = [evaluation.decode(model, each) for each in codes]
    return np.array([average(_distances(pictures, x_train)) for pictures in decoded])


def _distances(pictures, x_train):
    """Squared distance of each picture to its nearest training image."""
    nearest = evaluation.nearest(x_train, pictures, k=1)[:, 0]
    return evaluation.squared_error(pictures, x_train[nearest])


@check
def check_sample(sample, model, x_train, labels, x):
    """Exercise 8.2: `sample(z, labels, n)`, judged by the pictures of `n` codes."""
    z = evaluation.encode(model, x_train)
    n = 400
    codes = np.asarray(call(sample, z.copy(), labels.copy(), n))
    expect(
        codes.shape == (n, z.shape[1]),
        f"{n} codes of {z.shape[1]} numbers are {(n, z.shape[1])}, not {codes.shape}.",
    )
    expect(np.isfinite(codes).all(), "some of the numbers are not finite.")
    codes = codes.astype("float32")
    # How far a code of a new image is from the nearest training code.
    usual = np.median(_gap(z, evaluation.encode(model, x)))
    gap = np.median(_gap(z, codes))
    expect(
        gap > usual / 2,
        f"your codes lie {gap:.2g} from the nearest training code, those of new images {usual:.2g}."
        " Less than half of that is a copy, not a new picture. (A training code's nearest "
        "neighbour often belongs to a copy of the same scan.)",
    )
    rng = np.random.default_rng(0)
    plain = rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), size=n).astype("float32")
    drawn, gaussian = evaluation.decode(model, codes), evaluation.decode(model, plain)
    far, gaussian_far = (_distances(p, x_train).mean() for p in (drawn, gaussian))
    near = _distances(evaluation.reconstruct(model, x), x_train).mean()
    line = near + 0.4 * (gaussian_far - near)
    expect(
        far < line,
        f"your pictures are {far:.3g} from the data; the Gaussian's {gaussian_far:.3g}, "
        f"reconstructions {near:.3g}. Come below {line:.3g}.",
    )
    kinds = labels[evaluation.nearest(x_train, drawn, k=1)[:, 0]]
    for kind in np.unique(labels):
        expect(
            np.mean(kinds == kind) > np.mean(labels == kind) / 3,
            f"your pictures leave out kinds of digit: by the most similar training image, "
            f"{np.sum(kinds == kind)} of {n} are of class {kind}; in the training data it would "
            f"be {n * np.mean(labels == kind):.0f}.",
        )
    spread, gaussian_spread = (_distances(x, p).mean() for p in (drawn, gaussian))
    expect(
        spread < gaussian_spread,
        f"your pictures vary too little: an image of the data is {spread:.3g} from the most "
        f"similar of them, and {gaussian_spread:.3g} from those of the Gaussian.",
    )
    return f"new, varied, and {far:.1f} from the data (Gaussian {gaussian_far:.1f})"


def _gap(z, codes):
    nearest = evaluation.nearest(z, codes, k=1)[:, 0]
    return np.linalg.norm(codes - z[nearest], axis=1)


@check
def check_blind(encode, library, library_names, queries, query_names):
    """Exercise 8.3: `encode(x)`, codes of patches that do not follow colour."""
    z, z_queries = (np.asarray(call(encode, x.copy())) for x in (library, queries))
    for codes, x in ((z, library), (z_queries, queries)):
        expect(
            codes.ndim == 2 and len(codes) == len(x),
            f"{len(x)} patches should give codes ({len(x)}, latent_dim), not {codes.shape}.",
        )
    expect(
        z.shape[1] <= 64, f"a code has at most 64 numbers here; yours has {z.shape[1]}: compress."
    )
    expect(np.ptp(z, axis=0).max() > 0, "all patches have the same code.")
    found = evaluation.nearest(z, z_queries, k=6)
    kept = []
    for order in ([2, 0, 1], [1, 2, 0]):
        again = np.asarray(encode(np.ascontiguousarray(queries[..., order])))
        other = evaluation.nearest(z, again, k=6)
        kept += [len(set(a) & set(b)) / 6 for a, b in zip(found, other, strict=True)]
    expect(
        np.mean(kept) > 0.9,
        f"with exchanged colours a query finds only {np.mean(kept):.0%} of its neighbours again: "
        "your codes follow colour.",
    )
    right = np.mean(library_names[found] == query_names[:, None])
    grey = evaluation.nearest(library.mean(axis=(1, 2, 3)), queries.mean(axis=(1, 2, 3)), k=6)
    brightness = np.mean(library_names[grey] == query_names[:, None])
    expect(
        right > brightness + 0.05,
        f"blind to colour, but only {right:.0%} of the six nearest are of the query's picture; "
        f"mean brightness alone gives {brightness:.0%}. Keep more of what the patch shows.",
    )
    return f"colour plays no part, and {right:.0%} of the nearest are of the query's picture"
