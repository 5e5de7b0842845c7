"""What learners may hand to the checks of lesson 12; test_exercises.py hands it in."""

from types import SimpleNamespace

import numpy as np

from cases import Case


def copier(n, w_d=None):
    eye = np.eye(n)
    return np.hstack([eye, -eye]), np.vstack([eye, -eye] if w_d is None else w_d(eye))


def interleaved(n):
    """The same, with the two units of each number side by side."""
    w_e = np.zeros((n, 2 * n))
    w_e[np.arange(n), 2 * np.arange(n)], w_e[np.arange(n), 2 * np.arange(n) + 1] = 2, -2
    return w_e, w_e.T / 4


def only_positive(n):
    eye = np.eye(n)
    return np.hstack([eye, 0 * eye]), np.vstack([eye, eye])


def rest(reconstruct, x_train, images):
    """Error of a model as a share of that of the mean image."""
    return ((images - reconstruct(images)) ** 2).sum() / (
        (images - x_train.mean(axis=0)) ** 2
    ).sum()


def diagnose(reconstruct, x_train, x, noise):
    if rest(reconstruct, x_train, noise) < 0.1:
        return "copies"
    gap = rest(reconstruct, x_train, x) > 5 * rest(reconstruct, x_train, x_train) + 0.1
    return "memorises" if gap else "neither"


def diagnose_by_correlation(reconstruct, x_train, x, noise):
    mean = x_train.mean(axis=0)

    def likeness(images):
        x_hat = reconstruct(images)
        a, b = (images - mean).ravel(), (x_hat - mean).ravel()
        return a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12)

    if likeness(noise) > 0.95:
        return "copies"
    return "memorises" if likeness(x_train) > 0.95 > 0.9 > likeness(x) else "neither"


def by_validation(reconstruct, x_train, x, noise):
    return "copies" if rest(reconstruct, x_train, x) < 0.1 else "memorises"


def without_noise(reconstruct, x_train, x, noise):
    if rest(reconstruct, x_train, x_train) < 0.1:
        return "memorises" if rest(reconstruct, x_train, x) > 0.5 else "neither"
    return "neither"


def exactly(reconstruct, x_train, x, noise):
    if np.allclose(reconstruct(noise), noise):
        return "copies"
    return "memorises" if np.allclose(reconstruct(x_train), x_train) else "neither"


def fixed_numbers(reconstruct, x_train, x, noise):
    def error(images):
        return ((images - reconstruct(images)) ** 2).sum(axis=(1, 2, 3)).mean()

    if error(noise) < 0.3:
        return "copies"
    return "memorises" if error(x) > 0.3 > error(x_train) else "neither"


def trained(z, x_hat):
    """What evaluation asks of a trained model: here, functions of the images instead."""
    return SimpleNamespace(
        encoder=SimpleNamespace(predict=lambda x, **_: z(x)),
        to_code=lambda h: h,
        predict=lambda x, **_: x_hat(x),
    )


def raising(x):
    raise RuntimeError("oops")


def wide(x, factor=2):
    return np.repeat(x.reshape(len(x), -1), factor, axis=1)


rng = np.random.default_rng(0)


X = rng.random((40, 4, 4, 1)).astype("float32")


NOISY = (X + rng.normal(0, 0.3, X.shape)).astype("float32")


def nearly(x):
    """Whatever comes in, the clean images of the same number: a perfect denoiser."""
    return X[: len(x)]


CANDIDATES = {"no model": lambda x: x, "PCA": lambda x: (x + X) / 2, "wide": lambda x: 0.9 * X}


def error(x_hat, clip=True):
    x_hat = np.clip(x_hat, 0, 1) if clip else x_hat
    return ((X - x_hat) ** 2).sum(axis=(1, 2, 3)).mean()


def costs(share=0.1, clip=True):
    return {
        name: (1 - share) * error(way(X), clip) + share * error(way(NOISY), clip)
        for name, way in CANDIDATES.items()
    }


def cheapest(found):
    return min(found, key=found.get)


CASES = {
    "relu_copier": Case(
        right=[copier, interleaved],
        wrong=[
            (only_positive, "units of their own"),
            (lambda n: copier(n)[0], "return two matrices"),
            (lambda n: copier(n)[::-1], "the shapes should be"),
            (lambda n: copier(n, w_d=lambda eye: [eye, eye]), "has to subtract"),
            (lambda n: copier(n, w_d=lambda eye: [eye / 2, -eye / 2]), "not even rows of"),
        ],
    ),
    "diagnose": Case(
        right=[diagnose, diagnose_by_correlation],
        wrong=[
            (lambda *args: "good", "answer one of copies, memorises, neither"),
            (by_validation, "it is 'neither'"),
            (without_noise, "the perfect copier: you say 'neither'"),
            (exactly, "copier that dims the picture"),
            (fixed_numbers, "not beside a fixed number"),
            (lambda *args: "copies", "a large one on x, which it never saw"),
        ],
    ),
    "robust": Case(
        right=[trained(wide, nearly), trained(wide, lambda x: 0.95 * nearly(x) + 0.02)],
        wrong=[
            (trained(lambda x: wide(x, 1), nearly), "32 are needed"),
            (trained(wide, lambda x: x), "which regulariser is aimed at"),
            (trained(wide, lambda x: 0.6 * nearly(x) + 0.2), "Robust, but not faithful"),
            (trained(wide, lambda x: 0 * x), "has not been trained"),
        ],
        blank=[],
        broken=trained(wide, raising),
        others=(X, X, NOISY, (0.1, 0.3)),
    ),
    "one_in_ten": Case(
        right=[
            (cheapest(costs()), costs()),
            (cheapest(costs()), {name: np.float32(cost) for name, cost in costs().items()}),
        ],
        wrong=[
            ("wide", "set decision ="),
            (("deep", costs()), "choose one of"),
            (("wide", {"wide": 0.1}), "a cost for each candidate"),
            ((cheapest(costs(1)), costs(1)), "on noisy pictures alone"),
            ((cheapest(costs(0)), costs(0)), "on clean pictures alone"),
            ((cheapest(costs(0.5)), costs(0.5)), "plain mean"),
            ((cheapest(costs(0.9)), costs(0.9)), "weigh by 0.9 and 0.1"),
            ((cheapest(costs(clip=False)), costs(clip=False)), "Clip to [0, 1]"),
            ((max(costs(), key=costs().get), costs()), "your own numbers speak for"),
        ],
        others=(CANDIDATES, X, NOISY),
    ),
}
