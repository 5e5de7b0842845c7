"""Settings of Sphinx for the web book. Its pages are written by tools/book.py, which also runs it.

Nothing of a page may come from another host, and all of it must work from file://, where a browser
refuses `fetch` and modules.
"""

import importlib.util
from pathlib import Path

from docutils import nodes
from sphinx.util.fileutil import copy_asset

HERE = Path(__file__).parent

project = html_title = "Autoencoders in Keras 3"
extensions = ["myst_nb", "sphinx_copybutton"]
exclude_patterns = ["downloads", "jupyter_execute"]

# Pages ------------------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "dollarmath"]
# Links to the words of the glossary are written for the anchors that GitHub makes.
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_merge_streams = True
nb_output_stderr = "remove"
nb_render_markdown_format = "myst"
# Without it, each page with a widget of Jupyter would ask other hosts for scripts.
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]

# Look -------------------------------------------------------------------------------------------

html_theme = "furo"
pygments_style, pygments_dark_style = "a11y-light", "a11y-dark"
templates_path = ["templates"]
html_static_path = ["static", "../widgets/static"]
html_css_files = ["book.css", "widgets.css"]
WIDGETS = sorted(path.name for path in (HERE.parent / "widgets" / "static").glob("*.js"))
SCRIPTS = ["book.js", "core.js", *(name for name in WIDGETS if name != "core.js")]
html_js_files = [(name, {"defer": ""}) for name in SCRIPTS]
html_logo = html_favicon = "static/logo.svg"
html_extra_path = []
html_show_copyright = False
html_copy_source = html_show_sourcelink = html_use_index = html_domain_indices = False
# The words around what was found are fetched from its page, which a browser refuses on file://.
html_show_search_summary = False
copybutton_selector = "div.cell_input pre, section > div[class^=highlight-] pre, .colab pre"
copybutton_exclude = ".linenos"
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-brand-primary": "#23538f",
        "color-brand-content": "#23538f",
        "color-brand-visited": "#6b3f86",
    },
    "dark_css_variables": {
        "color-brand-primary": "#9cc3f5",
        "color-brand-content": "#9cc3f5",
        "color-brand-visited": "#d0aee8",
        # The dark values of what book.css sets.
        "paper": "#f4f4f2",
        "code": "#1c2026",
        "line": "#353b44",
        "quiet": "#a4adb9",
        "warm": "#ff9aa2",
        "warm-paper": "#2a1f22",
        "cool-paper": "#1a2430",
        "color-background-primary": "#13161a",
        "color-foreground-primary": "#dfe3e8",
        "color-sidebar-background": "#171b20",
        "color-sidebar-caption-text": "#9cc3f5",
        "color-sidebar-link-text": "#c9d0d9",
        "color-sidebar-link-text--top-level": "#c9d0d9",
        "color-sidebar-item-background--current": "#24364c",
        "color-sidebar-search-text": "#dfe3e8",
        "color-inline-code-background": "#23282f",
    },
}

# MathJax 3 is the last version that needs no further file than its fonts. Its parts are loaded one
# by one, as the complete file has a menu in it, of 400 kB, that would ask for more. Formulas are
# read aloud from MathML.
mathjax_path = "mathjax/startup.js"
PARTS = ["core", "input/tex", "output/chtml", "a11y/assistive-mml"]
mathjax3_config = {"loader": {"load": PARTS}}
MATHJAX = ["startup.js", *(f"{part}.js" for part in PARTS), "input/tex/extensions"]
MATHJAX += ["output/chtml/fonts/tex.js", "output/chtml/fonts/woff-v2"]


def copy_mathjax(app, error):
    """Copy what a page needs of MathJax from the package that ships it."""
    # The package's name has dashes, so that no import statement can name it.
    (package,) = importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations
    for name in [] if error else MATHJAX:
        source = Path(package, "static", "mathjax", name)
        target = Path(app.outdir, "_static", "mathjax", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_asset(source, target if source.is_dir() else target.parent)


def explain_terms(app, doctree, page):
    """Give each link to a word of the glossary its explanation, shown when pointed at."""
    words = {
        section["slug"]: section[1].astext().rsplit(" Lesson", 1)[0]
        for section in app.env.get_doctree("glossary").findall(nodes.section)
        if "slug" in section and len(section) > 1
    }
    for link in doctree.findall(nodes.reference):
        place, _, word = link.get("refuri", "").partition("#")
        if place.startswith("glossary") and word in words:
            link["reftitle"] = words[word]
            link["classes"].append("term")


def mark_predictions(app, doctree):
    """Let a paragraph that asks for a prediction be set apart."""
    for paragraph in doctree.findall(nodes.paragraph):
        first = paragraph.next_node()
        if isinstance(first, nodes.strong) and first.astext().startswith("Predict"):
            paragraph["classes"].append("predict")


def name_corners(app, doctree):
    """Fill the empty corner of a table for readers who cannot see it."""
    for head in doctree.findall(nodes.thead):
        for entry in head.findall(nodes.entry):
            if not entry.astext().strip():
                label = nodes.inline("", "name", classes=["visually-hidden"])
                entry.children = []
                entry += nodes.paragraph("", "", label)


def level_captions(app, page, template, context, doctree):
    """Say what level the headings of the navigation have: Sphinx calls them headings alone."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )


def setup(app):
    # After furo has made the navigation.
    app.connect("html-page-context", level_captions, priority=900)
    app.connect("doctree-read", mark_predictions)
    app.connect("doctree-read", name_corners)
    app.connect("doctree-resolved", explain_terms)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
