"""Complete elliptic integrals, by their parameter m.

(K - E) / m and its like cancel beside m = 0. So slopes are Carlson's R_D, in functions of p = 1 - m that have entries
of their own: NIST's Digital Library of Mathematical Functions, 19.4 and 19.25.
"""

import math

import numpy as np
from scipy import special

from ad.constants import ExactConstant
from ad.dispatch import dispatching
from ad.table.special.declaring import declare

HALF_PI = ExactConstant("HALF_PI", math.pi / 2, lambda m: m.pi / 2)
LOG_4 = math.log(4)
LEAST, LARGE = 2.0**-900, 2.0**120


@dispatching
def elliptic_rk(p):
    """dK/dm at m = 1 - p: R_D(0, 1, p) / 6, and beyond LEAST and LARGE the first term of its expansions."""
    inner = special.elliprd(0.0, 1.0, np.clip(p, LEAST, LARGE)) / 6
    large = np.maximum(p, LARGE)
    outer = (0.5 * np.log(large) + LOG_4 - 1) / (2 * np.sqrt(large)) / large
    return np.select([np.less(p, LEAST), np.greater(p, LARGE)], [0.5 / p, outer], inner)[()]


@dispatching
def elliptic_d(p):
    """(K - E) / m at m = 1 - p: R_D(0, p, 1) / 3, and beyond LEAST and LARGE the first term of its expansions."""
    inner = special.elliprd(0.0, np.clip(p, LEAST, LARGE), 1.0) / 3
    low = LOG_4 - 1 - 0.5 * np.log(np.minimum(p, LEAST))
    return np.select([np.less(p, LEAST), np.greater(p, LARGE)], [low, 1 / np.sqrt(p)], inner)[()]


def squares(n):
    """The coefficients of K in powers of m, over pi/2: the squares of (1/2 choose n) ones without sign."""
    return np.cumprod([1.0, *(((2 * k - 1) / (2 * k)) ** 2 for k in range(1, n))])


def beside_one(p, coefficients, quotient):
    """A quotient by 1 - p; for |1 - p| < 1/16, where that cancels, its power series."""
    near = np.less(np.absolute(1 - p), 1 / 16)
    m, total = np.where(near, 1 - p, 0.0), 0.0
    for c in coefficients[::-1]:
        total = c + m * total
    return np.where(near, HALF_PI * total, quotient(np.where(near, 0.5, p)))


POSITIVE = {"domain": lambda p: p, "needs": "p > 0"}
CARLSON = "SciPy's own elliprd: up to 2**3 units"
BESIDE_ONE = (
    "for |1 - p| < 1/16 the slope is a power series: right to rounding, not for all inputs exactly; "
    "beyond it is a difference: up to 2**8 units"
)
TERMS = 20  # 16**-TERMS is far below 2**-53
SECOND = [-n * (n - 1) * c for n, c in enumerate(squares(TERMS))][2:]  # of -K''
FIRST_OF_D = [-2 * n * (n - 1) / (2 * n - 1) * c for n, c in enumerate(squares(TERMS))][2:]  # of -dD/dm

declare(
    special.ellipk,
    exact=lambda m, k: m.elliptic_k(k),
    slope=lambda y, k: elliptic_rk(1 - k),
    domain=lambda k: 1 - k,
    needs="m < 1",
    note=CARLSON,
)
declare(
    special.ellipkm1,
    exact=lambda m, p: m.elliptic_k(1 - p),
    slope=lambda y, p: -elliptic_rk(p),
    note=CARLSON,
    **POSITIVE,
)
declare(
    special.ellipe,
    exact=lambda m, k: m.elliptic_e(k),
    slope=lambda y, k: -0.5 * elliptic_d(1 - k),
    domain=lambda k: 1 - k,
    needs="m < 1",
)
declare(
    elliptic_rk,
    exact=lambda m, p: (m.elliptic_e(1 - p) - p * m.elliptic_k(1 - p)) / (2 * p * (1 - p)),
    slope=lambda y, p: beside_one(
        p, SECOND, lambda p: (p * elliptic_rk(p) - 0.25 * special.ellipkm1(p) - (1 - p) * elliptic_rk(p)) / (1 - p) / p
    ),
    note=f"{BESIDE_ONE}. Where the result overflows its digits are lost",
    **POSITIVE,
)
declare(
    elliptic_d,
    exact=lambda m, p: (m.elliptic_k(1 - p) - m.elliptic_e(1 - p)) / (1 - p),
    slope=lambda y, p: beside_one(p, FIRST_OF_D, lambda p: (0.5 * elliptic_d(p) - elliptic_rk(p)) / (1 - p)),
    note=BESIDE_ONE,
    **POSITIVE,
)
