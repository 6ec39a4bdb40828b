"""Testimonies: what the witnesses answered, and how it reads at the entry that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Answer, Estimate, Refusal
from verify.finding import PointFinding, Says
from verify.judge import Judgement, Verdict
from verify.oracles import Oracle
from verify.question import Question

SHOWN = 4  # tangents that a note names
ELSEWHERE = frozenset({"elsewhere"})  # trusted by values that come with the claim


@dataclass(frozen=True)
class Testimony:
    """What a witness answered."""

    oracle: Oracle
    answer: Answer


def from_elsewhere(name: str) -> Oracle:
    def outside(question: Question) -> Answer:
        return question.claim.outside[name]

    outside.__name__ = name
    return Oracle(outside, ELSEWHERE)


def refusals(testimonies: Sequence[Testimony]) -> str:
    """Who refused and why, each reason once."""
    reasons: dict[str, list[str]] = {}
    for testimony in testimonies:
        if isinstance(testimony.answer, Refusal):
            reasons.setdefault(testimony.answer.reason, []).append(testimony.oracle.name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


def excludes(answer: Answer, truth: Estimate) -> bool:
    """Whether an estimate's bar and the truth's do not meet at some entry."""
    if not isinstance(answer, Estimate) or answer.value.shape != truth.value.shape:
        return False
    gap = np.abs((answer.value - truth.value) + (answer.low - truth.low))
    rounding = np.finfo(float).eps ** 2 * np.abs(truth.value)  # of adding high and low parts in doubles
    return bool((gap > answer.radius + truth.radius + rounding).any())


def at_worst_entry(
    question: Question, at: dict[str, Any], answer: np.ndarray, estimate: Estimate, result: Judgement, name: str
) -> PointFinding:
    """The point's worst entry, before the verdict is known."""
    row, entry = result.worst_entry
    failing = np.argwhere(~result.inside)
    order = sorted(((int(r), int(c)) for r, c in failing), key=lambda rc: -_badness(float(result.units[rc])))
    names = list(dict.fromkeys(question.entries[c] for _, c in order))
    largest = float(np.max(np.abs(estimate.value)))
    allowed = float(np.max(result.allowed))
    floor = question.claim.units * question.smallest + float(np.max(estimate.radius))  # where nothing can move
    return PointFinding(
        at,
        Verdict.INCONCLUSIVE,
        "",
        entry=question.entries[entry],
        row=row,
        yours=float(answer[row, entry]),
        truth=estimate.digits[row][entry] if estimate.digits else repr(float(estimate.value[row, entry])),
        gap=float(result.gap[row, entry]),
        allowed=float(result.allowed[row, entry]),
        units=float(result.units[row, entry]),
        resolution=allowed / largest if largest > 0 else np.inf if allowed > floor else None,
        judged_by=name,
        failing=tuple(names[:8]),
        failures=len(names),
        failing_inputs=tuple(dict.fromkeys(input_of(question, name) for name in names)),
        entries=answer.size,
    )


def input_of(question: Question, entry: str) -> str:
    """The input that an entry belongs to."""
    return next(n for n in sorted(question.names, key=len, reverse=True) if entry == n or entry.startswith(n + "["))


def asked_along(question: Question, point: PointFinding) -> tuple[str, ...]:
    """A note on the tangents that were asked for, of second derivatives on the one of the row that is shown."""
    if question.tangents is None or (question.claim.order == 2 and not point.entry):
        return ()
    row = point.row
    names = question.tangents.names(question.origin.entries, question.claim.seed)
    if question.claim.order == 1:
        return (f"asked along {len(names)} tangent{'s' * (len(names) > 1)}: {', '.join(names[:SHOWN])}",)
    outputs = len(question.origin.cotangents)
    of = f" of <g, f> with cotangent {row % outputs}" if outputs > 1 else ""
    return (f"row {row} of {question.shape[0]} is the Hessian{of} times {names[row // outputs]}",)


def _badness(units: float) -> float:
    return float("inf") if np.isnan(units) else float(units)


def says(testimony: Testimony, point: PointFinding, question: Question, truth: Testimony | None) -> Says:
    oracle, answer = testimony.oracle, testimony.answer
    trusts = tuple(sorted(oracle.trusts))
    if isinstance(answer, Refusal):
        return Says(oracle.name, trusts, refusal=answer.reason)
    entry = question.entries.index(point.entry) if point.entry else 0
    disputes = (
        truth is not None
        and testimony is not truth
        and isinstance(truth.answer, Estimate)
        and excludes(answer, truth.answer)
    )
    return Says(
        oracle.name,
        trusts,
        answer.certified,
        float(answer.value[point.row, entry]),
        float(answer.radius[point.row, entry]),
        answer.digits[point.row][entry] if answer.digits else "",
        disputes=disputes,
        note=answer.note,
    )


def seen_at_kink(testimonies: Sequence[Testimony]) -> list[str]:
    """What the witnesses say that saw a kink, and what keeps the series from an answer."""
    answers = [(t.oracle.name, t.answer) for t in testimonies if isinstance(t.answer, Refusal)]
    return [answer.reason for name, answer in answers if name == "series" or answer.undefined]
