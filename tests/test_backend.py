"""ae_keras/backend.py: the choice of backend and device, seeds, and weights drawn by NumPy."""

import os
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
def fresh(monkeypatch, tmp_path):
    """`fresh(installed, **environment)`: a Python that has not imported keras, with these backends.

    Returns its environment, which `backend.choose` may change.
    """

    def start(installed=backend.BACKENDS, **environment):
        environment.setdefault("KERAS_HOME", str(tmp_path))
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        monkeypatch.setattr(backend, "installed", lambda: list(installed))
        monkeypatch.setattr(backend, "os", types.SimpleNamespace(environ=environment))
        # It would import the framework.
        monkeypatch.setattr(backend, "_set_precision", lambda name, tf32: None)
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
    assert environment["KERAS_BACKEND"] == chosen  # Keras reads it there.


@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        ('{"backend": "torch"}', "torch"),
        ('{"backend": "tensorflow"}', "jax"),
        ('{"backend": "theano"}', "jax"),
        ('{"floatx": "float32"}', "jax"),
        ("[]", "jax"),
        ("not JSON", "jax"),
    ],
)
def test_the_backend_of_keras_json_is_chosen_if_somebody_wrote_it(fresh, tmp_path, content, chosen):
    (tmp_path / "keras.json").write_text(content)
    fresh()
    assert backend.choose() == chosen
    fresh(KERAS_BACKEND="tensorflow")
    assert backend.choose() == "tensorflow"
    fresh(["tensorflow"])
    assert backend.choose() == "tensorflow"


@pytest.mark.parametrize(
    ("installed", "named", "error", "texts"),
    [
        (
            ["jax", "torch"],
            "teano",
            ValueError,
            ["`KERAS_BACKEND`", "jax, torch, tensorflow", "KERAS_BACKEND='teano'", ": jax, torch."],
        ),
        (
            ["torch"],
            "jax",
            ModuleNotFoundError,
            ["`KERAS_BACKEND`", "KERAS_BACKEND='jax'", ": torch."],
        ),
        ([], "jax", ModuleNotFoundError, [": none."]),
        ([], "", ModuleNotFoundError, ["jax, torch, tensorflow", ": none.", "`pip install "]),
    ],
    ids=["unknown", "not installed", "named, none installed", "none installed"],
)
def test_an_unknown_or_missing_backend_is_refused(fresh, installed, named, error, texts):
    fresh(installed, KERAS_BACKEND=named)
    with says(error, *texts):
        backend.choose()


def test_keras_imported_earlier_on_another_backend_is_refused(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", OTHER)
    with says(RuntimeError, "`KERAS_BACKEND`", f"KERAS_BACKEND={OTHER!r}", RUNNING):
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


@pytest.mark.parametrize("given", [{}, {"GPU": "1"}, {"GPU": ""}])
def test_otherwise_devices_are_left_to_the_backend(fresh, given):
    environment = fresh(**given)
    backend.choose()
    assert not CPU.keys() & environment.keys()


@pytest.mark.parametrize("variable", ["GPU", "TF32"])
@pytest.mark.parametrize("value", ["no", "off", "false", "2", "01"])
def test_a_switch_other_than_0_and_1_is_refused(fresh, monkeypatch, variable, value):
    fresh(**{variable: value})
    with says(ValueError, f"`{variable}`", f"{variable}={value!r}"):
        backend.choose()
    # Also where keras runs already, which is too late for the GPU, but not for a message.
    monkeypatch.setitem(sys.modules, "keras", keras)
    with says(ValueError, f"`{variable}`", f"{variable}={value!r}"):
        backend.choose()


def test_settings_of_the_user_are_kept(fresh):
    own = {"TF_CPP_MIN_LOG_LEVEL": "0", "XLA_PYTHON_CLIENT_PREALLOCATE": "true"}
    environment = fresh(**own)
    backend.choose()
    assert environment.items() >= own.items()
    # The user has not set this one, so it is still set.
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


@pytest.mark.parametrize("given", [{}, {"OMP_WAIT_POLICY": "ACTIVE"}])
def test_the_spin_count_of_threads_is_set_unless_the_user_chose_a_policy(fresh, given):
    environment = fresh(**given)
    backend.choose()
    assert environment.items() >= given.items()
    assert environment.get("GOMP_SPINCOUNT") == (None if given else "1000")


@pytest.mark.parametrize("name", backend.BACKENDS)
def test_onednn_is_turned_off_only_where_tensorflow_computes_nothing(fresh, name):
    environment = fresh(KERAS_BACKEND=name)
    backend.choose()
    assert environment.get("TF_ENABLE_ONEDNN_OPTS") == (None if name == "tensorflow" else "0")


# Precision ---------------------------------------------------------------------------------------

# For each backend the calls that read and write what decides on TF32.
if RUNNING == "jax":
    import jax

    NAMES = [(jax.config, "jax_default_matmul_precision")]
    DEFAULT, FULL, FAST = [None], ["highest"], [None]
elif RUNNING == "torch":
    import torch

    NAMES = [(torch.backends.cudnn, "allow_tf32"), (torch.backends.cuda.matmul, "allow_tf32")]
    DEFAULT, FULL, FAST = [True, False], [False, False], [True, True]
else:
    from tensorflow.python.framework import config as tf_config

    NAMES, DEFAULT, FULL, FAST = [], [True], [False], [True]


def precision():
    if RUNNING == "tensorflow":
        return [tf_config.tensor_float_32_execution_enabled()]
    return [getattr(owner, name) for owner, name in NAMES]


def set_precision(values):
    if RUNNING == "tensorflow":
        tf_config.enable_tensor_float_32_execution(*values)
    for (owner, name), value in zip(NAMES, values[: len(NAMES)], strict=True):
        owner.update(name, value) if RUNNING == "jax" else setattr(owner, name, value)


@pytest.fixture
def untouched():
    """The precision that the framework has if nobody sets it."""
    backend._set_precision.cache_clear()
    before = precision()
    set_precision(DEFAULT)
    yield
    set_precision(before)


@pytest.mark.parametrize(
    ("given", "expected", "word"),
    [
        ({}, FULL, "full float32"),
        ({"TF32": "0"}, FULL, "full float32"),
        ({"TF32": "1"}, FAST, "TF32"),
    ],
)
def test_float32_is_full_on_gpus_unless_tf32_is_asked_for(
    untouched, monkeypatch, given, expected, word
):
    monkeypatch.delenv("TF32", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    backend.choose()
    assert precision() == expected
    monkeypatch.setattr(backend, "device", lambda: "GPU")
    assert f" on GPU, {word}, Keras " in backend.report()


def test_a_precision_that_the_user_sets_after_the_choice_is_kept(untouched, monkeypatch):
    monkeypatch.delenv("TF32", raising=False)
    backend.choose()
    set_precision(DEFAULT)
    backend.choose()
    assert precision() == DEFAULT


@pytest.mark.skipif(RUNNING != "jax", reason="only JAX has a variable that says it is unset")
def test_the_precision_of_jax_that_the_user_has_set_is_kept(untouched):
    set_precision(["bfloat16"])
    backend.choose()
    assert precision() == ["bfloat16"]


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
def test_device_understands_the_name_that_each_backend_gives_it(monkeypatch, place, expected):
    tensor = types.SimpleNamespace(device=place)
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: tensor)
    assert backend.device() == expected


def test_report_names_the_backend_the_device_and_the_versions():
    line = backend.report()
    assert line.startswith(f"{RUNNING} {sys.modules[RUNNING].__version__} on {backend.device()}, ")
    assert f"Keras {keras.__version__}, Python 3." in line
    assert "\n" not in line


# Seeds -------------------------------------------------------------------------------------------

BAD_SEEDS = [-1, 2**32, 0.5, 1.0, True, "1", None]


@pytest.mark.parametrize("seed", BAD_SEEDS, ids=repr)
def test_a_bad_seed_is_refused(seed):
    texts = "`seed`", f"seed={seed!r}"
    with says(ValueError, *texts):
        backend.set_seed(seed)
    with says(ValueError, *texts):
        backend.seed_weights(tiny(), seed)


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.int64(3)], ids=repr)
def test_a_seed_repeats_the_random_numbers(seed):
    def draw():
        backend.set_seed(seed)
        tensor = keras.random.normal((3,))
        return [random.random(), np.random.rand(), *keras.ops.convert_to_numpy(tensor)]

    assert draw() == draw()


def convolutional():
    return Autoencoder(ConvEncoder(2, filters=(2, 3)), ConvDecoder((7, 5, 1), filters=(3, 2)))


def seeded(model, seed):
    return backend.seed_weights(model, seed).get_weights()


def test_seeded_weights_are_drawn_by_numpy_on_every_backend():
    rng = np.random.default_rng(7)
    for fan_in, fan_out, weights in zip(
        (35, 8, 2, 8), (8, 2, 8, 35), seeded(tiny((7, 5, 1)), 7)[::2], strict=True
    ):
        drawn = (2 * rng.random((fan_in, fan_out)) - 1) * np.sqrt(6 / (fan_in + fan_out))
        np.testing.assert_allclose(weights, drawn, rtol=1e-6, atol=1e-7)


def test_seeded_weights_never_change():
    """The stored outputs of the notebooks depend on them."""
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
def test_kernels_have_the_uniform_distribution_of_glorot(layer, shape, fans):
    model = keras.Sequential([keras.Input(shape), layer])
    kernel = seeded(model, 0)[0]
    limit = np.sqrt(6 / fans)
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert abs(kernel.mean()) < 0.05 * limit


def test_seeding_weights_leaves_the_optimizer_unchanged():
    model = tiny()
    model.fit(images(4, (7, 5, 1)), verbose=0)
    before = [np.array(v) for v in map(keras.ops.convert_to_numpy, model.optimizer.variables)]
    backend.seed_weights(model, 1)
    for old, new in zip(before, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))


def test_a_model_without_weights_is_refused():
    with says(ValueError, "`model`", "'empty'"):
        backend.seed_weights(ConvEncoder(2, name="empty"), 0)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="XLA_FLAGS are set for JAX alone")
def test_flags_of_the_user_stay_and_those_that_shorten_compilation_join_them(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_autotune_level=4 --xla_dump_to=x")
    backend._set_environment("jax", cpu_only=False)
    wanted = "--xla_gpu_autotune_level=4 --xla_dump_to=x --xla_gpu_enable_triton_gemm=false"
    assert os.environ["XLA_FLAGS"] == wanted
