"""The contract of every model, `check_model`, and helpers that several tests share."""

import importlib.util
import json
import os
import re

import keras
import numpy as np
import pytest

from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, losses


def needs(module):
    """Skip if `module` is missing and one backend was asked for, as in `make test BACKEND=jax`.

    In a test of all three, what is missing is a failure.
    """
    if os.environ.get("AE_KERAS_ONE_BACKEND") == "1" and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


def says(error, *texts):
    """`with says(ValueError, *texts):` the block must raise such an error with each text in it.

    The texts are the name of the argument in backticks and the received value, not the wording,
    so that a message can be improved without changing a test.
    """
    return pytest.raises(error, match="(?s)" + "".join(f"(?=.*{re.escape(t)})" for t in texts))


def images(n, shape, seed=0):
    """Random float32 images in [0, 1]."""
    return np.random.default_rng(seed).uniform(0, 1, (n, *shape)).astype("float32")


def tiny(shape=(7, 5, 1), latent_dim=2, hidden=(8,), optimizer=None, **decoder):
    """A small compiled autoencoder with the same weights on every backend."""
    model = Autoencoder(
        DenseEncoder(latent_dim, hidden=hidden), DenseDecoder(shape, hidden=hidden, **decoder)
    )
    backend.seed_weights(model, 0)
    optimizer = optimizer or keras.optimizers.Adam(0.01)
    model.compile(optimizer=optimizer, loss=losses.squared_error)
    return model


def parts(width, shape=(7, 5, 1), hidden=(8,), **encoder):
    """A small dense encoder and decoder, to make a model of."""
    return DenseEncoder(width, hidden, **encoder), DenseDecoder(shape, hidden)


def reported(model, x, y=None, loss=losses.squared_error, epochs=1):
    """The last logs of a training that changes no weight, each epoch a single batch."""
    model.compile(keras.optimizers.SGD(0.0), loss=loss)
    history = model.fit(x, y, batch_size=len(x), epochs=epochs, shuffle=False, verbose=0).history
    return {name: values[-1] for name, values in history.items()}


def convolve(x, kernel, bias, stride=1):
    """A convolution with "same" padding, by its definition, in NumPy."""
    n, *size, _ = x.shape
    window = kernel.shape[:2]
    out = [-(-s // stride) for s in size]
    total = [max((o - 1) * stride + w - s, 0) for o, w, s in zip(out, window, size, strict=True)]
    x = np.pad(x, [(0, 0), *[(t // 2, t - t // 2) for t in total], (0, 0)])
    y = np.empty((n, *out, kernel.shape[-1]))
    for i, j in np.ndindex(*out):
        top, left = i * stride, j * stride
        patch = x[:, top : top + window[0], left : left + window[1]]
        y[:, i, j] = np.tensordot(patch, kernel, 3) + bias
    return y


def relu(x):
    return np.maximum(x, 0)


def random_weights(model, x):
    """Build `model` for `x`, give it weights and biases (which start at zero), and return them."""
    model(x)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    return [weight.astype("float64") for weight in model.get_weights()]


def check_configuration(part, given):
    saved = keras.saving.serialize_keras_object(part)
    twin = keras.saving.deserialize_keras_object(json.loads(json.dumps(saved)))
    assert type(twin) is type(part)
    for each in (part, twin):
        assert each.get_config().items() >= given.items()


def output(model, x):
    """What the model returns for `x`, as NumPy."""
    return keras.ops.convert_to_numpy(model(x, training=False))


def assert_same_weights(model, other):
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def check_model(model, x, folder, loss=losses.squared_error):
    """Check everything that is promised of any model.

    Args:
        model: a model `Model(encoder, decoder, ...)`, not compiled yet.
        x: ten images that fit it.
        folder: a `pathlib.Path` to save files in.
        loss: what to compile it with; None for a model with an objective of its own.
    """
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    _check_shapes(model, x)
    _check_config(model)
    _check_saving(model, x, folder / "before.keras")
    _check_learning(model, x)
    _check_evaluation(model, x)
    loaded = _check_saving(model, x, folder / "after.keras")
    _check_resuming(model, loaded, x)


def _check_shapes(model, x):
    z = keras.ops.convert_to_numpy(model.encode(x))
    x_hat = keras.ops.convert_to_numpy(model.decode(z))
    assert len(z) == len(x)
    assert z.shape[-1] == getattr(model, "latent_dim", model.encoder.latent_dim)
    assert x_hat.shape == x.shape
    assert z.dtype == x_hat.dtype == "float32"
    np.testing.assert_array_equal(output(model, x), x_hat)


def _check_config(model):
    twin = type(model).from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    shapes = [weight.shape for weight in twin.weights]
    assert shapes == [weight.shape for weight in model.weights]


def _check_saving(model, x, path):
    model.save(path)
    loaded = keras.models.load_model(path)
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(output(loaded, x), output(model, x))
    return loaded


def _check_learning(model, x):
    errors = model.fit(x, epochs=8, batch_size=5, verbose=0).history["loss"]
    assert np.isfinite(errors).all()
    assert errors[-1] < errors[0]


def _check_evaluation(model, x):
    """Nothing is random in it, and images of a smaller last batch count as much as others."""
    uneven, again = (model.evaluate(x, batch_size=4, verbose=0) for _ in range(2))
    even = model.evaluate(x, batch_size=2, verbose=0)
    assert uneven == again
    np.testing.assert_allclose(uneven, even, rtol=1e-5)


def _check_resuming(model, loaded, x):
    """A model read from a file goes on exactly as the one it was saved from."""
    for each in (model, loaded):
        each.fit(x, batch_size=5, epochs=2, shuffle=False, verbose=0)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations)
    assert_same_weights(loaded, model)
