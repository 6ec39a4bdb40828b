"""The error function, the normal distribution, and their inverses."""

import math

import numpy as np
from scipy import special

from ad.constants import OVER_SQRT_2PI, TWO_OVER_SQRT_PI, ExactConstant
from ad.table.special.declaring import declare
from ad.variable import innermost

SQRT_HALF = ExactConstant("SQRT_HALF", math.sqrt(0.5), lambda m: 1 / m.sqrt(2))
SQRT_PI_OVER_2 = ExactConstant("SQRT_PI_OVER_2", math.sqrt(math.pi) / 2, lambda m: m.sqrt(m.pi) / 2)
SQRT_2_OVER_PI = ExactConstant("SQRT_2_OVER_PI", math.sqrt(2 / math.pi), lambda m: m.sqrt(2 / m.pi))
SQRT_2PI = ExactConstant("SQRT_2PI", math.sqrt(2 * math.pi), lambda m: m.sqrt(2 * m.pi))


def is_exact(x):
    """Whether exact numbers are behind a traced value."""
    return hasattr(innermost(x), "exact_constant")


def rounding_of_square(x):
    """x*x less what x*x is rounded to. Given up for |x| >= 64, where exp(-x*x) is 0.

    Over exact numbers it is 0 outright: its steps, which cancel, are no place where the formula may lose digits.
    """
    if is_exact(x):
        return 0.0
    near = np.where(np.less(np.absolute(x), 64.0), x, 0.0)
    high = upper_half(near, x)
    return (high * high - near * near) + (near - high) * (near + high)


def upper_half(x, like):
    """The first half of x's digits, so that its square and what is left of x are exact; Veltkamp's splitting."""
    big = x * splitter(like)
    return big - (big - x)


def splitter(x):
    """2**k + 1 with k half of the digits of x's floating type, rounded up."""
    dtype = getattr(x, "dtype", np.float64)
    digits = np.finfo(dtype).nmant + 1 if np.dtype(dtype).kind == "f" else 53
    return 2.0 ** ((digits + 1) // 2) + 1


def gaussian(x, per_square):
    """exp(-per_square * x*x); exp of a rounded square alone would be off by x*x/2 units."""
    bell = np.exp(-per_square * (x * x))
    return bell - bell * (per_square * rounding_of_square(x))


declare(special.erf, exact=lambda m, x: m.erf(x), slope=lambda y, x: TWO_OVER_SQRT_PI * gaussian(x, 1))
declare(special.erfc, exact=lambda m, x: m.erfc(x), slope=lambda y, x: -(TWO_OVER_SQRT_PI * gaussian(x, 1)))
declare(
    special.ndtr,
    exact=lambda m, x: m.erfc(-x / m.sqrt(2)) / 2,
    slope=lambda y, x: OVER_SQRT_2PI * gaussian(x, 0.5),
)


def mills(y, x):
    """The normal density over its distribution function; on the left both vanish and erfcx holds their ratio."""
    left = np.less(x, 0)
    below = SQRT_2_OVER_PI / special.erfcx(SQRT_HALF * -np.where(left, x, -1.0))
    above = np.where(left, 1.0, x)
    return np.where(left, below, OVER_SQRT_2PI * gaussian(above, 0.5) / special.ndtr(above))


def log_of_normal(m, x):
    """log((1 + erf(x/sqrt(2))) / 2) in a form that keeps its digits in both tails; no float is the edge 1/3."""
    right = m.log1p(-m.erfc(x / m.sqrt(2)) / 2)
    return m.where(m.less(1, 3 * x), right, m.log(m.erfc(-x / m.sqrt(2)) / 2))


declare(
    special.log_ndtr,
    exact=log_of_normal,
    slope=mills,
    note="SciPy's own erfcx beside 0: up to 2**4 units",
)


def scaled_slope(y, x):
    """2 x y - 2/sqrt(pi), and for x > 50, where that cancels, the asymptotic series of what is left."""
    far = np.greater(x, 50)
    near = np.where(far, 0.0, x)
    t = 0.5 / np.where(far, x, 50.0) / np.where(far, x, 50.0)
    rest = t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t * (1 - 9 * t))))
    return np.where(far, -(TWO_OVER_SQRT_PI * rest), 2 * near * y - TWO_OVER_SQRT_PI)


declare(
    special.erfcx,
    exact=lambda m, x: m.exp(x**2) * m.erfc(x),
    slope=scaled_slope,
    note="for x > 50 the slope is an asymptotic series: right to rounding, not for all inputs exactly. "
    "Up to 50 it is a difference: up to 2**14 units",
)


def inside_one(x):
    return (1 - x) * (1 + x)


declare(
    special.erfinv,
    exact=lambda m, x: m.erfinv(x),
    slope=lambda y, x: SQRT_PI_OVER_2 * np.exp(y * y),
    domain=inside_one,
    needs="-1 < x < 1",
    note="SciPy's own y, squared, beside -1 and 1: up to 2**8 units",
)

declare(
    special.erfcinv,
    exact=lambda m, x: m.erfcinv(x),
    slope=lambda y, x: -(SQRT_PI_OVER_2 * np.exp(0.5 * (y * y)) * np.exp(0.5 * (y * y))),
    domain=lambda x: x * (2 - x),
    needs="0 < x < 2",
    note="SciPy's own y, squared, beside 0 and 2: up to 2**13 units",
)
declare(
    special.ndtri,
    exact=lambda m, x: m.sqrt(2) * m.erfinv(2 * x - 1),
    slope=lambda y, x: SQRT_2PI * np.exp(0.25 * (y * y)) * np.exp(0.25 * (y * y)),
    domain=lambda x: x * (1 - x),
    needs="0 < x < 1",
    note="SciPy's own y, squared, beside 0 and 1: up to 2**13 units",
)
