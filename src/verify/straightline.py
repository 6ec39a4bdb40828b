"""Straight-line programs: NumPy calls one after the other, that can be called, cut down, and read as Python.

Facts
    Values are numbered: the inputs first, then the result of every line. A line computes with values of lower numbers.
    A recorded program takes the branch that f took at the point: beside an edge it is another function than f.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import ad
from ad.core import Node
from ad.dispatch import TABLE, called
from ad.table.shapes import getitem

SIGNS = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.power: "**", np.matmul: "@",
}  # fmt: skip
# Ops that are entered under another function than the one that computes them, and how that one is called.
IN_SEQUENCE: Mapping[Callable[..., Any], Callable[..., Any]] = {
    TABLE[function].fun: function for function in (np.concatenate, np.einsum)
}


@dataclass(frozen=True)
class Ref:
    """A value of the program, by its number."""

    number: int


@dataclass(frozen=True, eq=False)
class Line:
    """One call: the function, its operands (values of the program, or constants) and its static arguments."""

    function: Callable[..., Any]
    operands: tuple[Any, ...]
    static: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uses(self) -> tuple[int, ...]:
        """The numbers of the values that it computes with."""
        return tuple(x.number for x in self.operands if isinstance(x, Ref))


@dataclass(frozen=True, eq=False, repr=False)
class StraightLine:
    """A function of NumPy arrays, as the calls that it makes.

    names   of its inputs, in the order in which a call takes them
    lines   the calls, each with values of lower numbers
    result  the number of the value that it returns
    """

    names: tuple[str, ...]
    lines: tuple[Line, ...]
    result: int

    def __call__(self, *xs: Any) -> Any:
        return self.values(*xs)[self.result]

    def values(self, *xs: Any) -> list[Any]:
        """Every value, inputs first, when it is called with these."""
        if len(xs) != len(self.names):
            raise TypeError(f"{len(xs)} arguments; the program takes {', '.join(self.names)}")
        found = list(xs)
        for line in self.lines:
            operands = [found[x.number] if isinstance(x, Ref) else x for x in line.operands]
            found.append(line.function(*operands, **line.static))
        return found

    @property
    def __signature__(self) -> inspect.Signature:
        """What names the inputs in findings."""
        kind = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.names])

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """The functions that it calls, each once, in order."""
        return tuple(dict.fromkeys(line.function for line in self.lines))

    def __repr__(self) -> str:
        *steps, result = self._written()
        return f"lambda {', '.join(self.names)}: {result}" if not steps else self.source("program").rstrip()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What notebooks and Hypothesis ask, which would list the fields."""
        printer.text(repr(self))

    def source(self, name: str) -> str:
        """The program as a Python function of that name.

        Example
            >>> import numpy as np
            >>> print(StraightLine(("x",), (Line(np.sin, (Ref(0),)),), 1).source("f"))
            def f(x):
                return np.sin(x)
        """
        *steps, result = self._written()
        return "\n    ".join([f"def {name}({', '.join(self.names)}):", *steps, f"return {result}"])

    def _written(self) -> list[str]:
        """A line of text for every value that is used several times, and last the result as an expression."""
        uses = [number for line in self.lines for number in line.uses]
        texts, steps = list(self.names), []
        for line in self.lines:
            number, text = len(texts), written_call(line, texts)
            if uses.count(number) > 1:
                name = f"v{number}"
                steps.append(f"{name} = {unwrapped(text)}")
                text = name
            texts.append(text)
        return [*steps, unwrapped(texts[self.result])]

    def pruned(self) -> StraightLine:
        """The same function without lines that its result does not depend on; inputs stay."""
        needed = {self.result}
        count = len(self.names)
        for k in range(len(self.lines) - 1, -1, -1):
            if count + k in needed:
                needed.update(self.lines[k].uses)
        kept = [k for k in range(len(self.lines)) if count + k in needed]
        number = {n: n for n in range(count)} | {count + k: count + i for i, k in enumerate(kept)}
        lines = (self.lines[k] for k in kept)
        return StraightLine(self.names, tuple(renumbered(line, number) for line in lines), number[self.result])

    @property
    def unused(self) -> tuple[int, ...]:
        """The inputs that nothing computes with and that are not the result."""
        used = {self.result, *(number for line in self.lines for number in line.uses)}
        return tuple(n for n in range(len(self.names)) if n not in used)

    def without_inputs(self, dropped: Sequence[int]) -> StraightLine:
        """The same program without inputs that nothing uses."""
        kept = [n for n in range(len(self.names) + len(self.lines)) if n not in dropped]
        number = {n: i for i, n in enumerate(kept)}
        names = tuple(name for n, name in enumerate(self.names) if n not in dropped)
        return StraightLine(names, tuple(renumbered(line, number) for line in self.lines), number[self.result])


def renumbered(line: Line, number: Mapping[int, int]) -> Line:
    """A line whose values have other numbers."""
    operands = tuple(Ref(number[x.number]) if isinstance(x, Ref) else x for x in line.operands)
    return replace(line, operands=operands)


def recorded_lines(f: Callable[[Sequence[Any]], Any], leaves: Sequence[Any], names: Sequence[str]) -> StraightLine:
    """What a function computes at a point, as a straight-line program of its floating inputs.

    Arguments
        f: takes the leaves in a list, and returns one array. leaves: floating arrays. names: of the leaves.
    Raises
        ValueError when f returns several arrays, or one that does not depend on the leaves; whatever f raises.
    Example
        >>> import numpy as np
        >>> recorded_lines(lambda xs: np.sum(xs[0] * xs[0]), [np.ones(2)], ["x"])
        lambda x: np.sum(x * x)
    """
    graph = ad.trace(lambda *values: f(values), *leaves)
    if len(graph.outputs) != 1 or graph.outputs[0] is None:
        raise ValueError("only a function that returns one array, computed from its inputs, is a straight-line program")
    number: dict[Node, int] = {node: n for n, node in enumerate(graph.inputs)}
    lines: list[Line] = []
    for node in graph.computed:
        if node.op is None:
            continue
        parents = zip(node.parents, node.operands, strict=True)
        operands = tuple(x if parent is None else Ref(number[parent]) for parent, x in parents)
        number[node] = len(graph.inputs) + len(lines)
        lines.append(Line(node.op.fun, operands, dict(node.static)))
    return StraightLine(tuple(names), tuple(lines), number[graph.outputs[0]]).pruned()


# --- as text


def written_call(line: Line, texts: Sequence[str]) -> str:
    """A call as Python text, given the texts of the values before it."""
    operands = [texts[x.number] if isinstance(x, Ref) else constant_text(x) for x in line.operands]
    static = [f"{name}={constant_text(value)}" for name, value in _stated(line).items()]
    if line.function in SIGNS and not static:
        return f"({operands[0]} {SIGNS[line.function]} {operands[1]})"
    if line.function is np.negative:
        return f"(-{operands[0]})"
    if line.function is getitem:
        return f"{operands[0]}[{_index_text(line.static['index'])}]"
    function = IN_SEQUENCE.get(line.function)
    if function is np.einsum:
        operands, static = [repr(line.static["subscripts"]), *operands], []
    elif function is np.concatenate:
        operands = [f"({', '.join(operands)},)"]
    return f"{function_text(function or line.function)}({', '.join([*map(unwrapped, operands), *static])})"


def function_text(function: Callable[..., Any]) -> str:
    """How a function is called: np.exp; one of a user's own by its bare name."""
    return function.__name__ if hasattr(function, "op") else called(function)


def _stated(line: Line) -> dict[str, Any]:
    """The static arguments that are not what the op takes without them."""
    op = TABLE.get(line.function) or TABLE.get(IN_SEQUENCE.get(line.function, line.function))
    if op is None:
        return dict(line.static)
    try:
        usual = op.bind((line.operands,) if line.function in IN_SEQUENCE else line.operands, {})[1]
    except (TypeError, ValueError, AttributeError):
        return dict(line.static)
    return {k: v for k, v in line.static.items() if k not in usual or usual[k] is not v}


def unwrapped(text: str) -> str:
    """A text without the brackets around the whole of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for place, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return text[1:-1] if place == len(text) - 1 and not text.endswith(",)") else text
    return text


def constant_text(value: Any) -> str:
    """A constant as Python text; arrays with their dtype, where it is not the one that NumPy would choose.

    Example
        >>> constant_text(np.float32(0.5)), constant_text((1, None))
        ('np.float32(0.5)', '(1, None)')
    """
    if isinstance(value, np.ndarray):
        text = f"np.array({_number_text(value.tolist())}"
        natural = np.array(value.tolist()).dtype == value.dtype
        return text + (")" if natural else f", dtype=np.{value.dtype.name})")
    if isinstance(value, np.float64):
        return _number_text(float(value))
    if isinstance(value, np.bool_):
        return repr(bool(value))
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_number_text(value.item())})"
    if isinstance(value, np.dtype | type):
        return f"np.dtype({np.dtype(value).name!r})"
    return _number_text(value)


def _number_text(value: Any) -> str:
    return repr(value).replace("nan", "np.nan").replace("inf", "np.inf") if _holds_numbers(value) else repr(value)


def _holds_numbers(value: Any) -> bool:
    return isinstance(value, int | float | complex) or (isinstance(value, list) and all(map(_holds_numbers, value)))


def _index_text(index: Any) -> str:
    """What stands between the square brackets."""
    if isinstance(index, slice):
        parts = ["" if part is None else constant_text(part) for part in (index.start, index.stop, index.step)]
        return ":".join(parts[:2]) + (f":{parts[2]}" if parts[2] else "")
    if isinstance(index, tuple) and index:
        return ", ".join(map(_index_text, index)) + ("," if len(index) == 1 else "")
    return "..." if index is Ellipsis else constant_text(index)
