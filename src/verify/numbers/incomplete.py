"""The incomplete gamma and beta functions and the hypergeometric functions over balls, in all their arguments.

Facts
    Parameters and argument have no common formula of derivatives: ``verify.numbers.contour`` finds them by values.
    P(a, x) is x**a exp(-x) / gamma(a + 1) times a series that converges everywhere; FLINT's own P of a ball with a
    whole number inside is nan. Where x > a, P is 1 - Q: what changes with a is Q, far below the last digit of P.
    Both are analytic for x off the cut (-oo, 0] and a > 0; the incomplete beta for 0 < x < 1 and a, b > 0.
    The hypergeometric functions of z are entire, or analytic off [1, oo), up to poles at c = 0, -1, ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint

from verify.numbers.contour import along, partial
from verify.numbers.expansion import Special, by_contour, whole

Operands = Sequence[Sequence[Any]]
Curve = Callable[[int, Operands], list[Any]]


# --- incomplete gamma


def _lower(a: Any, x: Any) -> Any:
    return (a * x.log() - x).exp() * (a + 1).rgamma() * x.hypgeom([1, 1], [a + 1, 1])


def _upper(a: Any, x: Any) -> Any:
    found = x.gamma_upper(a, 1)
    return found if found.is_finite() else 1 - _lower(a, x)


def _positive(*xs: Any) -> bool:
    return all(bool(x.real > 0) for x in xs)


def _below(operands: Operands) -> bool:
    """Whether x <= a, where P is the smaller of P and Q."""
    return bool(flint.arb(operands[1][0]).mid() <= flint.arb(operands[0][0]).mid())


def _real_lower(a: Any, x: Any) -> Any:
    a, x = flint.arb(a), flint.arb(x)
    return x.gamma_lower(a, 1) if x > 0 and a > 0 else _at_edge(a, x, 0)


def _real_upper(a: Any, x: Any) -> Any:
    a, x = flint.arb(a), flint.arb(x)
    return x.gamma_upper(a, 1) if x > 0 and a > 0 else _at_edge(a, x, 1)


def _at_edge(a: Any, x: Any, value: int) -> Any:
    return flint.arb(value) if x.is_zero() and a > 0 else flint.arb.nan()


def _of_lower(n: int, operands: Operands) -> list[Any]:
    if _below(operands):
        return along(_lower, _positive, operands, n)
    return _less_from_one(along(_upper, _positive, operands, n))


def _of_upper(n: int, operands: Operands) -> list[Any]:
    if _below(operands):
        return _less_from_one(along(_lower, _positive, operands, n))
    return along(_upper, _positive, operands, n)


def _less_from_one(coefficients: list[Any]) -> list[Any]:
    return [1 - coefficients[0], *(-c for c in coefficients[1:])]


def _by_shape(n: int, operands: Operands) -> list[Any]:
    """Along a path, a derivative of P by a; the first operand is its order."""
    order, rest = whole(operands[0][0]), operands[1:]
    if _below(rest):
        return partial(_lower, _positive, [order], rest, n)
    return [-c for c in partial(_upper, _positive, [order], rest, n)]


# --- incomplete beta


def _beta(a: Any, b: Any, x: Any) -> Any:
    """I(a, b, x): x**a (1-x)**b gamma(a+b) / gamma(b) times a regularized 2F1 that is entire in a and b."""
    front = (a * x.log() + b * (1 - x).log()).exp() * (a + b).gamma() * b.rgamma()
    return front * x.hypgeom_2f1(a + b, flint.acb(1), a + 1, regularized=True)


def _within(a: Any, b: Any, x: Any) -> bool:
    return _positive(a, b, x, 1 - x)


def _low(operands: Operands) -> bool:
    """Whether x is below the mean a / (a + b), where I(a, b, x) is the smaller of it and 1 - I."""
    a, b, x = (flint.arb(p[0]).mid() for p in operands)
    return bool(x * (a + b) <= a)


def _swapped(operands: Operands) -> Operands:
    a, b, x = operands
    return [b, a, [1 - flint.arb(x[0]), *(-flint.arb(c) for c in x[1:])]]


def _of_beta(n: int, operands: Operands) -> list[Any]:
    if _low(operands):
        return along(_beta, _within, operands, n)
    return _less_from_one(along(_beta, _within, _swapped(operands), n))


def _of_beta_complement(n: int, operands: Operands) -> list[Any]:
    return _of_beta(n, _swapped(operands))


def _by_shapes(n: int, operands: Operands) -> list[Any]:
    """Along a path, a derivative of I by a and b; the first two operands are its orders."""
    orders, rest = [whole(o[0]) for o in operands[:2]], operands[2:]
    if _low(rest):
        return partial(_beta, _within, orders, rest, n)
    return [-c for c in partial(_beta, _within, orders[::-1], _swapped(rest), n)]


def _real_beta(a: Any, b: Any, x: Any) -> Any:
    a, b, x = flint.arb(a), flint.arb(b), flint.arb(x)
    inside = a > 0 and b > 0 and x > 0 and x < 1
    return x.beta_lower(a, b, 1) if inside else flint.arb.nan()


def _real_beta_complement(a: Any, b: Any, x: Any) -> Any:
    return _real_beta(b, a, 1 - flint.arb(x))


# --- hypergeometric


def _anywhere(*xs: Any) -> bool:
    return True


def _off_one(*xs: Any) -> bool:
    return bool(xs[-1].real < 1)


def _hyp0f1(b: Any, x: Any) -> Any:
    return x.hypgeom_0f1(b)


def _hyp1f1(a: Any, b: Any, x: Any) -> Any:
    return x.hypgeom_1f1(a, b)


def _hyp2f1(a: Any, b: Any, c: Any, x: Any) -> Any:
    return x.hypgeom_2f1(a, b, c)


def _with_curve(value: Callable[..., Any], curve: Curve) -> Special:
    """A function by its curve: its expansion is that along its last argument."""

    def expansion(n: int, *xs: Any) -> list[Any]:
        return curve(n, [*([x] for x in xs[:-1]), [xs[-1], 1]])

    return Special(value, expansion, curve)


def _value_of(curve: Curve) -> Callable[..., Any]:
    return lambda *xs: curve(1, [[x] for x in xs])[0]


def _real(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: function(*(flint.arb(x) for x in xs))


INCOMPLETE: dict[str, Special] = {
    "gammainc": _with_curve(_real_lower, _of_lower),
    "gammaincc": _with_curve(_real_upper, _of_upper),
    "gammainc_by": _with_curve(_value_of(_by_shape), _by_shape),
    "betainc": _with_curve(_real_beta, _of_beta),
    "betaincc": _with_curve(_real_beta_complement, _of_beta_complement),
    "betainc_by": _with_curve(_value_of(_by_shapes), _by_shapes),
    "hyp0f1": by_contour(_real(_hyp0f1), _hyp0f1, _anywhere),
    "hyp1f1": by_contour(_real(_hyp1f1), _hyp1f1, _anywhere),
    "hyp2f1": by_contour(_real(_hyp2f1), _hyp2f1, _off_one),
}
