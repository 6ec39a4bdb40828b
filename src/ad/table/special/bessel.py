"""Bessel functions of every kind, and the scaled ones. By the order there is no derivative: it is a constant.

Slopes by the neighbours in order are NIST's Digital Library of Mathematical Functions, 10.6 and 10.29; the expansions
for large arguments are 10.40.
"""

import math

import numpy as np
from scipy import special

from ad.constants import OVER_SQRT_2PI, ExactConstant
from ad.table.elementwise import RESULT_LOST
from ad.table.special.declaring import declare, declare_results

SQRT_PI_OVER_TWO = ExactConstant("SQRT_PI_OVER_TWO", math.sqrt(math.pi / 2), lambda m: m.sqrt(m.pi / 2))

POSITIVE = {"domain": lambda x: x, "needs": "x > 0"}
POSITIVE_OF_ORDER = {"domain": lambda v, x: x, "needs": "x > 0"}
LEAST = 2.0**-1000


def real_of_order(v, x):
    return np.where(np.equal(v, np.rint(v)), 1.0, x)


def normal_of_order(v, x):
    """As before, but for 0 < |x| < LEAST: SciPy's I is nan among these."""
    return np.where(np.less(np.absolute(x), LEAST) & np.not_equal(x, 0), -1.0, real_of_order(v, x))


J_OF_ORDER = {"domain": real_of_order, "needs": "x > 0, or a whole order"}
I_OF_ORDER = {"domain": normal_of_order, "needs": "x > 0, or a whole order; not 0 < |x| < 2**-1000"}

# Measured over all doubles; the worst is beside a zero, at the double closest of all to a multiple of pi/2.
OSCILLATING = (
    "SciPy's own functions lose as many digits as |x| has before its point, and more beside their zeros: "
    "up to 2**112 units"
)

# --- J and Y

declare(special.j0, exact=lambda m, x: m.bessel_j(0, x), slope=lambda y, x: -special.j1(x), note=OSCILLATING)
declare(
    special.j1,
    exact=lambda m, x: m.bessel_j(1, x),
    slope=lambda y, x: 0.5 * (special.j0(x) - special.jv(2, x)),
    note=OSCILLATING,
)
declare(
    special.jv,
    exact=lambda m, v, x: m.bessel_j(v, x),
    slope=(None, lambda y, v, x: 0.5 * (special.jv(v - 1, x) - special.jv(v + 1, x))),
    note=f"{OSCILLATING}; near 0 its result underflows, and the digits of the slope are lost",
    **J_OF_ORDER,
)
declare(
    special.y0, exact=lambda m, x: m.bessel_y(0, x), slope=lambda y, x: -special.y1(x), note=OSCILLATING, **POSITIVE
)
declare(
    special.y1,
    exact=lambda m, x: m.bessel_y(1, x),
    slope=lambda y, x: special.y0(x) - y / x,
    note=f"{OSCILLATING}; {RESULT_LOST}",
    **POSITIVE,
)
for fun in (special.yn, special.yv):
    declare(
        fun,
        exact=lambda m, v, x: m.bessel_y(v, x),
        slope=(None, lambda y, v, x, fun=fun: fun(v - 1, x) - v * y / x),
        note=f"{OSCILLATING}; {RESULT_LOST}",
        **POSITIVE_OF_ORDER,
    )

# --- I and K

LOST_TOO = "where its result is infinite or subnormal the digits of the slope are lost"
EARLY = "SciPy's own result overflows a little early: there the digits are lost; before that"
declare(
    special.i0,
    exact=lambda m, x: m.bessel_i(0, x),
    slope=lambda y, x: special.i1(x),
    note=f"{EARLY} up to 2**5 units",
)
declare(
    special.i1,
    exact=lambda m, x: m.bessel_i(1, x),
    slope=lambda y, x: 0.5 * (special.i0(x) + special.iv(2, x)),
    note=f"{EARLY} up to 2**8 units",
)
declare(
    special.iv,
    exact=lambda m, v, x: m.bessel_i(v, x),
    slope=(None, lambda y, v, x: 0.5 * (special.iv(v - 1, x) + special.iv(v + 1, x))),
    note=f"{EARLY}, and where orders beside it underflow, up to 2**53 units",
    **I_OF_ORDER,
)
declare(
    special.k0,
    exact=lambda m, x: m.bessel_k(0, x),
    slope=lambda y, x: -special.k1(x),
    note=f"SciPy's own k1 beside 2: up to 2**4 units; {LOST_TOO}",
    **POSITIVE,
)
declare(
    special.k1,
    exact=lambda m, x: m.bessel_k(1, x),
    slope=lambda y, x: -(special.k0(x) + y / x),
    note=f"SciPy's own k0 beside 2: up to 2**4 units; {RESULT_LOST}",
    **POSITIVE,
)
for fun in (special.kn, special.kv):
    declare(
        fun,
        exact=lambda m, v, x: m.bessel_k(v, x),
        slope=(None, lambda y, v, x, fun=fun: -(fun(np.absolute(v) - 1, x) + np.absolute(v) * y / x)),
        note=f"{RESULT_LOST}; SciPy's own functions for high orders: up to 2**8 units",
        **POSITIVE_OF_ORDER,
    )

# --- scaled: exp(-|x|) I(v, x) and exp(x) K(v, x). Far out the terms of their slopes cancel to a relative 1 / (2 x).

FAR = 50.0
TERMS = 14  # beyond FAR, and v*v, the first one left out is below 2**-53 of the slope


def far_slope(v, x, sign):
    """The slope of sum over k of sign**k a(k, v) x**(-k - 1/2): of a scaled function at infinity, but for a factor."""
    square, total = 4 * (v * v), TERMS + 0.5
    for k in range(TERMS, 0, -1):
        total = (k - 0.5) + sign * ((square - (2 * k - 1) ** 2) / (8 * k * x)) * total
    return -(total / x / np.sqrt(x))


def scaled_i(v, x, y, neighbours):
    """The slope of exp(-|x|) I(v, x); ``neighbours(x)`` is exp(-|x|) dI/dx."""
    size = np.absolute(x)
    far = np.greater(size, np.maximum(v * v, FAR))
    odd = np.less(x, 0) & np.equal(np.remainder(v, 2), 0)  # the slope of an even function is odd
    outer = OVER_SQRT_2PI * far_slope(v, np.where(far, size, FAR), -1.0)
    near = np.where(far, 1.0, x)
    inner = neighbours(near) - np.sign(near) * np.where(far, 0.0, y)
    return np.where(far, np.where(odd, -outer, outer), inner)


def scaled_k(v, x, y, below):
    """The slope of exp(x) K(v, x); ``below(x)`` is exp(x) K(|v| - 1, x)."""
    far = np.greater(x, np.maximum(v * v, FAR))
    outer = SQRT_PI_OVER_TWO * far_slope(v, np.where(far, x, FAR), 1.0)
    near, result = np.where(far, 1.0, x), np.where(far, 0.0, y)
    return np.where(far, outer, result - (below(near) + np.absolute(v) * result / near))


FAR_NOTE = (
    "far out the slope is an asymptotic series: right to rounding, not for all inputs exactly. "
    f"Before that it is a difference, which loses the more the higher the order is: up to 2**18 units for order 40; "
    f"{RESULT_LOST}"
)
I_EXACT = lambda m, v, x: m.exp(-m.abs(x)) * m.bessel_i(v, x)  # noqa: E731
K_EXACT = lambda m, v, x: m.exp(x) * m.bessel_k(v, x)  # noqa: E731

declare(
    special.i0e,
    exact=lambda m, x: I_EXACT(m, 0, x),
    slope=lambda y, x: scaled_i(0, x, y, special.i1e),
    kinks=lambda x: x,
    note=FAR_NOTE,
)
declare(
    special.i1e,
    exact=lambda m, x: I_EXACT(m, 1, x),
    slope=lambda y, x: scaled_i(1, x, y, lambda x: 0.5 * (special.i0e(x) + special.ive(2, x))),
    note=FAR_NOTE,
)
declare(
    special.ive,
    exact=I_EXACT,
    slope=(
        None,
        lambda y, v, x: scaled_i(v, x, y, lambda x: 0.5 * (special.ive(v - 1, x) + special.ive(v + 1, x))),
    ),
    kinks=lambda v, x: np.where(np.equal(v, 0), x, 1.0),
    note=FAR_NOTE,
    **I_OF_ORDER,
)
declare(
    special.k0e,
    exact=lambda m, x: K_EXACT(m, 0, x),
    slope=lambda y, x: scaled_k(0, x, y, special.k1e),
    domain=lambda x: x - LEAST,
    needs="x > 2**-1000",
    note=FAR_NOTE,
)
declare(
    special.k1e,
    exact=lambda m, x: K_EXACT(m, 1, x),
    slope=lambda y, x: scaled_k(1, x, y, special.k0e),
    note=FAR_NOTE,
    **POSITIVE,
)
declare(
    special.kve,
    exact=K_EXACT,
    slope=(
        None,
        lambda y, v, x: scaled_k(v, x, y, lambda x: special.kve(np.absolute(v) - 1, x)),
    ),
    note=FAR_NOTE,
    **POSITIVE_OF_ORDER,
)

# --- Airy's functions, the results of one ufunc


def airy_ai(x):
    """The first result of scipy.special.airy: Ai."""
    return special.airy(x)[0]


def airy_ai_prime(x):
    """The second result of scipy.special.airy: the derivative of Ai."""
    return special.airy(x)[1]


def airy_bi(x):
    """The third result of scipy.special.airy: Bi."""
    return special.airy(x)[2]


def airy_bi_prime(x):
    """The fourth result of scipy.special.airy: the derivative of Bi."""
    return special.airy(x)[3]


AIRY = (
    "SciPy's own functions lose digits as x falls, and beside their zeros: up to 2**36 units. "
    "The result itself is lost for x < -2**20, where SciPy's is nan, and for x > 104, where it overflows or is 0"
)
airy_ai, airy_ai_prime, airy_bi, airy_bi_prime = declare_results(
    special.airy,
    (airy_ai, {"exact": lambda m, x: m.airy_ai(x), "slope": lambda y, x: airy_ai_prime(x), "note": AIRY}),
    (
        airy_ai_prime,
        {"exact": lambda m, x: m.airy_ai_prime(x), "slope": lambda y, x: x * airy_ai(x), "note": AIRY},
    ),
    (airy_bi, {"exact": lambda m, x: m.airy_bi(x), "slope": lambda y, x: airy_bi_prime(x), "note": AIRY}),
    (
        airy_bi_prime,
        {"exact": lambda m, x: m.airy_bi_prime(x), "slope": lambda y, x: x * airy_bi(x), "note": AIRY},
    ),
)
