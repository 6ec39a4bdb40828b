"""Integrals that have a name, over balls: exponential, sine and cosine integrals, Fresnel's, elliptic, dilogarithm.

Facts
    FLINT's series of ci and chi are nan where x < 0, where SciPy's are those of |x|; E(n, x) is real for x > 0.
    FLINT has the complete elliptic integrals on complex balls only, and a series of K alone: E = (1-m) (K + 2 m K').
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from verify.numbers.expansion import Special, by_derivatives, by_series


def expint(order: Any, x: Any) -> Any:
    """E(n, x), the integral of exp(-x t) / t**n over t > 1, for x > 0."""
    return x.expint(flint.arb(order))


def elliptic_k(m: Any) -> Any:
    """The complete elliptic integral of the first kind, by its parameter m < 1."""
    return flint.acb(m).elliptic_k().real if m < 1 else flint.arb.nan()


def elliptic_e(m: Any) -> Any:
    """The complete elliptic integral of the second kind, by its parameter m <= 1."""
    return flint.acb(m).elliptic_e().real if m <= 1 else flint.arb.nan()


def spence(x: Any) -> Any:
    """The integral of log(t) / (1 - t) from 1 to x > 0: the dilogarithm of 1 - x."""
    return flint.acb(1 - x).polylog(2).real if x > 0 else flint.arb.nan()


def owens_t(h: Any, a: Any) -> Any:
    """The integral of exp(-h**2 (1 + t**2) / 2) / (1 + t**2) from 0 to a, over 2 pi; here by t = tan(u)."""
    square = flint.acb(h) ** 2 / 2

    def integrand(u: Any, _: bool) -> Any:
        return (-square * u.sec() ** 2).exp()

    return flint.acb.integral(integrand, flint.acb(0), flint.acb(a).atan()).real / (2 * flint.arb.pi())


def _owens_t_curve(n: int, operands: Sequence[Sequence[Any]]) -> list[Any]:
    """By the derivatives in h and a: Owen, "Tables for computing bivariate normal probabilities" (1956)."""
    h, a = (flint.arb_series(list(map(flint.arb, p)), n) for p in operands)
    square = 1 + a * a
    by_h = -((-h * h / 2).exp() * (a * h / flint.arb(2).sqrt()).erf()) / (8 * flint.arb.pi()).sqrt()
    by_a = (-h * h * square / 2).exp() / square / (2 * flint.arb.pi())
    found = (h.derivative() * by_h + a.derivative() * by_a).integral()
    return [owens_t(h[0], a[0]), *(found[k] for k in range(1, n))]


def _elliptic_k_expansion(n: int, m: Any) -> list[Any]:
    if not m < 1:
        return [flint.arb.nan()] * n
    found = flint.acb_series([flint.acb(m), 1], n).elliptic_k()
    return [found[k].real for k in range(n)]


def _elliptic_e_expansion(n: int, m: Any) -> list[Any]:
    k = flint.arb_series(_elliptic_k_expansion(n + 1, m), n + 1)
    along = flint.arb_series([m, 1], n + 1)
    found = (1 - along) * (k + 2 * along * k.derivative())
    return [elliptic_e(m), *(found[i] for i in range(1, n))]


def _spence_expansion(n: int, x: Any) -> list[Any]:
    """By its derivative; at 1 both log(t) and 1 - t lose their first coefficient, which is 0."""
    above = flint.arb_series([x, 1], n + 1).log()
    if x == 1:
        slope = [-above[k + 1] for k in range(n)]
    else:
        quotient = above / flint.arb_series([1 - x, -1], n + 1)
        slope = [quotient[k] for k in range(n)]
    return [spence(x), *(slope[k - 1] / k for k in range(1, n))]


INTEGRALS: dict[str, Special] = {
    **{name: by_series(name) for name in ("ei", "si", "ci", "shi", "chi", "fresnel_s", "fresnel_c")},
    "expint": by_derivatives(expint, lambda k, n, x: expint(flint.arb(n) - k, x) * (-1) ** k),
    "elliptic_k": Special(elliptic_k, _elliptic_k_expansion),
    "elliptic_e": Special(elliptic_e, _elliptic_e_expansion),
    "owens_t": Special(owens_t, lambda n, h, a: _owens_t_curve(n, [[h], [a, 1]]), _owens_t_curve),
    "spence": Special(spence, _spence_expansion),
}
