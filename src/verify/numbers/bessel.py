"""Bessel and Airy functions over balls.

Facts
    All four Bessel functions are differentiated by their neighbours in order, C(v-1) and C(v+1), so the k-th derivative
    is a sum of k + 1 functions of the same kind. Nothing is divided by x: it holds at 0 too, where the functions do.
    By the order there is no such formula: where it moves, ``verify.numbers.contour`` finds the coefficients by values;
    not for Y and K at whole orders, around which FLINT does not bound them.
    FLINT answers nan where a function is not real: a fractional order below 0, Y and K at and below 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint

from verify.numbers.contour import along
from verify.numbers.expansion import Special, by_series


def _by_orders(name: str, below: int, above: int) -> Special:
    """A Bessel function C with C'(v, x) = (below * C(v-1, x) + above * C(v+1, x)) / 2.

    Source: NIST's Digital Library of Mathematical Functions, 10.6.1 and 10.29.1.
    """

    def value(order: Any, x: Any) -> Any:
        return getattr(x, name)(flint.arb(order))

    def expansion(n: int, order: Any, x: Any) -> list[Any]:
        v = flint.arb(order)
        row = {j: value(v + j, x) for j in range(1 - n, n)}
        found = [row[0]]
        for k in range(1, n):
            row = {j: (below * row[j - 1] + above * row[j + 1]) / 2 for j in range(1 - n + k, n - k)}
            found.append(row[0] / flint.arb(k).fac())
        return found

    def analytic(v: Any, x: Any) -> Any:
        return getattr(x, name)(v)

    def curve(n: int, operands: Sequence[Sequence[Any]]) -> list[Any]:
        return along(analytic, _right, operands, n)

    return Special(value, expansion, curve)


def _right(v: Any, x: Any) -> bool:
    """Off the cut of all four along the negative half line; in the order they are entire."""
    return bool(x.real > 0)


def _airy(value: Callable[[Any], Any], name: str) -> Special:
    return Special(value, by_series(name).expansion)


BESSEL: dict[str, Special] = {
    "bessel_j": _by_orders("bessel_j", 1, -1),
    "bessel_y": _by_orders("bessel_y", 1, -1),
    "bessel_i": _by_orders("bessel_i", 1, 1),
    "bessel_k": _by_orders("bessel_k", -1, -1),
    "airy_ai": by_series("airy_ai"),
    "airy_bi": by_series("airy_bi"),
    "airy_ai_prime": _airy(lambda x: x.airy_ai(derivative=1), "airy_ai_prime"),
    "airy_bi_prime": _airy(lambda x: x.airy_bi(derivative=1), "airy_bi_prime"),
}
