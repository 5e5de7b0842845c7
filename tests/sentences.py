"""Numbers in the text of a lesson, and where each comes from.

`unbound` lists the numbers of a lesson's text that are found neither in an output above them nor in
the code nor in a mark of their cell. CONTRIBUTING.md says what a mark looks like. Numbers that
count or name things (lessons, years, shapes, "two models") are not looked at.
"""

import ast
import functools
import json
import math
import re
from typing import NamedTuple

import jupytext
import nbformat

import execution

# What holds no result, in the order in which it is blanked out.
NO_RESULT = [
    r"```.*?```|`[^`\n]*`",
    r"(?s)\$\$.*?\$\$",
    r"\]\([^)]*\)|https?://\S+|(?:arXiv|doi):\S+|</?\w+>|!\[[^\]]*\]",
    r"\b(?:19\d|20[0-2])\d\b",
    r"(?i)\b(?:lessons?|exercises?|figures?|tables?|sections?|chapters?|appendix|part|question|"
    r"algorithm|equation|JMLR|ICML|volume|Q) ?#?\d[\d.]*\w?(?:(?:, | and | to | or )\d[\d.]*\b)*",
    r"\b0\d\b(?!\.)|\(\d\d?(?:, \d\d?)*\)|\b\d+-bit\b|[Pp]atients? \d+",
    r"(?m)^ *\d+\. ",
    r"[(\[][-\d., ]+,[-\d., ]+[)\]]|\d+(?: ?[x×→] ?\d+)+|\d+(?:-\d+){2,}",
    r"\b(?:Keras|Python|NumPy|PyTorch|TensorFlow|JAX|CUDA|tf2onnx|joblib|version) \d[\d.]*",
    r"(?i)\b(?:an?|digits?|class(?:es)?) \d(?:, \d)*(?: (?:or|and) \d)?\b(?![.,]\d)",
    r"\*\*Predict[^\n]*|\b(?:784|255)\b",
]
FORMULA = re.compile(r"\$([^$]+)\$")
TAIL = re.compile(r"(?:^|(?:=|\\approx|\\le|\\ge|<|>) ?)(-?[\d][\d.,]*)(?:\\?%)?$")
UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
UNITS += ["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
UNITS += ["eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {word: value for value, word in enumerate(UNITS)}
WORDS |= {word: 10 * value for value, word in enumerate(TENS, 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6}
PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
PARTS |= {"ninth": 9, "tenth": 10, "twentieth": 20, "hundredth": 100, "thousandth": 1000}
FACTORS = {"twice": 2, "halve": 0.5, "double": 2, "triple": 3}
ONE = f"(?:{'|'.join(TENS)})(?:-(?:{'|'.join(UNITS[1:10])}))?|{'|'.join(UNITS[::-1])}"
NUMBER = re.compile(
    rf"""(?ix)
    (?P<odds> \b(?:{ONE}|\d+)\ (?:[a-z]+\ )?in\ (?:{ONE}|\d+)\b)
    | (?P<part> \b(?:(?:an?|{ONE}|another|worst|top|each|first|last)\ )?
        (?<!other\ )(?:{"|".join(PARTS)})s?\b)
    | (?P<factor> \b(?:twice(?=\ (?:as|the|what|that|its|more)\b)
        | (?:halve|double|triple)[sd]?(?=\ (?:the|its|that)\b)))
    | (?P<digits> (?<![\w.,])[-−]?\d+(?:,\d{{3}})*(?:\.\d+)?(?![\w])(?:\ (?:million|thousand)\b)?)
    | (?P<word> \b(?:a|{ONE})\ (?:{"|".join(SCALES)})\b|\b(?:{ONE})(?=fold|\b))
    """
)
PERCENT = re.compile(r" ?%| per ?cent")
HEDGE = r"(?i)\b(?:about|nearly|almost|roughly|some|around|over|under|hardly|than|factor of)"
HEDGE = re.compile(HEDGE + r"(?: an?)? $")
MORE = re.compile(r"(?i)\b(?:more than|over|at least)(?: an?)? $")
LESS = re.compile(r"(?i)\b(?:(?:less|fewer) than|under|nearly|almost|hardly|at most)(?: an?)? $")
# After these, a small number word is a measurement; a part is one of something.
MEASURED = re.compile(
    r"(?:fold|[ -](?:[a-z]+ )?(?:nats?|bits?|bytes|points?|times|seconds?|minutes?|hours?|epochs?|"
    r"degrees?|pixels|numbers|steps|orders of|per ?cent|grey levels))\b"
)
A_PART = re.compile(
    r" ?(?:of|as|more|less|fewer|smaller|larger|lower|higher|than|the|its|again|for|on|better|"
    r"worse)\b|[.,;:)]| (?:and|off)\b|$"
)
NOUNS = ("half", "Half", "quar")  # a part without "a" before it; "the third" is an ordinal
STOP = {"the", "and", "for", "that", "with", "than", "from", "are", "but", "not", "its", "all"}
STOP |= {"only", "one", "two", "was", "has", "have"}
LOOSE = 0.125  # "a third", "twice" and the like are meant to within an eighth


class Number(NamedTuple):
    text: str  # as written
    key: str  # with the two words after it: its name in lists
    value: float
    slack: float  # how far the true value may be off
    low: float  # of the true value, where "nearly" and "more than" say on which side it is
    high: float
    percent: bool
    plain: bool  # a small whole number: found in many places by accident
    ratio: bool  # "a third", "twice", "three times": seldom printed as such
    near: frozenset  # stems of the words around it
    noun: str


class Found(NamedTuple):
    value: float
    percent: bool
    digits: int
    stems: frozenset


def stems(text):
    words = re.findall(r"[a-z]{3,}", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return frozenset(word[:4] for word in words if word not in STOP)


def blank(text):
    """The text with as many spaces in place of whatever is no result."""
    for pattern in NO_RESULT:
        text = re.sub(pattern, lambda found: " " * len(found[0]), text)

    def formula(found):
        tail = TAIL.search(found[1].strip())
        return (tail[1].rstrip(".,") if tail else "").rjust(len(found[0]))

    return re.sub(r"[*_]", " ", FORMULA.sub(formula, text))


def word_value(text):
    """The value of a number in words or digits, and the unit of its last place."""
    *first, last = text.lower().replace("-", " ").split()
    if last in SCALES:
        value, unit = (1, 1) if first == ["a"] else word_value(" ".join(first))
        return value * SCALES[last], unit * SCALES[last]
    if last in WORDS:
        return WORDS[last] + sum(WORDS[word] for word in first), 1
    return float(last.replace(",", "")), 10.0 ** -len(last.partition(".")[2])


def read(kind, text, hedged):
    """The value of a number as written and its slack: half a unit of its last place."""
    if kind == "odds":
        many, of = re.split(r" (?:[a-z]+ )?in ", text)
        return word_value(many)[0] / (word_value(of)[0] or 1), 0
    if kind == "part":
        *first, last = text.lower().split()
        parts = PARTS[last if last in PARTS else last.removesuffix("s")]
        return WORDS.get(first[0] if first else "", 1) / parts, 0
    if kind == "factor":
        return FACTORS[re.sub(r"(?<=e)[sd]$", "", text.lower())], 0
    sign = -1 if text[0] in "-−" else 1
    value, unit = word_value(text.lstrip("-−"))
    while hedged and value and unit >= 1 and value % (10 * unit) == 0:
        unit *= 10
    return sign * value, max(unit / 2, LOOSE * value if hedged and unit == 1 else 0)


def at_once(function):
    """Remember all that a generator gives, as most texts are read many times."""
    return functools.cache(lambda *parts: tuple(function(*parts)))


@at_once
def numbers(text):
    """The numbers of a text that may restate results."""
    shown = blank(text)
    for found in NUMBER.finditer(shown):
        kind, word, after = found.lastgroup, found[0], shown[found.end() :]
        before = shown[max(0, found.start() - 60) : found.start()]
        percent = PERCENT.match(after)
        hedged = bool(HEDGE.search(before[-16:]))
        value, slack = read(kind, word, hedged)
        small = word.lower() in WORDS and value <= 10
        if kind == "word" and small and (value < 2 or not (hedged or MEASURED.match(after))):
            continue
        if kind == "part" and not (
            A_PART.match(after) and (" " in word or word[:4] in NOUNS or after.startswith(" of"))
        ):
            continue
        if kind == "odds" and value >= 1:
            continue
        if kind == "digits" and value in (0, 1) and "." not in word and not percent:
            continue
        first_after = re.findall(r"^[^.;:]*?\b([A-Za-z]{3,})", after[:40])
        key = " ".join(
            (word + text[found.end() : found.end() + 60]).split()[: 2 + len(word.split())]
        )
        nearby = stems(" ".join(before.split()[-6:]) + " " + " ".join(after.split()[:6]))
        noun = first_after[0].lower()[:4] if first_after else ""
        plain = value == int(value) and value < 100 and not percent and kind in ("digits", "word")
        ratio = kind in ("part", "factor", "odds") or bool(re.match(r" times\b|fold", after))
        loose = max(slack, LOOSE * value) if ratio else slack
        low, high = value - loose - 1e-9, value + loose + 1e-9
        if MORE.search(before):
            high = 1.4 * value
        elif LESS.search(before):
            low = 0.7 * value
        yield Number(word, key, value, slack, low, high, bool(percent), plain, ratio, nearby, noun)


@at_once
def values(text, heading=""):
    """The numbers of an output or of code, each with the words of its line."""
    for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines():
        around = stems(f"{heading} {line}")
        for found in re.finditer(r"-?\d[\d_,]*(?:\.\d+)?(?:e-?\d+)?(%?)", line):
            number = re.sub(r"[,_%]", "", found[0])
            digits = len(re.sub(r"e.*|\D", "", number).lstrip("0"))
            yield Found(float(number), bool(found[1]), digits, around)


def outputs(cell):
    for out in cell.get("outputs", ()):
        data = out.get("data", {})
        text = out.get("text") or data.get("text/markdown") or data.get("text/plain", "")
        drawn = text.startswith("Figure of")  # counts shapes, points and pixels as well
        for found in values(text, text.partition("\n")[0]):
            if not drawn or found.value % 1 or found.value >= 1000:
                yield found


def equal(number, found):
    """Whether a found value is the number as it is written."""
    scale = 100 if number.percent and not found.percent and abs(found.value) <= 1 else 1
    if found.percent and not number.percent:
        scale = 0.01
    return abs(found.value * scale - number.value) <= number.slack * (1 + 1e-9)


def significant(number):
    return len(re.sub(r"\D", "", number.text).lstrip("0"))


def bound(number, shown, code, far):
    """Whether a number is in the outputs above it or the code of its section, or farther above.

    A small whole number is found in many places by accident, so it must share words with its line,
    and so must any number that comes from farther away.
    """

    def found(places, words, noun=False):
        return any(
            len(number.near & place.stems) >= words and (not noun or number.noun in place.stems)
            for place in places
            if equal(number, place)
        )

    if number.ratio:
        return "times" in number.key and any("time" in p.stems for p in shown if equal(number, p))
    if number.plain:
        return found(shown, 2) or found(code, 1, noun=True) or found(far, 2, noun=True)
    long = [place for place in far if place.digits >= 3] if significant(number) >= 3 else []
    words = int(significant(number) < 2 and number.value < 100)
    return found(shown, words) or found([*code, *long], 0) or found(far, 2, noun=True)


# Marks -------------------------------------------------------------------------------------------

RESULTS = execution.ROOT / "benchmarks" / "results"
SAID = ("paper", "seen", "given")  # sources that only a person can look up


def recorded(rest):
    """A row of a result file, from `file key.key.word`; a word stands for the row that has it."""
    name, _, path = rest.strip().partition(" ")
    found = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    for key in path.split("."):
        if isinstance(found, list):
            found = [row for row in found if any(str(v).startswith(key) for v in row.values())]
            if len(found) == 1:
                found = found[0]
        else:
            found = found[key]
    return found


def holds(number, mark, above):
    """Whether a mark's source gives the number."""
    kind, _, rest = mark.partition(":")
    if kind in SAID:
        return bool(rest.strip())
    if kind.startswith("lesson "):
        (path,) = execution.sources([f"{kind[7:]}_"])
        there = [(1 - 0.99 * found.percent) * found.value for found in everything(path.stem)]
        return any(number.low <= v * (100 if number.percent else 1) <= number.high for v in there)
    names = {}
    if kind == "measured":
        place, _, mark = rest.rpartition(":")
        names = {re.sub(r"\W+", "_", name): value for name, value in recorded(place).items()}
    tree = ast.parse(mark.strip(), mode="eval")
    # Small whole numbers count something; any other has to be in an output or in the code.
    used = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    used = {value for value in used if value >= 1000 or value % 1}
    if not names and not used <= {abs(found.value) for found in above}:
        return False
    value = eval(compile(tree, mark, "eval"), {"__builtins__": {}}, vars(math) | names)
    return any(number.low <= v <= number.high for v in (value, 100 * value)[: 1 + number.percent])


# Lessons -----------------------------------------------------------------------------------------


@functools.cache
def lesson(stem):
    """The cells of a lesson: text and marks of its source, outputs of its notebook."""
    source = jupytext.read(execution.SOURCES / f"{stem}.py")
    stored = nbformat.read(execution.NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    ran = {cell.source: cell.outputs for cell in stored.cells if cell.cell_type == "code"}
    cells = execution.lesson(source).cells
    for cell in cells:
        cell.outputs = ran.get(cell.source, [])
    return cells


@functools.cache
def everything(stem):
    stored = nbformat.read(execution.NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    return [found for cell in stored.cells for found in outputs(cell)]


def unbound(cells):
    """The numbers without a source, the marks without a number: (cell, text, key, message)."""
    shown, near, far, wrong, said = [], [], [], [], set()
    code = [list(values(c.source)) if c.cell_type == "code" else [] for c in cells]
    skipped = True
    for place, cell in enumerate(cells):
        if cell.cell_type == "code":
            new = list(outputs(cell))
            shown, near, far = shown + new, near + code[place], far + new + code[place]
            continue
        marks = dict(cell.metadata.get("numbers", {}))
        unused = set(marks)
        for part in re.split(r"(?m)^(?=#)", cell.source):
            heading = re.match(r"#+ (.*)", part)
            if heading:
                shown, near, skipped = (
                    [],
                    [],
                    part.startswith("# ")
                    or bool(re.match(r"Exercise|Further reading", heading[1])),
                )
                part = part[heading.end() :]
            below = []
            for later in range(place + 1, len(cells)):
                if cells[later].cell_type == "markdown" and cells[later].source.startswith("#"):
                    break
                below += code[later]
            for number in () if skipped else numbers(part):
                again = (number.text.lower(), number.noun)
                name = next((n for n in (number.key, number.text) if n in marks), None)
                if name:
                    unused.discard(name)
                    if not holds(number, marks[name], far):
                        wrong.append(
                            (place, number.text, number.key, f"{number.key!r}: not {marks[name]}")
                        )
                        continue
                elif again not in said and not bound(number, shown, near + below, far):
                    wrong.append(
                        (
                            place,
                            number.text,
                            number.key,
                            f"{number.key!r}: in no output, code or mark",
                        )
                    )
                    continue
                if number.noun:
                    said.add(again)
        wrong += [
            (place, key, key, f"mark of {key!r}: no such number in its cell") for key in unused
        ]
    return wrong
