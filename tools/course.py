"""Run the lessons in order on this machine, and make a web book of the results.

    KERAS_BACKEND=jax python tools/course.py [part of a name ...]

The lessons come from notebooks/source; notebooks and pages go to build/course/<backend>/. A lesson
that has not run there stands in the book as it is stored in notebooks/.
"""

import os
import re
import sys
import time

import jupytext
import nbformat
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

import book as web
import execution

# A cell raised, the kernel died, or a cell ran too long. On Ctrl-C, nbclient ends with a failed
# assertion.
FAILURES = (CellExecutionError, RuntimeError, TimeoutError, AssertionError)


def chosen(parts):
    """The sources whose names contain one of `parts`; stop if a part is in no name."""
    for part in parts:
        if not execution.sources([part]):
            names = "\n  ".join(path.stem for path in execution.sources())
            raise SystemExit(f"No lesson is called {part!r}. There are:\n  {names}")
    return execution.sources(parts)


def run(book, name):
    """Execute a lesson under a progress bar; return the error that stopped it and its cell."""
    running = []
    n_cells = sum(cell.cell_type == "code" for cell in book.cells)
    # A log would fill with the lines of a bar that moves ten times a second.
    calm = 0.1 if sys.stderr.isatty() else 10
    with tqdm(total=n_cells, desc=name, unit="cell", mininterval=calm, file=sys.stderr) as bar:
        # nbclient calls it as soon as it has sent a cell to the kernel.
        def on_cell(cell, cell_index):
            bar.update(len(running) - bar.n)
            running.append(cell)

        try:
            execution.execute(book, execution.NOTEBOOKS, on_cell)
        except FAILURES as error:
            return error, running[-1] if running else None
        bar.update(n_cells - bar.n)
    return None, None


def figures(book):
    """The key figures in the receipt at the end of a lesson, in words."""
    ended = web.receipt(book)
    found = ended.figures.items() if ended else ()
    return ", ".join(f"{name} {value}" for name, value in found if name != "seconds")


def explain(error, cell, name, path):
    """What a person needs to know of a failure: which lesson, which cell, and which error."""
    lines = ["", f"{name} stopped."]
    if cell is not None:
        lines += ["", "The cell:", *(f"    {line}" for line in cell.source.splitlines())]
    outputs = cell.outputs if cell is not None else []
    traces = ["\n".join(out.traceback) for out in outputs if out.output_type == "error"]
    reason = "\n".join(traces) or f"{type(error).__name__}: {error}"
    if isinstance(error, AssertionError):
        reason = "It was interrupted."
    if not sys.stderr.isatty():
        reason = re.sub(r"\x1b\[[0-9;]*m", "", reason)
    lines += ["", "The error:", reason, "", f"As far as it came: {path}"]
    return "\n".join(lines)


def table(rows):
    """The seconds and key figures of each lesson as a table in plain text."""
    width = max(len("notebook"), *(len(name) for name, _, _ in rows))
    lines = [f"{'notebook':{width}}  seconds  key figures"]
    lines += [f"{name:{width}}  {seconds:7.1f}  {shown}" for name, seconds, shown in rows]
    total = sum(seconds for _, seconds, _ in rows)
    return "\n".join([*lines, f"{'all':{width}}  {total:7.1f}"])


def lesson(source, folder):
    """Run one lesson and write its notebook; return its row of the table."""
    start = time.perf_counter()
    book = execution.lesson(jupytext.read(source))
    book.metadata = nbformat.from_dict(execution.METADATA)
    path = folder / f"{source.stem}.ipynb"
    error, cell = run(book, source.stem)
    execution.write(nbformat.writes(book), path)
    if error is not None:
        raise SystemExit(explain(error, cell, source.stem, path.relative_to(execution.ROOT)))
    return source.stem, time.perf_counter() - start, figures(book)


def main(parts):
    sources = chosen(parts)
    if not sources:
        raise SystemExit("There is no lesson in notebooks/source.")
    for name, value in execution.ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # A backend set in the user's shell would keep figures out of the notebooks.
    os.environ.pop("MPLBACKEND", None)
    backend = os.environ.setdefault("KERAS_BACKEND", "jax")
    folder = web.COURSE / backend
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    try:
        for source in sources:
            rows.append(lesson(source, folder))
    except KeyboardInterrupt:
        raise SystemExit("\nStopped.") from None
    finally:
        # What ran before a failure is worth reading, too.
        if rows:
            print(f"\n{table(rows)}", flush=True)
            web.build(folder, own=folder)


if __name__ == "__main__":
    main(sys.argv[1:])
