"""What the benchmarks share: settings of a process, how to run one, and tables."""

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

import execution  # noqa: E402

# These variables of the caller's shell would change a measurement.
HIDDEN = ("AE_KERAS_DATASET", "XLA_FLAGS", "JAX_COMPILATION_CACHE_DIR")
PACKAGES = ("keras", "numpy", "jax", "torch", "tensorflow-cpu", "tensorflow")


backend = execution.module("ae_keras/backend.py")
BACKENDS = backend.BACKENDS


def settings(threads):
    """The environment variables of every measured process: those of the course.

    Processes use a GPU only if the caller's environment holds GPU=1. The variables that importing
    ae_keras sets are set beforehand, so that processes that do not import it are no different.
    """
    counts = dict.fromkeys(execution.ENVIRONMENT, str(threads))
    gpu = {} if os.environ.get("GPU") == "1" else backend.CPU_ONLY | {"GPU": "0"}
    return counts | backend.QUIET | backend.SHARING | gpu | {"MPLBACKEND": "agg"}


class ChildError(Exception):
    """A measured process ended with an error."""


def child(backend, threads, script, *arguments):
    """Run a script of this folder in a new process and return the JSON in its last line."""
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
    """Print the result of a script that `child` started."""
    print(json.dumps(result), flush=True)


def conditions(threads):
    """The machine, versions and settings of a measurement."""
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
    """Average number of running or waiting processes over the last minute; it should be small."""
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
    """The processor's name on Linux, elsewhere its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def anonymous():
    """Anonymous memory of this process in MB, without files and libraries; None except on Linux."""
    try:
        text = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return None
    return int(text.split("Anonymous:")[1].split()[0]) / 1024


class PeakAnonymous:
    """Context manager that polls `anonymous` ten times a second and keeps the largest value."""

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
    """Slope, intercept and R^2 of the least-squares line through points."""
    slope, intercept = statistics.linear_regression(x, y)
    mean = statistics.fmean(y)
    left = sum((b - slope * a - intercept) ** 2 for a, b in zip(x, y, strict=True))
    spread = sum((b - mean) ** 2 for b in y)
    return slope, intercept, 1 - left / spread if spread else 1.0


def table(header, rows):
    """A table in plain text: words are aligned to the left, numbers to the right."""
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
    """A cell of a table as text, floats with three digits or more."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)
