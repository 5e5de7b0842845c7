"""An interrupt at any moment of `fit` costs no model: it goes on from its last finished step."""

import signal
import threading
import time

import keras
import numpy as np
import pytest

from contract import images
from every_model import SHAPE, new

X = images(40, SHAPE)


LIMIT = 3  # seconds


class StopInTime(keras.callbacks.Callback):
    """End a training whose interrupt was lost: Python drops one that arrives in a destructor."""

    def on_train_begin(self, logs=None):
        self.end = time.monotonic() + LIMIT

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = time.monotonic() > self.end


def fit(model):
    model.fit(X, batch_size=4, epochs=100_000, verbose=0, callbacks=[StopInTime()])


def evaluate(model):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        model.evaluate(X, batch_size=4, verbose=0)


@pytest.fixture
def _interrupts_arrive():
    """Processes of pytest-xdist ignore Ctrl-C, which Python's own do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(work, model, seconds):
    """Whether a Ctrl-C after so many seconds of `work(model)` came out of it."""
    main = threading.main_thread().ident
    timer = threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    try:
        work(model)
    except KeyboardInterrupt:
        return True
    return False


# The warning of an interrupt that was dropped in a destructor: see `StopInTime`.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("_interrupts_arrive")
@pytest.mark.parametrize("kind", ["plain", "variational", "vector quantised"])
@pytest.mark.parametrize("work", [fit, evaluate])
def test_an_interrupted_model_is_whole_and_goes_on(kind, work):
    model = new(kind)
    # The first pass compiles, so that the interrupts below arrive while steps run.
    model.fit(X, batch_size=4, verbose=0)
    model.evaluate(X, batch_size=4, verbose=0)
    came = 0
    for seconds in np.random.default_rng(0).uniform(0.05, 0.15, 5):
        came += interrupted(work, model, seconds)
        assert all(np.isfinite(weight).all() for weight in model.get_weights())
        assert np.isfinite(np.ravel(model.evaluate(X, batch_size=4, verbose=0))).all()
        before = int(model.optimizer.iterations)
        model.fit(X, batch_size=4, verbose=0)
        assert int(model.optimizer.iterations) == before + 10
    assert came >= 3


def test_two_threads_predict_with_one_model():
    model = new("plain")
    wanted = model.predict(X, batch_size=4, verbose=0)
    found = [None, None]

    def predict(i):
        for _ in range(5):
            found[i] = model.predict(X, batch_size=4, verbose=0)

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        np.testing.assert_allclose(each, wanted, rtol=1e-6)
    assert keras.ops.convert_to_numpy(model(X)).shape == X.shape
