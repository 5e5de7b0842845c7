"""Write notebooks/*.ipynb and notebooks/solutions/*.ipynb, executed, from notebooks/source/*.py.

    python tools/build.py [part of a name ...]

The result depends on the sources and the package alone: a second build gives the same bytes.
"""

import copy
import os
import re
import sys
import time

import jupytext
import nbformat

import execution

SHOWN_TAGS = ("setup", "exercise", "receipt", "raises-exception", "hide-input")
PASSED = "passed: "
NEEDED = "What the exercises need from the lesson:"


def solutions(book):
    """Make the notebook of solutions: the set-up, what the exercises need, and their solutions."""
    title = re.search(r"^# (.+)$", book.cells[0].source, re.M)[1]
    heading = (
        f"# Solutions: {title}\n\nOne way to do each exercise. Try them yourself first: the "
        "checks in the lesson accept any way that works."
    )
    cells = [nbformat.v4.new_markdown_cell(heading)]
    for number, cell in enumerate(book.cells):
        if execution.tags(cell) & {"setup", "keep", "solution"}:
            if "keep" in execution.tags(cell) and "keep" not in execution.tags(cells[-1]):
                cells.append(nbformat.v4.new_markdown_cell(NEEDED))
            cells.append(cell)
        elif "exercise" in execution.tags(cell):
            # The cell before an exercise holds its text, or code that was already copied.
            before = book.cells[number - 1]
            cells += [] if before in cells else [before]
    return nbformat.v4.new_notebook(cells=copy.deepcopy(cells))


def tidy(book):
    """Remove from an executed notebook all that differs between runs or machines."""
    book.metadata = nbformat.from_dict(execution.METADATA)
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number:02d}"
        kept = {k: v for k, v in cell.metadata.items() if k == "mystnb"}
        shown = [tag for tag in cell.metadata.get("tags", ()) if tag in SHOWN_TAGS]
        cell.metadata = nbformat.from_dict(kept | ({"tags": shown} if shown else {}))
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
            for out in cell.outputs:
                out.get("metadata", {}).pop("receipt", None)
                # It lives in a kernel, and is nothing without it.
                out.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return book


def check_solved(book, name):
    """Stop if a check of an exercise did not pass, or no check ran at all."""
    printed = "".join(str(cell.get("outputs", "")) for cell in book.cells)
    for wrong in ("not attempted yet", "not yet: "):
        if wrong in printed:
            raise SystemExit(f"{name}: a solution is answered by {wrong!r}")
    if PASSED not in printed:
        raise SystemExit(f"{name}: no check passed")


def write(book, target):
    """Write a notebook after a check of its format."""
    nbformat.validate(book)
    execution.write(f"{nbformat.writes(book)}\n", target)


def build(source):
    """Execute a lesson and its solutions and write both; return the path of the lesson."""
    book = jupytext.read(source)
    solved = solutions(book)
    target = execution.NOTEBOOKS / f"{source.stem}.ipynb"
    write(tidy(execution.execute(execution.lesson(book), execution.NOTEBOOKS)), target)
    if len(solved.cells) > 2:
        execution.execute(solved, execution.NOTEBOOKS)
        check_solved(solved, source.stem)
        write(tidy(solved), execution.NOTEBOOKS / "solutions" / target.name)
    return target


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.update(execution.ENVIRONMENT)
    for path in execution.sources(sys.argv[1:]):
        start = time.perf_counter()
        written = build(path)
        size = written.stat().st_size / 1000
        print(f"{path.stem}: {time.perf_counter() - start:.0f} s, {size:.0f} kB", flush=True)
