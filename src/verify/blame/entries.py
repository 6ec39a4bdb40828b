"""Entries of arrays along a graph: which entry of an operand an entry of a result was made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.core import Node

Index = tuple[int, ...]
WHERE = "where"


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


def not_finite(x: Any, at: Index | None, nan: bool) -> Index | None:
    """The entry ``at`` when it is not finite; without one, the first entry that is not, a NaN before others if ``nan``.

    Example
        >>> not_finite([1.0, np.inf, np.nan], None, True), not_finite([1.0, np.inf], (0,), False)
        ((2,), None)
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fcV":  # V: bfloat16 and its kin
        return None
    if at is not None:
        return None if np.isfinite(x[at]) else at
    for mask in (np.isnan(x), ~np.isfinite(x))[0 if nan else 1 :]:
        if mask.any():
            return first_of(mask)
    return None


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


def indexed(name: str, index: Index) -> str:
    """The name of an entry."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def number(x: Any) -> str:
    """A number with all its digits."""
    return str(bool(x)) if isinstance(x, np.bool_ | bool) else repr(float(x))


def shown(x: Any, index: Index | None) -> str:
    """An entry of an operand with all its digits; of an array of which no entry stands out the shape."""
    if index is None and np.ndim(x):
        return "an array of shape " + "x".join(map(str, np.shape(x)))
    return number(entry(x, index or ()))
