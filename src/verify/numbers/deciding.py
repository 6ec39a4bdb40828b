"""Deciding: raise the working precision until every number asked for is known, or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from verify.numbers.balls import Plain, Undecided, decided, plain, precision
from verify.numbers.program import PRECISIONS, NoDerivative, Refused

POLE_BITS = 512  # a ball that is not finite at this precision is taken for a pole or a point outside the domain
Rows = list[list[Any]]


class Kink(Undecided):
    """The point is exactly where a slope jumps: no precision cures that."""


class Deadline:
    """The time that one witness may take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left; never 0."""
        return max(self.end - time.monotonic(), 1e-3)

    def check(self, what: str = "") -> None:
        """Raise Refused when the time is over."""
        if time.monotonic() > self.end:
            raise Refused(f"the budget of {self.seconds:g} s was used up{what}")

    def afford(self, seconds: float, what: str) -> None:
        """Raise Refused before beginning something that would take longer than the time that is left."""
        left = self.end - time.monotonic()
        if seconds > left:
            raise Refused(f"{what} would take about {seconds:.2g} s, of the budget {max(left, 0.0):.2g} s are left")


def until_decided(
    at: Callable[[int], Rows], check_budget: Callable[[], None], hand_out: Callable[[Any], Plain] = plain
) -> list[list[Plain]]:
    """Rows of balls as plain data, at the first precision that decides them to 100 bits.

    Arguments
        at: ``at(bits)`` computes the rows at the working precision ``bits``, which is set around the call.
        check_budget: raises Refused when the time is over. hand_out: a ball as plain data.
    Raises
        NoDerivative at a kink; Refused with the reason: an undecided branch, a value outside the domain, the budget.
    """
    reason = "the answer was not decided"
    for bits in PRECISIONS:
        check_budget()
        with precision(bits):
            try:
                found = at(bits)
            except Kink as kink:
                raise NoDerivative(f"{kink}: no unique derivative") from None
            except Undecided as undecided:
                reason = f"{undecided}: the point lies on an edge"
                continue
            if all(decided(x) for row in found for x in row):
                return [[hand_out(x) for x in row] for row in found]
            if bits >= POLE_BITS and not all(x.is_finite() for row in found for x in row):
                raise Refused("the exact value is not finite: outside the domain, or at a pole")
            reason = f"the enclosure is still too wide at {bits} bits"
    raise Refused(reason)
