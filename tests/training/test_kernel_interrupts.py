"""Interrupts at random moments, as users send them: to the kernel of a notebook and to a script.

    AE_KERAS_INTERRUPTS=50 KERAS_BACKEND=jax python -m pytest -rP \
        tests/training/test_kernel_interrupts.py

tries more of them than the few that a kernel gets otherwise, and a script as well. What came of
them is printed. Python drops an interrupt that arrives in a destructor or in a callback of its
garbage collector: the work goes on, so the interrupt is sent again, as a user would, and counted.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from jupyter_client import KernelManager

TESTS = Path(__file__).resolve().parents[1]
SEED = 0
N_INTERRUPTS = int(os.environ.get("AE_KERAS_INTERRUPTS", "3"))
PATIENCE = 10  # seconds after which an interrupt that ended nothing is sent again
START = 120  # seconds that a framework may take to start
# What is interrupted. The first few are what the short test tries.
WORKS = ["fit", "compile", "save", "fit", "evaluate", "fit", "predict"]

# What kernel and script run: each `work` goes on until it is interrupted.
PROGRAM = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
import keras
import numpy as np
import ae_keras
from contract import images, tiny

path = {folder!r} + "/model.keras"
x = images(64, (7, 5, 1))


def new():
    # So small a rate that the loss falls at every step for as long as the test takes.
    return tiny(optimizer=keras.optimizers.Adam(1e-5))


def fit(model, epochs=10**9):
    model.fit(x, batch_size=8, epochs=epochs, shuffle=False, verbose=0)


def predict():
    return model.predict(x, batch_size=8, verbose=0)


def evaluate():
    return model.evaluate(x, batch_size=8, verbose=0)


model = new()
fit(model, 1)
model.save(path)
drawn = predict()
evaluate()


def work(kind):
    global model
    print("working", flush=True)
    if kind == "fit":
        fit(model)
    while True:
        if kind == "compile":
            model = new()
            fit(model, 1)
        if kind == "evaluate":
            evaluate()
        if kind == "predict":
            predict()
        if kind == "save":
            model.save(path)


def check(kind):
    global drawn
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert np.array_equal(predict(), predict())
    if kind in ("fit", "compile"):
        drawn = predict()
    # These train nothing, so they must change nothing.
    assert np.array_equal(predict(), drawn), "the model has changed"
    if kind == "save":
        saved = ae_keras.load(path)
        assert np.allclose(saved.predict(x, batch_size=8, verbose=0), drawn, atol=1e-6)
    before, steps = evaluate(), int(model.optimizer.iterations)
    fit(model, 5)
    assert int(model.optimizer.iterations) == steps + 5 * 8
    assert evaluate() < before, "fit does not go on"
    model.save(path)
    drawn = predict()
"""

# A script of the same that is told on its standard input what to do next.
SCRIPT = """
import signal
# A process whose parent ignores interrupts ignores them as well, which a user's script does not.
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
for line in sys.stdin:
    try:
        work(line.strip())
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    check(line.strip())
    print("whole", flush=True)
"""


def program(folder):
    return PROGRAM.format(root=str(TESTS.parent), tests=str(TESTS), folder=str(folder))


def plan():
    """What is interrupted, and after how many seconds."""
    moments = np.random.default_rng(SEED).uniform(0, 0.6, N_INTERRUPTS)
    return [(WORKS[i % len(WORKS)], seconds) for i, seconds in enumerate(moments)]


def interrupt(send, ended, seconds):
    """Interrupt after so many seconds, and again if nothing ends; how often that was needed."""
    time.sleep(seconds)
    for again in range(10):
        send()
        if ended(PATIENCE):
            return again
    pytest.fail("ten interrupts ended nothing")


def report(sent_again):
    """Print what came of the interrupts."""
    tried = Counter(kind for kind, _ in sent_again)
    lost = sum(count for _, count in sent_again)
    print(f"interrupts with seed {SEED}: {dict(tried)}, after each of which the model was whole;")
    print(f"{lost} more were sent, because nothing had ended {PATIENCE} seconds after the first")


# The kernel of a notebook ------------------------------------------------------------------------


class Kernel:
    """A kernel of this Python, and what it printed."""

    def __init__(self, folder):
        self.printed = queue.SimpleQueue()
        # A socket's name is its own, while two kernels that start together can take one port.
        self.manager = KernelManager(transport="ipc", ip=str(folder / "kernel"))
        self.manager.kernel_spec.argv[0] = sys.executable
        self.manager.start_kernel(extra_arguments=["--log-level=ERROR"])
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=START)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code):
        """Run code that must succeed."""
        reply = self.client.execute_interactive(code, timeout=START, output_hook=lambda _: None)
        content = reply["content"]
        assert content["status"] == "ok", "\n".join(content.get("traceback", ()))

    def begin(self, code):
        """Start code that prints "working" once it has begun."""
        # Otherwise what is asked soon after an interrupt is refused as well.
        asked = self.client.execute(code, stop_on_error=False)
        while True:
            message = self.client.get_iopub_msg(timeout=START)
            if message["content"].get("text", "").strip() == "working":
                return asked

    def ended(self, asked, seconds):
        """Whether the code ends within some seconds; it may only end by an interrupt."""
        try:
            reply = self.client.get_shell_msg(timeout=seconds)
        except queue.Empty:
            return False
        assert reply["parent_header"]["msg_id"] == asked
        assert reply["content"]["ename"] == "KeyboardInterrupt", reply["content"]
        return True


@pytest.fixture
def kernel(tmp_path):
    started = Kernel(tmp_path)
    yield started
    started.close()


def test_a_kernel_that_is_interrupted_keeps_its_model(kernel, tmp_path):
    kernel.run(program(tmp_path))
    sent_again = []
    for kind, seconds in plan():
        asked = kernel.begin(f"work({kind!r})")
        again = interrupt(
            kernel.manager.interrupt_kernel,
            lambda limit, asked=asked: kernel.ended(asked, limit),
            seconds,
        )
        sent_again.append((kind, again))
        kernel.run(f"check({kind!r})")
    report(sent_again)


# A script ----------------------------------------------------------------------------------------


@pytest.mark.skipif(
    "AE_KERAS_INTERRUPTS" not in os.environ,
    reason="test_interrupts.py tries a few in a process; more only with AE_KERAS_INTERRUPTS",
)
def test_a_script_that_is_interrupted_keeps_its_model(tmp_path):
    complaints = tmp_path / "stderr.txt"
    command = [sys.executable, "-c", program(tmp_path) + SCRIPT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with complaints.open("w") as stderr, subprocess.Popen(command, stderr=stderr, **pipes) as child:
        said = queue.SimpleQueue()
        # It passes on each line and then None, so that the end of the child is noticed at once.
        listener = threading.Thread(target=lambda: [*map(said.put, child.stdout), said.put(None)])
        listener.start()

        def hears(word, seconds):
            try:
                line = said.get(timeout=seconds)
            except queue.Empty:
                return False
            assert line == f"{word}\n", complaints.read_text()
            return True

        try:
            sent_again = interrupt_script(child, hears)
        finally:
            child.kill()
            listener.join()
    report(sent_again)


def interrupt_script(child, hears):
    """Carry out the plan on a script; what was interrupted, and how often again."""
    assert hears("ready", START)
    sent_again = []
    for kind, seconds in plan():
        print(kind, file=child.stdin, flush=True)
        assert hears("working", START)
        again = interrupt(
            lambda: child.send_signal(signal.SIGINT),
            lambda limit: hears("interrupted", limit),
            seconds,
        )
        sent_again.append((kind, again))
        assert hears("whole", START)
    return sent_again
