"""Taylor polynomials over balls at smooth points: FLINT's own power series, a few coefficients long.

A number is a ball (a constant) or an ``arb_series`` of exactly ``flint.arb_series.prec`` known coefficients. Every
choice is decided on the constant term; at exactly an edge there is no Taylor polynomial, and Kink is raised. For
one-sided behaviour there are the series of ``verify.numbers.series``: slower, and at home at kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint

from verify.numbers.analytic import SERIES
from verify.numbers.balls import BALLS, certainly
from verify.numbers.deciding import Kink
from verify.numbers.expansion import Special, composed, moving
from verify.numbers.program import Refused
from verify.numbers.series import Series
from verify.numbers.special import FUNCTIONS

KNOWN = (flint.arb, flint.arb_series)


def number(x: Any) -> Any:
    return x if isinstance(x, KNOWN) else flint.arb(x)


def varies(x: Any) -> bool:
    """Whether x may move with t."""
    return isinstance(x, flint.arb_series)


def centre(x: Any) -> Any:
    """The constant term."""
    return x[0] if isinstance(x, flint.arb_series) else number(x)


def edge(a: Any, b: Any, what: str) -> None:
    """Raise Kink where two numbers are exactly equal at t = 0 and at least one of them moves."""
    if (varies(a) or varies(b)) and centre(a) == centre(b):
        raise Kink(f"{what} at exactly equal values")


def less(a: Any, b: Any) -> bool:
    edge(a, b, "a comparison")
    return BALLS.less(centre(a), centre(b))


def equal(a: Any, b: Any) -> bool:
    edge(a, b, "a comparison")
    return BALLS.equal(centre(a), centre(b))


def where(c: Any, a: Any, b: Any) -> Any:
    return number(a if c else b)


def absolute(x: Any) -> Any:
    x = number(x)
    return x if not less(x, 0) else -x


def maximum(a: Any, b: Any) -> Any:
    if not varies(a) and not varies(b):
        return BALLS.maximum(a, b)
    return number(b if less(a, b) else a)


def minimum(a: Any, b: Any) -> Any:
    if not varies(a) and not varies(b):
        return BALLS.minimum(a, b)
    return number(a if less(a, b) else b)


def sign(x: Any) -> Any:
    edge(x, 0, "a sign")
    return BALLS.sign(centre(x))


def floor(x: Any) -> Any:
    c = centre(x)
    if varies(x) and c.is_exact() and c.is_integer():
        raise Kink("a staircase at a step")
    return BALLS.floor(c)


# --- functions


def _integral(slope: Any, start: Any) -> Any:
    """The antiderivative of a series with the given constant term: one coefficient more."""
    return slope.integral() + start


def _by_slope(name: str, slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that FLINT's series lack, as the integral of x' * slope(x) from its value as a ball."""

    def function(x: Any) -> Any:
        start = getattr(BALLS, name)(centre(x))
        return _integral(x.derivative() * slope(x), start) if varies(x) else start

    return function


def _cosh(x: Any) -> Any:
    e = x.exp()
    return (e + 1 / e) / 2


def _sinh(x: Any) -> Any:
    e = x.exp()
    return (e - 1 / e) / 2


def _sech_squared(x: Any) -> Any:
    small = (x * -2 if centre(x).mid() > 0 else x * 2).exp()  # the small exponential: no precision is lost
    return 4 * small / ((1 + small) * (1 + small))


def _method(name: str) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        return getattr(x, name)() if varies(x) else getattr(BALLS, name)(x)

    return function


def _special(name: str, function: Special) -> Callable[..., Any]:
    """A special function of its last argument, and of those before it where it has a curve."""

    def apply(*xs: Any) -> Any:
        if not moving(xs):
            return getattr(BALLS, name)(*xs)
        if function.curve is None and moving(xs[:-1]):
            raise Refused(f"{name} has no derivative by its parameter here")
        return composed(function, xs, min(x.prec for x in xs if moving([x])))

    return apply


def power(a: Any, b: Any) -> Any:
    """Real power: a whole exponent takes any base, others a certainly positive one."""
    a, b = number(a), number(b)
    if not varies(a) and not varies(b):
        return BALLS.power(a, b)
    if not varies(b):
        whole = b.unique_fmpz() if b.is_exact() else None
        if whole is not None:
            return a ** int(whole)
        return _positive(a) ** b
    if not varies(a) and a.is_zero():
        return _positive(b) * 0  # 0 to a positive power
    return (b * _positive(a).log()).exp()


def _positive(x: Any) -> Any:
    if not certainly(centre(x) > 0, centre(x) <= 0, "the sign of a base or exponent"):
        raise ValueError("no Taylor polynomial at or below 0")
    return x


def rational_power(a: Any, p: int, q: int) -> Any:
    a = number(a)
    if not varies(a):
        return BALLS.rational_power(a, p, q)
    return a**p if q == 1 else power(a, flint.arb(p) / q)


def cbrt(x: Any) -> Any:
    x = number(x)
    if not varies(x):
        return BALLS.cbrt(x)
    return -power(-x, flint.arb(1) / 3) if less(x, 0) else power(x, flint.arb(1) / 3)


def atan2(a: Any, b: Any) -> Any:
    start = BALLS.atan2(centre(a), centre(b))
    if not varies(a) and not varies(b):
        return start
    if varies(a) and varies(b):
        top = a.derivative() * b - a * b.derivative()
    else:
        top = a.derivative() * b if varies(a) else -(a * b.derivative())
    return _integral(top / (a * a + b * b), start)


def _long_way(name: str) -> Callable[..., Any]:
    """An analytic function that only the general series have."""

    def function(*xs: Any) -> Any:
        terms = max((x.prec for x in xs if varies(x)), default=0)
        if not terms:
            return getattr(BALLS, name)(*xs)
        arguments = [Series(0, [x[k] for k in range(terms)]) if varies(x) else x for x in xs]
        found = getattr(SERIES, name)(*arguments)
        return flint.arb_series([found.at(k) for k in range(terms)], terms)

    return function


class TaylorFunctions:
    """The exact functions of the op table over Taylor polynomials: the module ``m`` of an entry's ``exact``."""

    half = property(lambda self: flint.arb(1) / 2)
    pi = property(lambda self: flint.arb.pi())
    e = property(lambda self: flint.arb.const_e())
    negation = staticmethod(BALLS.negation)
    both = staticmethod(BALLS.both)
    either = staticmethod(BALLS.either)
    abs = staticmethod(absolute)
    log1p = staticmethod(_by_slope("log1p", lambda x: 1 / (1 + x)))
    stopped = staticmethod(centre)
    tanh = staticmethod(_by_slope("tanh", _sech_squared))
    sinh = staticmethod(_by_slope("sinh", _cosh))
    cosh = staticmethod(_by_slope("cosh", _sinh))
    asinh = staticmethod(_by_slope("asinh", lambda x: (1 + x * x).rsqrt()))
    acosh = staticmethod(_by_slope("acosh", lambda x: ((x - 1) * (x + 1)).rsqrt()))
    atanh = staticmethod(_by_slope("atanh", lambda x: 1 / ((1 - x) * (1 + x))))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("_"):
            if hasattr(flint.arb_series, name) and hasattr(BALLS, name):
                return _method(name)
            if hasattr(SERIES, name) and hasattr(BALLS, name):
                return _long_way(name)
        raise Refused(f"{name} has no Taylor polynomial here")


for _name in "less equal where sign floor maximum minimum power rational_power cbrt atan2".split():
    setattr(TaylorFunctions, _name, staticmethod(globals()[_name]))
for _name in "sqrt exp log sin cos tan asin acos atan".split():
    setattr(TaylorFunctions, _name, staticmethod(_method(_name)))
for _name, _function in FUNCTIONS.items():
    setattr(TaylorFunctions, _name, staticmethod(_special(_name, _function)))

TAYLOR = TaylorFunctions()
