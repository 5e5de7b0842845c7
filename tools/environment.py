"""Make the virtual environment that a command needs, once, and run the command in it.

    python3 tools/environment.py EXTRA[,EXTRA...] ARGUMENT...
    python3 tools/environment.py jax,notebooks tools/course.py 03

The extras are those of pyproject.toml; the arguments are passed to the environment's Python.
What is there is not installed again until pyproject.toml or constraints.txt changes.
"""

# This file uses the standard library alone and no recent syntax: an old Python must be able to run
# it far enough to say that it is too old.

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Tests run on the CPU builds, even where there is a GPU, unless GPU=1 asks for it.
CPU_ONLY = {"all", "test"}
STAMP = "ae_keras.json"
AGAIN = "Then give the same command again: what was downloaded is kept."


def stop(message):
    sys.exit(f"\n{message}")


def succeeds(command):
    """Whether a command runs and exits with code 0; its output is not shown."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run(command, **silent).returncode == 0
    except OSError:
        return False


def known_extras():
    """The extras of pyproject.toml, in its order."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = text.split("[project.optional-dependencies]")[1].split("\n[")[0]
    return re.findall(r"^([\w-]+) = \[", table, re.M)


def backends():
    """The Keras backends: the extras for which there is also one with the suffix "-cuda"."""
    known = known_extras()
    return [extra for extra in known if f"{extra}-cuda" in known]


def check(extras):
    """Stop at an extra that pyproject.toml does not have, of which pip would only warn."""
    for extra in extras:
        if extra not in known_extras():
            stop(
                "KERAS_BACKEND (for `make test`, BACKEND) must be one of "
                f"{', '.join(backends())}. Received: {extra!r}."
            )


def find_python():
    """A Python of a supported version: the running one if possible, otherwise one on the PATH."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    low, end = map(int, re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text).groups())
    if (3, low) <= sys.version_info[:2] < (3, end):
        return sys.executable
    for minor in reversed(range(low, end)):
        found = shutil.which(f"python3.{minor}")
        if found and succeeds([found, "-c", ""]):
            return found
    return stop(
        f"The course needs Python 3.{low} to 3.{end - 1}; {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}.\nInstall one of them with your system's "
        f"package manager, or name one: make course PYTHON=/path/to/python3.{end - 1}"
    )


def gpu_answers():
    """Whether there is an NVIDIA GPU, and `GPU=0` does not forbid its use."""
    if os.environ.get("GPU") == "0" or not shutil.which("nvidia-smi"):
        return False
    try:
        asked = subprocess.run(["nvidia-smi", "-L"], stdout=subprocess.PIPE, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and b"GPU 0" in asked.stdout


def place(extras):
    """The environment's folder, and the extras to install in it.

    Each CUDA build gets a folder of its own, because the CUDA libraries that two of them need
    differ.
    """
    named = [extra for extra in extras if extra in backends()]
    wanted = CPU_ONLY.isdisjoint(extras) or os.environ.get("GPU") == "1"
    if wanted and len(named) == 1 and gpu_answers():
        cuda = f"{named[0]}-cuda"
        return ROOT / f".venv-{cuda}", [cuda if extra in named else extra for extra in extras]
    return ROOT / ".venv", list(extras)


def fingerprint():
    """A hash of what an installation depends on: two files, and the path that it links to."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\n".join([str(ROOT).encode(), *parts])).hexdigest()


def present(folder):
    """The installed extras; none if pyproject.toml or constraints.txt has changed since."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return set(stamp["extras"]) if stamp["fingerprint"] == fingerprint() else set()


def write_stamp(folder, extras):
    """Note which extras are installed. To `present`, a half-written note counts as none."""
    stamp = {"fingerprint": fingerprint(), "extras": sorted(extras)}
    (folder / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def python_of(folder):
    return str(folder / "bin" / "python")


def has_pip(folder):
    return succeeds([python_of(folder), "-m", "pip", "--version"])


def create(folder):
    """Make an empty environment, or complete one whose creation was interrupted."""
    base = find_python()
    if not succeeds([base, "-c", "import venv, ensurepip"]):
        stop(
            f"{base} cannot make virtual environments: its module venv or ensurepip is missing.\n"
            f"On Debian and Ubuntu: sudo apt install python3-venv. {AGAIN}"
        )
    print(f"Making {folder.name} with {base}", flush=True)
    made = subprocess.run([base, "-m", "venv", str(folder)])
    if made.returncode or not has_pip(folder):
        stop(
            f"`{base} -m venv {folder.name}` failed. The usual reasons: a full disk, or a folder "
            f"{folder.name} from a Python that is gone; `make clean` removes it. {AGAIN}"
        )


def last_step(log):
    """The last step in pip's log that tells a waiting person something."""
    text = log.read_text(encoding="utf-8", errors="replace")
    steps = re.findall(r"^ *((?:Collecting|Downloading|Installing) .*)", text, re.M)
    return steps[-1][:60] if steps else "starting"


def follow(process, log):
    """Show what pip is doing: on a terminal in one line, elsewhere in a line every 15 seconds."""
    start = said = time.time()
    terminal = sys.stdout.isatty()
    while process.poll() is None:
        time.sleep(0.5)
        now = time.time()
        line = f"  {now - start:3.0f} s  {last_step(log)}"
        if terminal:
            print(f"\r{line:72}", end="", flush=True)
        elif now - said > 15:
            said = now
            print(line, flush=True)
    print(
        f"{chr(13) if terminal else ''}{f'  pip took {time.time() - start:.0f} s':72}", flush=True
    )


def install(folder, extras):
    """Install the package in editable mode, with these extras and every version pinned."""
    what = f".[{','.join(extras)}]"
    print(f"Installing {what} into {folder.name}", flush=True)
    command = [python_of(folder), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--no-input", "-c", "constraints.txt", "-e", what]
    # Some systems set PIP_USER, with which pip refuses to install into an environment.
    variables = dict(os.environ, PIP_USER="0", PYTHONUNBUFFERED="1")
    log = folder / "install.log"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command, cwd=str(ROOT), env=variables, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            follow(process, log)
        # On Ctrl-C, pip must stop, too.
        finally:
            process.terminate()
            process.wait()
    if process.returncode:
        cpu = " Without the GPU: put GPU=0 before it." if "cuda" in what else ""
        end = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        stop(
            "\n".join(end) + f"\n\nInstalling {what} failed; the whole log is "
            f"{folder.name}/{log.name}.\nThe usual reasons: no network, or a full disk (one "
            f"backend takes 1 to 2 GB, a CUDA build 5 GB, all three on the CPU 4 GB). {AGAIN}{cpu}"
        )


def provide(extras):
    """The Python of an environment with these extras, which are installed if they are missing."""
    folder, extras = place(extras)
    there = present(folder)
    lacking = "all" not in there and not there.issuperset(extras)
    if lacking or not os.path.exists(python_of(folder)):
        if not has_pip(folder):
            create(folder)
        install(folder, extras)
        write_stamp(folder, there | set(extras))
    return python_of(folder)


def main(extras, arguments):
    os.chdir(str(ROOT))
    check(extras)
    try:
        python = provide(extras)
    except KeyboardInterrupt:
        stop(f"Stopped. {AGAIN}")
    # Notebooks run in notebooks/, where a path relative to the root would lead elsewhere.
    data = os.environ.get("AE_KERAS_DATA_DIR")
    if data:
        os.environ["AE_KERAS_DATA_DIR"] = os.path.abspath(os.path.expanduser(data))
    os.execv(python, [python, *arguments])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        stop(__doc__)
    main(sys.argv[1].split(","), sys.argv[2:])
