"""Data parallelism on PyTorch: one process for each device, and gradients averaged between them.

    torchrun --standalone --nproc-per-node 2 data_parallel_torch.py FOLDER [--epochs 2]
        [--devices 2] [--batch-size 128]

FOLDER holds images.npy, float32 `(n, height, width, channels)` in [0, 1]. After each epoch the
training is kept in FOLDER/run.keras, and goes on from there when it is started again; at the end
the weights go to FOLDER/weights.npz. Each process takes one GPU; without GPUs they share the CPU.
`--devices` is the number of processes that there must be, on all machines together.

On several machines, with FOLDER on a disk that all of them see: train.slurm and train.yaml.
"""

import argparse
import os
from pathlib import Path

import launch

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
for name, default in {"devices": 0, "epochs": 2, "batch-size": 128}.items():
    parser.add_argument(f"--{name}", type=int, default=default)
wanted = parser.parse_args()
process = launch.find()
launch.require(process.n, wanted.devices)

# All this comes before the framework is imported.
os.environ["KERAS_BACKEND"] = "torch"
launch.pin_gpu(process)

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses, saving
from ae_keras.training import parallel

import keras
import numpy as np
import torch
import torch.distributed.nn  # imported after `init_process_group`, it would hold the group
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

# NCCL is the library for GPUs, Gloo the one for CPUs; torchrun has set where and how many.
distributed.init_process_group("nccl" if backend.device() == "GPU" else "gloo")

x = np.load(wanted.folder / "images.npy", mmap_mode="r")
model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
backend.seed_weights(model, seed=0)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)
model.optimizer.build(model.trainable_variables)

batches = data.Batches(x, batch_size=wanted.batch_size)  # of all processes together
checkpoint = wanted.folder / "run.keras"
begin = saving.resume(model, batches, checkpoint)
together = DistributedDataParallel(model)  # its `backward` averages gradients over all processes
shard = parallel.Shard(batches, process.rank, process.n)
for _ in range(begin, wanted.epochs):
    shard.on_epoch_begin()
    for images, target in (map(keras.ops.convert_to_tensor, shard[i]) for i in range(len(shard))):
        model.zero_grad()
        images_hat = together(images, training=True)  # through it, not through `model`
        model.compute_loss(x=images, y=target, y_pred=images_hat).backward()
        weights = model.trainable_weights
        with torch.no_grad():
            model.optimizer.apply([weight.value.grad for weight in weights], weights)
    shard.on_epoch_end()
    # `fit` would count; `resume` reads it.
    model.finished_epochs += 1
    model.finished_batches += len(shard)
    if process.rank == 0:
        model.save(checkpoint)

if process.rank == 0:
    np.savez(wanted.folder / "weights.npz", *model.get_weights())
del together  # it holds the group as well, whose threads must end before Python does
distributed.destroy_process_group()
