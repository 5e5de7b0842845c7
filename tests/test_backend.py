"""backend.py: the choice of backend and device, seeds, and weights drawn by NumPy."""

import random
import sys
import types

import keras
import numpy as np
import pytest

from ae_keras import Autoencoder, ConvDecoder, ConvEncoder, backend
from contract import images, says, tiny

RUNNING = keras.config.backend()
OTHER = next(name for name in backend.BACKENDS if name != RUNNING)


# Choice ------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """`fresh(installed, **environment)`: a Python that has not imported keras, with these backends.

    Returns its environment, which `backend.choose` may change.
    """

    def start(installed=backend.BACKENDS, **environment):
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        monkeypatch.setattr(backend, "installed", lambda: list(installed))
        monkeypatch.setattr(backend, "os", types.SimpleNamespace(environ=environment))
        return environment

    return start


@pytest.mark.parametrize(
    ("installed", "named", "chosen"),
    [
        (backend.BACKENDS, {}, "jax"),
        (["torch", "tensorflow"], {}, "torch"),
        (["tensorflow"], {}, "tensorflow"),
        (["tensorflow"], {"KERAS_BACKEND": ""}, "tensorflow"),
        (backend.BACKENDS, {"KERAS_BACKEND": "tensorflow"}, "tensorflow"),
        (backend.BACKENDS, {"KERAS_BACKEND": " Torch "}, "torch"),
    ],
)
def test_the_named_backend_is_chosen_else_the_first_installed(fresh, installed, named, chosen):
    environment = fresh(installed, **named)
    assert backend.choose() == chosen
    assert environment["KERAS_BACKEND"] == chosen  # where keras looks


@pytest.mark.parametrize(
    ("installed", "named", "error", "messages"),
    [
        (
            ["jax", "torch"],
            "teano",
            ValueError,
            [
                "`KERAS_BACKEND` must be one of jax, torch, tensorflow.",
                "Received: KERAS_BACKEND='teano'. Installed here: jax, torch.",
            ],
        ),
        (
            ["torch"],
            "jax",
            ModuleNotFoundError,
            [
                "`KERAS_BACKEND` must name an installed backend. Received: KERAS_BACKEND='jax'",
                "which is not installed. Installed here: torch. Install it, or choose another",
            ],
        ),
        ([], "jax", ModuleNotFoundError, ["Installed here: none."]),
        (
            [],
            "",
            ModuleNotFoundError,
            ["Keras needs one of jax, torch, tensorflow. Installed here: none. Install one, e.g."],
        ),
    ],
    ids=["unknown", "not installed", "named, none installed", "none installed"],
)
def test_a_backend_that_cannot_be_had_is_refused(fresh, installed, named, error, messages):
    fresh(installed, KERAS_BACKEND=named)
    with says(error, *messages):
        backend.choose()


def test_keras_imported_earlier_on_another_backend_is_refused(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", OTHER)
    message = f"KERAS_BACKEND={OTHER!r}, but keras already runs on {RUNNING}. Restart Python."
    with says(RuntimeError, message):
        backend.choose()


def test_keras_imported_earlier_on_the_wanted_backend_is_accepted(monkeypatch):
    assert backend.choose() == RUNNING
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert backend.choose() == RUNNING


def test_installed_backends_are_those_that_can_be_found(monkeypatch):
    def find(name):
        return types.SimpleNamespace(name=name) if name != "torch" else None

    monkeypatch.setattr("importlib.util.find_spec", find)
    assert backend.installed() == ["jax", "tensorflow"]


CPU = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu"}


def test_gpu_0_hides_the_gpu_from_every_backend_whatever_else_is_set(fresh):
    environment = fresh(GPU="0", CUDA_VISIBLE_DEVICES="1", JAX_PLATFORMS="cuda")
    backend.choose()
    assert environment.items() >= CPU.items()


@pytest.mark.parametrize("given", [{}, {"GPU": "1"}])
def test_otherwise_devices_are_left_to_the_backend(fresh, given):
    environment = fresh(**given)
    backend.choose()
    assert not CPU.keys() & environment.keys()


def test_what_the_user_has_set_wins(fresh):
    own = {"TF_CPP_MIN_LOG_LEVEL": "0", "XLA_PYTHON_CLIENT_PREALLOCATE": "true"}
    environment = fresh(**own)
    backend.choose()
    assert environment.items() >= own.items()
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"  # not set by the user


@pytest.mark.parametrize("given", [{}, {"OMP_WAIT_POLICY": "ACTIVE"}])
def test_how_long_threads_look_for_work_is_set_unless_the_user_chose_a_policy(fresh, given):
    environment = fresh(**given)
    backend.choose()
    assert environment.items() >= given.items()
    assert environment.get("GOMP_SPINCOUNT") == (None if given else "1000")


@pytest.mark.parametrize("name", backend.BACKENDS)
def test_tensorflow_is_slowed_down_only_where_it_computes_nothing(fresh, name):
    environment = fresh(KERAS_BACKEND=name)
    backend.choose()
    assert environment.get("TF_ENABLE_ONEDNN_OPTS") == (None if name == "tensorflow" else "0")


# Report ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("cpu", "CPU"),
        ("TFRT_CPU_0", "CPU"),
        ("/job:localhost/replica:0/task:0/device:CPU:0", "CPU"),
        ("cuda:0", "GPU"),
        ("mps:0", "GPU"),
        ("/job:localhost/replica:0/task:0/device:GPU:0", "GPU"),
    ],
)
def test_device_understands_how_each_backend_names_it(monkeypatch, place, expected):
    tensor = types.SimpleNamespace(device=place)
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: tensor)
    assert backend.device() == expected


def test_report_names_backend_device_and_versions():
    line = backend.report()
    assert line.startswith(f"{RUNNING} {sys.modules[RUNNING].__version__} on {backend.device()}, ")
    assert f"Keras {keras.__version__}, Python 3." in line
    assert "\n" not in line


# Seeds -------------------------------------------------------------------------------------------

BAD_SEEDS = [-1, 2**32, 0.5, 1.0, True, "1", None]


@pytest.mark.parametrize("seed", BAD_SEEDS, ids=repr)
def test_a_bad_seed_is_refused(seed):
    message = f"`seed` must be an integer in [0, 2**32). Received: seed={seed!r}."
    with says(ValueError, message):
        backend.set_seed(seed)
    with says(ValueError, message):
        backend.seed_weights(tiny(), seed)


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.int64(3)], ids=repr)
def test_one_seed_gives_the_same_numbers_again(seed):
    def draw():
        backend.set_seed(seed)
        tensor = keras.random.normal((3,))
        return [random.random(), np.random.rand(), *keras.ops.convert_to_numpy(tensor)]

    assert draw() == draw()


def convolutional():
    return Autoencoder(ConvEncoder(2, filters=(2, 3)), ConvDecoder((7, 5, 1), filters=(3, 2)))


def seeded(model, seed):
    return backend.seed_weights(model, seed).get_weights()


def test_seeded_weights_are_what_numpy_draws_on_any_backend():
    rng = np.random.default_rng(7)
    for fan_in, fan_out, weights in zip(
        (35, 8, 2, 8), (8, 2, 8, 35), seeded(tiny((7, 5, 1)), 7)[::2], strict=True
    ):
        drawn = (2 * rng.random((fan_in, fan_out)) - 1) * np.sqrt(6 / (fan_in + fan_out))
        np.testing.assert_allclose(weights, drawn, rtol=1e-6, atol=1e-7)


def test_seeded_weights_are_those_of_last_year():
    """Stored outputs of the notebooks rest on them."""
    sums = [np.abs(kernel).sum(dtype=float) for kernel in seeded(convolutional(), 7)[::2]]
    expected = [4.10695, 9.44934, 7.91595, 8.39366, 5.95762, 2.88202]
    np.testing.assert_allclose(sums, expected, rtol=1e-5)


@pytest.mark.parametrize("make", [tiny, convolutional])
def test_another_seed_gives_other_kernels_and_biases_stay_zero(make):
    model = make()
    first, other, again = (seeded(model, seed) for seed in (1, 2, 1))
    for kernel, another in zip(first[::2], other[::2], strict=True):
        assert (kernel != another).all()
    for bias in first[1::2] + other[1::2]:
        np.testing.assert_array_equal(bias, 0)
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("layer", "shape", "fans"),
    [
        (keras.layers.Dense(40, kernel_initializer="zeros"), (30,), 30 + 40),
        (keras.layers.Conv2D(40, 3, kernel_initializer="zeros"), (8, 8, 30), 9 * (30 + 40)),
        (
            keras.layers.Conv2DTranspose(40, 2, kernel_initializer="zeros"),
            (8, 8, 30),
            4 * (30 + 40),
        ),
    ],
    ids=["dense", "convolution", "transposed convolution"],
)
def test_kernels_are_spread_as_glorot_says(layer, shape, fans):
    model = keras.Sequential([keras.Input(shape), layer])
    kernel = seeded(model, 0)[0]
    limit = np.sqrt(6 / fans)
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert abs(kernel.mean()) < 0.05 * limit


def test_the_optimizer_is_left_as_it_is():
    model = tiny()
    model.fit(images(4, (7, 5, 1)), verbose=0)
    before = [np.array(v) for v in map(keras.ops.convert_to_numpy, model.optimizer.variables)]
    backend.seed_weights(model, 1)
    for old, new in zip(before, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))


def test_a_model_without_weights_is_refused():
    with says(
        ValueError, "`model` must be built, so that it has weights. Received: 'empty' without"
    ):
        backend.seed_weights(ConvEncoder(2, name="empty"), 0)
