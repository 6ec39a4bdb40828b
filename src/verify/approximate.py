"""The verdict where there is no certified truth: an independent witness may still agree, or rule the answer out.

Of a framework's function without a translation an accusation is confirmed by differences along tangents: a witness
alone may have met a kink, or values coarser than they show.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from verify import subject as subjects
from verify.claim import Claim, Estimate, Refusal
from verify.finding import PointFinding
from verify.judge import Judgement, Verdict, judge
from verify.numbers.program import Refused
from verify.oracles import CERTIFY, composite
from verify.oracles.projected import Along, along_tangents
from verify.question import Question
from verify.sensitivity import in_float64, is_coarse, sensitivity
from verify.testimony import Testimony, at_worst_entry, refusals

VACUOUS = 0.5  # of the largest entry: an allowance so wide says nothing
FINE = 2.0**-16  # of the roundoff: what float64 is off by there is no rounding that float32 shows
BY_TANGENTS = "differences along tangents"


def witnesses_of(claim: Claim) -> tuple[Any, ...]:
    """The witnesses that a claim asks: also a reference's own derivative, where that has no translation."""
    if claim.oracles:
        return tuple(claim.oracles)
    other = claim.opaque is not None and claim.opaque.foreign is not claim.foreign
    return (composite, *CERTIFY) if other else CERTIFY


def by_approximate(
    question: Question, at: dict[str, Any], answer: np.ndarray, testimonies: list[Testimony]
) -> PointFinding:
    """The point judged by the first independent witness that agrees, else by those that exclude the answer."""
    excluding: list[tuple[PointFinding, Estimate]] = []
    shares = subjects.trusts(question.claim)
    for testimony in testimonies:
        estimate = testimony.answer
        if not isinstance(estimate, Estimate) or testimony.oracle.trusts & shares:
            continue
        result = _judged(question, answer, estimate)
        point = at_worst_entry(question, at, answer, estimate, result, testimony.oracle.name)
        if not result.inside.all():
            reason = f"outside the error bar of {testimony.oracle.name}"
            excluding.append((replace(point, verdict=Verdict.WRONG, reason=reason), estimate))
            if testimony.oracle is composite and _confirmed(question, answer, estimate):
                break  # it is finer than differences, which may hold both
            continue
        reason = f"within the error bar of {testimony.oracle.name}; no certified truth: {refusals(testimonies)}"
        vacuous = point.resolution is not None and point.resolution >= VACUOUS
        verdict = Verdict.INCONCLUSIVE if vacuous else Verdict.AGREES
        return replace(point, verdict=verdict, reason="vacuous: " + reason if vacuous else reason)
    if excluding:
        return _excluded(question, answer, *excluding[0])
    if question.claim.opaque is not None:
        return _projected(question, at, answer, testimonies)
    return PointFinding(at, Verdict.INCONCLUSIVE, f"no witness could decide: {refusals(testimonies)}")


def _excluded(question: Question, answer: np.ndarray, point: PointFinding, estimate: Estimate) -> PointFinding:
    """A witness's accusation; of a function without a translation only where differences along tangents bear it out."""
    if question.claim.opaque is not None and not _confirmed(question, answer, estimate):
        reason = f"{point.reason}, but {BY_TANGENTS} do not bear that witness out"
        return replace(point, verdict=Verdict.INCONCLUSIVE, reason=reason)
    if is_coarse(question) and _right_in_float64(question, estimate):
        reason = f"{point.reason}, and in float64 the same backward is within it: how far rounding may move the answer "
        return replace(point, verdict=Verdict.INCONCLUSIVE, reason=f"{reason}is not known")
    return point


def _judged(question: Question, answer: np.ndarray, estimate: Estimate) -> Judgement:
    """The answer by an estimate, in a coarse format with the movement that is known: what rounding the inputs makes."""
    u, eta, bar = question.roundoff, question.smallest, question.claim.units
    moved = (lambda: sensitivity(question)) if is_coarse(question) else None
    try:
        return judge(answer, estimate, u, eta, bar, moved, question.largest)
    except Refused:
        return judge(answer, estimate, u, eta, bar, largest=question.largest)


def _right_in_float64(question: Question, estimate: Estimate) -> bool:
    """Whether the subject's own float64 meets a witness that its coarser answer does not."""
    try:
        found = in_float64(question)
    except Refused:
        return False
    return bool(judge(found, estimate, FINE * question.roundoff, question.smallest, question.claim.units).inside.all())


def _confirmed(question: Question, answer: np.ndarray, estimate: Estimate) -> bool:
    """Whether differences along tangents meet a witness that excludes the answer."""
    along = along_tangents(question, answer)
    if isinstance(along, Refusal):
        return False
    bar = estimate.radius @ np.abs(along.tangents).T
    return bool((np.abs(along.of(estimate.value) - along.value) <= along.radius + bar).all())


def _projected(
    question: Question, at: dict[str, Any], answer: np.ndarray, testimonies: list[Testimony]
) -> PointFinding:
    """The point judged along seeded signed tangents alone: too many entries for a quotient each."""
    along = along_tangents(question, answer)
    if isinstance(along, Refusal):
        reason = f"no witness could decide: {BY_TANGENTS}: {along.reason}; {refusals(testimonies)}"
        return PointFinding(at, Verdict.INCONCLUSIVE, reason)
    result = _along(question, answer, along)
    number, (row, k) = len(along.tangents), result.worst_entry
    said = f"<g, J t> is {along.of(answer)[row, k]:.6g}, by differences {along.value[row, k]:.6g} +- "
    said += f"{along.radius[row, k]:.2g} along tangent {k + 1} of {number}, seeded and signed; no entry is seen alone"
    resolution = float(
        np.min(result.allowed / np.abs(along.value))
    )  # of the sharpest: what is wrong all over shows there
    point = PointFinding(
        at, Verdict.WRONG, f"outside the error bar of {BY_TANGENTS}: {said}", row=row, entries=answer.size,
        judged_by=BY_TANGENTS, resolution=resolution,
    )  # fmt: skip
    if not result.inside.all():
        return point
    reason = f"within the error bar of {BY_TANGENTS}: {said}; no certified truth: {refusals(testimonies)}"
    if resolution < VACUOUS:
        return replace(point, verdict=Verdict.AGREES, reason=reason)
    return replace(point, verdict=Verdict.INCONCLUSIVE, reason=f"vacuous: {reason}")


def _along(question: Question, answer: np.ndarray, along: Along) -> Judgement:
    """The answer along the tangents, judged; rounding of its entries adds up as their sizes do."""
    sizes = np.abs(answer) @ np.abs(along.tangents).T
    radius = along.radius + question.claim.units * question.roundoff * sizes
    estimate = Estimate(along.value, radius, np.zeros_like(radius))
    return judge(along.of(answer), estimate, question.roundoff, question.smallest, question.claim.units)
