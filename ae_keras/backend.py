"""Which framework Keras runs on, on which device, and where randomness comes from.

Keras reads `KERAS_BACKEND` once, when it is first imported. `choose` therefore runs first, and
every other function here imports what it needs inside its body.
"""

import importlib.util
import logging
import os
import platform
import sys

import numpy as np

BACKENDS = ("jax", "torch", "tensorflow")

# Each is a default: what the user has set wins.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}  # only TensorFlow's remark on oneDNN remains
SHARING = {
    "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads make torch 20x slower on a busy machine
    "GOMP_SPINCOUNT": "1000",  # none at all makes small steps 1.6x slower on an idle one
    "PYTORCH_ENABLE_MPS_FALLBACK": "1",  # operations Apple's GPU lacks run on the CPU
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # take GPU memory as needed, not all of it at once
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # the same for JAX
}
ONNX_CONVERTERS = {"jax": "jax2onnx", "torch": "onnx", "tensorflow": "tf2onnx"}
CPU_ONLY = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu"}


def installed():
    """The backends that can be imported here, in order of preference."""
    return [name for name in BACKENDS if importlib.util.find_spec(name)]


def choose():
    """Fix backend and device of this process; called when `ae_keras` is imported.

    The backend is the one `KERAS_BACKEND` names, else the first installed of jax, torch and
    tensorflow. The device is a GPU where the backend finds one, unless `GPU=0` is set.

    Returns:
        The name of the backend.

    Raises:
        ValueError: `KERAS_BACKEND` names no backend of this course.
        ModuleNotFoundError: the backend it names, or every backend, is not installed.
        RuntimeError: keras was imported earlier and runs on another backend.
    """
    found = installed()
    here = f"Installed here: {', '.join(found) or 'none'}."
    name = os.environ.get("KERAS_BACKEND", "").strip().lower()
    if "keras" in sys.modules:
        return _already_running(name)
    if not name and not found:
        raise ModuleNotFoundError(
            f"Keras needs one of {', '.join(BACKENDS)}. {here} Install one, e.g. `pip install jax`."
        )
    name = name or found[0]
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
    _set_environment(name)
    return name


def _set_environment(name):
    os.environ["KERAS_BACKEND"] = name
    defaults = QUIET | SHARING
    if "OMP_WAIT_POLICY" in os.environ:  # the count would override it
        del defaults["GOMP_SPINCOUNT"]
    for key, value in defaults.items():
        os.environ.setdefault(key, value)
    if name != "tensorflow":  # then it computes nothing, and need not be fast but silent
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if os.environ.get("GPU") == "0":
        os.environ.update(CPU_ONLY)


def _already_running(wanted):
    running = sys.modules["keras"].config.backend()
    if wanted and wanted != running:
        raise RuntimeError(
            f"`KERAS_BACKEND` must be set before keras is imported. Received: "
            f"KERAS_BACKEND={wanted!r}, but keras already runs on {running}. Restart Python."
        )
    return running


def device():
    """ "GPU" or "CPU": where Keras puts a new tensor."""
    import keras

    place = str(getattr(keras.ops.zeros(()), "device", "")).lower()
    return "GPU" if any(word in place for word in ("gpu", "cuda", "mps", "rocm", "xpu")) else "CPU"


def report():
    """One line: backend, device and versions."""
    import keras

    name = keras.config.backend()
    version = sys.modules[name].__version__
    return (
        f"{name} {version} on {device()}, "
        f"Keras {keras.__version__}, Python {platform.python_version()}"
    )


def onnx_converter():
    """The module that Keras needs on this backend to write ONNX files."""
    import keras

    return ONNX_CONVERTERS[keras.config.backend()]


def quiet():
    """Keep TensorFlow's remarks on retracing, which it prints in notebooks, out of them."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def set_seed(seed):
    """Seed Python, NumPy and the backend.

    The same seed gives the same run again on the same backend and device. Another backend draws
    other numbers from it: see `seed_weights`.

    Args:
        seed: integer in [0, 2**32).
    """
    import keras

    from ae_keras import _validation

    keras.utils.set_random_seed(_validation.seed(seed))


def seed_weights(model, seed):
    """Draw the initial weights with NumPy, so that they are the same on every backend.

    Weights of two or more dimensions (kernels) get Glorot's uniform distribution; the others
    (biases, scales) already start from constants. The optimizer is left as it is.

    Args:
        model: a built `keras.Model`.
        seed: integer in [0, 2**32).

    Returns:
        The same model.

    Raises:
        ValueError: the model has no weights yet, or `seed` is not such an integer.

    Source: Glorot & Bengio (2010), equation 16.
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
