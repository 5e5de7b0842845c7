"""How a fault changes a copy of the course.

An edit names the files it may change and changes them. If the text it looks for is not there, the
course has moved on, and the fault must be written anew: it raises `Stale`.
"""

import copy
import re
from typing import NamedTuple

import jupytext
import nbformat


class Stale(Exception):  # noqa: N818 - says what a fault has become
    """The place that a fault was written for does not exist any more."""


class Fault(NamedTuple):
    name: str
    edits: tuple
    checks: tuple  # which checks of `make test` to try, the cheapest first: see run.py

    def files(self, tree):
        return sorted({path for edit in self.edits for path in edit.files(tree)})

    def plant(self, tree):
        for edit in self.edits:
            edit.apply(tree)


# Files of text -----------------------------------------------------------------------------------


class Text(NamedTuple):
    """`old` becomes `new` in a file that holds it `times` times."""

    path: str
    old: str
    new: str
    times: int = 1

    def files(self, tree):
        return [tree / self.path]

    def apply(self, tree):
        text = (tree / self.path).read_text(encoding="utf-8")
        if text.count(self.old) != self.times:
            raise Stale(f"{self.path} holds {text.count(self.old)} times: {self.old}")
        changed = text.replace(self.old, self.new)
        (tree / self.path).write_text(changed, encoding="utf-8")


class Line(NamedTuple):
    """The one line of a file that a pattern matches becomes `new`, or goes."""

    path: str
    pattern: str
    new: str = ""

    def files(self, tree):
        return [tree / self.path]

    def apply(self, tree):
        lines = (tree / self.path).read_text(encoding="utf-8").splitlines(keepends=True)
        found = [i for i, line in enumerate(lines) if re.fullmatch(self.pattern, line.strip())]
        if len(found) != 1:
            raise Stale(f"{self.path} has {len(found)} lines like {self.pattern}")
        lines[found[0]] = f"{self.new}\n" if self.new else ""
        (tree / self.path).write_text("".join(lines), encoding="utf-8")


# Lessons: the source and what was built from it --------------------------------------------------


class Lesson(NamedTuple):
    """`change(cells)` in the source of a lesson and in its notebooks, their outputs left stored.

    So a notebook still equals its source, is numbered as if it had been built again, and only what
    the fault is about can give it away.
    """

    number: str
    change: object  # takes a list of cells and returns the list it should be

    def files(self, tree):
        (source,) = (tree / "notebooks" / "source").glob(f"{self.number}_*.py")
        return [source, *sorted((tree / "notebooks").glob(f"**/{source.stem}.ipynb"))]

    def apply(self, tree):
        source, *notebooks = self.files(tree)
        book = jupytext.read(source)
        if not self._changes(book):
            raise Stale(f"{source.name} is not what the fault was written for")
        jupytext.write(book, source, fmt="py:percent")
        rewritten = [self._rewrite(path) for path in notebooks]
        if not any(rewritten):
            raise Stale(f"no notebook of {source.name} holds what its source holds")

    def _changes(self, book):
        before = copy.deepcopy(book.cells)
        book.cells = self.change(book.cells)
        return book.cells != before

    def _rewrite(self, path):
        book = nbformat.read(path, as_version=4)
        if not self._changes(book):
            return False
        _renumber(book)
        nbformat.write(book, path)
        return True


def _renumber(book):
    """Ids and counts as a build would give them."""
    count = 0
    for place, cell in enumerate(book.cells):
        cell.id = f"cell-{place:02d}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count


def words(old, new, times=1):
    """A change of cells: `old` becomes `new`; at most `times` times, in the source exactly so."""

    def change(cells):
        found = sum(cell.source.count(old) for cell in cells)
        if found > times:
            raise Stale(f"cells hold {found} times: {old}")
        for cell in cells:
            cell.source = cell.source.replace(old, new)
        return cells

    return change


def without(text):
    """A change of cells: those that hold `text` go."""
    return lambda cells: [cell for cell in cells if text not in cell.source]


def on_cell(text, act):
    """A change of cells: `act(cell)` on the one that holds `text`, where there is one."""

    def change(cells):
        found = [cell for cell in cells if text in cell.source]
        if len(found) > 1:
            raise Stale(f"{len(found)} cells hold: {text}")
        for cell in found:
            act(cell)
        return cells

    return change


# Notebooks alone: what is stored -----------------------------------------------------------------


class Stored(NamedTuple):
    """`change(cells)` in the notebook of a lesson, and nowhere else."""

    number: str
    change: object

    def files(self, tree):
        return list((tree / "notebooks").glob(f"{self.number}_*.ipynb"))

    def apply(self, tree):
        (path,) = self.files(tree)
        book = nbformat.read(path, as_version=4)
        before = copy.deepcopy(book)
        book.cells = self.change(book.cells)
        if book == before:
            raise Stale(f"{path.name} is not what the fault was written for")
        nbformat.write(book, path)


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]
