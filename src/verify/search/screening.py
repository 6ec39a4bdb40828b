"""The fast comparison: the answer at a point against a quick reference, and where they part against certified truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ad.userop import BrokenRule
from verify import subject as subjects
from verify.claim import Claim, Estimate
from verify.claimreading import ClaimError
from verify.judge import judge
from verify.movement import movement_of
from verify.neighbours import Neighbours
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.question import BrokenContract, Question, prepare
from verify.search.overflow import within_reach

VALUE_UNITS = 2.0**20  # a stated value this many roundoffs off is looked at by the judge, who knows what rounding does

# What the screen finds of a point. RIGHT: within the bar of a reference; DOUBTFUL: no quick witness can tell; WRONG:
# outside certified truth; SMALL: outside it by less than numbers that are not asked about; SPOILT: the answer raised or
# has another shape; OUTSIDE: f is undefined; BEYOND: something on the way of f or of its derivative overflows.
RIGHT, DOUBTFUL, WRONG, SMALL = "right", "doubtful", "wrong", "small"
SPOILT, OUTSIDE, BEYOND = "spoilt", "outside", "beyond"


@dataclass
class Clock:
    """The time of a search: ``share`` of its seconds is over or not. It only ever ends work, never orders it."""

    seconds: float
    begun: float = field(default_factory=time.monotonic)

    def over(self, share: float = 1.0) -> bool:
        """Whether that part of the time is over."""
        return self.spent > share * self.seconds

    def rest(self) -> Clock:
        """A clock for the time that is left: the verdict at the example may have taken much of it."""
        return Clock(max(self.seconds - self.spent, 0.0))

    @property
    def spent(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.begun


@dataclass(frozen=True, eq=False)
class Seen:
    """A point that was screened: what was found there, how many units off, and in words why it is no answer."""

    v: np.ndarray
    claim: Claim
    kind: str
    units: float = 0.0
    why: str = ""
    infinite: bool = False  # whether an entry of the answer is


@dataclass(eq=False)
class Screen:
    """Compares answers with references.

    seconds: for a certified witness. least: the smallest magnitude that is asked about; a gap smaller than the bar's
    number of those is none. witnesses: the certified ones, the quickest first once that is known.
    """

    seconds: float
    least: float = 0.0
    witnesses: list[Any] = field(default_factory=list)

    def at(self, v: np.ndarray, claim: Claim) -> Seen:
        """What a quick look says of a point."""
        with np.errstate(all="ignore"):
            try:
                question = prepare(claim)
            except Exception as problem:  # f is not made for this point
                return Seen(v, claim, OUTSIDE, why=f"f raised {type(problem).__name__}: {problem}")
            outputs = [np.asarray(y) for y in question.origin.returned]  # in the format of the subject
            if not all(np.isfinite(y).all() for y in outputs):
                undefined = any(np.isnan(y).any() for y in outputs)
                return Seen(v, claim, OUTSIDE if undefined else BEYOND)
            try:
                return self._compared(question, v, claim)
            except (BrokenContract, BrokenRule, ClaimError) as problem:
                return Seen(v, claim, SPOILT, np.inf, str(problem))
            except Exception as problem:
                return Seen(v, claim, SPOILT, np.inf, f"it raised {type(problem).__name__}: {problem}")

    def _compared(self, question: Question, v: np.ndarray, claim: Claim) -> Seen:
        answer = subjects.answer(question)
        infinite = bool(np.isinf(answer).any())
        if _states_another_value(question):
            return Seen(v, claim, WRONG, np.inf, infinite=infinite)
        if not subjects.trusts(claim) and (rows := _by_engine(question)) is not None:
            units = _plain_units(question, answer, rows)
            if units <= claim.units:
                return Seen(v, claim, RIGHT, units)
        return replace(self.exactly(question, answer, v, claim), infinite=infinite)

    def exactly(self, question: Question, answer: np.ndarray, v: np.ndarray, claim: Claim) -> Seen:
        """What certified truth says of a point."""
        near = Neighbours(question, Deadline(self.seconds), self.witnesses)
        try:
            truth = near.truth(question)
        except Refused:
            truth = None
        if truth is None:
            return Seen(v, claim, DOUBTFUL if within_reach(question) else BEYOND, np.inf)
        units, inside = _exact_units(question, answer, truth, 0.0)
        if inside:
            return Seen(v, claim, RIGHT, units)
        if self.least and _exact_units(question, answer, truth, self.least)[1]:
            return Seen(v, claim, SMALL, units)
        return Seen(v, claim, WRONG if within_reach(question) else BEYOND, units)

    def measured(self, v: np.ndarray, claim: Claim) -> Seen:
        """The error at a point in units of certified truth; as ``at`` where there is no such thing."""
        with np.errstate(all="ignore"):
            seen = self.at(v, claim)
            if seen.kind != RIGHT:
                return seen
            question = prepare(claim)
            return self.exactly(question, subjects.answer(question), v, claim)


def _by_engine(question: Question) -> np.ndarray | None:
    """The engine's gradient as rows; None where it has none or it is no number."""
    try:
        rows = question.rows(subjects.engine_rows(question, question.reference))
    except Exception:  # f is not NumPy throughout, or an op without a rule
        return None
    return rows if rows.shape == question.shape and np.isfinite(rows).all() else None


def _plain_units(question: Question, answer: np.ndarray, reference: np.ndarray) -> float:
    """The largest error in roundoffs of the reference; NaN is the largest of all."""
    unit = question.roundoff * np.abs(reference) + question.smallest
    units = np.abs(answer - reference) / unit
    return float(np.max(np.where(np.isnan(units), np.inf, units), initial=0.0))


def _exact_units(question: Question, answer: np.ndarray, truth: Estimate, least: float) -> tuple[float, bool]:
    def judged(movement: Any) -> Any:
        u, eta, bar = question.roundoff, max(question.smallest, least), question.claim.units
        return judge(answer, truth, u, eta, bar, movement, question.largest)

    try:
        result = judged(lambda: movement_of(question))
    except Refused:
        result = judged(None)
    units = np.where(np.isnan(result.units), np.inf, result.units)
    if result.inside.all():
        return float(np.max(units, initial=0.0)), True
    return float(np.max(units[~result.inside])), False


def _states_another_value(question: Question) -> bool:
    """Whether the subject states a function value far from f's own."""
    stated: Sequence[np.ndarray] | None = subjects.claimed_value(question)
    if stated is None:
        return False
    pairs = zip(stated, question.origin.outputs, strict=True)
    return any(bool((np.abs(a - y) > VALUE_UNITS * question.roundoff * np.abs(y)).any()) for a, y in pairs)
