"""Arrays made of traced values: NumPy's constructors, which do not hand their arguments on, under the same names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def leaves(value: Any) -> Iterator[Any]:
    """The arrays and numbers in nested lists and tuples."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple):
            pending.extend(item)
        else:
            yield item


def traced(value: Any) -> bool:
    """Whether a value, or a part of nested lists, takes part in NumPy's protocols: a Variable, an exact array."""
    return any(hasattr(type(x), "__array_function__") and not isinstance(x, np.ndarray) for x in leaves(value))


def array(object: Any, dtype: Any = None, *, copy: bool | None = True, order: Any = "K", ndmin: int = 0) -> Any:
    """``np.array`` that takes traced values: nested lists of numbers, arrays and Variables become one array.

    Arguments
        object: an array, or lists and tuples nested to any depth whose entries have the same shape.
        dtype, copy, order, ndmin: as in ``np.array``; traced values are never written into, so copy and order do not
            matter to them.
    Returns
        what ``np.array`` returns; a Variable where any entry is one.
    Raises
        ValueError for lists of different lengths or shapes.
    Example
        >>> import ad
        >>> ad.grad(lambda x: ad.array([x, x * x, 1.0]) @ np.array([1.0, 2.0, 3.0]))(5.0)
        np.float64(21.0)
    """
    if not traced(object):
        return np.array(object, dtype=dtype, copy=copy, order=order, ndmin=ndmin)
    y = _joined(object)
    y = y if dtype is None else y.astype(dtype)
    return np.reshape(y, (1,) * (ndmin - np.ndim(y)) + np.shape(y)) if np.ndim(y) < ndmin else y


def asarray(a: Any, dtype: Any = None, order: Any = None, *, copy: bool | None = None) -> Any:
    """``np.asarray`` that takes traced values; an array is handed back as it is.

    Arguments
        a, dtype, order, copy: as in ``np.asarray``; see ``ad.array``.
    Returns
        what ``np.asarray`` returns; a Variable where a is one or holds one.
    Example
        >>> import ad
        >>> ad.grad(lambda x: np.sum(ad.asarray([x, 2 * x])))(5.0)
        np.float64(3.0)
    """
    if traced(a):
        return array(a, dtype)
    return np.array(a, dtype=dtype, order=order, copy=True) if copy else np.asarray(a, dtype=dtype, order=order)


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
    """``np.full`` that takes a traced value to fill with.

    Arguments
        shape: of the result. fill_value: a number or an array that broadcasts to it. dtype, order: as in ``np.full``.
    Returns
        what ``np.full`` returns; a Variable where fill_value is one or holds one.
    Example
        >>> import ad
        >>> ad.grad(lambda x: np.sum(ad.full((2, 3), x)))(5.0)
        np.float64(6.0)
    """
    if not traced(fill_value):
        return np.full(shape, fill_value, dtype=dtype, order=order)
    return np.broadcast_to(array(fill_value, dtype), shape)


def _joined(value: Any) -> Any:
    """Lists as arrays, the innermost first; parts without a traced value are NumPy's own."""
    if not traced(value):
        return np.array(value)
    if not isinstance(value, list | tuple):
        return value
    parts = [_joined(part) for part in value]
    shapes = {np.shape(part) for part in parts}
    if len(shapes) > 1:
        raise ValueError(f"the entries of a list have the shapes {sorted(shapes)}: an array needs one shape for all")
    return np.stack(parts)
