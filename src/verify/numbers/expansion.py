"""A special function of one ball: its value, and its Taylor coefficients at a point, in the ways they can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint


@dataclass(frozen=True)
class Special:
    """A function of one ball x, after constant parameters.

    value: ``value(*parameters, x)``. expansion: ``expansion(n, *parameters, x)`` is the list of the first n
    coefficients of f(x + h) in powers of h.
    """

    value: Callable[..., Any]
    expansion: Callable[..., list[Any]]


def composed(function: Special, parameters: Sequence[Any], argument: Any, terms: int) -> Any:
    """A function of a power series: its Taylor series at the constant term, in what the argument moves by."""
    outer = function.expansion(terms, *parameters, argument[0])
    moved = flint.arb_series([0, *(argument[k] for k in range(1, terms))], terms)
    return flint.arb_series(outer, terms)(moved)


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
