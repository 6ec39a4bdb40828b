"""Namesakes of ``scipy.special``: functions that are no ufuncs; all else of the package is SciPy's own.

``ad.scipy.special.erf`` is ``scipy.special.erf``: ufuncs hand on to the op table by themselves.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from ad.table.elementwise import stop_gradient

__all__ = [
    "comb", "factorial", "log_softmax", "logsumexp", "multigammaln", "perm", "polygamma", "softmax", "softplus",
    "sph_harm_y",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    return getattr(special, name)


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(special)})


def plain(x: Any) -> Any:
    """Lists as arrays; arrays of any kind, recorded ones too, as they are."""
    return np.asarray(x) if isinstance(x, list | tuple) else x


def largest(x: Any, axis: Any) -> Any:
    """The largest entries as constants, to shift exponents by; 0 where that is infinite."""
    top = stop_gradient(np.max(x, axis=axis, keepdims=True))
    return np.where(np.isfinite(top), top, 0.0)


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """``scipy.special.logsumexp`` that can be differentiated, by a and by the weights b.

    Arguments
        a: a real array. axis: an axis, several, or None for all. b: weights that broadcast with a, of any sign.
        keepdims: keep reduced axes. return_sign: return log|sum| and its sign.
    Returns
        log of the sum of b exp(a); NaN where the sum is negative, unless its sign is asked for: then a pair.
    Source
        the largest terms are taken out as log(m) and the rest enters by log1p, as in SciPy: a result near 0 keeps its
        digits.
    Example
        >>> logsumexp(np.array([0.0, 0.0])).round(12)
        np.float64(0.69314718056)
    """
    a = plain(a)
    weights = np.ones_like(a) if b is None else plain(b)
    a, weights = a + 0 * weights, weights + 0 * stop_gradient(np.where(np.isfinite(a), a, 0.0))
    top = largest(np.where(np.equal(weights, 0), -np.inf, a), axis)
    chief = np.logical_and(np.equal(stop_gradient(a), top), np.not_equal(weights, 0))
    moved = np.where(chief, np.expm1(np.where(chief, a - top, 0.0)), np.exp(np.where(chief, 0.0, a - top)))
    whole = np.sum(np.where(chief, weights, 0.0), axis=axis, keepdims=True)
    rest = np.sum(weights * moved, axis=axis, keepdims=True)
    sign = stop_gradient(np.sign(whole + rest))
    size = logarithm(whole, rest, np.absolute if return_sign else np.positive) + top
    if not keepdims:
        size, sign = (np.sum(x, axis=axis) for x in (size, sign))  # each sum is of one entry
    return (size, sign) if return_sign else size


def logarithm(whole: Any, rest: Any, size: Any) -> Any:
    """log(size(whole + rest)), by log1p of their ratio where that keeps digits; where whole is 0 there is none."""
    usual = np.not_equal(whole, 0)
    base = np.where(usual, whole, 1.0)
    ratio = np.where(usual, rest / base, 0.0)
    near = np.logical_and(usual, np.greater(ratio, -0.5))
    close = np.log(size(base)) + np.log1p(np.where(near, ratio, 0.0))
    return np.where(near, close, np.log(size(np.where(near, 1.0, whole + rest))))


def softmax(x: Any, axis: Any = None) -> Any:
    """``scipy.special.softmax`` that can be differentiated.

    Arguments
        x: a real array. axis: along which the results add up to 1; None for all axes.
    Returns
        exp(x) over its sum, in the shape of x.
    Example
        >>> softmax(np.zeros(4))
        array([0.25, 0.25, 0.25, 0.25])
    """
    x = plain(x)
    e = np.exp(x - largest(x, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """``scipy.special.log_softmax`` that can be differentiated.

    Arguments
        x: a real array. axis: as for ``softmax``.
    Returns
        log(softmax(x)), also where softmax is 0 in floats.
    Example
        >>> log_softmax(np.zeros(1))
        array([0.])
    """
    x = plain(x)
    shifted = x - largest(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def softplus(x: Any, **kwargs: Any) -> Any:
    """log(1 + exp(x)), as ``scipy.special.softplus``, which older releases lack.

    Arguments
        x: a real array. kwargs: those of a ufunc.
    Returns
        an array of the shape of x.
    Example
        >>> softplus(0.0).round(12)
        np.float64(0.69314718056)
    """
    return np.logaddexp(0.0, plain(x), **kwargs)


def multigammaln(a: Any, d: int) -> Any:
    """``scipy.special.multigammaln`` that can be differentiated by a.

    Arguments
        a: a real array, above (d - 1)/2. d: a whole number, the dimension.
    Returns
        d (d - 1)/4 log(pi) plus the sum of log(gamma(a - j/2)) for j below d.
    Raises
        ValueError for a d that is not whole and above 0, and for an a that is too small.
    Example
        >>> multigammaln(3.0, 1).round(12)
        np.float64(0.69314718056)
    """
    if np.ndim(d) or d != math.floor(d) or d < 1:
        raise ValueError(f"d is {d!r}: the dimension is a whole number above 0")
    a = plain(a)
    if not np.all(np.greater(a, 0.5 * (d - 1))):
        raise ValueError(f"a must be above (d - 1)/2, which is {0.5 * (d - 1):g}")
    total = d * (d - 1) / 4 * math.log(math.pi)
    for j in range(int(d)):
        total = total + special.gammaln(a - 0.5 * j)
    return total


def polygamma(n: Any, x: Any) -> Any:
    """``scipy.special.polygamma`` that can be differentiated by x.

    Arguments
        n: whole numbers >= 0, the order of the derivative of psi. x: a real array.
    Returns
        an array, n and x broadcast.
    Raises
        TypeError when it is to be differentiated by n.
    Example
        >>> polygamma(1, 1.0).round(12)
        np.float64(1.644934066848)
    """
    n, x = plain(n), plain(x)
    if isinstance(n, int):  # no array: the dtype is that of x
        sign = 1.0 if n % 2 else -1.0
        return special.psi(x) if n == 0 else sign * math.factorial(n) * special.zeta(n + 1.0, x)
    whole = np.where(np.equal(n, 0), 1, n)
    higher = (2 * np.remainder(whole, 2) - 1.0) * special.gamma(whole + 1.0) * special.zeta(whole + 1.0, x)
    return np.where(np.equal(n, 0), special.psi(x), higher)


def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """``scipy.special.factorial`` that can be differentiated: gamma(n + 1), and 0 below 0.

    Arguments
        n: a real array. exact, extend: as in SciPy; what differs from the defaults is SciPy's own.
    Returns
        an array of the shape of n.
    Raises
        TypeError when an exact or extended one is to be differentiated.
    Example
        >>> float(factorial(4.0))
        24.0
    """
    if exact or extend != "zero":
        return special.factorial(n, exact=exact, extend=extend)
    n = plain(n)
    inside = np.greater_equal(n, 0)
    return np.where(inside, special.gamma(np.where(inside, n, 0) + 1.0), 0.0)


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """``scipy.special.comb`` that can be differentiated by both.

    Arguments
        N, k: real arrays that broadcast. exact: whole numbers of any size, SciPy's own. repetition: draw with it.
    Returns
        gamma(N+1) / gamma(k+1) / gamma(N-k+1), and 0 where k > N, or one of them is below 0.
    Raises
        TypeError when an exact one is to be differentiated.
    Example
        >>> float(comb(5.0, 2.0))
        10.0
    """
    if exact:
        return special.comb(N, k, exact=True, repetition=repetition)
    N, k = plain(N), plain(k)
    if repetition:
        return comb(N + k - 1, k)
    inside = np.logical_and(np.less_equal(k, N), np.logical_and(np.greater_equal(N, 0), np.greater_equal(k, 0)))
    return np.where(inside, special.binom(np.where(inside, N, 1.0), np.where(inside, k, 0.0)), 0.0)


def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """``scipy.special.perm`` that can be differentiated by both.

    Arguments
        N, k: real arrays that broadcast. exact: as for ``comb``.
    Returns
        gamma(N+1) / gamma(N-k+1), and 0 where k > N, or one of them is below 0.
    Example
        >>> float(perm(5.0, 2.0))
        20.0
    """
    if exact:
        return special.perm(N, k, exact=True)
    N, k = plain(N), plain(k)
    inside = np.logical_and(np.less_equal(k, N), np.logical_and(np.greater_equal(N, 0), np.greater_equal(k, 0)))
    first, count = np.where(inside, N, 1.0), np.where(inside, k, 0.0)
    return np.where(inside, special.poch(first - count + 1, count), 0.0)


def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any) -> Any:
    """``scipy.special.sph_harm_y`` that can be differentiated by its angles.

    Arguments
        n, m: whole numbers, arrays that broadcast with the angles; |m| <= n, else it is 0.
        theta: the polar angle, real. phi: the azimuth, real.
    Returns
        a complex array.
    Source
        the recurrence of normalized associated Legendre functions: NIST, DLMF 14.10.3 and 14.30.1.
    Example
        >>> complex(sph_harm_y(0, 0, 1.0, 2.0)).real.__round__(12)
        0.282094791774
    """
    theta, phi = plain(theta), plain(phi)
    degrees, orders = np.broadcast_arrays(n, m)
    real, imaginary = 0.0 * theta * phi, 0.0 * theta * phi
    for degree, order in sorted({(int(i), int(j)) for i, j in zip(degrees.flat, orders.flat, strict=True)}):
        here = np.logical_and(np.equal(degrees, degree), np.equal(orders, order))
        size = normalized_legendre(degree, order, theta)
        real = real + np.where(here, size * np.cos(order * phi), 0.0)
        imaginary = imaginary + np.where(here, size * np.sin(order * phi), 0.0)
    return real + 1j * imaginary


def normalized_legendre(n: int, m: int, theta: Any) -> Any:
    """The spherical harmonic of degree n and order m at phi = 0, with the Condon-Shortley phase."""
    order = abs(m)
    if n < order:
        return 0.0 * theta
    cosine, sine = np.cos(theta), np.sin(theta)
    sine = np.where(np.less(sine, 0), -1.0, 1.0) * sine  # outside of [0, pi], as in SciPy
    current = math.sqrt(1 / (4 * math.pi)) * np.ones_like(theta)
    for k in range(1, order + 1):
        current = -math.sqrt((2 * k + 1) / (2 * k)) * sine * current
    before, last = 0.0 * theta, 0.0
    for k in range(order + 1, n + 1):
        scale = math.sqrt((4 * k * k - 1) / (k * k - order * order))
        before, current = current, scale * (cosine * current - last * before)
        last = 1 / scale
    return (-1) ** order * current if m < 0 else current
