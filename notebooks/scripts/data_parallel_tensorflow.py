"""Data parallelism on TensorFlow: `MirroredStrategy` copies the model to each device.

    python data_parallel_tensorflow.py FOLDER N_DEVICES

FOLDER holds images.npy, float32 `(n, height, width, channels)` in [0, 1]; the trained weights go to
FOLDER/weights.npz. The devices are parts of one CPU here; with GPUs, leave out the three lines that
simulate them, and call `MirroredStrategy()`.

TensorFlow reads a few batches ahead. With only three batches an epoch, `Batches` then takes the
order of the next epoch too early: the training is as good, but not to the digit that of one device.
"""

import os
import sys
from pathlib import Path

folder, n_devices = Path(sys.argv[1]), int(sys.argv[2])
os.environ["KERAS_BACKEND"] = "tensorflow"

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses
from ae_keras.training import parallel

import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
simulated = [tf.config.LogicalDeviceConfiguration()] * n_devices
tf.config.set_logical_device_configuration(cpu, simulated)  # before anything is computed
strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(n_devices)])

x = np.load(folder / "images.npy", mmap_mode="r")
with strategy.scope():  # all that has weights, the optimizer too
    model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)

batches = data.Batches(x, batch_size=128)  # of all devices together
parallel.check_shards(batches, n_devices)
model.fit(batches, epochs=2, shuffle=False, verbose=0)
np.savez(folder / "weights.npz", *model.get_weights())
