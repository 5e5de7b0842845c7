"""The project as files: pins and extras agree, links lead somewhere, nothing is tied to a machine.

No keras, a second. Which module may import which is checked by import-linter and ruff: see
pyproject.toml.
"""

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

import environment
import execution

ROOT = Path(__file__).resolve().parent.parent
MODULES = [*(ROOT / "ae_keras").rglob("*.py"), *(ROOT / "ae_course").rglob("*.py")]
BACKENDS = {"jax", "torch", "tensorflow"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]


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


def test_the_tools_that_install_are_not_pinned():
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
        "book",
        "test",
        "all",
    }
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == BACKENDS | {"notebooks", "book", "test"}


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
    job = yaml.safe_load(text)["jobs"]["test"]
    assert set(job["strategy"]["matrix"]["backend"]) == BACKENDS


def test_one_list_of_backends():
    assert tuple(environment.backends()) == execution.module("ae_keras/backend.py").BACKENDS


def test_every_subpackage_is_installed():
    folders = {relative(path.parent).replace("/", ".") for path in MODULES}
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == folders


# Files ------------------------------------------------------------------------------------------

# Written so that they do not find themselves.
ELSEWHERE = {
    "path of a machine": r"(?<![\w.~$}])/(?:hom[e]|roo[t]|wor[k]|User[s])/\w|\b[A-Z]:\\\\?User[s]",
    "host of a package registry": r"py[p]i\.org|python[h]osted\.|download\.py[t]orch|anacond[a]\.",
}


BINARY = {".gif", ".keras", ".png", ".woff2"}


def tracked():
    """The text files that are, or will be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git repository")
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix not in BINARY]


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
