"""Build the web book from notebooks, without executing them.

    python tools/book.py

The pages come from notebooks/ and go to build/book/. `make course` builds the same book from its
own run. How it looks and how Sphinx is set up is in ae_course/book.
"""

import base64
import copy
import html
import io
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import jupytext
import nbformat
from PIL import Image

import execution

BUILD = execution.ROOT / "build"
COURSE = BUILD / "course"
CONFIGURATION = execution.ROOT / "ae_course" / "book"
LESSONS = "[0-9][0-9]_*.ipynb"
README = (execution.ROOT / "README.md").read_text(encoding="utf-8")
# An output of this type holds a widget as JSON, beside a picture of it. A script in the pages
# brings to life what `widget` makes of it.
WIDGET = "application/vnd.ae-course.widget+json"
LARGE = 60_000  # characters of a stored picture


class Lesson(NamedTuple):
    """A lesson as the book shows it; `book` is its notebook."""

    name: str
    title: str
    about: str
    minutes: str
    part: str
    book: nbformat.NotebookNode


class Receipt(NamedTuple):
    """What a lesson's run ended with: key figures by name, and what it ran on, in words."""

    figures: dict
    made_with: str


# What there is ----------------------------------------------------------------------------------


def rows():
    """The lessons that README.md lists: name -> (part, what it is about)."""
    found, part = {}, ""
    for line in README.splitlines():
        heading = re.match(r"\| \*\*([A-Z]\. .+?)\*\* \|", line)
        row = re.match(r"\| \[.+?\]\(notebooks/(\w+)\.ipynb\) \| (.*?) \|", line)
        if heading:
            part = heading[1]
        elif row:
            found[row[1]] = part, row[2]
    return found


def lessons(own=None):
    """All lessons in reading order; where the folder `own` has a complete run of one, that run."""
    listed, part, found = rows(), "", []
    for path in sorted(execution.NOTEBOOKS.glob(LESSONS)):
        book = nbformat.read(path, as_version=4)
        if own and (own / path.name).exists():
            mine = nbformat.read(own / path.name, as_version=4)
            book = mine if receipt(mine) else book
        title = re.search(r"^# (.+)$", book.cells[0].source, re.M)[1]
        minutes = re.search(r"\*\*Time\*\* (\d+)", book.cells[0].source)
        part, about = listed.get(path.stem, (part, ""))
        found.append(Lesson(path.stem, title, about, minutes[1] if minutes else "", part, book))
    return found


def receipt(book):
    """The receipt that a run ends with, or None if it did not get there."""
    for output in (out for cell in reversed(book.cells) for out in cell.get("outputs", ())):
        text = output.get("data", {}).get("text/markdown", "")
        said = re.match(r"\*\*Receipt\.\*\* (.*?)\. Made with (.+)\.$", text)
        if said:
            figures = dict(part.rsplit(" ", 1) for part in said[1].split(", ") if " " in part)
            # Only a run of one's own has the seconds.
            record = json.loads(output.metadata.get("receipt", "{}"))
            seconds = record.get("seconds")
            return Receipt(figures | ({"seconds": f"{seconds:g}"} if seconds else {}), said[2])
    return None


def solutions(name):
    """The executed solutions of a lesson's exercises, a list of cells for each."""
    stored = execution.NOTEBOOKS / "solutions" / f"{name}.ipynb"
    solved = nbformat.read(stored, as_version=4).cells if stored.exists() else []
    by_source = {cell.source.strip(): cell for cell in solved}
    found = []
    for cell in jupytext.read(execution.SOURCES / f"{name}.py").cells:
        if "exercise" in execution.tags(cell):
            found.append([])
        elif execution.is_solution(cell) and found:
            found[-1].append(by_source.get(cell.source.strip(), cell))
    return found


def origin():
    """The address that this folder was cloned from, or ""."""
    command = ["git", "remote", "get-url", "origin"]
    try:
        return subprocess.run(command, cwd=execution.ROOT, capture_output=True, text=True).stdout
    except OSError:
        return ""


def on_github(address):
    """The owner and name of the repository if it is on GitHub, otherwise ""."""
    found = re.search(r"\bgithub\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", address.strip())
    return found[1] if found else ""


# Pages ------------------------------------------------------------------------------------------


def links(lesson, github):
    """The line under a lesson's title: how long it takes, and where else to open it."""
    name = lesson.name
    parts = [f"Part {lesson.part}"] if lesson.part else []
    parts += [f"{lesson.minutes} minutes"] if lesson.minutes else []
    parts.append(f'<a href="downloads/{name}.ipynb" download>Download the notebook</a>')
    if (execution.NOTEBOOKS / "solutions" / f"{name}.ipynb").exists():
        parts.append(f'<a href="downloads/solutions/{name}.ipynb" download>its solutions</a>')
    line = f'<p class="lesson-links">{" <span>·</span> ".join(parts)}</p>'
    if github:
        opened = f"https://colab.research.google.com/github/{github}/blob/HEAD/notebooks/{name}"
        line += (
            '\n<details class="colab"><summary>Open in Colab</summary>\n\n'
            f"1. [Open this lesson in Colab]({opened}.ipynb).\n"
            "2. Add a code cell above the first one, and run this line in it:\n\n"
            f"```ipython3\n%pip install --quiet git+https://github.com/{github}\n```\n\n</details>"
        )
    return line


def widget(output, alt):
    """A widget's output as HTML: its picture, which stays where no script runs, and its JSON."""
    picture = output.data["image/png"].replace("\n", "")
    # "<" may not stand in a script, whatever the JSON says.
    content = json.dumps(output.data[WIDGET]).replace("<", "\\u003c")
    output.data = {
        "text/html": f'<div class="widget"><img src="data:image/png;base64,{picture}" alt="{alt}">'
        f'<script type="application/json">{content}</script></div>'
    }


def lighter(picture):
    """A stored picture with at most 256 colours if that is smaller: a page loads in 2 MB."""
    if len(picture) < LARGE:
        return picture
    new = io.BytesIO()
    full = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    full.quantize(256, dither=Image.Dither.NONE).save(new, "png", optimize=True)
    return min(picture, base64.b64encode(new.getvalue()).decode(), key=len)


def fold(cell, how, prompt):
    """Fold a code cell ("hide-cell") or its code ("hide-input"), under a line to click on."""
    prompts = {"code_prompt_show": prompt, "code_prompt_hide": prompt.replace("Show", "Hide")}
    cell.metadata["mystnb"] = cell.metadata.get("mystnb", {}) | prompts
    cell.metadata["tags"] = [*execution.tags(cell), how]
    return cell


def page(lesson, github=""):
    """A lesson's notebook as Sphinx is to read it, with its solutions folded in."""
    book = copy.deepcopy(lesson.book)
    solved = iter(solutions(lesson.name))
    cells = []
    for cell in book.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            # A short anchor for each question, as in 03_encoder.html#q9.
            cell.source = re.sub(r"^(## Q(\d+)\.)", r"(q\2)=\n\1", cell.source, flags=re.M)
        if "receipt" in execution.tags(cell):
            fold(cell, "hide-input", "Show how these figures were checked")
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = lighter(output.data["image/png"])
            if WIDGET in output.get("data", {}):
                widget(output, html.escape(alt))
        if "exercise" in execution.tags(cell):
            for answer in next(solved, []):
                cells.append(fold(copy.deepcopy(answer), "hide-cell", "Show a solution"))
    head, line = book.cells[0], links(lesson, github)
    title, _, rest = head.source.partition("\n")
    head.source = f"{title}\n\n{line}\n{rest}"
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    book.cells = cells
    book.metadata = nbformat.from_dict(execution.METADATA)
    return nbformat.writes(book)


def by_part(found):
    """The lessons of each part, in order."""
    parts = {}
    for lesson in found:
        parts.setdefault(lesson.part, []).append(lesson)
    return parts


def paragraph(start):
    """The paragraph of README.md that begins like this, with links as the book needs them."""
    (found,) = [text for text in README.split("\n\n") if text.startswith(start)]
    return found.replace("](notebooks/", "](").replace("](docs/", "](")


def section(heading):
    """A section of README.md, with its heading."""
    text = re.search(rf"^## {heading}\n.*?(?=^## |\Z)", README, re.M | re.S)[0]
    text = text.replace("](notebooks/", "](").replace("](docs/", "](")
    # What is no page of the book is named, not linked.
    return re.sub(r"\[([^\]]+)\]\((?!https?:|\d\d_|glossary)[^)]+\)", r"\1", text)


def cards(group):
    """The lessons of a part as a list of links."""
    lines = ['<ul class="lessons">']
    for lesson in group:
        number, _, title = lesson.title.partition(". ")
        lines.append(
            f'<li><a href="{lesson.name}.html"><span class="number">{html.escape(number)}</span>'
            f'<span class="title">{html.escape(title)}</span>'
            f'<span class="minutes">{lesson.minutes} min</span>'
            f'<span class="about">{html.escape(lesson.about)}</span></a></li>'
        )
    return "\n".join([*lines, "</ul>"])


def tree(caption, names):
    """A group of pages in the navigation."""
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```"])


def front(found):
    """The first page: what the course is, its lessons, and where to begin."""
    parts = by_part(found)
    picture, caption = paragraph("!["), paragraph("*Three")
    lines = [
        "# Autoencoders in Keras 3",
        f'<div class="lead">\n\n{paragraph("An autoencoder squeezes")}\n\n</div>',
        f'<p class="begin"><a class="button" href="{found[0].name}.html">Begin with lesson '
        f'{found[0].name[:2]}</a> <a href="questions.html">27 questions</a> '
        '<a href="running.html">Run it yourself</a></p>',
        f'<div class="front">\n\n{picture}\n\n{caption}\n\n</div>',
        paragraph("**What you should know**"),
        paragraph("**How long it takes**"),
    ]
    for part, group in parts.items():
        lines += [f"## {part}", cards(group)]
    lines += [tree(part, [lesson.name for lesson in group]) for part, group in parts.items()]
    lines.append(tree("Look up", ["questions", "glossary", "receipts", "running"]))
    return "\n\n".join(lines)


def questions(found):
    """The index of the questions that part A answers, each a link to its heading."""
    lines = ["# The 27 questions", "Each is the heading of the section that answers it."]
    for lesson in found:
        text = "\n".join(c.source for c in lesson.book.cells if c.cell_type == "markdown")
        asked = re.findall(r"^## Q(\d+)\. (.+)$", text, re.M)
        if asked:
            lines.append(f"## [{lesson.title}]({lesson.name}.ipynb)")
            items = [f'<li value="{n}">\n\n[{question}](#q{n})\n\n</li>' for n, question in asked]
            lines.append("\n".join(['<ol class="questions">', *items, "</ol>"]))
    return "\n\n".join(lines)


def runs():
    """The receipts of each run there is, by the lesson's name: the stored one, and own ones."""
    folders = {"as stored": execution.NOTEBOOKS}
    folders |= {path.name: path for path in sorted(COURSE.glob("*")) if path.is_dir()}
    found = {
        name: {
            path.stem: receipt(nbformat.read(path, as_version=4))
            for path in sorted(folder.glob(LESSONS))
        }
        for name, folder in folders.items()
    }
    return {name: of for name, of in found.items() if any(of.values())}


def receipts(found):
    """The key figures of all lessons, side by side for each run."""
    columns = runs()
    intro = "Each lesson ends with its key figures. Here are all of them, as stored with the course"
    intro += (
        "; `make course` adds those of your own machine."
        if len(columns) == 1
        else " and as `make course` gave them on this machine."
    )
    made = [(run, next(filter(None, of.values())).made_with) for run, of in columns.items()]
    head = "".join(f'<th scope="col">{run}</th>' for run in columns)
    table = [f'<thead><tr><th scope="col">figure</th>{head}</tr></thead>']
    for lesson in found:
        figures = [
            of[lesson.name].figures if of.get(lesson.name) else {} for of in columns.values()
        ]
        title = f'<a href="{lesson.name}.html">{html.escape(lesson.title)}</a>'
        spanned = f'<th colspan="{len(columns) + 1}" scope="rowgroup">{title}</th>'
        table.append(f"<tbody><tr>{spanned}</tr>")
        for name in dict.fromkeys(name for each in figures for name in each):
            cells = "".join(f"<td>{each.get(name, '')}</td>" for each in figures)
            table.append(f'<tr><th scope="row">{html.escape(name)}</th>{cells}</tr>')
        table.append("</tbody>")
    rows = "\n".join(table)
    lines = ["# Receipts", intro, "\n".join(f"- **{run}**: {by}" for run, by in made)]
    lines.append(f'<div class="table-wrapper"><table class="receipts">\n{rows}\n</table></div>')
    return "\n\n".join(lines)


def running():
    """How to get the course, from README.md."""
    named = ["Start here", "Choosing the backend", "GPU", "MNIST and your own images"]
    return "\n".join(["# Run it yourself\n", *map(section, named)])


# Building ---------------------------------------------------------------------------------------


def gather(folder, own=None):
    """Write all that Sphinx reads to a new folder."""
    found, github = lessons(own), on_github(origin())
    files = {f"{lesson.name}.ipynb": page(lesson, github) for lesson in found}
    files |= {"index.md": front(found), "questions.md": questions(found)}
    files |= {"receipts.md": receipts(found), "running.md": running()}
    glossary = (execution.NOTEBOOKS / "glossary.md").read_bytes()
    files |= {"glossary.md": glossary, "downloads/downloads/glossary.md": glossary}
    files["course.png"] = (execution.ROOT / "docs" / "course.png").read_bytes()
    for lesson in found:
        files[f"downloads/downloads/{lesson.name}.ipynb"] = f"{nbformat.writes(lesson.book)}\n"
    for path in sorted((execution.NOTEBOOKS / "solutions").glob(LESSONS)):
        files[f"downloads/downloads/solutions/{path.name}"] = path.read_bytes()
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def clear(target):
    """Delete an earlier book, whose lessons may have had other names."""
    for name in ("_images", "_static", "downloads"):
        shutil.rmtree(target / name, ignore_errors=True)
    for path in target.glob("*.html"):
        path.unlink()


def build(target, own=None):
    """Build the book in the folder `target`; whether Sphinx found nothing wrong, such as a link."""
    from sphinx.cmd.build import main as sphinx

    start = time.perf_counter()
    print(f"\nBuilding the book in {target.relative_to(execution.ROOT)}/", flush=True)
    pages = BUILD / "sphinx" / "-".join(target.relative_to(BUILD).parts)
    gather(pages, own)
    clear(target)
    # All pages are read and written anew, which takes seconds: what Sphinx kept would not know of a
    # change in conf.py.
    arguments = ["-E", "-a", "-q", "-W", "--keep-going", "-c", CONFIGURATION]
    arguments += ["-D", f"html_extra_path={pages / 'downloads'}", "-d", f"{pages}.doctrees"]
    faults = sphinx([str(each) for each in [*arguments, pages, target]])
    seconds = time.perf_counter() - start
    print(f"Open it in a browser ({seconds:.0f} s): {(target / 'index.html').as_uri()}", flush=True)
    return not faults


if __name__ == "__main__":
    sys.exit(not build(Path(sys.argv[1]).resolve() if sys.argv[1:] else BUILD / "book"))
