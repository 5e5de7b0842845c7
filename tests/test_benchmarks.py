"""`fit` is measured against hand-written loops, which start alike and agree with it."""

import os
import subprocess
import sys
from pathlib import Path

import keras

RUN = Path(__file__).resolve().parent.parent / "benchmarks" / "run.py"


def test_fit_is_measured_against_native_loops():
    chosen = ["--only", "fit", "--kinds", "conv", "vae", "--backend", keras.config.backend()]
    run = subprocess.run(
        [sys.executable, str(RUN), "--quick", *chosen],
        capture_output=True,
        text=True,
        env=os.environ | {"GPU": "0"},
    )
    assert run.returncode == 0, run.stderr
    targets = run.stdout.split("\ntarget ")[1].splitlines()
    for kind in ("conv", "vae"):
        # One row calls `fit` as the lessons do, and one in its fastest way.
        assert sum(line.startswith(f"{kind}, {keras.config.backend()}") for line in targets) == 2
