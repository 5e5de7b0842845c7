"""The project as files: pins and extras agree, modules keep to their layer, nothing is tied to a
machine. No keras, a second."""

import ast
import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ae_keras"
MODULES = sorted(PACKAGE.rglob("*.py"))
BACKENDS = {"jax", "torch", "tensorflow"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]

MAX_LINES_OF_A_FILE, MAX_LINES_OF_A_FUNCTION = 250, 40
# Only these may know which backend runs, and they import it inside functions.
KNOW_THE_BACKEND = {"backend", "data", "training"}
# Who must not import whom. `models` stands for the package of that name.
BESIDE = {"training", "evaluation", "plots", "data", "checks", "notebook"}
BESIDE |= {"anomaly", "compression", "export", "inpainting", "parallel", "pipeline"}  # one use each
NETWORKS = {"models", "encoders", "decoders"}
SOURCES = {"embedded", "synthetic", "corruption", "idx", "pictures"}  # what `data` is made of
FORBIDDEN = {
    "backend": NETWORKS | BESIDE | SOURCES | {"losses", "files", "layers"},
    "validation": NETWORKS | BESIDE | SOURCES | {"losses", "files", "layers"},
    "files": NETWORKS | BESIDE | SOURCES | {"losses", "layers"},
    "losses": NETWORKS | BESIDE,
    "encoders": BESIDE | {"models", "decoders"},
    "decoders": BESIDE | {"models", "encoders"},
    "models": BESIDE,
    "layers": NETWORKS | BESIDE,
    "corruption": NETWORKS | BESIDE,
    "embedded": NETWORKS | BESIDE,
    "synthetic": NETWORKS | BESIDE,
    "idx": NETWORKS | BESIDE,
    "pictures": NETWORKS | BESIDE,
    "data": NETWORKS | BESIDE - {"data"},
    "training": NETWORKS | BESIDE - {"training"},
    "evaluation": NETWORKS | BESIDE - {"evaluation"},
    "plots": NETWORKS | BESIDE - {"plots"},
    "anomaly": NETWORKS | BESIDE - {"anomaly", "evaluation"},
    "compression": NETWORKS | BESIDE - {"compression"},
    "export": NETWORKS | BESIDE - {"export"},
    "inpainting": NETWORKS | BESIDE - {"inpainting"},
    "parallel": NETWORKS | BESIDE - {"parallel"},
    "pipeline": NETWORKS | BESIDE - {"pipeline", "evaluation"},
}


def relative(path):
    return path.relative_to(ROOT).as_posix()


# Pins -------------------------------------------------------------------------------------------


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==\d[\w.]*", line), f"no plain pin: {line!r}"
    found = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}
    assert len(found) == len(lines), "a package is pinned twice"
    return found


def requirements():
    """Every requirement of the package and its extras, but for its own name in `all`."""
    texts = PROJECT["dependencies"] + [text for extra in EXTRAS.values() for text in extra]
    found = [Requirement(text) for text in texts]
    return [each for each in found if each.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_each_requirement_has_a_pin_that_satisfies_it(requirement):
    pin = pins().get(canonicalize_name(requirement.name))
    assert pin, f"constraints.txt does not pin {requirement.name}"
    assert requirement.specifier.contains(pin), f"{requirement} is not met by {pin}"


def test_the_agreed_versions_are_pinned():
    assert pins()["keras"] == "3.15.1"
    assert pins()["torch"] == "2.13.0"
    assert not {"pip", "setuptools", "wheel", "ae-keras"} & set(pins())


def test_everything_that_is_installed_with_the_project_is_pinned():
    # What a CUDA build brings along is chosen by the framework, within its own bounds.
    by_framework = re.compile(r"setuptools|wheel|pip|triton|cuda-.*|nvidia-.*|jax-cuda.*")
    loose = [
        name
        for name in installed_with_the_project()
        if name not in pins() and not by_framework.fullmatch(name)
    ]
    assert not loose, "write constraints.txt anew, see CONTRIBUTING.md"


def test_what_is_pinned_can_be_installed_on_the_first_release_of_each_python():
    # Distributions stay with an early patch release for years: Debian 12 has 3.11.2.
    oldest = [f"3.{minor}.0" for minor in (11, 12, 13)]
    assert all(SpecifierSet(PROJECT["requires-python"]).contains(python) for python in oldest)
    for name in sorted(pins().keys() & installed_with_the_project()):
        wanted = importlib.metadata.metadata(name).get("Requires-Python") or ""
        refused = [python for python in oldest if not SpecifierSet(wanted).contains(python)]
        assert not refused, f"{name} {pins()[name]} wants Python {wanted}: pin an older one"


def installed_with_the_project():
    """The names of what pip brings for `.[all]`, as far as it is installed here."""
    seen, todo = set(), [Requirement(f"{PROJECT['name']}[all]")]
    while todo:
        wanted = todo.pop()
        key = (canonicalize_name(wanted.name), tuple(sorted(wanted.extras)))
        if key in seen:
            continue
        try:
            needs = importlib.metadata.requires(wanted.name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        seen.add(key)
        for need in map(Requirement, needs):
            settings = [default_environment() | {"extra": e} for e in ("", *wanted.extras)]
            if not need.marker or any(need.marker.evaluate(each) for each in settings):
                todo.append(need)
    return {name for name, _ in seen} - {canonicalize_name(PROJECT["name"])}


def test_extras_cover_each_backend_on_cpu_and_gpu():
    assert set(EXTRAS) == BACKENDS | {f"{name}-cuda" for name in BACKENDS} | {
        "notebooks",
        "test",
        "all",
    }
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == BACKENDS | {"notebooks", "test"}


def test_environment_yml_installs_the_same():
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, last = content["dependencies"]
    (python,) = [each.split("=")[1] for each in conda if each.startswith("python=")]
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{python}.0")
    assert "pip" in conda
    assert "-c constraints.txt" in last["pip"]
    (package,) = [each for each in last["pip"] if each.startswith("-e ")]
    extras = re.fullmatch(r"-e \.\[([\w,-]+)\]", package)[1].split(",")
    assert set(extras) <= set(EXTRAS)
    assert "notebooks" in extras
    assert len(BACKENDS & set(extras)) == 1


def test_the_workflow_tests_each_backend():
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    assert set(job["strategy"]["matrix"]["backend"]) == BACKENDS
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


# Layers -----------------------------------------------------------------------------------------


def layer(path):
    """The name a module goes by in `FORBIDDEN`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree):
    """The (full name, node) of everything a tree imports, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "import from ae_keras, not from a dot"
            yield node.module, node
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def inside_functions(tree):
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda)]
    return {inner for function in functions for inner in ast.walk(function)}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_modules_import_only_from_below(path):
    for name, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if name.startswith("ae_keras."):
            assert name.split(".")[1] not in FORBIDDEN.get(layer(path), ()), f"imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_frameworks_are_imported_where_they_are_needed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = inside_functions(tree)
    for name, node in imports(tree):
        if name.split(".")[0] in BACKENDS:
            assert layer(path) in KNOW_THE_BACKEND, f"line {node.lineno} imports {name}"
            assert node in inner, f"line {node.lineno} imports {name} outside a function"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_three_modules_ask_which_backend_runs(path):
    named = {
        node.lineno: node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in BACKENDS
    }
    assert not named or layer(path) in KNOW_THE_BACKEND, named


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES_OF_A_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= MAX_LINES_OF_A_FUNCTION, f"{node.name} has {length} lines"


def test_every_subpackage_is_installed():
    folders = {relative(path.parent).replace("/", ".") for path in MODULES}
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == folders


# Files ------------------------------------------------------------------------------------------

# Written so that they do not find themselves.
ELSEWHERE = {
    "path of a machine": r"(?<![\w.~$}])/(?:hom[e]|roo[t]|wor[k]|User[s])/\w|\b[A-Z]:\\\\?User[s]",
    "host of a package registry": r"py[p]i\.org|python[h]osted\.|download\.py[t]orch|anacond[a]\.",
}


def tracked():
    """The text files that are, or will be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git repository")
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix not in {".png", ".gif"}]


@pytest.mark.parametrize("what", ELSEWHERE)
def test_no_file_is_tied_to_a_place(what):
    for path in tracked():
        found = re.search(ELSEWHERE[what], path.read_text(encoding="utf-8"))
        assert not found, f"{relative(path)}: {what}: {found[0]!r}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(name):
    page = ROOT / name
    assert page.exists(), f"{name} is still to be written"
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s#]+)", text) + re.findall(r"(?:src|href)=\"([^\"#]+)", text)
    for target in targets:
        if not re.match(r"https?:|mailto:", target):
            assert (ROOT / target).exists(), f"{name} links to {target}"
