"""Report long cells, little or much prose, and large files in the lessons.

    python tools/editorial.py

It never fails, because these limits are a matter of taste.
"""

import re
from itertools import groupby
from statistics import median

import nbformat

import execution

LINES, LINES_OF_A_CLASS = 30, 50
# The fewest and most words of prose for each code cell.
WORDS = (60, 140)
CODE_CELLS_IN_A_ROW = 3
BYTES = 600_000


def lines(cell):
    """Lines of a cell that are not empty."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def remarks(book, size):
    """Yield in words what exceeds a limit in a lesson; `size` is that of its file in bytes."""
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    prose = [cell for cell in book.cells if cell.cell_type == "markdown"]
    for cell in code:
        most = LINES_OF_A_CLASS if re.search(r"^\s*class ", cell.source, re.M) else LINES
        if lines(cell) > most:
            yield f"a cell of {lines(cell)} lines ({cell.source.splitlines()[0]})"
    words = sum(len(cell.source.split()) for cell in prose) / len(code)
    if not WORDS[0] <= words <= WORDS[1]:
        yield f"{words:.0f} words a code cell"
    kinds = groupby(cell.cell_type for cell in book.cells)
    row = max(len(list(cells)) for kind, cells in kinds if kind == "code")
    if row > CODE_CELLS_IN_A_ROW:
        yield f"{row} code cells in a row"
    if size > BYTES:
        yield f"{size / 1000:.0f} kB"


def main():
    lengths = []
    for path in sorted(execution.NOTEBOOKS.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        lengths += [lines(cell) for cell in book.cells if cell.cell_type == "code"]
        for remark in remarks(book, path.stat().st_size):
            print(f"{path.stem}: {remark}")
    print(f"median {median(lengths):.0f} lines a code cell, longest {max(lengths)}")


if __name__ == "__main__":
    main()
