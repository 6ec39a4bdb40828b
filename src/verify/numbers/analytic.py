"""The exact functions of the op table over power series: the module ``m`` of an entry's ``exact``.

Analytic functions are FLINT's, or the integral of their derivative, which is right also where the slope is infinite;
choices (sign, maximum, integer part, comparison) are decided by the leading coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint

from verify.numbers.balls import BALLS, certainly
from verify.numbers.expansion import Special, composed
from verify.numbers.series import (
    TERMS,
    Exhausted,
    Outside,
    Ramified,
    Series,
    Unfollowed,
    coefficients,
    constant,
    derivative,
    integral,
    inverse,
    known,
    plain_series,
    series,
    side,
    whole_power,
)  # fmt: skip
from verify.numbers.special import FUNCTIONS


def _finite(x: Series, name: str) -> tuple[Any, int]:
    """A series without negative powers as a flint series, and its number of terms."""
    if x.c and x.v < 0:
        raise Unfollowed(f"{name} of something that grows without bound")
    n = TERMS if x.exact else min(x.end, TERMS)
    if n <= 0:
        raise Exhausted(f"no term of the argument of {name} is known")
    return flint.arb_series([x.or_zero(k) for k in range(n)], n), n


def _analytic(name: str) -> Callable[[Any], Series]:
    def function(x: Any) -> Series:
        argument, n = _finite(series(x), name)
        return Series(0, coefficients(getattr(argument, name)(), n), exact=series(x).exact and len(series(x).c) <= 1)

    return function


sin, cos, _finite_exp, _finite_atan = (_analytic(name) for name in ("sin", "cos", "exp", "atan"))


def exp(x: Any) -> Series:
    x = series(x)
    if x.c and x.v < 0 and side(x) < 0:
        return Series(TERMS, [])  # exp(-1/s) is smaller than every power
    return _finite_exp(x)


def atan(x: Any) -> Series:
    x = series(x)
    if x.c and x.v < 0:
        return constant(side(x)) * (flint.arb.pi() / 2) - _finite_atan(inverse(x))
    return _finite_atan(x)


def log(x: Any) -> Series:
    x = series(x)
    if x.is_zero():
        raise Outside("log at 0 along the whole path")
    if not certainly(x.lead() > 0, x.lead() < 0, "the sign of the argument of log"):
        raise Outside("log of a negative number")
    if x.v != 0:
        raise Unfollowed("log of something that goes to 0, or grows without bound")
    argument, n = _finite(x, "log")
    return Series(0, coefficients(argument.log(), n), exact=x.exact and len(x.c) == 1)


def root(x: Any, order: int) -> Series:
    """The positive root of a series that is positive along the path (or 0 along all of it)."""
    x = series(x)
    if x.is_zero():
        return constant(0)
    if not x.c:
        return Series(-(-x.v // order), [])  # O(s**v) has a root of O(s**(v/order))
    if not certainly(x.lead() > 0, x.lead() < 0, f"the sign under a root of order {order}"):
        raise Outside("a root of a negative number")
    if x.v % order:
        raise Ramified(order)
    n = known(x)
    scaled = plain_series(x.c, n)
    found = scaled.sqrt() if order == 2 else (scaled.log() / order).exp()
    return Series(x.v // order, coefficients(found, n), exact=x.exact and len(x.c) == 1)


def sqrt(x: Any) -> Series:
    return root(x, 2)


def cbrt(x: Any) -> Series:
    z = series(x)
    if z.is_zero():
        return z
    return root(z, 3) if not z.c or side(z) > 0 else -root(-z, 3)


def power(a: Any, b: Any) -> Series:
    """Real power; a whole or simple rational exponent also where the base goes to 0."""
    a, b = series(a), series(b)
    exponent = b.limit() if b.exact and len(b.c) <= 1 and b.v >= 0 else None
    if exponent is not None and exponent.is_exact():
        rational = exponent.fmpq()
        if int(rational.q) in (1, 2, 4, 8):
            return rational_power(a, int(rational.p), int(rational.q))
    if a.is_zero():
        if certainly(bool(b.lead() > 0), bool(b.lead() < 0), "the sign of an exponent"):
            return constant(0)
        raise Outside("0 to a negative power")
    if exponent is not None and a.c and a.v > 0 and side(a) > 0:
        return Series(int((a.v * exponent).floor().unique_fmpz() or 0), [])  # no series, but as small as that
    return exp(b * log(a))


def rational_power(a: Any, p: int, q: int) -> Series:
    """a**(p/q); where a goes to 0 the root is taken exactly."""
    return whole_power(series(a) if q == 1 else root(a, q), p)


def _by_slope(name: str, slope: Callable[[Series], Series]) -> Callable[[Any], Series]:
    """A function through the integral of its derivative: right also where the slope is infinite."""

    def function(x: Any) -> Series:
        x = series(x)
        value, moving = getattr(BALLS, name)(x.limit()), derivative(x)
        if moving.is_zero() and value.is_finite():
            return constant(value)  # what rests needs no slope
        return integral(moving * slope(x), value)

    return function


log1p = _by_slope("log1p", lambda x: inverse(1 + x))
asin = _by_slope("asin", lambda x: inverse(sqrt((1 - x) * (1 + x))))
acos = _by_slope("acos", lambda x: -inverse(sqrt((1 - x) * (1 + x))))
atanh = _by_slope("atanh", lambda x: inverse((1 - x) * (1 + x)))
asinh = _by_slope("asinh", lambda x: inverse(sqrt(1 + x * x)))
acosh = _by_slope("acosh", lambda x: inverse(sqrt((x - 1) * (x + 1))))


def tan(x: Any) -> Series:
    return sin(x) / cos(x)


def sinh(x: Any) -> Series:
    x = series(x)
    return (exp(x) - exp(-x)) / 2


def cosh(x: Any) -> Series:
    x = series(x)
    return (exp(x) + exp(-x)) / 2


def tanh(x: Any) -> Series:
    z = series(x)
    e = exp(-2 * z) if z.limit() >= 0 else exp(2 * z)  # the small exponential: no overflow of precision
    return (1 - e) / (1 + e) if z.limit() >= 0 else (e - 1) / (1 + e)


def atan2(a: Any, b: Any) -> Series:
    a, b = series(a), series(b)
    slope = (derivative(a) * b - a * derivative(b)) / (a * a + b * b)
    return integral(slope, BALLS.atan2(a.limit(), b.limit()))


def _special(name: str, function: Special) -> Callable[..., Series]:
    """A special function of its last argument; those before it move where it has a curve."""

    def apply(*xs: Any) -> Series:
        still = [_still(x) for x in xs[:-1]]
        if function.curve is None and not all(still):
            raise Outside(f"a parameter of {name} that moves")
        if all(still) and _still(xs[-1]):
            limits = [x.limit() if isinstance(x, Series) else x for x in xs]
            return constant(_at_point(name, getattr(BALLS, name)(*limits)))
        x, terms = _finite(series(xs[-1]), name)
        before: list[Any] = []
        for p, fixed in zip(xs[:-1], still, strict=True):
            moved, n = (p.limit() if isinstance(p, Series) else p, terms) if fixed else _finite(p, name)
            before.append(moved)
            terms = min(terms, n)
        found = composed(function, [*before, x], terms)
        _at_point(name, found[0])
        return Series(0, coefficients(found, terms))

    return apply


def _at_point(name: str, value: Any) -> Any:
    if not value.is_finite():
        raise Outside(f"{name} at a pole, or at the edge of what is known of it")
    return value


def _still(x: Any) -> bool:
    return not isinstance(x, Series) or (x.exact and x.v >= 0 and len(x.c) <= 1 and x.end <= 1)


def gamma(x: Any) -> Series:
    """Also at its poles: the reciprocal of an entire function."""
    return inverse(SERIES.rgamma(x))


# --- choices: decided by the leading coefficient


def absolute(x: Any) -> Series:
    z = series(x)
    if not z.c:
        return z
    return z if side(z) > 0 else -z


def less(a: Any, b: Any) -> bool:
    return side(series(a) - series(b)) < 0


def equal(a: Any, b: Any) -> bool:
    return side(series(a) - series(b)) == 0


def pick(larger: bool) -> Callable[[Any, Any], Series]:
    def choose(a: Any, b: Any) -> Series:
        first, second = series(a), series(b)
        difference = first - second
        if not difference.c:  # equal as far as known: so is the choice
            return first if first.end <= second.end and not first.exact else second
        return first if (side(difference) > 0) == larger else second

    return choose


def floor(x: Any) -> Series:
    x = series(x)
    below = BALLS.floor(x.limit())
    rest = x - constant(below)
    return constant(below) if side(rest) >= 0 else constant(below - 1)


def stopped(x: Any) -> Series:
    """The limit as a constant. Where the argument jumps its value is another one: who knows it takes that."""
    return constant(series(x).limit())


class SeriesFunctions:
    """The exact functions of the op table over series: the module ``m`` of an entry's ``exact``."""

    half = property(lambda self: flint.arb(1) / 2)
    pi = property(lambda self: flint.arb.pi())
    e = property(lambda self: flint.arb.const_e())
    negation = staticmethod(BALLS.negation)
    both = staticmethod(BALLS.both)
    either = staticmethod(BALLS.either)
    abs = staticmethod(absolute)
    maximum = staticmethod(pick(larger=True))
    minimum = staticmethod(pick(larger=False))
    sign = staticmethod(lambda x: constant(side(series(x))))
    where = staticmethod(lambda c, a, b: series(a) if c else series(b))


for _name in (
    "exp log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 sqrt cbrt power rational_power "
    "less equal floor stopped"
).split():
    setattr(SeriesFunctions, _name, staticmethod(globals()[_name]))
for _name, _function in FUNCTIONS.items():
    setattr(SeriesFunctions, _name, staticmethod(_special(_name, _function)))
SeriesFunctions.gamma = staticmethod(gamma)  # type: ignore[attr-defined]

SERIES: Any = SeriesFunctions()
