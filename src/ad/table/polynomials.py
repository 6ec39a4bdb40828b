"""Polynomials as vectors of coefficients, the highest power first."""

import numpy as np

from ad.declare import cast, composite
from ad.table.shapes import getitem, take
from ad.table.signals import convolve, vector
from ad.table.statistics import widened


def polyval(p, x):
    """Horner's rule."""
    y = np.zeros_like(x) if hasattr(x, "dtype") else np.zeros(np.shape(x))
    for i in range(np.shape(p)[0]):
        y = y * x + getitem(p, i)
    return y


def lengthened(p, size):
    return p if np.shape(p)[0] == size else np.concatenate([np.zeros_like(p, shape=(size - np.shape(p)[0],)), p])


def polyadd(a1, a2):
    a1, a2 = vector(a1), vector(a2)
    size = max(np.size(a1), np.size(a2))
    return lengthened(a1, size) + lengthened(a2, size)


def polysub(a1, a2):
    a1, a2 = vector(a1), vector(a2)
    size = max(np.size(a1), np.size(a2))
    return lengthened(a1, size) - lengthened(a2, size)


def powers(p):
    """The power of each coefficient: whole numbers, with which NumPy makes doubles of float32 ones."""
    return np.arange(np.shape(p)[0] - 1, -1, -1)


def polyder(p, m=1):
    p = vector(p)
    for _ in range(m):
        p = getitem(p, slice(0, -1)) * powers(p)[:-1]
    return p


def polyint(p, m=1, k=None):
    p = vector(p)
    constants = np.zeros(m) if k is None else np.broadcast_to(k, (m,)) if np.size(k) == 1 else k
    for step in range(m):
        p = np.concatenate([p / (powers(p) + 1), np.reshape(getitem(constants, step), (1,))])
    return p


def polymul(a1, a2):
    return convolve(without_zeros(a1), without_zeros(a2))


def without_zeros(p):
    """A constant polynomial without the zeros that lead it, as NumPy takes it; a traced one keeps its length."""
    if not isinstance(p, np.ndarray | list | tuple):
        return p
    p = np.trim_zeros(np.atleast_1d(p), "f")
    return p if p.size else np.zeros(1, p.dtype)


def polydiv(u, v):
    """Long division; the remainder without the zeros that lead it, as NumPy cuts it."""
    u, v = vector(u), vector(v)
    steps = np.size(u) - np.size(v) + 1
    if np.size(v) == 0 or bool(getitem(v, 0) == 0):
        raise ZeroDivisionError("np.polydiv by a polynomial whose first coefficient is 0")
    quotient, rest = [], [getitem(u, i) for i in range(np.size(u))]
    divisor = [getitem(v, i) for i in range(np.size(v))]
    for i in range(max(steps, 0)):
        quotient.append(rest[i] / divisor[0])
        for j, d in enumerate(divisor):
            rest[i + j] = rest[i + j] - quotient[i] * d
    rest = rest[max(steps, 0) :]
    while len(rest) > 1 and np.abs(rest[0]) <= 1e-8:
        rest = rest[1:]
    return (
        np.stack(quotient) if quotient else np.zeros_like(u, shape=(1,)),
        np.stack(rest) if rest else np.zeros_like(u, shape=(1,)),
    )


def poly(seq_of_zeros):
    """The polynomial with these zeros and the first coefficient 1."""
    if np.ndim(seq_of_zeros) != 1:
        raise TypeError("np.poly on traced arrays takes a vector of zeros, not a matrix: use np.linalg.eigvals of it")
    if getattr(seq_of_zeros, "dtype", np.dtype(float)).itemsize == 2:  # halves become doubles, as in NumPy
        seq_of_zeros = cast(seq_of_zeros, np.float64)
    p = np.ones_like(seq_of_zeros, shape=(1,))
    for i in range(np.shape(seq_of_zeros)[0]):
        gap = np.zeros_like(p, shape=(1,))
        p = np.concatenate([p, gap]) - getitem(seq_of_zeros, i) * np.concatenate([gap, p])
    return p


def roots(p):
    """The eigenvalues of the companion matrix, as NumPy computes them."""
    p = vector(p)
    there = np.nonzero(p)[0]
    if not len(there) or there[0] != 0 or there[-1] != np.size(p) - 1:
        raise ValueError(
            "np.roots on traced arrays takes a polynomial whose first and last coefficients are not 0: "
            "a root comes from infinity, or is 0 and left out of the others' derivatives"
        )
    n = np.size(p) - 1
    if n < 1:
        return cast(np.zeros_like(p, shape=(0,)), np.float64)
    first = np.reshape(np.negative(getitem(p, slice(1, None))) / getitem(p, 0), (1, n))
    below = np.eye(n - 1, n, dtype=p.dtype if p.dtype.kind == "f" else float)
    return np.linalg.eigvals(np.concatenate([first, below]) if n > 1 else first)


def polyfit(x, y, deg, w=None):
    """Least squares by polynomials that are orthogonal on the points: no normal equations, no digits lost to them.

    Forsythe, Generation and use of orthogonal polynomials for data-fitting with a digital computer, 1957.
    """
    x, y = widened(x, np.float64), widened(y, np.float64)
    weight = np.ones_like(x) if w is None else w * w
    if np.shape(x)[0] <= deg:
        raise ValueError(f"{np.shape(x)[0]} points do not determine a polynomial of degree {deg}")
    total = np.sum(weight)
    centre = np.sum(weight * x) / total
    rest, fitted = np.reshape(y, (np.shape(y)[0], -1)), None
    for values, basis, size in orthogonal(x - centre, weight, total, deg):
        share = np.matmul(np.reshape(weight * values, (1, -1)), rest) / size
        rest = rest - np.reshape(values, (-1, 1)) * share
        term = np.reshape(basis, (-1, 1)) * share
        fitted = term if fitted is None else term + np.concatenate([np.zeros_like(take(term, [0], 0)), fitted])
    return np.reshape(moved(fitted, centre), (deg + 1, *np.shape(y)[1:]))


def orthogonal(z, weight, total, deg):
    """The polynomials of degree 0 to deg that are orthogonal on weighted points, by their three-term recurrence.

    Yields for each its values at the points z, its coefficients in powers of z, and the weighted sum of its squares.
    """
    values, basis, size = np.ones_like(z), np.ones_like(z, shape=(1,)), total
    before = None
    for k in range(deg + 1):
        yield values, basis, size
        if k == deg:
            return
        middle = np.sum(weight * z * values * values) / size
        ahead, longer = (z - middle) * values, raised(basis, middle)
        if before is not None:
            ratio = size / before[2]
            ahead = ahead - ratio * before[0]
            longer = longer - ratio * lengthened(before[1], k + 2)
        before = values, basis, size
        values, basis, size = ahead, longer, np.sum(weight * ahead * ahead)


def raised(p, middle):
    """(z - middle) * p."""
    gap = np.zeros_like(p, shape=(1,))
    return np.concatenate([p, gap]) - middle * np.concatenate([gap, p])


def moved(p, centre):
    """The coefficients in powers of x of polynomials, one a column, in powers of x - centre: Horner's rule on them."""
    found = take(p, [0], 0)
    for k in range(1, np.shape(p)[0]):
        gap = np.zeros_like(found, shape=(1, *np.shape(found)[1:]))
        found = np.concatenate([found, gap]) - centre * np.concatenate([gap, found])
        found = np.concatenate([take(found, range(k), 0), take(found, [k], 0) + take(p, [k], 0)])
    return found


composite(np.polyval, polyval)
composite(np.polyadd, polyadd)
composite(np.polysub, polysub)
composite(np.polymul, polymul)
composite(np.polyder, polyder)
composite(np.polyint, polyint)
composite(np.polydiv, polydiv)
composite(np.poly, poly)
composite(np.polyfit, polyfit)
composite(np.roots, roots)
