"""Exact second derivatives of a recorded program: SymPy's derivative of every step, chained in series along a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.numbers.balls import Plain
from verify.numbers.deciding import Kink, until_decided
from verify.numbers.gradient import Slopes, adjoints_of, exactly
from verify.numbers.program import Program, Refused
from verify.numbers.series import Exhausted, Outside, Ramified, Series, constant, series
from verify.numbers.sides import Row, steps_along


def gradient_along(program: Program, rows: Sequence[Row], v: np.ndarray) -> list[list[Plain]]:
    """The derivative along v of the gradient of every row, which is its Hessian times v, as plain data.

    The reverse sweep is run over series in t at x + t v and at x - t v, and its coefficients of t are believed where
    both sides agree: a series by itself knows one side only.
    Raises NoDerivative where they differ, else Refused with the reason.
    """

    def at(bits: int) -> list[list[Any]]:
        try:
            return [_both_sides(program, row, v) for row in rows]
        except (Exhausted, Outside, Ramified) as singular:  # no precision cures that
            raise Refused(f"no second derivative by series: {singular}") from None

    return until_decided(at, program.check_budget)


def _both_sides(program: Program, row: Row, v: np.ndarray) -> list[Any]:
    """The coefficients of t in the gradient at x + t v, where the gradient has a derivative along v."""
    ahead, behind = (_gradient(program, row, side * v) for side in (1.0, -1.0))
    for a, b in zip(ahead, behind, strict=True):
        if not a.at(0).overlaps(b.at(0)):
            raise Kink("the first derivatives on two sides differ")
        if not a.at(1).overlaps(-b.at(1)):
            raise Kink("the second derivatives on two sides differ")
    return [a.at(1) for a in ahead]


def _gradient(program: Program, row: Row, v: np.ndarray) -> list[Series]:
    """The gradient along x + t v, one series for each input."""
    program.check_budget()
    needed, values = steps_along(program, row, [(1, v)], 1)
    adjoints = adjoints_of(program, needed, row, values, Slopes(program, values, "series"), exactly)
    return [series(adjoints.get(k, constant(0))) for k in range(len(program.point))]  # inputs are the first steps
