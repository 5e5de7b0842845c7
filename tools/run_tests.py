"""Check everything: style, documents, and on each backend the package and the stored notebooks.

    python tools/run_tests.py [--backend jax]

With GPU=1 in the environment the package's tests and the lessons run on the GPU.
The last line says how many checks passed and failed; any failure makes the exit code 1.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import browser
import environment as installed
import execution

BACKENDS = installed.backends()
# The solutions run on one backend, as the same exercises on the others would find little more.
SOLUTIONS_ON = "jax"
DOCUMENTS = ["tests/test_lessons.py", "tests/test_project.py", "tests/test_sentences.py"]
PYTEST = [sys.executable, "-m", "pytest"]
# The cells of a notebook share one kernel, so a file is never split between processes.
TWO_AT_A_TIME = [
    "-n",
    "2",
    "--dist",
    "loadfile",
]
# The book in a browser, without tests/conftest.py, which would import keras. A page is a test.
BOOK = ["--confcutdir=tests/book", "tests/book", "-n", "2"]
NBVAL = ["-p", "tests.nbval_plugin", "--nbval", "--nbval-current-env"]
NBVAL += ["--nbval-sanitize-with=tests/nbval.cfg", "--nbval-cell-timeout=240", *TWO_AT_A_TIME]
# Tests run on the bundled data, on the CPU unless GPU=1 is set, and open no window. JAX caches
# everything it compiles, because the solutions repeat cells of the lessons, and the lessons repeat
# one another's.
ON_GPU = os.environ.get("GPU") == "1"
SETTINGS = {**execution.ENVIRONMENT, "GPU": "1" if ON_GPU else "0", "MPLBACKEND": "agg"}
SETTINGS |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
PACKAGE = ["tests", "ae_keras", "ae_course", "--doctest-modules"]
HIDDEN = ("AE_KERAS_DATASET", "PYTEST_ADDOPTS")


class Row(NamedTuple):
    """One line of the summary; `slowest` names the file that took longest."""

    what: str
    backend: str
    passed: int
    failed: int
    seconds: float
    slowest: str = ""


def environment(backend):
    """The environment variables of a test process on a backend."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    return kept | SETTINGS | {"KERAS_BACKEND": backend}


def require_gpu(backend):
    """Stop if Keras does not use a GPU on this backend."""
    code = "import ae_keras; print(ae_keras.backend.report())"
    command = [sys.executable, "-c", code]
    asked = subprocess.run(
        command, cwd=execution.ROOT, env=environment(backend), capture_output=True, text=True
    )
    if " on GPU, " not in asked.stdout:
        sys.exit(
            "`GPU=1` needs a GPU and a build of the backend that uses it. "
            f"Received: {asked.stdout.strip() or asked.stderr.strip()[-500:]}. "
            "`make test` without GPU=1 runs on the CPU."
        )


def announce(what, backend):
    """Print a heading before the output of a check."""
    print(f"\n=== {what}{f', {backend}' if backend else ''}", flush=True)


def command(what, arguments):
    """Run a program of the environment; its exit code counts as one check."""
    announce(what, "")
    start = time.perf_counter()
    program = Path(sys.executable).with_name(arguments[0])
    failed = subprocess.run([program, *arguments[1:]], cwd=execution.ROOT).returncode != 0
    return Row(what, "", int(not failed), int(failed), time.perf_counter() - start)


def pytest(what, arguments, backend=""):
    """Run pytest on `arguments` in a process of its own and count what it reports."""
    announce(what, backend)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.run(
            [*PYTEST, *arguments, f"--junitxml={report}"],
            cwd=execution.ROOT,
            env=environment(backend or BACKENDS[0]),
        ).returncode
        cases = cases_in(report)
    passed, failed = count(cases)
    if (code and not failed) or not passed + failed:
        # It crashed, was interrupted, or collected nothing, none of which is a success.
        print(f"*** pytest ended with code {code}, {passed} passed, {failed} failed", flush=True)
        failed += 1
    return Row(what, backend, passed, failed, time.perf_counter() - start, slowest(cases))


class Case(NamedTuple):
    """One test of a JUnit report."""

    name: str
    file: str
    seconds: float
    # The set holds "failure", "error" or "skipped"; it is empty for a test that passed.
    outcomes: set

    @property
    def failed(self):
        return bool(self.outcomes & {"failure", "error"})


def cases_in(report):
    """The tests of a JUnit report; none if the file is missing or incomplete."""
    try:
        found = list(ET.parse(report).iter("testcase"))
    except (OSError, ET.ParseError):
        return []
    return [
        Case(
            name=f"{case.get('classname')}::{case.get('name')}",
            file=case.get("classname", "").removesuffix(".ipynb").split(".")[-1],
            seconds=float(case.get("time", 0)),
            outcomes={child.tag for child in case},
        )
        for case in found
    ]


def slowest(cases):
    """The file that took longest, and its seconds."""
    seconds = Counter()
    for case in cases:
        seconds[case.file] += case.seconds
    return "".join(f"{name} {spent:.0f} s" for name, spent in seconds.most_common(1))


def count(cases):
    """The number of tests that passed and the number that failed."""
    failed = sum(case.failed for case in cases)
    skipped = sum("skipped" in case.outcomes for case in cases)
    return len(cases) - failed - skipped, failed


def notebooks(backend):
    """The stored notebooks to validate on a backend."""
    folders = [execution.NOTEBOOKS]
    if backend == SOLUTIONS_ON:
        folders.append(execution.NOTEBOOKS / "solutions")
    return [str(path) for folder in folders for path in sorted(folder.glob("*.ipynb"))]


def checks(backends):
    """Run all checks, the quick ones first; yield a row for each."""
    yield command("ruff check", ["ruff", "check", "."])
    yield command("ruff format", ["ruff", "format", "--check", "."])
    yield command("imports", ["lint-imports"])
    # These tests need no keras, which conftest.py would import.
    yield pytest("documents", ["--noconftest", *DOCUMENTS])
    yield pytest("book", BOOK)
    ignored = [f"--ignore={path}" for path in [*DOCUMENTS, "tests/book"]]
    for backend in backends:
        yield pytest("package", [*PACKAGE, *ignored, *TWO_AT_A_TIME], backend)
    for backend in backends:
        # If there are no notebooks, a path that does not exist makes the check fail. Without any
        # path, pytest would run other tests instead.
        yield pytest("notebooks", [*(notebooks(backend) or ["notebooks/*.ipynb"]), *NBVAL], backend)


def summary(rows):
    """The rows as a table in plain text."""
    lines = ["", f"{'what':12} {'backend':10}  passed  failed  seconds  slowest file"]
    lines += [
        f"{row.what:12} {row.backend or '-':10}  {row.passed:6}  {row.failed:6}  {row.seconds:7.0f}"
        f"  {row.slowest}"
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, help="check on this one only")
    chosen = parser.parse_args().backend
    # Where one backend is asked for, the other two need not be installed.
    if chosen:
        os.environ["AE_KERAS_ONE_BACKEND"] = "1"
    backends = [chosen] if chosen else BACKENDS
    if ON_GPU:
        for backend in backends:
            require_gpu(backend)
    with tempfile.TemporaryDirectory(prefix="jax-") as compiled:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
        rows = list(checks(backends))
    failed = sum(row.failed for row in rows)
    print(summary(rows))
    if not browser.find():
        print(f"Not tested: {browser.ADVICE}")
    print(f"{sum(row.passed for row in rows)} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
