"""Functions of exact arrays that are written for them: what they fill, index, scatter, join and contract.

They know an exact array by its field, its planes and its methods alone; ``verify.numbers.planes`` hands calls here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ad.declare import cast
from ad.table.shapes import getitem, scatter
from ad.table.signals import convolved, correlated
from ad.variable import MEANINGS
from verify.numbers.kinds import Planes
from verify.numbers.program import Refused


def plain_index(index: Any) -> Any:
    """An index with boolean exact arrays decided."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if hasattr(type(index), "exact_constant"):
        return decided_array(index)
    return index


def decided_array(x: Any) -> np.ndarray:
    """The truth of every entry, as a plain array."""
    decide = x.field.decide
    return np.array([decide(entry) for entry in x.data.reshape(-1)], dtype=bool).reshape(x.shape)


def add_at(target: Any, index: Any, values: Any) -> None:
    """Add values at an index, entries named twice receiving both."""
    index = plain_index(index)
    for plane, added in zip(target.planes, values.planes, strict=True):
        if added is not None:
            if plane is None:
                raise Refused("np.add.at into a constant; begin with np.zeros_like of an input")
            np.add.at(plane, index, added)


def filled(self: Any, shape: Any, value: Any) -> Any:
    """An array of one number and of self's kind, with planes of its own to write into."""
    field = self.field
    elements = (field.constant(value), *[field.constant(0)] * field.order)
    return type(self)(field, tuple(np.full(shape, element, dtype=object) for element in elements))


def powers(total: int, factors: int) -> Iterator[tuple[int, ...]]:
    """The powers of t that the factors of a product may bring to t**total."""
    if factors == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in powers(total - first, factors - 1):
            yield first, *rest


def coefficient(multiply: Callable[..., Any], operands: Sequence[Planes], k: int) -> Any:
    """The coefficient of t**k in a product."""
    found = None
    for degrees in powers(k, len(operands)):
        parts = [x[degree] for x, degree in zip(operands, degrees, strict=True)]
        if all(part is not None for part in parts):
            term = multiply(*parts)
            found = term if found is None else found + term
    return found


def _scatter(self: Any, g: Any, index: Any, shape: Any) -> Any:
    result = filled(self, shape, 0)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, int | np.integer | slice) for part in parts):
        result[index] = g  # names every entry at most once
    else:
        add_at(result, index, self.like(g))
    return result


def _filled(value: int) -> Callable[..., Any]:
    return lambda self, a, *args, shape=None, **kwargs: filled(self, np.shape(a) if shape is None else shape, value)


def _truths(self: Any, a: Any) -> Iterator[bool]:
    return (self.field.decide(entry) for entry in self.like(a).data.reshape(-1))


def _einsum(self: Any, subscripts: Any, *operands: Any, **kwargs: Any) -> Any:
    if not isinstance(subscripts, str):
        raise Refused("np.einsum has an exact meaning here with its subscripts as one string")
    return self.product(lambda *parts: np.einsum(subscripts, *parts), operands)


def _dot(self: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return self.elementwise(np.multiply, (a, b))
    return MEANINGS[np.tensordot](self.like(a), self.like(b), ((np.ndim(a) - 1,), (max(np.ndim(b) - 2, 0),)))


BUILDING: dict[Any, Callable[..., Any]] = {
    getitem: lambda self, x, index: x[index],
    scatter: _scatter,
    cast: lambda self, x, dtype: x,
    np.zeros_like: _filled(0),
    np.ones_like: _filled(1),
    np.empty_like: _filled(0),
    np.all: lambda self, a, *args, **kwargs: all(_truths(self, a)),
    np.any: lambda self, a, *args, **kwargs: any(_truths(self, a)),
    np.nonzero: lambda self, a: np.nonzero(decided_array(a)),
    np.flatnonzero: lambda self, a: np.flatnonzero(decided_array(a)),
    np.einsum: _einsum,
    convolved: lambda self, a, v: self.product(convolved, (a, v)),
    correlated: lambda self, a, v: self.product(correlated, (a, v)),
    np.dot: _dot,
    np.iscomplexobj: lambda self, x: False,
    np.isrealobj: lambda self, x: True,
    np.append: lambda self, arr, values, axis=None: (
        np.concatenate([np.ravel(self.like(arr)), np.ravel(self.like(values))])
        if axis is None
        else np.concatenate([self.like(arr), self.like(values)], axis=axis)
    ),
    np.broadcast_arrays: lambda self, *xs: tuple(
        np.broadcast_to(self.like(x), np.broadcast_shapes(*map(np.shape, xs))) for x in xs
    ),
}
