"""Plant faults in a copy of the course, one at a time, and count how many `make test` catches.

    make mutants                                all of them: several hours on a quiet machine
    python tests/mutants/run.py --ours          those written by hand: lessons, and real bugs
    python tests/mutants/run.py --only seed     of these, those whose name or files hold "seed"
    python tests/mutants/run.py --list          their names, and which have to be written anew
    python tests/mutants/run.py --jobs 2        two at a time, each in a copy of its own

Arbitrary faults of ae_keras are made by mutmut (its settings are in pyproject.toml), which
changes one expression at a time and runs the tests that reach it, on PyTorch. It cannot change the
models, whose signatures Keras inspects; model_faults.py does.

The checks of a fault of ours are the commands of tools/run_tests.py, on the files that could
notice, the cheapest first:

    data/test_batches    tests/data/test_batches.py            in "package"
    lesson 04            nbval of notebooks/04_*.ipynb         in "notebooks"
    solutions 04         nbval of its solutions                in "notebooks"
    documents            the notebooks and the project as files
    ruff, imports        style, and which module may import which

on JAX, or on the backend after an "@". A fault is caught if a test fails that does not fail in an
untouched copy. The last line counts all faults; if fewer than 95 % of ours are caught, the exit
code is 1.
"""

import argparse
import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bug_faults
import lesson_faults
import model_faults

ROOT = Path(__file__).resolve().parents[2]
TARGET = 0.95
PROGRAMS = {"ruff": ["ruff", "check", "."], "imports": ["lint-imports"]}
LIMIT = 900  # seconds for one check; a fault that makes it hang is not caught by any test

sys.path.insert(0, str(ROOT / "tools"))

import run_tests  # noqa: E402

ALL = [*bug_faults.ALL, *model_faults.ALL, *lesson_faults.ALL]

# A copy of the course ----------------------------------------------------------------------------


def make_copy(tree):
    """Everything that is, or will be, in the repository, as a repository of its own."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    # one test asks git which files there are
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)


def environment(tree, backend=""):
    """As in `make test`, but the copy's package comes before the installed one."""
    own = {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return run_tests.environment(backend or run_tests.BACKENDS[0]) | own


def check_copy(tree):
    """A copy that imports the real package would test nothing."""
    script = "import ae_course, ae_keras.data as d; print(d.__file__, ae_course.__file__)"
    for place in (tree, tree / "notebooks"):
        found = subprocess.run(
            [sys.executable, "-c", script],
            cwd=place,
            env=environment(tree),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        if len(found) != 2 or not all(Path(each).is_relative_to(tree) for each in found):
            raise SystemExit(f"the copy {tree} imports {found}")


@contextlib.contextmanager
def planted(fault, tree):
    """The tree with the fault in it; as it was before, afterwards."""
    before = {path: path.read_bytes() for path in fault.files(tree)}
    try:
        fault.plant(tree)
        yield
    finally:
        for path, content in before.items():
            path.write_bytes(content)


def stale(faults, tree):
    """What is wrong with faults that cannot be planted any more."""
    found = []
    for fault in faults:
        try:
            with planted(fault, tree):
                pass
        except Exception as error:  # whatever it trips over: it was written for another text
            found.append(f"{fault.name}: {error!r}")
    return found


# Checks ------------------------------------------------------------------------------------------


def arguments(tree, what):
    """What pytest is given."""
    kind, _, number = what.partition(" ")
    if kind == "documents":
        # Two tests plant faults of their own, and fail wherever the text has changed.
        own = "not choice_on_the_test_part_is_found and not exception_is_needed"
        return ["--noconftest", *run_tests.DOCUMENTS, "-k", own]
    if kind in ("lesson", "solutions"):
        folder = tree / "notebooks" / ("solutions" if kind == "solutions" else "")
        (path,) = folder.glob(f"{number}_*.ipynb")
        return [str(path), *run_tests.NBVAL, "-n", "0"]  # one notebook needs one process
    return [f"tests/{what}.py"]


def failures(tree, check, at_most=0):
    """The names of the tests that fail; with `at_most`, it stops after so many."""
    what, _, backend = check.partition("@")
    quiet = {"cwd": tree, "env": environment(tree, backend), "timeout": LIMIT}
    quiet |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if what in PROGRAMS:
        program = Path(sys.executable).with_name(PROGRAMS[what][0])
        code = subprocess.run([program, *PROGRAMS[what][1:]], **quiet).returncode
        return {what} if code else set()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        given = [*arguments(tree, what), f"--junitxml={report}", f"--maxfail={at_most}"]
        code = subprocess.run([*run_tests.PYTEST, *given], **quiet).returncode
        failed = {case.name for case in run_tests.cases_in(report) if case.failed}
    return failed or ({f"pytest ended with code {code}"} if code else set())


def catch(tree, fault, clean):
    """Check and test that notice the fault, or None.

    `clean` holds for each check the tests that fail without any fault.
    """
    with planted(fault, tree):
        for check in fault.checks:
            try:
                new = failures(tree, check, at_most=len(clean[check]) + 1) - clean[check]
            except subprocess.TimeoutExpired:
                continue
            if new:
                return check, sorted(new)[0]
    return None


# All of them -------------------------------------------------------------------------------------


def on_each(work, items, trees):
    """(item, `work(tree, item)`, seconds) of each item, as they are done, one in each tree."""
    free = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(item):
        tree, start = free.get(), time.perf_counter()
        try:
            return item, work(tree, item), time.perf_counter() - start
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        yield from pool.map(one, items)


def failures_without_faults(checks, trees):
    """What fails in an untouched copy, for each check."""
    clean = {}
    for check, failed, seconds in on_each(failures, checks, trees):
        listed = f"{len(failed)} fail already: {', '.join(sorted(failed))}" if failed else "passes"
        print(f"without faults: {check:24} {listed} ({seconds:.0f} s)", flush=True)
        if any(name.startswith("pytest ended") for name in failed):
            raise SystemExit(f"{check} does not run; mend that first")
        clean[check] = failed
    return clean


def run(faults, trees):
    """Plant all faults; return how many were caught."""
    checks = sorted({check for fault in faults for check in fault.checks})
    clean = failures_without_faults(checks, trees)
    results = on_each(lambda tree, fault: catch(tree, fault, clean), faults, trees)
    missed = []
    for number, (fault, found, seconds) in enumerate(results, 1):
        result = f"caught by {found[0]}: {found[1]}" if found else "MISSED"
        print(f"{number:3}/{len(faults)} {fault.name}: {result} ({seconds:.0f} s)", flush=True)
        missed += [] if found else [fault.name]
    print("", *(f"missed: {name}" for name in missed), sep="\n")
    return len(faults) - len(missed)


def run_mutmut(tree):
    """Let mutmut plant its faults in a copy; return how many it caught, and of how many."""
    own = environment(tree, "torch") | {"PYTHONPATH": ""}
    program = Path(sys.executable).with_name("mutmut")
    subprocess.run([program, "run"], cwd=tree, env=own, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([program, "export-cicd-stats"], cwd=tree, env=own, check=True)
    counts = json.loads((tree / "mutants" / "mutmut-cicd-stats.json").read_text())
    print(
        subprocess.run(
            [program, "results"], cwd=tree, env=own, capture_output=True, text=True
        ).stdout
    )
    caught = counts["killed"] + counts["timeout"] + counts["segfault"]
    return caught, counts["total"] - counts["skipped"]


def show(faults, tree, problems):
    for fault in faults:
        files = ", ".join(str(path.relative_to(tree)) for path in fault.files(tree))
        print(f"{fault.name}\n    {files}\n    {', '.join(fault.checks)}")
    print("\n".join([f"{len(faults)} faults", *problems]))
    return bool(problems)


def holds(fault, word, tree):
    files = [str(path.relative_to(tree)) for path in fault.files(tree)]
    return any(word in text for text in (fault.name, *files))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="those whose name or files hold this word")
    parser.add_argument("--ours", action="store_true", help="without those of mutmut")
    parser.add_argument("--list", action="store_true", help="name the faults, plant none")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    chosen = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees = [Path(folder).resolve() / f"copy-{i}" for i in range(max(1, chosen.jobs))]
        for tree in trees:
            tree.mkdir()
            make_copy(tree)
        faults = [fault for fault in ALL if holds(fault, chosen.only, trees[0])]
        problems = stale(faults, trees[0])
        if chosen.list:
            return show(faults, trees[0], problems)
        if problems or not faults:
            raise SystemExit("\n".join(["write these faults anew, or name others:", *problems]))
        for tree in trees:
            check_copy(tree)
        caught = run(faults, trees)
        print(f"ours: caught {caught} of {len(faults)}", flush=True)
        theirs, total = (0, 0) if chosen.only or chosen.ours else run_mutmut(trees[0])
    print(f"mutmut: caught {theirs} of {total}")
    n = len(faults) + total
    print(f"caught {caught + theirs} of {n} ({(caught + theirs) / n:.1%})")
    return caught / len(faults) < TARGET


if __name__ == "__main__":
    sys.exit(main())
