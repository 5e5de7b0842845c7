"""Save models through a temporary file, load them, resume a training, and export to ONNX."""

from ae_keras.saving.checkpoints import resume
from ae_keras.saving.export import to_onnx
from ae_keras.saving.files import atomic_write, load

__all__ = ["atomic_write", "load", "resume", "to_onnx"]
