"""Widgets that show what was computed before."""

import math

import matplotlib.pyplot as plt
import numpy as np

from ae_course.widgets._export import text_of
from ae_course.widgets._widget import Widget, sprite
from ae_keras import evaluation, plots

DRAWN = "Drawn once, by the models of this lesson; the pictures are stored."


def _sweep(title, slider, steps, sentences, curve, sheets=(), maps=(), start=0, note=DRAWN):
    """The spec of a slider over what was computed before.

    Args:
        title, slider, note: str; `slider` names what is chosen.
        steps, sentences: list of str, for each step of the slider.
        curve: dict with "lines" (dicts with "name", "x", "y", and "at", the point of each step or
            None), "levels" (pairs of a name and a value), "ticks" (of both axes), "top", "log",
            and "x" and "y" (names of the axes).
        sheets: dicts with "columns", "captions" (for each step) and "images" (for each step: an
            array, the same one where nothing changes, or None).
        maps: dicts with "captions" and "steps" (for each step: points `(n_points, 2)`).
        start: int, the step shown first.
    """
    tiles, first, shown = [], {}, []
    for sheet in sheets:
        for images in sheet["images"]:
            if images is not None and id(images) not in first:
                first[id(images)] = sum(map(len, tiles))
                tiles.append(images)
        n = next(len(images) for images in sheet["images"] if images is not None)
        kept = {name: sheet[name] for name in ("columns", "captions")}
        kept["first"] = [None if each is None else first[id(each)] for each in sheet["images"]]
        shown.append(kept | {"rows": -(-n // kept["columns"])})
    columns = 20
    tiles = np.concatenate(tiles) if tiles else np.zeros((1, 1, 1, 1))
    tiles = np.concatenate([tiles, np.zeros((-len(tiles) % columns, *tiles.shape[1:]))])
    curve["lines"] = [
        line | {axis: [round(float(value), 3) for value in line[axis]] for axis in "xy"}
        for line in curve["lines"]
    ]
    return {
        "kind": "sweep",
        "title": title,
        "note": note,
        "slider": slider,
        "steps": steps,
        "sentences": sentences,
        "start": start,
        "sheets": shown,
        "maps": [
            each | {"steps": [_in_bytes(points) for points in each["steps"]]} for each in maps
        ],
        "curve": {"levels": [], "log": False} | curve,
        "tile": tiles.shape[1],
        "columns": columns,
        "sprite": sprite(tiles, columns),
    }


def _in_bytes(points):
    """Points of a map as text: each a byte across and one upwards, to the same scale."""
    low, high = points.min(axis=0), points.max(axis=0)
    places = (points - (low + high) / 2) / (high - low).max() + 0.5
    return text_of(np.uint8(np.rint(255 * places)))


def _line(name, x, y, at=None):
    """A line of a curve whose points are those of the steps, or of `at`."""
    return {"name": name, "x": list(x), "y": list(y), "at": at or list(range(len(y)))}


def size_and_rank(x, linear, network, mean_error, start=0, n=20):
    """A slider over the code size: the same images by PCA and by the network, and their errors.

    Args:
        x: images `(n_images, height, width, 1)`.
        linear, network: dict from each size to the reconstructions of `x` by PCA and by the
            autoencoder, of the same sizes in rising order.
        mean_error: float, squared error of the mean image.
        start: int, index of the size shown first. Defaults to 0.
        n: int, images shown. Defaults to 20.

    Returns:
        Widget.
    """
    coded = {
        name: [(size, evaluation.squared_error(x, of[size]).mean(), of[size][:n]) for size in of]
        for name, of in (("PCA", linear), ("autoencoder", network))
    }
    levels = [["mean image", float(mean_error)]]
    return _coders(x[:n], coded, list(linear), start, "code size", "code size", "numbers", levels)


def bits(x, coded, budgets, start=0):
    """A slider over the bytes for an image: what each coder makes of them, and its error.

    Args:
        x: images `(n, height, width, 1)`, a few.
        coded: dict from the name of a coder to a list of (bytes per image, squared error of many
            images, these images decoded).
        budgets: list of numbers, the bytes per image to choose from, rising.
        start: int, index of the budget shown first. Defaults to 0.

    Returns:
        Widget.
    """
    return _coders(x, coded, budgets, start, "at most", "bytes per image", "bytes", [])


def _coders(x, coded, budgets, start, slider, axis, unit, levels):
    columns, lines, told = 10, [], [[] for _ in budgets]
    sheets = [(["original"] * len(budgets), [x] * len(budgets))]
    for name, points in coded.items():
        size, error, images = zip(*sorted(points, key=lambda point: point[0]), strict=True)
        images = [np.clip(each, 0, 1) for each in images]
        fitting = [[i for i, s in enumerate(size) if s <= budget] for budget in budgets]
        best = [min(each, key=lambda i: error[i], default=None) for each in fitting]
        lines.append(_line(name, size, error, best))
        captions = []
        for words, i in zip(told, best, strict=True):
            if i is None:
                words.append(f"{name} needs more")
                captions.append(f"{name}: needs {size[0]:.1f} {unit}")
            else:
                words.append(f"{name} {error[i]:.1f}")
                captions.append(f"{name}: {size[i]:.4g} {unit}, squared error {error[i]:.1f}")
        sheets.append((captions, [None if i is None else images[i] for i in best]))
    steps = [f"{budget} {unit}" for budget in budgets]
    sentences = [
        f"{step}, squared error per image: {', '.join(words)}."
        for step, words in zip(steps, told, strict=True)
    ]
    top = float(max([value for _, value in levels] + [max(line["y"]) for line in lines]))
    sizes = [size for line in lines for size in line["x"]]
    powers = [2**k for k in range(12) if min(sizes) <= 2**k <= max(sizes)]
    curve = {
        "lines": lines,
        "levels": levels,
        "ticks": [powers, [0, round(top / 2), round(top)]],
        "top": 1.1 * top,
        "log": True,
        "x": axis,
        "y": "squared error per image",
    }
    sheets = [{"columns": columns, "captions": c, "images": each} for c, each in sheets]
    title = f"The {axis}, to choose"
    spec = _sweep(title, slider, steps, sentences, curve, sheets, start=start)
    rows = {
        sheet["captions"][start].split(":")[0]: sheet["images"][start][:columns]
        for sheet in sheets
        if sheet["images"][start] is not None
    }
    fig, ax = plt.subplots(figsize=(7.5, 2.6))
    plots.plot_rows(rows, title=steps[start], ax=ax)
    return Widget(fig, spec, colours=16)


def beta_sweep(pictures, rates, distortions, mean_distortion, start=0):
    """A slider over beta: the latent traversals, and the place on the rate-distortion curve.

    Args:
        pictures: dict from each beta to the traversals, `(n_units, n_steps, height, width, 1)`.
        rates: dict from each beta to the rates of these units, in nats per image.
        distortions: dict from each beta to the distortion, in nats per image.
        mean_distortion: float, that of the mean image, without a code.
        start: int, index of the beta shown first. Defaults to 0.

    Returns:
        Widget.
    """
    betas, n_steps = list(pictures), next(iter(pictures.values())).shape[1]
    total = [float(np.sum(rates[beta])) for beta in betas]
    distortion, mean_distortion = (
        [float(distortions[beta]) for beta in betas],
        float(mean_distortion),
    )
    captions = [
        "Rows from the top carry " + ", ".join(f"{rate:.1f}" for rate in rates[beta]) + " nats"
        for beta in betas
    ]
    tiles = [np.reshape(pictures[beta], (-1, *pictures[beta].shape[2:])) for beta in betas]
    curve = {
        "lines": [_line("VAE", total, distortion)],
        "levels": [["mean image", mean_distortion]],
        "ticks": [
            list(range(0, math.ceil(max(total)) + 1, max(1, round(max(total) / 4)))),
            [round(mean_distortion * part / 2) for part in range(3)],
        ],
        "top": 1.15 * max(mean_distortion, *distortion),
        "x": "rate, nats per image",
        "y": "distortion, nats per image",
    }
    sentences = [
        f"Beta {beta}: rate {rate:.2f}, distortion {lost:.2f} nats per image. "
        f"Distortion + beta * rate: {lost + beta * rate:.2f}."
        for beta, rate, lost in zip(betas, total, distortion, strict=True)
    ]
    sheets = [{"columns": n_steps, "captions": captions, "images": tiles}]
    steps, title = [str(beta) for beta in betas], "Beta, to choose"
    spec = _sweep(title, "beta", steps, sentences, curve, sheets, start=start)
    fig, ax = plt.subplots(figsize=(5, 3.4))
    rows = {f"row {i + 1}": row for i, row in enumerate(pictures[betas[start]])}
    plots.plot_rows(rows, title=f"beta {betas[start]}", ax=ax)
    return Widget(fig, spec, colours=16)


def perplexity(points, maps, start=0, k=10):
    """A slider over the perplexity: maps by t-SNE, and how many neighbours they keep.

    Args:
        points: dict from a name to the points `(n_points, n_numbers)`, of one or two sets.
        maps: dict from each name to a dict from each perplexity to a map `(n_points, 2)`.
        start: int, index of the perplexity shown first. Defaults to 0.
        k: int, neighbours of a point that are looked for. Defaults to 10.

    Returns:
        Widget.
    """
    values = list(next(iter(maps.values())))
    kept = {
        name: [_kept(points[name], of[value], k) for value in values] for name, of in maps.items()
    }
    curve = {
        "lines": [_line(name, values, shares) for name, shares in kept.items()],
        "ticks": [values, [0, 0.5, 1]],
        "top": 1.05,
        "log": True,
        "x": "perplexity",
        "y": f"of the {k} nearest, kept on the map",
    }
    sentences = [
        f"Perplexity {value}: of the {k} nearest among all numbers, "
        + " and ".join(f"{kept[name][i]:.2f} in {name}" for name in maps)
        + f" are among the {k} nearest on the map."
        for i, value in enumerate(values)
    ]
    steps = [str(value) for value in values]
    drawn = [
        {
            "captions": [f"{name}, perplexity {value}" for value in values],
            "steps": list(of.values()),
        }
        for name, of in maps.items()
    ]
    title, note = "The perplexity of t-SNE, to choose", "Maps made once, in this lesson."
    spec = _sweep(title, "perplexity", steps, sentences, curve, maps=drawn, start=start, note=note)
    fig, axes = plt.subplots(1, len(maps), figsize=(6, 3.2), squeeze=False)
    for ax, (name, of) in zip(axes[0], maps.items(), strict=True):
        ax.scatter(*of[values[start]].T, s=4, color="black")
        ax.set(title=f"{name}, perplexity {values[start]}", xticks=[], yticks=[], aspect="equal")
    return Widget(fig, spec, colours=16)


def _kept(points, plane, k):
    """The share of the k nearest points that are among the k nearest on a map."""
    near = [evaluation.nearest(each, each, k=k + 1)[:, 1:] for each in (points, plane)]
    return float(np.mean([np.isin(*both).mean() for both in zip(*near, strict=True)]))


def alarm_budget(scores, groups, budget, per, unit, n=121):
    """A threshold to move on the histogram of a score: false alarms, and what is found.

    Args:
        scores: dict from the name of a score to an array `(n_items,)`, larger where more anomalous.
        groups: dict from the name of a group to a bool array `(n_items,)`, normal items first.
        budget: int, how many false alarms for each `unit` can be afforded at first.
        per: float, in how many of these units all items arrived.
        unit: str, such as "a day" or "in 100".
        n: int, thresholds to choose from; the middle one comes first. Defaults to 121.

    Returns:
        Widget.
    """
    thresholds, above, start = [], [], n // 2
    for score in scores.values():
        score = np.asarray(score, "float64")
        # In equal ratios, from the lowest per cent to where no item is left.
        low, high = max(np.quantile(score, 0.01), 1e-6 * score.max()), score.max()
        steps = np.array([float(f"{step:.6g}") for step in np.geomspace(low, 1.0001 * high, n)])
        thresholds.append(steps.tolist())
        ordered = [np.sort(score[where]) for where in groups.values()]
        above.append(
            [(len(each) - np.searchsorted(each, steps, side="right")).tolist() for each in ordered]
        )
    spec = {
        "kind": "alarm_budget",
        "title": "A threshold to move, and a budget of false alarms",
        "note": "Counted once, with the scores of this lesson: every number is exact.",
        "methods": list(scores),
        "groups": [{"name": name, "n": int(where.sum())} for name, where in groups.items()],
        "thresholds": thresholds,
        "above": above,
        "per": per,
        "unit": unit,
        "budget": budget,
        "start": start,
    }
    fig, ax = plt.subplots(figsize=(7, 3))
    score, bins = np.asarray(next(iter(scores.values()))), np.array(thresholds[0])[:: n // 12]
    for i, (name, where) in enumerate(groups.items()):
        share = np.histogram(np.clip(score[where], bins[0], bins[-1]), bins)[0] / where.sum()
        style, width = (("-", 1.8), ("--", 1.8), ("-.", 1.8), (":", 2.8))[i % 4]
        ax.stairs(share, bins, label=name, linewidth=width, linestyle=style)
    ax.axvline(thresholds[0][start], color="black")
    ax.set(xscale="log", xlabel=f"score: {next(iter(scores))}", ylabel="fraction of the group")
    ax.set_xticks(bins[::3], [f"{value:.3g}" for value in bins[::3]])
    ax.minorticks_off()
    ax.legend()
    return Widget(fig, spec, colours=16)


def hole(x, fillers, labels, sizes=(6, 10, 14, 18), step=3, start=1, at=(3, 3)):
    """A hole to move over a digit and to make larger, and what each way fills in.

    Args:
        x: images `(n_images, side, side, 1)`, a few.
        fillers: dict from a name to a function of images and masks `(n, side, side, 1)`, True where
            pixels are missing, that returns the images with all pixels.
        labels: list of str, the name of each image.
        sizes: int, sides of the hole, in pixels.
        step: int, pixels from one place of the hole to the next.
        start: int, index of the size shown first.
        at: two int, steps of the first place from the left and from the top.

    Returns:
        Widget.
    """
    side, parts = x.shape[1], []
    for image in x:
        for size in sizes:
            places = range(0, side - size + 1, step)
            corners = [(top, left) for top in places for left in places]
            masks = np.zeros((len(corners), side, side, 1), bool)
            for mask, (top, left) in zip(masks, corners, strict=True):
                mask[top : top + size, left : left + size] = True
            images = np.repeat(image[None], len(corners), axis=0)
            filled = [np.asarray(fill(images, masks))[masks] for fill in fillers.values()]
            by_place = [np.reshape(pixels, (len(corners), 1, -1)) for pixels in filled]
            parts.append(np.concatenate(by_place, axis=1).ravel())
    pixels = np.concatenate(parts)
    pixels = np.concatenate([pixels, np.zeros(-len(pixels) % 512)])
    spec = {
        "kind": "hole",
        "title": "A hole to move and to fill",
        "note": f"{DRAWN} Filled pixels are rounded to 16 greys.",
        "names": list(fillers),
        "labels": list(labels),
        "sizes": list(sizes),
        "step": step,
        "start": start,
        "at": list(at),
        "size": side,
        "n": len(x),
        "images": sprite(x, 1, bits=8),
        "fills": sprite(pixels.reshape(1, -1, 512, 1), 1),
    }
    mask, (left, top) = np.zeros((1, side, side, 1), bool), np.array(at) * step
    mask[:, top : top + sizes[start], left : left + sizes[start]] = True
    masks = np.repeat(mask, len(x), axis=0)
    rows = {"whole": x, "hole": np.where(masks, 0.5, x)}
    for name, fill in fillers.items():
        rows[name] = np.where(masks, np.clip(fill(x, masks), 0, 1), x)
    fig, ax = plt.subplots(figsize=(3.5, 5))
    plots.plot_rows(rows, ax=ax)
    return Widget(fig, spec, colours=16)
