"""Special functions over balls: for each its value, and its Taylor coefficients at a point.

Facts
    FLINT's lgamma is nan below 0; the meaning here is log|gamma(x)|, by reflection: there
    log|gamma(x)| = log(pi / |sin(pi x)|) - lgamma(1 - x). Its derivatives are the polygamma functions on both sides.
    Polygamma lives on FLINT's complex balls only, and its order comes second: ``acb(x).polygamma(n)``. Its time grows
    with -x, so below 0 it is reflected too: polygamma(n, x) = (-1)**n polygamma(n, 1 - x) - pi (d/dx)**n cot(pi x).
    At a pole, or where a ball reaches one, FLINT answers nan: nothing is decided there.
"""

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


def polygamma(order: Any, x: Any) -> Any:
    """The derivative of digamma of a whole order >= 0."""
    n = _whole(order)
    if n == 0:
        return x.digamma()
    if x > 0:
        return flint.acb(x).polygamma(n).real
    turned = flint.arb_series([x, 1], n + 1).cot_pi()[n] * flint.arb.pi() * flint.arb(n).fac()
    return flint.acb(1 - x).polygamma(n).real * (-1) ** n - turned


def hurwitz(s: Any, x: Any) -> Any:
    """zeta(s, x) = 1/x**s + 1/(x+1)**s + ... for whole s > 1, on both sides of 0."""
    n = _whole(s)
    return polygamma(n - 1, x) * (-1) ** n / flint.arb(n - 1).fac()


def log_gamma(x: Any) -> Any:
    """log|gamma(x)|."""
    if x > 0:
        return x.lgamma()
    return (flint.arb.pi() / abs(x.sin_pi())).log() - (1 - x).lgamma()


def composed(function: Special, operands: Sequence[Any], terms: int) -> Any:
    """A function of power series and numbers: its Taylor series in what they move by.

    Operands that move are ``arb_series``; only the last one may where the function has no ``curve``.
    """
    *parameters, x = operands
    if moving(parameters):
        assert function.curve is not None
        paths = [[p[k] for k in range(terms)] if moving([p]) else [p] for p in operands]
        return flint.arb_series(function.curve(terms, paths), terms)
    outer = function.expansion(terms, *parameters, x[0])
    moved = flint.arb_series([0, *(x[k] for k in range(1, terms))], terms)
    return flint.arb_series(outer, terms)(moved)


def moving(operands: Sequence[Any]) -> bool:
    """Whether one of the operands moves."""
    return any(isinstance(x, flint.arb_series) for x in operands)


def _whole(n: Any) -> int:
    if isinstance(n, int):
        return n
    found = flint.arb(n).unique_fmpz() if flint.arb(n).is_exact() else None
    if found is None:
        raise ValueError(f"the order {n} is not a whole number")
    return int(found)


def _by_series(name: str) -> Special:
    """A function that FLINT has for balls and for series."""

    def expansion(n: int, x: Any) -> list[Any]:
        return _padded(getattr(flint.arb_series([x, 1], n), name)(), n)

    return Special(lambda x: getattr(x, name)(), expansion)


def _by_derivatives(value: Callable[..., Any], derivative: Callable[..., Any]) -> Special:
    """A function whose derivative of order k >= 1 is ``derivative(k, *parameters, x)``."""

    def expansion(n: int, *xs: Any) -> list[Any]:
        return [value(*xs), *(derivative(k, *xs) / flint.arb(k).fac() for k in range(1, n))]

    return Special(value, expansion)


def _inverse(value: Callable[[Any], Any], name: str) -> Special:
    """The inverse of a function that FLINT has for series."""

    def expansion(n: int, x: Any) -> list[Any]:
        y = value(x)
        if n == 1:
            return [y]
        forward = _padded(getattr(flint.arb_series([y, 1], n), name)(), n)
        return [y, *_padded(flint.arb_series([0, *forward[1:]], n).reversion(), n)[1:]]

    return Special(value, expansion)


def _padded(x: Any, n: int) -> list[Any]:
    found = list(x.coeffs())[:n]
    return found + [flint.arb(0)] * (n - len(found))


def _hurwitz_derivative(k: int, s: Any, x: Any) -> Any:
    n = _whole(s)
    return hurwitz(n + k, x) * (-1) ** k * flint.arb(n).rising(flint.arb(k))


# Every special function of the exact modules, by the name it has there; parameters come before the argument.
FUNCTIONS: dict[str, Special] = {
    "gamma": _by_series("gamma"),
    "rgamma": _by_series("rgamma"),
    "log_gamma": _by_derivatives(log_gamma, lambda k, x: polygamma(k - 1, x)),
    "polygamma": _by_derivatives(polygamma, lambda k, n, x: polygamma(_whole(n) + k, x)),
    "hurwitz": _by_derivatives(hurwitz, _hurwitz_derivative),
    "erf": _by_series("erf"),
    "erfc": _by_series("erfc"),
    "erfi": _by_series("erfi"),
    "erfinv": _inverse(lambda x: x.erfinv(), "erf"),
    "erfcinv": _inverse(lambda x: x.erfcinv(), "erfc"),
}
