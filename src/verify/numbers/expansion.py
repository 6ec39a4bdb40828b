"""A special function of balls: its value, and its Taylor coefficients at a point, in the ways they can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint

from verify.numbers.contour import along


@dataclass(frozen=True)
class Special:
    """A function of one ball x, after parameters.

    value: ``value(*parameters, x)``. expansion: ``expansion(n, *parameters, x)`` is the list of the first n
    coefficients of f(x + h) in powers of h. curve: ``curve(n, operands)`` are those of f along a path on which the
    parameters move too, each operand a list of coefficients; None where there is none.
    """

    value: Callable[..., Any]
    expansion: Callable[..., list[Any]]
    curve: Callable[[int, Sequence[Sequence[Any]]], list[Any]] | None = None


def by_contour(value: Callable[..., Any], function: Callable[..., Any], inside: Callable[..., bool]) -> Special:
    """A function known by its values alone: ``function`` and ``inside`` as for ``verify.numbers.contour.along``."""

    def expansion(n: int, *xs: Any) -> list[Any]:
        return curve(n, [*([x] for x in xs[:-1]), [xs[-1], 1]])

    def curve(n: int, operands: Sequence[Sequence[Any]]) -> list[Any]:
        return along(function, inside, operands, n)

    return Special(value, expansion, curve)


def composed(function: Special, operands: Sequence[Any], terms: int) -> Any:
    """A function of power series and numbers: its Taylor series in what they move by.

    Operands that move are ``arb_series``; only the last one may where the function has no ``curve``.
    """
    *parameters, x = operands
    if moving(parameters):
        assert function.curve is not None
        paths = [[p[k] for k in range(terms)] if moving([p]) else [p] for p in operands]
        return flint.arb_series(function.curve(terms, paths), terms)
    changes = [x[k] for k in range(1, terms)]
    if all(change.is_zero() for change in changes):  # FLINT composes with no series of zeros alone
        return flint.arb_series([function.value(*parameters, x[0])], terms)
    outer = function.expansion(terms, *parameters, x[0])
    moved = flint.arb_series([0, *changes], terms)
    return flint.arb_series(outer, terms)(moved)


def moving(operands: Sequence[Any]) -> bool:
    """Whether one of the operands moves."""
    return any(isinstance(x, flint.arb_series) for x in operands)


def whole(n: Any) -> int:
    if isinstance(n, int):
        return n
    found = flint.arb(n).unique_fmpz() if flint.arb(n).is_exact() else None
    if found is None:
        raise ValueError(f"the order {n} is not a whole number")
    return int(found)


def by_series(name: str) -> Special:
    """A function that FLINT has for balls and for series."""

    def expansion(n: int, x: Any) -> list[Any]:
        return padded(getattr(flint.arb_series([x, 1], n), name)(), n)

    return Special(lambda x: getattr(x, name)(), expansion)


def by_derivatives(value: Callable[..., Any], derivative: Callable[..., Any]) -> Special:
    """A function whose derivative of order k >= 1 is ``derivative(k, *parameters, x)``."""

    def expansion(n: int, *xs: Any) -> list[Any]:
        return [value(*xs), *(derivative(k, *xs) / flint.arb(k).fac() for k in range(1, n))]

    return Special(value, expansion)


def inverse(value: Callable[[Any], Any], name: str) -> Special:
    """The inverse of a function that FLINT has for series."""

    def expansion(n: int, x: Any) -> list[Any]:
        y = value(x)
        if n == 1:
            return [y]
        forward = padded(getattr(flint.arb_series([y, 1], n), name)(), n)
        return [y, *padded(flint.arb_series([0, *forward[1:]], n).reversion(), n)[1:]]

    return Special(value, expansion)


def padded(x: Any, n: int) -> list[Any]:
    found = list(x.coeffs())[:n]
    return found + [flint.arb(0)] * (n - len(found))
