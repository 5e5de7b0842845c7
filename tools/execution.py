"""How the tools read notebooks from their sources, execute and write them."""

import importlib.util
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = NOTEBOOKS / "source"

# Each process gets one thread, because PyTorch's threads spin when there are more of them than free
# cores.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "PJRT_NPROC": "1",
}
# The width of `model.summary()` and of printed arrays follows these.
WIDTH = {"COLUMNS": "80", "JUPYTER_COLUMNS": "115"}
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def module(name):
    """Load a module of this project from its path, without importing the package it is in."""
    spec = importlib.util.spec_from_file_location(Path(name).stem, ROOT / name)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def sources(parts=()):
    """The lesson sources in reading order; with `parts`, those whose name contains one of them."""
    paths = sorted(SOURCES.glob("[0-9][0-9]_*.py"))
    return [p for p in paths if not parts or any(part in p.stem for part in parts)]


def write(text, path):
    """Write a text file as a temporary file and rename it, so that nobody ever reads half of it."""
    # Importing the package takes seconds, which tools that write nothing can save.
    from ae_keras.saving import atomic_write

    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def tags(cell):
    """The tags of a cell as a set."""
    return set(cell.metadata.get("tags", ()))


def is_solution(cell):
    return "solution" in tags(cell)


def lesson(book):
    """The notebook that learners get: all cells but the solutions."""
    import nbformat

    return nbformat.v4.new_notebook(cells=[c for c in book.cells if not is_solution(c)])


def execute(book, folder, on_cell=None, timeout=3600):
    """Run every cell of `book` in place; the first error in a cell raises `CellExecutionError`."""
    from nbclient import NotebookClient

    os.environ.update(WIDTH)
    client = NotebookClient(
        book,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        # Below this level, ipykernel warns of its own local connection.
        extra_arguments=["--log-level=ERROR"],
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_complete=on_cell,
    )
    client.execute()
    return book
