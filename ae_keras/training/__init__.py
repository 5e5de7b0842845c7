"""Train by hand instead of with `fit`, follow a training, and use many devices (`parallel`)."""

from ae_keras.training import parallel
from ae_keras.training.callbacks import LogEpochs, SaveReconstructions, TensorBoardScalars
from ae_keras.training.loops import make_step, train

__all__ = [
    "LogEpochs",
    "SaveReconstructions",
    "TensorBoardScalars",
    "make_step",
    "parallel",
    "train",
]
