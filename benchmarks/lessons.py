"""Seconds and peak memory of one lesson, executed as `make course` does.

KERAS_BACKEND=jax python benchmarks/lessons.py 03
"""

import os
import resource
import sys
import time

import jupytext
import measure
import nbformat
from measure import execution

KILO = 1024 if sys.platform == "linux" else 1024**2  # ru_maxrss: KB on Linux, bytes on macOS


def main(part):
    (source,) = execution.sources([part])
    os.environ.pop("MPLBACKEND", None)  # else no figure would be drawn
    book = execution.lesson(jupytext.read(source))
    book.metadata = nbformat.from_dict(execution.METADATA)
    start = time.perf_counter()
    execution.execute(book, execution.NOTEBOOKS)
    seconds = time.perf_counter() - start
    # The largest of the processes that this one started and that have ended: the kernel.
    kernel = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KILO
    return {"seconds": seconds, "resident_mb": kernel}


if __name__ == "__main__":
    measure.answer(main(sys.argv[1]))
