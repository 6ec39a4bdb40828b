"""The text of a program: lines, the names of values, and constants bound by name.

Nothing of a user's enters the text: names are made here, numbers are written by repr, and everything else (arrays,
strings, keys, functions) is bound to a name and handed to the text when it is compiled.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.compiler.program import Value

# Functions that the text calls by name: ufuncs by their own, others by the one NumPy gives them or by f0, f1, ...
UFUNCS = {
    name: getattr(np, name)
    for name in (
        "add subtract multiply divide negative positive absolute fabs sqrt cbrt square reciprocal exp exp2 expm1 log "
        "log2 log10 log1p sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh "
        "power hypot maximum minimum sign floor ceil trunc rint less less_equal greater greater_equal equal "
        "not_equal logical_and logical_or logical_not isnan isfinite logaddexp logaddexp2 copysign remainder conjugate "
        "matmul"
    ).split()
}
BY_NAME = {function: name for name, function in UFUNCS.items()} | {
    getattr(np, name): f"np.{name}" for name in "where dot concatenate cumsum argsort argmax argmin prod max min "
    "broadcast_to zeros float64 asarray".split()
} | {float: "float", operator.pow: "pow", np.add.reduce: "np.add.reduce"}  # fmt: skip
TYPES = {float: "float", int: "int", bool: "bool", complex: "complex", tuple: "tuple", list: "list", dict: "dict"} | {
    kind: f"np.{kind.__name__}" for kind in (np.ndarray, np.float64, np.float32, np.float16, np.complex128)
}
KEYWORDS = {"axis", "keepdims", "dtype", "order", "shape", "index", "axes"}


class Writer:
    """Lines of one program, with the constants that they name."""

    def __init__(self, name_of: Callable[[Value], str]) -> None:
        self.lines: list[str] = []
        self.indent = "    "
        self.bound: dict[str, Any] = {"np": np, "errstate": np.errstate}
        self.notes: list[str] = []
        self.name_of = name_of
        self.sliced: dict[int, str] = {}  # in a loop over chunks: by the id of a constant array, its chunk's name
        self._names: dict[int, str] = {}
        self._numbers: dict[Any, Any] = {}

    def add(self, line: str) -> None:
        self.lines.append(self.indent + line)

    def bind(self, x: Any, prefix: str = "k") -> str:
        """A name that stands for x in the text."""
        name = self._names.get(id(x))
        if name is None:
            name = self._names[id(x)] = f"{prefix}{len(self._names)}"
            self.bound[name] = x  # which keeps x alive, so that its id stays its own
            self.notes.append(f"# {name}: {described(x)}")
        return name

    def number(self, x: Any, dtype: Any) -> str:
        """A name for a number as an array of no axes, which ufuncs take sooner than a number."""
        found = np.asarray(x, dtype)
        return self.bind(self._numbers.setdefault((found.dtype, found.tobytes()), found))

    def function(self, function: Any) -> str:
        return BY_NAME.get(function) or self.bind(function, "f")

    def of(self, x: Any) -> str:
        """An argument, with the names of values in it."""
        kind = type(x)
        if kind is type and x in TYPES:
            return TYPES[x]
        if kind is Value:
            return self.name_of(x)
        if x is None or kind is bool or kind is int:
            return repr(x)
        if kind is float and math.isfinite(x):
            return repr(x) if math.copysign(1.0, x) > 0 else f"({x!r})"
        if x is Ellipsis:
            return "..."
        if isinstance(x, tuple | list | dict):
            return self.tree(x, self.of)
        if kind is slice:
            return f"slice({self.of(x.start)}, {self.of(x.stop)}, {self.of(x.step)})"
        return self.sliced.get(id(x)) or self.bind(x)

    def tree(self, tree: Any, of: Callable[[Any], str]) -> str:
        """A container as text, each part as ``of`` writes it; anything else as an argument."""
        if type(tree) is tuple:
            return f"({', '.join(map(of, tree))}{',' if len(tree) == 1 else ''})"
        if isinstance(tree, tuple):
            return f"{self.of(type(tree))}({', '.join(map(of, tree))})"
        if isinstance(tree, list):
            return f"[{', '.join(map(of, tree))}]"
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{self.of(key)}: {of(x)}" for key, x in tree.items()) + "}"
        return self.of(tree)

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """The text of a call; of keywords only NumPy's common ones are written, others are bound."""
        parts = [self.of(x) for x in args]
        parts += [f"{key}={self.of(x)}" for key, x in kwargs.items() if key in KEYWORDS]
        other = {key: x for key, x in kwargs.items() if key not in KEYWORDS}
        return f"{self.function(function)}({', '.join([*parts, *(['**' + self.of(other)] if other else [])])})"

    def index(self, x: Any) -> str:
        """What stands between the brackets of ``a[...]``."""
        parts = [self._part(item) for item in (x if type(x) is tuple else (x,))]
        return ", ".join(parts) + ("," if type(x) is tuple and len(parts) == 1 else "") if parts else "()"

    def _part(self, x: Any) -> str:
        if type(x) is not slice:
            return self.of(x)
        ends = ["" if end is None else self.of(end) for end in (x.start, x.stop, x.step)]
        return ":".join(ends if ends[2] else ends[:2])

    def compiled(self, text: str, name: str) -> Any:
        """The function of that name in a text of ours."""
        space = {**UFUNCS, **self.bound}
        exec(compile(text, "<ad.compile>", "exec"), space)  # noqa: S102  our own names and numbers, nothing of a user's
        return space[name]


def described(x: Any) -> str:
    """One line about a bound constant, without anything that a user could have named."""
    if isinstance(x, np.ndarray) and x.shape:
        return f"{x.dtype.kind}{x.dtype.itemsize} array of shape {tuple(map(int, x.shape))}"
    if isinstance(x, np.dtype):
        return f"the dtype {x.str}"
    if type(x) in (float, np.float64, np.ndarray) and np.asarray(x).dtype.kind == "f":
        return repr(float(x))
    return "a function" if callable(x) else "a constant"
