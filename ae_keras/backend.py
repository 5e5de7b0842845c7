"""Which framework Keras runs on, on which device, and where randomness comes from.

Keras reads `KERAS_BACKEND` once, when it is first imported. `choose` must run before that.
"""

import functools
import importlib.util
import json
import logging
import os
import platform
import sys
from pathlib import Path

import numpy as np

# Nothing above may import keras, because `choose` must come first. The functions below import it in
# their bodies.
BACKENDS = ("jax", "torch", "tensorflow")

# QUIET and SHARING hold defaults: an environment variable that the user has set wins.
# At this level, TensorFlow logs nothing on import except a remark on oneDNN.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
SHARING = {
    # Threads that spin while they wait make torch 20 times slower on a busy machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Threads that never spin make small steps 1.6 times slower on an idle machine.
    "GOMP_SPINCOUNT": "1000",
    # Operations that Apple's GPU lacks run on the CPU.
    "PYTORCH_ENABLE_MPS_FALLBACK": "1",
    # TensorFlow and JAX take GPU memory as they need it, not all of it at once.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
# On a GPU, XLA makes many programs for each matrix product, tries them and keeps the fastest. For
# the networks of the course that takes minutes; without, it takes the libraries' products.
FAST_COMPILATION = {"--xla_gpu_autotune_level": "0", "--xla_gpu_enable_triton_gemm": "false"}
ONNX_CONVERTERS = {"jax": "jax2onnx", "torch": "onnx", "tensorflow": "tf2onnx"}
CPU_ONLY = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu"}


def installed():
    """List the backends that can be imported here, in order of preference.

    Returns:
        List of str, a selection of "jax", "torch" and "tensorflow" in this order; may be empty.

    Example:
        >>> from ae_keras import backend
        >>> set(backend.installed()) <= {"jax", "torch", "tensorflow"}
        True
    """
    return [name for name in BACKENDS if importlib.util.find_spec(name)]


def choose():
    """Fix backend and device of this process; called when `ae_keras` is imported.

    The backend is the one that `KERAS_BACKEND` names. Without it, it is the one that Keras's own
    file `keras.json` names, unless that is "tensorflow", which Keras writes there unasked; else the
    first installed of jax, torch and tensorflow. The device is a GPU where the backend finds one,
    unless `GPU=0` is set. If keras runs already, backend and device stay as they are.

    On GPUs float32 keeps its 24 significant bits in matrix products and convolutions, as on CPUs.
    `TF32=1` lets NVIDIA GPUs round their factors to 11 bits, which is faster. Settings that the
    framework's own variables make, such as `JAX_DEFAULT_MATMUL_PRECISION`, or that are made after
    this call, are kept.

    Returns:
        str, the name of the backend: "jax", "torch" or "tensorflow".

    Raises:
        ValueError: `KERAS_BACKEND` names no backend of this course, or `GPU` or `TF32` is neither
            0 nor 1.
        ModuleNotFoundError: the backend it names, or every backend, is not installed.
        RuntimeError: keras was imported earlier and runs on another backend.

    Example:
        >>> from ae_keras import backend
        >>> backend.choose() in backend.installed()
        True
    """
    found = installed()
    here = f"Installed here: {', '.join(found) or 'none'}."
    name = os.environ.get("KERAS_BACKEND", "").strip().lower()
    use_gpu, use_tf32 = _switch("GPU"), _switch("TF32")
    if "keras" in sys.modules:
        name = _already_running(name)
        _set_precision(name, tf32=bool(use_tf32))
        return name
    if not name and not found:
        raise ModuleNotFoundError(
            f"Keras needs one of {', '.join(BACKENDS)}. {here} Install one, e.g. `pip install jax`."
        )
    name = name or _named_in_keras_json(found) or found[0]
    if name not in BACKENDS:
        raise ValueError(
            f"`KERAS_BACKEND` must be one of {', '.join(BACKENDS)}. "
            f"Received: KERAS_BACKEND={os.environ['KERAS_BACKEND']!r}. {here}"
        )
    if name not in found:
        raise ModuleNotFoundError(
            f"`KERAS_BACKEND` must name an installed backend. Received: KERAS_BACKEND={name!r}, "
            f"which is not installed. {here} Install it, or choose another before starting Python."
        )
    _set_environment(name, cpu_only=use_gpu is False)
    _set_precision(name, tf32=bool(use_tf32))
    return name


def _switch(variable):
    """What an environment variable says: True for 1, False for 0, None if unset or empty."""
    value = os.environ.get(variable, "").strip()
    if value not in ("", "0", "1"):
        raise ValueError(
            f"`{variable}` must be 0 or 1. Received: {variable}={value!r}. "
            "Set it to one of them, or unset it, before starting Python."
        )
    return value == "1" if value else None


def _named_in_keras_json(found):
    """The installed backend that somebody wrote into Keras's configuration file, else None."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        name = json.loads((Path(home) / "keras.json").read_text(encoding="utf-8"))["backend"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # At its first import Keras writes "tensorflow" into the file, whatever backend runs.
    return name if name in found and name != "tensorflow" else None


def _set_environment(name, cpu_only):
    os.environ["KERAS_BACKEND"] = name
    defaults = QUIET | SHARING
    # A spin count would override the wait policy that the user has chosen.
    if "OMP_WAIT_POLICY" in os.environ:
        del defaults["GOMP_SPINCOUNT"]
    for key, value in defaults.items():
        os.environ.setdefault(key, value)
    # On another backend TensorFlow computes nothing, so it can do without the fast oneDNN, and
    # without its remark.
    if name != "tensorflow":
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if name == "jax":
        flags = os.environ.get("XLA_FLAGS", "")
        missing = [f"{flag}={v}" for flag, v in FAST_COMPILATION.items() if flag not in flags]
        os.environ["XLA_FLAGS"] = " ".join([flags, *missing]).strip()
    if cpu_only:
        os.environ.update(CPU_ONLY)


# Done once, so that a later call does not undo what the user has set since.
@functools.cache
def _set_precision(name, tf32):
    """Let a framework compute float32 on GPUs in full precision, or in TF32 where it can.

    Keras is about to import the framework, or has done so already.
    """
    if name == "jax":
        import jax

        # It is None unless the user has set it, and TF32 is what JAX does then.
        if not tf32 and jax.config.jax_default_matmul_precision is None:
            jax.config.update("jax_default_matmul_precision", "highest")
    elif name == "torch":
        import torch

        # PyTorch rounds in convolutions, but not in matrix products, unless told otherwise.
        if tf32:
            torch.backends.cuda.matmul.allow_tf32 = True
        else:
            torch.backends.cudnn.allow_tf32 = False
    elif not tf32:
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(False)


def _already_running(wanted):
    """The backend of a keras that is imported already, which must be the wanted one."""
    running = sys.modules["keras"].config.backend()
    if wanted and wanted != running:
        raise RuntimeError(
            f"`KERAS_BACKEND` must be set before keras is imported. Received: "
            f"KERAS_BACKEND={wanted!r}, but keras already runs on {running}. Restart Python."
        )
    return running


def device():
    """Find out where Keras puts a new tensor.

    Returns:
        str, "GPU" (NVIDIA, AMD, Intel or Apple) or "CPU".

    Example:
        >>> from ae_keras import backend
        >>> backend.device() in ("GPU", "CPU")
        True
    """
    import keras

    place = str(getattr(keras.ops.zeros(()), "device", "")).lower()
    return "GPU" if any(word in place for word in ("gpu", "cuda", "mps", "rocm", "xpu")) else "CPU"


def report():
    """Describe in one line what runs: the backend, its device and the versions.

    Returns:
        str, such as "jax 0.10.1 on CPU, Keras 3.15.1, Python 3.12.3". On a GPU the precision stands
        after the device: "full float32" or "TF32".

    Example:
        >>> from ae_keras import backend
        >>> backend.report()
        '... on ..., Keras 3..., Python 3...'
    """
    import keras

    name = keras.config.backend()
    version = sys.modules[name].__version__
    place = device()
    if place == "GPU":
        place += ", TF32" if _allows_tf32(name) else ", full float32"
    return (
        f"{name} {version} on {place}, "
        f"Keras {keras.__version__}, Python {platform.python_version()}"
    )


def _allows_tf32(name):
    """Whether a framework may round to TF32 in matrix products or convolutions on a GPU."""
    framework = sys.modules[name]
    if name == "jax":
        precision = framework.config.jax_default_matmul_precision
        return precision not in ("highest", "float32", "F32_F32_F32")
    if name == "torch":
        parts = framework.backends.cudnn.conv, framework.backends.cuda.matmul
        return "tf32" in [part.fp32_precision for part in parts]
    return framework.config.experimental.tensor_float_32_execution_enabled()


def onnx_converter():
    """Name the module that Keras needs on this backend to write ONNX files.

    Returns:
        str, a module to import or install: "jax2onnx", "onnx" (for torch) or "tf2onnx".

    Example:
        >>> from ae_keras import backend
        >>> backend.onnx_converter() in ("jax2onnx", "onnx", "tf2onnx")
        True
    """
    import keras

    return ONNX_CONVERTERS[keras.config.backend()]


def keep_arguments(step):
    """Let a step that Keras compiled on JAX leave its arguments alone; change no other step.

    Args:
        step: function, compiled by `jax.jit` or not.

    Returns:
        The function, compiled without `donate_argnums`. Where Keras spreads a model over devices,
        and elsewhere than on JAX, `step` as it is.

    Example:
        >>> from ae_keras import backend
        >>> backend.keep_arguments(len) is len
        True
    """
    import keras

    compiled = keras.config.backend() == "jax" and hasattr(step, "lower")
    if not compiled or keras.distribution.distribution() is not None:
        return step
    import jax

    return jax.jit(step.__wrapped__)


def quiet():
    """Silence TensorFlow's warnings in this process, such as those on retracing in notebooks.

    Errors are still logged. On the other backends this changes nothing.

    Example:
        >>> import logging
        >>> from ae_keras import backend
        >>> backend.quiet()
        >>> logging.getLogger("tensorflow").isEnabledFor(logging.WARNING)
        False
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def set_seed(seed):
    """Seed Python, NumPy and the backend.

    The same seed gives the same run again on the same backend and device. Another backend draws
    other numbers from it: see `seed_weights`.

    Args:
        seed: int in [0, 2**32).

    Raises:
        ValueError: `seed` is not such an integer.

    Example:
        >>> import numpy as np
        >>> from ae_keras import backend
        >>> backend.set_seed(0)
        >>> np.random.rand(3).round(2)
        array([0.55, 0.72, 0.6 ])
    """
    import keras

    from ae_keras import _validation

    keras.utils.set_random_seed(_validation.seed(seed))


def seed_weights(model, seed):
    """Draw the initial weights with NumPy, so that they are the same on every backend.

    Trainable weights of two or more dimensions (kernels) are drawn uniformly from
    `[-limit, limit]` with Glorot's `limit = sqrt(6 / (fan_in + fan_out))`. The others (biases,
    scales) already start from constants and keep them, and the optimizer is left as it is.

    Args:
        model: built `keras.Model`; its weights are changed in place.
        seed: int in [0, 2**32).

    Returns:
        The same model.

    Raises:
        ValueError: the model has no weights yet, or `seed` is not such an integer.

    Source: Glorot & Bengio (2010), equation 16.

    Example:
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend
        >>> model = Autoencoder(DenseEncoder(2, hidden=()), DenseDecoder((4, 4, 1), hidden=()))
        >>> model = backend.seed_weights(model, seed=0)
        >>> model.get_weights()[0][:2].round(2).tolist()
        [[0.16, -0.27], [-0.53, -0.56]]
    """
    from ae_keras import _validation

    rng = np.random.default_rng(_validation.seed(seed))
    if not model.built or not model.weights:
        raise ValueError(
            f"`model` must be built, so that it has weights. Received: {model.name!r} without any. "
            "Call it once, on one image of the right shape, first."
        )
    for weight in model.trainable_weights:
        *window, fan_in, fan_out = (1, 1, *weight.shape)[-max(2, len(weight.shape)) :]
        if len(weight.shape) >= 2:
            limit = np.sqrt(6 / (np.prod(window) * (fan_in + fan_out)))
            weight.assign(rng.uniform(-limit, limit, weight.shape).astype("float32"))
    return model
