"""Training beside `fit`: the step by hand, callbacks, and work on many devices (`parallel`)."""

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
