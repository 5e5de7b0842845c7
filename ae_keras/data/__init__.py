"""Load, scale, split and corrupt images, and batch them in the same order on every backend."""

from ae_keras.data.batches import Batches, epoch_order, tf_dataset, torch_loader
from ae_keras.data.corruption import (
    block_mask,
    gaussian_noise,
    masking,
    random_mask,
    salt_and_pepper,
)
from ae_keras.data.datasets import (
    BUNDLED,
    Images,
    default_name,
    load,
    load_images,
    load_raw,
    load_splits,
    split,
)
from ae_keras.data.pixels import to_bytes, to_unit_range

__all__ = [
    "BUNDLED",
    "Batches",
    "Images",
    "block_mask",
    "default_name",
    "epoch_order",
    "gaussian_noise",
    "load",
    "load_images",
    "load_raw",
    "load_splits",
    "masking",
    "random_mask",
    "salt_and_pepper",
    "split",
    "tf_dataset",
    "to_bytes",
    "to_unit_range",
    "torch_loader",
]
