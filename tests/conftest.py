"""What all tests share. One process tests one backend: the one that `KERAS_BACKEND` names."""

import os

import matplotlib
import numpy as np
import pytest

import ae_keras  # It chooses the backend, so it must come before any test imports Keras.
import device_guard

matplotlib.use("Agg")


def pytest_configure(config):
    if ae_keras.backend.choose() == "torch" and ae_keras.backend.device() == "CPU":
        device_guard.install()
    if ae_keras.backend.choose() == "jax":
        import jax

        # JAX compiles each operation for each shape, which takes longer than the tests themselves.
        # The environment variables are for the processes that tests start.
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
            os.environ["JAX_COMPILATION_CACHE_DIR"] = str(config.cache.mkdir("jax"))
        jax.config.update("jax_disable_most_optimizations", True)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_compilation_cache_dir", os.environ["JAX_COMPILATION_CACHE_DIR"])


@pytest.fixture(autouse=True)
def _no_figure_left_open():
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture
def no_settings(monkeypatch, tmp_path):
    """Hide the settings and caches of the user; downloads would go to `tmp_path / "keras"`."""
    for name in ("AE_KERAS_DATASET", "AE_KERAS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def rng():
    """A generator for each test, so that its numbers do not depend on the order of the tests."""
    return np.random.default_rng(0)


@pytest.fixture
def ax():
    """Axes to draw on."""
    return matplotlib.pyplot.figure().add_subplot()
