"""What learners may hand to the checks of lessons 10 to 17; test_exercises.py hands it in."""

import itertools
import math
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp


class Case(NamedTuple):
    """What learners may hand to one check."""

    right: list
    wrong: list  # Each is a pair: an answer, and words of the hint that it should get.
    blank: list = [lambda *args: None, lambda *args: ...]
    broken: object = None  # This answer raises an error. None stands for a function that does.
    others: tuple = ()  # The check is called with these after the answer.


def broken(*args, **kwargs):
    raise RuntimeError("oops")


def broken_class(*methods):
    """A class that has the methods a check looks for, and cannot be made."""
    return type("Broken", (), dict.fromkeys(("__init__", *methods), broken))


# Answers too long for a line ----------------------------------------------------------------------


def folded(layers, keep_bias=True, order=1):
    (weight, bias), *rest = layers[::order]
    for w, b in rest:
        weight, bias = weight @ w, (bias @ w if keep_bias else 0) + b
    return weight, bias


def axes_of(z, rows, centre=True, order=1):
    drawn = (z - z.mean(axis=0) * centre) @ rows
    return np.linalg.svd(drawn, full_matrices=False)[2][: len(rows)][::order]


def left(x, k, ddof=0):
    return np.linalg.eigvalsh(np.cov(x.T, ddof=ddof))[::-1][k:].sum()


def seen(strides, kernel=3, spread=True):
    jumps = [1, *itertools.accumulate(strides, lambda a, b: a * b)]
    return 1 + sum((kernel - 1) * (jump if spread else 1) for jump in jumps[: len(strides)])


def painted(x, kernel, turn=1):
    n, height, width, _ = x.shape
    blocks = np.einsum("nijc,abfc->niajbf", x, kernel[::turn, ::turn])
    return blocks.reshape(n, 2 * height, 2 * width, -1)


def ratio_of(image_shape, n_stages, latent_dim, up=True):
    scale = 2**n_stages
    size = [-(-n // scale) if up else n // scale for n in image_shape[:2]]
    return math.prod(image_shape) / (math.prod(size) * latent_dim)


def decibels(x, x_hat, over=np.mean, log=np.log10, sign=-1):
    return sign * 10 * log(over((x - x_hat) ** 2, axis=(1, 2, 3)))


def own_strength(x, rng, shape=(-1, 1, 1, 1), top=0.8, clip=True):
    stddev = rng.uniform(0, top, (len(x), 1, 1, 1) if shape else ())
    noisy = x + stddev * rng.normal(size=x.shape)
    return (np.clip(noisy, 0, 1) if clip else noisy).astype("float32")


def per_image(x, x_hat):
    return ((x - x_hat) ** 2).sum(axis=(1, 2, 3)).mean()


def sigmoid_slope(x, w, b):
    s = 1 / (1 + np.exp(-(x @ w + b)))
    return s * (1 - s)


def copier(n, negative=True):
    eye = np.eye(n)
    return np.hstack([eye, -eye * negative]), np.vstack([eye, -eye])


def passed(reconstruct, x, x_noisy, clean=True):
    noisy = np.sum((reconstruct(x_noisy) - x) ** 2)
    return (noisy - clean * np.sum((reconstruct(x) - x) ** 2)) / np.sum((x_noisy - x) ** 2)


def price(z, target, axis=0, over=np.sum):
    mean = z.mean(axis=axis)
    with np.errstate(divide="ignore"):
        off = (1 - target) * np.log((1 - target) / (1 - mean))
        return over(target * np.log(target / mean) + off)


def dead(z, least=0):
    return int(((z > 0).sum(axis=0) <= least).sum())


def cloud(z_mean, z_log_var, epsilon, power=0.5):
    return z_mean + np.exp(power * z_log_var) * epsilon


def kl_to(z_mean, z_log_var, s, axis=1):
    var = np.exp(z_log_var) / s**2
    return (var + z_mean**2 / s**2 - 1 - np.log(var)).sum(axis=axis) / 2


def beta_of(weight, n_pixels, latent_dim, pixels, code):
    weight = weight * n_pixels if pixels == "mean" else weight
    return weight / latent_dim if code == "mean" else weight


def cycle(epoch, period, final, part=2):
    return final * min(1, part * (epoch % period) / period)


def turned(z, angle, width=2):
    c, s = np.cos(angle), np.sin(angle)
    return np.hstack([z[:, :2] @ np.array([[c, s], [-s, c]]), z[:, width:]])


def turned_in_place(z, angle):
    z[:, 0] = np.cos(angle) * z[:, 0] - np.sin(angle) * z[:, 1]
    return z


def highest(results, budget, margin=0.0):
    return max((beta for beta, (_, d) in results.items() if d <= budget - margin), default=0)


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


def relu_code(share):
    def z(x):
        code = np.zeros((len(x), 20), "float32")
        code[:, : round(20 * share)] = 1
        return code

    return z


rng = np.random.default_rng(0)
X = rng.random((40, 4, 4, 1)).astype("float32")
NOISY = np.clip(X + rng.normal(0, 0.3, X.shape), 0, 1).astype("float32")


def nearly(x):
    """Whatever comes in, the clean images of the same number: a perfect denoiser."""
    return X[: len(x)]


CASES_10_TO_17 = {
    "fold": Case(
        right=[folded],
        wrong=[
            (lambda layers: folded(layers, keep_bias=False), "an early bias"),
            (lambda layers: folded(layers)[0], "return two things"),
            (lambda layers: layers[0], "W is (5, 2)"),
            (lambda layers: (-folded(layers)[0], folded(layers)[1]), "the product of all"),
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
    "error_left": Case(
        right=[left, lambda x, k: (np.linalg.svd(x - x.mean(0))[1][k:] ** 2).sum() / len(x)],
        wrong=[
            (lambda x, k: left(x, k, ddof=1), "divides by n - 1"),
            (lambda x, k: left(x, 0) - left(x, k), "that is the spread that is kept"),
            (lambda x, k: left(x, k + 1), "after the k largest"),
        ],
    ),
    "receptive_field": Case(
        right=[seen],
        wrong=[
            (lambda strides, kernel=3: seen(strides, spread=False), "3 + 2 * 2 = 7"),
            (lambda strides, kernel=3: seen(strides), "instead of 3"),
            (lambda strides, kernel=3: 3 ** len(strides), "one pixel on both sides"),
            (lambda strides, kernel=3: len(strides), "3 pixels across"),
        ],
    ),
    "double": Case(
        right=[painted],
        wrong=[
            (lambda x, kernel: painted(x, kernel, turn=-1), "upside down"),
            (lambda x, kernel: painted(x, kernel)[..., :5], "should become (2, 6, 8, 6)"),
            (lambda x, kernel: -painted(x, kernel), "sum over channels"),
        ],
    ),
    "map_ratio": Case(
        right=[ratio_of],
        wrong=[
            (lambda shape, n, k: 1 / ratio_of(shape, n, k), "12 times fewer"),
            (lambda shape, n, k: ratio_of(shape, n, k, up=False), "rounded up"),
        ],
    ),
    "psnr": Case(
        right=[decibels],
        wrong=[
            (lambda x, x_hat: decibels(x, x_hat, sign=1), "sign is the wrong way round"),
            (lambda x, x_hat: decibels(x, x_hat, log=np.log), "logarithm to base 10"),
            (lambda x, x_hat: decibels(x, x_hat, over=np.sum), "not their sum"),
            (lambda x, x_hat: decibels(x, x_hat).mean(), "one number for each image"),
        ],
    ),
    "any_level": Case(
        right=[own_strength],
        wrong=[
            (lambda x, rng: own_strength(x, rng, shape=None), "one standard deviation for each"),
            (lambda x, rng: own_strength(x, rng, clip=False), "clip to [0, 1]"),
            (lambda x, rng: own_strength(x, rng, top=0.2), "should reach 0.8"),
            (lambda x, rng: own_strength(x, np.random.default_rng(5)), "draw from `rng`"),
            (lambda x, rng: own_strength(x, rng).astype("float64"), "return float32"),
        ],
    ),
    "denoising_error": Case(
        right=[lambda reconstruct, x, corrupt: per_image(x, reconstruct(corrupt(x)))],
        wrong=[
            (lambda reconstruct, x, corrupt: per_image(x, reconstruct(x)), "corrupt them first"),
            (
                lambda reconstruct, x, corrupt: per_image(corrupt(x), reconstruct(corrupt(x))),
                "the target is the clean x",
            ),
            (
                lambda reconstruct, x, corrupt: np.mean((x - reconstruct(corrupt(x))) ** 2),
                "sum over the pixels",
            ),
        ],
    ),
    "nearest_code": Case(
        right=[lambda h, codes: ((h[:, None] - codes) ** 2).sum(axis=2).argmin(axis=1)],
        wrong=[
            (lambda h, codes: (h @ codes.T).argmax(axis=1), "that is the largest dot"),
            (lambda h, codes: ((h[:, None] - codes) ** 2).sum(axis=2), "one index for each"),
            (lambda h, codes: ((h[:, None] - codes) ** 2).sum(axis=2).argmax(axis=1), "smallest"),
        ],
    ),
    "jacobian_norm": Case(
        right=[lambda x, w, b: sigmoid_slope(x, w, b) ** 2 @ (w**2).sum(axis=0)],
        wrong=[
            (lambda x, w, b: sigmoid_slope(x, w, b) @ (w**2).sum(axis=0), "as well"),
            (
                lambda x, w, b: np.sqrt(sigmoid_slope(x, w, b) ** 2 @ (w**2).sum(axis=0)),
                "its square is wanted",
            ),
        ],
    ),
    "weighted_bound": Case(
        right=[lambda log_w: logsumexp(log_w, axis=0) - np.log(len(log_w))],
        wrong=[
            (lambda log_w: log_w.mean(axis=0), "the VAE's bound"),
            (lambda log_w: logsumexp(log_w, axis=0), "not the sum"),
            (lambda log_w: np.log(np.exp(log_w).mean(axis=0)), "subtract the maximum first"),
        ],
    ),
    "relu_copier": Case(
        right=[copier],
        wrong=[
            (lambda n: copier(n, negative=False), "units of their own"),
            (lambda n: copier(n)[0], "return two matrices"),
            (lambda n: copier(n)[::-1], "the shapes should be"),
        ],
    ),
    "let_through": Case(
        right=[passed],
        wrong=[
            (lambda *args: passed(*args, clean=False), "Subtract the clean error"),
            (lambda f, x, x_noisy: np.sum((f(x_noisy) - f(x)) ** 2), "lets everything through"),
        ],
    ),
    "robust": Case(
        right=[trained(wide, nearly)],
        wrong=[
            (trained(lambda x: wide(x, 1), nearly), "32 are needed"),
            (trained(wide, lambda x: x), "Which two cures helped?"),
            (trained(wide, lambda x: 0.75 * nearly(x) + 0.125), "on clean images it is"),
        ],
        blank=[],
        broken=trained(wide, raising),
        others=(X, X, NOISY),
    ),
    "kl_penalty": Case(
        right=[price],
        wrong=[
            (lambda z, target: price(z, target, over=np.mean), "do not average"),
            (lambda z, target: -price(z, target), "never negative"),
            (lambda z, target: price(z, target, over=np.asarray), "return one number"),
        ],
    ),
    "dead_units": Case(
        right=[dead],
        wrong=[
            (lambda z: dead(z, least=1), "once is enough to live"),
            (lambda z: z.shape[1] - dead(z), "two of the six units are never active"),
        ],
    ),
    "activity_budget": Case(
        right=[trained(relu_code(0.1), nearly)],
        wrong=[
            (trained(lambda x: relu_code(0.1)(x) - 1, nearly), "end the encoder with a ReLU"),
            (trained(lambda x: relu_code(0.1)(x) + 1, nearly), "no code is exactly zero"),
            (trained(relu_code(0.5), nearly), "raise the weight"),
            (trained(relu_code(0.1), np.zeros_like), "lower the weight, or train longer"),
        ],
        blank=[],
        broken=trained(raising, nearly),
        others=(X, X, 0.15),
    ),
    "draw": Case(
        right=[cloud],
        wrong=[
            (lambda m, v, e: m + v * e, "reads the log variance as a standard deviation"),
            (lambda m, v, e: cloud(m, v, e, power=1), "multiply noise by its square root"),
            (lambda m, v, e: cloud(m, v, np.ones_like(e)), "use the noise handed over"),
        ],
    ),
    "kl_to": Case(
        right=[kl_to],
        wrong=[
            (lambda m, v, s: kl_to(m, v, 1.0), "must cost nothing"),
            (lambda m, v, s: kl_to(m, v, s, axis=None), "sum over the code"),
            (lambda m, v, s: 2 * kl_to(m, v, s), "for s = 1 it must be"),
        ],
    ),
    "effective_beta": Case(
        right=[beta_of],
        wrong=[
            (lambda weight, n, d, pixels, code: weight, "784 times"),
            (lambda weight, n, d, pixels, code: beta_of(weight, n, d, pixels, "sum"), "16 times"),
            (lambda weight, n, d, pixels, code: 2 * weight, "the weight itself"),
        ],
    ),
    "cyclical_beta": Case(
        right=[cycle],
        wrong=[
            (lambda epoch, period, final: cycle(epoch, period, final, 1), "in the middle"),
            (lambda epoch, period, final: final * min(1, 2 * epoch / period), "repeat the first"),
            (lambda epoch, period, final: final, "should have beta 0"),
        ],
    ),
    "turned": Case(
        right=[turned],
        wrong=[
            (lambda z, angle: turned(z, -angle), "the other way round"),
            (turned_in_place, "Work on a copy"),
            (lambda z, angle: turned(z, angle, width=4), "should stay"),
            (lambda z, angle: turned_in_place(z.copy(), angle), "a turn changes no length"),
        ],
    ),
    "highest_beta": Case(
        right=[highest],
        wrong=[
            (lambda results, budget: highest(results, budget, 1e-9), "good enough"),
            (lambda results, budget: highest(results, budget) or min(results), "return 0"),
            (lambda results, budget: max(results), "4 is the largest beta"),
        ],
    ),
}
