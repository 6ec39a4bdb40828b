"""The elementwise ops of scipy.special. Importing this module imports SciPy; ``ad.dispatch`` does so when it must.

Entries are as in ``ad.table.elementwise``. SciPy's own functions stand in the slopes: where one of them has lost
digits, so has the slope, and the entry's note says where. Functions that are no ufuncs (softmax, logsumexp, polygamma)
do not take part in NumPy's protocols and so cannot be entries.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from ad.constants import LN2, LN10, PI, TWO_OVER_SQRT_PI, ExactConstant
from ad.core import Op
from ad.declare import elementwise_op
from ad.table.elementwise import RESULT_LOST

ENTRIES: dict[Any, Op] = {}

SQRT_HALF = ExactConstant("SQRT_HALF", math.sqrt(0.5), lambda m: 1 / m.sqrt(2))
SQRT_PI_OVER_2 = ExactConstant("SQRT_PI_OVER_2", math.sqrt(math.pi) / 2, lambda m: m.sqrt(m.pi) / 2)
SQRT_2_OVER_PI = ExactConstant("SQRT_2_OVER_PI", math.sqrt(2 / math.pi), lambda m: m.sqrt(2 / m.pi))
SQRT_2PI = ExactConstant("SQRT_2PI", math.sqrt(2 * math.pi), lambda m: m.sqrt(2 * m.pi))
OVER_SQRT_2PI = ExactConstant("OVER_SQRT_2PI", 1 / math.sqrt(2 * math.pi), lambda m: 1 / m.sqrt(2 * m.pi))


def declare(fun: Any, **entry: Any) -> None:
    """One entry. Complex values are left alone: SciPy's are those of other code, or missing."""
    op = elementwise_op(fun, holomorphic="no", **entry)
    ENTRIES[fun] = replace(op, name=fun.__name__.lstrip("_"))  # special.zeta hands on to a ufunc called _zeta


# --- the gamma function and its logarithmic derivatives


def off_poles(x):
    """Distance to the nearest of 0, -1, -2, ..."""
    return np.where(np.greater(x, -0.5), np.absolute(x), np.absolute(x - np.rint(x)))


def gamma_family(fun, exact, slope, note=""):
    declare(
        fun, exact=exact, slope=slope, domain=off_poles, needs="x not 0, -1, -2, ...", note=note
    )  # fmt: skip


# Measured beside -1 and for large -x; above 0 gammaln and psi keep to 4 units, gamma and rgamma to 8.
BELOW_ZERO = "below 0 SciPy's own psi loses digits beside its poles and zeros: up to 2**52 units"
gamma_family(special.gammaln, lambda m, x: m.log_gamma(x), lambda y, x: special.psi(x), BELOW_ZERO)
gamma_family(special.gamma, lambda m, x: m.gamma(x), lambda y, x: y * special.psi(x), f"{BELOW_ZERO}; {RESULT_LOST}")
gamma_family(
    special.rgamma, lambda m, x: m.rgamma(x), lambda y, x: -y * special.psi(x), f"{BELOW_ZERO}; {RESULT_LOST}"
)


def trigamma(y, x):
    """zeta(2, x), and below 0, where SciPy's takes a time that grows with -x, (pi / sin(pi x))**2 - zeta(2, 1 - x)."""
    below = np.less(x, 0)
    turn = np.where(below, x - np.rint(x), 0.5)
    reflected = np.square(PI / np.sin(PI * turn)) - special.zeta(2, 1 - np.where(below, x, 0.0))
    return np.where(below, reflected, special.zeta(2, np.where(below, 1.0, x)))


gamma_family(
    special.psi,
    lambda m, x: m.polygamma(0, x),
    trigamma,
    "below 0 the slope is by reflection, which the proof does not know: right at points, not for all inputs; "
    "and SciPy's own zeta: up to 2**3 units",
)
declare(
    special._ufuncs._zeta,
    exact=lambda m, s, x: m.hurwitz(s, x),
    slope=(None, lambda y, s, x: -s * special.zeta(s + 1, x)),
    domain=lambda s, x: np.where(np.logical_and(np.equal(s, np.rint(s)), np.greater(s, 1)), x, -1.0),
    needs="x > 0 and a whole s > 1",
    note="SciPy's own zeta: up to 2**3 units",
)

# --- the error function


def rounding_of_square(x):
    """x*x less what x*x is rounded to: 0 in exact arithmetic. Given up for |x| >= 64, where exp(-x*x) is 0.

    Veltkamp's splitting: high holds half of x's digits, so that its square and x - high are exact.
    """
    near = np.where(np.less(np.absolute(x), 64.0), x, 0.0)
    big = near * splitter(x)
    high = big - (big - near)
    return (high * high - near * near) + (near - high) * (near + high)


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

# --- logistic functions and entropies


def logistic_slope(y, x):
    """e / (1 + e)**2 with e = exp(-|x|): y * (1 - y) would lose every digit on the right."""
    e = np.exp(-np.absolute(x))
    return e / np.square(1 + e)


def logistic_of_minus(y, x):
    e = np.exp(-np.absolute(x))
    return np.where(np.greater(x, 0), e, 1.0) / (1 + e)


declare(special.expit, exact=lambda m, x: 1 / (1 + m.exp(-x)), slope=logistic_slope)
declare(special.log_expit, exact=lambda m, x: -m.log1p(m.exp(-x)), slope=logistic_of_minus)
declare(
    special.logit,
    exact=lambda m, x: m.log(x / (1 - x)),
    slope=lambda y, x: 1 / (x * (1 - x)),
    domain=lambda x: x * (1 - x),
    needs="0 < x < 1",
)
declare(
    special.xlogy,
    exact=lambda m, a, b: a * m.log(b),
    slope=(lambda y, a, b: np.log(b), lambda y, a, b: a / b),
    domain=lambda a, b: b,
    needs="b > 0",
)
declare(
    special.xlog1py,
    exact=lambda m, a, b: a * m.log(1 + b),
    slope=(lambda y, a, b: np.log1p(b), lambda y, a, b: a / (1 + b)),
    domain=lambda a, b: 1 + b,
    needs="b > -1",
)
declare(
    special.entr,
    exact=lambda m, x: -x * m.log(x),
    slope=lambda y, x: -1 - np.log(x),
    domain=lambda x: x,
    needs="x > 0",
    note="beside its zero 1/e the slope is right to 2**-53 only: up to 2**52 units",
)


def both_positive(a, b):
    return np.minimum(a, b)


def log_ratio(a, b):
    """log(a / b); near 1 the quotient would be rounded where the difference is not, and elsewhere it may overflow."""
    near = np.less(np.absolute(a - b), 0.5 * b)
    apart = np.log(a) - np.log(b)
    usual = np.less(np.absolute(apart), 600.0)
    far = np.where(usual, np.log(np.where(usual, a / b, 1.0)), apart)
    return np.where(near, np.log1p(np.where(near, a - b, 0.0) / b), far)


QUOTIENT = "the proof does not know that log(a/b) is log(a) - log(b): right at points, not for all inputs"
declare(
    special.rel_entr,
    exact=lambda m, a, b: a * m.log(a / b),
    slope=(lambda y, a, b: log_ratio(a, b) + 1, lambda y, a, b: -(a / b)),
    domain=both_positive,
    needs="a > 0 and b > 0",
    note=f"{QUOTIENT}. Beside its zero a = b/e the slope by a is right to 2**-53 only: up to 2**52 units",
)
declare(
    special.kl_div,
    exact=lambda m, a, b: a * m.log(a / b) - a + b,
    slope=(lambda y, a, b: log_ratio(a, b), lambda y, a, b: (b - a) / b),
    domain=both_positive,
    needs="a > 0 and b > 0",
    note=QUOTIENT,
)

# --- the same as NumPy's
declare(special.expm1, exact=lambda m, x: m.exp(x) - 1, slope=lambda y, x: np.exp(x))
declare(special.exp2, exact=lambda m, x: m.exp(x * m.log(2)), slope=lambda y, x: y * LN2, note=RESULT_LOST)
declare(special.exp10, exact=lambda m, x: m.exp(x * m.log(10)), slope=lambda y, x: y * LN10, note=RESULT_LOST)
declare(
    special.log1p,
    exact=lambda m, x: m.log(1 + x),
    slope=lambda y, x: 1 / (1 + x),
    domain=lambda x: 1 + x,
    needs="x > -1",
)
declare(
    special.cbrt,
    exact=lambda m, x: m.cbrt(x),
    slope=lambda y, x: 1 / (3 * y * y),
    domain=lambda x: np.absolute(x),
    needs="x != 0",
)
