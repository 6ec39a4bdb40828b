"""Balls: python-flint's rigorous real intervals, their precision, and exact functions over them.

Facts
    A comparison of balls is true only when it is certain. Here it is three-valued: undecided raises
    Undecided, and the caller raises the precision.
    Balls do not leave this layer: ``plain`` hands out doubles and decimal digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from ad.constants import ExactConstant
from verify.numbers import bits
from verify.numbers.special import FUNCTIONS

DIGITS = 40  # decimal digits handed out: more than the 27 of the reference values, and 100 bits hold 30
SUFFICIENT_BITS = 100  # relative accuracy at which an answer counts as decided
NEGLIGIBLE = flint.arb(2) ** -1100  # below a quarter of the smallest subnormal double (2**-1074)


precision = bits.precision  # who uses balls sets it here


class Undecided(ArithmeticError):
    """A comparison, or a slope at an edge, that this precision does not decide."""


def ball(value: Any) -> Any:
    """The ball of an exact value: int, float, Fraction, NumPy number, or named constant."""
    if isinstance(value, ExactConstant):
        return value.exact(BALLS)
    if isinstance(value, Fraction):
        return flint.arb(flint.fmpq(value.numerator, value.denominator))
    if isinstance(value, bool | int):
        return flint.arb(int(value))
    return flint.arb(float(value))  # float32 and smaller convert to double without rounding


@dataclass(frozen=True)
class Plain:
    """A ball as plain data: high + low is its midpoint to about 100 bits; radius bounds all error."""

    high: float
    low: float
    radius: float
    digits: str


def plain(x: Any, digits: int = DIGITS) -> Plain:
    """Hand out a finite ball as doubles with a rigorous radius, and its midpoint in decimal digits (0: none)."""
    high = float(x.mid())
    text = x.mid().str(digits, radius=False) if digits else ""
    if math.isinf(high):
        return Plain(high, 0.0, 0.0, text)
    rest = x - flint.arb(high)
    low = float(rest.mid())
    radius = _upward(abs(rest - flint.arb(low)))
    return Plain(high, low, radius, text)


def _upward(x: Any) -> float:
    """A double that is at least every point of a non-negative ball."""
    upper = float(x.upper())
    return upper if flint.arb(upper) >= x else math.nextafter(upper, math.inf)


def decided(x: Any) -> bool:
    """Whether a ball is finite and narrow enough: 100 relative bits, or below every double."""
    if not x.is_finite():
        return False
    return bool(x.rel_accuracy_bits() >= SUFFICIENT_BITS or x.rad() < NEGLIGIBLE)


# --- exact functions over balls ------------------------------------------------------------------------


def _whole(b: Any) -> int | None:
    exact = b.unique_fmpz() if b.is_exact() else None
    return None if exact is None else int(exact)


def power(a: Any, b: Any) -> Any:
    """Real power. Whole exponents take any base; others need a certainly positive one, or exactly 0."""
    n = _whole(b)
    if n is not None:
        return a**n
    if a.is_zero():
        return flint.arb(0) if certainly(b > 0, b <= 0, "sign of an exponent") else flint.arb.nan()
    return a**b


def rational_power(a: Any, p: int, q: int) -> Any:
    """a**(p/q) in lowest terms; a negative base only for q = 1."""
    a = flint.arb(a)
    if q == 1:
        return a**p
    if a.is_zero():
        return flint.arb(0) if p > 0 else flint.arb.nan()
    return a ** (flint.arb(p) / q)


def certainly(yes: bool, no: bool, what: str) -> bool:
    """Three-valued logic: True or False when one of the two is certain, else Undecided."""
    if yes:
        return True
    if no:
        return False
    raise Undecided(f"{what} is undecided at {flint.ctx.prec} bits")


def less(a: Any, b: Any) -> bool:
    a, b = _both(a, b)
    return certainly(a < b, a >= b, "a comparison")


def equal(a: Any, b: Any) -> bool:
    a, b = _both(a, b)
    return certainly(a == b, not a.overlaps(b), "an equality")


def _both(a: Any, b: Any) -> tuple[Any, Any]:
    return flint.arb(a), flint.arb(b)


def floor(x: Any) -> Any:
    low, high = x.lower().floor(), x.upper().floor()
    certainly(bool(low == high), False, "the integer below a number")
    return low.mid()


def sign(x: Any) -> Any:
    x = flint.arb(x)
    if x.is_zero():
        return flint.arb(0)
    return flint.arb(1 if certainly(x > 0, x < 0, "a sign") else -1)


def cbrt(x: Any) -> Any:
    if x.is_zero():
        return flint.arb(0)
    return abs(x).root(3) * sign(x)


def where(c: Any, a: Any, b: Any) -> Any:
    return flint.arb(a) if c else flint.arb(b)


class Balls:
    """The exact functions of the op table over balls: the module ``m`` of an entry's ``exact``."""

    @property
    def half(self) -> Any:
        return flint.arb(1) / 2

    @property
    def pi(self) -> Any:
        return flint.arb.pi()

    @property
    def e(self) -> Any:
        return flint.arb.const_e()

    power = staticmethod(power)
    rational_power = staticmethod(rational_power)
    less = staticmethod(less)
    equal = staticmethod(equal)
    floor = staticmethod(floor)
    sign = staticmethod(sign)
    cbrt = staticmethod(cbrt)
    where = staticmethod(where)

    @staticmethod
    def stopped(x: Any) -> Any:
        return x

    @staticmethod
    def negation(a: bool) -> bool:
        return not a

    @staticmethod
    def both(a: bool, b: bool) -> bool:
        return bool(a) and bool(b)

    @staticmethod
    def either(a: bool, b: bool) -> bool:
        return bool(a) or bool(b)

    @staticmethod
    def abs(x: Any) -> Any:
        return abs(x)

    @staticmethod
    def maximum(a: Any, b: Any) -> Any:
        return flint.arb(a).max(flint.arb(b))

    @staticmethod
    def minimum(a: Any, b: Any) -> Any:
        return flint.arb(a).min(flint.arb(b))

    @staticmethod
    def atan2(a: Any, b: Any) -> Any:
        return flint.arb.atan2(flint.arb(a), flint.arb(b))


def _method(name: str) -> Callable[[Any], Any]:
    return staticmethod(lambda x: getattr(flint.arb(x), name)())


for _name in "sqrt exp log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh".split():
    setattr(Balls, _name, _method(_name))


def _special(value: Callable[..., Any]) -> Callable[..., Any]:
    return staticmethod(lambda *xs: value(*xs[:-1], flint.arb(xs[-1])))


for _name, _function in FUNCTIONS.items():
    setattr(Balls, _name, _special(_function.value))

BALLS = Balls()
