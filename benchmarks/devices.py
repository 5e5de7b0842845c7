"""Images per second of data-parallel training against the number of devices, for lesson 27.

    python benchmarks/devices.py

JAX has virtual devices, which are threads of one process; PyTorch has processes of one thread each,
which average their gradients over the local network. Both share the cores of this machine, and no
more than those can help. The batch either stays at 128 images for all devices together, or is 128
images for each. Numbers of devices are measured in turns; the faster of two rounds, which other
programs disturbed less, goes to benchmarks/results/devices.json.
"""

import functools
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import measure

BATCH = 128
N_STEPS = 12
ROUNDS = 2
NUMBERS = {"jax": (1, 2, 4, 8), "torch": (1, 2)}
FIXED = ("global", "local")
RESULTS = measure.HERE / "results" / "devices.json"


def new_model(image_shape):
    """Lesson 27's model with a wider layer, so that a step has something to compute."""
    import keras

    from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, losses

    encoder = DenseEncoder(8, hidden=(512,))
    model = Autoencoder(encoder, DenseDecoder(image_shape, hidden=(512,)))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=losses.squared_error)
    return model


def batches_of(fixed, n_devices):
    """Batches of one epoch; `fixed` says which batch has 128 images."""
    import fit
    from ae_keras import data

    size = BATCH * (n_devices if fixed == "local" else 1)
    return data.Batches(fit.images(N_STEPS * size), batch_size=size)


def speed(epoch, batches):
    """Images per second, median of three epochs, after one that also compiles."""
    epoch()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - start)
    return len(batches.x) / statistics.median(seconds)


def on_jax(n_devices):
    # Without the second flag, a matrix product that is cut up for all threads may wait for threads
    # that wait, in an average over all devices, for the device of that product.
    flags = ("--xla_force_host_platform_device_count=", "--xla_cpu_multi_thread_eigen=false")
    os.environ["XLA_FLAGS"] = f"{flags[0]}{n_devices} {flags[1]}"
    import keras

    keras.distribution.set_distribution(keras.distribution.DataParallel())
    found = {}
    for fixed in FIXED:
        batches = batches_of(fixed, n_devices)
        model = new_model(batches.x.shape[1:])
        epoch = functools.partial(model.fit, batches, shuffle=False, verbose=0)
        found[fixed] = speed(epoch, batches)
    return found


def on_torch(n_devices):
    from torch import multiprocessing

    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(process, (n_devices, folder), nprocs=n_devices)
        return json.loads((Path(folder) / "found.json").read_text(encoding="utf-8"))


def process(rank, n_devices, folder):
    """What one of the processes does; the loop is that of data_parallel_torch.py."""
    import keras
    import torch
    import torch.distributed.nn
    from torch import distributed
    from torch.nn.parallel import DistributedDataParallel

    from ae_keras.training import parallel

    meeting = f"file://{folder}/meeting"
    distributed.init_process_group("gloo", meeting, rank=rank, world_size=n_devices)
    found = {}
    for fixed in FIXED:
        batches = batches_of(fixed, n_devices)
        model = new_model(batches.x.shape[1:])
        model.optimizer.build(model.trainable_variables)
        together = DistributedDataParallel(model)
        shard = parallel.Shard(batches, rank, n_devices)

        def epoch(model=model, together=together, shard=shard):
            for i in range(len(shard)):
                images, target = map(keras.ops.convert_to_tensor, shard[i])
                model.zero_grad()
                images_hat = together(images, training=True)
                model.compute_loss(x=images, y=target, y_pred=images_hat).backward()
                weights = model.trainable_weights
                with torch.no_grad():
                    model.optimizer.apply([weight.value.grad for weight in weights], weights)

        found[fixed] = speed(epoch, batches)
        del together, epoch
    if rank == 0:
        (Path(folder) / "found.json").write_text(json.dumps(found), encoding="utf-8")
    distributed.destroy_process_group()


def main():
    conditions = measure.conditions(1)
    found = {backend: {n: [] for n in numbers} for backend, numbers in NUMBERS.items()}
    for turn in range(ROUNDS):
        for backend, numbers in NUMBERS.items():
            for n in numbers[:: 1 if turn % 2 else -1]:
                print(f"  round {turn + 1}, {backend}, {n} devices", file=sys.stderr, flush=True)
                found[backend][n].append(measure.child(backend, 1, "devices.py", n))
    conditions |= {"rounds": ROUNDS, "steps": N_STEPS, "batch": BATCH, "load_after": measure.load()}
    speeds = {
        backend: {
            fixed: {n: max(row[fixed] for row in rows) for n, rows in of_n.items()}
            for fixed in FIXED
        }
        for backend, of_n in found.items()
    }
    parts = {"conditions": conditions, "images_per_second": speeds, "all": found}
    measure.execution.write(json.dumps(parts, indent=1) + "\n", RESULTS)
    print(json.dumps(speeds, indent=1))


if __name__ == "__main__":
    if sys.argv[1:]:
        run = {"jax": on_jax, "torch": on_torch}[os.environ["KERAS_BACKEND"]]
        measure.answer(run(int(sys.argv[1])))
    else:
        main()
