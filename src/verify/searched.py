"""What a search for the worst point looked at: plain data, part of a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Side:
    """One side of a condition that f or the judged derivative decides by, and how many points were tried on it."""

    condition: str
    tried: int


@dataclass(frozen=True)
class Variant:
    """Another shape or layout of the inputs, and what came of it: "right", "wrong", or why it was not judged."""

    text: str
    outcome: str


@dataclass(frozen=True)
class SearchFacts:
    """How a sweep looked for the worst point.

    tried       points at which the answer was compared with a quick reference; verdicts: those that were judged
    outside     points at which f is undefined; beyond: points at which f, or something on the way to its
                derivative, overflows
    small       points at which the answer is off by less than the numbers that were asked about
    undecided   points that no witness could decide, in all; unknown: some of them, with the reason
    sides       of the conditions that were found, with the number of points tried on each
    boundaries  conditions on both sides of whose edge points were tried, to neighbouring floats
    units       the largest error that was measured, at the point ``at``, in the entries of the inputs
    variants    shapes and layouts that were tried
    ended       what was left out because the budget was over; empty: nothing, the search can be repeated exactly
    """

    tried: int
    verdicts: int
    outside: int
    beyond: int
    small: int
    undecided: int
    unknown: tuple[str, ...]
    sides: tuple[Side, ...]
    boundaries: tuple[str, ...]
    units: float | None
    at: Mapping[str, Any]
    variants: tuple[Variant, ...]
    seed: int
    ended: str = ""

    @property
    def missed(self) -> tuple[str, ...]:
        """The sides of conditions on which no point was tried."""
        return tuple(side.condition for side in self.sides if not side.tried)
