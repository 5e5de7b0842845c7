"""Export what a model predicts to ONNX, for programs without Keras."""

import functools
import importlib.util
import warnings
from contextlib import contextmanager

import keras
import numpy as np

from ae_keras import backend
from ae_keras.saving import files

# How much the file's pixels in [0, 1] may differ from the model's. On a CPU they differ by about
# 1e-6, on a GPU, which rounds more coarsely, by about 1e-4. Neighbours of float16 differ by 5e-4.
TOLERANCE = {"float32": 1e-3, "float64": 1e-3, "float16": 1e-2}
# Warnings that converters give for any model, whether or not it is converted well.
CHATTER = (
    "Converting a tensor to a Python",
    "torch.as_tensor results are registered as constants",
    "torch.tensor results are registered as constants",
    "Iterating over a tensor",
    "In the future `np.object`",
)


def to_onnx(model, path):
    """Write an ONNX file that turns images into what `model.predict` returns for them.

    The file needs neither Keras nor Python to run and takes any number of images. A model of mixed
    precision computes in float32 there, because ONNX Runtime lacks bfloat16 on CPUs. It is written
    to a temporary file, which is renamed to `path` only if ONNX Runtime computes from it what the
    model computes.

    Args:
        model: `keras.Model`, built and with an `image_shape`, such as every model of this package.
        path: str or path of the file, in a folder that exists; "~" is the home folder. A file of
            that name is replaced.

    Shapes:
        The file's input, named "image", and its one output: `(batch, height, width, channels)`.

    Returns:
        float, the largest absolute difference between the pixels of file and model, on eight random
        images.

    Raises:
        ImportError: ONNX Runtime or the backend's converter is not installed.
        FileNotFoundError: there is no such folder.
        TypeError: `path` is neither str nor path.
        ValueError: the model is not built, has no `image_shape`, or cannot be converted on this
            backend; the file computes something else; or `path` is the address of a storage
            elsewhere. Then no file is written.
        OSError: the file cannot be written.

    Source: https://onnx.ai (the format); Keras's `Model.export` converts.

    Example:
        >>> from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, saving
        >>> model = Autoencoder(DenseEncoder(2, hidden=(4,)), DenseDecoder((6, 6, 1), hidden=(4,)))
        >>> saving.to_onnx(model, "autoencoder.onnx") < 1e-3  # doctest: +SKIP
        True
    """
    shape = _image_shape(model)
    _check_installed(backend.onnx_converter(), "onnxruntime")
    path = files.local(path)
    _check_folder(path)
    # A file that works for the one or two images that converters try may fail for eight. The call
    # is also needed because PyTorch's converter fails on layers that were never called.
    x = np.random.default_rng(0).random((8, *shape), "float32")
    with files.atomic_write(path) as unfinished, _in_float32(model):
        wanted = keras.ops.convert_to_numpy(model(x, training=False))
        found = _converted(model, x, unfinished)
        difference = np.abs(found - wanted).max() if found.shape == wanted.shape else np.inf
        # NaN fails this comparison, too.
        if not difference <= TOLERANCE.get(str(wanted.dtype), 0):
            raise ValueError(
                "`model` must compute the same in an ONNX file. Received: "
                f"{model.name!r}, whose file differs by {difference:.2g}. No file was written."
            )
    return float(difference)


def _image_shape(model):
    """The shape of the images that a built model takes, or a `ValueError`."""
    shape = getattr(model, "image_shape", None)
    if not shape or not getattr(model, "built", False):
        raise ValueError(
            "`model` must be built and know its `image_shape`. "
            f"Received: model={getattr(model, 'name', model)!r}. Call it once on images first."
        )
    return tuple(shape)


def _check_folder(path):
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"`path` must lie in a folder that exists. Received: path={str(path)!r}."
        )


def _check_installed(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f"Writing ONNX files on this backend needs {' and '.join(modules)}. "
            f"Missing here: {', '.join(missing)}. Install: pip install {' '.join(missing)}"
        )


@contextmanager
def _in_float32(model):
    """Let the model compute in float32, with the weights that it has, and then as it did before."""
    # Converters fail if weights have another dtype than what is computed with them, and quantized
    # layers compute in the only way they can. The public property cannot put back a
    # `DTypePolicyMap`.
    layers = [layer for layer in model._flatten_layers() if _has_float32(layer)]
    policies = [layer._dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer._dtype_policy = keras.dtype_policies.get("float32")
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer._dtype_policy = policy


def _has_float32(layer):
    return layer.quantization_mode is None and layer.variable_dtype == "float32"


def _converted(model, x, path):
    """What the file that is written to `path` computes for images `x`."""
    try:
        _convert(model, x.shape[1:], path)
        return _run(path, x)
    except OSError:
        # The disk is at fault and not the model.
        raise
    except Exception as error:
        # Converters raise errors of many classes and have none of their own.
        raise ValueError(
            "`model` must be made of operations that can be converted on this backend. "
            f"Received: {model.name!r} in {model.dtype_policy.name}, stopped by "
            f"{type(error).__name__}: {files.first_words(error)[:300]!r}. Weights must be float32, "
            "as in mixed precision. If they are, save it with `model.save`, load it on "
            "another backend, and export it there."
        ) from error


def _convert(model, shape, path):
    """Write the file, without warnings and with the model as it was before."""
    if backend.onnx_converter() == "tf2onnx":
        _teach_erfc()
    image = keras.InputSpec(shape=(None, *shape), dtype="float32", name="image")
    # PyTorch's converter may treat weights as constants, and constants cannot have gradients.
    trained = [variable for variable in model.variables if variable.trainable]
    try:
        for variable in trained:
            variable.trainable = False
        with warnings.catch_warnings():
            # Keras chose the converter's functions, so nobody here can replace deprecated ones.
            warnings.simplefilter("ignore", DeprecationWarning)
            for words in CHATTER:
                warnings.filterwarnings("ignore", message=words)
            model.export(str(path), format="onnx", verbose=False, input_signature=[image])
    finally:
        for variable in trained:
            variable.trainable = True


def _run(path, x):
    """What ONNX Runtime computes from the file at `path` for images `x`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # What is wrong with a file is raised as an error, so it need not be printed as well.
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (x_hat,) = session.run(None, {"image": x})
    return x_hat


@functools.cache
def _teach_erfc():
    """Tell tf2onnx 1.17 that `erfc(x) = 1 - erf(x)`, a function that exact GELU is computed with.

    Without it, the converter writes a file that no program can run, and raises nothing.
    """
    from tf2onnx import utils
    from tf2onnx.handler import tf_op

    @tf_op("Erfc")
    class Erfc:
        @classmethod
        def version_9(cls, graph, node, **kwargs):
            name, outputs, kind = node.name, node.output, graph.get_dtype(node.output[0])
            shape = graph.get_shape(outputs[0])
            erf = graph.make_node("Erf", node.input, dtypes=[kind], shapes=[shape])
            dtype = utils.map_onnx_to_numpy_type(kind)
            one = graph.make_const(utils.make_name("one"), np.ones((), dtype))
            graph.remove_node(name)
            terms = [one.output[0], erf.output[0]]
            graph.make_node("Sub", terms, name=name, outputs=outputs, dtypes=[kind], shapes=[shape])
