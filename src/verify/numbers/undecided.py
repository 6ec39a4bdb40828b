"""Bounds on a gradient over all ways to take the decisions that lie within rounding of their edge.

A direction is pushed forward with the interval of slopes that each operation has: an undecided absolute value
either sign, an undecided maximum or selection either operand, an undecided condition anything from 0 to 1. Natural
interval extension, so that what any way of deciding gives is inside.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    tangents: dict[int, Interval] = {}
    for n in needed:
        try:
            tangents[n] = bounds.tangent(n, tangents, direction)
        except (Undecided, ZeroDivisionError):
            return float("inf")
    total = STILL
    for term, g in row:
        total = total.plus(tangents[term.index].times(flint.arb(g)))
    return float(total.high.upper()) if total.high.is_finite() else float("inf")


def _between(low: int, high: int) -> Any:
    return flint.arb(low).union(flint.arb(high))


class _Bounds(Slopes):
    """Values and slopes of the steps, those of undecided ones from one side to the other.

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
        return enclosed(meaning, xs)

    def of(self, n: int, k: int) -> Any:
        """The slope of step n by its operand k, or the ball of all slopes that it may have."""
        meaning, operands = self.program.steps[n]
        if meaning.name == "where" and operands[0] in self.opened:
            return _between(0, 1)
        if n not in self.undecided:
            try:
                return super().of(n, k)
            except Undecided:
                if meaning.name not in CHOICES:
                    raise
        return CHOICES[meaning.name](k)

    def tangent(self, n: int, tangents: dict[int, Interval], direction: np.ndarray) -> Interval:
        """All derivatives of step n along the direction; raises Undecided."""
        meaning, operands = self.program.steps[n]
        if meaning is INPUT:
            moved = flint.arb(float(direction[operands[0]]))
            return Interval(moved, moved)
        if meaning is CONSTANT or meaning.name in CONDITIONS:
            return STILL
        ts = [tangents[i] for i in operands]
        if n in self.undecided and meaning.name in EXTREMES:
            return ts[0].hull(ts[1])
        if meaning.name == "where" and operands[0] in self.opened:
            return ts[1].hull(ts[2])
        total = STILL
        for k, t in enumerate(ts):
            if not t.still and not (meaning.name == "where" and k == 0):
                total = total.plus(t.times(flint.arb(self.of(n, k))))
        return total


SIGNS = dict.fromkeys((*MAGNITUDES, "copysign"), lambda k: _between(-1, 1) if k == 0 else flint.arb(0))
CHOICES = {**dict.fromkeys(EXTREMES, lambda k: _between(0, 1)), **SIGNS, "sign": lambda k: flint.arb(0)}
