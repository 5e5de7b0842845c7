"""What tools/book.py writes for Sphinx, and what `make course` adds. No browser, no keras."""

import json

import nbformat
import pytest

import book as web
import browser
import course
import execution

LESSONS = sorted(path.stem for path in execution.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
PIXEL = "iVBORw0KGgo="


def run_of(name, seconds=4.5, error=2.5, done=True):
    """A stored lesson as if it had run on this machine; one that is not done has no receipt."""
    book = nbformat.read(execution.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    output = nbformat.v4.new_output(
        "display_data",
        {"text/markdown": f"**Receipt.** test error {error}. Made with torch 2 on CPU, digits."},
        metadata={"receipt": json.dumps({"seconds": seconds})},
    )
    book.cells[-1].outputs = [output] if done else []
    return book


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder build/course with a run of lesson 03 and half a run of lesson 05 on PyTorch."""
    monkeypatch.setattr(web, "COURSE", tmp_path)
    folder = tmp_path / "torch"
    folder.mkdir()
    nbformat.write(run_of(LESSONS[3]), folder / f"{LESSONS[3]}.ipynb")
    nbformat.write(run_of(LESSONS[5], done=False), folder / f"{LESSONS[5]}.ipynb")
    return folder


def test_the_readme_lists_each_lesson_in_order_under_a_part():
    rows = web.rows()
    assert list(rows) == LESSONS
    parts = [part for part, about in rows.values()]
    assert parts == sorted(parts)
    assert all(part and about for part, about in rows.values())


def test_each_lesson_says_how_long_it_takes():
    for lesson in web.lessons():
        assert lesson.minutes.isdigit(), lesson.name
        assert lesson.title.startswith(lesson.name[:2]), lesson.name


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/someone/course.git\n", "someone/course"),
        ("git@github.com:someone/course.git", "someone/course"),
        ("https://github.com/someone/my.course/", "someone/my.course"),
        ("https://example.org/someone/course.git", ""),
        ("https://notgithub.com/someone/course", ""),
        ("", ""),
    ],
)
def test_colab_is_offered_where_the_clone_is_from_github(address, name):
    assert web.on_github(address) == name
    (lesson,) = [each for each in web.lessons() if each.name == LESSONS[3]]
    line = web.links(lesson, web.on_github(address))
    assert ("colab" in line) == bool(name)
    if name:
        assert f"/github/{name}/blob/HEAD/notebooks/{LESSONS[3]}.ipynb" in line
        assert f"%pip install --quiet git+https://github.com/{name}\n" in line


def test_a_complete_run_of_ones_own_takes_the_place_of_the_stored_one(own):
    found = {lesson.name: web.receipt(lesson.book) for lesson in web.lessons(own)}
    assert list(found) == LESSONS
    assert found[LESSONS[3]].figures == {"test error": "2.5", "seconds": "4.5"}
    assert found[LESSONS[5]] == web.receipt(web.lessons()[5].book)


def test_receipts_stand_side_by_side(own):
    page = web.receipts(web.lessons())
    assert '<th scope="col">as stored</th><th scope="col">torch</th>' in page
    assert '<tr><th scope="row">test error</th><td></td><td>2.5</td></tr>' in page
    assert all(f'href="{name}.html"' in page for name in LESSONS)
    assert "**torch**: torch 2 on CPU, digits" in page


def test_a_widget_keeps_its_picture_and_its_data():
    cell = nbformat.v4.new_code_cell("widget")
    cell.metadata["mystnb"] = {"image": {"alt": 'A plane, "turned"'}}
    data = {web.WIDGET: {"kind": "plane", "note": "</script>"}, "image/png": PIXEL}
    cell.outputs = [nbformat.v4.new_output("display_data", data)]
    lesson = web.lessons()[0]
    lesson.book.cells.append(cell)
    page = nbformat.reads(web.page(lesson), as_version=4)
    (written,) = [each for each in page.cells if each.source == "widget"]
    shown = written.outputs[0].data["text/html"]
    assert f'<img src="data:image/png;base64,{PIXEL}" alt="A plane, &quot;turned&quot;">' in shown
    assert shown.count("</script>") == 1
    stored = shown.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(stored) == data[web.WIDGET]


def test_figures_of_a_run_are_told_in_words():
    assert course.figures(run_of(LESSONS[3])) == "test error 2.5"
    assert course.figures(run_of(LESSONS[3], done=False)) == ""


def test_a_part_of_no_lesson_is_refused():
    with pytest.raises(SystemExit, match="99"):
        course.chosen(["99"])


def test_a_named_browser_that_does_not_start_is_none(monkeypatch):
    monkeypatch.setenv(browser.VARIABLE, str(execution.ROOT / "no-such-browser"))
    assert browser.find() is None
    assert browser.VARIABLE in browser.ADVICE
