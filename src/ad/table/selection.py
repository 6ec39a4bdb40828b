"""Functions that choose entries by an index, a condition or an order.

What is chosen is a constant: an order is found on the values, and the entries are gathered by it.
"""

import numpy as np

from ad.declare import cast, composite, constant, in_dtype_of
from ad.table.shapes import getitem, scatter, take
from ad.variable import dispatching


def along(shape, indices, axis):
    """The index of an array of a shape that takes ``indices`` along an axis, and every place along the others."""
    grid = [
        np.reshape(np.arange(n), tuple(-1 if k == i else 1 for k in range(len(shape)))) for i, n in enumerate(shape)
    ]
    return (*grid[:axis], indices, *grid[axis + 1 :])


def take_along_axis(arr, indices, axis=-1):
    if axis is None:
        return getitem(np.ravel(arr), np.ravel(indices))
    return getitem(arr, along(np.shape(arr), indices, axis % np.ndim(arr)))


@dispatching
def partition_places(a, kth, axis):
    """Where ``np.partition`` takes each entry from; ``np.argpartition`` may order what lies beyond kth otherwise."""
    ranks = np.argsort(np.argsort(np.partition(a, kth, axis), axis, kind="stable"), axis)
    return np.take_along_axis(np.argsort(a, axis, kind="stable"), ranks, axis)


@dispatching
def whole(x):
    """The whole numbers at or below x, as integers that may index."""
    return np.floor(x).astype(int)[()]


def partition(a, kth, axis=-1):
    if axis is None:
        a, axis = np.ravel(a), 0
    return take_along_axis(a, partition_places(a, kth, axis), axis)


def choose(a, choices, mode="raise"):
    """Entry i of ``choices[a[i]]``, everything broadcast."""
    choices = list(choices)
    # NumPy itself says which of the numbers 0, 1, 2, ... it chooses, and refuses what is out of range.
    which = np.choose(a, list(range(len(choices))), mode=mode)
    shape = np.broadcast_shapes(np.shape(which), *map(np.shape, choices))
    grid = np.indices(shape, sparse=True)
    return getitem(np.stack([np.broadcast_to(x, shape) for x in choices]), (which, *grid))


def compress(condition, a, axis=None):
    return take(a, np.flatnonzero(condition), axis)


def extract(condition, arr):
    return getitem(np.ravel(arr), np.flatnonzero(np.ravel(condition)))


def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"np.select takes as many conditions as choices, found {len(condlist)} and {len(choicelist)}")
    y = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        y = np.where(condition, choice, y)
    return y


def bincount(x, /, weights=None, minlength=0):
    """The sum of the weights in every bin, in float64 as NumPy computes it."""
    if weights is None or np.shape(x) != np.shape(weights):
        raise TypeError("np.bincount on traced arrays takes weights=, one for each entry of x")
    if not np.size(x):
        return np.bincount(x, minlength=minlength)  # of integers, and so a constant, as NumPy has it
    bins = max(int(np.max(x)) + 1, minlength)
    exact = getattr(weights, "dtype", np.dtype(float)).kind == "O"
    return scatter(weights if exact else cast(weights, np.float64), np.asarray(x), (bins,))


def piecewise(x, condlist, funclist, *args, **kwargs):
    """Each function sees the entries of its own piece alone, so that the others' domains do not matter."""
    listed = isinstance(condlist, list | tuple)
    alone = np.ndim(condlist[0]) < min(np.ndim(x), 1) if listed else np.ndim(condlist) < 2
    conditions = [condlist] if alone else list(condlist)
    if len(funclist) == len(conditions) + 1:
        met = conditions[0]
        for condition in conditions[1:]:
            met = np.logical_or(met, condition)
        conditions.append(np.logical_not(met))
    if len(funclist) != len(conditions):
        raise ValueError(f"np.piecewise of {len(conditions)} conditions takes as many functions, found {len(funclist)}")
    y = np.zeros_like(x)
    for condition, piece in zip(conditions, funclist, strict=True):
        mask = np.broadcast_to(condition, np.shape(x))
        chosen = getitem(x, mask)
        if np.size(chosen):
            found = piece(chosen, *args, **kwargs) if callable(piece) else piece * np.ones_like(chosen)
            found = in_dtype_of(found, x) if getattr(x, "dtype", np.dtype(float)).kind in "fV" else found
            y = np.where(mask, scatter(np.broadcast_to(found, np.shape(chosen)), mask, np.shape(x)), y)
    return y


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Finite entries as they are, the others replaced by constants of x's dtype."""
    finite = np.isfinite(x)
    if np.all(finite):
        return np.positive(x)
    if np.iscomplexobj(x):
        real, imaginary = (nan_to_num(part, copy, nan, posinf, neginf) for part in (np.real(x), np.imag(x)))
        return real + 1j * imaginary
    info = np.finfo(x.dtype)
    largest, smallest = (info.max if posinf is None else posinf), (info.min if neginf is None else neginf)
    replaced = np.where(np.isnan(x), nan, np.where(np.greater(x, 0), largest, smallest))
    return np.where(finite, x, replaced.astype(x.dtype))


composite(np.take_along_axis, take_along_axis)
composite(np.partition, partition)
composite(np.choose, choose)
composite(np.compress, compress)
composite(np.extract, extract)
composite(np.select, select)
composite(np.piecewise, piecewise)
composite(np.bincount, bincount)
composite(np.nan_to_num, nan_to_num)

constant(
    partition_places, whole, np.argpartition, np.argwhere, np.digitize, np.isin, np.unravel_index, np.ravel_multi_index,
    np.lexsort, np.histogram_bin_edges, np.spacing, np.nanargmax, np.nanargmin,
)  # fmt: skip
