"""Functions that are integrals of elementary ones: their slopes are what is integrated."""

import math

import numpy as np
from scipy import special

from ad.constants import OVER_SQRT_2PI, TWO_OVER_SQRT_PI, ExactConstant
from ad.table.elementwise import ZEROS_OF, stop_gradient
from ad.table.special.declaring import declare, declare_results
from ad.table.special.error import SQRT_HALF, gaussian, is_exact, rounding_of_square, upper_half

OVER_2PI = ExactConstant("OVER_2PI", 1 / (2 * math.pi), lambda m: 1 / (2 * m.pi))
HALF_PI = ExactConstant("HALF_PI", math.pi / 2, lambda m: m.pi / 2)
POSITIVE = {"domain": lambda x: x, "needs": "x > 0"}
OFF_ZERO = {"domain": lambda x: np.absolute(x), "needs": "x != 0"}


def off_zero(x, at_zero, quotient):
    """A quotient by x, and at 0 its limit."""
    zero = np.equal(x, 0)
    return np.where(zero, at_zero, quotient(np.where(zero, 1.0, x)))


# --- exponential integrals


def exp_over(x):
    """exp(x) / x, which is below the largest double where exp(x) no longer is."""
    half = np.exp(0.5 * x)
    return half * (half / x)


declare(special.exp1, exact=lambda m, x: m.expint(1, x), slope=lambda y, x: -(np.exp(-x) / x), **POSITIVE)
declare(special.expi, exact=lambda m, x: m.ei(x), slope=lambda y, x: exp_over(x), **OFF_ZERO)
declare(
    special.expn,
    exact=lambda m, n, x: m.expint(n, x),
    slope=(None, lambda y, n, x: -special.expn(n - 1, x)),
    domain=lambda n, x: np.where(np.greater(n, 0), x, -1.0),
    needs="x > 0 and n >= 1",
    note="SciPy's own expn: up to 2**5 units; its result is 0 where it is subnormal, and the digits are lost",
)

# --- sine and cosine integrals, and the hyperbolic ones


def cosh_over(x):
    """cosh(x) / x, also where cosh(x) overflows."""
    size = np.absolute(x)
    half = np.exp(0.5 * size)
    return half * (half * (0.5 + 0.5 * np.exp(-2 * size)) / x)


def sinh_over(x):
    """sinh(x) / x, also where sinh(x) overflows."""
    far = np.greater(np.absolute(x), 1)
    near, size = np.where(far, 1.0, x), np.where(far, x, 1.0)
    return np.where(far, 2 * np.cosh(0.5 * size) * (np.sinh(0.5 * size) / size), np.sinh(near) / near)


def sine_integral(x):
    """The first result of scipy.special.sici."""
    return special.sici(x)[0]


def cosine_integral(x):
    """The second result of scipy.special.sici, that of |x|."""
    return special.sici(x)[1]


def sinh_integral(x):
    """The first result of scipy.special.shichi."""
    return special.shichi(x)[0]


def cosh_integral(x):
    """The second result of scipy.special.shichi, that of |x|."""
    return special.shichi(x)[1]


sine_integral, cosine_integral = declare_results(
    special.sici,
    (
        sine_integral,
        {
            "exact": lambda m, x: m.si(x),
            "slope": lambda y, x: off_zero(x, 1.0, lambda x: np.sin(x) / x),
            "note": ZEROS_OF.format("sin"),
        },
    ),
    (
        cosine_integral,
        {
            "exact": lambda m, x: m.ci(m.abs(x)),
            "slope": lambda y, x: np.cos(x) / x,
            "note": ZEROS_OF.format("cos"),
            **OFF_ZERO,
        },
    ),
)
sinh_integral, cosh_integral = declare_results(
    special.shichi,
    (
        sinh_integral,
        {
            "exact": lambda m, x: m.shi(x),
            "slope": lambda y, x: off_zero(x, 1.0, sinh_over),
        },
    ),
    (
        cosh_integral,
        {"exact": lambda m, x: m.chi(m.abs(x)), "slope": lambda y, x: cosh_over(x), **OFF_ZERO},
    ),
)

# --- Fresnel's


def quarter_turns(x):
    """x*x less a multiple of 4: sin and cos of pi/2 times it are those of pi/2 x*x, and it moves with x as x*x does.

    Doubles from 2**53 on are even, and their squares multiples of 4. No double has a square beside which rint jumps.
    """
    far = np.greater_equal(np.absolute(x), 2.0**53)
    near, even = np.where(far, 0.0, x), np.where(far, x, 0.0)
    high = upper_half(near, x)
    low = near - high
    rest = ((high * high - near * near) + 2 * (high * low)) + low * low  # what near * near was rounded by: Dekker
    turns = within_two(near * near) + within_two(rest)
    return within_two(turns) + 2 * (even * (even - stop_gradient(even)))


def within_two(x):
    """x less the nearest multiple of 4."""
    return x - 4 * np.rint(0.25 * x)


def sine_of_turns(r):
    """sin(pi/2 r) for |r| <= 2."""
    right = np.greater(np.absolute(r), 1)
    return np.sin(HALF_PI * np.where(right, np.sign(r) * 2 - r, r))


def cosine_of_turns(r):
    """cos(pi/2 r) for |r| <= 2, exactly 0 at -1 and 1."""
    middle = np.greater(np.absolute(r), 0.5)
    beside = np.sin(HALF_PI * (1 - np.absolute(np.where(middle, r, 1.0))))
    return np.where(middle, beside, np.cos(HALF_PI * np.where(middle, 0.0, r)))


def fresnel_s(x):
    """The first result of scipy.special.fresnel."""
    return special.fresnel(x)[0]


def fresnel_c(x):
    """The second result of scipy.special.fresnel."""
    return special.fresnel(x)[1]


TURNS = "the proof does not know that sine and cosine have a period: right at points, not for all inputs"
fresnel_s, fresnel_c = declare_results(
    special.fresnel,
    (
        fresnel_s,
        {
            "exact": lambda m, x: m.fresnel_s(x),
            "slope": lambda y, x: sine_of_turns(quarter_turns(x)),
            "note": f"{TURNS}. Beside the slope's zeros up to 2**52 units",
        },
    ),
    (
        fresnel_c,
        {
            "exact": lambda m, x: m.fresnel_c(x),
            "slope": lambda y, x: cosine_of_turns(quarter_turns(x)),
            "note": f"{TURNS}. Beside the slope's zeros up to 2**52 units",
        },
    ),
)

# --- of the normal distribution's kind


FAR = 20.0
TERMS = 10  # beyond FAR the first one left out is below 2**-60 of the slope


def dawson_slope(y, x):
    """1 - 2 x y, and for |x| > FAR, where that cancels, the asymptotic series of what is left."""
    far = np.greater(np.absolute(x), FAR)
    near, t = np.where(far, 0.0, x), 0.5 / np.where(far, x, FAR) / np.where(far, x, FAR)
    rest = np.ones_like(t)
    for k in range(TERMS, 1, -1):
        rest = 1 + (2 * k - 1) * (t * rest)
    return np.where(far, -(t * rest), 1 - 2 * near * y)


declare(
    special.erfi,
    exact=lambda m, x: m.erfi(x),
    slope=lambda y, x: TWO_OVER_SQRT_PI * (np.exp(x * x) * (1 + rounding_of_square(x))),
)
declare(
    special.dawsn,
    exact=lambda m, x: m.sqrt(m.pi) / 2 * (m.exp(-(x**2)) * m.erfi(x)),
    slope=dawson_slope,
    note="for |x| > 20 the slope is an asymptotic series: right to rounding, not for all inputs exactly. "
    "Up to 20 it is a difference: up to 2**12 units, and beside its zero 0.924 up to 2**52 units",
)
declare(
    special.spence,
    exact=lambda m, x: m.spence(x),
    slope=lambda y, x: np.where(
        np.equal(x, 1), -1.0, np.log(x) / np.where(np.equal(x, 1), 1.0, 1 - x)
    ),
    **POSITIVE,
)


def rounding_of_product(a, b):
    """a*b less what a*b is rounded to: 0 over exact numbers. Given up from 2**400 on, where splitting may overflow."""
    if is_exact(a) or is_exact(b):
        return 0.0
    large = np.greater(np.maximum(np.absolute(a), np.absolute(b)), 2.0**400)
    a, b = np.where(large, 0.0, a), np.where(large, 0.0, b)
    high, top = upper_half(a, a), upper_half(b, b)
    low, rest = a - high, b - top
    return ((high * top - a * b) + (high * rest + low * top)) + low * rest


def owens_by_a(y, h, a):
    """exp(-h*h/2) exp(-(a*h)**2 / 2) / (2 pi (1 + a*a)); what a*h is rounded by would cost up to (a*h)**2 units."""
    product, length = a * h, np.hypot(1.0, a)
    near = np.less(np.absolute(product), 64.0)  # beyond, the second factor is 0
    bell = gaussian(np.where(near, product, 64.0), 0.5) * (1 - np.where(near, product, 0.0) * rounding_of_product(a, h))
    return OVER_2PI * (gaussian(h, 0.5) * bell) / length / length


declare(
    special.owens_t,
    exact=lambda m, h, a: m.owens_t(h, a),
    slope=(
        lambda y, h, a: -0.5 * OVER_SQRT_2PI * (gaussian(h, 0.5) * special.erf(SQRT_HALF * (a * h))),
        owens_by_a,
    ),
    note="the formula of the slope by a is too long for the proof: right at points, not for all inputs. "
    "Four roundings of the slope by h: up to 2**3 units",
)
