"""Run a lesson without its libraries, and see what is chosen on the test part of the data.

Every library is replaced by a `StandIn`, which computes nothing and whose attributes, elements and
results are `StandIn`s again. It only knows from which parts of the data it was derived, so a whole
lesson runs in milliseconds, with Python itself taking care of names, functions and loops. Whatever
fits or chooses something by a stand-in of the test part is reported:

- training, fitting, and setting weights or fields of a model, with whatever argument, so validation
  data and numbers of epochs too, and models and estimators whose hyperparameters come from there;
- the argument `..._train` of a function of `ae_keras.evaluation`, and its hyperparameters;
- a quantile or another threshold: a test score compared with what the test part says;
- which of several results is the best one (`argmin`, `min`, `sorted`, `if`), and an index or a key.

Not seen are code in a string, and what somebody chooses by looking at a printed number, unless the
test names that result. A line that cannot be followed is reported as well: write it otherwise, or
teach `StandIn` what it asks for.
"""

import ast
import builtins
import dis
import itertools
import sys
import types
from collections import Counter
from itertools import islice

import execution

# Real modules: they only pass on what they are given.
REAL = {"itertools": itertools}
FITS = {"fit", "fit_pca", "fit_predict", "fit_quantizer", "fit_transform", "partial_fit", "adapt"}
FITS |= {"cluster", "cross_val_score", "train_on_batch"}
# What a fit is made of that a lesson writes itself.
FITS |= {"curve_fit", "eigh", "inv", "lstsq", "minimize", "minimize_scalar", "polyfit", "solve"}
FITS |= {"svd"}
ASSIGNS = {"apply", "assign", "set_weights", "stateless_apply"}
CUTS = {"nanpercentile", "nanquantile", "percentile", "quantile", "threshold"}
RANKS = {"argmax", "argmin", "argsort", "max", "min", "nanargmax", "nanargmin", "nlargest"}
RANKS |= {"nsmallest", "sort"}
CHANGES = {"add", "append", "extend", "insert", "setdefault", "update"}
# Two computations that agree say nothing of how good either is; nor does the shape of an array.
SAYS_NOTHING = {"allclose", "array_equal", "isclose", "shape", "dtype", "ndim", "size"}
HYPERPARAMETERS = {"bits", "false_positive_rate", "k", "latent_dim", "n_clusters", "seed"}
OPERATORS = ["add", "and", "floordiv", "matmul", "mod", "mul", "or", "pow", "sub", "truediv", "xor"]
NOBODY = frozenset()
MOST_EPOCHS = 100  # how often a callback is called
LENGTH = 10  # how many elements a stand-in has
MANY = 10_000  # what is counted without end is counted so far
# What must be known, because the lessons look things up by it: attributes and results.
ATTRIBUTES = {"BACKENDS": ("jax", "torch", "tensorflow")}
RESULTS = {"backend": "jax", "removeprefix": "jax"}
OWN_FIELDS = {"_name", "_of", "_owner", "_listed", "_length", "_functions"}

SEVERAL = (list, tuple, set, type({}.keys()), type({}.values()), type({}.items()))
ONCE = (types.GeneratorType, filter, map, zip)

_run = None  # the lesson that is running


class Lesson:
    """What is known of a running lesson."""

    def __init__(self, path, first):
        self.path = str(path)
        self.first = first  # the truth of a stand-in where it is first asked for
        self.asked = Counter()
        self.parts = itertools.count(1)
        self.tests = {"test"}
        self.saved = NOBODY  # the parts of what was written to files
        self.found = []
        self.active = set()

    def report(self, origins, what):
        """Note that something was chosen by what comes from these parts."""
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename != self.path:
            frame = frame.f_back
        if origins and frame:
            self.found.append((frame.f_lineno, what, origins))


def origins(value, seen=NOBODY):
    """The parts of the data from which a value was derived."""
    if id(value) in seen:
        return NOBODY
    seen = seen | {id(value)}
    if isinstance(value, StandIn):
        fields = vars(value).items()
        return value._of.union(*(origins(v, seen) for k, v in fields if k not in OWN_FIELDS))
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, SEVERAL):
        return NOBODY.union(*(origins(each, seen) for each in value))
    return NOBODY


def is_list_of_results(value):
    return isinstance(value, (dict, *SEVERAL)) and bool(origins(value))


def is_of_lesson(value):
    return isinstance(value, types.FunctionType) and value.__module__ == "lesson"


def is_listed(value):
    return isinstance(value, StandIn) and value._listed


class StandIn:
    """Something of a library: a module, a function, an array, a model."""

    _of = NOBODY
    _name = ""
    _owner = None
    _functions = ()  # what the lesson gave to it
    _length = LENGTH
    _listed = False  # whether it was made of a list with one result for each candidate

    def __init__(self, name="", of=NOBODY, owner=None, listed=False):
        self._name, self._of, self._owner, self._listed = name, of, owner, listed

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ATTRIBUTES:
            return ATTRIBUTES[name]
        of = NOBODY if name in SAYS_NOTHING else origins(self)
        return StandIn(name, of, owner=self)

    def __setattr__(self, name, value):
        # What a class of the lesson keeps is its own; a model's field changes what the model does.
        if type(self) is StandIn and name not in OWN_FIELDS:
            _run.report(origins(value), f"sets `{name}`")
        super().__setattr__(name, value)

    def __mro_entries__(self, bases):
        return (Base,) if bases[0] is self else ()

    # Calls

    def __call__(self, *args, **kwargs):
        name, args = self._name, [list(a) if isinstance(a, ONCE) else a for a in args]
        given = [*args, *kwargs.values()]
        if name in RESULTS:
            return RESULTS[name]
        functions = [each for each in given if is_of_lesson(each)]
        own, of = origins(self), origins(given).union(*map(called, functions))
        if name in FITS:
            _run.report(own | of, "fits")
            self._call_back(kwargs)
        if name in ASSIGNS:
            _run.report(of, "assigns")
        if name in CUTS:
            _run.report(own | of, "makes a threshold")
        listed = any(map(is_list_of_results, given))
        if name in RANKS and (listed or any(map(is_listed, [self._owner, *given]))):
            _run.report(own | of, "ranks results")
        if name in CHANGES and isinstance(self._owner, StandIn):
            self._owner._of |= of
        for parameter, value in zip(PARAMETERS.get(name, ()), args, strict=False):
            self._look_at(parameter, value)
        for parameter, value in kwargs.items():
            self._look_at(parameter, value)
        if name == "save":
            _run.saved |= of
        if name == "load":
            of |= _run.saved
        if name == "load_splits":
            return StandIn("train"), StandIn("val"), StandIn("test", frozenset({"test"}))
        if name in ("load", "load_raw") and "test" in filter(is_text, given):
            of |= {"test"}
        of_data = isinstance(self._owner, StandIn) and self._owner._name.endswith("data")
        if name == "train_test_split" or (name == "split" and of_data):
            return self._split(of)
        result = StandIn(name, NOBODY if name in SAYS_NOTHING else own | of, listed=listed)
        result._functions = functions
        return result

    def _look_at(self, parameter, value):
        decides = parameter.endswith("_train") or parameter in HYPERPARAMETERS
        if self._name in PARAMETERS and decides:
            takes(parameter, value)

    def _call_back(self, kwargs):
        epochs = kwargs.get("epochs", 1)
        epochs = min(epochs, MOST_EPOCHS) if isinstance(epochs, int) else 2
        for callback in kwargs.get("callbacks") or ():
            if isinstance(callback, Base):
                callback.model = self._owner
            for epoch in range(epochs):
                callback.on_epoch_begin(epoch, StandIn("logs"))
                callback.on_train_batch_end(0, StandIn("logs"))
                callback.on_epoch_end(epoch, StandIn("logs"))
                for function in callback._functions:
                    called(function)

    def _split(self, of):
        """Rest and part. If the rest is split again, this part was the test part."""
        number = next(_run.parts)
        _run.tests |= {each.replace("rest", "part") for each in of if each.startswith("rest")}
        return StandIn("rest", of | {f"rest {number}"}), StandIn("part", of | {f"part {number}"})

    # What Python asks of an object

    def __bool__(self):
        _run.report(origins(self), "decides")
        frame = sys._getframe(1)
        if frame.f_code.co_filename == __file__:  # asked for by `in`
            frame = frame.f_back
        place = frame.f_code, frame.f_lasti
        _run.asked[place] += 1
        return (_run.asked[place] % 2 == 1) == _run.first

    def __index__(self):
        _run.report(origins(self), "selects")
        return 0

    def __hash__(self):
        _run.report(origins(self), "selects")
        return id(self)

    def __iter__(self):
        """As many as are unpacked, or `LENGTH`."""
        frame = sys._getframe(1)
        code, place = frame.f_code.co_code, frame.f_lasti
        kind, n = dis.opname[code[place]], code[place + 1]
        if kind == "UNPACK_EX":  # before the star, the star itself, and after it
            more = dis.opname[code[place - 2]] == "EXTENDED_ARG"
            n += 1 + more * code[place - 1]
        elif kind != "UNPACK_SEQUENCE":
            n = self._length
        return iter([self[i] for i in range(n)])

    def __getitem__(self, key):
        result = StandIn(self._name, origins(self) | origins(key))
        if isinstance(key, list):
            result._length = len(key)
        if isinstance(key, slice) and key.start is None and isinstance(key.stop, int):
            result._length = min(abs(key.stop), LENGTH)
        return result

    def __setitem__(self, key, value):
        self._of = self._of | origins(key) | origins(value)

    def __contains__(self, value):
        return bool(StandIn("", origins(self) | origins(value)))

    def __len__(self):
        return self._length

    def keys(self):
        return []  # so that it can be given as **options

    def __next__(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def __format__(self, how):
        return ""

    def __str__(self):
        return ""

    def __round__(self, digits=0):
        return self

    def __abs__(self):
        return self

    __neg__ = __invert__ = __pos__ = __reversed__ = __abs__

    def __eq__(self, other):
        return StandIn("", origins(self) | origins(other))

    __ne__ = __eq__

    def __lt__(self, other):
        if origins(self) and origins(other):
            _run.report(origins(self) | origins(other), "compares results")
        return StandIn("", origins(self) | origins(other))

    __gt__ = __le__ = __ge__ = __lt__


def _combine(self, other):
    return StandIn("", origins(self) | origins(other))


for _name in OPERATORS:
    setattr(StandIn, f"__{_name}__", _combine)
    setattr(StandIn, f"__r{_name}__", _combine)


class Base(StandIn):
    """What a class of a lesson inherits from, whichever library's its base is."""

    def __init__(self, *args, **kwargs):
        super().__init__("", origins([args, kwargs]))

    def __call__(self, *args, **kwargs):
        if hasattr(type(self), "call"):
            return self.call(*args, **kwargs)
        return super().__call__(*args, **kwargs)


def called(function):
    """The origins of what a function of the lesson returns, if a library calls it."""
    if function in _run.active:
        return NOBODY
    _run.active.add(function)
    code = function.__code__
    needed = code.co_argcount - len(function.__defaults__ or ())
    named = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    given = [StandIn(name) for name in code.co_varnames[:needed]]
    try:
        return origins(function(*given, **{name: StandIn(name) for name in named}))
    finally:
        _run.active.discard(function)


# Python's own functions, where they ask too much of a stand-in -----------------------------------


def passed_on(function):
    """The same function, which gives a stand-in for a stand-in."""

    def call(*args):
        of = NOBODY if function is len else origins(args)
        return StandIn("", of) if any(isinstance(a, StandIn) for a in args) else function(*args)

    call.__wrapped__ = function
    return call


def is_instance(value, kinds):
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    kinds = [getattr(kind, "__wrapped__", kind) for kind in kinds]
    return isinstance(value, tuple(kind for kind in kinds if isinstance(kind, type)))


def zipped(*given, strict=False):
    """As long as the shortest list; a stand-in has as many elements as that needs."""
    given = [each if isinstance(each, StandIn) else list(islice(each, MANY)) for each in given]
    n = min((len(each) for each in given if not isinstance(each, StandIn)), default=LENGTH)
    return zip(*([each[i] for i in range(n)] for each in given), strict=True)


def count_up(*limits):
    if any(isinstance(limit, StandIn) for limit in limits):
        return [StandIn("", origins(limits))] * LENGTH
    return range(*limits)


def joined(by, texts):
    texts = list(texts)
    whole = all(isinstance(each, type(by)) for each in texts)
    return by.join(texts) if whole else StandIn("", origins(texts))


def is_text(value):
    return isinstance(value, str)


def load_module(name, *_):
    return REAL.get(name.partition(".")[0]) or StandIn(name)


PASSED_ON = ("bool", "float", "int", "len", "set", "str")
OWN = {name: passed_on(getattr(builtins, name)) for name in PASSED_ON}
OWN |= {"print": lambda *_, **__: None, "open": StandIn("open"), "super": StandIn("super")}
OWN |= {"range": count_up, "zip": zipped, "__import__": load_module}
OWN |= {"isinstance": is_instance}
OWN |= {"_joined": joined, "_takes": lambda parameter, value: takes(parameter, value)}
OWN |= {"_as_part": lambda part, _: StandIn("", frozenset({part}))}


# A lesson ----------------------------------------------------------------------------------------


def without_cells(text, *tags):
    """The source with the cells of these tags left blank, so that its lines keep their numbers."""
    shown, kept = True, []
    for line in text.splitlines():
        if line.startswith("# %%"):
            shown = not any(f'"{tag}"' in line for tag in tags)
        kept.append(line if shown else "")
    return "\n".join(kept)


class Follow(ast.NodeTransformer):
    """Nothing ends a run early, and some names get the part that they stand for."""

    def __init__(self, named):
        self.named = named

    def visit(self, node):
        # A claim says what was found; it decides nothing.
        claim = isinstance(node, ast.Expr) and ast.unparse(node).startswith("notebook.claim(")
        if claim or isinstance(node, (ast.Assert, ast.Raise)):
            return ast.copy_location(ast.Pass(), node)
        # A library's decorator would put a stand-in in the place of the code.
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            kept = ("classmethod", "property", "staticmethod")
            node.decorator_list = [d for d in node.decorator_list if ast.unparse(d) in kept]
        return super().visit(node)

    def visit_Assign(self, node):
        self.generic_visit(node)
        name = ast.unparse(node.targets[0])
        if name in self.named:
            node.value = self._call(f"_as_part({self.named[name]!r})", node, node.value)
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        # The name of such a parameter is a promise.
        for each in reversed(node.args.args):
            if each.arg.endswith("_train"):
                call = self._call(f"_takes({each.arg!r}, {each.arg})", node)
                node.body.insert(0, ast.copy_location(ast.Expr(call), node))
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        # A text's own method takes nothing but texts.
        method = node.func if isinstance(node.func, ast.Attribute) else None
        if method and method.attr == "join" and isinstance(method.value, ast.Constant):
            return self._call("_joined()", node, method.value, *node.args)
        return node

    def _call(self, code, place, *more):
        """The call that `code` is, with more arguments, at the place of another node."""
        call = ast.parse(code, mode="eval").body
        for each in ast.walk(call):
            ast.copy_location(each, place)
        call.args += more
        return call


def takes(parameter, value):
    _run.report(origins(value), f"takes as `{parameter}`")


def parameters():
    """The names of the parameters of the functions that evaluate, by function."""
    found = {}
    for path in [
        *(execution.ROOT / "ae_keras").glob("evaluation/*.py"),
        execution.ROOT / "ae_keras" / "backend.py",
    ]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = [each.arg for each in node.args.args]
    return found


PARAMETERS = parameters()


def chosen_on_test(text, path="lesson.py", named=None, read=()):
    """What a lesson chooses on test data: sorted pairs of a line and what it does.

    A line that cannot be followed is found as well.

    Args:
        text: the source of the lesson.
        path: its name, for messages.
        named: `{name: part}` of what does not say by itself which part it is.
        read: names of results by which the lesson's text chooses.
    """
    global _run
    tree = Follow(named or {}).visit(ast.parse(without_cells(text, "receipt", "exercise")))
    found, seen = set(), set()
    # Each branch is taken first once.
    for first in (True, False):
        _run = Lesson(path, first)
        names = {"__name__": "lesson", "__builtins__": vars(builtins) | OWN}
        for node in tree.body:
            try:
                exec(compile(ast.Module([node], []), _run.path, "exec"), names)
            except Exception as error:
                found.add((node.lineno, f"cannot be followed: {error!r}"))
            for name in set(read) - seen:
                if origins(names.get(name)) & _run.tests:
                    seen.add(name)
                    found.add((node.lineno, f"makes `{name}`, by which the text chooses"))
        found |= {(line, what) for line, what, of in _run.found if of & _run.tests}
    return sorted(found)
