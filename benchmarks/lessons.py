"""Seconds, peak memory and key figures of one lesson, executed as by `make course`.

KERAS_BACKEND=jax python benchmarks/lessons.py 03 [mnist]
"""

import json
import os
import resource
import sys
import time

import jupytext
import nbformat

import measure
from measure import execution

# `ru_maxrss` is in KB on Linux and in bytes on macOS.
KILO = 1024 if sys.platform == "linux" else 1024**2


def receipt(book):
    """The content of the receipt at the end of a lesson: its figures, and what it ran on."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    (found,) = (o.metadata["receipt"] for o in outputs if "receipt" in o.get("metadata", {}))
    found = json.loads(found)
    return {"made_with": found["backend"], "figures": found["figures"]}


def main(part, data_set="digits"):
    os.environ["AE_KERAS_DATASET"] = data_set
    (source,) = execution.sources([part])
    # A backend set in the environment would keep figures out of the notebook.
    os.environ.pop("MPLBACKEND", None)
    book = execution.lesson(jupytext.read(source))
    book.metadata = nbformat.from_dict(execution.METADATA)
    start = time.perf_counter()
    execution.execute(book, execution.NOTEBOOKS)
    seconds = time.perf_counter() - start
    # The kernel is the largest of the processes that this one started and that have ended.
    kernel = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KILO
    return {"seconds": seconds, "resident_mb": kernel, **receipt(book)}


if __name__ == "__main__":
    measure.answer(main(*sys.argv[1:]))
