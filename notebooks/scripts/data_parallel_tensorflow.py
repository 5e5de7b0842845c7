"""Data parallelism on TensorFlow: `MirroredStrategy` copies the model to each device.

    python data_parallel_tensorflow.py FOLDER [--devices 2] [--epochs 2] [--batch-size 128]
        [--simulate 2]

FOLDER holds images.npy, float32 `(n, height, width, channels)` in [0, 1]. After each epoch the
training is kept in FOLDER/run.keras, and goes on from there when it is started again; at the end
the weights go to FOLDER/weights.npz. All GPUs of the machine are used; `--devices` is the number
that there must be. `--simulate` makes devices of one CPU.

TensorFlow reads a few batches ahead. With only three batches an epoch, `Batches` then takes the
order of the next epoch too early: the training is as good, but not to the digit that of one device.
"""

import argparse
import os
from pathlib import Path

import launch

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
for name, default in {"devices": 0, "epochs": 2, "batch-size": 128, "simulate": 0}.items():
    parser.add_argument(f"--{name}", type=int, default=default)
wanted = parser.parse_args()
if launch.find().n > 1:
    raise SystemExit("Start one process: Keras 3.15 trains on one machine with TensorFlow.")

os.environ["KERAS_BACKEND"] = "tensorflow"
if wanted.simulate:
    os.environ["GPU"] = "0"

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses, saving
from ae_keras.training import parallel

import keras
import numpy as np
import tensorflow as tf

names = None  # all GPUs, or the CPU where there is none
if wanted.simulate:
    cpu = tf.config.list_physical_devices("CPU")[0]
    simulated = [tf.config.LogicalDeviceConfiguration()] * wanted.simulate
    tf.config.set_logical_device_configuration(cpu, simulated)  # before anything is computed
    names = [f"CPU:{i}" for i in range(wanted.simulate)]
strategy = tf.distribute.MirroredStrategy(names)
n_devices = strategy.num_replicas_in_sync
launch.require(n_devices, wanted.devices)

x = np.load(wanted.folder / "images.npy", mmap_mode="r")
batches = data.Batches(x, batch_size=wanted.batch_size)  # of all devices together
parallel.check_shards(batches, n_devices)
checkpoint = wanted.folder / "run.keras"
with strategy.scope():  # all that has weights, the optimizer too
    model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)
    begin = saving.resume(model, batches, checkpoint)
keep = [keras.callbacks.ModelCheckpoint(checkpoint)]
settings = {"epochs": wanted.epochs, "shuffle": False, "verbose": 0}
model.fit(batches, initial_epoch=begin, callbacks=keep, **settings)
np.savez(wanted.folder / "weights.npz", *model.get_weights())
