"""Bounds on a gradient over all ways to take the decisions that lie within rounding of their edge.

A direction is pushed forward. An undecided maximum or selection hands on a + s*(b - a) with a share s in [0, 1] of
its own, an undecided absolute value either sign, an undecided condition a factor s. The shares are carried along as
in affine arithmetic (J. L. D. Comba and J. Stolfi, Affine arithmetic and its applications to computer graphics, 1993):
what depends on one share in two places depends on the same one, so that sums bound tightly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from verify.numbers.balls import Undecided, ball, precision
from verify.numbers.gradient import Slopes
from verify.numbers.program import CONDITIONS, CONSTANT, INPUT, Program, Term, enclosed
from verify.numbers.sides import STILL, Interval
from verify.numbers.symbols import reachable
from verify.numbers.ties import BITS, EXTREMES, MAGNITUDES, Tie

Row = Sequence[tuple[Term, float]]


def highest(program: Program, row: Row, undecided: Sequence[Tie], directions: Sequence[np.ndarray]) -> list[float]:
    """For each direction a bound of <g, direction> over the gradients g of the row, however the ties are decided.

    Infinite where nothing bounds it. Raises Refused when the time is over.
    """
    needed = reachable(program, [term.index for term, _ in row])
    with precision(BITS):
        bounds = _Bounds(program, needed, {n for tie in undecided for n in tie.steps})
        return [_highest(bounds, needed, row, direction) for direction in directions]


def _highest(bounds: _Bounds, needed: Sequence[int], row: Row, direction: np.ndarray) -> float:
    bounds.program.check_budget()
    tangents: dict[int, Shared] = {}
    for n in needed:
        try:
            tangents[n] = bounds.tangent(n, tangents, direction)
        except (Undecided, ZeroDivisionError):
            return float("inf")
    total = UNMOVED
    for term, g in row:
        total = total.plus(tangents[term.index].times(flint.arb(g)))
    top = total.bounds().high
    return float(top.upper()) if top.is_finite() else float("inf")


@dataclass(frozen=True)
class Shared:
    """A number rest + the sum of s*x over shares s in [0, 1], x being anything in the interval of that share."""

    rest: Interval
    shares: Mapping[int, Interval]

    def plus(self, other: Shared) -> Shared:
        """The sum."""
        if not other.shares:
            return Shared(self.rest.plus(other.rest), self.shares)
        shares = dict(self.shares)
        for key, part in other.shares.items():
            shares[key] = shares[key].plus(part) if key in shares else part
        return Shared(self.rest.plus(other.rest), shares)

    def times(self, x: Any) -> Shared:
        """The product with a ball."""
        return Shared(self.rest.times(x), {key: part.times(x) for key, part in self.shares.items()})

    def either(self, other: Shared, key: int) -> Shared:
        """This number, or the other, or what lies between, by one share."""
        change = other.plus(self.times(flint.arb(-1))).bounds()
        return self.plus(Shared(STILL, {key: change}))

    def bounds(self) -> Interval:
        """All values."""
        total = self.rest
        for part in self.shares.values():
            total = total.plus(part.hull(STILL))
        return total

    @property
    def still(self) -> bool:
        """Whether it is certainly 0."""
        return self.rest.still and all(part.still for part in self.shares.values())


UNMOVED = Shared(STILL, {})


def _between(low: int, high: int) -> Any:
    return flint.arb(low).union(flint.arb(high))


class _Bounds(Slopes):
    """Values and slopes of the steps, those of undecided ones from one side to the other.

    undecided: the steps that choose by a tie; each has a share of its own, numbered as the step is.
    opened: the conditions that rest on an undecided comparison; their values are balls, not truths.
    """

    def __init__(self, program: Program, needed: Sequence[int], undecided: set[int]) -> None:
        super().__init__(program, {})
        self.undecided = undecided
        self.opened: set[int] = set()
        for n in needed:
            self.values[n] = self._value(n)

    def _value(self, n: int) -> Any:
        meaning, operands = self.program.steps[n]
        if meaning is INPUT or meaning is CONSTANT:
            return self.program._value(meaning, operands, [])
        xs = [self.values[i] for i in operands]
        if meaning.name in CONDITIONS:
            value = None if n in self.undecided or self.opened.intersection(operands) else enclosed(meaning, xs)
            if isinstance(value, bool):
                return value
            self.opened.add(n)
            return _between(0, 1)
        if meaning.name == "sign" and n in self.undecided:
            return _between(-1, 1)
        if meaning.name == "where" and operands[0] in self.opened:
            lost = [x for x in xs[1:] if isinstance(x, Undecided)]
            return lost[0] if lost else ball(xs[1]).union(ball(xs[2]))
        if n in self.undecided and meaning.name in EXTREMES:
            return ball(xs[0]).union(ball(xs[1]))
        if n in self.undecided and meaning.name in MAGNITUDES:
            return xs[0].union(-xs[0])
        return enclosed(meaning, xs)

    def of(self, n: int, k: int) -> Any:
        """The slope of step n by its operand k, or the ball of all slopes that it may have."""
        name = self.program.steps[n][0].name
        if n not in self.undecided:
            try:
                return super().of(n, k)
            except Undecided:
                if name not in CHOICES:
                    raise
        return CHOICES[name](k)

    def tangent(self, n: int, tangents: Mapping[int, Shared], direction: np.ndarray) -> Shared:
        """All derivatives of step n along the direction; raises Undecided."""
        meaning, operands = self.program.steps[n]
        if meaning is INPUT:
            moved = flint.arb(float(direction[operands[0]]))
            return Shared(Interval(moved, moved), {})
        if meaning is CONSTANT or meaning.name in CONDITIONS:
            return UNMOVED
        ts = [tangents[i] for i in operands]
        if n in self.undecided and meaning.name in EXTREMES:
            return ts[0].either(ts[1], n)
        if n in self.undecided and meaning.name in MAGNITUDES:
            return ts[0].either(ts[0].times(flint.arb(-1)), n)
        if meaning.name == "where" and operands[0] in self.opened:
            return ts[1].either(ts[2], operands[0])
        total = UNMOVED
        for k, t in enumerate(ts):
            if t.still or (meaning.name == "where" and k == 0):
                continue
            if meaning.name == "multiply" and operands[1 - k] in self.opened:
                total = total.plus(t.either(UNMOVED, operands[1 - k]))  # share 0: true, as for where
            else:
                total = total.plus(t.times(flint.arb(self.of(n, k))))
        return total


def _sign(k: int) -> Any:
    return _between(-1, 1) if k == 0 else flint.arb(0)


# The slopes of a choice by its operand k, however it is decided.
CHOICES: dict[str, Callable[[int], Any]] = {
    **dict.fromkeys(EXTREMES, lambda k: _between(0, 1)),
    **dict.fromkeys((*MAGNITUDES, "copysign"), _sign),
    "sign": lambda k: flint.arb(0),
}
