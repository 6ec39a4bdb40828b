"""``scipy.signal.detrend``: what a mean, or straight lines, leave of data."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ad.table.running import between


def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False) -> Any:
    """``scipy.signal.detrend`` that can be differentiated: what a mean, or straight lines, leave of the data.

    Arguments
        data: an array. type: 'constant' takes the mean off, 'linear' the line of least squares. bp: where further lines
            begin, for 'linear'. overwrite_data: no matter; traced values are never written into.
    Returns
        an array of data's shape.
    Raises
        ValueError for another type, and for a break point outside the data.
    Example
        >>> from ad.scipy import signal
        >>> signal.detrend(np.array([1.0, 2.0, 6.0]), type="constant")
        array([-2., -1.,  3.])
    """
    if type in ("constant", "c"):
        return data - np.mean(data, axis=axis, keepdims=True)
    if type not in ("linear", "l"):
        raise ValueError(f"type is {type!r}: detrend takes 'linear' or 'constant'")
    axis, n = axis % np.ndim(data), np.shape(data)[axis]
    cuts = sorted({0, n, *map(int, np.atleast_1d(bp))})
    if cuts[0] < 0 or cuts[-1] > n:
        raise ValueError(f"bp is {bp!r}: break points lie between 0 and {n}")
    pieces = [without_line(between(data, axis, *ends), axis) for ends in pairwise(cuts)]
    return np.concatenate(pieces, axis=axis)


def without_line(x: Any, axis: int) -> Any:
    """The data less its line of least squares: the time from its middle on is orthogonal to constants."""
    n = np.shape(x)[axis]
    time = np.reshape(np.arange(n) - (n - 1) / 2, tuple(-1 if i == axis else 1 for i in range(np.ndim(x))))
    time = time.astype(x.dtype) if x.dtype.kind == "f" else time
    x = x - np.mean(x, axis=axis, keepdims=True)
    if n < 2:
        return x
    return x - time * (np.sum(time * x, axis=axis, keepdims=True) / (n * (n * n - 1) / 12))
