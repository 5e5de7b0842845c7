"""Make PyTorch on the CPU refuse what it refuses on a GPU: to read a tensor as a NumPy array.

Keras moves its inputs to the GPU, and results back in `keras.ops.convert_to_numpy`. All else that
reads a tensor as an array, such as `np.asarray(tensor)`, `array * tensor` or a figure, works on the
CPU alone. JAX and TensorFlow move tensors by themselves, so they need no guard.
"""

import sys
from pathlib import Path

KERAS_CORE = str(Path("keras", "src", "backend", "torch", "core.py"))


def install():
    """From now on let tensors of this process become arrays only as they could on a GPU."""
    import torch

    if hasattr(torch.Tensor.numpy, "unguarded"):
        return
    to_numpy, to_cpu = torch.Tensor.numpy, torch.Tensor.cpu
    from_numpy, as_tensor = torch.from_numpy, torch.as_tensor

    class OnCpu(torch.Tensor):
        """A tensor that is on the CPU where there is a GPU, too, or made from such tensors."""

        def to(self, *arguments, **options):
            # Keras's "cpu" stands for the GPU here, so `to` leads back to it.
            return super().to(*arguments, **options).as_subclass(torch.Tensor)

    def numpy(self, *, force=False):
        if not (force or isinstance(self, OnCpu) or _asked_by_keras(sys._getframe(1))):
            raise TypeError(
                "can't convert cuda:0 device type tensor to numpy. Use "
                "keras.ops.convert_to_numpy(tensor) to move it to the CPU first. (The tensor is on "
                "the CPU; tests/device_guard.py raises this, because PyTorch would on a GPU.)"
            )
        return to_numpy(self, force=force)

    def cpu(self, *arguments, **options):
        return to_cpu(self, *arguments, **options).as_subclass(OnCpu)

    def made_on_cpu(data, dtype=None, device=None):
        # This is how a DataLoader makes its batches. Keras names the device.
        made = as_tensor(data, dtype=dtype, device=device)
        return made if device or isinstance(data, torch.Tensor) else made.as_subclass(OnCpu)

    numpy.unguarded = to_numpy
    torch.Tensor.numpy, torch.Tensor.cpu, torch.as_tensor = numpy, cpu, made_on_cpu
    torch.from_numpy = lambda array: from_numpy(array).as_subclass(OnCpu)


def _asked_by_keras(frame):
    """Whether `numpy` is called, by way of `Tensor.__array__`, in `convert_to_numpy`."""
    code = frame.f_back and frame.f_back.f_code
    return code and code.co_name == "transform" and code.co_filename.endswith(KERAS_CORE)
