"""A program: what a function did with its arrays, as straight-line steps.

Value    one array or number of the program, known by its shape, dtype, strides and type before it is computed
Step     one call that computes a Value: a NumPy function, its arguments (with Values in them), the result
Check    a fact about a Value that the steps after it rest on: the branch that was taken, a number that was read
Program  inputs, steps and checks in order, and the tree that is returned
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

FLOAT64 = np.dtype(np.float64)


class Value:
    """One array or number of a program. Two Values are the same only when they are one object."""

    __slots__ = ("dtype", "kind", "shape", "strides")
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: Any

    def __init__(self, seen: Any) -> None:
        self.kind = type(seen)
        if self.kind is np.float64:  # a long program is made of these
            self.shape, self.dtype, self.strides = (), FLOAT64, ()
            return
        self.shape = getattr(seen, "shape", ())
        self.dtype = getattr(seen, "dtype", None)
        self.strides = getattr(seen, "strides", ())

    def __repr__(self) -> str:
        return f"Value({self.kind.__name__}, {self.dtype}, {self.shape})"

    @property
    def size(self) -> int:
        size = 1
        for n in self.shape:
            size *= n
        return size


@dataclass(slots=True, eq=False)
class Step:
    """``result = function(*args, **kwargs)``; args and kwargs are trees of Values and constants."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Value

    def operands(self) -> Iterator[Value]:
        yield from values_in(self.args)
        if self.kwargs:
            yield from values_in(self.kwargs)


@dataclass(slots=True, eq=False)
class Check:
    """What must hold again for the steps after it.

    relation: "truth" (bool(value) is expected), "equal" (the same number or entries), "shape" (of an array).
    """

    relation: str
    value: Value
    expected: Any

    def operands(self) -> Iterator[Value]:
        yield self.value


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One leaf of the arguments, as it was when the program was recorded.

    value: what it is in the program; None for a static argument, which must equal ``seen`` again.
    convert: what makes the Value's array of the argument, None for nothing.
    """

    seen: Any
    value: Value | None
    convert: Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Straight-line code: it answers for arguments with the same structure, and as long as its checks hold.

    arguments: the tree (xs, kwargs) with marks for leaves; inputs: its leaves in order.
    body: steps and checks, each after what it needs. result: a tree of Values and constants.
    """

    arguments: Any
    inputs: tuple[Input, ...]
    body: tuple[Step | Check, ...]
    result: Any


def values_in(tree: Any) -> Iterator[Value]:
    """The Values in nested tuples, lists, dicts and slices, in order."""
    kind = type(tree)
    if kind is Value:
        yield tree
    elif isinstance(tree, tuple | list):
        for item in tree:
            if type(item) is Value:
                yield item
            elif isinstance(item, tuple | list | dict | slice):
                yield from values_in(item)
    elif kind is dict:
        yield from values_in(tuple(tree.values()))
    elif kind is slice:
        yield from values_in((tree.start, tree.stop, tree.step))


def without_dead_steps(program: Program) -> Program:
    """The program less the steps that neither the result nor a check needs."""
    needed = set(values_in(program.result))
    kept: list[Step | Check] = []
    for item in reversed(program.body):
        if type(item) is Step and item.result not in needed:
            continue
        kept.append(item)
        needed.update(item.operands())
    return replace(program, body=tuple(reversed(kept)))


def is_elementwise(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether entry i of the result depends on entry i of each operand alone."""
    if isinstance(function, np.ufunc):
        return function.nout == 1 and function.signature is None and not kwargs and len(args) == function.nin
    return (function is np.where and len(args) == 3 and not kwargs) or function is operator.pow
