"""Special functions over balls: for each its value, and its Taylor coefficients at a point.

Facts
    FLINT's lgamma is nan below 0; the meaning here is log|gamma(x)|, by reflection: there
    log|gamma(x)| = log(pi / |sin(pi x)|) - lgamma(1 - x). Its derivatives are the polygamma functions on both sides.
    Polygamma lives on FLINT's complex balls only, and its order comes second: ``acb(x).polygamma(n)``. Its time grows
    with -x, so below 0 it is reflected too: polygamma(n, x) = (-1)**n polygamma(n, 1 - x) - pi (d/dx)**n cot(pi x).
    At a pole, or where a ball reaches one, FLINT answers nan: nothing is decided there.
"""

from __future__ import annotations

from typing import Any

import flint

from verify.numbers.bessel import BESSEL
from verify.numbers.expansion import Special, by_derivatives, by_series, inverse, whole
from verify.numbers.incomplete import INCOMPLETE
from verify.numbers.integrals import INTEGRALS


def polygamma(order: Any, x: Any) -> Any:
    """The derivative of digamma of a whole order >= 0."""
    n = whole(order)
    if n == 0:
        return x.digamma()
    if x > 0:
        return flint.acb(x).polygamma(n).real
    turned = flint.arb_series([x, 1], n + 1).cot_pi()[n] * flint.arb.pi() * flint.arb(n).fac()
    return flint.acb(1 - x).polygamma(n).real * (-1) ** n - turned


def _is_whole(s: Any) -> bool:
    return isinstance(s, int) or flint.arb(s).unique_fmpz() is not None


def hurwitz(s: Any, x: Any) -> Any:
    """zeta(s, x) = 1/x**s + 1/(x+1)**s + ..., s > 1; for whole s on both sides of 0."""
    if not _is_whole(s):
        return flint.acb(s).zeta(flint.acb(x)).real if x > 0 else flint.arb.nan()
    n = whole(s)
    return polygamma(n - 1, x) * (-1) ** n / flint.arb(n - 1).fac()


def log_gamma(x: Any) -> Any:
    """log|gamma(x)|."""
    if x > 0:
        return x.lgamma()
    return (flint.arb.pi() / abs(x.sin_pi())).log() - (1 - x).lgamma()


def _hurwitz_derivative(k: int, s: Any, x: Any) -> Any:
    return hurwitz(s + k, x) * (-1) ** k * flint.arb(s).rising(flint.arb(k))


# Every special function of the exact modules, by the name it has there; parameters come before the argument.
FUNCTIONS: dict[str, Special] = {
    "gamma": by_series("gamma"),
    "rgamma": by_series("rgamma"),
    "log_gamma": by_derivatives(log_gamma, lambda k, x: polygamma(k - 1, x)),
    "polygamma": by_derivatives(polygamma, lambda k, n, x: polygamma(whole(n) + k, x)),
    "hurwitz": by_derivatives(hurwitz, _hurwitz_derivative),
    "erf": by_series("erf"),
    "erfc": by_series("erfc"),
    "erfi": by_series("erfi"),
    "erfinv": inverse(lambda x: x.erfinv(), "erf"),
    "erfcinv": inverse(lambda x: x.erfcinv(), "erfc"),
    **BESSEL,
    **INTEGRALS,
    **INCOMPLETE,
}
