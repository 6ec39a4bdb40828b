"""Grids and interpolation between their nodes."""

from typing import Any

import numpy as np

from ad.declare import cast, composite, in_dtype_of
from ad.table.shapes import getitem
from ad.table.statistics import widened

SEVERAL: Any = type(np.meshgrid(np.zeros(1)))  # a tuple from NumPy 2 on, else a list


def spread(start, stop, num, endpoint, axis):
    """start, stop, and the share of the way between them that each node has gone, broadcasting."""
    num = int(num)
    if num < 0:
        raise ValueError(f"num is {num}: the number of nodes is not negative")
    ndim = max(np.ndim(start), np.ndim(stop))
    start, stop = (at_front(x, axis % (ndim + 1), ndim) for x in (start, stop))
    n = max(num - 1 if endpoint else num, 1)
    share = np.reshape(np.arange(num) / n, tuple(-1 if i == axis % (ndim + 1) else 1 for i in range(ndim + 1)))
    return start, stop, in_common(share, start, stop)


def number_like(x, other):
    """A plain number in the dtype of what it stands beside."""
    dtype = getattr(other, "dtype", np.dtype(float))
    return np.asarray(x, dtype) if type(x) in (int, float) and dtype.kind in "fV" else x


def in_common(share, *xs):
    """A constant in the dtype of what it weighs, so that float32 stays float32; exact numbers take any."""
    dtypes = [x.dtype for x in xs]
    if any(dtype.kind == "O" for dtype in dtypes):
        return share
    return share.astype(np.result_type(np.result_type(*dtypes), 1.0))  # Python's 1.0 makes integers doubles


def at_front(x, axis, ndim):
    """An array with a new axis among the ``ndim`` that it broadcasts to."""
    shape = (1,) * (ndim - np.ndim(x)) + np.shape(x)
    return np.reshape(x, (*shape[:axis], 1, *shape[axis:]))


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """A mixture of start and stop at every node: both are reached, whatever their sizes."""
    start, stop = number_like(start, stop), number_like(stop, start)
    low, high, share = spread(start, stop, num, endpoint, axis)
    y = mixture = low * (1 - share) + high * share
    if dtype is not None:
        y = y.astype(dtype) if np.dtype(dtype).kind not in "iu" else np.floor(y).astype(dtype)
    if not retstep:
        return y
    divisor = num - 1 if endpoint else num
    return y, in_dtype_of((stop - start) / divisor, mixture) if divisor > 0 else np.nan


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if np.ndim(base):
        raise TypeError("np.logspace on traced arrays takes one number as its base")
    y = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else y.astype(dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """start * (stop/start)**(k/n): of one sign, so that the ratio is positive."""
    low, high, share = spread(start, stop, num, endpoint, axis)
    if np.any(np.less_equal(low * np.sign(high), 0)):
        raise ValueError("np.geomspace on traced arrays goes between two numbers of one sign, neither of them 0")
    y = low * np.power(high / low, share)
    return y if dtype is None else y.astype(dtype)


def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing is {indexing!r}: np.meshgrid takes 'xy' or 'ij'")
    n = len(xi)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    ones = (1,) * n
    grids = [np.reshape(x, (*ones[:k], -1, *ones[k + 1 :])) for x, k in zip(xi, places, strict=True)]
    shape = np.broadcast_shapes(*map(np.shape, grids))
    return SEVERAL([x if sparse else np.broadcast_to(x, shape) for x in grids])


def vander(x, N=None, increasing=False):
    """Columns of powers, each the one before times x."""
    if np.ndim(x) != 1:
        raise ValueError(f"np.vander takes a vector, found {np.ndim(x)} axes")
    x = widened(x, int)
    columns = [np.ones_like(x)]
    for _ in range(1, np.shape(x)[0] if N is None else N):
        columns.append(columns[-1] * x)
    columns = columns[: np.shape(x)[0] if N is None else N]
    if not columns:
        return np.zeros_like(x, shape=(np.shape(x)[0], 0))
    return np.stack(columns if increasing else columns[::-1], axis=1)


def in_float64(x):
    """An array as float64 or complex128, exact numbers as they are."""
    kind = getattr(x, "dtype", np.dtype(float)).kind
    return x if kind == "O" or not hasattr(x, "dtype") else cast(x, np.complex128 if kind == "c" else np.float64)


def interp(x, xp, fp, left=None, right=None, period=None):
    """Between two nodes along their chord; beyond the last ones constant. In float64, as NumPy computes it."""
    if np.ndim(xp) != 1 or np.shape(xp) != np.shape(fp) or not np.size(xp):
        raise ValueError(f"xp and fp are two vectors of one length, found the shapes {np.shape(xp)} and {np.shape(fp)}")
    x, xp, fp = (in_float64(np.asarray(v) if isinstance(v, list | tuple | int | float) else v) for v in (x, xp, fp))
    if period is not None:
        x, xp, fp, left, right = wrapped(x, xp, fp, period)
    n = np.shape(xp)[0]
    right_of = np.searchsorted(xp, x, side="right")
    j = np.minimum(np.maximum(right_of - 1, 0), max(n - 2, 0))
    low, high = getitem(xp, j), getitem(xp, np.minimum(j + 1, n - 1))
    below, above = getitem(fp, j), getitem(fp, np.minimum(j + 1, n - 1))
    inside = np.logical_and(right_of > 0, np.searchsorted(xp, x, side="left") < n)
    width = np.where(inside, high - low, 1.0) if n > 1 else 1.0
    chord = below + (above - below) / width * (np.where(inside, x, low) - low)
    before = getitem(fp, 0) if left is None else left
    after = getitem(fp, n - 1) if right is None else right
    outside = np.where(right_of == 0, before, after)
    return np.where(inside, chord, np.where(np.isnan(x), np.nan, outside) if np.any(np.isnan(x)) else outside)


def wrapped(x, xp, fp, period):
    """The nodes of one period in order, with the last one before and the first one behind."""
    period = abs(period)
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = np.argsort(xp, kind="stable")
    xp, fp = getitem(xp, order), getitem(fp, order)
    ends = slice(-1, None), slice(0, 1)
    xp = np.concatenate([getitem(xp, ends[0]) - period, xp, getitem(xp, ends[1]) + period])
    return x, xp, np.concatenate([getitem(fp, ends[0]), fp, getitem(fp, ends[1])]), None, None


composite(np.linspace, linspace)
composite(np.logspace, logspace)
composite(np.geomspace, geomspace)
composite(np.meshgrid, meshgrid)
composite(np.vander, vander)
composite(np.interp, interp)
