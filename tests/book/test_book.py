"""The web book in Chromium: each page as a reader sees it, over http and from a folder.

The book is built once for each process of the tests. `make test` runs these; where no browser is
found they are skipped with advice, and in CI they fail.
"""

import functools
import http.server
import json
import re
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup

import execution

LESSONS = sorted(path.stem for path in execution.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
PAGES = [*LESSONS, "index", "questions", "glossary", "receipts", "running", "search"]
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SIZES = {"phone": PHONE, "wide": WIDE}
LIMIT = 2_000_000
TYPESET = "() => window.MathJax?.startup?.promise"


@pytest.fixture(scope="session")
def book(worker_id):
    """The folder of a book that this process has built from the stored notebooks."""
    folder = execution.ROOT / "build" / "tests" / worker_id
    command = [sys.executable, "tools/book.py", str(folder)]
    built = subprocess.run(command, cwd=execution.ROOT, capture_output=True, text=True)
    assert not built.returncode, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="session")
def worker_id(request):
    return getattr(request.config, "workerinput", {}).get("workerid", "book")


@pytest.fixture(scope="session")
def roots(book):
    """The address of the book for each protocol."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"http": f"http://127.0.0.1:{server.server_port}", "file": book.as_uri()}
        server.shutdown()


@pytest.fixture
def visit(chromium, roots):
    """Open a page; what a reader must never meet ends the test: errors, and requests elsewhere."""
    complaints, contexts = [], []

    def opened(page, protocol="http", size="wide", scheme="light", wait=True, **settings):
        context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme, **settings)
        contexts.append(context)
        tab = context.new_page()
        root = roots[protocol]

        def asked(request):
            if not request.url.startswith((root, "data:", "blob:")):
                complaints.append(f"request to {request.url}")

        def said(message):
            if message.type in {"error", "warning"}:
                complaints.append(f"console: {message.text}")

        def answered(response):
            if response.status >= 400:
                complaints.append(f"{response.status} for {response.url}")

        tab.on("request", asked)
        tab.on("response", answered)
        tab.on("console", said)
        tab.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        tab.on("requestfailed", lambda lost: complaints.append(f"not loaded: {lost.url}"))
        tab.goto(f"{root}/{page}")
        if wait:
            tab.evaluate(TYPESET)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


# Whole pages ------------------------------------------------------------------------------------

# What is wider than the page without scrolling in a box of its own.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (e) => e && e.matches("article *")
    && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.querySelectorAll("article *")].filter((e) => e.checkVisibility()
    && !e.closest("mjx-assistive-mml")
    && e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement));
  const names = wide.map((e) => e.outerHTML.slice(0, 100));
  return document.documentElement.scrollWidth > width ? [...names, "the page"] : names;
}"""
UNSET = """() => [...document.querySelectorAll("article .math")]
  .filter((e) => e.checkVisibility() && !e.querySelector("mjx-container"))
  .map((e) => e.textContent)"""
# An opened solution fades in; until it has, its colours are too pale to be judged.
OPENED = """async () => {
  document.querySelectorAll("details").forEach((each) => { each.open = true });
  await Promise.all(document.getAnimations().map((each) => each.finished));
}"""
# Thousands of words of code have the same few colours, and axe takes seconds to judge them all. So
# one word of each look stays to be seen: all that contrast depends on is part of a look.
ONE_OF_EACH = """() => {
  const looks = new Map([[null, 0]]), known = new Map(), first = new Map();
  const number = (key) => known.get(key) ?? known.set(key, known.size + 1).size;
  const behind = (e) => {
    if (!looks.has(e)) {
      const s = getComputedStyle(e);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode];
      looks.set(e, number([behind(e.parentElement), ...own].join()));
    }
    return looks.get(e);
  };
  const look = (e) => {
    const s = getComputedStyle(e);
    return [behind(e), s.color, s.fontSize, s.fontWeight, s.textShadow, s.position].join();
  };
  // What lies beyond the edge of its box is not judged, so it stands for nothing else.
  const inside = (e) => {
    const around = e.closest("pre, .table-wrapper") ?? document.documentElement;
    const [box, { left, right }] = [around, e].map((each) => each.getBoundingClientRect());
    return right > left && left >= box.left && right <= box.right;
  };
  const leaves = [...document.body.querySelectorAll("*")].filter((e) => !e.childElementCount);
  const seen = leaves.map(look);
  leaves.forEach((e, i) => { if (inside(e) && !first.has(seen[i])) first.set(seen[i], e); });
  const repeated = leaves.filter((e, i) => first.has(seen[i]) && first.get(seen[i]) !== e);
  for (const e of repeated) {
    e.dataset.repeated = "";
    e.style.visibility = "hidden";
  }
}"""
ALL_AGAIN = """() => {
  for (const e of document.querySelectorAll("[data-repeated]")) e.style.visibility = "";
}"""
BROKEN = """() => [...document.images].filter((i) => i.checkVisibility() && !i.naturalWidth)
  .map((i) => i.src)"""

# The bytes of the page and all that it loaded, as they are when unpacked.
WEIGHT = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


FAULTS = {
    "wider than the page": TOO_WIDE,
    "not typeset": UNSET,
    "pictures that did not load": BROKEN,
    "wrong formulas": """() => [...document.querySelectorAll("mjx-merror")]
      .map((e) => e.textContent)""",
}
# All in one question to the page.
LOOK = f"() => ({{{', '.join(f'{json.dumps(name)}: ({ask})()' for name, ask in FAULTS.items())}}})"


def look_at(tab):
    found = {name: faults for name, faults in tab.evaluate(LOOK).items() if faults}
    assert not found


@pytest.fixture(scope="session")
def axe():
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(tab, **settings):
    """What axe finds, a line for each element."""
    settings = {"resultTypes": ["violations"]} | settings
    found = tab.evaluate("(settings) => axe.run(document, settings)", settings)["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


# A page is opened once in each of these tests, once narrow and once wide, and then resized.


@pytest.mark.parametrize("page", PAGES)
def test_page_holds_from_a_folder(visit, page):
    tab = visit(f"{page}.html", "file", "phone", "dark")
    for size, schemes in ((PHONE, ("dark", "light")), (WIDE, ("light", "dark"))):
        tab.set_viewport_size(size)
        for scheme in schemes:
            tab.emulate_media(color_scheme=scheme)
            look_at(tab)


@pytest.mark.parametrize("page", PAGES)
def test_page_holds_over_http_and_axe_finds_nothing(visit, axe, page):
    tab = visit(f"{page}.html", "http", "wide", "light")
    weight = tab.evaluate(WEIGHT)
    assert 10_000 < weight <= LIMIT, f"{weight:,} bytes"
    look_at(tab)
    tab.set_viewport_size(PHONE)
    look_at(tab)
    # Folded solutions are read, too.
    tab.evaluate(OPENED)
    tab.evaluate(axe)
    told = violations(tab, rules={"color-contrast": {"enabled": False}})
    assert not told, "\n".join(told[:20])
    # Each scheme has other looks, and some elements are shown on wide pages alone.
    for size, scheme in ((PHONE, "light"), (WIDE, "dark")):
        tab.set_viewport_size(size)
        tab.emulate_media(color_scheme=scheme)
        tab.evaluate(OPENED)
        tab.evaluate(ONE_OF_EACH)
        told = violations(tab, runOnly=["color-contrast"])
        assert not told, f"{size}, {scheme}:\n" + "\n".join(told[:20])
        tab.evaluate(ALL_AGAIN)


@pytest.mark.parametrize("page", LESSONS)
def test_without_scripts_figures_words_and_solutions_are_there(visit, page):
    tab = visit(f"{page}.html", "file", wait=False, java_script_enabled=False)
    # All but those in folded solutions.
    for picture in tab.locator("div.cell_output img").filter(visible=True).all():
        box = picture.bounding_box()
        assert box["width"] > 50
        assert box["height"] > 20
    for term in tab.locator("a.term").all():
        assert term.get_attribute("title")
    solution = tab.locator("div.tag_exercise + div.tag_hide-cell details").first
    assert "passed" in solution.text_content()
    solution.locator("summary").click()
    assert solution.get_attribute("open") is not None


# What a reader does -----------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["http", "file"])
def test_search_finds_the_lesson(visit, protocol):
    tab = visit("index.html", protocol)
    tab.locator("input.sidebar-search").fill("reparameterisation")
    tab.locator("input.sidebar-search").press("Enter")
    tab.locator("#search-results a", has_text="variational").first.click()
    tab.wait_for_url("**/*_variational.html*")


def test_words_explain_themselves(visit):
    tab = visit(f"{LESSONS[13]}.html")
    term, tip = tab.locator("a.term").first, tab.locator("#tip")
    for show, hide in ((term.hover, tab.locator("h1").hover), (term.focus, term.blur)):
        show()
        assert tip.is_visible()
        assert len(tip.text_content()) > 20
        hide()
        assert not tip.is_visible()
    term.focus()
    tab.keyboard.press("Escape")
    assert not tip.is_visible()


def test_figures_open_and_close(visit):
    tab = visit(f"{LESSONS[13]}.html", size="phone")
    figure, dialog = tab.locator("button.zoom").first, tab.locator("dialog.zoomed")
    figure.focus()
    tab.keyboard.press("Enter")
    assert dialog.is_visible()
    assert dialog.locator("p").text_content() == figure.locator("img").get_attribute("alt")
    tab.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert figure.evaluate("(e) => e === document.activeElement")


def test_code_is_copied(visit):
    tab = visit(f"{LESSONS[0]}.html", permissions=["clipboard-read", "clipboard-write"])
    cell = tab.locator("div.cell_input").first
    cell.hover()
    cell.locator("button.copybtn").click()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").text_content().strip()


def test_the_whole_book_can_be_read_with_next(visit):
    tab = visit("index.html", wait=False)
    read = []
    while tab.locator("a.next-page").count() and len(read) < 100:
        tab.locator("a.next-page").click()
        tab.wait_for_load_state()
        read.append(Path(tab.url).stem)
    assert read[: len(LESSONS)] == LESSONS


def test_paper_has_no_dark_pages_and_no_buttons(visit):
    tab = visit(f"{LESSONS[13]}.html", scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    for gone in (".sidebar-drawer", "button.copybtn", ".mobile-header", "footer"):
        assert not tab.locator(gone).first.is_visible(), gone


# Links, from the files alone --------------------------------------------------------------------


@pytest.fixture(scope="session")
def pages(book):
    return {
        path.name: BeautifulSoup(path.read_text(), "html.parser") for path in book.glob("*.html")
    }


def test_every_page_is_tested(pages):
    assert {Path(name).stem for name in pages} == set(PAGES)


def test_links_and_anchors_lead_somewhere(pages, book):
    anchors = {name: {tag["id"] for tag in page.select("[id]")} for name, page in pages.items()}
    lost = []
    for name, page in pages.items():
        for tag in page.select("[href], [src]"):
            address = tag.get("href") or tag.get("src")
            if re.match(r"https?:|data:|mailto:", address):
                # A reader may follow a link elsewhere; a page may load nothing from there.
                assert tag.name == "a" or address.startswith("data:"), f"{name}: {tag}"
                continue
            path, anchor = map(unquote, urldefrag(address.split("?")[0]))
            there = (book / path).exists() and anchor in anchors.get(path or name, {anchor}) | {""}
            lost += [] if there else [f"{name}: {address}"]
    assert not lost


def test_every_picture_says_what_it_shows(pages):
    for name, page in pages.items():
        for picture in page.select("img"):
            assert len(picture["alt"]) > 3, f"{name}: {picture}"
            assert not picture["alt"].endswith((".png", ".gif")), f"{name}: {picture}"


def test_each_question_has_its_anchor(pages):
    asked = [
        link["href"].split("#")[1] for link in pages["questions.html"].select("ol.questions a")
    ]
    assert asked == [f"q{number}" for number in range(1, 28)]


def test_each_exercise_has_its_solution_folded(pages):
    for name in LESSONS:
        page = pages[f"{name}.html"]
        exercises = page.select("div.tag_exercise")
        folded = page.select("div.tag_exercise + div.tag_hide-cell > details:not([open])")
        assert exercises, name
        assert len(folded) == len(exercises), name


def test_each_notebook_can_be_downloaded(pages, book):
    for name in LESSONS:
        links = [
            link["href"] for link in pages[f"{name}.html"].select("p.lesson-links a[download]")
        ]
        assert links == [f"downloads/{name}.ipynb", f"downloads/solutions/{name}.ipynb"]
        original = execution.NOTEBOOKS / f"{name}.ipynb"
        # pytest would take minutes to show how two megabytes differ.
        same = (book / links[0]).read_bytes() == original.read_bytes()
        assert same, f"{links[0]} is not {original}"
