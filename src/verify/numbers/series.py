"""Power series over balls: what a program does along a path x + t v, exactly, for small t > 0.

The variable is s, with t = s**q: a square root of t is then a series too. A series knows its first terms and
nothing beyond them:

    Series(v, c)   s**v * (c[0] + c[1] s + ... + c[n-1] s**(n-1)) + O(s**(v+n)),    c[0] certainly not 0

so every question about the right-hand neighbourhood of 0 (sign, comparison, integer part) is answered by the
leading coefficient, and a division loses as many terms as it must, never silently.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Unfollowed(Undecided):
    """No power series follows the path here, a logarithm or an oscillation: nothing is known of that side."""


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
        return Series(low, [self.or_zero(k) + other.or_zero(k) for k in range(low, high)], exact)

    def or_zero(self, power: int) -> Any:
        return self.c[power - self.v] if self.v <= power < self.end else flint.arb(0)

    def __mul__(self, other: Any) -> Series:
        other = series(other)
        if self.is_zero() or other.is_zero():
            return constant(0)
        exact = self.exact and other.exact and len(self.c) + len(other.c) <= TERMS + 1
        n = len(self.c) + len(other.c) - 1 if exact else min(known(self), known(other), TERMS)
        product = plain_series(self.c, n) * plain_series(other.c, n) if n else []
        return Series(self.v + other.v, coefficients(product, n), exact)

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

    def __pow__(self, n: int) -> Series:
        return whole_power(self, n)

    def __repr__(self) -> str:
        return f"Series(s**{self.v}, {self.c}{', exact' if self.exact else ''})"


def known(x: Series) -> int:
    return TERMS if x.exact else len(x.c)


def plain_series(c: Sequence[Any], n: int) -> Any:
    """The series of the coefficients alone, to n terms."""
    return flint.arb_series(list(c[:n]), n)


def coefficients(x: Any, n: int) -> list[Any]:
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
    n = known(x)
    return Series(-x.v, coefficients(plain_series(x.c, n).inv(), n), exact=x.exact and len(x.c) == 1)


def derivative(x: Series) -> Series:
    c = [k * coefficient for k, coefficient in enumerate(x.c, start=x.v)]
    return Series(x.v - 1, c, x.exact)


def integral(x: Series, start: Any) -> Series:
    """The antiderivative with the given value at s = 0; a term 1/s has none."""
    if x.v <= -1 < x.end and not x.at(-1).is_zero():
        raise Unfollowed("a logarithm in the path's parameter")
    c = [coefficient / (k + 1) if k != -1 else flint.arb(0) for k, coefficient in enumerate(x.c, start=x.v)]
    return Series(x.v + 1, c, x.exact) + constant(start)


def side(x: Series) -> int:
    """The sign along the path: -1, 0 (only when 0 along all of it) or 1."""
    if x.is_zero():
        return 0
    return 1 if certainly(x.lead() > 0, x.lead() < 0, "a sign along a path") else -1


def whole_power(a: Series, n: int) -> Series:
    if n < 0:
        return inverse(whole_power(a, -n))
    result = constant(1)
    square = a
    while n:
        result = result * square if n & 1 else result
        n >>= 1
        square = square * square if n else square
    return result
