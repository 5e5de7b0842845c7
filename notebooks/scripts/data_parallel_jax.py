"""Data parallelism on JAX: each device takes its shard of every batch, and `fit` stays as it is.

    python data_parallel_jax.py FOLDER [--devices 8] [--epochs 2] [--batch-size 128] [--simulate 8]

FOLDER holds images.npy, float32 `(n, height, width, channels)` in [0, 1]. After each epoch the
training is kept in FOLDER/run.keras, and goes on from there when it is started again; at the end
the weights go to FOLDER/weights.npz. All GPUs of the machine are used; `--devices` is the number
that there must be, on all machines together. `--simulate` makes devices of one CPU.

On several machines, with FOLDER on a disk that all of them see: train.slurm and train.yaml.
"""

import argparse
import os
import tempfile
from pathlib import Path

import launch

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
for name, default in {"devices": 0, "epochs": 2, "batch-size": 128, "simulate": 0}.items():
    parser.add_argument(f"--{name}", type=int, default=default)
wanted = parser.parse_args()
process = launch.find()

# All this comes before the framework is imported.
os.environ["KERAS_BACKEND"] = "jax"
launch.pin_gpu(process)
if wanted.simulate:
    os.environ["GPU"] = "0"
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={wanted.simulate}"

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses, saving
from ae_keras.training import parallel

import keras
import numpy as np

if process.n > 1:
    keras.distribution.initialize(launch.address(), process.n, process.rank)
n_devices = len(keras.distribution.list_devices())  # those of all machines
launch.require(n_devices, wanted.devices)
# Each process feeds its own shard itself, so Keras must not split what it gets.
distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
keras.distribution.set_distribution(distribution)

x = np.load(wanted.folder / "images.npy", mmap_mode="r")
model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
backend.seed_weights(model, seed=0)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)

batches = data.Batches(x, batch_size=wanted.batch_size)  # of all devices together
parallel.check_shards(batches, n_devices)
checkpoint = wanted.folder / "run.keras"
begin = saving.resume(model, batches, checkpoint)
shard = parallel.Shard(batches, process.rank, process.n)
# Saving puts values on all devices, so all processes must do it, though one file is enough.
kept = checkpoint if process.rank == 0 else Path(tempfile.mkdtemp()) / checkpoint.name
keep = [keras.callbacks.ModelCheckpoint(kept)]
settings = {"epochs": wanted.epochs, "shuffle": False, "verbose": 0}
model.fit(shard, initial_epoch=begin, callbacks=keep, **settings)
if process.rank == 0:
    np.savez(wanted.folder / "weights.npz", *model.get_weights())
