"""Data parallelism on PyTorch: one process for each device, and gradients averaged between them.

    torchrun --standalone --nproc-per-node 2 data_parallel_torch.py FOLDER

FOLDER holds images.npy, float32 `(n, height, width, channels)` in [0, 1]; the trained weights go to
FOLDER/weights.npz. With GPUs, take "nccl" for "gloo". On several machines, start it on each:

    torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint 192.0.2.7:29500 ...
"""

import os
import sys
from pathlib import Path

folder = Path(sys.argv[1])
os.environ["KERAS_BACKEND"] = "torch"
if "CUDA_VISIBLE_DEVICES" not in os.environ:  # each process its own GPU, before the import
    os.environ["CUDA_VISIBLE_DEVICES"] = os.environ["LOCAL_RANK"]

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data, losses
from ae_keras.training import parallel

import keras
import numpy as np
import torch
import torch.distributed.nn  # imported after `init_process_group`, it would hold the group
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

distributed.init_process_group("gloo")  # torchrun has set where and how many
rank, n_workers = distributed.get_rank(), distributed.get_world_size()

x = np.load(folder / "images.npy", mmap_mode="r")
model = Autoencoder(DenseEncoder(8, hidden=(64,)), DenseDecoder(x.shape[1:], hidden=(64,)))
backend.seed_weights(model, seed=0)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)
model.optimizer.build(model.trainable_variables)

together = DistributedDataParallel(model)  # its `backward` averages gradients over all processes
batches = data.Batches(x, batch_size=128)  # of all processes together
shard = parallel.Shard(batches, rank, n_workers)
for _ in range(2):
    shard.on_epoch_begin()
    for images, target in (map(keras.ops.convert_to_tensor, shard[i]) for i in range(len(shard))):
        model.zero_grad()
        images_hat = together(images, training=True)  # through it, not through `model`
        model.compute_loss(x=images, y=target, y_pred=images_hat).backward()
        weights = model.trainable_weights
        with torch.no_grad():
            model.optimizer.apply([weight.value.grad for weight in weights], weights)
    shard.on_epoch_end()

if rank == 0:
    np.savez(folder / "weights.npz", *model.get_weights())
del together  # it holds the group as well, whose threads must end before Python does
distributed.destroy_process_group()
