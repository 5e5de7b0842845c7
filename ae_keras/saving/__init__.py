"""Files of models: written whole or not at all, read with messages that help, resumed, exported."""

from ae_keras.saving.checkpoints import resume
from ae_keras.saving.export import to_onnx
from ae_keras.saving.files import atomic_write, load

__all__ = ["atomic_write", "load", "resume", "to_onnx"]
