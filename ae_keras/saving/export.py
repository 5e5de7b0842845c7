"""Files for programs without Keras: what a model predicts, as ONNX."""

import functools
import importlib.util
import warnings
from pathlib import Path

import keras
import numpy as np

from ae_keras import backend
from ae_keras.saving import files

TOLERANCE = 1e-3  # of pixels in [0, 1]; files are right to 1e-6, graphics cards round to 1e-4
# What converters say of any model, whether or not it is converted well.
CHATTER = (
    "Converting a tensor to a Python",
    "torch.as_tensor results are registered as constants",
    "torch.tensor results are registered as constants",
    "Iterating over a tensor",
    "In the future `np.object`",
)


def to_onnx(model, path):
    """Write an ONNX file that turns images into what `model.predict` returns for them.

    It needs neither Keras nor Python to run, takes any number of images, and bears its name only
    when ONNX Runtime has computed from it what the model computes.

    Args:
        model: a built model with an `image_shape`, such as every model of this package.
        path: of the file; its folder exists. What was there before is replaced.

    Shapes:
        of the file's input "image" and its one output: `(batch, height, width, channels)`.

    Returns:
        The largest difference between file and model on eight random images, a float.

    Raises:
        ImportError: ONNX Runtime or the backend's converter is not installed.
        FileNotFoundError: there is no such folder.
        ValueError: the model is not built, has no `image_shape`, or cannot be converted on this
            backend; or the file computes something else. Then no file is written.

    Source: https://onnx.ai (the format); Keras's `Model.export` converts.
    """
    shape = _image_shape(model)
    _check_installed(backend.onnx_converter(), "onnxruntime")
    _check_folder(path)
    # more images than converters try; and PyTorch's fails on layers that were never called
    x = np.random.default_rng(0).random((8, *shape), "float32")
    wanted = keras.ops.convert_to_numpy(model(x, training=False))
    with files.atomic_write(path) as unfinished:
        found = _converted(model, x, unfinished)
        difference = np.abs(found - wanted).max() if found.shape == wanted.shape else np.inf
        if not difference <= TOLERANCE:  # nor nan
            raise ValueError(
                "`model` must compute the same in an ONNX file. Received: "
                f"{model.name!r}, whose file differs by {difference:.2g}; none was written."
            )
    return float(difference)


def _image_shape(model):
    shape = getattr(model, "image_shape", None)
    if not shape or not getattr(model, "built", False):
        raise ValueError(
            "`model` must be built and know its `image_shape`. "
            f"Received: model={getattr(model, 'name', model)!r}. Call it once on images first."
        )
    return tuple(shape)


def _check_folder(path):
    if not Path(path).parent.is_dir():
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


def _converted(model, x, path):
    """What the file that is written to `path` computes for images `x`."""
    try:
        _convert(model, x.shape[1:], path)
        return _run(path, x)
    except OSError:  # of the disk, not of the model
        raise
    except Exception as error:  # converters have no class of errors of their own
        raise ValueError(
            "`model` must be made of operations that can be converted on this backend. "
            f"Received: {model.name!r}, stopped by {type(error).__name__}: "
            f"{files.first_words(error)[:300]!r}. Save it with `model.save`, load it on "
            "another backend, and export it there."
        ) from error


def _convert(model, shape, path):
    if backend.onnx_converter() == "tf2onnx":
        _teach_erfc()
    image = keras.InputSpec(shape=(None, *shape), dtype="float32", name="image")
    # PyTorch's converter may take weights for constants, and those cannot have gradients
    trained = [variable for variable in model.variables if variable.trainable]
    try:
        for variable in trained:
            variable.trainable = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the converter Keras chose
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
    options.log_severity_level = 4  # what is wrong with a file is raised, and not printed as well
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (x_hat,) = session.run(None, {"image": x})
    return x_hat


@functools.cache
def _teach_erfc():
    """Tell tf2onnx 1.17 that `erfc(x) = 1 - erf(x)`, which exact GELU is computed with.

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
            one = graph.make_const(utils.make_name("one"), np.ones((), "float32"))
            graph.remove_node(name)
            terms = [one.output[0], erf.output[0]]
            graph.make_node("Sub", terms, name=name, outputs=outputs, dtypes=[kind], shapes=[shape])
