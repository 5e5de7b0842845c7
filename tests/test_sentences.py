"""Numbers in the text of the lessons are those of the outputs, the code, or a named source.

tests/sentences.py says where it looks, CONTRIBUTING.md how a cell names another source.
"""

import copy
import functools

import nbformat
import pytest

import execution
import sentences

FAULTS = execution.module("tests/mutants/sentence_faults.py").FAULTS
LATER = ()  # lessons that are not looked at yet
LESSONS = [path.stem for path in execution.sources() if path.stem[:2] not in LATER]

# Numbers without a source, each with the two words after it. Most are of runs that nothing records.
NOT_YET = {
    "22": {
        "0.72 for the",
        "0.74 to 0.75",
        "0.75 for the",
        "0.78.) The rule",
        "two points. Label",
    },
    "26": {
        "0.008 without it,",
        "0.008: 2.9. 0.016:",
        "0.14 after twelve",
        "0.2 after sixty.",
        "0.99) helped in",
        "1.99 in 19",
        "19 minutes.) Dense",
        "2.26 instead of",
        "2.30. With all",
        "2.5 instead of",
        "2.6, for a",
        "2.9 as well,",
        "2.9. 0.016: 2.9",
        "3.3 and 3.7,",
        "3.4. 0.008: 2.9.",
        "3.45 (one run,",
        "3.7, and the",
        "64, not 128.*",
        "64; Nesterov's momentum",
        "86.7 and 90.0",
        "87.0 where all",
        "88.1 and 91.1,",
        "90.0 (500 images",
        "91.1 on those",
        "91.1, and now",
        "Forty epochs, tried",
        "a sixth more time.",
        "sixty was no",
        "sixty. - *Batches",
        "ten epochs unless",
        "ten epochs; with",
        "twelve and 0.2",
        "twelve epochs 2.5",
        "twelve epochs, and",
        "twenty-four epochs 2.26",
        "twice as wide,",
        "twice that rate,",
    },
}


def number_of(stem):
    return stem[:2]


@functools.cache
def before(stem):
    return sentences.unbound(sentences.lesson(stem))


@pytest.mark.parametrize("stem", LESSONS, ids=number_of)
def test_each_number_has_a_source(stem):
    wrong = before(stem)
    known = NOT_YET.get(stem[:2], set())
    new = [message for *_, key, message in wrong if key not in known]
    assert not new, f"{stem}: correct these numbers, or mark where they are from: {new}"
    assert not known - {key for *_, key, _ in wrong}, "these have a source now, or are gone"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}: {fault[2]}")
def test_a_changed_number_is_found(fault):
    number, old, new = fault
    (stem,) = [path.stem for path in execution.sources([f"{number}_"])]
    cells = list(sentences.lesson(stem))
    places = [
        i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and old in cell.source
    ]
    assert len(places) == 1, "the lesson has changed; write this fault anew"
    cells[places[0]] = copy.copy(cells[places[0]])
    cells[places[0]].source = cells[places[0]].source.replace(old, new)
    assert set(sentences.unbound(cells)) - set(before(stem))


# The rules, on a lesson of three cells -----------------------------------------------------------

TABLE = "            error   right\nmodel        8.24   33.7%\nPCA         14.18   97.1%\n"


def found(text, output=TABLE, code="fit(epochs=15)", numbers=None):
    """The numbers without a source in a text below a cell that printed `output`."""
    ran = nbformat.v4.new_code_cell(code)
    ran.outputs = [nbformat.v4.new_output("stream", name="stdout", text=output)]
    said = nbformat.v4.new_markdown_cell(text, metadata={"numbers": numbers or {}})
    heading = nbformat.v4.new_markdown_cell("## Results")
    return [text for _, text, *_ in sentences.unbound([heading, ran, said])]


@pytest.mark.parametrize(
    "text",
    [
        "An error of 8.2, or 8.24.",
        "PCA gets 97 per cent, or 97.1 %.",
        "After 15 epochs.",
        "Two models, three classes, in 2017 (arXiv:1312.6114), lessons 07 and 12, figure 2.",
        r"With $\frac{1}{2}$ and images of 28 × 28, shape (28, 28, 1).",
    ],
)
def test_right_numbers_need_no_mark(text):
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("An error of 8.3.", "8.3"),
        ("PCA gets 98 per cent.", "98"),
        ("After twelve epochs.", "twelve"),
        ("It has a third of the error.", "a third"),
        ("It has twice the error.", "twice"),
        ("One image in four is right.", "One image in four"),
    ],
)
def test_wrong_numbers_are_found(text, wrong):
    assert found(text) == [wrong]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("It has more than half of the error.", {"half": "8.24 / 14.18"}),
        ("It saves 42 per cent.", {"42": "1 - 8.24 / 14.18"}),
        ("Each has 196 pixels or 256 greys.", {"196": "14 * 14", "256": "2 ** 8"}),
        ("It reads 13.87.", {"13.87": "measured: published.json rows.jax.figures: pca_30"}),
        ("It has 1.2 nats.", {"1.2": "paper: Kingma & Welling 2014, table 1"}),
    ],
)
def test_marks_that_hold(text, mark):
    assert not found(text, numbers=mark)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("It has a third of the error.", {"a third": "8.24 / 14.18"}),
        ("It has more than half of the error.", {"half": "8.25 / 14.18"}),  # 8.25: no output
        ("It reads 13.88.", {"13.88": "measured: published.json rows.jax.figures: pca_30"}),
        ("It has 1.2 nats.", {"1.2": "paper:"}),
        ("An error of 8.2.", {"8.3": "given: an example"}),  # no such number
    ],
)
def test_marks_that_do_not_hold(text, mark):
    assert found(text, numbers=mark) == list(mark)
