"""Taylor coefficients of an analytic function of several moving arguments, by its values on a circle.

For F analytic and a path s -> (p1(s), p2(s), ...), ``along`` encloses the first coefficients of F(p1(s), p2(s), ...) in
powers of s: derivatives by orders, shapes and other parameters, for which there are no formulas.

Facts
    With |f| <= M on the disc of radius R its coefficients are at most M / R**n. The mean of f(r w**j) w**(-j k) over
    the N-th roots of unity w**j is r**k times c(k) + c(k + N) r**N + ..., so that at r = R / 2**g the rest is at most
    M / R**k / (2**(g N) - 1): a few points do, at a precision raised by g bits for each power.
    An operand known up to rho moves f by at most M rho / (e - rho), where M bounds F with the operand e further out
    too; by Cauchy's estimate its coefficients move by that over R**k. So only midpoints are evaluated.
    f is real on the real axis: values at conjugate points are conjugate, and half of them suffices.
    A finite ball is no proof that a function is analytic: across a branch cut FLINT's are finite too. Whoever hands in
    F says where it is analytic (``inside``). A pole inside makes the ball of the whole disc infinite.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint

from verify.numbers.bits import precision

BOUND_BITS = 64  # precision of the bound M
SMALLER = 8  # each disc tried is so much smaller than the one before
INWARD = 400  # discs tried until one is inside: 8**400 is below all doubles
BOUNDS = 16  # discs inside that are tried until the bound on one is finite and not far above the value
EXCESS = 96  # bits by which a bound may exceed the value before a smaller disc is tried
GUARD = 16  # bits beyond the precision asked for
LN2 = 0.69  # rounded down

Polynomial = Sequence[Any]  # coefficients as balls, the constant one first


def partial(
    function: Callable[..., Any],
    inside: Callable[..., bool],
    orders: Sequence[int],
    operands: Sequence[Polynomial],
    terms: int,
) -> list[Any]:
    """The Taylor coefficients, along a path, of a partial derivative by the first operands.

    Arguments
        orders: how often it is differentiated by each of the first operands. The others as for ``along``.
    Returns
        as ``along``.
    Source
        F along p(s) + j s**K has the terms j**m c(m, k) s**(m K + k), c(m, .) those of the m-th derivative over m!.
        For K = terms and k < K the n-th difference by j leaves n! c(n, k) at s**(n K + k): those of m < n vanish.
    """
    total = [flint.arb(0)] * terms
    top = sum(orders) * terms
    for steps in itertools.product(*(range(n + 1) for n in orders)):
        weight = math.prod((-1) ** (n - j) * math.comb(n, j) for n, j in zip(orders, steps, strict=True))
        steps += (0,) * (len(operands) - len(steps))
        moved = [_moved(p, terms, j) for p, j in zip(operands, steps, strict=True)]
        found = along(function, inside, moved, top + terms)[top:]
        total = [t + weight * c for t, c in zip(total, found, strict=True)]
    return total


def _moved(p: Polynomial, power: int, step: int) -> Polynomial:
    """A polynomial of a degree below ``power``, plus step * s**power."""
    return [*p, *[0] * (power - len(p)), step] if step else p


@dataclass(frozen=True)
class Disc:
    """A disc of the path's parameter, on which |F| is at most ``bound`` with each operand ``room`` further out.

    excess: how many bits the bound is above the value at the centre, so many that are lost.
    """

    radius: Any
    room: tuple[Any, ...]
    bound: Any
    excess: int


def along(
    function: Callable[..., Any], inside: Callable[..., bool], operands: Sequence[Polynomial], terms: int
) -> list[Any]:
    """The Taylor coefficients of a function of several arguments along a path.

    Arguments
        function: of complex balls (flint.acb), real for real arguments.
        inside: of the same balls: whether the function is certainly analytic on them, up to poles.
        operands: for each argument the coefficients of a polynomial in the path's parameter, real balls.
        terms: how many coefficients.
    Returns
        a list of real balls; nan where no disc around the point was found on which the function is analytic.
    Source
        the trapezoidal rule on a circle with Cauchy's estimate: Lyness and Sande, Algorithm 413 (1971);
        Trefethen and Weideman, "The exponentially convergent trapezoidal rule" (2014).
    Example
        >>> c = along(lambda a, x: x.gamma_lower(a, 1), lambda a, x: a.real > 0 and x.real > 0, [[2.5, 1], [1.5]], 2)
        >>> c[1].str(15, radius=False)
        '-0.252175400423628'
    """
    polynomials = [[flint.arb(c) for c in operand] for operand in operands]
    disc = _disc(function, inside, polynomials) if all(c.is_finite() for p in polynomials for c in p) else None
    if disc is None:
        return [flint.arb.nan()] * terms
    if all(c.is_zero() for p in polynomials for c in p[1:]):
        return [function(*(flint.acb(p[0]) for p in polynomials)).real, *[flint.arb(0)] * (terms - 1)]
    points = 2 * terms
    asked = flint.ctx.prec + disc.excess + GUARD
    step = -(-asked // points)  # r = R / 2**step
    with precision(asked + step * (terms - 1)):
        circle = disc.radius / flint.arb(2) ** step
        found = _means(function, [[c.mid() for c in p] for p in polynomials], circle, points, terms)
    slack = disc.bound * (1 / (flint.arb(2) ** (step * points) - 1) + _shift(polynomials, disc))
    return [c + flint.arb(0, (slack / disc.radius**k).upper()) for k, c in enumerate(found)]


def _shift(polynomials: Sequence[Polynomial], disc: Disc) -> Any:
    """What the radii of the operands move the function by, over its bound."""
    total = flint.arb(0)
    for p, room in zip(polynomials, disc.room, strict=True):
        if room > 0:
            rho = _on_disc([c.rad() for c in p], disc.radius)
            total += rho / (room - rho)
    return total


def _on_disc(magnitudes: Sequence[Any], radius: Any) -> Any:
    """A bound on a polynomial with coefficients of these magnitudes on a disc: an exact number."""
    total = flint.arb(0)
    for m in reversed(magnitudes):
        total = total * radius + m
    return total.upper()


def _disc(function: Callable[..., Any], inside: Callable[..., bool], polynomials: Sequence[Polynomial]) -> Disc | None:
    """The first disc, from the largest on, inside which the function is analytic and not far above its value."""
    radius = _radius(polynomials)
    tried, best = 0, None
    with precision(BOUND_BITS):
        value = abs(function(*(flint.acb(p[0].mid()) for p in polynomials)))
        for shrunk in range(INWARD):
            factor = flint.arb(SMALLER) ** -shrunk
            boxes, room = _boxes(polynomials, radius * factor, factor)
            if not boxes or not inside(*boxes):
                continue
            bound = flint.arb(function(*boxes).abs_upper())
            tried += 1
            if bound.is_finite():
                best = Disc(radius * factor, room, bound, _bits_above(bound, value))
                if best.excess <= EXCESS:
                    return best
            if tried == BOUNDS:
                break
    return best


def _bits_above(bound: Any, value: Any) -> int:
    """How many bits the bound exceeds the value by; 0 for a value that may be 0, which sets no scale."""
    if not value > 0 or not bound > value:
        return 0
    return int(float((bound / value).log().upper()) / LN2) + 1


def _radius(polynomials: Sequence[Polynomial]) -> Any:
    """A power of 2: no operand moves further than by a quarter of its size, or of 1 where it is smaller."""
    radius = flint.arb(1)
    while not all(_moves_little(p, radius) for p in polynomials):
        radius = radius / 2
    return radius


def _moves_little(p: Polynomial, radius: Any) -> bool:
    return bool(_on_disc([0, *(abs(c).upper() for c in p[1:])], radius) <= _size(p) / 4)


def _size(p: Polynomial) -> Any:
    """The size of an operand, at least 1."""
    size = abs(p[0].mid())
    return size if size > 1 else flint.arb(1)


def _scale(p: Polynomial) -> Any:
    """The size of an operand; 1 for 0."""
    size = abs(p[0].mid())
    return flint.arb(1) if size.is_zero() else size


def _boxes(polynomials: Sequence[Polynomial], radius: Any, factor: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """Complex balls around all values of the operands on a disc, with room beyond; none where a radius fills it."""
    boxes, room = [], []
    for p in polynomials:
        rho = _on_disc([c.rad() for c in p], radius)
        beyond = flint.arb(0) if rho.is_zero() else (_scale(p) * factor / 16).upper()
        if 2 * rho > beyond:
            return [], ()
        reach = (_on_disc([0, *(abs(c).upper() for c in p[1:])], radius) + beyond).upper()
        boxes.append(flint.acb(flint.arb(p[0].mid(), reach), flint.arb(0, reach)))
        room.append(beyond)
    return boxes, tuple(room)


def _means(
    function: Callable[..., Any], polynomials: Sequence[Polynomial], circle: Any, points: int, terms: int
) -> list[Any]:
    """The trapezoidal rule: (1/N) sum over j of f(r w**j) w**(-j k) / r**k, from one half of the circle."""
    totals = [flint.arb(0)] * terms
    for j in range(points // 2 + 1):
        turn = flint.acb(2 * j).mid() / points
        s = circle * turn.exp_pi_i()
        value = function(*(_at(p, s) for p in polynomials))
        weight = 1 if j in (0, points // 2) else 2  # a conjugate pair: twice the real part
        totals = [t + weight * (value * (-turn * k).exp_pi_i()).real for k, t in enumerate(totals)]
    return [t / points / circle**k for k, t in enumerate(totals)]


def _at(p: Polynomial, s: Any) -> Any:
    total = flint.acb(0)
    for c in reversed(p):
        total = total * s + c
    return total
