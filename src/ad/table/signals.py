"""Convolution and correlation: two products that are each other's transposes, and NumPy's functions made of them."""

from typing import Any

import numpy as np

from ad.declare import composite, multilinear
from ad.table.contractions import conjugate
from ad.table.shapes import getitem
from ad.variable import dispatching


@dispatching
def convolved(a, v):
    """The full convolution of two arrays with as many axes: y[k] = sum of a[i] * v[k - i]."""
    if np.ndim(a) == 1 and np.size(a) and np.size(v):
        return np.convolve(a, v)
    if np.size(a) < np.size(v):
        a, v = v, a
    shape = tuple(max(m + n - 1, 0) for m, n in zip(np.shape(a), np.shape(v), strict=True))
    y = np.zeros(shape, np.result_type(a, v))
    for index in np.ndindex(np.shape(v)):
        y[shifted(index, np.shape(a))] += v[index] * a
    return y


@dispatching
def correlated(a, v):
    """The correlation of an array with a shorter one wherever that fits in: y[k] = sum of a[k + i] * v[i]."""
    shape = tuple(m - n + 1 for m, n in zip(np.shape(a), np.shape(v), strict=True))
    if np.ndim(a) == 1 and np.size(v) and a.dtype.kind == v.dtype.kind == "f":
        return np.correlate(a, v, "valid")  # which conjugates complex numbers
    y = np.zeros(shape, np.result_type(a, v))
    if y.size < np.size(v):
        for index in np.ndindex(shape):
            y[index] = np.sum(a[shifted(index, np.shape(v))] * v)
        return y
    for index in np.ndindex(np.shape(v)):
        y += a[shifted(index, shape)] * v[index]
    return y


def shifted(index: Any, shape: Any) -> Any:
    """The block of the given shape that begins at an index."""
    return tuple(slice(start, start + n) for start, n in zip(index, shape, strict=True))


multilinear(
    convolved,
    transposes=(lambda g, a, v: correlated(g, v), lambda g, a, v: correlated(g, a)),
)
multilinear(
    correlated,
    transposes=(lambda g, a, v: convolved(g, v), lambda g, a, v: correlated(a, g)),
)


def cut(full: Any, first: Any, second: Any, mode: Any) -> Any:
    """The part of a full convolution that a mode keeps: of the first array's size, or where one fits in the other."""
    if mode == "full":
        return full
    if mode == "same":
        sizes = first
    elif mode == "valid":
        sizes = [abs(m - n) + 1 for m, n in zip(first, second, strict=True)]
    else:
        raise ValueError(f"mode is {mode!r}: a convolution takes 'full', 'same' or 'valid'")
    starts = [(n - size) // 2 for n, size in zip(np.shape(full), sizes, strict=True)]
    return getitem(full, shifted(starts, sizes))


def backwards(x: Any) -> Any:
    """An array in reverse along all its axes."""
    return getitem(x, (slice(None, None, -1),) * np.ndim(x))


def convolve(a, v, mode="full"):
    a, v = vector(a), vector(v)
    if np.size(v) > np.size(a):
        a, v = v, a
    if not np.size(v):
        raise ValueError("np.convolve takes no empty array")
    if mode == "valid":
        return correlated(a, backwards(v))
    return cut(convolved(a, v), np.shape(a), np.shape(v), mode)


def correlate(a, v, mode="valid"):
    if not np.size(a) or not np.size(v):
        raise ValueError("np.correlate takes no empty array")
    a, v = vector(a), conjugate(vector(v))
    if np.size(v) > np.size(a):
        return backwards(conjugate(correlate(conjugate(v), a, mode)))
    if mode == "valid":
        return correlated(a, v)
    return cut(convolved(a, backwards(v)), np.shape(a), np.shape(v), mode)


def vector(x):
    """A vector; a number is one of length 1."""
    x = np.asarray(x) if isinstance(x, list | tuple | int | float) else x
    if np.ndim(x) > 1:
        raise ValueError(f"np.convolve and np.correlate take vectors, found {np.ndim(x)} axes; see ad.scipy.signal")
    return np.reshape(x, (1,)) if np.ndim(x) == 0 else x


composite(np.convolve, convolve)
composite(np.correlate, correlate)
