"""Operations of aten that compare and choose, over NumPy: exact numbers decide for themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.adapters.aten.elementwise import Entries
from verify.adapters.translation import Untranslatable


def masked_fill(self: Any, mask: Any, value: Any) -> Any:
    return np.where(mask, value, self)


def where(condition: Any, self: Any, other: Any) -> Any:
    """A NaN that is chosen nowhere is none of the function's numbers: exact arithmetic has no such number."""
    if lacks(self) and not np.any(condition):
        return np.broadcast_to(other, np.broadcast_shapes(np.shape(condition), np.shape(other)))
    if lacks(other) and np.all(condition):
        return np.broadcast_to(self, np.broadcast_shapes(np.shape(condition), np.shape(self)))
    return np.where(condition, self, other)


def lacks(x: Any) -> bool:
    """Whether x is a constant without a number in it."""
    return isinstance(x, float | np.ndarray | np.generic) and bool(np.isnan(x).all())


def place_among(
    sorted_sequence: Any, self: Any, out_int32: bool = False, right: bool = False, side: Any = None, sorter: Any = None
) -> Any:
    if np.ndim(sorted_sequence) > 1:
        raise Untranslatable("aten.searchsorted in several rows has no translation")
    return np.searchsorted(sorted_sequence, self, "right" if right or side == "right" else "left", sorter)


def exclusive(self: Any, other: Any) -> Any:
    both = np.logical_and(self, other)
    return np.logical_and(np.logical_or(self, other), np.logical_not(both))


def decided(value: Any) -> np.ndarray:
    """A plain array of truths: conditions on exact numbers are decided."""
    if isinstance(value, np.ndarray | np.generic | bool):
        return np.asarray(value)
    truths = [bool(value[place]) for place in np.ndindex(np.shape(value))]
    return np.reshape(np.asarray(truths, bool), np.shape(value))


ENTRIES: Entries = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "isposinf": lambda self: np.logical_and(np.isinf(self), np.greater(self, 0)),
    "isneginf": lambda self: np.logical_and(np.isinf(self), np.less(self, 0)),
    "signbit": np.signbit,
    "logical_and": lambda self, other: np.logical_and(np.not_equal(self, 0), np.not_equal(other, 0)),
    "logical_or": lambda self, other: np.logical_or(np.not_equal(self, 0), np.not_equal(other, 0)),
    "logical_xor": lambda self, other: exclusive(np.not_equal(self, 0), np.not_equal(other, 0)),
    "logical_not": lambda self: np.equal(self, 0),
    "isclose": lambda self, other, rtol=1e-05, atol=1e-08, equal_nan=False: np.less_equal(
        np.absolute(self - other), atol + rtol * np.absolute(other)
    ),
    "where": where,
    "masked_fill": masked_fill,
    "nonzero": lambda self: np.argwhere(decided(np.not_equal(self, 0))),
    "bucketize": lambda self, boundaries, out_int32=False, right=False: place_among(boundaries, self, right=right),
    "searchsorted": place_among,
}
# Of truths that exact numbers have decided, or not yet: torch cannot be asked.
TRUTHS: Entries = {
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": exclusive,
    "logical_not": np.logical_not,
    "bitwise_and": np.logical_and,
    "bitwise_or": np.logical_or,
    "bitwise_xor": exclusive,
    "bitwise_not": np.logical_not,
    "mul": np.logical_and,
    "any": lambda self, dim=None, keepdim=False: np.any(self, axis=dim, keepdims=keepdim),
    "all": lambda self, dim=None, keepdim=False: np.all(self, axis=dim, keepdims=keepdim),
}
