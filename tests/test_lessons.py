"""The notebooks as documents: what nbval does not look at. No kernel, no keras, a few seconds.

What is a matter of taste, such as the length of a cell, is reported by tools/editorial.py.
"""

import base64
import re

import jupytext
import nbformat
import pytest

import build
import execution
import stand_ins

LESSONS = sorted(execution.NOTEBOOKS.glob("*.ipynb"))
SOLUTIONS = sorted((execution.NOTEBOOKS / "solutions").glob("*.ipynb"))
QUESTIONS = list(range(1, 28))
PART_FAULTS = execution.module("tests/mutants/part_faults.py").FAULTS

MAGIC = {"image/png": b"\x89PNG\r\n", "image/gif": b"GIF8"}

# In stored text, these would tie a notebook to the machine or the backend that built it.
TIED = {
    "path of a machine": r"(?<![\w.])/(?:home|root|work|tmp|Users|usr|opt|var)/|\b[A-Z]:\\",
    "memory address": r"\b0x[0-9a-fA-F]{6,}",
    "tensor of one backend": (
        r"<tf\.|tf\.Tensor|\btensor\(|\bArray\(|TensorShape|torch\.Size|torch\.float|KerasTensor"
    ),
    "number that is none": r"(?<![\w-])(?:nan|[-+]?inf)(?![\w-])",
    "name of a framework": r"(?i)\b(?:tensorflow|torch|pytorch|jax)\b",
}
# The line that reports the backend is markdown, which is not compared.
TIED_IN_MARKDOWN = [what for what in TIED if what != "name of a framework"]


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def prose(book):
    return "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")


def texts(cell, kind=None):
    """What a cell stored as text: (kind, text) of each stream, MIME type and error."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.name, output.text
        elif output.output_type == "error":
            yield "error", "\n".join([output.ename, output.evalue, *output.traceback])
        for mime, data in output.get("data", {}).items():
            if mime.startswith("text/"):
                yield mime, data


def printed(cell):
    return "\n".join(text for _, text in texts(cell))


def pictures(cell):
    """The (MIME type, bytes, words) of each picture a cell stored."""
    return [
        (mime, base64.b64decode(output.data[mime]), output.data.get("text/plain", ""))
        for output in cell.outputs
        for mime in output.get("data", {})
        if mime.startswith("image/")
    ]


def alt(cell):
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def name(path):
    return f"{path.parent.name}-{path.stem}" if path in SOLUTIONS else path.stem


@pytest.fixture(params=LESSONS + SOLUTIONS, ids=name)
def any_book(request):
    return read(request.param)


@pytest.fixture(params=LESSONS, ids=name)
def lesson_path(request):
    return request.param


@pytest.fixture
def lesson(lesson_path):
    return read(lesson_path)


@pytest.fixture
def source(lesson_path):
    """What the lesson was written as: the cells of its source, solutions included."""
    return jupytext.read(execution.SOURCES / f"{lesson_path.stem}.py")


# A word that each of the 27 questions cannot do without
SUBJECTS = [
    "install",
    "import",
    "GPU",
    "seed",
    "load",
    "normalise",
    "batches",
    "split",
    "Encoder",
    "forward",
    "latent",
    "Decoder",
    "forward",
    "activation",
    "combine",
    "chaining",
    "dimensions",
    "loss",
    "optimizer",
    "loop",
    "monitor",
    "originals",
    "epoch",
    "extract",
    "t-SNE",
    "dimension",
    "features",
]

# The set of notebooks ---------------------------------------------------------------------------


def test_every_source_has_a_lesson_and_every_lesson_a_source():
    names = [path.stem for path in execution.sources()]
    assert names, "notebooks/source holds no lesson"
    assert [path.stem for path in LESSONS] == names, "make notebooks"
    assert [path.stem for path in SOLUTIONS] == names, "make notebooks"
    assert [stem[:2] for stem in names] == [f"{number:02d}" for number in range(len(names))]


def test_every_question_is_asked_once_in_order_and_answered_by_code():
    found = []
    for path in LESSONS:
        cells = read(path).cells
        for place, cell in enumerate(cells):
            asked = re.findall(r"^#+ *Q(\d+)\b", cell.source, re.M)
            if cell.cell_type != "markdown" or not asked:
                continue
            proper = re.findall(r"^## Q(\d+)\. \S", cell.source, re.M)
            assert proper == asked, f"{path.stem}: write the heading as '## Q{asked[0]}. ...'"
            found += [(int(number), path.stem) for number in asked]
            words = cell.source.split(f"## Q{asked[0]}. ")[1].split("\n")[0]
            assert SUBJECTS[int(asked[0]) - 1] in words, f"{path.stem}: Q{asked[0]} asks for more"
            near = [later.cell_type for later in cells[place + 1 : place + 5]]
            assert "code" in near, f"{path.stem}: Q{asked[0]} is not followed by code"
    assert [number for number, _ in found] == QUESTIONS
    assert {stem[:2] for _, stem in found} == {f"{number:02d}" for number in range(1, 10)}


def test_the_readme_lists_each_lesson_with_its_minutes():
    listed = re.findall(
        r"\(notebooks/(\w+)\.ipynb\) \|.*\| (\d+) \|",
        (execution.ROOT / "README.md").read_text("utf-8"),
    )
    minutes = re.compile(r"\*\*Time\*\* (\d+)")
    assert listed == [(path.stem, minutes.search(prose(read(path)))[1]) for path in LESSONS]


# Any stored notebook ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=name)
def test_valid(path):
    nbformat.validate(read(path))


def test_metadata_tells_nothing_of_the_machine(any_book):
    assert any_book.metadata == execution.METADATA
    for number, cell in enumerate(any_book.cells):
        assert cell.id == f"cell-{number:02d}"
        assert set(cell.metadata) <= {"mystnb", "tags"}
        assert execution.tags(cell) <= set(build.SHOWN_TAGS), cell.source


def test_every_cell_ran_in_order(any_book):
    counts = [cell.execution_count for cell in code_cells(any_book)]
    assert counts == list(range(1, len(counts) + 1)), "make notebooks"
    assert any(cell.outputs for cell in code_cells(any_book)), "make notebooks"


def test_only_tagged_cells_raise(any_book):
    for cell in code_cells(any_book):
        raised = any(output.output_type == "error" for output in cell.outputs)
        assert raised == ("raises-exception" in execution.tags(cell)), cell.source


def test_nothing_stored_from_stderr(any_book):
    for cell in code_cells(any_book):
        assert "stderr" not in dict(texts(cell)), cell.source


def test_no_cell_hides_from_nbval(any_book):
    for cell in code_cells(any_book):
        assert not re.search(r"(?i)#\s*(?:NBVAL|PYTEST_VALIDATE)_", cell.source), cell.source
        assert not cell.source.rstrip().endswith(";"), f"nbval shows what ; hides:\n{cell.source}"
        assert not re.search(r"^[%!]", cell.source, re.M), (
            f"nbval sees magic differently:\n{cell.source}"
        )


@pytest.mark.parametrize("what", TIED)
def test_stored_text_holds_on_every_machine_and_backend(any_book, what):
    for cell in code_cells(any_book):
        for kind, text in texts(cell):
            if kind != "text/markdown" or what in TIED_IN_MARKDOWN:
                found = re.search(TIED[what], text)
                assert not found, f"{what}: {found[0]!r} in the {kind} of\n{cell.source}"


def test_every_picture_is_stored_and_described(any_book):
    for cell in code_cells(any_book):
        found = pictures(cell)
        assert bool(found) == bool(alt(cell)), (
            f"a picture and its alt text belong to\n{cell.source}"
        )
        assert not found or len(alt(cell)) >= 20, f"describe more: {alt(cell)!r}"
        for mime, raw, words in found:
            assert mime in MAGIC, f"{mime} in the output of\n{cell.source}"
            assert raw.startswith(MAGIC[mime]), cell.source
            assert len(raw) > 1000, cell.source
            if mime == "image/png":
                axes = re.match(r"Figure of (\d+) axes\n", words)
                assert axes, f"notebook.start() makes figures describe themselves; not so {words!r}"
                assert len(re.findall(r"^\d+\. ", words, re.M)) == int(axes[1]) > 0


# A lesson as it should read ---------------------------------------------------------------------


def test_the_parts_are_there_in_order(lesson):
    text = prose(lesson)
    assert re.match(r"# \S", lesson.cells[0].source), "the first cell must start with the title"
    parts = [
        r"You will be able to",
        r"You need",
        r"(?m)^#+ .*What to remember",
        r"(?m)^#+ .*Quiz",
        r"(?m)^#+ .*Further reading",
    ]
    places = []
    for part in parts:
        found = re.search(part, text)
        assert found, f"there is no {part!r}"
        places.append(found.start())
    assert places == sorted(places)


def test_set_up_first_and_receipt_last(lesson):
    tags = [execution.tags(cell) for cell in code_cells(lesson)]
    assert "setup" in tags[0]
    assert "receipt" in tags[-1]
    assert sum("setup" in tag for tag in tags) == sum("receipt" in tag for tag in tags) == 1


def test_receipt_checks_what_it_reports(lesson):
    receipt = code_cells(lesson)[-1]
    assert re.search(r"^notebook\.claim\(", receipt.source, re.M), "claim wide bounds first"
    assert "notebook.receipt(" in receipt.source
    assert "**Receipt.**" in printed(receipt)


# Lesson, source, exercises and solutions --------------------------------------------------------


def test_lesson_is_what_its_source_says(lesson, source):
    wanted = build.tidy(execution.lesson(source))
    assert_same_cells(lesson, wanted)


def test_solutions_are_what_the_source_says(lesson_path, source):
    stored = read(lesson_path.parent / "solutions" / lesson_path.name)
    assert_same_cells(stored, build.tidy(build.solutions(source)))


def assert_same_cells(stored, wanted):
    """All but the outputs is the same; the first difference is shown, not a wall of text."""
    for old, new in zip(stored.cells, wanted.cells, strict=False):
        assert (old.cell_type, old.source) == (new.cell_type, new.source), "make notebooks"
        assert old.metadata == new.metadata, f"make notebooks: metadata of\n{old.source}"
    assert len(stored.cells) == len(wanted.cells), "make notebooks"


def test_exercises_wait_for_an_attempt(lesson, source):
    exercises = [cell for cell in code_cells(lesson) if "exercise" in execution.tags(cell)]
    assert len(exercises) >= 2
    for cell in exercises:
        assert "not attempted yet" in printed(cell), cell.source
    order = [execution.tags(cell) & {"exercise", "solution"} for cell in code_cells(source)]
    pairs = [tag for tags in order for tag in tags]
    assert pairs == ["exercise", "solution"] * len(exercises), "a solution follows its exercise"


def test_solutions_pass(lesson_path, source):
    stored = read(lesson_path.parent / "solutions" / lesson_path.name)
    answers = {cell.source: printed(cell) for cell in code_cells(stored)}
    for cell in code_cells(source):
        if execution.is_solution(cell):
            assert build.PASSED in answers.get(cell.source, "no such cell"), cell.source
            assert "not yet: " not in answers[cell.source], cell.source


# Choices ----------------------------------------------------------------------------------------

# The part that a name stands for, where its origin does not say it.
NAMED = {
    # The lesson's own payments: the month is what the methods are judged on.
    "20": {"month": "test"},
    # All images that there are, of a made world: how they are described, not how new ones fare.
    "17": {"x": "all", "factors": "all"},
}
# Results by which the text of a lesson chooses; the code that follows holds only the choice.
READ = {
    "09": ("errors", "pca_errors", "scores"),
    "12": ("scores", "nudges"),
    "15": ("scores",),
    "21": ("by_setting", "inside", "outside", "values"),
    "22": ("spent",),
    "27": ("serial", "pca"),
}
# What may be done with the test part: (lesson, part of the line, what it does): why.
MAY = {
    (
        "22",
        "cross_val_score(SVC()",
        "fits",
    ): "tells test images from drawn ones, between two halves",
    (
        "23",
        "best = int(np.argmax(on_test))",
        "ranks results",
    ): "a bug to be found: selection on test",
    ("23", "the best code gets", "selects"): "the same",
    ("23", "the chosen code on fresh", "selects"): "the same",
}


def choices(path, text):
    """What a lesson chooses on the test part: (number of the line, line, what it does)."""
    number, lines = path.stem[:2], text.splitlines()
    found = stand_ins.chosen_on_test(text, path, NAMED.get(number), READ.get(number, ()))
    return [(line, lines[line - 1].strip(), what) for line, what in found]


def may(path, choice, exception):
    number, part, what = exception
    return path.stem.startswith(number) and part in choice[1] and what == choice[2]


def forbidden(path, text):
    """What a lesson chooses on the test part and may not, as messages."""
    return [
        f"{path.name}:{choice[0]}: {choice[2]} on test data: {choice[1]}"
        for choice in choices(path, text)
        if not any(may(path, choice, exception) for exception in MAY)
    ]


@pytest.mark.parametrize("path", execution.sources(), ids=lambda path: path.stem)
def test_nothing_is_chosen_on_the_test_part(path):
    """A choice belongs to the validation part; tests/stand_ins.py says what counts as one."""
    assert not forbidden(path, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", sorted({number for number, *_ in MAY}))
def test_each_exception_is_needed(number):
    (path,) = execution.sources([f"{number}_"])
    found = choices(path, path.read_text(encoding="utf-8"))
    for exception in MAY:
        if exception[0] == number:
            assert any(may(path, choice, exception) for choice in found), exception


@pytest.mark.parametrize("fault", PART_FAULTS, ids=lambda fault: f"{fault[0]}: {fault[1]}")
def test_a_choice_on_the_test_part_is_found(fault):
    number, _, old, new = fault
    (path,) = execution.sources([f"{number}_"])
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, "the lesson has changed; write this fault anew"
    found = forbidden(path, text.replace(old, new))
    assert found
    assert not any("cannot be followed" in line for line in found), found


# nbval's own settings ---------------------------------------------------------------------------


def test_nbval_reads_every_pattern():
    from nbval.plugin import get_sanitize_patterns

    text = (execution.ROOT / "tests" / "nbval.cfg").read_text()
    patterns = get_sanitize_patterns(text)
    assert len(patterns) == len(re.findall(r"^\[", text, re.M))
    assert all(replacement for _, replacement in patterns)


# The glossary -----------------------------------------------------------------------------------

TERM = re.compile(r"^### (.+)\n(.+)$", re.M)


def anchor(term):
    return term.lower().replace(" ", "-")


@pytest.fixture(scope="module")
def glossary():
    return dict(TERM.findall((execution.NOTEBOOKS / "glossary.md").read_text()))


def links(text):
    return set(re.findall(r"\]\(glossary\.md#([^)]+)\)", text))


def test_terms_stand_in_order_and_each_names_a_lesson(glossary):
    assert list(glossary) == sorted(glossary, key=str.lower)
    for term, words in glossary.items():
        named = re.findall(r"\[[Ll]esson (\d\d)\]\((\S+?)\)", words)
        assert named, term
        for number, name in named:
            assert name.startswith(number), term
            assert (execution.NOTEBOOKS / name).is_file(), f"{term}: {name}"


def test_each_term_is_linked_from_the_lessons_that_it_names(glossary):
    for term, words in glossary.items():
        for name in re.findall(r"\((\d\d_\S+?\.ipynb)\)", words):
            assert anchor(term) in links(prose(read(execution.NOTEBOOKS / name))), f"{term}: {name}"


def test_links_to_the_glossary_lead_somewhere(lesson, glossary):
    assert links(prose(lesson)) <= {anchor(term) for term in glossary}
