"""How the cost of `fit` grows with the number of images, on the backend of this process.

python benchmarks/scaling.py seconds 3 2500 5000 10000   seconds of an epoch, 3 rounds
python benchmarks/scaling.py write FILE 60000            write a file of raw float32 images
python benchmarks/scaling.py memory FILE 2500            peak memory of an epoch from that file
"""

import resource
import statistics
import sys

import keras
import numpy as np

import fit
import measure
from ae_keras import data, losses

BATCH_SIZE = 128
SHAPE = (28, 28, 1)
# `ru_maxrss` is in KB on Linux and in bytes on macOS.
KILO = 1024 if sys.platform == "linux" else 1024**2


def model():
    made = fit.build("dense")
    made.compile(optimizer=keras.optimizers.Adam(fit.LEARNING_RATE), loss=losses.squared_error)
    return made


def train(made, x):
    made.fit(data.Batches(x, batch_size=BATCH_SIZE), shuffle=False, verbose=0)


def seconds(rounds, sizes):
    """Median seconds of an epoch for each number of images, measured in turns."""
    x = fit.images(max(sizes))
    made = model()
    # The last batch of an epoch is smaller; each of its sizes is compiled before the clock starts.
    for n in sizes:
        train(made, x[: BATCH_SIZE + n % BATCH_SIZE])
    found = {n: [] for n in sizes}
    for _ in range(rounds):
        for n in sizes:
            found[n].append(fit.clock(lambda epochs, n=n: train(made, x[:n]), 1))
    medians = [statistics.median(values) for values in found.values()]
    slope, intercept, r_squared = measure.line(sizes, medians)
    return {
        "images": sizes,
        "seconds": medians,
        "seconds_per_1000_images": 1000 * slope,
        "intercept_seconds": intercept,
        "r_squared": r_squared,
    }


def write(path, n):
    """Write `n` images in parts, as one would write a data set larger than memory."""
    x = fit.images(0)
    with open(path, "wb") as file:
        for start in range(0, n, len(x)):
            file.write(x[: n - start].tobytes())
    return {"images": n}


def memory(path, n):
    """Peak memory in MB of an epoch on the first `n` images of a memory-mapped file."""
    with measure.PeakAnonymous() as peak:
        x = np.memmap(path, dtype="float32", mode="r", shape=(n, *SHAPE))
        train(model(), x)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILO
    return {"images": n, "resident_mb": resident, "anonymous_mb": peak.megabytes}


def main(what, first, *sizes):
    sizes = [int(n) for n in sizes]
    if what == "seconds":
        return seconds(int(first), sizes)
    return {"write": write, "memory": memory}[what](first, *sizes)


if __name__ == "__main__":
    measure.answer(main(*sys.argv[1:]))
