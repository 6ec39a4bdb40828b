"""Power series over balls: what a program does along a path x + t v, exactly, for small t > 0.

The variable is s, with t = s**q: a square root of t is then a series too. A series knows its first terms and
nothing beyond them:

    Series(v, c)   s**v * (c[0] + c[1] s + ... + c[n-1] s**(n-1)) + O(s**(v+n)),    c[0] certainly not 0

so every question about the right-hand neighbourhood of 0 (sign, comparison, integer part) is answered by the
leading coefficient, and a division loses as many terms as it must, never silently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint

from verify.numbers.balls import BALLS, Undecided, certainly

TERMS = 12  # coefficients carried; more are asked for (by the caller) when they cancel


class Ramified(Undecided):
    """A root of an odd power of s: the path must be walked as t = s**q with a larger q."""

    def __init__(self, factor: int) -> None:
        super().__init__(f"a root of order {factor} in the path's parameter")
        self.factor = factor


class Exhausted(Undecided):
    """All known terms cancelled: more terms would be needed, or the quantity is 0 along the whole path."""


class Outside(Undecided):
    """The path leaves the domain of a function at once."""


class Series:
    """A truncated Laurent series in s over balls. ``exact``: nothing was truncated."""

    __slots__ = ("c", "exact", "v")

    def __init__(self, v: int, c: Sequence[Any], exact: bool = False) -> None:
        skip = 0
        while skip < len(c) and c[skip].is_zero():
            skip += 1
        self.v = v + skip
        self.c = list(c[skip:])
        self.exact = exact

    @property
    def end(self) -> int:
        """The first power of s that is not known."""
        return self.v + len(self.c)

    def is_zero(self) -> bool:
        """Whether it is 0 along the whole path, not only as far as known."""
        return self.exact and not self.c

    def lead(self) -> Any:
        """The first coefficient, certainly not 0."""
        if not self.c:
            raise Exhausted(f"all terms below s**{self.v} cancel")
        certainly(self.c[0] != 0, False, "a leading coefficient")
        return self.c[0]

    def at(self, power: int) -> Any:
        """The coefficient of a power of s; raises Exhausted beyond the known ones."""
        if power < self.v:
            return flint.arb(0)
        if power < self.end:
            return self.c[power - self.v]
        if self.exact:
            return flint.arb(0)
        raise Exhausted(f"the coefficient of s**{power} is not known")

    def limit(self) -> Any:
        """The value for s -> 0+: a ball, or an infinite one."""
        if not self.c:
            if self.exact or self.v > 0:
                return flint.arb(0)
            raise Exhausted("the limit is not known")
        if self.v > 0:
            return flint.arb(0)
        if self.v == 0:
            return self.c[0]
        return flint.arb.pos_inf() if BALLS.sign(self.lead()) > 0 else flint.arb.neg_inf()

    def __add__(self, other: Any) -> Series:
        other = series(other)
        low = min(self.v, other.v)
        if self.exact and other.exact:
            high, exact = max(self.end, other.end), True
        else:
            high = min(x.end for x in (self, other) if not x.exact)
            exact = False
        return Series(low, [self._or_zero(k) + other._or_zero(k) for k in range(low, high)], exact)

    def _or_zero(self, power: int) -> Any:
        return self.c[power - self.v] if self.v <= power < self.end else flint.arb(0)

    def __mul__(self, other: Any) -> Series:
        other = series(other)
        if self.is_zero() or other.is_zero():
            return constant(0)
        exact = self.exact and other.exact and len(self.c) + len(other.c) <= TERMS + 1
        n = len(self.c) + len(other.c) - 1 if exact else min(_known(self), _known(other), TERMS)
        product = _plain(self.c, n) * _plain(other.c, n) if n else []
        return Series(self.v + other.v, _coefficients(product, n), exact)

    def __neg__(self) -> Series:
        return Series(self.v, [-x for x in self.c], self.exact)

    def __sub__(self, other: Any) -> Series:
        return self + (-series(other))

    def __truediv__(self, other: Any) -> Series:
        return self * inverse(series(other))

    def __radd__(self, other: Any) -> Series:
        return series(other) + self

    def __rsub__(self, other: Any) -> Series:
        return series(other) - self

    def __rmul__(self, other: Any) -> Series:
        return series(other) * self

    def __rtruediv__(self, other: Any) -> Series:
        return series(other) / self

    def __pow__(self, n: Any) -> Series:
        return power(self, n)

    def __repr__(self) -> str:
        return f"Series(s**{self.v}, {self.c}{', exact' if self.exact else ''})"


def _known(x: Series) -> int:
    return TERMS if x.exact else len(x.c)


def _plain(c: Sequence[Any], n: int) -> Any:
    """The series of the coefficients alone, to n terms."""
    return flint.arb_series(list(c[:n]), n)


def _coefficients(x: Any, n: int) -> list[Any]:
    found = list(x.coeffs())[:n] if n else []
    return found + [flint.arb(0)] * (n - len(found))


def constant(value: Any) -> Series:
    """A number as a series."""
    return Series(0, [flint.arb(value)], exact=True)


def series(value: Any) -> Series:
    return value if isinstance(value, Series) else constant(value)


def path(value: Any, directions: Sequence[tuple[int, Any]]) -> Series:
    """value + sum of coefficient * s**power: an input moving along a path."""
    top = max((p for p, _ in directions), default=0)
    c = [flint.arb(value)] + [flint.arb(0)] * top
    for power_of_s, coefficient in directions:
        c[power_of_s] = c[power_of_s] + coefficient
    return Series(0, c, exact=True)


def inverse(x: Series) -> Series:
    if x.is_zero():
        raise Outside("a division by 0 along the whole path")
    x.lead()
    n = _known(x)
    return Series(-x.v, _coefficients(_plain(x.c, n).inv(), n), exact=x.exact and len(x.c) == 1)


# --- functions


def _finite(x: Series, name: str) -> tuple[Any, int]:
    """A series without negative powers as a flint series, and its number of terms."""
    if x.c and x.v < 0:
        raise Outside(f"{name} of something that grows without bound")
    n = TERMS if x.exact else min(x.end, TERMS)
    if n <= 0:
        raise Exhausted(f"no term of the argument of {name} is known")
    return flint.arb_series([x._or_zero(k) for k in range(n)], n), n


def _analytic(name: str) -> Callable[[Any], Series]:
    def function(x: Any) -> Series:
        argument, n = _finite(series(x), name)
        return Series(0, _coefficients(getattr(argument, name)(), n), exact=series(x).exact and len(series(x).c) <= 1)

    return function


exp, sin, cos, atan = (_analytic(name) for name in ("exp", "sin", "cos", "atan"))


def log(x: Any) -> Series:
    x = series(x)
    if x.is_zero() or (x.c and x.v != 0):
        raise Outside("log at 0: no finite limit")
    if not certainly(x.lead() > 0, x.lead() < 0, "the sign of the argument of log"):
        raise Outside("log of a negative number")
    argument, n = _finite(x, "log")
    return Series(0, _coefficients(argument.log(), n), exact=x.exact and len(x.c) == 1)


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
    n = _known(x)
    scaled = _plain(x.c, n)
    found = scaled.sqrt() if order == 2 else (scaled.log() / order).exp()
    return Series(x.v // order, _coefficients(found, n), exact=x.exact and len(x.c) == 1)


def sqrt(x: Any) -> Series:
    return root(x, 2)


def cbrt(x: Any) -> Series:
    x = series(x)
    if x.is_zero():
        return x
    return root(x, 3) if not x.c or side(x) > 0 else -root(-x, 3)


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
    return exp(b * log(a))


def rational_power(a: Any, p: int, q: int) -> Series:
    """a**(p/q); where a goes to 0 the root is taken exactly."""
    return _whole_power(series(a) if q == 1 else root(a, q), p)


def _whole_power(a: Series, n: int) -> Series:
    if n < 0:
        return inverse(_whole_power(a, -n))
    result = constant(1)
    square = a
    while n:
        result = result * square if n & 1 else result
        n >>= 1
        square = square * square if n else square
    return result


def derivative(x: Series) -> Series:
    c = [k * coefficient for k, coefficient in enumerate(x.c, start=x.v)]
    return Series(x.v - 1, c, x.exact)


def integral(x: Series, start: Any) -> Series:
    """The antiderivative with the given value at s = 0; a term 1/s has none."""
    if x.v <= -1 < x.end and not x.at(-1).is_zero():
        raise Outside("a logarithm in the path's parameter")
    c = [coefficient / (k + 1) if k != -1 else flint.arb(0) for k, coefficient in enumerate(x.c, start=x.v)]
    return Series(x.v + 1, c, x.exact) + constant(start)


def _by_slope(name: str, slope: Callable[[Series], Series]) -> Callable[[Any], Series]:
    """A function through the integral of its derivative: right also where the slope is infinite."""

    def function(x: Any) -> Series:
        x = series(x)
        return integral(derivative(x) * slope(x), getattr(BALLS, name)(x.limit()))

    return function


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
    x = series(x)
    e = exp(-2 * x) if x.limit() >= 0 else exp(2 * x)  # the small exponential: no overflow of precision
    return (1 - e) / (1 + e) if x.limit() >= 0 else (e - 1) / (1 + e)


def atan2(a: Any, b: Any) -> Series:
    a, b = series(a), series(b)
    slope = (derivative(a) * b - a * derivative(b)) / (a * a + b * b)
    return integral(slope, BALLS.atan2(a.limit(), b.limit()))


# --- choices: decided by the leading coefficient


def side(x: Series) -> int:
    """The sign along the path: -1, 0 (only when 0 along all of it) or 1."""
    if x.is_zero():
        return 0
    return 1 if certainly(x.lead() > 0, x.lead() < 0, "a sign along a path") else -1


def absolute(x: Any) -> Series:
    x = series(x)
    if not x.c:
        return x
    return x if side(x) > 0 else -x


def less(a: Any, b: Any) -> bool:
    return side(series(a) - series(b)) < 0


def equal(a: Any, b: Any) -> bool:
    return side(series(a) - series(b)) == 0


def pick(larger: bool) -> Callable[[Any, Any], Series]:
    def choose(a: Any, b: Any) -> Series:
        a, b = series(a), series(b)
        difference = a - b
        if not difference.c:  # equal as far as known: so is the choice
            return a if a.end <= b.end and not a.exact else b
        return a if (side(difference) > 0) == larger else b

    return choose


def floor(x: Any) -> Series:
    x = series(x)
    below = BALLS.floor(x.limit())
    rest = x - constant(below)
    return constant(below) if side(rest) >= 0 else constant(below - 1)


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
    "exp log sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 sqrt cbrt power rational_power "
    "less equal floor"
).split():
    setattr(SeriesFunctions, _name, staticmethod(globals()[_name]))

SERIES = SeriesFunctions()
