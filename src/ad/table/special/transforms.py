"""Box-Cox transforms, the relative exponential and its slope, and rounding."""

import numpy as np
from scipy import special

from ad.dispatch import dispatching
from ad.table.elementwise import RESULT_LOST
from ad.table.special.declaring import DEFINITIONS, declare
from ad.table.special.shapes import in_blocks

IDENTITY = (
    "the proof does not know that 1 + x exprel(x) is exp(x): right at points, not for all inputs; "
    "an exponential of a rounded product: up to 2**10 units"
)
NEAR = 1.0  # |x| up to which the power series is taken
TERMS = 20  # of the series: 1/20! is 2**-61


def series(x, order):
    """The derivative of exprel of that order for |x| < NEAR: the sum of x**k / (k! (k + 1 + order))."""
    total = np.zeros_like(x)
    for k in range(TERMS, 0, -1):
        total = (total + 1 / (k + 1 + order)) * x / k
    return total + 1 / (1 + order)


def with_series(x, order, formula):
    """``formula(far, root)`` with root = exp(far/2) where |x| >= NEAR, the series elsewhere."""
    small = np.absolute(x) < NEAR
    far = np.where(small, NEAR, x)
    return np.where(small, series(np.where(small, x, 0.0), order), formula(far, np.exp(0.5 * far)))


def first(x):
    return with_series(x, 1, lambda x, e: e * (e * ((x - 1) / x)) / x + 1 / x / x)


def second(x):
    return with_series(x, 2, lambda x, e: e * (e * ((1 - 2 / x) + 2 / x / x)) / x - 2 / x / x / x)


@dispatching
def exprel_slope(x):
    """The derivative of ``scipy.special.exprel``, of (exp(x) - 1)/x, also beside 0.

    Arguments
        x: a real array.
    Returns
        an array: (exp(x) (x - 1) + 1) / x**2, 1/2 at 0.
    Example
        >>> float(exprel_slope(0.0)), round(float(exprel_slope(1.0)), 12)
        (0.5, 1.0)
    """
    return in_blocks(first, x)


@dispatching
def exprel_curvature(x):
    """The second derivative of ``scipy.special.exprel``, also beside 0.

    Arguments
        x: a real array.
    Returns
        an array: (exp(x) (x**2 - 2 x + 2) - 2) / x**3, 1/3 at 0.
    Example
        >>> round(float(exprel_curvature(1.0)), 12)
        0.718281828459
    """
    return in_blocks(second, x)


declare(
    special.exprel,
    exact=lambda m, x: m.hyp1f1(1, 2, x),
    slope=lambda y, x: exprel_slope(x),
    note=f"beside -1 up to 2**6 units; {RESULT_LOST}",
)
declare(
    exprel_slope,
    exact=lambda m, x: m.hyp1f1(2, 3, x) / 2,
    slope=lambda y, x: exprel_curvature(x),
    note="beside -1 up to 2**6 units",
)
declare(
    exprel_curvature,
    exact=lambda m, x: m.hyp1f1(3, 4, x) / 3,
    slope=lambda y, x: special.hyp1f1(4, 5, x) / 4,
    note="SciPy's own hyp1f1: up to 2**12 units",
)


def box_cox(m, log, shape):
    """log times exprel(shape log): the transform also where its shape is 0."""
    return log * m.hyp1f1(1, 2, shape * log)


declare(
    special.boxcox,
    exact=lambda m, x, p: box_cox(m, m.log(x), p),
    slope=(lambda y, x, p: x ** (p - 1), lambda y, x, p: np.square(np.log(x)) * exprel_slope(p * np.log(x))),
    domain=lambda x, p: x,
    needs="x > 0",
    note=IDENTITY,
)
declare(
    special.boxcox1p,
    exact=lambda m, x, p: box_cox(m, m.log1p(x), p),
    slope=(
        lambda y, x, p: np.exp((p - 1) * np.log1p(x)),
        lambda y, x, p: np.square(np.log1p(x)) * exprel_slope(p * np.log1p(x)),
    ),
    domain=lambda x, p: 1 + x,
    needs="x > -1",
    note=IDENTITY,
)
DEFINITIONS[special.round] = np.rint
