"""What the benchmarks share: the settings of a process, running one, and summing up."""

import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.append(str(ROOT / "tools"))

import execution  # noqa: E402 - how the course executes a lesson

# What a caller's shell may hold that would change a measurement.
HIDDEN = ("AE_KERAS_DATASET", "XLA_FLAGS", "JAX_COMPILATION_CACHE_DIR")
PACKAGES = ("keras", "numpy", "jax", "torch", "tensorflow-cpu", "tensorflow")


backend = execution.module("ae_keras/backend.py")
BACKENDS = backend.BACKENDS


def settings(threads):
    """The environment variables that every measured process gets: those of the course.

    Only GPU=1 in the caller's environment lets them use a GPU. What importing ae_keras would set
    is set beforehand: a process without it is no different.
    """
    counts = dict.fromkeys(execution.ENVIRONMENT, str(threads))
    gpu = {} if os.environ.get("GPU") == "1" else backend.CPU_ONLY | {"GPU": "0"}
    return counts | backend.QUIET | backend.SHARING | gpu | {"MPLBACKEND": "agg"}


class ChildError(Exception):
    """A measured process ended with an error."""


def child(backend, threads, script, *arguments):
    """Run a script of this folder in a process of its own; its last line is its answer, JSON."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    run = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        cwd=ROOT,
        env=kept | settings(threads) | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        words = " ".join(map(str, (script, *arguments)))
        raise ChildError(f"{words} failed on {backend}:\n{run.stderr[-2000:]}")
    return json.loads(run.stdout.splitlines()[-1])


def answer(result):
    """What a script started by `child` says at its end."""
    print(json.dumps(result), flush=True)


def conditions(threads):
    """On what and under what it was measured."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S"),
        "commit": commit.stdout.strip() or None,
        "processor": processor(),
        "cpus": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "load_before": load(),
        "settings": settings(threads),
        "versions": versions(),
    }


def load():
    """Processes that wanted to run, on average over the last minute: the idler, the better."""
    return round(os.getloadavg()[0], 2)


def versions():
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def processor():
    """The processor's name, as far as Linux tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def anonymous():
    """MB of memory that are this process's own now: neither files nor libraries. Linux only."""
    try:
        text = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return None
    return int(text.split("Anonymous:")[1].split()[0]) / 1024


class PeakAnonymous:
    """Look at `anonymous` ten times a second while the block runs, and keep the largest."""

    def __enter__(self):
        self.megabytes = anonymous()
        self._over = threading.Event()
        if self.megabytes is not None:
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()
        return self

    def _watch(self):
        while not self._over.wait(0.1):
            self.megabytes = max(self.megabytes, anonymous())

    def __exit__(self, *error):
        self._over.set()
        if self.megabytes is not None:
            self._watcher.join()
            self.megabytes = max(self.megabytes, anonymous())


def line(x, y):
    """Least-squares line through points: slope, intercept and R^2."""
    slope, intercept = statistics.linear_regression(x, y)
    mean = statistics.fmean(y)
    left = sum((b - slope * a - intercept) ** 2 for a, b in zip(x, y, strict=True))
    spread = sum((b - mean) ** 2 for b in y)
    return slope, intercept, 1 - left / spread if spread else 1.0


def table(header, rows):
    """Rows under a header, in columns: words to the left, numbers to the right."""
    if not rows:
        return "nothing measured"
    shown = [[show(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    words = [any(isinstance(cell, str) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in [header, *shown]:
        cells = zip(row, widths, words, strict=True)
        lines.append("  ".join(c.ljust(w) if word else c.rjust(w) for c, w, word in cells).rstrip())
    return "\n".join(lines)


def show(cell):
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)
