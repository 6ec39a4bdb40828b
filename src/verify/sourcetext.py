"""The text of a function or a class in its file, and the names that it needs from outside.

Facts
    A lambda is found in its file by the columns that its bytecode keeps.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any

# What a statement of ours gives a value to: a name, a function or class under its decorators, or what an import calls
# by another name.
BINDS = re.compile(r"(?:@.*\n)*(?:(\w+) = |(?:def|class) (\w+)\b|from \S+ import (\w+)$|import \S+ as (\w+)$)")


class NotToBeHad(Exception):
    """The function cannot be imported and is not self-contained: why, in words."""


def clash(statements: Iterable[str]) -> bool:
    """Whether two different statements give one name a value.

    Example
        >>> clash(["a = 1", "b = 2", "a = 1"]), clash(["a = 1", "a = 2"])
        (False, True)
    """
    by_name: dict[str, set[str]] = {}
    for statement in statements:
        found = BINDS.match(statement)
        if found is not None:
            by_name.setdefault(next(filter(None, found.groups())), set()).add(statement)
    return any(len(texts) > 1 for texts in by_name.values())


def definition(function: FunctionType) -> tuple[str, ast.Lambda | ast.FunctionDef]:
    """The text of a function in its file, without decorators, and its syntax."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        raise NotToBeHad(_no_source(function)) from None
    text = "".join(lines)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and function.__name__ == node.name:
            if code.co_firstlineno == min([node.lineno, *(d.lineno for d in node.decorator_list)]):
                return textwrap.dedent(_whole_lines(lines, node)), node
        elif isinstance(node, ast.Lambda) and function.__name__ == "<lambda>" and _is_code_of(code, node):
            segment = ast.get_source_segment(text, node) or ""
            return (f"({segment})" if "\n" in segment else segment), node
    raise NotToBeHad(_no_source(function))


def _no_source(thing: Any) -> str:
    return f"the source of {thing.__name__} is not to be had"


def _whole_lines(lines: list[str], node: ast.FunctionDef) -> str:
    return "".join(lines[node.lineno - 1 : node.end_lineno]).rstrip()


def _is_code_of(code: Any, node: ast.Lambda) -> bool:
    """Whether bytecode stems from the body of a lambda: their first and last places are the same."""
    places = [p for p in code.co_positions() if p[2] is not None and (p[0], p[2]) != (p[1], p[3])]
    if not places:
        return False
    body = node.body
    begin = min((line, column) for line, _, column, _ in places)
    end = max((line, column) for _, line, _, column in places)
    return begin == (body.lineno, body.col_offset) and end == (body.end_lineno, body.end_col_offset)


def needed(function: FunctionType, node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The names that a function reads and does not make, with their values."""
    return needed_of(node, known_to(function), set())


def known_to(function: FunctionType) -> dict[str, Any]:
    """The values of the names that a function may read."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {**function.__globals__, **{name: _content(cell) for name, cell in cells}}


def needed_of(node: ast.AST, known: Mapping[str, Any], made: set[str]) -> Iterator[tuple[str, Any]]:
    own = made | {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
    read = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    for name in dict.fromkeys(read):
        if name in own:
            continue
        if name in known:
            yield name, known[name]
        elif not hasattr(builtins, name):
            raise NotToBeHad(f"it needs {name}, which has no value here")


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        raise NotToBeHad("it needs a variable that was never set") from None


def class_definition(kind: type) -> tuple[str, ast.Module, Callable[[FunctionType, str], bool]]:
    """The text of a class in its file, its syntax, and whether a function of its stands there, or Python makes it."""
    try:
        lines, first = inspect.getsourcelines(kind)
        text = textwrap.dedent("".join(lines)).rstrip()
        node, file = ast.parse(text), inspect.getsourcefile(kind)
    except (OSError, TypeError, SyntaxError):
        raise NotToBeHad(_no_source(kind)) from None

    def stands_there(function: FunctionType, name: str) -> bool:
        code = function.__code__
        own = code.co_filename == file and first <= code.co_firstlineno < first + len(lines)
        return own or (code.co_filename == "<string>" and name.startswith("__"))  # of a dataclass

    return text, node, stands_there
