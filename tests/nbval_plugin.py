"""How nbval checks the notebooks: a quiet kernel with one framework, and strict comparison.

    KERAS_BACKEND=torch python -m pytest notebooks/*.ipynb -p tests.nbval_plugin --nbval \
        --nbval-current-env --nbval-sanitize-with=tests/nbval.cfg --nbval-cell-timeout=240 \
        -n 2 --dist loadfile

The same stored outputs hold on every backend. Of what differs between them, decimals may differ
a little and figures in their bytes; words, integers, nan and the number of figures may not.

With GPU=1 in the environment the kernel uses the GPU. The outputs were stored on a CPU, so decimals
may differ twice as much: a GPU adds in another order, which hundreds of training steps amplify.
"""

import os
import re
import shutil
import tempfile
import uuid
from pathlib import Path

import nbval.kernel
from nbval.plugin import IPyNbCell, IPyNbFile

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
ON_GPU = os.environ.get("GPU") == "1"
# Unless GPU=1 is set, the kernel runs on the CPU.
CPU = {"GPU": "0", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
# It keeps TensorFlow from printing while it starts.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
# These would change stored outputs: another data set, or a Matplotlib backend without figures.
UNSET = ("AE_KERAS_DATASET", "MPLBACKEND")
NOT_COMPARED = {"stderr", "text/html", "text/markdown", "image/gif"}
# A widget's JSON holds weights, whose last digits differ; the figure beside it is compared.
NOT_COMPARED |= {"application/vnd.ae-course.widget+json"}

# IPython runs this when a kernel starts. A notebook that needs a second framework must fail here,
# because most learners install only one.
ONE_FRAMEWORK = """
import importlib.machinery, os, sys
_other = {"tensorflow", "torch", "jax"} - {os.environ["KERAS_BACKEND"]}
class _Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "keras.src.backend.torch":
            _before_keras_uses_torch()
        return None if name.partition(".")[0] in _other else super().find_spec(name, path, target)
def _before_keras_uses_torch():
    pass
sys.meta_path[:] = [_Finder if f is importlib.machinery.PathFinder else f for f in sys.meta_path]
"""
# What works only because a tensor is on the CPU must fail here as well. PyTorch cannot be imported
# earlier, because importing `ae_keras` sets variables that it reads.
GUARD = f"""
import runpy
_guard = runpy.run_path({str(Path(__file__).with_name("device_guard.py"))!r})
_before_keras_uses_torch = _guard["install"]
"""

DECIMAL = re.compile(
    r"(?<![\w.])[-+]?\d+\.(?P<places>\d*)(?:[eE](?P<exponent>[-+]?\d+))?(?![\w.]*\d)"
)
RELATIVE = 0.2 if ON_GPU else 0.1
# Units of the last stored place. Near zero, where a sign may flip, these are more.
UNITS = 5 if ON_GPU else 2.5


def pytest_configure(config):
    home = Path(tempfile.mkdtemp(prefix="nb-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    # None of the project's code runs in this process, so warnings are those of Jupyter and nbval.
    config.addinivalue_line("filterwarnings", "default")
    _prepare_environment(home)
    _prepare_kernels(home)
    _prepare_comparison()


def _prepare_environment(home):
    import execution  # It lies in tools/, which pytest finds only after it has read this file.

    os.environ.update(execution.ENVIRONMENT | execution.WIDTH | QUIET)
    if not ON_GPU:
        os.environ.update(CPU)
    os.environ.setdefault("KERAS_BACKEND", "jax")
    for name in UNSET:
        os.environ.pop(name, None)
    startup = home / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-one-framework.py").write_text(ONE_FRAMEWORK + ("" if ON_GPU else GUARD))
    os.environ["IPYTHONDIR"] = str(home)


def _prepare_kernels(home):
    class Manager(nbval.kernel.KernelManager):
        """Kernels that run where the lessons are and that are reached by files, not ports.

        Two kernels that start together can take the same port; a socket's name is its own.
        """

        def __init__(self, **options):
            super().__init__(transport="ipc", ip=str(home / uuid.uuid4().hex[:8]), **options)

        def start_kernel(self, **options):
            return super().start_kernel(**(options | {"cwd": str(NOTEBOOKS)}))

    nbval.kernel.KernelManager = Manager


def _prepare_comparison():
    exact, run = IPyNbCell.compare_outputs, IPyNbCell.runtest

    def compare_outputs(self, test, ref, skip_compare=None):
        return exact(self, _soften(test, ref), ref, skip_compare)

    def runtest(self):
        if self.cell.execution_count is None:  # nbval would run such a cell and compare nothing.
            self.raise_cell_error("The stored cell was never run. Rebuild it: make notebooks")
        if self.options["skip"] or not self.options["check"]:
            self.raise_cell_error("A tag or comment tells nbval to look away. Remove it")
        run(self)

    IPyNbCell.compare_outputs, IPyNbCell.runtest = compare_outputs, runtest


def pytest_collectstart(collector):
    if isinstance(collector, IPyNbFile):
        skipped = set(collector.skip_compare) | NOT_COMPARED
        # Figures are counted, which needs their type among those that are compared.
        collector.skip_compare = tuple(skipped - {"image/png"})


def pytest_collection_modifyitems(items):
    for item in items:
        item.output_timeout = 60  # nbval's 5 seconds can be too few on a busy machine.


def _soften(test, ref):
    """The new outputs, with each decimal that is near its stored fellow replaced by it."""
    stored = {}
    for out in ref:
        for holder, field, key in _texts(out):
            stored.setdefault(key, []).append(holder[field])
    for out in test:
        for holder, field, key in list(_texts(out)):
            if stored.get(key):
                holder[field] = _near(holder[field], stored[key].pop(0))
    return test


def _texts(out):
    """The (holder, field, key) of each text in an output."""
    if out.output_type == "stream":
        yield out, "text", out.name
    for key, value in out.get("data", {}).items():
        if isinstance(value, str) and not key.startswith("image/"):
            yield out.data, key, key


def _near(new, old):
    """The text `new`, with each decimal that is near its fellow in `old` replaced by that.

    Texts with unlike numbers of decimals (one became nan, say) are left as they are.
    """
    fellows = list(DECIMAL.finditer(old))
    if len(fellows) != len(DECIMAL.findall(new)):
        return new

    def stored_or_new(match):
        was = fellows.pop(0)
        return was[0] if abs(float(match[0]) - float(was[0])) <= _tolerance(was) else match[0]

    return DECIMAL.sub(stored_or_new, new)


def _tolerance(stored):
    """How far a new number may be from the stored one."""
    places = len(stored["places"])
    # A number such as "2." has no decimal places, so its unit would be a whole number.
    unit = 10.0 ** (int(stored["exponent"] or 0) - places) if places else 0
    # The tolerance is a little larger, because 0.035 - 0.01 is not exactly 0.025 in binary.
    return max(RELATIVE * abs(float(stored[0])), UNITS * unit) * (1 + 1e-9)
