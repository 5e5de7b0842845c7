"""Functions of a lesson, run on the other backends as well: each in a Python of its own.

Keras chooses its backend once, when it is first imported, so one process has one backend. A
function is sent to the others with all that it uses, by cloudpickle, and its answer comes back.
Where a backend is not installed, the answer is the one that was recorded with the same function.
"""

import contextlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ae_keras import backend

RECORDED = Path(__file__).parent / "recorded"


class Pythons:
    """This Python, and one more for each other backend that is installed.

    A further Python starts when it is first asked, in a second or several, and ends with this one.

    Args:
        name: str, of the file with recorded answers, such as "lesson_25".
        environ: dict of str to str, environment variables that the further Pythons start with. If
            given, the running backend has a further Python as well. Defaults to None.

    Attributes:
        here: str, the running backend.
        live: list of str, the backends that answer themselves; the others have recorded answers.

    Example:
        >>> from ae_course import elsewhere
        >>> pythons = elsewhere.Pythons("lesson_25")
        >>> pythons.on(pythons.here, max, 2, 3)
        3
    """

    def __init__(self, name, environ=None):
        self.here = backend.choose()
        self.live = [each for each in backend.BACKENDS if each in backend.installed()]
        self._path = RECORDED / f"{name}.json"
        text = self._path.read_text("utf-8") if self._path.exists() else "{}"
        self._recorded = json.loads(text)
        self._answers = {}
        away = [each for each in self.live if environ or each != self.here]
        self._others = {each: Other(each, environ) for each in away}

    def on(self, name, function, *args):
        """Run a function on one backend.

        Args:
            name: str, "jax", "torch" or "tensorflow".
            function: what to run; its name stands for it in the recorded answers. If it is sent
                away, it takes copies of the variables that it uses, and changes none here.
            *args: its arguments; they need not be the same as when the answer was recorded.

        Returns:
            What the function returns. To be recorded, it must be made of dicts, lists, numbers and
            words.

        Raises:
            LookupError: the backend is not installed, and no answer was recorded.
            RuntimeError: the function raised an error there, which is quoted.
        """
        key = function.__name__
        if name not in self.live:
            if name not in self._recorded.get(key, {}):
                raise LookupError(f"{name} is not installed, and {key!r} was not recorded on it.")
            return self._recorded[key][name]
        other = self._others.get(name)
        answer = other.run(function, *args) if other else function(*args)
        self._answers.setdefault(key, {})[name] = answer
        return answer

    def on_each(self, function, *args):
        """Run a function on the three backends, on all at once, as `on` does.

        Args:
            function, *args: as for `on`.

        Returns:
            dict of str to what the function returned: "jax", "torch", "tensorflow".

        Raises:
            LookupError, RuntimeError: as `on`.
        """
        away = [name for name in backend.BACKENDS if name != self.here]
        with ThreadPoolExecutor(len(away)) as pool:
            waiting = {name: pool.submit(self.on, name, function, *args) for name in away}
            answers = {self.here: self.on(self.here, function, *args)}
            answers |= {name: future.result() for name, future in waiting.items()}
        return {name: answers[name] for name in backend.BACKENDS}

    def as_recorded(self, function, tolerance=0.02):
        """Whether what the live backends answered is what was recorded on them.

        Args:
            function: one that has been run; where no live backend ran it, all is as recorded.
            tolerance: float, how far numbers may differ, as a fraction. Defaults to 0.02.

        Returns:
            bool.
        """
        key = function.__name__
        pairs = [
            (answer, self._recorded.get(key, {}).get(name))
            for name, answer in self._answers.get(key, {}).items()
        ]
        return all(alike(answer, recorded, tolerance) for answer, recorded in pairs)

    def record(self):
        """Write all answers so far to the file of recorded ones; after a change of the functions.

        Raises:
            RuntimeError: not all backends are installed.
        """
        if set(self.live) != set(backend.BACKENDS):
            raise RuntimeError(f"Recording needs all backends. Installed: {', '.join(self.live)}.")
        answers = {key: dict(sorted(found.items())) for key, found in sorted(self._answers.items())}
        lines = [f"{json.dumps(key)}: {json.dumps(found)}" for key, found in answers.items()]
        self._path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


class Other:
    """A Python that runs on another backend, and waits for functions.

    Args:
        name: str, the backend.
        environ: dict of str to str, more environment variables. Defaults to None.
    """

    def __init__(self, name, environ=None):
        self.name, self._environ = name, environ or {}
        self._process = None

    def run(self, function, *args):
        """Run a function there and return its answer; a `RuntimeError` quotes an error of it."""
        import cloudpickle

        if self._process is None:
            self._start()
        try:
            pickle.dump(cloudpickle.dumps((function, args)), self._process.stdin)
            self._process.stdin.flush()
            done, answer = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError):
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"The Python on {self.name} ended. It said:\n{said}") from None
        if not done:
            raise RuntimeError(f"On {self.name}, {function.__name__!r} failed:\n{answer}")
        return answer

    def _start(self):
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - `_end` closes it
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from ae_course import elsewhere; elsewhere.serve()"],
            env=os.environ | {"KERAS_BACKEND": self.name} | self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self.end = weakref.finalize(self, _end, self._process, self._errors)


def _end(process, errors):
    """Close what leads to a Python, at which it ends by itself."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    process.wait()
    process.stdout.close()
    errors.close()


def serve():
    """Answer the functions that come through the standard input, until it is closed."""
    # What functions or frameworks print must not get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            sent = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            function, args = pickle.loads(sent)
            answer = pickle.dumps((True, function(*args)))
        except Exception:
            answer = pickle.dumps((False, traceback.format_exc()))
        answers.write(answer)
        answers.flush()


def alike(a, b, tolerance):
    """Whether two answers have the same words and structure, and numbers as near as this.

    Args:
        a, b: made of dicts, lists, numbers and words.
        tolerance: float, a fraction of the larger of the two numbers.

    Returns:
        bool.

    Example:
        >>> from ae_course import elsewhere
        >>> elsewhere.alike({"loss": [50.1, 48]}, {"loss": [50.2, 48.0]}, 0.02)
        True
    """
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], tolerance) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(lambda u, v: alike(u, v, tolerance), a, b))
    numbers = (int, float, np.number)
    if all(isinstance(each, numbers) and not isinstance(each, bool) for each in (a, b)):
        return abs(a - b) <= tolerance * max(abs(a), abs(b))
    return type(a) is type(b) and a == b
