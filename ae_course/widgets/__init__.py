"""Figures to turn, in Jupyter after a run and in the web book; elsewhere each is a picture.

A widget is shown as the last line of a cell. What the notebook stores of it is a picture, a text,
and JSON with the weights and data, from which the book's page brings it to life. The scripts are in
static/ and need no network and no Python.
"""

import base64
import functools
import io
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from ae_course import notebook
from ae_course.widgets._export import dense, export, floats, kernel_of, restore, text_of
from ae_keras import evaluation, plots

__all__ = ["draw_digit", "export", "latent_plane", "restore", "size_and_rank"]

MIME = "application/vnd.ae-course.widget+json"
LIVE = "application/vnd.jupyter.widget-view+json"
SCRIPTS = ("core.js", "latent_plane.js", "draw_digit.js", "size_and_rank.js")


class Widget:
    """What a cell shows: JSON for a script, and a picture for wherever no script runs.

    Args:
        figure: Matplotlib figure, the picture. It is closed.
        colours: int, how many the stored picture has: a few make a small file.
        spec: dict for the script, with "kind", "title" and "note".
    """

    def __init__(self, figure, spec, colours=200):
        self.spec = spec
        self.text = notebook.describe(figure)
        stored = io.BytesIO()
        figure.savefig(stored, format="png", dpi=72, bbox_inches="tight")
        plt.close(figure)
        few = Image.open(stored).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        stored = io.BytesIO()
        few.save(stored, format="PNG", optimize=True)
        self.picture = base64.b64encode(stored.getvalue()).decode()
        self._live = None

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": self.text,
            "image/png": self.picture,
            MIME: self.spec,
        } | self._in_jupyter()

    def _in_jupyter(self):
        """The live widget, if the package anywidget is there."""
        try:
            made = _live_class()
        except ImportError:
            return {}
        self._live = self._live or made(spec=self.spec)
        return {LIVE: self._live._repr_mimebundle_()[0][LIVE]}


@functools.cache
def _live_class():
    import anywidget
    import traitlets

    folder = files("ae_course.widgets") / "static"
    scripts = [(folder / name).read_text(encoding="utf-8") for name in SCRIPTS]
    entry = "export default { render({ model, el }) { AeCourse.mount(el, model.get('spec')); } };"

    class Live(anywidget.AnyWidget):
        _esm = "\n".join([*scripts, entry])
        _css = (folder / "widgets.css").read_text(encoding="utf-8")
        spec = traitlets.Dict().tag(sync=True)

    return Live


def _sprite(images, columns, side=None, bits=4):
    """Grey images in rows as the text of a PNG, each `side` pixels wide, with 2 ** bits greys."""
    tiles = []
    for image in np.asarray(images)[..., 0]:
        tile = Image.fromarray(np.uint8(np.rint(255 * np.clip(image, 0, 1))))
        tiles.append(np.asarray(tile.resize((side, side), Image.Resampling.BOX) if side else tile))
    rows = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    top = 2**bits - 1
    picture = Image.fromarray(np.uint8(np.rint(np.concatenate(rows) / 255 * top)), mode="P")
    greys = np.uint8(np.rint(np.linspace(0, 255, top + 1)))
    picture.putpalette(np.repeat(greys, 3).tobytes())
    stored = io.BytesIO()
    picture.save(stored, format="PNG", optimize=True, bits=bits)
    return base64.b64encode(stored.getvalue()).decode()


def _note(what, bits, rounded, exact):
    return (
        f"{what} in your browser, with weights rounded to {bits} bits. Squared error per image: "
        f"{rounded:.2f} with the rounded weights, {exact:.2f} before."
    )


def latent_plane(model, part, start, end, n=300, bits=8):
    """A plane of codes, and in it a point to drag: what is decoded there, which digits are near.

    Args:
        model: autoencoder with a code of two numbers, whose decoder is a `keras.Sequential` of
            Dense and Reshape layers.
        part: `ae_keras.data.Images` of digits, one of each group of which is shown.
        start, end: two floats each, the ends of a path. The point stands half-way at first.
        n: int, the largest number of images shown. Defaults to 300.
        bits: int, 1 to 8, for each weight. Defaults to 8.

    Returns:
        Widget.

    Raises:
        ValueError: the decoder cannot be exported.
    """
    first = np.sort(np.unique(part.groups, return_index=True)[1])[:n]
    x, labels = part.x[first], part.labels[first]
    z, z_all = evaluation.encode(model, x), evaluation.encode(model, part.x)
    layers = export(model.decoder, bits)
    rounded = restore(layers, (2,))
    drawn = rounded.predict(z_all, batch_size=512, verbose=0)
    exact = evaluation.squared_error(part.x, evaluation.decode(model, z_all)).mean()
    error = evaluation.squared_error(part.x, drawn).mean()
    spec = {
        "kind": "latent_plane",
        "title": "The plane of codes, with a point to drag",
        "note": _note("The decoder of this lesson runs", bits, error, exact),
        "decoder": layers,
        "size": part.x.shape[1],
        "codes": text_of(z.astype("<f4")),
        "labels": "".join(map(str, labels)),
        "sprite": _sprite(x, len(x), side=14),
        "tile": 14,
        "ends": [[float(value) for value in place] for place in (start, end)],
    }
    return Widget(_plane_picture(z, x, labels, rounded, np.array([start, end], "float32")), spec)


def _plane_picture(z, x, labels, decoder, ends):
    fig, axes = plt.subplot_mosaic("ad;an", figsize=(8, 4.4), width_ratios=[1.7, 1])
    here = ends.mean(axis=0, keepdims=True)
    plots.plot_codes(z, labels, ax=axes["a"])
    axes["a"].plot(*ends.T, color="black", linewidth=1, zorder=4)
    axes["a"].plot(*here.T, "o", markersize=14, mfc="none", color="black", mew=3, zorder=5)
    axes["a"].set(ylabel="second number of the code, against the first", aspect="equal")
    drawn = decoder.predict(here, verbose=0)
    plots.plot_images(drawn, title="decoded at the ring", ax=axes["d"])
    plots.plot_images(
        x[evaluation.nearest(z, here, k=3)[0]], title="the nearest digits", ax=axes["n"]
    )
    return fig


def draw_digit(encoder, decoder, pca, part, samples, bits=(4, 5)):
    """A paper to draw a digit on: its code, what comes back, and the error beside the baselines'.

    Args:
        encoder, decoder: `keras.Sequential` of Dense, Flatten and Reshape layers.
        pca: of `evaluation.fit_pca`, the baseline, with a code of the same size.
        part: `ae_keras.data.Images` whose errors a drawing's is compared with.
        samples: dict from a name to an image, to start from.
        bits: two int, 1 to 8, for each weight of the encoder and of the decoder. Defaults to
            (4, 5).

    Returns:
        Widget.

    Raises:
        ValueError: the encoder or decoder cannot be exported.
    """
    image_shape = part.x.shape[1:]
    parts = export(encoder, bits[0]), export(decoder, bits[1])
    linear = dense(pca.components_, pca.mean_, bits=6)
    read, draw = restore(parts[0], image_shape), restore(parts[1], pca.components_.shape[:1])

    def ask(x):
        z = read.predict(x, batch_size=512, verbose=0)
        return z, draw.predict(z, batch_size=512, verbose=0)

    z, x_hat = ask(part.x)
    before = decoder.predict(encoder.predict(part.x, verbose=0), verbose=0)
    errors = evaluation.squared_error(part.x, x_hat)
    exact = evaluation.squared_error(part.x, before).mean()
    images = np.stack(list(samples.values()))
    spec = {
        "kind": "draw_digit",
        "title": "Paper to draw a digit on",
        "note": _note("Encoder and decoder run", "{} and {}".format(*bits), errors.mean(), exact),
        "encoder": parts[0],
        "decoder": parts[1],
        "pca": linear,
        "size": image_shape[0],
        "samples": list(samples),
        "sprite": _sprite(images, len(images), bits=8),
        "largest": round(float(np.abs(z).max()), 3),
        "errors": [round(float(e), 2) for e in np.quantile(errors, np.linspace(0.005, 0.995, 100))],
    }
    w, mean = kernel_of(linear), floats(linear["bias"])
    flat = images.reshape(len(images), -1)
    by_pca = np.clip((flat - mean) @ w.T @ w + mean, 0, 1).reshape(images.shape)
    means = np.broadcast_to(mean.reshape(image_shape), images.shape)
    rows = {"drawn": images, "autoencoder": ask(images)[1], "PCA": by_pca, "mean image": means}
    fig, ax = plt.subplots(figsize=(4.5, 3.6))
    plots.plot_rows(rows, ax=ax)
    return Widget(fig, spec, colours=16)


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
    ways = {"PCA": linear, "autoencoder": network}
    sizes = list(linear)
    errors = [[evaluation.squared_error(x, of[s]).mean() for s in sizes] for of in ways.values()]
    tiles = [x[:n]] + [of[size][:n] for size in sizes for of in ways.values()]
    spec = {
        "kind": "size_and_rank",
        "title": "The size of the code, to choose",
        "note": "Drawn once, by the networks and the PCA of this lesson; the pictures are stored.",
        "sizes": sizes,
        "names": list(ways),
        "errors": [[round(float(error), 2) for error in line] for line in errors],
        "mean": round(float(mean_error), 2),
        "size": x.shape[1],
        "n": n,
        "start": start,
        "sprite": _sprite(np.concatenate(tiles), n),
    }
    rows = {"original": x[:10]} | {
        f"{sizes[start]}: {name}": of[sizes[start]][:10] for name, of in ways.items()
    }
    fig, ax = plt.subplots(figsize=(7.5, 2.4))
    plots.plot_rows(rows, ax=ax)
    return Widget(fig, spec, colours=16)
