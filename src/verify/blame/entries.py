"""Entries of arrays along a graph: which entry of an operand an entry of a result was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.core import Node

Index = tuple[int, ...]
WHERE = "where"
TRIED = 64  # entries that are not finite, each tried by itself
OPERATION = ("operation", "argument", "line", "value", "expected", "got")  # columns about a wrong operation


def entry(x: Any, index: Index) -> Any:
    """One entry of an array or number."""
    return np.asarray(x)[index]


def placed(index: Index, shape: tuple[int, ...]) -> Index | None:
    """The entry of an array that broadcasts to this entry of a larger one; None where none does.

    Example
        >>> placed((2, 1), (3, 1)), placed((2, 1), ()), placed((2,), (3, 1))
        ((2, 0), (), None)
    """
    if len(shape) > len(index):
        return None
    kept = index[len(index) - len(shape) :]
    found = tuple(0 if n == 1 else k for k, n in zip(kept, shape, strict=True))
    return found if all(k < n for k, n in zip(found, shape, strict=True)) else None


def by_entry(node: Node) -> bool:
    """Whether an entry of the result depends on one entry of each operand alone."""
    return node.op is not None and node.op.family == "elementwise"


def spoiling(x: Any, made: Callable[[Any], Any], nan: bool) -> Index | None:
    """The entry of an array that by itself makes a result not finite; None where no single one does.

    Arguments
        made: the result, of the array. nan: whether NaN is tried before infinities.
    What is not finite elsewhere in the array is replaced by 1. If all of it may be, the result is not finite anyhow.
    Example
        >>> x = np.array([np.nan, 1.0, np.inf])
        >>> spoiling(x, lambda x: x[1] + x[2], True), spoiling(x, lambda x: x[1], True)
        ((2,), None)
    """
    x = np.asarray(x)
    if not np.isfinite(made(finite(x))):
        return None
    bad = [tuple(int(k) for k in at) for at in np.argwhere(~finite_in(x))]
    for at in sorted(bad, key=lambda at: nan and not np.isnan(x[at]))[:TRIED]:
        alone = np.array(finite(x))
        alone[at] = x[at]
        if not np.isfinite(made(alone)):
            return at
    return None


def finite(x: Any) -> Any:
    """An array with 1 in place of what is not finite."""
    x = np.asarray(x)
    return np.where(finite_in(x), x, np.ones_like(x))


def finite_in(x: np.ndarray) -> np.ndarray:
    """Which entries are finite; all of what is no floating number."""
    found = np.isfinite(x) if x.dtype.kind in "fcV" else np.ones(x.shape, bool)  # V: bfloat16 and its kin
    return np.asarray(found)


def first_of(mask: Any) -> Index:
    """The first entry at which an array is true."""
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(mask)), np.shape(mask)))


def selects(node: Node, i: int, index: Index) -> bool:
    """Whether an operation looks at its operand i for an entry of its result: np.where at one of two."""
    if node.op is None or node.op.name != WHERE:
        return True
    condition = np.asarray(node.operands[0])
    at = placed(index, condition.shape)
    return at is None or i == (1 if condition[at] else 2)


def number(x: Any) -> str:
    """A number with all its digits."""
    return str(bool(x)) if isinstance(x, np.bool_ | bool) else repr(float(x))


def shown(x: Any, index: Index | None) -> str:
    """An entry of an operand with all its digits; of an array of which no entry stands out the shape."""
    if index is None and np.ndim(x):
        return "an array of shape " + "x".join(map(str, np.shape(x)))
    return number(entry(x, index or ()))
