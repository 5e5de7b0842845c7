"""The widgets in Chromium: dragged, tapped and typed at, their pixels compared with Keras's own.

Each is taken from its stored lesson and put into a page of its own, as tools/book.py writes it.
"""

import html
import re
from importlib.resources import files

import nbformat
import numpy as np
import pytest

import book
import execution

STATIC = execution.ROOT / "ae_course" / "widgets" / "static"
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Widget</title>
<meta name="viewport" content="width=device-width"><style>{style}
body {{ margin: 0 1rem; color: #1d2127; background: #fff; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #dfe3e8; background: #13161a; }} }}
</style></head><body><main><h1>Widget</h1>{widget}</main>{scripts}</body></html>"""
# Some lessons hold none.
LIMIT = 200_000


def stored():
    """The widgets of all lessons: kind -> (cell, output)."""
    found = {}
    for path in sorted(execution.NOTEBOOKS.glob(book.LESSONS)):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", ()):
                if book.WIDGET in output.get("data", {}):
                    found[output.data[book.WIDGET]["kind"]] = cell, output
    return found


STORED = stored()
KINDS = sorted(STORED)


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a widget's page; an error or a request to anywhere ends the test."""
    complaints, contexts = [], []

    def opened(kind, size=WIDE, scheme="light", **settings):
        cell, output = STORED[kind]
        output = nbformat.from_dict(output)
        book.widget(output, html.escape(cell.metadata.mystnb.image.alt))
        names = ["core.js", *(f"{each}.js" for each in KINDS)]
        scripts = [f"<script>{(STATIC / name).read_text()}</script>" for name in names]
        page = tmp_path / f"{kind}.html"
        style = (STATIC / "widgets.css").read_text()
        written = PAGE.format(
            style=style, widget=output.data["text/html"], scripts="".join(scripts)
        )
        page.write_text(written, encoding="utf-8")
        context = chromium.new_context(viewport=size, color_scheme=scheme, **settings)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda said: complaints.extend([said.text] * (said.type == "error")))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.route("http*://**", lambda route: (complaints.append(route.request.url), route.abort()))
        tab.goto(page.as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def spec(kind):
    return STORED[kind][1].data[book.WIDGET]


@pytest.fixture(scope="module")
def keras_answer():
    """What Keras computes with the weights that the page has."""
    from ae_course import widgets

    def ask(layers, x):
        x = np.asarray(x, "float32")
        return widgets.restore(layers, x.shape[1:]).predict(x, verbose=0)

    return ask


def pixels(canvas):
    """The grey values of a canvas, 0 to 1."""
    width, *values = canvas.evaluate("""(e) => [e.width, ...e.getContext("2d")
      .getImageData(0, 0, e.width, e.height).data.filter((_, i) => i % 4 === 0)]""")
    return np.array(values).reshape(-1, width) / 255


def same(shown, wanted):
    """Whether two pictures agree to a grey level, where one rounds up and the other down."""
    return np.abs(shown - np.clip(np.squeeze(wanted), 0, 1)).max() < 1.01 / 255


def numbers(text):
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


# All --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_widget_is_small(kind):
    cell, _ = STORED[kind]
    assert len(nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))) <= LIMIT


@pytest.mark.parametrize("kind", KINDS)
def test_without_scripts_and_on_paper_there_is_the_picture(visit, kind):
    tab = visit(kind, java_script_enabled=False)
    assert tab.locator(".widget img").bounding_box()["width"] > 200
    assert not tab.locator(".ae-widget").count()
    tab = visit(kind)
    assert not tab.locator(".widget img").is_visible()
    assert tab.locator(".ae-widget").is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(".widget img").is_visible()
    assert not tab.locator(".ae-widget").is_visible()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (WIDE, "light")])
def test_axe_finds_nothing_and_all_fits(visit, kind, size, scheme):
    tab = visit(kind, size, scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    tab.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = tab.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert not [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


AS_JUPYTER_DOES = """async ([code, css, spec]) => {
  document.body.innerHTML = `<style>${css}</style><div id="output"></div>`;
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const { default: module } = await import(address);
  module.render({ model: { get: () => spec }, el: document.getElementById("output") });
}"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_for_jupyter_makes_it_as_well(visit, kind):
    from ae_course import widgets

    pytest.importorskip("anywidget")
    made = widgets._live_class()
    tab = visit(kind)
    tab.evaluate(AS_JUPYTER_DOES, [made._esm, made._css, spec(kind)])
    assert tab.locator("#output .ae-widget").bounding_box()["height"] > 300
    assert pixels(tab.locator("#output canvas.ae-picture").first).max() > 0.5


# The latent plane -------------------------------------------------------------------------------


def point(tab):
    stored = tab.locator(".ae-widget").get_attribute("data-z")
    return np.array([float(part) for part in stored.split()])


def check_plane(tab, keras_answer):
    """The picture at the point is Keras's, and the sentence names the nearest digit."""
    from ae_course import widgets

    wanted, z = spec("latent_plane"), point(tab)
    picture = tab.locator(".ae-side > figure > canvas")
    assert same(pixels(picture), keras_answer(wanted["decoder"], z[None]))
    codes = widgets.floats(wanted["codes"]).reshape(-1, 2)
    away = np.linalg.norm(codes - z, axis=1)
    said = tab.locator(".ae-sentence").text_content()
    assert f"a {wanted['labels'][away.argmin()]}, is" in said
    assert abs(numbers(said)[0] - away.min()) < 0.06
    return z


def test_the_point_is_dragged(visit, keras_answer):
    tab = visit("latent_plane")
    seen = [check_plane(tab, keras_answer)]
    box = tab.locator(".ae-plane").bounding_box()
    x, y, wide = box["x"], box["y"], box["width"]
    tab.mouse.move(x + wide / 2, y + wide / 2)
    tab.mouse.down()
    for part in (0.3, 0.9):
        tab.mouse.move(x + wide * part, y + wide * 0.1, steps=4)
        seen.append(check_plane(tab, keras_answer))
    tab.mouse.up()
    assert "in a hole" in tab.locator(".ae-sentence").text_content()
    assert seen[2][0] > seen[1][0]
    tab.mouse.move(x + wide / 2, y + wide / 2)
    assert (point(tab) == seen[2]).all(), "the point follows although the button is up"


def test_the_point_is_tapped_and_typed_at(visit, keras_answer):
    tab = visit("latent_plane", PHONE, has_touch=True)
    plane = tab.locator(".ae-plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    tab.touchscreen.tap(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75)
    tapped = check_plane(tab, keras_answer)
    plane.focus()
    for key in ("ArrowRight", "Shift+ArrowUp"):
        tab.keyboard.press(key)
    typed = check_plane(tab, keras_answer)
    right, above = typed - tapped
    assert above == pytest.approx(5 * right)
    tab.get_by_label("first number").focus()
    tab.keyboard.press("Home")
    assert check_plane(tab, keras_answer)[0] < tapped[0]
    tab.wait_for_function("document.querySelector('.ae-spoken').textContent")
    assert "nearest" in tab.locator(".ae-spoken").text_content()


def test_anchors_and_path(visit, keras_answer):
    tab = visit("latent_plane")
    decoder = spec("latent_plane")["decoder"]
    plane, path = tab.locator(".ae-plane"), tab.locator(".ae-widget > canvas.ae-picture")
    places = []
    for name, at in (("A", 0.3), ("B", 0.7)):
        box = plane.bounding_box()
        plane.click(position={"x": box["width"] * at, "y": box["height"] * at})
        places.append(point(tab))
        tab.get_by_role("button", name=f"Set {name} here").click()
    ways = np.linspace(*places, 9)
    shown = np.split(pixels(path), 9, axis=1)
    assert all(map(same, shown, keras_answer(decoder, ways)))
    tab.get_by_role("slider", name="from A to B").focus()
    tab.keyboard.press("Home")
    assert point(tab) == pytest.approx(places[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_plane_shows_is_chosen(visit, scheme):
    tab = visit("latent_plane", scheme=scheme)
    looks = []
    for name in ("points", "thumbnails", "decoded plane"):
        tab.get_by_label(name, exact=True).check()
        tab.wait_for_timeout(150)
        looks.append(tab.locator(".ae-plane").evaluate("(e) => e.toDataURL()"))
    assert len(set(looks)) == 3


# Draw a digit -----------------------------------------------------------------------------------

needs_paper = pytest.mark.skipif("draw_digit" not in KINDS, reason="no lesson has it")


def check_drawing(tab, keras_answer):
    """What comes back is what Keras returns for the pixels on the paper; the drawing."""
    from ae_course import widgets

    wanted = spec("draw_digit")
    tab.locator(".ae-paper").blur()
    x = pixels(tab.locator(".ae-paper"))
    back = keras_answer(wanted["encoder"] + wanted["decoder"], x[None, :, :, None])
    w, mean = widgets.kernel_of(wanted["pca"]), widgets.floats(wanted["pca"]["bias"])
    linear = np.clip((x.ravel() - mean) @ w.T @ w + mean, 0, 1)
    answers = [back.ravel(), linear, mean]
    canvases = tab.locator(".ae-pictures canvas").all()
    for canvas, answer in zip(canvases, answers, strict=True):
        assert same(pixels(canvas), answer.reshape(x.shape))
    said = numbers(tab.locator(".ae-sentence").text_content())
    errors = [np.sum((x.ravel() - answer) ** 2) for answer in answers]
    assert said[:3] == pytest.approx(errors, abs=0.06)
    return x


@needs_paper
def test_a_digit_is_drawn_by_mouse_finger_and_keys(visit, keras_answer):
    tab = visit("draw_digit", PHONE, has_touch=True)
    paper = tab.locator(".ae-paper")
    tab.get_by_role("button", name="Clear").click()
    assert not check_drawing(tab, keras_answer).any()
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    x, y, wide = box["x"], box["y"], box["width"]
    tab.mouse.move(x + wide * 0.3, y + wide * 0.3)
    tab.mouse.down()
    tab.mouse.move(x + wide * 0.7, y + wide * 0.3, steps=5)
    tab.mouse.up()
    drawn = check_drawing(tab, keras_answer)
    assert drawn[8, 8:20].min() > 0.9
    assert not drawn[14:].any()
    tab.touchscreen.tap(x + wide / 2, y + wide * 0.8)
    tapped = check_drawing(tab, keras_answer)
    assert tapped[22, 13] > 0.9
    paper.focus()
    for key in ["Space", *["ArrowLeft"] * 4, "Space", *["ArrowUp"] * 4]:
        tab.keyboard.press(key)
    typed = check_drawing(tab, keras_answer)
    assert typed[22, 9:14].min() > 0.9
    assert not typed[14:18].any()


@needs_paper
def test_a_sample_is_moved(visit, keras_answer):
    tab = visit("draw_digit")
    before = check_drawing(tab, keras_answer)
    assert before.max() > 0.9
    tab.get_by_role("button", name="Move right by a pixel").click()
    after = check_drawing(tab, keras_answer)
    assert (after[:, 1:] == before[:, :-1]).all()
    tab.get_by_label("Start from").select_option(index=2)
    assert (check_drawing(tab, keras_answer) != after).any()


# Size and rank ----------------------------------------------------------------------------------


@pytest.mark.skipif("size_and_rank" not in KINDS, reason="no lesson has it")
def test_a_size_is_chosen_by_keys_and_on_the_curve(visit):
    tab = visit("size_and_rank")
    wanted = spec("size_and_rank")
    sizes = wanted["sizes"]
    slider, sentence = tab.get_by_label("code size", exact=True), tab.locator(".ae-sentence")
    slider.focus()
    looks = []
    for key, i in (("Home", 0), ("ArrowRight", 1), ("End", len(sizes) - 1)):
        tab.keyboard.press(key)
        assert sentence.text_content().startswith(f"{sizes[i]} numbers")
        assert numbers(sentence.text_content())[:2] == pytest.approx(
            [line[i] for line in wanted["errors"]], abs=0.06
        )
        looks.append([pixels(each).mean() for each in tab.locator(".ae-sheet canvas").all()])
    originals, *others = zip(*looks, strict=True)
    assert len(set(originals)) == 1
    assert all(len(set(each)) == 3 for each in others)
    curve = tab.locator(".ae-curve")
    curve.click(position={"x": 42, "y": 60})
    assert sentence.text_content().startswith(f"{sizes[0]} numbers")
