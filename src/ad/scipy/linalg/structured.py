"""Matrices that are made of few numbers: each entry is read from a vector, so that the gradient sums along it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.table.shapes import getitem


def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix that is constant along its diagonals.

    Arguments
        c: (..., m), the first column. r: (..., n), the first row, of which entry 0 is not read; by default conj(c).
    Returns
        (..., m, n).
    Example
        >>> toeplitz(np.array([1.0, 2.0]))
        array([[1., 2.],
               [2., 1.]])
    """
    c = np.atleast_1d(c)
    r = np.conj(c) if r is None else np.atleast_1d(r)
    rows, columns = np.shape(c)[-1], np.shape(r)[-1]
    values = np.concatenate([np.flip(c, -1), getitem(r, (..., slice(1, None)))], axis=-1)
    i, j = np.ogrid[:rows, :columns]
    return getitem(values, (..., rows - 1 - i + j))


def hankel(c: Any, r: Any = None) -> Any:
    """The matrix that is constant along its antidiagonals.

    Arguments
        c: (..., m), the first column. r: (..., n), the last row, of which entry 0 is not read; by default zeros.
    Returns
        (..., m, n).
    """
    c = np.atleast_1d(c)
    r = np.zeros_like(c) if r is None else np.atleast_1d(r)
    rows, columns = np.shape(c)[-1], np.shape(r)[-1]
    values = np.concatenate([c, getitem(r, (..., slice(1, None)))], axis=-1)
    i, j = np.ogrid[:rows, :columns]
    return getitem(values, (..., i + j))


def circulant(c: Any) -> Any:
    """The matrix whose columns are the rotations of c: (..., n) to (..., n, n)."""
    c = np.atleast_1d(c)
    n = np.shape(c)[-1]
    i, j = np.ogrid[:n, :n]
    return getitem(c, (..., (i - j) % n))


def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix with ``convolution_matrix(a, n, mode) @ v == np.convolve(a, v, mode)`` for v of length n.

    Arguments
        a: (..., m). n: the number of columns. mode: "full", "valid" or "same".
    Raises
        ValueError for another mode, for n < 1 and for an empty a.
    """
    m = np.shape(a)[-1]
    if n < 1 or m < 1:
        raise ValueError(f"convolution_matrix of {m} entries with {n} columns: both must be at least 1")
    before = {"full": 0, "valid": min(m, n) - 1, "same": (min(m, n) - 1) // 2}
    rows = {"full": m + n - 1, "valid": max(m, n) - min(m, n) + 1, "same": max(m, n)}
    if mode not in rows:
        raise ValueError(f"mode is {mode!r}; it is 'full', 'valid' or 'same'")
    i, j = np.ogrid[before[mode] : before[mode] + rows[mode], :n]
    within = np.logical_and(i - j >= 0, i - j < m)
    return np.where(within, getitem(a, (..., np.where(within, i - j, 0))), 0.0)


def companion(a: Any) -> Any:
    """The matrix whose eigenvalues are the roots of a polynomial.

    Arguments
        a: (n,), n >= 2, the coefficients, highest power first, a[0] not 0.
    Returns
        (n - 1, n - 1).
    Raises
        ValueError for fewer than two coefficients, and for a leading 0.
    """
    n = np.shape(a)[-1]
    if n < 2 or np.any(np.equal(getitem(a, (..., 0)), 0)):
        raise ValueError("a needs two coefficients or more, and the first one must not be 0")
    first = -getitem(a, (..., slice(1, None))) / getitem(a, (..., slice(0, 1)))
    below = np.broadcast_to(np.eye(n - 2, n - 1), (*np.shape(a)[:-1], n - 2, n - 1))
    return np.concatenate([np.expand_dims(first, -2), below], axis=-2)


def block_diag(*arrs: Any) -> Any:
    """The matrix with the given ones along its diagonal and zeros elsewhere.

    Arguments
        arrs: numbers, vectors (each one row) or matrices.
    """
    blocks = [np.reshape(x, (1, -1)) if np.ndim(x) < 2 else x for x in arrs] or [np.zeros((1, 0))]
    wide = sum(np.shape(block)[-1] for block in blocks)
    rows, start = [], 0
    for block in blocks:
        high, width = np.shape(block)[-2:]
        left, right = np.zeros((high, start)), np.zeros((high, wide - start - width))
        rows.append(np.concatenate([left, block, right], axis=-1))
        start += width
    return np.concatenate(rows, axis=-2)
