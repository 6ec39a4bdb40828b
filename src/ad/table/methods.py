"""Methods of ufuncs (``np.multiply.outer``) and keywords of reductions (``where=``), in functions of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.dispatch import KEYWORDS, METHODS, REDUCTIONS
from ad.table.reductions import count, root, squared
from ad.table.shapes import getitem
from ad.variable import Variable

# --- methods of binary ufuncs


def outer(ufunc, a, b):
    """Every entry of a with every entry of b."""
    return ufunc(np.reshape(a, (*np.shape(a), *(1,) * np.ndim(b))), b)


def running(ufunc, x):
    """The results of a ufunc over x[0], x[:2], x[:3], ... along the first axis."""
    found = [getitem(x, 0)]
    for k in range(1, np.shape(x)[0]):
        found.append(ufunc(found[-1], getitem(x, k)))
    return found


def accumulate(ufunc, array, axis=0):
    if np.shape(array)[axis] == 0:
        return array
    return np.moveaxis(np.stack(running(ufunc, np.moveaxis(array, axis, 0))), 0, axis)


def reduce(ufunc, array, axis=0, keepdims=False):
    if not isinstance(axis, int) or np.shape(array)[axis] == 0:
        raise TypeError(f"np.{ufunc.__name__}.reduce on traced arrays takes one axis that is not empty, got {axis!r}")
    last = running(ufunc, np.moveaxis(array, axis, 0))[-1]
    return np.expand_dims(last, axis) if keepdims else last


def reduceat(ufunc, array, indices, axis=0):
    """Reductions over array[indices[i] : indices[i + 1]]; a slice that would be empty stands for its first entry."""
    x = np.moveaxis(array, axis, 0)
    ends = [*indices[1:], np.shape(x)[0]]
    slices = [getitem(x, slice(a, max(a + 1, b))) for a, b in zip(indices, ends, strict=True)]
    reduced = REDUCTIONS.get((ufunc, "reduce"))
    parts = [reduce(ufunc, part) if reduced is None else reduced(part, axis=0) for part in slices]
    return np.moveaxis(np.stack(parts), 0, axis)


METHODS.update(outer=outer, accumulate=accumulate, reduce=reduce, reduceat=reduceat)


# --- keywords of reductions


def selected(a: Any, where: Any, other: Any) -> Any:
    """a, with another number of its own dtype in place of the entries that are left out."""
    return a if where is True else np.where(where, a, np.full_like(a, other))


def counted(a: Any, axis: Any, where: Any, keepdims: bool) -> Any:
    """How many entries are selected, one number for each entry of the reduction, in a's dtype."""
    if where is True:
        return count(a, axis)
    mask = np.broadcast_to(where, np.shape(a)) * np.ones((), np.real(a).dtype if np.iscomplexobj(a) else a.dtype)
    return np.sum(mask, axis=axis, keepdims=keepdims)


def keywords(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what the keywords of a reduction mean: out= is refused, dtype= is a cast of the array."""

    def declare(definition: Callable[..., Any]) -> Callable[..., Any]:
        def reduction(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **rest: Any) -> Any:
            if out is not None:
                raise TypeError(
                    f"np.{function.__name__} on traced arrays writes into no array: leave out out= and use the result"
                )
            if dtype is not None and np.dtype(dtype).kind not in "fcVO" and isinstance(a, Variable):
                return function(a.value, axis=axis, dtype=dtype, **rest)  # whole numbers: a constant
            return definition(a if dtype is None else a.astype(dtype), axis, **rest)

        def without_dtype(a: Any, axis: Any = None, out: Any = None, **rest: Any) -> Any:
            return reduction(a, axis, None, out, **rest)

        KEYWORDS[function] = without_dtype if function in (np.max, np.min) else reduction
        return definition

    return declare


@keywords(np.sum)
def sum_of(a, axis, keepdims=False, initial=None, where=True):
    y = np.sum(selected(a, where, 0), axis=axis, keepdims=keepdims)
    return y if initial is None else y + initial


@keywords(np.prod)
def product_of(a, axis, keepdims=False, initial=None, where=True):
    y = np.prod(selected(a, where, 1), axis=axis, keepdims=keepdims)
    return y if initial is None else y * initial


@keywords(np.mean)
def mean_of(a, axis, keepdims=False, where=True):
    return np.sum(selected(a, where, 0), axis=axis, keepdims=keepdims) / counted(a, axis, where, keepdims)


@keywords(np.var)
def var_of(a, axis, ddof=0, keepdims=False, where=True):
    apart = selected(a - mean_of(a, axis, keepdims=True, where=where), where, 0)
    return np.sum(squared(apart), axis=axis, keepdims=keepdims) / (counted(a, axis, where, keepdims) - ddof)


@keywords(np.std)
def std_of(a, axis, ddof=0, keepdims=False, where=True):
    if where is True:
        return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return root(var_of(a, axis, ddof, keepdims, where))


for extreme, pairwise in ((np.max, np.maximum), (np.min, np.minimum)):

    @keywords(extreme)
    def extreme_of(a, axis, keepdims=False, initial=None, where=True, extreme=extreme, pairwise=pairwise):
        if initial is None and where is not True:
            raise ValueError(f"np.{extreme.__name__} with where= needs initial=, the result where nothing is selected")
        y = extreme(selected(a, where, initial), axis=axis, keepdims=keepdims)
        return y if initial is None else pairwise(y, initial)


@keywords(np.cumsum)
def cumsum_of(a, axis):
    return np.cumsum(a, axis=axis)
