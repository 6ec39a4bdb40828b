"""What a program asks of its arguments: structure, types, dtypes, shapes, memory order, static values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.compiler.program import Check, Input, Program
from ad.compiler.text import Writer
from ad.containers import LEAF


def take_arguments(program: Program, writer: Writer) -> None:
    """Write the lines that unpack (xs, kwargs) into the inputs' names, or return None where they do not fit."""
    leaves = iter(program.inputs)
    xs, kwargs = program.arguments
    writer.add(f"if len(xs) != {len(xs)} or {'not ' if kwargs else ''}kwargs: return None" if not kwargs else
               f"if len(xs) != {len(xs)} or tuple(kwargs) != {writer.bind(tuple(kwargs))}: return None")
    names = _names()
    if xs:
        parts = [next(names) for _ in xs]
        writer.add(", ".join(parts) + ", = xs")
        for part, name in zip(xs, parts, strict=True):
            _take(part, name, leaves, names, writer)
    for key, part in kwargs.items():
        name = next(names)
        writer.add(f"{name} = kwargs[{writer.bind(key)}]")
        _take(part, name, leaves, names, writer)


def _names() -> Iterator[str]:
    return (f"a{i}" for i in range(10**9))


def _take(part: Any, name: str, leaves: Iterator[Input], names: Iterator[str], writer: Writer) -> None:
    if part is LEAF:
        _take_leaf(next(leaves), name, writer)
        return
    kind = writer.of(type(part))
    keys = tuple(part) if type(part) is dict else tuple(range(len(part)))
    same = f"tuple({name}) != {writer.bind(keys)}" if type(part) is dict else f"len({name}) != {len(part)}"
    writer.add(f"if type({name}) is not {kind} or {same}: return None")
    for key in keys:
        inner = next(names)
        writer.add(f"{inner} = {name}[{writer.bind(key) if type(part) is dict else key}]")
        _take(part[key], inner, leaves, names, writer)


def _take_leaf(leaf: Input, name: str, writer: Writer) -> None:
    x, kind = leaf.seen, writer.of(type(leaf.seen))
    if leaf.value is None:
        writer.add(f"if type({name}) is not {kind} or {name} != {writer.bind(x)}: return None")
        return
    if isinstance(x, np.ndarray):
        facts = f" or {name}.dtype != {writer.bind(x.dtype)}"
        facts += f" or {name}.shape != {writer.of(x.shape)} or {name}.strides != {writer.of(x.strides)}"
        writer.add(f"if type({name}) is not {kind}{facts}: return None")
    else:
        writer.add(f"if type({name}) is not {kind}: return None")
    given = name if leaf.convert is None else f"{writer.function(leaf.convert)}({name})"
    if writer.name_of(leaf.value) != given:
        writer.add(f"{writer.name_of(leaf.value)} = {given}")


def write_check(check: Check, writer: Writer) -> None:
    """Write the line that returns None where a check does not hold."""
    writer.add(RELATIONS[check.relation](writer, writer.name_of(check.value), check.expected) + ": return None")


def _equal(writer: Writer, name: str, expected: Any) -> str:
    if type(expected) in (int, bool):
        return f"if {name} != {expected!r}"
    return f"if not {writer.bind(same_bits, 'f')}({name}, {writer.bind(expected)})"


RELATIONS: dict[str, Callable[[Writer, str, Any], str]] = {
    "truth": lambda writer, name, expected: f"if {'not ' if expected else ''}{name}",
    "shape": lambda writer, name, expected: f"if {name}.shape != {writer.of(expected)}",
    "equal": _equal,
}


def same_bits(x: Any, y: Any) -> bool:
    """Whether two numbers or arrays have the same type, shape and bits (so that NaN is the same as itself)."""
    if type(x) is not type(y):
        return False
    if isinstance(x, np.ndarray):
        return bool(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes())
    if isinstance(x, np.generic):
        return bool(x.tobytes() == y.tobytes())
    return bool(x == y) if not isinstance(x, float) else x.hex() == y.hex()
