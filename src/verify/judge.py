"""The only comparison in the project.

An error is counted in units. For an entry with exact derivative D, in a dtype with unit roundoff u and smallest
subnormal eta, one unit is

    u*|D| + eta + u*m

where the movement m is how far D itself moves, to first order, when everything that floating-point
arithmetic rounds moves by one part in 1/u. Up to ``bar`` units an answer is right; the truth correctly
rounded always is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from verify.claim import Estimate
from verify.verdict import WORST_FIRST, Verdict, worst

__all__ = ["WORST_FIRST", "Judgement", "Verdict", "judge", "worst"]


@dataclass(frozen=True, eq=False)
class Judgement:
    """How every entry of an answer compares with an estimate; arrays of shape (rows, entries)."""

    gap: np.ndarray
    allowed: np.ndarray
    units: np.ndarray
    inside: np.ndarray

    @property
    def worst_entry(self) -> tuple[int, int]:
        """The entry with the largest error in units, failures first, and NaN before anything."""
        units = np.where(np.isnan(self.units), np.inf, self.units)
        badness = units if self.inside.all() else np.where(self.inside, -1.0, units)
        row, entry = np.unravel_index(int(np.argmax(badness)), badness.shape)
        return int(row), int(entry)


def judge(
    answer: np.ndarray,
    truth: Estimate,
    roundoff: float,
    smallest: float,
    bar: float,
    movement: Callable[[], np.ndarray] | None = None,
    largest: float = float(np.finfo(float).max),
) -> Judgement:
    """Compare an answer with an estimate, in units.

    Arguments
        answer: float64 array (rows, entries), exactly what the subject gave.
        truth: the estimate to compare with. roundoff: u of the subject's dtype. smallest: its eta.
        bar: how many units are allowed. movement: computes m; called only when an entry is not already
            inside without it.
        largest: of the subject's dtype; a truth beyond it is an infinity when rounded.
    Returns
        a Judgement. An entry is inside when ``gap <= allowed``, which NaN never is, or when the answer is
        the truth correctly rounded.
    """
    with np.errstate(all="ignore"):
        beyond = np.where(np.abs(truth.value) > largest, np.copysign(np.inf, truth.value), truth.value)
        rounded = (answer == truth.value) | (answer == beyond)
        gap = np.where(rounded & np.isinf(answer), 0.0, np.abs((answer - truth.value) - truth.low))
        unit = roundoff * np.abs(truth.value) + smallest
        result = _counted(truth, gap, unit, bar, rounded)
        if movement is not None and not result.inside.all():
            result = _counted(truth, gap, unit + roundoff * movement(), bar, rounded)
    return result


def _counted(truth: Estimate, gap: np.ndarray, unit: np.ndarray, bar: float, rounded: np.ndarray) -> Judgement:
    allowed = bar * unit + truth.radius
    inside = (gap <= allowed) & np.isfinite(truth.value) | rounded  # no number is near a truth that overflows
    units = np.where(rounded, 0.0, np.maximum(gap - truth.radius, 0.0) / unit)
    units = np.where(np.isnan(units) & ~np.isnan(gap), np.inf, units)
    return Judgement(gap, allowed, units, inside)
