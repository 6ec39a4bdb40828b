"""Elementwise ops: one entry each. An entry says what the op means and, separately, how it changes.

The redundancy between ``exact`` and ``slope`` is on purpose: it is what the project exists to check.
Slopes are written for accuracy over the whole range: 1 - y*y for tanh would lose every digit in the tail.
"""

import math
from typing import Any

import numpy as np

from ad.constants import DEGREE, LN2, PI, RADIAN, ExactConstant
from ad.declare import elementwise
from ad.variable import dispatching

# 1 / (x * LN2) would lose digits for subnormal x, and 1 / (x * LN10) be 0 for large x
LOG2_E = ExactConstant("LOG2_E", math.log2(math.e), lambda m: 1 / m.log(2))
LOG10_E = ExactConstant("LOG10_E", math.log10(math.e), lambda m: 1 / m.log(10))
PI_SQUARED_OVER_3 = ExactConstant("PI_SQUARED_OVER_3", 3.289868133696453, lambda m: m.pi**2 / 3)

# Every slope is at most 4 units (of u*|truth|, see ``verify.accuracy``) from the truth over the whole float64 range;
# an entry that cannot keep to that has a note which says where and how far.
RESULT_LOST = "the slope is computed from the result: where that is subnormal or overflows its digits are lost"
# Measured for |x| > 1e9, where the function is below 1e-17.
ZEROS_OF = "NumPy's own {0} loses digits beside its zeros for huge arguments: up to 2**18 units"

# --- what does not change


@dispatching
def stop_gradient(x: Any) -> Any:
    """The value of x as a constant: its derivative is 0, by declaration.

    Arguments
        x: anything; an array of any shape and dtype.
    Returns
        x itself. Every derivative, of any order and in both modes, takes it for a constant.
    Example
        >>> import ad
        >>> ad.grad(lambda x: x * ad.stop_gradient(x))(3.0)
        np.float64(3.0)
    """
    return x


elementwise(
    stop_gradient,
    exact=lambda m, x: m.stopped(x),
    slope=0,
    holomorphic="no",
    note="0 by declaration, whatever the values do",
)

# --- sums and products
elementwise(np.positive, exact=lambda m, x: x, slope=1)
elementwise(np.negative, exact=lambda m, x: -x, slope=-1)
elementwise(np.add, exact=lambda m, a, b: a + b, slope=(1, 1))
elementwise(np.subtract, exact=lambda m, a, b: a - b, slope=(1, -1))
elementwise(np.multiply, exact=lambda m, a, b: a * b, slope=(lambda y, a, b: b, lambda y, a, b: a))


def inverse(b):
    """1 / b, by a zero of Python's too, where Python would raise."""
    return 1 / (np.float64(b) if type(b) in (int, float) and b == 0 else b)


elementwise(
    np.divide,
    exact=lambda m, a, b: a / b,
    slope=(lambda y, a, b: inverse(b), lambda y, a, b: -y / b),
    domain=lambda a, b: np.absolute(b),
    needs="b != 0",
    note=RESULT_LOST + " (by b)",
)
elementwise(np.square, exact=lambda m, x: x**2, slope=lambda y, x: 2 * x)
elementwise(
    np.reciprocal,
    exact=lambda m, x: 1 / x,
    slope=lambda y, x: -(y * y),
    domain=lambda x: np.absolute(x),
    needs="x != 0",
)

# --- powers and roots


def length_or_1(y):
    """At (0, 0) a length has a kink: over 1 the slopes there are 0, a subgradient, as of a norm."""
    return np.where(np.equal(y, 0), 1.0, y)


def power_domain(a, b):
    """x**n is fine everywhere for whole n >= 0, off 0 for whole n < 0; else x must be positive."""
    at_whole = np.where(np.greater_equal(b, 0), 1.0, np.absolute(a))
    return np.where(np.equal(b, np.rint(b)), at_whole, a)


def power_slope(y, a, b):
    """b * a**(b - 1), and where b - 1 is rounded (b < 1/2, b > 2**53) b * y / a."""
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        return b * a ** np.where(np.equal(b, 0), 1, b - 1)
    if isinstance(b, np.ndarray):
        rounded = np.logical_and(np.logical_or(np.less(b, 0.5), np.greater(b, 2.0**53)), np.not_equal(a, 0))
        usual = b * a ** np.where(np.logical_or(rounded, np.equal(b, 0)), 1, b - 1)
        return np.where(rounded, b * y / np.where(rounded, a, 1), usual)
    if not isinstance(b, int | float | np.integer | np.floating) or 0.5 <= b <= 2.0**53:
        return b * a ** (b - 1)
    if b == 0:
        return 0 * a  # a**0 is 1 everywhere, also at a = 0, where b * y / a would be nan
    return b * (np.where(np.equal(a, 0), 1, y) if b > 0 else y) / a  # at a = 0 infinite, not 0 / 0


def exponent_slope(y, a, b):
    nonzero = np.where(np.equal(a, 0), 1.0, a)  # 0**b does not move with b > 0
    return y * np.log(nonzero + 0j if np.iscomplexobj(b) else nonzero)


power_entry: dict[str, Any] = {
    "exact": lambda m, a, b: m.power(a, b),
    "slope": (power_slope, exponent_slope),
    "domain": power_domain,
    "needs": "a > 0, or a whole exponent (and a != 0 when it is negative)",
    "holomorphic": "right half plane, or a whole exponent",
    "note": RESULT_LOST,
}
elementwise(np.power, **power_entry)
elementwise(np.float_power, **power_entry)
elementwise(
    np.sqrt,
    exact=lambda m, x: m.sqrt(x),
    slope=lambda y, x: 0.5 / y,
    domain=lambda x: x,
    needs="x > 0",
    holomorphic="right half plane",
)
elementwise(
    np.cbrt,
    exact=lambda m, x: m.cbrt(x),
    slope=lambda y, x: 1 / (3 * y * y),
    domain=lambda x: np.absolute(x),
    needs="x != 0",
    holomorphic="no",
)
elementwise(
    np.hypot,
    exact=lambda m, a, b: m.sqrt(a**2 + b**2),
    slope=(lambda y, a, b: a / length_or_1(y), lambda y, a, b: b / length_or_1(y)),
    domain=lambda a, b: np.maximum(np.absolute(a), np.absolute(b)),
    needs="(a, b) != (0, 0)",
    holomorphic="no",
    note=RESULT_LOST,
)

# --- exponentials and logarithms
elementwise(np.exp, exact=lambda m, x: m.exp(x), slope=lambda y, x: y)
elementwise(
    np.exp2,
    exact=lambda m, x: m.exp(x * m.log(2)),
    slope=lambda y, x: y * LN2,
    holomorphic="no",
    note=RESULT_LOST + ": inf from x = 1024 on, 1/2 too early",
)
elementwise(np.expm1, exact=lambda m, x: m.exp(x) - 1, slope=lambda y, x: np.exp(x), holomorphic="no")


def logarithm(fun, exact, slope):
    elementwise(fun, exact=exact, slope=slope, domain=lambda x: x, needs="x > 0", holomorphic="right half plane")


logarithm(np.log, lambda m, x: m.log(x), lambda y, x: 1 / x)
logarithm(np.log2, lambda m, x: m.log(x) / m.log(2), lambda y, x: LOG2_E / x)
logarithm(np.log10, lambda m, x: m.log(x) / m.log(10), lambda y, x: LOG10_E / x)
elementwise(
    np.log1p,
    exact=lambda m, x: m.log(1 + x),
    slope=lambda y, x: 1 / (1 + x),
    domain=lambda x: 1 + x,
    needs="x > -1",
    holomorphic="no",
)


def apart(a, b):
    """a - b, and what rounding took from it: 0 in exact arithmetic, but exp(a - b) would be off by |a - b| units."""
    if type(b) in (int, float) and b == 0:
        return a, 0  # nothing was rounded: softplus is logaddexp(0, x)
    d = a - b
    back = d - a
    lost = (a - (d - back)) - (b + back)  # Knuth's two-sum
    return d, np.where(np.less(np.absolute(d), 2000.0), lost, 0.0)  # further apart exp(-|d|) is 0


def share(power, difference, per_unit):
    """1 / (1 + power(-difference)) without overflow: the weight of the first of two exponentials so far apart."""
    d, lost = difference
    small = power(-np.absolute(d))
    if type(lost) is not int:
        small = small - small * (np.sign(d) * lost * per_unit)
    return np.where(np.greater_equal(d, 0), 1.0, small) / (1 + small)


elementwise(
    np.logaddexp,
    exact=lambda m, a, b: m.log(m.exp(a) + m.exp(b)),
    slope=(
        lambda y, a, b: share(np.exp, apart(a, b), 1),
        lambda y, a, b: share(np.exp, apart(b, a), 1),
    ),
    holomorphic="no",
)
elementwise(
    np.logaddexp2,
    exact=lambda m, a, b: m.log(m.exp(a * m.log(2)) + m.exp(b * m.log(2))) / m.log(2),
    slope=(
        lambda y, a, b: share(np.exp2, apart(a, b), LN2),
        lambda y, a, b: share(np.exp2, apart(b, a), LN2),
    ),
    holomorphic="no",
)

# --- trigonometric
elementwise(np.sin, exact=lambda m, x: m.sin(x), slope=lambda y, x: np.cos(x), note=ZEROS_OF.format("cos"))
elementwise(np.cos, exact=lambda m, x: m.cos(x), slope=lambda y, x: -np.sin(x), note=ZEROS_OF.format("sin"))


def rightward(x):
    """Of x and -x the one to the right of 0."""
    real = isinstance(x, float) or not np.iscomplexobj(x)
    return np.absolute(x) if real else np.where(np.less(np.real(x), 0), -x, x)


def tan_slope(y, x):
    """1 + y*y, which cancels far off the real axis: there 4 e / (1 + e)**2 with e = exp(2 i x), or its inverse."""
    return tanh_slope(y, 1j * x) if np.iscomplexobj(x) else 1 + y * y


elementwise(
    np.tan,
    exact=lambda m, x: m.tan(x),
    slope=tan_slope,
    domain=lambda x: np.absolute(np.cos(x)),
    needs="cos(x) != 0",
)


def unit_interval(fun, exact, slope):
    elementwise(
        fun, exact=exact, slope=slope,
        domain=lambda x: (1 - x) * (1 + x), needs="-1 < x < 1", holomorphic="no",
    )  # fmt: skip


unit_interval(np.arcsin, lambda m, x: m.asin(x), lambda y, x: 1 / np.sqrt((1 - x) * (1 + x)))
unit_interval(np.arccos, lambda m, x: m.acos(x), lambda y, x: -1 / np.sqrt((1 - x) * (1 + x)))
unit_interval(np.arctanh, lambda m, x: m.atanh(x), lambda y, x: 1 / ((1 - x) * (1 + x)))


def arctan_slope(y, x):
    """1 / (1 + x*x), and for |x| > 1, where x*x may overflow, (1/x) / (x + 1/x)."""
    far = np.greater(np.absolute(x), 1)
    large = np.where(far, x, 1.0)
    return np.where(far, 1 / large / (large + 1 / large), 1 / (1 + np.where(far, 0.0, x) ** 2))


elementwise(np.arctan, exact=lambda m, x: m.atan(x), slope=arctan_slope, holomorphic="no")


def over_square(x, a, b):
    """x / (a**2 + b**2), by a power of two up or down so that nothing under- or overflows on the way."""
    scale = np.where(np.less(np.hypot(a, b), 2.0**100), 2.0**100, 2.0**-100)
    r = np.hypot(a * scale, b * scale)
    return x * scale * scale / r / r


elementwise(
    np.arctan2,
    exact=lambda m, a, b: m.atan2(a, b),
    slope=(lambda y, a, b: over_square(b, a, b), lambda y, a, b: over_square(-a, a, b)),
    domain=lambda a, b: np.where(np.greater(b, 0), b, np.absolute(a)),
    needs="(a, b) off the half line a = 0, b <= 0",
    holomorphic="no",
)
for to_radians in (np.deg2rad, np.radians):
    elementwise(to_radians, exact=lambda m, x: x * m.pi / 180, slope=lambda y, x: DEGREE, holomorphic="no")
for to_degrees in (np.rad2deg, np.degrees):
    elementwise(to_degrees, exact=lambda m, x: x * 180 / m.pi, slope=lambda y, x: RADIAN, holomorphic="no")


def cos_pi(x):
    """cos(pi x): whole turns and the quarter turn are taken off x, exactly, before pi*x is rounded."""
    return np.sin(PI * (0.5 - np.absolute(x - 2 * np.rint(x / 2))))


def sinc_slope(y, x):
    """(cos(pi x) - sinc(x)) / x, and for |x| < 1/2, where that cancels, its Taylor series to 2**-53.

    NumPy's own sinc, y, rounds pi*x and so has no digit left for large x.
    """
    near = np.less(np.absolute(x), 0.5)
    close = np.where(near, x, 0.0)
    series: Any = 1.0
    for k in range(11, 0, -1):
        series = 1 - (PI * close) ** 2 / (2 * k * (2 * k + 3)) * series
    away = np.where(near, 1.0, x)
    if np.iscomplexobj(x):  # whole turns would have to be taken off the real part alone
        return np.where(near, -PI_SQUARED_OVER_3 * close * series, (np.cos(PI * away) - y) / away)
    size = np.absolute(away)
    sinc = cos_pi(size - 0.5) / (PI * size)  # sin(z) = cos(z - pi/2)
    return np.where(near, -PI_SQUARED_OVER_3 * close * series, (cos_pi(size) - sinc) / away)


elementwise(
    np.sinc,
    exact=lambda m, x: m.where(m.equal(x, 0), 1, m.sin(m.pi * x) / (m.pi * m.where(m.equal(x, 0), 1, x))),
    slope=sinc_slope,
    holomorphic="no",
    note="for |x| < 1/2 the slope is a truncated Taylor series: right to rounding, not for all inputs exactly. "
    "Beside its zeros, where pi x = tan(pi x), it is right to 4 u / |x| only: up to 2**52 units",
)

# --- hyperbolic


def tanh_slope(y, x):
    """1 / cosh(x)**2 = 4 e / (1 + e)**2 with e = exp(-2 |x|): cosh would overflow, 1 - y*y loses every digit."""
    e = np.exp(-2 * rightward(x))
    return 4 * e / np.square(1 + e)


elementwise(np.sinh, exact=lambda m, x: m.sinh(x), slope=lambda y, x: np.cosh(x))
elementwise(np.cosh, exact=lambda m, x: m.cosh(x), slope=lambda y, x: np.sinh(x))
elementwise(np.tanh, exact=lambda m, x: m.tanh(x), slope=tanh_slope)


def arcsinh_slope(y, x):
    return 1 / (np.sqrt(1 + 1j * x) * np.sqrt(1 - 1j * x)) if np.iscomplexobj(x) else 1 / np.hypot(1.0, x)


elementwise(np.arcsinh, exact=lambda m, x: m.asinh(x), slope=arcsinh_slope, holomorphic="no")
elementwise(
    np.arccosh,
    exact=lambda m, x: m.acosh(x),
    slope=lambda y, x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)),
    domain=lambda x: x - 1,
    needs="x > 1",
    holomorphic="no",
)

# --- kinks: magnitudes, choices


def direction(y, x):
    """The s of d|x| = Re(s * dx), of size 1, and 0 at 0."""
    if not np.iscomplexobj(x):
        return np.sign(x)
    return np.conjugate(x) / np.where(np.equal(y, 0), 1.0, y)


for magnitude in (np.absolute, np.fabs):
    elementwise(
        magnitude,
        exact=lambda m, x: m.abs(x),
        slope=direction,
        kinks=lambda x: x,
        holomorphic="no",
    )


def chosen(fun, exact, first):
    """An op that hands on one of its two operands; a tie is shared in halves."""

    def slope(a, b):
        if isinstance(a, float) and isinstance(b, float):  # exactly 0: not even an infinite cotangent comes through
            return (0.5 if a == b else 1) if first(a, b) else 0
        return np.where(first(a, b), np.where(np.equal(a, b), 0.5, 1.0), 0.0)

    elementwise(
        fun,
        exact=exact,
        slope=(lambda y, a, b: slope(a, b), lambda y, a, b: slope(b, a)),
        kinks=lambda a, b: np.subtract(a, b),
        selects=lambda a, b: (first(a, b), first(b, a)),
        holomorphic="no",
    )


def or_alone(first):
    """The same choice, but a number is chosen before NaN."""
    return lambda a, b: np.logical_or(first(a, b), np.isnan(b))


for larger, first in ((np.maximum, np.greater_equal), (np.fmax, or_alone(np.greater_equal))):
    chosen(larger, lambda m, a, b: m.maximum(a, b), first)
for smaller, first in ((np.minimum, np.less_equal), (np.fmin, or_alone(np.less_equal))):
    chosen(smaller, lambda m, a, b: m.minimum(a, b), first)
elementwise(
    np.where,
    exact=lambda m, c, a, b: m.where(c, a, b),
    slope=(None, lambda y, c, a, b: np.where(c, 1.0, 0.0), lambda y, c, a, b: np.where(c, 0.0, 1.0)),
    selects=lambda c, a, b: (np.logical_or(c, True), c, np.logical_not(c)),
    holomorphic="no",
)
elementwise(
    np.copysign,
    exact=lambda m, a, b: m.abs(a) * m.where(m.less(b, 0), -1, 1),
    slope=(lambda y, a, b: np.copysign(1.0, a) * np.copysign(1.0, b), 0),
    kinks=lambda a, b: np.multiply(a, b),
    holomorphic="no",
)

# --- staircases


def staircase(fun, exact, steps):
    elementwise(fun, exact=exact, slope=0, kinks=steps, holomorphic="no")


def to_integer(x):
    """Distance to the nearest integer, signed."""
    return x - np.rint(x)


def to_half(x):
    """Distance to the nearest number halfway between integers, where rounding jumps."""
    return x - np.floor(x) - 0.5


def toward_zero(m, x):
    return m.where(m.less(x, 0), -m.floor(-x), m.floor(x))


def sign_slope(y, x):
    """0; of a complex number NumPy's sign is x / |x|, whose change has no slope: it is not a multiple of dx."""
    if np.iscomplexobj(x):
        raise TypeError("np.sign of complex numbers is not differentiated: write z / np.abs(z)")
    return 0


elementwise(np.sign, exact=lambda m, x: m.sign(x), slope=sign_slope, kinks=lambda x: x, holomorphic="no")
staircase(np.floor, lambda m, x: m.floor(x), to_integer)
staircase(np.ceil, lambda m, x: -m.floor(-x), to_integer)
for shortened in (np.trunc, np.fix):
    staircase(shortened, toward_zero, lambda x: np.where(abs(x) < 0.5, 1.0, to_integer(x)))
for rounded in dict.fromkeys((np.rint, np.round, np.around)):
    staircase(rounded, lambda m, x: m.floor(x + m.half), to_half)
elementwise(
    np.heaviside,
    exact=lambda m, a, b: m.where(m.less(a, 0), 0, m.where(m.less(0, a), 1, b)),
    slope=(0, lambda y, a, b: np.where(np.equal(a, 0), 1.0, 0.0)),
    kinks=lambda a, b: np.absolute(a) + 0 * b,
    holomorphic="no",
)
elementwise(
    np.nextafter,
    exact=lambda m, a, b: a,
    slope=(1, 0),
    holomorphic="no",
    note="the spacing of floating-point numbers is rounding, not mathematics: the exact function is its first argument",
)


def remainder(fun, quotient_exact, second):
    """a - b*q(a/b): the slopes are 1 and -q, with jumps where the quotient is whole."""
    elementwise(
        fun,
        exact=lambda m, a, b: a - b * quotient_exact(m, a / b),
        slope=(1, second),
        domain=lambda a, b: np.absolute(b),
        kinks=lambda a, b: to_integer(a / b),
        needs="b != 0",
        holomorphic="no",
    )


# -np.floor(a / b) would be off by one where a / b is rounded up to a whole number
remainder(np.remainder, lambda m, q: m.floor(q), lambda y, a, b: -np.floor_divide(a, b))
remainder(np.fmod, toward_zero, lambda y, a, b: (y - a) / b)
elementwise(
    np.floor_divide,
    exact=lambda m, a, b: m.floor(a / b),
    slope=(0, 0),
    domain=lambda a, b: np.absolute(b),
    kinks=lambda a, b: to_integer(a / b),
    needs="b != 0",
    holomorphic="no",
)
