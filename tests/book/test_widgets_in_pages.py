"""The widgets in Chromium: dragged, tapped and typed at, their pixels compared with Keras's own.

Each is taken from its stored lesson and put into a page of its own, as tools/book.py writes it.
"""

import base64
import html
import io
import re
from importlib.resources import files

import nbformat
import numpy as np
import pytest
from PIL import Image

import book
import execution

STATIC = execution.ROOT / "ae_course" / "widgets" / "static"
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Widget</title>
<meta name="viewport" content="width=device-width"><style>{style}
body {{ margin: 0 1rem; color: #1d2127; background: #fff; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #dfe3e8; background: #13161a; }} }}
</style></head><body><main><h1>Widget</h1>{widget}</main>{scripts}</body></html>"""
# Bytes of the widgets of a notebook, with their pictures.
LIMIT = 200_000


def stored():
    """The widgets of all lessons: number of the lesson and kind -> (cell, output)."""
    found = {}
    for path in sorted(execution.NOTEBOOKS.glob(book.LESSONS)):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", ()):
                if book.WIDGET in output.get("data", {}):
                    found[f"{path.stem[:2]} {output.data[book.WIDGET]['kind']}"] = cell, output
    return found


STORED = stored()
NAMES = sorted(STORED)
PLANE, TWO_PLANES, NOISE = "08 latent_plane", "16 latent_plane", "13 noise"
ALARMS, HOLE = "20 alarm_budget", "21 hole"


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a widget's page; an error or a request to anywhere ends the test."""
    complaints, contexts = [], []

    def opened(name, size=WIDE, scheme="light", **settings):
        cell, output = STORED[name]
        output = nbformat.from_dict(output)
        book.widget(output, html.escape(cell.metadata.mystnb.image.alt))
        kind = spec(name)["kind"]
        codes = [(STATIC / script).read_text() for script in ("core.js", f"{kind}.js")]
        scripts = [f"<script>{code}</script>" for code in codes]
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


def spec(name):
    return STORED[name][1].data[book.WIDGET]


@pytest.fixture(scope="module")
def keras_answer():
    """What Keras computes with the weights that the page has."""
    from ae_course import widgets

    def ask(layers, x):
        x = np.asarray(x, "float32")
        return widgets.restore(layers, x.shape[1:]).predict(x, verbose=0)

    return ask


PIXELS = """(e, channel) => {
  const { data } = e.getContext("2d").getImageData(0, 0, e.width, e.height);
  let text = "";
  for (let i = channel; i < data.length; i += 4) text += String.fromCharCode(data[i]);
  return [e.width, btoa(text)];
}"""


def pixels(canvas, channel=0):
    """The values of a canvas, 0 to 1: of grey, which all colours have, or of channel 3, the ink."""
    width, text = canvas.evaluate(PIXELS, channel)
    return np.frombuffer(base64.b64decode(text), "uint8").reshape(-1, width) / 255


def same(shown, wanted):
    """Whether two pictures agree to a grey level, where one rounds up and the other down."""
    return np.abs(shown - np.clip(np.squeeze(wanted), 0, 1)).max() < 1.01 / 255


def numbers(text):
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


# All --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_widgets_of_a_notebook_are_small(name):
    cells = [cell for other, (cell, _) in STORED.items() if other[:2] == name[:2]]
    assert len(nbformat.writes(nbformat.v4.new_notebook(cells=cells))) <= LIMIT


@pytest.mark.parametrize("name", NAMES)
def test_without_scripts_and_on_paper_there_is_the_picture(visit, name):
    tab = visit(name, java_script_enabled=False)
    assert tab.locator(".widget img").bounding_box()["width"] > 200
    assert not tab.locator(".ae-widget").count()
    tab = visit(name)
    assert not tab.locator(".widget img").is_visible()
    assert tab.locator(".ae-widget").is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(".widget img").is_visible()
    assert not tab.locator(".ae-widget").is_visible()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (WIDE, "light")])
def test_axe_finds_nothing_and_all_fits(visit, name, size, scheme):
    tab = visit(name, size, scheme)
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


@pytest.mark.parametrize("name", NAMES)
def test_the_module_for_jupyter_makes_it_as_well(visit, name):
    from ae_course import widgets

    pytest.importorskip("anywidget")
    made = widgets.live_class()
    tab = visit(name)
    tab.evaluate(AS_JUPYTER_DOES, [made._esm, made._css, spec(name)])
    assert tab.locator("#output .ae-widget").bounding_box()["height"] > 300
    drawn = tab.locator("#output canvas").first
    drawn.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    assert len(np.unique(pixels(drawn))) > 1


# The latent plane -------------------------------------------------------------------------------


def point(tab):
    stored = tab.locator(".ae-widget").get_attribute("data-z")
    return np.array([float(part) for part in stored.split()])


def check_plane(tab, keras_answer, name=PLANE, switch=0):
    """The picture at the point is Keras's, and the sentence names the nearest digit."""
    from ae_course import widgets

    wanted, z = spec(name), point(tab)
    plane = wanted["planes"][switch]
    picture = tab.locator(".ae-side > figure > canvas")
    assert same(pixels(picture), keras_answer(plane["decoder"], z[None]))
    codes = widgets.floats(plane["codes"]).reshape(-1, 2)
    away = np.linalg.norm(codes - z, axis=1)
    said = tab.locator(".ae-sentence").text_content()
    assert f"a {wanted['labels'][away.argmin()]}, is" in said
    assert abs(numbers(said)[0] - away.min()) < 0.06
    return z


def test_the_point_is_dragged(visit, keras_answer):
    tab = visit(PLANE)
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
    tab = visit(PLANE, PHONE, has_touch=True)
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
    tab = visit(PLANE)
    decoder = spec(PLANE)["planes"][0]["decoder"]
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


def test_a_switch_leads_from_plane_to_plane(visit, keras_answer):
    tab = visit(TWO_PLANES)
    box = tab.locator(".ae-plane").bounding_box()
    for switch, plane in enumerate(spec(TWO_PLANES)["planes"]):
        tab.get_by_label(plane["name"], exact=True).check()
        assert point(tab) == pytest.approx(np.mean(plane["ends"], axis=0))
        check_plane(tab, keras_answer, TWO_PLANES, switch)
        tab.locator(".ae-plane").click(position={"x": box["width"] * 0.9, "y": 9})
        place = check_plane(tab, keras_answer, TWO_PLANES, switch)
        shown = float(tab.get_by_label("first number").input_value())
        assert shown == pytest.approx(place[0], rel=0.02)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_plane_shows_is_chosen(visit, scheme):
    tab = visit(PLANE, scheme=scheme)
    looks = []
    for name in ("points", "thumbnails", "decoded plane"):
        tab.get_by_label(name, exact=True).check()
        tab.wait_for_timeout(150)
        looks.append(tab.locator(".ae-plane").evaluate("(e) => e.toDataURL()"))
    assert len(set(looks)) == 3


# Draw a digit -----------------------------------------------------------------------------------


PAPERS = [name for name in NAMES if name.endswith("draw_digit")]


def check_drawing(tab, keras_answer, name):
    """What comes back is what Keras returns for the pixels on the paper; the drawing."""
    from ae_course import widgets

    wanted = spec(name)
    tab.locator(".ae-paper").blur()
    x = pixels(tab.locator(".ae-paper"))
    answers = {
        "autoencoder": keras_answer(wanted["encoder"] + wanted["decoder"], x[None, ..., None])
    }
    if "pca" in wanted:
        w, mean = widgets.kernel_of(wanted["pca"]), widgets.floats(wanted["pca"]["bias"])
        answers["PCA"] = np.clip((x.ravel() - mean) @ w.T @ w + mean, 0, 1)
        answers["mean image"] = mean
    answers = {way: answer.reshape(x.shape) for way, answer in answers.items()}
    pictures, thresholds = list(answers.values()), wanted.get("thresholds", {})
    if thresholds:
        pictures.insert(1, (x - pictures[0]) ** 2)
    canvases = tab.locator(".ae-pictures canvas").all()
    for canvas, picture in zip(canvases, pictures, strict=True):
        assert same(pixels(canvas), picture)
    said = tab.locator(".ae-sentence").text_content()
    for way, answer in answers.items():
        error, alarmed = np.sum((x - answer) ** 2), False
        told = re.search(rf"{way} (\d+\.\d)(?: \(threshold (\d+\.\d): (alarm|no alarm)\))?", said)
        assert float(told[1]) == pytest.approx(error, abs=0.06)
        if way in thresholds:
            assert float(told[2]) == pytest.approx(thresholds[way], abs=0.051)
            alarmed = error > thresholds[way]
            assert told[3] == ("alarm" if alarmed else "no alarm")
        figure = tab.locator(".ae-pictures figure", has_text=f"{way}:")
        assert ("ae-alarm" in (figure.get_attribute("class") or "")) == alarmed
    return x


@pytest.mark.parametrize("name", PAPERS)
def test_a_digit_is_drawn_by_mouse_finger_and_keys(visit, keras_answer, name):
    tab = visit(name, PHONE, has_touch=True)
    paper = tab.locator(".ae-paper")
    tab.get_by_role("button", name="Clear").click()
    assert not check_drawing(tab, keras_answer, name).any()
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    x, y, wide = box["x"], box["y"], box["width"]
    tab.mouse.move(x + wide * 0.3, y + wide * 0.3)
    tab.mouse.down()
    tab.mouse.move(x + wide * 0.7, y + wide * 0.3, steps=5)
    tab.mouse.up()
    drawn = check_drawing(tab, keras_answer, name)
    assert drawn[8, 8:20].min() > 0.9
    assert not drawn[14:].any()
    tab.touchscreen.tap(x + wide / 2, y + wide * 0.8)
    tapped = check_drawing(tab, keras_answer, name)
    assert tapped[22, 13] > 0.9
    paper.focus()
    for key in ["Space", *["ArrowLeft"] * 4, "Space", *["ArrowUp"] * 4]:
        tab.keyboard.press(key)
    typed = check_drawing(tab, keras_answer, name)
    assert typed[22, 9:14].min() > 0.9
    assert not typed[14:18].any()


@pytest.mark.parametrize("name", PAPERS)
def test_a_sample_is_moved(visit, keras_answer, name):
    tab = visit(name)
    before = check_drawing(tab, keras_answer, name)
    assert before.max() > 0.9
    tab.get_by_role("button", name="Move right by a pixel").click()
    after = check_drawing(tab, keras_answer, name)
    assert (after[:, 1:] == before[:, :-1]).all()
    tab.get_by_label("Start from").select_option(index=2)
    assert (check_drawing(tab, keras_answer, name) != after).any()


@pytest.mark.parametrize("name", [name for name in PAPERS if "thresholds" in spec(name)])
def test_the_alarm_goes_on_and_off(visit, keras_answer, name):
    tab = visit(name)
    alarms = tab.locator(".ae-alarm")
    check_drawing(tab, keras_answer, name)
    assert not alarms.count(), "the first sample is a usual one"
    for _ in range(6):
        tab.get_by_role("button", name="Move right by a pixel").click()
    check_drawing(tab, keras_answer, name)
    assert alarms.count()
    assert "alarm)" in tab.locator(".ae-sentence").text_content()


# Sliders over what was computed before ----------------------------------------------------------

SWEEPS = [name for name in NAMES if name.endswith("sweep")]


def stored_tiles(wanted):
    """The pictures of a sprite, read without the page's scripts."""
    picture = Image.open(io.BytesIO(base64.b64decode(wanted["sprite"]))).convert("L")
    side, columns = wanted["tile"], wanted["columns"]
    rows = np.asarray(picture).reshape(-1, side, columns, side).swapaxes(1, 2)
    return rows.reshape(-1, side, side) / 255


def check_step(tab, wanted, step):
    """All that the page shows at a step is what was stored of it."""
    assert tab.locator(".ae-sentence").text_content() == wanted["sentences"][step]
    assert tab.locator(".ae-slider output").text_content() == wanted["steps"][step]
    tiles = stored_tiles(wanted)
    figures = tab.locator(".ae-sheet").all()
    for figure, sheet in zip(figures, wanted["sheets"], strict=True):
        assert figure.locator("figcaption").text_content() == sheet["captions"][step]
        shown, columns = pixels(figure.locator("canvas")), sheet["columns"]
        n = columns * sheet["rows"]
        first = sheet["first"][step]
        sheets = tiles[first : first + n] if first is not None else np.zeros((n, *tiles[0].shape))
        sheets = np.concatenate([sheets, np.zeros((n - len(sheets), *tiles[0].shape))])
        rows = [np.concatenate(sheets[i : i + columns], 1) for i in range(0, n, columns)]
        assert (shown == np.concatenate(rows)).all()
    for figure, each in zip(tab.locator(".ae-maps figure").all(), wanted["maps"], strict=True):
        assert figure.locator("figcaption").text_content() == each["captions"][step]


@pytest.mark.parametrize("name", SWEEPS)
def test_a_step_is_chosen_by_keys(visit, name):
    tab, wanted = visit(name), spec(name)
    check_step(tab, wanted, wanted["start"])
    tab.get_by_label(wanted["slider"], exact=True).focus()
    tab.keyboard.press("Home")
    curves = []
    for step in range(len(wanted["steps"])):
        check_step(tab, wanted, step)
        tab.evaluate("() => new Promise(requestAnimationFrame)")
        curves.append(tab.locator(".ae-curve").evaluate("(e) => e.toDataURL()"))
        tab.keyboard.press("ArrowRight")
    assert len(set(curves)) == len(curves), "the mark does not move"
    # When the slider has come to rest.
    tab.locator(".ae-spoken", has_text=wanted["sentences"][-1]).wait_for(state="attached")


@pytest.mark.parametrize("name", SWEEPS)
def test_a_step_is_tapped_on_the_curve(visit, name):
    tab, wanted = visit(name, PHONE, has_touch=True), spec(name)
    canvas = tab.locator(".ae-curve")
    canvas.scroll_into_view_if_needed()
    box, curve = canvas.bounding_box(), wanted["curve"]
    scale = np.log if curve["log"] else np.asarray
    ends = scale(np.concatenate([*(line["x"] for line in curve["lines"]), curve["ticks"][0]]))
    for step in (len(wanted["steps"]) - 1, 0):
        line = next(each for each in curve["lines"] if each["at"][step] is not None)
        x, y = (line[axis][line["at"][step]] for axis in "xy")
        right = (scale(x) - ends.min()) / np.ptp(ends) * (box["width"] - 148) + 44
        below = box["height"] - 36 - (box["height"] - 62) * y / curve["top"]
        tab.touchscreen.tap(box["x"] + right, box["y"] + below)
        told = tab.locator(".ae-sentence").text_content()
        # Where several steps have this mark, it is one of them.
        alike = [i for i, point in enumerate(line["at"]) if point == line["at"][step]]
        assert told in [wanted["sentences"][i] for i in alike]


@pytest.mark.parametrize("name", [name for name in SWEEPS if spec(name)["maps"]])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_map_has_a_dot_at_each_point(visit, name, scheme):
    tab, wanted = visit(name, scheme=scheme), spec(name)
    tab.wait_for_timeout(100)
    for canvas, each in zip(tab.locator(".ae-map").all(), wanted["maps"], strict=True):
        inked = pixels(canvas, channel=3) > 0.5
        places = np.frombuffer(base64.b64decode(each["steps"][wanted["start"]]), "uint8")
        across, up = places.reshape(-1, 2).T / 255
        wide, tall = inked.shape[1] - 12, len(inked) - 12
        rows, columns = np.rint(6 + (1 - up) * tall).astype(int), np.rint(6 + across * wide)
        assert inked[rows, columns.astype(int)].mean() > 0.95
        assert inked.sum() < 30 * len(across)


# Noise ------------------------------------------------------------------------------------------


def squared_error(x, y):
    return ((np.squeeze(x) - np.squeeze(y)) ** 2).sum(axis=(1, 2)).mean()


def check_noise(tab, keras_answer):
    """The networks' answers are Keras's, and so are the errors; the clean and noisy images."""
    wanted, sheets = spec(NOISE), tab.locator(".ae-sheet")
    rows = [np.split(pixels(each), wanted["n"], axis=1) for each in sheets.locator("canvas").all()]
    clean, noisy, *after = map(np.stack, rows)
    errors = [squared_error(clean, noisy)]
    for layers, shown in zip(wanted["networks"], after, strict=True):
        answer = keras_answer(layers, noisy[..., None])
        assert all(map(same, shown, answer))
        errors.append(squared_error(clean, answer))
    assert numbers(tab.locator(".ae-sentence").text_content())[-len(errors) :] == pytest.approx(
        errors, abs=0.06
    )
    told = [numbers(words)[0] for words in sheets.locator("figcaption").all_text_contents()[1:]]
    assert told == pytest.approx(errors, abs=0.06)
    return clean, noisy


@pytest.mark.parametrize("kind", ["Gaussian", "salt and pepper", "masking"])
def test_noise_is_that_of_the_lesson_and_taken_off_as_keras_does(visit, keras_answer, kind):
    from ae_keras import data

    tab = visit(NOISE, PHONE, has_touch=True)
    tab.get_by_label(kind, exact=True).tap()
    clean, noisy = check_noise(tab, keras_answer)
    many = np.repeat(clean[..., None], 20, axis=0)
    make = {"Gaussian": data.gaussian_noise, "salt and pepper": data.salt_and_pepper}
    like = make.get(kind, data.masking)(many, spec(NOISE)["level"], seed=0)[..., 0]
    for measure in (np.mean, lambda a: np.mean(a**2), lambda a: np.mean(a == 0)):
        assert measure(noisy) == pytest.approx(measure(like), abs=0.025)
    tab.get_by_role("button", name="New noise").tap()
    again = check_noise(tab, keras_answer)
    assert (again[0] == clean).all()
    assert (again[1] != noisy).mean() > 0.05


def test_the_level_scales_the_same_noise(visit, keras_answer):
    tab = visit(NOISE)
    slider = tab.get_by_label("level", exact=True)
    slider.focus()
    clean, at_first = check_noise(tab, keras_answer)
    tab.keyboard.press("Home")
    assert (check_noise(tab, keras_answer)[1] == clean).all()
    assert "leave them as they are" in tab.locator(".ae-sentence").text_content()
    tab.keyboard.press("End")
    _, strong = check_noise(tab, keras_answer)
    moved, inside = at_first - clean, (strong > 0) & (strong < 1)
    ratio = 0.8 / spec(NOISE)["level"]
    assert np.abs((strong - clean) - ratio * moved)[inside].max() < 0.01
    box = slider.bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert slider.input_value() in {"0.15", "0.2", "0.25"}
    check_noise(tab, keras_answer)


# Alarm budget -----------------------------------------------------------------------------------


def check_alarms(tab, method, step, budget):
    """Table and sentence count what was stored for a threshold."""
    wanted = spec(ALARMS)
    above = [group[step] for group in wanted["above"][method]]
    sizes = [group["n"] for group in wanted["groups"]]
    rows = tab.locator(".ae-widget tr").all()[1:]
    for row, group, alarms in zip(rows, wanted["groups"], above, strict=True):
        cells = [group["name"], alarms, group["n"] - alarms]
        shown = row.locator("th, td").all_text_contents()
        assert shown[0] == cells[0]
        assert [int(re.sub(r"\D", "", text)) for text in shown[1:]] == cells[1:]
    said = tab.locator(".ae-sentence").text_content()
    rate, found = above[0] / wanted["per"], sum(above[1:])
    words = rf": ([\d.]+) false alarms {wanted['unit']}, (within|over) the budget of (\d+)\."
    told = re.search(words, said)
    assert float(told[1]) == pytest.approx(rate, abs=0.051)
    assert (told[2] == "within", told[3]) == (rate <= budget, str(budget))
    assert f"Found {found} of {sum(sizes[1:])}, missed {sum(sizes[1:]) - found}." in said
    if sum(above):
        right = float(re.search(r"Of 100 alarms, (\d+) are right", said)[1])
        assert right == pytest.approx(100 * found / sum(above), abs=0.51)


def test_a_threshold_is_typed_and_the_budget_kept(visit):
    tab, wanted = visit(ALARMS), spec(ALARMS)
    check_alarms(tab, 0, wanted["start"], wanted["budget"])
    slider, limit = (tab.get_by_label(name, exact=True) for name in ("threshold", "budget"))
    last = len(wanted["thresholds"][0]) - 1
    slider.focus()
    for key, step in (("Home", 0), ("ArrowRight", 1), ("End", last), ("ArrowLeft", last - 1)):
        tab.keyboard.press(key)
        check_alarms(tab, 0, step, wanted["budget"])
    limit.focus()
    tab.keyboard.press("Home")
    check_alarms(tab, 0, last - 1, 1)
    for method, name in enumerate(wanted["methods"]):
        tab.get_by_label(name, exact=True).check()
        check_alarms(tab, method, last - 1, 1)
        shown = tab.locator(".ae-slider output").first.text_content()
        assert float(shown) == pytest.approx(wanted["thresholds"][method][last - 1], rel=0.01)


def test_a_threshold_is_dragged_on_the_histogram(visit):
    tab, wanted = visit(ALARMS, PHONE, has_touch=True), spec(ALARMS)
    plot, slider = tab.locator(".ae-curve"), tab.get_by_label("threshold", exact=True)
    plot.scroll_into_view_if_needed()
    box, last = plot.bounding_box(), len(wanted["thresholds"][0]) - 1
    for part in (0.25, 0.8):
        step = round(part * last)
        x = box["x"] + 50 + (box["width"] - 62) * step / last
        tab.touchscreen.tap(x, box["y"] + 80)
        assert abs(int(slider.input_value()) - step) <= 1
        check_alarms(tab, 0, int(slider.input_value()), wanted["budget"])


# Hole -------------------------------------------------------------------------------------------


def read(picture, shape):
    """The greys of a stored picture, read without the page's scripts."""
    flat = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("L")).ravel() / 255
    return flat[: int(np.prod(shape))].reshape(shape)


def check_hole(tab, digit, size, at):
    """Each way's picture and error for a hole, from what was stored."""
    wanted = spec(HOLE)
    side, step, n_ways = wanted["size"], wanted["step"], len(wanted["names"])
    x = read(wanted["images"], (wanted["n"], side, side))[digit]
    begin, mine = 0, None
    for number in range(wanted["n"]):
        for hole in wanted["sizes"]:
            places = len(range(0, side - hole + 1, step))
            shape = (places, places, n_ways, hole, hole)
            if (number, hole) == (digit, wanted["sizes"][size]):
                mine = begin, shape
            begin += int(np.prod(shape))
    fills = read(wanted["fills"], (begin,))[mine[0] :][: int(np.prod(mine[1]))].reshape(mine[1])
    left, top = (place * step for place in at)
    inside = np.s_[top : top + mine[1][-1], left : left + mine[1][-1]]
    shown = tab.locator(".ae-pictures figure").all()
    assert same(pixels(shown[0].locator("canvas")), x)
    errors = {}
    for figure, name, filled in zip(shown[1:], wanted["names"], fills[at[1], at[0]], strict=True):
        image = x.copy()
        image[inside] = filled
        assert same(pixels(figure.locator("canvas")), image)
        errors[name] = ((image - x)[inside] ** 2).mean()
        words = figure.locator("figcaption").text_content()
        assert words.startswith(f"{name}: ")
        assert numbers(words) == pytest.approx([errors[name]], abs=0.00051)
    said = tab.locator(".ae-sentence").text_content()
    least = said.split("Masked MSE: ")[1].rsplit(" ", 1)[0].split(",")[0]
    assert errors[re.sub(r" [\d.]+$", "", least)] == pytest.approx(min(errors.values()), abs=1e-3)
    assert f"{mine[1][-1]} by {mine[1][-1]} pixels, {left} from the left and {top} from" in said


def test_the_hole_is_dragged_and_typed(visit):
    tab, wanted = visit(HOLE), spec(HOLE)
    at, size = wanted["at"], wanted["start"]
    check_hole(tab, 0, size, at)
    paper = tab.locator(".ae-paper")
    box, hole = paper.bounding_box(), wanted["sizes"][size]
    most = (wanted["size"] - hole) // wanted["step"]
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 2, box["y"] + 2, steps=3)
    check_hole(tab, 0, size, [0, 0])
    tab.mouse.move(box["x"] + box["width"] - 2, box["y"] + 2, steps=3)
    tab.mouse.up()
    check_hole(tab, 0, size, [most, 0])
    paper.focus()
    for key in ("ArrowLeft", "ArrowDown", "ArrowDown"):
        tab.keyboard.press(key)
    check_hole(tab, 0, size, [most - 1, 2])
    tab.get_by_label("from the left", exact=True).focus()
    tab.keyboard.press("Home")
    check_hole(tab, 0, size, [0, 2])
    tab.get_by_label("side", exact=True).focus()
    tab.keyboard.press("End")
    largest = len(wanted["sizes"]) - 1
    values = [tab.get_by_label(f"from the {side}", exact=True) for side in ("left", "top")]
    check_hole(tab, 0, largest, [int(each.input_value()) for each in values])


def test_another_digit_is_tapped(visit):
    tab, wanted = visit(HOLE, PHONE, has_touch=True), spec(HOLE)
    for digit in range(1, wanted["n"]):
        tab.get_by_label(wanted["labels"][digit], exact=True).tap()
        check_hole(tab, digit, wanted["start"], wanted["at"])
    paper = tab.locator(".ae-paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    tab.touchscreen.tap(box["x"] + 1, box["y"] + box["height"] - 2)
    most = (wanted["size"] - wanted["sizes"][wanted["start"]]) // wanted["step"]
    check_hole(tab, wanted["n"] - 1, wanted["start"], [0, most])
