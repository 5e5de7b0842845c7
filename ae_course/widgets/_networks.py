"""Widgets whose networks run in the browser."""

import matplotlib.pyplot as plt
import numpy as np

from ae_course.widgets._export import dense, export, floats, kernel_of, restore, text_of
from ae_course.widgets._widget import Widget, note, sprite
from ae_keras import data, evaluation, plots


def latent_plane(models, part, ends, n=300, bits=8):
    """A plane of codes, and in it a point to drag: what is decoded there, which digits are near.

    Args:
        models: dict from a name to an autoencoder with a code of two numbers, whose decoder is a
            `keras.Sequential` of Dense and Reshape layers. With two or more, a switch leads from
            plane to plane.
        part: `ae_keras.data.Images` of digits, one of each group of which is shown.
        ends: dict from each name to two codes, the ends of a path in its plane. The point stands
            half-way at first.
        n: int, the largest number of images shown. Defaults to 300.
        bits: int, 1 to 8, for each weight. Defaults to 8.

    Returns:
        Widget.

    Raises:
        ValueError: a decoder cannot be exported.
    """
    first = np.sort(np.unique(part.groups, return_index=True)[1])[:n]
    x, labels = part.x[first], part.labels[first]
    planes, errors = [], []
    for name, model in models.items():
        layers = export(model.decoder, bits)
        z, z_all = evaluation.encode(model, x), evaluation.encode(model, part.x)
        drawn = (
            restore(layers, (2,)).predict(z_all, batch_size=512, verbose=0),
            evaluation.decode(model, z_all),
        )
        errors.append([evaluation.squared_error(part.x, x_hat).mean() for x_hat in drawn])
        planes.append(
            {
                "name": name,
                "decoder": layers,
                "codes": text_of(z.astype("<f4")),
                "ends": [[float(value) for value in place] for place in ends[name]],
            }
        )
    spec = {
        "kind": "latent_plane",
        "title": "The plane of codes, with a point to drag",
        "note": " ".join(
            note(f"The {name} network's decoder runs", bits, *pair)
            for name, pair in zip(models, errors, strict=True)
        ),
        "planes": planes,
        "size": part.x.shape[1],
        "labels": "".join(map(str, labels)),
        "sprite": sprite(x, len(x), side=14),
        "tile": 14,
    }
    return Widget(_plane_picture(x, labels, planes[0]), spec)


def _plane_picture(x, labels, plane):
    fig, axes = plt.subplot_mosaic("ad;an", figsize=(8, 4.4), width_ratios=[1.7, 1])
    z, ends = floats(plane["codes"]).reshape(-1, 2), np.array(plane["ends"], "float32")
    here = ends.mean(axis=0, keepdims=True)
    plots.plot_codes(z, labels, ax=axes["a"])
    axes["a"].plot(*ends.T, color="black", linewidth=1, zorder=4)
    axes["a"].plot(*here.T, "o", markersize=14, mfc="none", color="black", mew=3, zorder=5)
    axes["a"].set(ylabel="second number of the code, against the first", aspect="equal")
    drawn = restore(plane["decoder"], (2,)).predict(here, verbose=0)
    plots.plot_images(drawn, title="decoded at the ring", ax=axes["d"])
    plots.plot_images(
        x[evaluation.nearest(z, here, k=3)[0]], title="the nearest digits", ax=axes["n"]
    )
    return fig


def draw_digit(encoder, decoder, pca, part, samples, bits=(4, 5), thresholds=None):
    """A paper to draw a digit on: its code, what comes back, and the error beside the baselines'.

    Args:
        encoder, decoder: models that `export` takes.
        pca: of `evaluation.fit_pca`, the baseline, with a code of the same size, or None.
        part: `ae_keras.data.Images` whose errors a drawing's is compared with.
        samples: dict from a name to an image, to start from.
        bits: two int, 1 to 8, for each weight of the encoder and of the decoder. Defaults to
            (4, 5).
        thresholds: dict from "autoencoder", "PCA" or "mean image" to the squared error above which
            a drawing raises an alarm; with them the error of each pixel is shown, too. Defaults to
            no alarms.

    Returns:
        Widget.

    Raises:
        ValueError: the encoder or decoder cannot be exported.
    """
    image_shape = part.x.shape[1:]
    parts = export(encoder, bits[0]), export(decoder, bits[1])
    read = restore(parts[0], image_shape)
    z = read.predict(part.x, batch_size=512, verbose=0)
    draw = restore(parts[1], z.shape[1:])
    before = decoder.predict(encoder.predict(part.x, verbose=0), verbose=0)
    errors = evaluation.squared_error(part.x, draw.predict(z, batch_size=512, verbose=0))
    exact = evaluation.squared_error(part.x, before).mean()
    images = np.stack(list(samples.values()))
    spec = {
        "kind": "draw_digit",
        "title": "Paper to draw a digit on",
        "note": note("Encoder and decoder run", "{} and {}".format(*bits), errors.mean(), exact),
        "encoder": parts[0],
        "decoder": parts[1],
        "size": image_shape[0],
        "samples": list(samples),
        "sprite": sprite(images, len(images), bits=8),
        "largest": round(float(np.abs(z).max()), 3),
        "errors": [round(float(e), 2) for e in np.quantile(errors, np.linspace(0.005, 0.995, 100))],
    }
    x_hat = draw.predict(read.predict(images, verbose=0), verbose=0)
    rows = {"drawn": images, "autoencoder": x_hat}
    if thresholds:
        spec["thresholds"] = {name: round(float(value), 2) for name, value in thresholds.items()}
        rows["its error"] = (images - x_hat) ** 2
    if pca is not None:
        spec["pca"] = dense(pca.components_, pca.mean_, bits=6)
        w, mean = kernel_of(spec["pca"]), floats(spec["pca"]["bias"])
        flat = images.reshape(len(images), -1)
        rows["PCA"] = np.clip((flat - mean) @ w.T @ w + mean, 0, 1).reshape(images.shape)
        rows["mean image"] = np.broadcast_to(mean.reshape(image_shape), images.shape)
    fig, ax = plt.subplots(figsize=(4.5, 0.9 * len(rows)))
    plots.plot_rows(rows, ax=ax)
    if thresholds:
        wide = sum(ax.get_xlim()) / len(images)
        alarms = evaluation.squared_error(images, x_hat) > thresholds["autoencoder"]
        for i, alarm in enumerate(alarms):
            ax.text((i + 0.5) * wide, -3, "alarm" if alarm else "no alarm", ha="center")
    return Widget(fig, spec, colours=16)


def noise(models, x, level=0.4, n=6, bits=8):
    """Noise of a kind and a level to choose, and what each network makes of the noisy images.

    Args:
        models: dict from a name to an autoencoder, whose encoder and decoder can be exported.
        x: images `(n_images, side, side, 1)`, of which the first `n` are shown. The error in the
            note is that of all of them.
        level: float, the level shown first, at which the still picture is drawn. Defaults to 0.4.
        n: int, images shown. Defaults to 6.
        bits: int, 1 to 8, for each weight. Defaults to 8.

    Returns:
        Widget.

    Raises:
        ValueError: a network cannot be exported.
    """
    networks = [export(m.encoder, bits) + export(m.decoder, bits) for m in models.values()]
    x_noisy = data.gaussian_noise(x, level, seed=1)
    drawn = [restore(n, x.shape[1:]).predict(x_noisy, verbose=0) for n in networks]
    exact = evaluation.squared_error(x, evaluation.reconstruct(list(models.values())[-1], x_noisy))
    spec = {
        "kind": "noise",
        "title": "Noise, to choose and to take off",
        "note": note(
            "The networks run", bits, evaluation.squared_error(x, drawn[-1]).mean(), exact.mean()
        ),
        "names": list(models),
        "networks": networks,
        "size": x.shape[1],
        "n": n,
        "level": level,
        "images": sprite(x[:n], 1, bits=8),
    }
    rows = {"clean": x[:n], "noisy": x_noisy[:n]}
    rows |= {name: images[:n] for name, images in zip(models, drawn, strict=True)}
    fig, ax = plt.subplots(figsize=(6, 4))
    plots.plot_rows(rows, ax=ax)
    return Widget(fig, spec, colours=16)
