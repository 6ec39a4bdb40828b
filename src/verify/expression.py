"""Strings to functions, without ever running the string.

`parse` scans the characters (`verify.vocabulary`), reads the text with `ast` and walks the tree through a
whitelist (`verify.grammar`). Nothing of the text reaches `eval`, `exec`, `getattr` or the parser of a
computer algebra; neither reading nor calling recurses.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from verify.grammar import DEPTH_LIMIT, Builder, Step, indent, perform
from verify.vocabulary import RESERVED, ExpressionError, listed, name_fault, quoted, scan

__all__ = ["Expression", "ExpressionError", "parse"]


@dataclass(frozen=True)
class Expression:
    """A function read from a string.

    text: the string. names: its variables, in the order in which a call takes them. functions: the functions
    it uses, as written, in order of first appearance. kind: "number" or "condition".
    """

    text: str
    names: tuple[str, ...]
    functions: tuple[str, ...]
    kind: str
    floats: tuple[Step, ...] = field(repr=False, compare=False)
    exact: tuple[Step, ...] = field(repr=False, compare=False)

    def __call__(self, *xs: Any, **by_name: Any) -> Any:
        """The value of the expression.

        Arguments: one value per variable, by position or by name: floats, arrays that broadcast, or another
        kind of number that has a method `exact_constant(value)`; every literal is then lifted through the
        first such argument. Returns what the NumPy functions return. Raises TypeError when the arguments do
        not match the names.

        >>> float(parse("x**2 + 1/4")(3.0))
        9.25
        """
        values = self._bind(xs, by_name)
        lift = next((x.exact_constant for x in values if hasattr(x, "exact_constant")), None)
        if lift is None or type(lift(1)) in (int, float):  # a recording argument that holds plain floats
            return _run(self.floats, values, lambda constant: constant)
        return _run(self.exact, values, lift)

    def _bind(self, xs: tuple[Any, ...], by_name: dict[str, Any]) -> list[Any]:
        if len(xs) > len(self.names):
            raise TypeError(f"{len(xs)} arguments; the {len(self.names)} variables are {listed(self.names)}")
        given = dict(zip(self.names, xs, strict=False))
        for name, value in by_name.items():
            if name not in self.names:
                raise TypeError(f"no variable {quoted(name)}; the variables are {listed(self.names)}")
            if name in given:
                raise TypeError(f"variable {quoted(name)} is given twice, by position and by name")
            given[name] = value
        if missing := [name for name in self.names if name not in given]:
            raise TypeError(f"no value for {listed(missing)}; the variables are {listed(self.names)}")
        return [given[name] for name in self.names]


def _run(program: tuple[Step, ...], values: Sequence[Any], lift: Callable[[Any], Any]) -> Any:
    """The stack machine."""
    stack: list[Any] = []
    for do, what, count in program:
        if do == "argument":
            stack.append(values[what])
        elif do == "literal":
            stack.append(lift(what))
        elif do == "as is":
            stack.append(what)
        else:
            operands = stack[-count:]
            del stack[-count:]
            stack.append(perform(do, what, operands))
    return stack.pop()


def parse(text: str, variables: Sequence[str] | None = None) -> Expression:
    """Read an expression.

    Arguments
        text: Python infix over the names of `verify.vocabulary` and the variables. Integers are exact,
            decimals denote the nearest float64, pi and E the exact numbers; `a**b` is a real power;
            `Piecewise((v, c), ..., (v, True))` takes the first value whose condition holds.
        variables: the names allowed, in calling order; None takes the free names as they appear.
    Returns an `Expression`. Raises `ExpressionError`, one line with a column, for anything else.

    >>> parse("1/(1 + exp(-(x*w + b)))").names
    ('x', 'w', 'b')
    >>> parse("x + foo(w)", ["x", "w"])
    Traceback (most recent call last):
    verify.vocabulary.ExpressionError: column 5: unknown function 'foo'; did you mean 'floor'?
    """
    scan(text)
    builder = Builder(text, None if variables is None else _checked(text, variables))
    builder.read(_tree(text))
    [part] = builder.parts
    kind = {"n": "number", "c": "condition"}[part.kind]
    names, functions = tuple(builder.names), tuple(builder.functions)
    return Expression(text, names, functions, kind, tuple(builder.floats), tuple(builder.exact))


def _checked(text: str, variables: Sequence[str]) -> list[str]:
    """The variables, once each of them is known to be a possible name."""
    for i, name in enumerate(variables):
        column = max(text.find(name), 0) + 1
        if fault := name_fault(name):
            raise ExpressionError(text, column, f"variable {i + 1}: {fault}")
        if name in RESERVED:
            reason = f"variable {i + 1}: {quoted(name)} already has a meaning; rename it"
            raise ExpressionError(text, column, reason)
        if name in variables[:i]:
            raise ExpressionError(text, column, f"variable {i + 1}: {quoted(name)} is listed twice")
    return list(variables)


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(" \t"), mode="eval").body
    except SyntaxError as error:
        column = min(error.offset + indent(text), len(text)) if error.offset else len(text)  # 0: at the end
        raise ExpressionError(text, column, f"not an expression: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(text, 1, f"nested too deeply; the limit is {DEPTH_LIMIT}") from None
    except ValueError as error:
        raise ExpressionError(text, 1, f"not an expression: {str(error)!a}") from None
