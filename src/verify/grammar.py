"""From a syntax tree to two short programs for a stack machine.

One program is for floats, its constants folded; the other is for other kinds of numbers, every literal exact.
The walk keeps its own stack, so a deep tree costs memory, not recursion. It is a whitelist: a node, a name or
a constant that is not named here is an error with a column.
"""

from __future__ import annotations

import ast
import importlib.util
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from verify.vocabulary import (
    CONSTANTS,
    EXPONENT_LIMIT,
    NUMPY_WORDS,
    PREFIXES,
    RESERVED,
    SCIPY_NAMES,
    WORDS,
    ExpressionError,
    listed,
    piecewise,
    quoted,
    suggestion,
)

NODE_LIMIT = 5_000  # operations, literals and names; the largest corpus expression has 2,400
DEPTH_LIMIT = 1_000  # ast.parse itself gives up near 3,000; a plain sum of 1,000 terms still fits
INTEGER_DIGITS = 30  # of an integer literal: every power of ten with a name, and no number that is slow
CONSTANT_DIGITS = 10_000  # of the exact value of a constant subexpression: 9**9**9 has 369,693,100
EXACT_FLOAT_INTEGERS = 2**53  # beyond it an integer is a float64 anyway, and NumPy would take it as an object

_BINARY = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}
_COMPARE = {ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal"}
_COMPARE |= {ast.Eq: "equal", ast.NotEq: "not_equal"}
_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "negative": "-"}
_SIGNS |= {"And": "and", "Or": "or", "logical_not": "not"}
_NODES = {ast.Tuple: "a comma outside a call", ast.Starred: "a starred argument"}
_KINDS = {"n": "a number", "c": "a condition"}


class Step(NamedTuple):
    """One instruction: push an argument, push a literal, or apply a word to the top `arity` values."""

    do: str  # "argument" | "literal" | "as is" | "apply" | "compare" | "piecewise"
    what: Any
    arity: int = 0


class Part(NamedTuple):
    """What is known of a finished subexpression: its kind, its float value if constant, its exact size."""

    kind: str
    value: float | int | bool | None
    digits: int
    column: int
    literal: bool = False


def perform(do: str, what: Any, operands: Sequence[Any]) -> Any:
    """One operation of a program."""
    if do == "compare":  # a < b < c: each neighbouring pair, b taken once
        pairs = zip(what, operands, operands[1:], strict=False)
        return WORDS["And"].apply(*(WORDS[name].apply(a, b) for name, a, b in pairs))
    if do == "piecewise":
        return piecewise(*operands)
    return WORDS[what].apply(*operands)


def indent(text: str) -> int:
    """The blanks before the first token, which `ast` must not see."""
    return len(text) - len(text.lstrip(" \t"))


class Builder:
    """Emits the two programs while walking the tree with an explicit stack; `parts` mirrors the machine's."""

    def __init__(self, text: str, variables: list[str] | None) -> None:
        self.text = text
        self.known = variables
        self.names: dict[str, int] = {name: i for i, name in enumerate(variables or [])}
        self.functions: dict[str, None] = {}
        self.floats: list[Step] = []
        self.exact: list[Step] = []
        self.parts: list[Part] = []

    def fail(self, where: ast.AST | int, reason: str) -> ExpressionError:
        column = where if isinstance(where, int) else self.column(where)
        return ExpressionError(self.text, column, reason)

    def column(self, node: ast.AST) -> int:
        before = self.text.strip(" \t").encode()[: getattr(node, "col_offset", 0)]  # ast counts bytes
        return len(before.decode()) + 1 + indent(self.text)

    def read(self, root: ast.expr) -> None:
        todo: list[tuple[Any, int]] = [(root, 1)]
        nodes = 0
        while todo:
            task, depth = todo.pop()
            if not isinstance(task, ast.AST):
                task()
                continue
            nodes += 1
            if nodes > NODE_LIMIT:
                raise self.fail(task, f"more than {NODE_LIMIT} operations, numbers and names")
            if depth > DEPTH_LIMIT:
                raise self.fail(task, f"nested deeper than {DEPTH_LIMIT}")
            children, finish = self.visit(task)
            todo.append((finish, depth))
            todo.extend((child, depth + 1) for child in reversed(children))

    def visit(self, node: ast.AST) -> tuple[Sequence[ast.AST], Callable[[], None]]:
        """The children to read first, and what to do when they are read."""
        match node:
            case ast.Constant():
                return (), lambda: self.literal(node)
            case ast.Name():
                return (), lambda: self.name(node)
            case ast.Attribute():
                return (), lambda: self.constant(node, self.unprefixed(node))
            case ast.UnaryOp(op=ast.UAdd()):
                return (node.operand,), lambda: self.expect(node, "n")
            case ast.UnaryOp(op=ast.USub()):
                return (node.operand,), lambda: self.negate(node)
            case ast.UnaryOp(op=ast.Not()):
                return (node.operand,), lambda: self.apply(node, "apply", "logical_not", 1)
            case ast.BinOp(op=op) if type(op) in _BINARY:
                return (node.left, node.right), lambda: self.apply(node, "apply", _BINARY[type(op)], 2)
            case ast.BoolOp(op=op, values=values):
                word = "And" if isinstance(op, ast.And) else "Or"
                return values, lambda: self.apply(node, "apply", word, len(values))
            case ast.Compare(ops=ops) if all(type(op) in _COMPARE for op in ops):
                signs = tuple(_COMPARE[type(op)] for op in ops)
                operands = (node.left, *node.comparators)
                return operands, lambda: self.apply(node, "compare", signs, len(operands))
            case ast.Call():
                return self.call(node)
        found = _NODES.get(type(node), f"a {type(node).__name__.lower()}")
        raise self.fail(node, f"{found} has no meaning in an expression")

    def call(self, node: ast.Call) -> tuple[Sequence[ast.AST], Callable[[], None]]:
        if node.keywords:
            raise self.fail(node, "arguments are given by position")
        name = self.function(node.func)
        self.functions.setdefault(name)
        if name == "Piecewise":
            return self.piecewise(node)
        if name in SCIPY_NAMES and importlib.util.find_spec("scipy") is None:
            raise self.fail(node, f"{quoted(name)} needs SciPy, which is not installed: pip install scipy")
        takes, count = WORDS[name].takes, len(node.args)
        if count < 1 or (count != len(takes) and not takes.endswith("+")):
            wanted = "one or more arguments" if takes.endswith("+") else f"{len(takes)} argument(s)"
            raise self.fail(node, f"{quoted(name)} takes {wanted}, found {count}")
        return node.args, lambda: self.apply(node, "apply", name, count)

    def function(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute) and (name := self.unprefixed(node)) in WORDS:
            return name
        if not isinstance(node, ast.Name):
            raise self.fail(node, "only a function of the vocabulary can be called; write * for a product")
        if node.id in WORDS or node.id == "Piecewise":
            return node.id
        if node.id in self.names or node.id in CONSTANTS:
            raise self.fail(node, f"{quoted(node.id)} is not a function; write * for a product")
        hint = suggestion(node.id, [*WORDS, "Piecewise"])
        raise self.fail(node, f"unknown function {quoted(node.id)}{hint}")

    def unprefixed(self, node: ast.Attribute) -> str:
        """The name behind `np.` or `numpy.`."""
        if not isinstance(node.value, ast.Name) or node.value.id not in PREFIXES:
            raise self.fail(node, f"attribute {quoted(node.attr)}: only np.name and numpy.name are known")
        if node.attr in NUMPY_WORDS:
            return node.attr
        if node.attr in ("pi", "e"):
            return {"pi": "pi", "e": "E"}[node.attr]
        hint = suggestion(node.attr, NUMPY_WORDS)
        if node.attr in RESERVED:
            hint = f"; {quoted(node.attr)} is known without the prefix"
        raise self.fail(node, f"unknown name {quoted(node.value.id + '.' + node.attr)}{hint}")

    def piecewise(self, node: ast.Call) -> tuple[Sequence[ast.AST], Callable[[], None]]:
        leaves: list[ast.expr] = []
        for branch in node.args:
            if not isinstance(branch, ast.Tuple) or len(branch.elts) != 2:
                raise self.fail(branch, "each argument of 'Piecewise' is a pair (value, condition)")
            leaves += branch.elts
        if not leaves or not isinstance(leaves[-1], ast.Constant) or leaves[-1].value is not True:
            raise self.fail(leaves[-1] if leaves else node, "the last condition of 'Piecewise' must be True")
        return leaves, lambda: self.apply(node, "piecewise", "Piecewise", len(leaves))

    def push(self, part: Part, floats: Step, exact: Step) -> None:
        self.parts.append(part)
        self.floats.append(floats)
        self.exact.append(exact)

    def literal(self, node: ast.Constant) -> None:
        value, column = node.value, self.column(node)
        if isinstance(value, bool):
            self.push(Part("c", value, 1, column), Step("as is", value), Step("as is", value))
        elif isinstance(value, int):
            if value > 10**INTEGER_DIGITS:
                raise self.fail(column, f"an integer beyond 10**{INTEGER_DIGITS}; write a power or a decimal")
            plain = value if value <= EXACT_FLOAT_INTEGERS else float(value)
            part = Part("n", value, len(str(value)), column, literal=True)
            self.push(part, Step("as is", plain), Step("literal", value))
        elif isinstance(value, float) and math.isfinite(value):
            exact = Fraction(value)
            digits = len(str(exact.numerator)) + len(str(exact.denominator))
            part = Part("n", value, digits, column, literal=True)
            self.push(part, Step("as is", value), Step("literal", exact))
        else:
            raise self.fail(column, "a number here must be an integer or a decimal below 1.8e308")

    def constant(self, node: ast.AST, name: str) -> None:
        if name not in CONSTANTS:
            raise self.fail(node, f"{quoted(name)} is a function; write {name}(...)")
        value = CONSTANTS[name]
        self.push(Part("n", value, 1, self.column(node)), Step("as is", value), Step("literal", name))

    def name(self, node: ast.Name) -> None:
        name = node.id
        if name in PREFIXES:
            raise self.fail(node, f"{quoted(name)} is NumPy itself; write np.name")
        if name in RESERVED:
            return self.constant(node, name)
        if self.known is not None and name not in self.names:
            hint = suggestion(name, [*self.names, *RESERVED])
            raise self.fail(node, f"unknown name {quoted(name)}; known variables: {listed(self.names)}{hint}")
        index = self.names.setdefault(name, len(self.names))
        self.push(Part("n", None, 0, self.column(node)), Step("argument", index), Step("argument", index))

    def expect(self, node: ast.AST, kind: str) -> None:
        if self.parts[-1].kind != kind:
            raise self.fail(node, f"{_KINDS[kind]} is needed here, found {_KINDS[self.parts[-1].kind]}")

    def negate(self, node: ast.AST) -> None:
        self.expect(node, "n")
        part = self.parts[-1]
        if part.value is None or not part.literal:
            return self.apply(node, "apply", "negative", 1)
        self.parts[-1] = part._replace(value=-part.value, column=self.column(node))
        self.floats[-1] = self.floats[-1]._replace(what=-self.floats[-1].what)
        self.exact[-1] = self.exact[-1]._replace(what=-self.exact[-1].what)

    def apply(self, node: ast.AST, do: str, what: Any, count: int) -> None:
        """Finish an operation whose operands are the last `count` parts."""
        parts = self.parts[-count:]
        takes, gives, limit = self.signature(do, what, count)
        label = quoted(what if isinstance(node, ast.Call) else _SIGNS.get(what, "comparison"))
        for i, (part, kind) in enumerate(zip(parts, takes, strict=True), start=1):
            if part.kind != kind:
                found = f"{_KINDS[kind]}, found {_KINDS[part.kind]}"
                raise self.fail(part.column, f"operand {i} of {label} must be {found}")
            if part.value is not None and limit < math.inf and not abs(part.value) <= limit:
                reason = f"a constant argument of {label} must be within +-{limit:g}"
                raise self.fail(part.column, reason)
        if what in ("power", "pow"):
            self.exponent(parts[1])
        value, digits = self.fold(node, do, what, parts, gives, limit)
        del self.parts[-count:]
        self.parts.append(Part(gives, value, digits, self.column(node)))
        self.exact.append(Step(do, what, count))
        if value is None:
            self.floats.append(Step(do, what, count))
        else:
            self.floats[-count:] = [Step("as is", value)]

    def signature(self, do: str, what: Any, count: int) -> tuple[str, str, float]:
        if do == "compare":
            return "n" * count, "c", math.inf
        if do == "piecewise":
            return "nc" * (count // 2), "n", math.inf
        word = WORDS[what]
        takes = word.takes[0] * count if word.takes.endswith("+") else word.takes
        return takes, word.gives, word.limit

    def exponent(self, part: Part) -> None:
        """An integer literal in the exponent stays an integer; a constant one stays small."""
        if part.value is None:
            return
        if not abs(part.value) <= EXPONENT_LIMIT:
            raise self.fail(part.column, f"a constant exponent must be within +-{EXPONENT_LIMIT}")
        if part.literal and isinstance(part.value, int):
            self.exact[-1] = Step("as is", part.value)

    def fold(
        self, node: ast.AST, do: str, what: Any, parts: list[Part], gives: str, limit: float
    ) -> tuple[float | bool | None, int]:
        """The float value of an operation over constants, and the digits its exact value may take."""
        values = [part.value for part in parts if part.value is not None]
        if len(values) < len(parts):
            return None, 0
        digits = sum(part.digits for part in parts)
        if what in ("power", "pow"):
            digits = parts[0].digits * math.ceil(max(1, abs(values[1])))
        elif limit < math.inf:
            digits += 3 * math.ceil(abs(values[0]))  # a factorial of n has under 3 n digits up to n = 1000
        if digits > CONSTANT_DIGITS:
            raise self.fail(node, f"a constant of about {digits} digits; the limit is {CONSTANT_DIGITS}")
        with np.errstate(all="ignore"):
            result = perform(do, what, [v if isinstance(v, bool) else float(v) for v in values])
        return (bool(result) if gives == "c" else float(result)), digits
