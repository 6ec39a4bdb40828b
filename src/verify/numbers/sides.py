"""What a program does beside a point: one-sided derivatives, limiting gradients, and bounds on all of them.

A gradient at a generic point x + t d + t**2 d' next to x is computed over series in t and its limit taken: a
limiting gradient. Clarke's generalized gradient is the convex hull of all limiting gradients (F. H. Clarke,
Optimization and Nonsmooth Analysis, 1983, theorem 2.5.1). ``support`` bounds that hull from outside: it pushes a
direction forward with the interval of slopes that each operation has beside the point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from verify.numbers.analytic import SERIES
from verify.numbers.balls import Plain, Undecided, ball, plain, precision
from verify.numbers.gradient import Slopes, adjoints_of, exactly, weighted
from verify.numbers.program import CONDITIONS, CONSTANT, INPUT, STOP, Program, Refused, Term, enclosed
from verify.numbers.series import Exhausted, Outside, Ramified, Series, Unfollowed, constant, path, series
from verify.numbers.symbols import reachable

BITS = 256  # exact ties stay exact at any precision; near ones are decided or refused
RAMIFICATIONS = 12  # t = s**12 resolves square, cube, fourth and sixth roots

BY_VALUES = 16  # inputs up to which a gradient that cancels is asked for entry by entry

Row = Sequence[tuple[Term, float]]


@dataclass(frozen=True)
class Beside:
    """A program beside the point: the limit of its value and of its gradient along one generic path.

    gradient: one entry for each input; an infinite one is the limit of a slope that grows without bound.
    """

    value: Plain
    gradient: tuple[Plain, ...]


@dataclass(frozen=True)
class Leaves:
    """The path leaves the domain at once; the reason."""

    reason: str


class Unseen(Refused):
    """A side of the point where f is defined, but no power series follows it."""


def beside(program: Program, row: Row, direction: np.ndarray, bend: np.ndarray) -> Beside | Leaves:
    """The limits of value and gradient along x + t d + t**2 d', t -> 0+.

    Raises Refused where a decision stays open along the path: the direction is not generic; Unseen where there is no
    power series.
    """
    ramification = 1
    while ramification <= RAMIFICATIONS:
        try:
            with precision(BITS):
                return _along(program, row, [(1, direction), (2, bend)], ramification)
        except Ramified as ramified:
            ramification *= ramified.factor
        except Outside as outside:
            return Leaves(str(outside))
        except Unfollowed as unfollowed:
            raise Unseen(f"no power series in the path's parameter: {unfollowed}") from None
        except Undecided as undecided:
            raise Refused(str(undecided)) from None
    raise Refused("a root of high order in the path's parameter")


Levels = Sequence[tuple[int, np.ndarray]]  # (power of t, direction): the path is the point plus their sum


def _along(program: Program, row: Row, levels: Levels, q: int) -> Beside:
    needed, values = steps_along(program, row, levels, q)
    total = _total(row, values)
    try:
        adjoints = adjoints_of(program, needed, row, values, Slopes(program, values, "series"), exactly)
        gradient = tuple(_limit(adjoints.get(k)) for k in range(len(program.point)))
    except Ramified:
        raise
    except Undecided as undecided:
        if len(program.point) <= BY_VALUES:
            gradient = _by_values(program, row, needed, levels, q, total)
        elif isinstance(undecided, Outside):  # f is defined on the path, as sqrt(maximum(x, 0)) is below 0
            raise Unseen(f"a step has no slope along the path: {undecided}") from None
        else:
            raise
    return Beside(plain(total.limit()), gradient)


def steps_along(program: Program, row: Row, levels: Levels, q: int) -> tuple[list[int], dict[int, Any]]:
    """The steps that the row needs and their series along the path; raises Refused where a decision changes."""
    asked = list(program.decisions)
    needed = reachable(program, [term.index for term, _ in row] + asked)
    values = _values(program, needed, levels, q)
    if any(values[n] is not outcome for n, outcome in program.decisions.items()):
        raise Refused("a Python `if` may take another branch beside the point")
    return needed, values


def _by_values(
    program: Program, row: Row, needed: list[int], levels: Levels, q: int, total: Series
) -> tuple[Plain, ...]:
    """The limiting gradient from values: along x + t d + t**2 d' + t**3 v, less the same path without v.

    It needs no slope: right where a formula for the slope cancels, such as sinc's at 0.
    """
    found = []
    for k in range(len(program.point)):
        moved = _total(row, _values(program, needed, [*levels, (3, np.eye(len(program.point))[k])], q))
        found.append(plain((moved - total).at(3 * q)))
    return tuple(found)


def _total(row: Row, values: dict[int, Any]) -> Series:
    return series(weighted(values, row))


def _values(program: Program, needed: list[int], levels: Levels, q: int) -> dict[int, Any]:
    """The series of every step along the path; an Undecided where one is not decided."""
    values: dict[int, Any] = {}
    for n in needed:
        meaning, operands = program.steps[n]
        if meaning is INPUT:
            k = operands[0]
            moves = [(power * q, flint.arb(float(direction[k]))) for power, direction in levels if direction[k] != 0]
            values[n] = path(ball(program.point[k]), moves)
        elif meaning is CONSTANT:
            values[n] = operands[0] if isinstance(operands[0], bool) else constant(ball(operands[0]))
        elif meaning.name == STOP:  # its value at the point, also where that is not the limit
            values[n] = _held(program.values(flint.ctx.prec)[n])
        else:
            values[n] = enclosed(meaning, [values[i] for i in operands], SERIES)
    return values


def _held(value: Any) -> Any:
    return value if isinstance(value, Undecided | bool) else constant(value)


def _limit(adjoint: Any) -> Plain:
    if adjoint is None:
        return plain(flint.arb(0))
    return plain(series(adjoint).limit())


def value_at(program: Program, row: Row) -> Plain | None:
    """The value at the point itself, or None where it is not finite or not decided."""
    with precision(BITS):
        try:
            total = weighted(program.values(BITS), row)
        except Undecided:
            return None
        return plain(total) if total.is_finite() else None


# --- bounds from outside


def support(program: Program, row: Row, direction: np.ndarray) -> tuple[float, float] | None:
    """Bounds of <g, direction> over all limiting gradients g at the point, or None where an operation has none.

    Forward mode in interval arithmetic: an absolute value at 0 has the slopes [-1, 1], a maximum at a tie any
    mixture of its two operands' slopes, the root of a sum of squares at 0 the unit ball.
    """
    needed = reachable(program, [term.index for term, _ in row])
    with precision(BITS):
        values = program.values(BITS)
        slopes = Slopes(program, values)
        tangents: dict[int, Interval] = {}
        for n in needed:
            try:
                tangents[n] = _tangent(program, n, values, slopes, tangents, direction)
            except (Undecided, ZeroDivisionError):
                return None
            if not tangents[n].low.is_finite() or not tangents[n].high.is_finite():
                return None
        total = STILL
        for term, g in row:
            total = total.plus(tangents[term.index].times(flint.arb(g)))
        return float(total.low.lower()), float(total.high.upper())


@dataclass(frozen=True)
class Interval:
    """All numbers from one ball to another: ends as fine as the precision, where a ball's radius has 30 bits."""

    low: Any
    high: Any

    def plus(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def times(self, x: Any) -> Interval:
        a, b = self.low * x, self.high * x
        return Interval(a.min(b), a.max(b))

    def hull(self, other: Interval) -> Interval:
        return Interval(self.low.min(other.low), self.high.max(other.high))

    @property
    def still(self) -> bool:
        return bool(self.low.is_zero() and self.high.is_zero())


STILL = Interval(flint.arb(0), flint.arb(0))


def _tangent(
    program: Program, n: int, values: Any, slopes: Slopes, tangents: dict[int, Interval], direction: np.ndarray
) -> Interval:
    """All derivatives along the direction that step n has at points beside the point."""
    meaning, operands = program.steps[n]
    if meaning is INPUT:
        moved = flint.arb(float(direction[operands[0]]))
        return Interval(moved, moved)
    if meaning is CONSTANT or meaning.name == STOP or meaning.name in CONDITIONS:
        return STILL
    xs = [values[i] for i in operands]
    if any(isinstance(x, Undecided) for x in xs):
        raise next(x for x in xs if isinstance(x, Undecided))
    ts = [tangents[i] for i in operands]
    if meaning.name == "hypot" and xs[0].is_zero() and xs[1].is_zero():
        return _unit_ball(ts)
    if meaning.name == "sqrt" and xs[0].is_zero():
        return _unit_ball([tangents[i] for i in squares(program, operands[0])])
    if all(t.still for t in ts):
        return STILL
    if meaning.name in ("absolute", "fabs") and xs[0].is_zero():
        return ts[0].hull(ts[0].times(flint.arb(-1)))
    if meaning.name in ("maximum", "minimum", "fmax", "fmin") and (xs[0] - xs[1]).is_zero():
        return ts[0].hull(ts[1])
    total = STILL
    for k, t in enumerate(ts):
        if not t.still and not (meaning.name == "where" and k == 0):
            total = total.plus(t.times(flint.arb(slopes.of(n, k))))
    return total


def _unit_ball(tangents: list[Interval]) -> Interval:
    """<u, t> over all |u| <= 1 and all t in the intervals."""
    total = flint.arb(0)
    for t in tangents:
        largest = abs(t.low).max(abs(t.high))
        total = total + largest * largest
    return Interval(-total.sqrt(), total.sqrt())


def squares(program: Program, n: int) -> list[int]:
    """The steps whose squares a step sums up; raises Undecided when it is no sum of squares."""
    found, stack = [], [n]
    while stack:
        meaning, operands = program.steps[stack.pop()]
        if meaning.name == "add":
            stack.extend(operands)
        elif (
            meaning.name == "square"
            or (meaning.name == "multiply" and operands[0] == operands[1])
            or (meaning.name == "power" and program.steps[operands[1]][1][0] == 2)
        ):
            found.append(operands[0])
        else:
            raise Exhausted("a root of something at 0 that is no sum of squares")
    return found
