"""Box-Cox transforms, the relative exponential and its slope, and rounding."""

import numpy as np
from scipy import special

from ad.dispatch import dispatching
from ad.table.elementwise import to_half
from ad.table.special.declaring import declare
from ad.table.special.shapes import in_blocks

IDENTITY = "the proof does not know that 1 + x exprel(x) is exp(x): right at points, not for all inputs"
NEAR = 1.0  # |x| up to which the power series is taken
TERMS = 20  # of the series: 1/20! is 2**-61


def relative_slope(x):
    small = np.absolute(x) < NEAR
    far = np.where(small, NEAR, x)
    return np.where(small, series_of_slope(np.where(small, x, 0.0)), (np.exp(far) / far * (far - 1) + 1 / far) / far)


def series_of_slope(x):
    """The sum of x**k / (k! (k + 2))."""
    total = np.zeros_like(x)
    for k in range(TERMS, 0, -1):
        total = (total + 1 / (k + 2)) * x / k
    return total + 0.5


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
    return in_blocks(relative_slope, x)


declare(special.exprel, exact=lambda m, x: m.hyp1f1(1, 2, x), slope=lambda y, x: exprel_slope(x))
declare(
    exprel_slope,
    exact=lambda m, x: m.hyp1f1(2, 3, x) / 2,
    slope=lambda y, x: special.hyp1f1(3, 4, x) / 3,
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
declare(special.round, exact=lambda m, x: m.floor(x + m.half), slope=lambda y, x: 0, kinks=to_half)
