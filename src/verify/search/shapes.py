"""Other shapes and layouts of the example: lengths beyond a block, one entry, no axis, broadcasting, strides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten
from ad.variable import differentiable
from verify.claim import Claim
from verify.layouts import backwards, columns_first, with_gaps

LENGTHS = (1, 2, 3, 4, 5, 7, 8, 16, 33, 65, 129, 513)  # odd and even, and one more than the sizes of blocks
LARGEST = 2_000  # entries of an array in a shape that is tried
TILT = 7  # entries that repeat the example's are made unequal by less than a seventh, towards 0

Leaves = list[Any]


def variants(claim: Claim, numbers: Sequence[float]) -> Iterator[tuple[str, Claim, bool]]:
    """The claim at other shapes and layouts: a text, the claim, and whether the values are those of the example.

    Arguments
        numbers: of the code; whole ones among them may be sizes at which it changes.
    """
    if claim.cotangent is not None or claim.tangent is not None:
        return  # they have the shapes of the example
    tree, leaves = flatten(claim.xs)
    arrays = [x for x in leaves if isinstance(x, np.ndarray) and x.ndim]
    seen = {_shapes(leaves)}
    for text, other in _layouts(leaves) if arrays else ():
        yield text, claim.at(*unflatten(tree, other)), True
    for other in _reshaped(leaves, arrays, numbers):
        key = _shapes(other)
        if key not in seen and all(np.size(x) <= LARGEST for x in other):
            seen.add(key)
            yield key, claim.at(*unflatten(tree, other)), False


def _shapes(leaves: Leaves) -> str:
    """The shapes of the arrays as text: ``(3,), (3, 2)``."""
    return "shapes " + ", ".join(str(np.shape(x)) for x in leaves if _numeric(x))


def _numeric(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic | float | int) and not isinstance(x, bool)


def _reshaped(leaves: Leaves, arrays: Leaves, numbers: Sequence[float]) -> Iterator[Leaves]:
    """Axes of one length get another together; then one input alone is broadcast, or has no axis."""
    named = [int(n) + k for n in numbers for k in (-1, 0, 1) if n == int(n) and 2 <= n <= LARGEST]
    for length in dict.fromkeys(n for x in arrays for n in x.shape):
        for other in (*LENGTHS, *named):
            yield [_with(x, {length: other}) for x in leaves]
    if arrays:
        yield [x.reshape(-1)[0] if _is_array(x) and x.size and differentiable(x) else x for x in leaves]
        for other in (7, 33):  # all axes at once
            yield [_with(x, dict.fromkeys(np.shape(x), other)) for x in leaves]
    elif all(isinstance(x, float | np.floating) for x in leaves):
        for other in (1, 3, 65):
            yield [_tiled(np.asarray(x), (other,)) for x in leaves]
    if len(leaves) > 1:
        yield from _broadcast(leaves)


def _broadcast(leaves: Leaves) -> Iterator[Leaves]:
    for k, x in enumerate(leaves):
        if not (_is_array(x) and differentiable(x)):
            continue
        smaller = [x[(slice(None),) * axis + (slice(0, 1),)] for axis in range(x.ndim)] + [x[0], x.reshape(-1)[0]]
        yield from ([*leaves[:k], small, *leaves[k + 1 :]] for small in smaller if np.size(small))


def _with(x: Any, lengths: dict[int, int]) -> Any:
    """An array whose axes of some lengths have others."""
    return _tiled(x, tuple(lengths.get(n, n) for n in x.shape)) if _is_array(x) else x


def _tiled(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The entries over and over in another shape; those of a repetition are a little smaller, so that none are tied."""
    found = np.resize(x, shape)
    if found.size <= x.size or not differentiable(x):
        return found
    return (found * (1 - np.arange(found.size) / (TILT * found.size)).reshape(shape)).astype(x.dtype)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.ndim > 0


def _layouts(leaves: Leaves) -> Iterator[tuple[str, Leaves]]:
    """The same values laid out in memory another way."""
    ways = {
        "Fortran order": columns_first,
        "negative strides": backwards,
        "not contiguous": with_gaps,
    }
    for text, way in ways.items():
        other = [way(x) if _is_array(x) else x for x in leaves]
        if any(_is_array(x) and not x.flags.c_contiguous for x in other):
            yield text, other
