"""Namesakes of ``scipy.integrate``: integrals of samples, weighted sums of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.declare import in_dtype_of
from ad.table import running
from ad.table.running import between
from ad.table.statistics import widened

__all__ = ["cumulative_trapezoid", "simpson", "trapezoid"]


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """``scipy.integrate.trapezoid`` that can be differentiated, by y, x and dx.

    Arguments
        y: samples. x: where they are, a vector or of y's shape; None for steps of dx.
    Returns
        the integral along the axis, in y's dtype.
    Example
        >>> from ad.scipy import integrate
        >>> float(integrate.trapezoid(np.array([1.0, 2.0, 4.0])))
        4.5
    """
    return in_dtype_of(running.trapezoid(y, x, dx, axis), y)


def along(x: Any, axis: int, ndim: int) -> Any:
    """A vector along an axis of an array; an array with axes of its own as it is."""
    return np.reshape(x, tuple(-1 if i == axis else 1 for i in range(ndim))) if np.ndim(x) == 1 else x


def steps(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The distances between neighbouring samples, broadcasting against y."""
    n = np.shape(y)[axis]
    if x is None:
        dtype = y.dtype if y.dtype.kind == "f" else float
        return dx * np.ones(tuple(n - 1 if i == axis else 1 for i in range(np.ndim(y))), dtype)
    if np.ndim(x) != 1 and np.shape(x) != np.shape(y):
        raise ValueError(f"x has shape {np.shape(x)}: give a vector, or an array of y's shape {np.shape(y)}")
    d = np.diff(along(x, axis, np.ndim(y)), axis=axis)
    if np.shape(d)[axis] != n - 1:
        raise ValueError(f"x has {np.shape(d)[axis] + 1} entries along axis {axis}, y has {n}")
    return d


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """``scipy.integrate.cumulative_trapezoid`` that can be differentiated, by y, x and dx.

    Arguments
        y: samples. x: where they are, a vector or of y's shape; None for steps of dx. initial: None, or 0, which
            then stands first.
    Returns
        the running integral along the axis, one entry shorter than y; as long as y with ``initial``.
    Raises
        ValueError when x does not fit y, or initial is neither None nor 0.
    Example
        >>> from ad.scipy import integrate
        >>> integrate.cumulative_trapezoid(np.array([1.0, 2.0, 4.0]))
        array([1.5, 4.5])
    """
    axis, n = axis % np.ndim(y), np.shape(y)[axis]
    found = np.cumsum(steps(y, x, dx, axis) * (between(y, axis, 1, n) + between(y, axis, 0, n - 1)) / 2, axis=axis)
    if initial is None:
        return found
    if initial != 0:
        raise ValueError(f"initial is {initial!r}: it is None or 0")
    return np.concatenate([np.zeros_like(between(found, axis, 0, 1)), found], axis=axis)


def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """``scipy.integrate.simpson`` that can be differentiated, by y, x and dx.

    Arguments
        y: samples, an odd number or an even one. x: where they are, a vector or of y's shape; None for steps of dx.
    Returns
        the integral along the axis of the parabolas through three samples each; for an even number of samples the
        last interval by the parabola through the last three (Cartwright, Simpson's rule cumulative integration with
        MS Excel and irregularly-spaced data, 2017).
    Raises
        ValueError when x does not fit y.
    Example
        >>> from ad.scipy import integrate
        >>> float(integrate.simpson(np.array([0.0, 1.0, 4.0])))
        2.6666666666666665
    """
    axis, n = axis % np.ndim(y), np.shape(y)[axis]
    h = steps(y, x, dx, axis)
    h = h if x is None else widened(h, np.float64)  # as SciPy computes it
    if n < 3:
        return np.sum(h * (between(y, axis, 1, n) + between(y, axis, 0, n - 1)) / 2, axis=axis)
    pairs = (n - 1) // 2
    h0, h1 = (getstep(h, axis, i, 2 * pairs) for i in (0, 1))
    y0, y1, y2 = (getstep(y, axis, i, i + 2 * pairs - 1) for i in (0, 1, 2))
    total = h0 + h1
    areas = total / 6 * (y0 * (2 - h1 / h0) + y1 * (total * total / (h0 * h1)) + y2 * (2 - h0 / h1))
    found = np.sum(areas, axis=axis)
    return found if n % 2 else found + np.sum(last_interval(y, h, axis, n), axis=axis)


def getstep(a: Any, axis: int, start: int, stop: int) -> Any:
    """Every other entry along an axis, from start on, before stop."""
    return a[(slice(None),) * axis + (slice(start, stop, 2),)]


def last_interval(y: Any, h: Any, axis: int, n: int) -> Any:
    """The integral between the last two samples of the parabola through the last three."""
    before, last = (between(h, axis, i, i + 1) for i in (n - 3, n - 2))
    y0, y1, y2 = (between(y, axis, i, i + 1) for i in (n - 3, n - 2, n - 1))
    total = before + last
    return (
        y2 * ((2 * last * last + 3 * before * last) / (6 * total))
        + y1 * ((last * last + 3 * before * last) / (6 * before))
        - y0 * (last * last * last / (6 * before * total))
    )
