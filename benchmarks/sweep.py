"""Seconds of lesson 09's sweep, one size after another and on the workers of a Dask cluster.

    python benchmarks/sweep.py 3 2 10   3 rounds, 2 workers, 10 epochs for each size

Both ways must give the same errors. Starting the workers is not timed: it takes seconds, a real
sweep hours.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import dask
import distributed
import joblib
import keras
import numpy as np

import measure
from ae_keras import (
    Autoencoder,
    DenseDecoder,
    DenseEncoder,
    backend,
    data,
    evaluation,
    losses,
)

SIZES = (2, 4, 8, 16, 32, 64)
# Dask makes its workers give freed memory back at once, so each step has to request it from the
# system again, which means a thousand times the page faults and half the speed on PyTorch. None
# turns this setting off.
KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}


def fit_one(size, folder, epochs):
    """Train with codes of one size, as lesson 09 does, and return the validation error."""
    x, x_val = (np.load(Path(folder) / name, mmap_mode="r") for name in ("x.npy", "x_val.npy"))
    model = Autoencoder(DenseEncoder(size), DenseDecoder(x.shape[1:]))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    model.fit(data.Batches(x), epochs=epochs, shuffle=False, verbose=0)
    return float(evaluation.squared_error(x_val, evaluation.reconstruct(model, x_val)).mean())


def serial(folder, epochs):
    return [fit_one(size, folder, epochs) for size in SIZES]


def spread(folder, epochs):
    jobs = (joblib.delayed(fit_one)(size, folder, epochs) for size in SIZES)
    with joblib.parallel_config("dask"):
        return joblib.Parallel(batch_size=1)(jobs)


def timed(way, folder, epochs):
    """Run a sweep; return its seconds, the processor seconds of this process, and its errors."""
    start, busy = time.perf_counter(), time.process_time()
    errors = way(folder, epochs)
    return time.perf_counter() - start, time.process_time() - busy, errors


def measured(folder, rounds, epochs):
    """Time both ways in turns; return all seconds, the cores serial kept busy, and the errors."""
    ways = {"serial": serial, "spread": spread}
    seconds, errors, cores = {name: [] for name in ways}, {}, []
    for turn in range(rounds):
        for name in list(ways)[:: 1 if turn % 2 else -1]:
            took, busy, errors[name] = timed(ways[name], folder, epochs)
            seconds[name].append(took)
            if name == "serial":
                cores.append(busy / took)
    if errors["serial"] != errors["spread"]:
        raise SystemExit(f"the workers found other errors: {errors}")
    return seconds, statistics.median(cores), errors["serial"]


def main(rounds, n_workers, epochs):
    with tempfile.TemporaryDirectory() as folder:
        train, val, _ = data.load_splits("digits")
        np.save(Path(folder) / "x.npy", train.x)
        np.save(Path(folder) / "x_val.npy", val.x)
        with (
            dask.config.set(KEEP_MEMORY),
            distributed.LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            fit_one(2, folder, 1)
            # This runs on each worker, which imports its framework and compiles what it can.
            client.run(fit_one, 2, folder, 1)
            seconds, cores, errors = measured(folder, rounds, epochs)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "workers": n_workers,
        "sizes": SIZES,
        "epochs": epochs,
        "errors": errors,
        "all_seconds": seconds,
        **medians,
        "serial_cores": cores,
        "speed_up": medians["serial"] / medians["spread"],
    }


if __name__ == "__main__":
    measure.answer(main(*map(int, sys.argv[1:])))
