"""Data parallelism on JAX: each device takes its shard of every batch, and `fit` stays as it is.

    python data_parallel_jax.py FOLDER N_DEVICES

FOLDER holds images.npy, float32 `(n, height, width, channels)` in [0, 1]; the trained weights go to
FOLDER/weights.npz. The devices are parts of one CPU here; with GPUs, leave out XLA_FLAGS.

On several machines, start it on each, with FOLDER on a disk that all of them see:

    KERAS_DISTRIBUTION_JOB_ADDRESSES=192.0.2.7:8476   of the first machine, on all of them
    KERAS_DISTRIBUTION_NUM_PROCESSES=2
    KERAS_DISTRIBUTION_PROCESS_ID=0                   1 on the second
"""

import os
import sys
from pathlib import Path

folder, n_devices = Path(sys.argv[1]), int(sys.argv[2])
os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={n_devices}"  # before the import

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses
from ae_keras.training import parallel

import keras
import numpy as np

process, n_processes = 0, 1
if "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
    keras.distribution.initialize()  # before anything is computed
    process = int(os.environ["KERAS_DISTRIBUTION_PROCESS_ID"])
    n_processes = int(os.environ["KERAS_DISTRIBUTION_NUM_PROCESSES"])

# Each process feeds its own shard itself, so Keras must not split what it gets.
devices = keras.distribution.DataParallel(auto_shard_dataset=False)
keras.distribution.set_distribution(devices)

x = np.load(folder / "images.npy", mmap_mode="r")
model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
backend.seed_weights(model, seed=0)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)

batches = data.Batches(x, batch_size=128)
parallel.check_shards(batches, n_devices * n_processes)
shard = parallel.Shard(batches, process, n_processes)
model.fit(shard, epochs=2, shuffle=False, verbose=0)
if process == 0:
    np.savez(folder / "weights.npz", *model.get_weights())
