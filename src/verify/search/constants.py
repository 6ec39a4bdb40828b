"""The numbers that are written in a function's code: where a condition compares with one, it is a place to look at."""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from verify.adapters.sources import parts_of

DEEPEST = 4  # functions that call functions that call ...: each may hold a threshold
MOST = 64  # numbers that are taken; a table of coefficients is none of thresholds
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")  # a name after a dot is in co_names too, and none of the module's
LARGEST_TABLE = 8  # entries of an array outside that may be thresholds


def numbers_in(*functions: Any) -> list[float]:
    """The finite numbers in the code of functions, of those inside them and of those they call, each once, ascending.

    Names that the code reads from its module or from around it count with their numbers.
    Example
        >>> numbers_in(lambda x: x if x > 2.5 else 3 * x)
        [2.5, 3.0]
    """
    found: set[float] = set()
    seen: set[Any] = set()
    pending = [(function, 0) for function in functions]
    while pending and len(found) < MOST:
        function, depth = pending.pop()
        parts = parts_of(function)
        if parts:
            if id(function) not in seen:
                seen.add(id(function))
                pending += [(part, depth) for part in parts if _is_code(part)]
                found.update(number for part in parts if not _is_code(part) for number in _numbers(part))
            continue
        function = inspect.unwrap(function) if callable(function) else function
        code = function if isinstance(function, types.CodeType) else getattr(function, "__code__", None)
        if code is None or code in seen:
            continue
        seen.add(code)
        for value in (*code.co_consts, *_read(function, code)):
            if isinstance(value, types.CodeType):
                pending.append((value, depth))
            elif _is_code(value):
                pending += [(value, depth + 1)] if depth < DEEPEST else []
            else:
                found.update(_numbers(value))
    return sorted(found)[:MOST]


def _is_code(value: Any) -> bool:
    """Whether there are functions of a user's in a value: it is one, or an op of a framework."""
    function = value.__func__ if isinstance(value, staticmethod) else value
    return isinstance(function, types.FunctionType) or (callable(value) and bool(parts_of(value)))


def _read(function: Any, code: types.CodeType) -> Iterator[Any]:
    """What the code finds by name: in its module, around it, and as defaults."""
    if isinstance(function, types.CodeType):
        return
    names = function.__globals__
    read = {step.argval for step in dis.get_instructions(code) if step.opname in GLOBALS}
    yield from (names[name] for name in sorted(read) if name in names)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from function.__defaults__ or ()


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, tuple | list | frozenset):
        for item in list(value)[:LARGEST_TABLE]:
            yield from _numbers(item)
    elif isinstance(value, np.ndarray) and value.size <= LARGEST_TABLE and value.dtype.kind in "fiu":
        yield from (float(x) for x in value.reshape(-1) if np.isfinite(x))
    elif isinstance(value, int | float | np.number) and not isinstance(value, bool | np.complexfloating):
        try:
            number = float(value)
        except OverflowError:
            return
        if np.isfinite(number):
            yield number
