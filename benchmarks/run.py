"""Measure speed and memory of each backend in processes of its own, and print tables.

    python benchmarks/run.py [--quick] [--only fit] [--lessons] [--tried]
    AE_KERAS_DATA_DIR=... python benchmarks/run.py --only published --threads 2

Results also go to benchmarks/results/measured.json, where a part that is not measured keeps its
last results. Let nothing else run meanwhile. benchmarks/README.md explains the numbers.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import measure
from measure import BACKENDS, ChildError, child, table

RESULTS = measure.HERE / "results" / "measured.json"
QUICK_RESULTS = measure.ROOT / "build" / "bench" / "quick.json"
# Lesson 26 shows this file.
PUBLISHED = measure.HERE / "results" / "published.json"
# These are the kinds of fit.py, which is not imported because it would start a backend.
KINDS = ("dense", "conv", "vae", "vqvae")
PARTS = ("import", "fit", "scaling", "sweep", "lessons", "published")
SIZES = (2500, 5000, 10000, 20000, 40000, 60000)
QUICK_SIZES = (500, 1000, 1500)
MB = 1024


def say(words):
    """Print progress to stderr, apart from the tables."""
    print(f"  {words}", file=sys.stderr, flush=True)


def imports(chosen):
    """Measure what importing ae_keras adds to importing keras, in fresh processes in turns."""
    rows = []
    for backend in chosen.backends:
        found = {}
        for i in range(1 + (1 if chosen.quick else 7)):
            say(f"import, {backend}, {i or 'warm-up'}")
            for what in ("keras", "ae_keras"):
                for name, seconds in child(backend, chosen.threads, "imports.py", what).items():
                    found.setdefault(name, []).append(seconds)
        # The first import of each may have read from the disk and compiled, so it does not count.
        medians = {name: statistics.median(values[1:]) for name, values in found.items()}
        added = medians["ae_keras"] - medians["keras"]
        rows.append({"backend": backend, "added": added, **medians, "all_seconds": found})
    return rows


def show_imports(rows):
    header = ["backend", "keras s", "ae_keras s", "added s", "added, same process s", "lessons' s"]
    keys = ("backend", "keras", "ae_keras", "added", "ae_keras_after_keras", "the_lessons_modules")
    return [table(header, [[row[key] for key in keys] for row in rows])]


def fits(chosen):
    """Measure the seconds of an epoch by native loops and by `fit`."""
    arguments = ["--rounds", 1 if chosen.quick else 5, "--images", 512 if chosen.quick else 0]
    arguments += ["--tried"] if chosen.tried else []
    rows = []
    for size in chosen.batch_sizes:
        for kind in chosen.kinds:
            for backend in chosen.backends:
                say(f"fit, {kind}, {backend}, batches of {size}")
                words = ("fit.py", kind, "--batch-size", size, *arguments)
                result = child(backend, chosen.threads, *words)
                rows.append({"kind": kind, "backend": backend, "batch_size": size, **result})
    return rows


def show_fits(rows):
    cells, ways = [], []
    for row in rows:
        medians = row["median"]
        place = [row["kind"], row["backend"], row["batch_size"]]
        native, course, best = (medians[row[key]] for key in ("native", "course", "best"))
        ratios = [row["ratio_course"], row["ratio_best"]]
        cells.append([*place, native, course, best, *ratios, row["native"], row["best"]])
        for name, seconds in medians.items():
            ways.append([*place, name, seconds, native / seconds, row["loss"][name]])
    place = ["model", "backend", "batch"]
    header = [*place, "native s", "fit s", "best fit s", "ratio", "best ratio"]
    header += ["the native", "the best fit"]
    yield table(header, cells)
    yield table([*place, "way", "s an epoch", "ratio", "loss of epoch 1"], ways)


def scaling(chosen):
    """Measure seconds and memory for growing numbers of images."""
    sizes = QUICK_SIZES if chosen.quick else SIZES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.float32"
        child(chosen.backends[0], chosen.threads, "scaling.py", "write", path, max(sizes))
        return [scaling_of(backend, sizes, path, chosen) for backend in chosen.backends]


def scaling_of(backend, sizes, path, chosen):
    say(f"scaling, {backend}, seconds")
    rounds = 1 if chosen.quick else 3
    row = child(backend, chosen.threads, "scaling.py", "seconds", rounds, *sizes)
    row["memory"] = []
    for n in sizes:
        say(f"scaling, {backend}, memory, {n} images")
        row["memory"].append(child(backend, chosen.threads, "scaling.py", "memory", path, n))
    return {"backend": backend, **row}


def show_scaling(rows):
    header = ["backend", "images", "s an epoch", "peak resident MB", "peak anonymous MB"]
    cells = [
        [row["backend"], n, seconds, memory["resident_mb"], memory["anonymous_mb"]]
        for row in rows
        for n, seconds, memory in zip(row["images"], row["seconds"], row["memory"], strict=True)
    ]
    yield table(header, cells)
    lines = []
    for row in rows:
        own = [memory["anonymous_mb"] for memory in row["memory"]]
        growth = None if None in own else 1000 * measure.line(row["images"], own)[0]
        straight = (row["seconds_per_1000_images"], row["intercept_seconds"], row["r_squared"])
        lines.append([row["backend"], *straight[:2], f"{straight[2]:.5f}", growth])
    header = ["backend", "s per 1,000 images", "s at none", "R^2", "anonymous MB per 1,000"]
    yield table(header, lines)


def sweeps(chosen):
    """Measure the seconds of a sweep over code sizes, serial and on two Dask workers."""
    rounds, epochs = (1, 1) if chosen.quick else (3, 10)
    rows = []
    for backend in chosen.backends:
        say(f"sweep, {backend}")
        rows.append({"backend": backend})
        rows[-1] |= child(backend, chosen.threads, "sweep.py", rounds, 2, epochs)
    return rows


def show_sweeps(rows):
    header = ["backend", "serial s", "cores busy", "workers", "spread s", "times as fast"]
    keys = ("backend", "serial", "serial_cores", "workers", "spread", "speed_up")
    yield table(header, [[row[key] for key in keys] for row in rows])


def lessons(chosen):
    """Measure the seconds and peak memory of each lesson on each backend."""
    rows = []
    for source in measure.execution.sources()[: 1 if chosen.quick else None]:
        for backend in chosen.backends:
            say(f"lessons, {source.stem}, {backend}")
            row = {"lesson": source.stem, "backend": backend}
            try:
                row |= child(backend, chosen.threads, "lessons.py", source.stem)
            except ChildError as failure:
                # The other lessons are still worth measuring.
                say(failure)
                row |= {"seconds": None, "resident_mb": None}
            rows.append(row)
    return rows


def show_lessons(rows):
    keys = ("lesson", "backend", "seconds", "resident_mb")
    return [table(["lesson", "backend", "s", "peak MB"], [[row[k] for k in keys] for row in rows])]


def published(chosen):
    """Run lesson 26 on MNIST, half an hour for each seed; keep earlier runs of other seeds."""
    if chosen.quick:
        return [
            {"backend": backend} | child(backend, chosen.threads, "lessons.py", "26_")
            for backend in chosen.backends
        ]
    found = {}
    if PUBLISHED.exists():
        rows = json.loads(PUBLISHED.read_text(encoding="utf-8"))["rows"]
        found = {(row["backend"], row["seed"]): row for row in rows}
    for backend, seed in itertools.product(chosen.backends, chosen.seeds):
        say(f"published, {backend}, seed {seed}")
        conditions = measure.conditions(chosen.threads)
        os.environ["AE_COURSE_SEED"] = str(seed)
        row = child(backend, chosen.threads, "lessons.py", "26_", "mnist")
        name = backend if " on CPU," in row["made_with"] else f"{backend} GPU"
        found[name, seed] = {"backend": name, "seed": seed, "conditions": conditions, **row}
        save({"rows": sorted(found.values(), key=_place)}, PUBLISHED)
    return list(found.values())


def _place(row):
    return BACKENDS.index(row["backend"].split()[0]), row["backend"], row["seed"]


def show_published(rows):
    header = ["figure", *(f"{row['backend']} {row.get('seed', '')}" for row in rows)]
    lines = [[key, *(row["figures"].get(key) for row in rows)] for key in rows[0]["figures"]]
    yield table(header, [*lines, ["minutes", *(row["seconds"] / 60 for row in rows)]])


def largest(rows, key):
    """The largest value, or None if one is missing, so that nothing passes unmeasured."""
    values = [row[key] for row in rows]
    return None if None in values else max(values)


def targets(parts):
    """The targets of the project as a table: what, wanted, measured, met."""
    found = []

    def judge(what, words, value, good):
        met = value is not None and good(value)
        found.append([what, words, value, "yes" if met else "NO"])

    if "import" in parts:
        added = largest(parts["import"]["rows"], "added")
        judge("import of ae_keras adds, s", "<= 0.3", added, lambda v: v <= 0.3)
    for row in parts.get("fit", {}).get("rows", ()):
        place = f"{row['kind']}, {row['backend']}, batches of {row['batch_size']}: native / fit"
        judge(place, ">= 0.95", row["ratio_course"], lambda v: v >= 0.95)
        judge(f"{place}, best", ">= 0.95", row["ratio_best"], lambda v: v >= 0.95)
    for row in parts.get("scaling", {}).get("rows", ()):
        place = f"{row['backend']}, seconds against images: R^2"
        judge(place, ">= 0.99", row["r_squared"], lambda v: v >= 0.99)
        own = [memory["anonymous_mb"] for memory in row["memory"]]
        growth = None if None in own else own[-1] / own[0]
        place = f"{row['backend']}, anonymous memory, most / fewest images"
        judge(place, "<= 1.05", growth, lambda v: v <= 1.05)
    for row in parts.get("sweep", {}).get("rows", ()):
        place = f"{row['backend']}, sweep on {row['workers']} workers: times as fast"
        judge(place, ">= 1.7", row["speed_up"], lambda v: v >= 1.7)
    if "lessons" in parts:
        rows = parts["lessons"]["rows"]
        judge("slowest lesson, s", "<= 60", largest(rows, "seconds"), lambda v: v <= 60)
        peak = largest(rows, "resident_mb")
        judge("largest lesson, MB", "<= 2048", peak, lambda v: v <= 2 * MB)
    for row in parts.get("published", {}).get("rows", ()):
        # Nothing random is in PCA: a smaller error, too, would mean other images.
        pca = row["figures"]["pca_30"]
        judge(f"{row['backend']}, pca_30", "13.87", pca, lambda v: abs(v - 13.87) < 0.005)
        for key, most in (("patches_30", 2.0), ("vae_nll", 90.0)):
            value = round(row["figures"][key], 2)
            judge(f"{row['backend']}, {key}", f"<= {most}", value, lambda v, most=most: v <= most)
    return table(["target", "wanted", "measured", "met"], found)


MEASURE = {"import": imports, "fit": fits, "scaling": scaling, "sweep": sweeps}
MEASURE |= {"lessons": lessons, "published": published}
SHOW = {"import": show_imports, "fit": show_fits, "scaling": show_scaling, "sweep": show_sweeps}
SHOW |= {"lessons": show_lessons, "published": show_published}


def save(parts, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    measure.execution.write(json.dumps(parts, indent=1) + "\n", path)


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="does it run? no numbers to keep")
    parser.add_argument("--only", choices=PARTS, help="this part alone")
    parser.add_argument("--lessons", action="store_true", help="the lessons too, an hour")
    parser.add_argument("--tried", action="store_true", help="fit with changes of the package too")
    parser.add_argument("--backend", dest="backends", choices=BACKENDS, nargs="+", default=BACKENDS)
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=KINDS, help="of model, in fit")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[128])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of published")
    parser.add_argument("--threads", type=int, default=1, help="of each framework; course: 1")
    chosen = parser.parse_args()
    default = PARTS[:-1] if chosen.lessons else PARTS[:-2]
    chosen.parts = (chosen.only,) if chosen.only else default
    return chosen


def main():
    chosen = options()
    path = QUICK_RESULTS if chosen.quick else RESULTS
    parts = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for part in chosen.parts:
        conditions, start = measure.conditions(chosen.threads), time.perf_counter()
        rows = MEASURE[part](chosen)
        conditions |= {"seconds": time.perf_counter() - start, "load_after": measure.load()}
        parts[part] = {"conditions": conditions, "rows": rows}
        save(parts, path)
        print(f"\n== {part}, {conditions['seconds']:.0f} s", end="")
        print(f", load {conditions['load_before']} to {conditions['load_after']}")
        print(*SHOW[part](rows), sep="\n\n", flush=True)
    print(f"\n{targets({part: parts[part] for part in chosen.parts})}")
    if chosen.quick:
        print("\nA quick run shows that all works; its numbers say nothing.")
    shown = (f"{name}={value}" for name, value in measure.settings(chosen.threads).items())
    print(f"\nSettings of every process: {' '.join(shown)}")
    print(f"Results: {path.relative_to(measure.ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except ChildError as failure:
        sys.exit(str(failure))
