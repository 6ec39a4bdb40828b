"""Derivatives of the incomplete gamma and beta functions by their shapes, in float64.

Facts
    d/da of P(a, x) is the integral of (log t - psi(a)) p(t) over t < x, p the density of the gamma distribution; over
    all t it is 0. Below exp(psi(a)) the integrand is negative everywhere, beyond it positive: so from the side of
    exp(psi(a)) on which x lies, nothing cancels. The beta distribution likewise, with psi(a) - psi(a + b).
    With t = x exp(-u) below, t = x + u beyond (the beta: 1 - t = (1 - x) exp(-u)) the density at x comes out as a
    factor, and the rest falls from 1 with u. It may do so on several scales at once, so u runs through a geometric
    sequence: the trapezoidal rule in log(u), whose error falls exponentially with the number of points.
    Where x is small, before the first scale, a power series in x does with a few terms.
"""

import numpy as np
from scipy import special

from ad.table.special.densities import beta_density_at, gamma_density_at, log_less_psi, psi_gap

STEP = 0.125  # in log(u): halving it changes nothing above 1e-15
DEPTH = 48.0  # exp(-48) of the largest u is where the sequence ends
END = 45.0  # u where the integrand has fallen to exp(-45), 3e-20 of it
SEQUENCE = np.exp(-STEP * np.arange(int(DEPTH / STEP)))
BLOCK = 512  # entries at a time: 384 points each, a few megabytes
TERMS = 40  # of the power series, where terms fall at least as 2**-n
SMALL = 0.5  # x up to which the series of the gamma function is taken
SMALL_BETA = 0.25  # x (1 + |b|) up to which that of the beta function is


def in_blocks(function, *xs):
    """An elementwise function of arrays that broadcast, with a last axis for the points of a quadrature.

    Entries that are not finite, or outside of the domain, come out as NaN.
    """
    columns = np.broadcast_arrays(*xs)
    shape = columns[0].shape
    dtype = np.result_type(*(np.asarray(x).dtype for x in xs), np.float32)
    flat = [np.asarray(c, dtype=np.float64).reshape(-1) for c in columns]
    found = np.empty(flat[0].size)
    with np.errstate(all="ignore"):
        for start in range(0, found.size, BLOCK):
            part = slice(start, start + BLOCK)
            found[part] = function(*(c[part] for c in flat))
    return found.reshape(shape).astype(dtype)[()]


def quadrature(largest, integrand):
    """The integral of ``integrand(u)`` for u from 0 to ``largest``, an array; its u has the shape (..., points)."""
    u = largest[:, None] * SEQUENCE
    return STEP * np.sum(integrand(u) * u, axis=-1)


# --- the gamma distribution


def gamma_by_shape(a, x):
    """d/da of P(a, x) for a > 0, x > 0: -density times a positive number."""
    gap = log_less_psi(a, x)
    y = np.where(x <= SMALL, gamma_series(a, x), np.where(gap <= 0, gamma_below(a, x, gap), gamma_beyond(a, x, gap)))
    found = np.where(y == 0, 0.0, -(y * gamma_density_at(a, x)))
    return np.where((a > 0) & (x > 0), found, np.where((x == 0) & (a > 0), 0.0, np.nan))


def gamma_below(a, x, gap):
    def integrand(u):
        fall = np.exp(-(a - x)[:, None] * u - x[:, None] * exp_rest(u))
        return (u - gap[:, None]) * fall

    return x * quadrature((END + x) / a, integrand)


def gamma_beyond(a, x, gap):
    def integrand(u):
        s = np.log1p(u / x[:, None])
        return (gap[:, None] + s) * np.exp((a - 1)[:, None] * s - u)

    return quadrature(END + np.sqrt(END * END + 2 * END * x), integrand)


def gamma_series(a, x):
    """x (psi(a + n + 1) - log x) x**n / (a (a+1) ... (a+n)), summed."""
    x = np.minimum(x, SMALL)
    term, total, gap = x / a, 0.0, special.psi(a + 1) - np.log(x)
    for n in range(1, TERMS):
        total = total + term * gap
        gap = gap + 1 / (a + n)
        term = term * x / (a + n)
    return total


def exp_rest(u):
    """exp(-u) - 1 + u, also where that cancels."""
    small = np.where(u < 0.5, u, 0.0)
    total = np.zeros_like(small)
    for n in range(17, 1, -1):
        total = (1 - total) * small / n
    return np.where(u < 0.5, total * small, np.expm1(-u) + u)


# --- the beta distribution


def beta_by_first_shape(a, b, x):
    return by_first_shape(a, b, x, 1 - x)


def beta_by_second_shape(a, b, x):
    return -by_first_shape(b, a, 1 - x, x)


def by_first_shape(a, b, x, y):
    """d/da of I(a, b, x) for a, b > 0 and x + y = 1, either of which may be small: -density times a positive number."""
    log_x = np.where(x < y, np.log(x), np.log1p(-y))
    gap = log_x + psi_gap(a, b)
    series = x * (1 + b) <= SMALL_BETA
    found = np.where(
        series,
        beta_series(a, b, x, y, log_x),
        np.where(gap <= 0, beta_below(a, b, x, y, gap), beta_beyond(a, b, x, y, log_x, gap)),
    )
    inside = (a > 0) & (b > 0) & (x > 0) & (y > 0)
    slope = np.where(found == 0, 0.0, -(found * beta_density_at(a, b, x, y)))
    return np.where(inside, slope, np.where((a > 0) & (b > 0) & (x * y == 0), 0.0, np.nan))


def beta_below(a, b, x, y, gap):
    """t = x exp(-u)."""

    def integrand(u):
        risen = np.log1p(-(x / y)[:, None] * np.expm1(-u))
        return (u - gap[:, None]) * np.exp(-a[:, None] * u + (b - 1)[:, None] * risen)

    return x * quadrature((END + np.maximum(b - 1, 0) * -np.log(y)) / a, integrand)


def beta_beyond(a, b, x, y, log_x, gap):
    """1 - t = y exp(-v): t/x = 1 + (y/x)(1 - exp(-v))."""

    def integrand(v):
        risen = np.log1p(-(y / x)[:, None] * np.expm1(-v))
        return (gap[:, None] + risen) * np.exp(-b[:, None] * v + (a - 1)[:, None] * risen)

    return y * quadrature((END + np.maximum(a - 1, 0) * -log_x) / b, integrand)


def beta_series(a, b, x, y, log_x):
    """The integral of t**(a-1) (1-t)**(b-1) (psi(a) - psi(a+b) - log t), by powers of t, over that density at x."""
    x = np.minimum(x, SMALL_BETA)
    term, total = np.ones_like(x), 0.0
    rest = -psi_gap(a, b) - log_x  # psi(a) - psi(a + b) - log x
    first = special.psi(a + 1) - special.psi(a + b) - log_x  # the same and 1/a, which cancel for small a
    for n in range(TERMS):
        total = total + term / (a + n) * (first if n == 0 else rest + 1 / (a + n))
        term = term * x * (n + 1 - b) / (n + 1)
    return total * x * y ** (1 - b)
