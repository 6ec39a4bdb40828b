"""Verdicts: what a finding may say, and which of several is the worst."""

from __future__ import annotations

import enum
from collections.abc import Sequence


class Verdict(enum.Enum):
    """What a finding says; the value is the sentence."""

    PROVED = "equal to the exact gradient for all inputs of the branch"
    CERTIFIED = "at every point tried, within the stated units of the certified truth"
    AGREES = "met by a witness that shares nothing with it, within that witness's error bar"
    SUBGRADIENT = "no derivative exists here; the answer lies in the hull of the limiting gradients"
    WRONG = "outside the bounds of the truth"
    NOT_A_SUBGRADIENT = "at a kink, certainly outside the hull of the limiting gradients"
    INACCURATE = "the right formula, but rounding has cost more digits than the problem accounts for"
    BROKEN_CONTRACT = "not a derivative that others can use: a clause of the contract is broken"
    DIFFERENT_FUNCTION = "subject and reference do not compute the same value"
    UNDEFINED = "outside the domain, NaN input, or no derivative by nature"
    INCONCLUSIVE = "no witness could decide"

    @property
    def ok(self) -> bool:
        """Whether this verdict says that the derivative is right."""
        return self in _RIGHT


_RIGHT = (Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREES, Verdict.SUBGRADIENT)

# Worst first: wrong before unanswered before right; within a group from the bottom of the table to its top,
# except that WRONG outranks INACCURATE.
WORST_FIRST = (
    Verdict.BROKEN_CONTRACT, Verdict.WRONG, Verdict.INACCURATE, Verdict.NOT_A_SUBGRADIENT,
    Verdict.INCONCLUSIVE, Verdict.UNDEFINED, Verdict.DIFFERENT_FUNCTION,
    Verdict.SUBGRADIENT, Verdict.AGREES, Verdict.CERTIFIED, Verdict.PROVED,
)  # fmt: skip


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of a finding over many points."""
    return min(verdicts, key=WORST_FIRST.index)
