"""Checks of the exercises in lesson 09, How large should the code be?."""

import numpy as np

from ae_course.exercises.grading import (
    Hints,
    call,
    check,
    expect,
    read_tuple,
)

HINTS = {
    "9.1": (
        "Which of the three sizes of the lesson serve your use, and which just fail?",
        "Try three or four sizes between those two, from two or three seeds each: evidence = "
        "{size: [measure(use, size, seed) for seed in seeds] for size in ...}. Look at the worst "
        "seed of each size.",
        'For "archive": evidence for 10, 12 and 14, then the smallest size with '
        "max(evidence[size]) <= 10. There must be a size just below it that fails.",
    ),
    "9.2": (
        "Which codes are the ones that are searched, and which are the queries?",
        "z = encode(x) is searched, encode(change(x)) holds the queries. Image i is found again "
        "if the nearest row of z is row i.",
        "evaluation.nearest(z, z_changed, k=1)[:, 0] gives the index of the nearest row; compare "
        "it with np.arange(len(x)) and take the mean.",
    ),
}
hint = Hints(HINTS)

# What each use demands: the bound, and whether larger numbers are better.
USES = {"archive": (10.0, False), "sorter": (0.75, True)}
STEP = 0.6  # the next smaller size that was tried must be at least this part of the chosen one
NEW_SEED = 7
TOLERANCE = 0.2


@check
def check_size(decision, measure):
    """Exercise 9.1: `decision = (use, size, evidence)`; `measure(use, size, seed)` trains again."""
    use, size, evidence = read_tuple(decision, 3, "set decision = (use, size, evidence).")
    expect(use in USES, f"the use is one of {', '.join(USES)}, not {use!r}.")
    evidence = _evidence(evidence)
    expect(
        size in evidence,
        f"{size!r} is not among the sizes of your evidence, {sorted(evidence)}: you chose it "
        "without having trained it.",
    )
    bound, upward = USES[use]
    demand = f"at {'least' if upward else 'most'} {bound:g}"
    worst = {n: found.min() if upward else found.max() for n, found in evidence.items()}
    serves = {n: value >= bound if upward else value <= bound for n, value in worst.items()}
    best = evidence[size].max() if upward else evidence[size].min()
    lucky = best >= bound if upward else best <= bound
    expect(
        serves[size],
        f"{use!r} needs {demand}. Size {size} gives {worst[size]:.3g} from its worst seed"
        + (": it serves only with luck." if lucky else ", and from no seed enough."),
    )
    smaller = [n for n in evidence if n < size]
    enough = [n for n in smaller if serves[n]]
    expect(
        not enough, f"by your own numbers {min(enough, default=0)} is enough: take the smallest."
    )
    expect(
        smaller,
        "you tried nothing smaller, so nothing shows that this is the smallest.",
    )
    expect(
        max(smaller, default=0) >= STEP * size,
        f"the next smaller size you tried is {max(smaller, default=0)}: something between it and "
        f"{size} may be enough.",
    )
    for each in (size, max(smaller, default=size)):
        again = float(measure(use, each, NEW_SEED))
        low, high = evidence[each].min(), evidence[each].max()
        expect(
            (1 - TOLERANCE) * low <= again <= (1 + TOLERANCE) * high,
            f"trained once more, size {each} gives {again:.3g}, while your evidence lies between "
            f"{low:.3g} and {high:.3g}. Are these the numbers of `measure({use!r}, {each}, seed)`?",
        )
    return f"your evidence supports {size} for {use!r}, and holds when repeated with another seed"


@check
def check_finds_itself(finds_itself):
    """Exercise 9.2: `finds_itself(encode, x, change)`."""
    places, moved = np.array([0.0, 1.0, 2.0, 3.0]) / 4, np.array([0.8, 1.1, 1.3, 3.0]) / 4
    x = np.ones((4, 5, 5, 1)) * places[:, None, None, None]

    def change(images):
        images = np.asarray(images)
        expect(images.ndim == 4, "`change` takes images; change them first, then encode.")
        return np.interp(images, places, moved)

    share = call(finds_itself, lambda images: 4 * images[:, 0, 0, :], x, change)
    expect(np.ndim(share) == 0, "return one number, the fraction of images.")
    where = (
        "Four images with the codes 0, 1, 2, 3 are changed and get 0.8, 1.1, 1.3, 3: two of the "
        "four are nearest to their own original, so 0.5"
    )
    expect(not np.isclose(share, 2), f"{where}. You give 2: divide by how many there are.")
    expect(not np.isclose(share, 50), f"{where}, as a fraction and not in per cent.")
    expect(
        not np.isclose(share, 1),
        f"{where}. You give 1: search among the codes of `x` itself, and start from each changed "
        "image, not from each original.",
    )
    expect(np.isclose(share, 0.5), f"{where}. You give {float(share):.2f}.")
    rng = np.random.default_rng(0)
    x = rng.random((12, 4, 4, 1))
    x[:, 0, 0] = 0.5
    share = finds_itself(lambda images: images.reshape(len(images), -1), x, lambda images: images)
    expect(
        not np.isclose(share, 0),
        "images that are not changed at all find themselves, but you give 0. The distance to the "
        "own original may be 0; do not skip the nearest code.",
    )
    expect(
        np.isclose(share, 1),
        f"images that are not changed at all find themselves, but you give {float(share):.2f}. Use "
        "all coordinates of the codes.",
    )
    # The nearest code is the first one; differences of opposite sign would cancel at the second.
    z = np.array([[0.0, 0.0], [3.0, -3.0]])
    z_changed = np.array([[0.2, 0.1], [3.0, -3.0]])
    x = np.zeros((2, 4, 4, 1))
    share = finds_itself(
        lambda images: z_changed if images[0, 0, 0, 0] > 0 else z, x, lambda images: images + 1
    )
    expect(
        np.isclose(share, 1),
        "square the differences of the coordinates before you add them up, or those of opposite "
        "sign cancel.",
    )
    return "each changed image is looked for among the codes of the originals"


def _evidence(evidence):
    expect(
        isinstance(evidence, dict) and len(evidence) >= 3,
        "the evidence is a dict with three sizes or more, the one that you choose among them.",
    )
    evidence = {size: np.asarray(found, "float64") for size, found in evidence.items()}
    for size, found in evidence.items():
        expect(
            found.ndim == 1 and len(found) >= 2,
            f"size {size} has a single measurement: train it from two seeds at least, and give "
            "them as a list.",
        )
    # Two seeds may give the same accuracy by chance, but not at each size.
    expect(
        any(np.ptp(found) > 0 for found in evidence.values()),
        "the measurements of each size are all exactly the same: pass each seed to `measure`.",
    )
    return evidence
