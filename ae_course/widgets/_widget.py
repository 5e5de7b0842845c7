"""What a cell shows of a widget: its picture, its JSON and, in Jupyter, its script."""

import base64
import functools
import io
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from ae_course import notebook

MIME = "application/vnd.ae-course.widget+json"
LIVE = "application/vnd.jupyter.widget-view+json"
STATIC = files("ae_course.widgets") / "static"


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
            made = live_class()
        except ImportError:
            return {}
        self._live = self._live or made(spec=self.spec)
        return {LIVE: self._live._repr_mimebundle_()[0][LIVE]}


@functools.cache
def live_class():
    import anywidget
    import traitlets

    # The core comes first.
    paths = sorted(STATIC.glob("*.js"), key=lambda path: (path.name != "core.js", path.name))
    scripts = [path.read_text(encoding="utf-8") for path in paths]
    entry = "export default { render({ model, el }) { AeCourse.mount(el, model.get('spec')); } };"

    class Live(anywidget.AnyWidget):
        _esm = "\n".join([*scripts, entry])
        _css = (STATIC / "widgets.css").read_text(encoding="utf-8")
        spec = traitlets.Dict().tag(sync=True)

    return Live


def sprite(images, columns, side=None, bits=4):
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


def note(what, bits, rounded, exact):
    return (
        f"{what} in your browser, with weights rounded to {bits} bits. Squared error per image: "
        f"{rounded:.2f} with the rounded weights, {exact:.2f} before."
    )
