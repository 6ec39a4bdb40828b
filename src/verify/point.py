"""The verdict at one point: survey it, ask the subject, ask the witnesses, judge, and keep the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ad.userop import BrokenRule
from verify import subject as subjects
from verify.adapters.points import run_by
from verify.approximate import by_approximate, witnesses_of
from verify.claim import Claim, Estimate, Refusal
from verify.claimreading import ClaimError
from verify.diagnosis import wrong_formula
from verify.finding import Clause, PointFinding
from verify.judge import Judgement, Verdict, judge
from verify.kinks import kink_point
from verify.movement import movement_of
from verify.numbers.program import Refused
from verify.numbers.recorded import certainly_outside, on_an_edge
from verify.oracles import TRUTH, symbolic
from verify.oracles.witness import facing
from verify.question import FORM, BrokenContract, Question, prepare
from verify.rounding import on_branch
from verify.sameness import different_value, either_side
from verify.shares import OnBranch
from verify.survey import Remark, branches, survey
from verify.testimony import ELSEWHERE, Testimony, asked_along, at_worst_entry, excludes, from_elsewhere, says

BY_MEANING = tuple(witness.name for witness in TRUTH)


@dataclass(frozen=True, eq=False)
class Judged:
    """The verdict on the value at a point, and what it rests on.

    question  None where f itself raised. answer: what the subject said; None where it raised, or was not asked
    truth     the certified one, where there is one. remarks: what the survey found at the point
    """

    point: PointFinding
    question: Question | None = None
    answer: np.ndarray | None = None
    truth: Estimate | None = None
    remarks: tuple[Remark, ...] = ()


def point_finding(claim: Claim) -> PointFinding:
    """The verdict on the value at the claim's point. Whatever the user's code raises becomes part of the finding."""
    return judged(claim).point


def judged(claim: Claim) -> Judged:
    """The same with what it rests on."""
    with np.errstate(all="ignore"):  # poles and overflow are visited on purpose; the finding says what came of it
        return _at_point(claim)


def _at_point(claim: Claim) -> Judged:
    at = shown_point(claim)
    try:
        question = prepare(claim)
    except ClaimError:
        raise
    except Exception as problem:
        return Judged(PointFinding(at, Verdict.INCONCLUSIVE, f"f raised {type(problem).__name__}: {problem}"))
    origin = question.origin
    at = dict(zip(origin.names, (np.asarray(x).tolist() for x in origin.leaves), strict=True))
    remarks = tuple(survey(origin))
    if remarks and remarks[0].kind == "nan":
        return Judged(PointFinding(at, Verdict.UNDEFINED, remarks[0].text))
    # The survey computes in floating point, where an overflow may look like a wrong argument: exact
    # arithmetic has the last word on whether the point is outside.
    outside = bool(remarks) and remarks[0].kind == "outside"
    if outside and isinstance(symbolic(question), Refusal) and certainly_outside(origin):
        return Judged(PointFinding(at, Verdict.UNDEFINED, remarks[0].text))
    try:
        answer = subjects.answer(question)
    except (BrokenContract, BrokenRule) as broken:
        return Judged(_formless(at, broken))
    except ClaimError:
        raise
    except Exception as problem:
        reason = f"the judged derivative raised {type(problem).__name__}: {problem}"
        return Judged(PointFinding(at, Verdict.INCONCLUSIVE, reason), question)
    return _judged(question, at, answer, remarks)


def _formless(at: dict[str, Any], broken: Exception) -> PointFinding:
    """The point of an answer that cannot be read as rows of numbers."""
    return PointFinding(at, Verdict.BROKEN_CONTRACT, str(broken), clauses=(Clause(FORM, False, str(broken)),))


def shown_point(claim: Claim) -> dict[str, Any]:
    """The arguments of a claim that may have no names yet: numbers as they are, all else as text."""
    return {f"x{i}": float(x) if isinstance(x, int | float) else str(x) for i, x in enumerate(claim.xs)}


def _judged(question: Question, at: dict[str, Any], answer: np.ndarray, remarks: tuple[Remark, ...]) -> Judged:
    """Ask the witnesses and judge by the best of them."""
    try:
        different = different_value(question.origin)
    except BrokenContract as broken:
        return Judged(_formless(at, broken))
    except Exception as problem:
        reason = f"the stated value raised {type(problem).__name__}: {problem}"
        return Judged(PointFinding(at, Verdict.INCONCLUSIVE, reason))
    if different:
        choice = either_side(question.origin)
        verdict = Verdict.UNDEFINED if choice else Verdict.DIFFERENT_FUNCTION
        return Judged(PointFinding(at, verdict, f"{different}; {choice}" if choice else different))
    if not answer.size:
        reason = f"vacuous: the derivative has no entries, shape {answer.shape}"
        return Judged(PointFinding(at, Verdict.INCONCLUSIVE, reason))
    testimonies = [Testimony(facing(o, question), o(question)) for o in witnesses_of(question.claim)]
    outside = [Testimony(from_elsewhere(name), e) for name, e in question.claim.outside.items()]
    truth = next((t for t in testimonies if t.oracle.name in BY_MEANING and isinstance(t.answer, Estimate)), None)
    if truth is not None:
        point = _by_certified(question, at, answer, truth, testimonies + outside)
    elif remarks or any(isinstance(t.answer, Refusal) and t.answer.undefined for t in testimonies):
        point = kink_point(question, at, answer, testimonies)
    elif edge := on_an_edge(question.origin):
        point = PointFinding(at, Verdict.INCONCLUSIVE, edge)
    else:
        point = by_approximate(question, at, answer, testimonies + outside)
    point = replace(
        point,
        witnesses=tuple(says(t, point, question, truth) for t in testimonies + outside),
        notes=point.notes
        + ((f"held against {question.claim.against}",) if question.claim.against else ())
        + ((run_by(question.claim.foreign),) if question.claim.foreign is not None else ())
        + asked_along(question, point)
        + tuple(f"{r.kind}: {r.text}" for r in (*remarks, *branches(question))),
    )
    certified = truth.answer if truth is not None and isinstance(truth.answer, Estimate) else None
    return Judged(point, question, answer, certified, remarks)


def _by_certified(
    question: Question, at: dict[str, Any], answer: np.ndarray, truth: Testimony, testimonies: list[Testimony]
) -> PointFinding:
    estimate = truth.answer
    assert isinstance(estimate, Estimate)
    result, unmoved = by_units(question, answer, estimate)
    point = at_worst_entry(question, at, answer, estimate, result, truth.oracle.name)
    disputed = [t for t in testimonies if t is not truth and excludes(t.answer, estimate)]
    if any(t.oracle.trusts == ELSEWHERE for t in disputed):
        reason = f"{disputed[0].oracle.name} and {truth.oracle.name} exclude each other"
        return replace(point, verdict=Verdict.INCONCLUSIVE, reason=reason)
    if result.inside.all():
        return _certified(point)
    beside = on_branch(question, answer, estimate, result)
    if beside is not None:
        point = at_worst_entry(question, at, answer, beside.estimate, beside.judgement, truth.oracle.name)
        if beside.verdict in (Verdict.CERTIFIED, Verdict.AGREES):
            return _on_other_branch(_certified(point), beside)
        return replace(point, verdict=beside.verdict, reason=beside.reason)
    wrong, text = wrong_formula(question, estimate, answer, result)
    if wrong is not True and unmoved:
        reason = f"how far rounding may move the answer is not known ({unmoved}); {text}"
        return replace(point, verdict=Verdict.INCONCLUSIVE, reason=reason)
    verdict, reason = Verdict.INACCURATE if wrong is False else Verdict.WRONG, text
    if not np.isfinite(answer[~result.inside]).all():
        reason = f"the answer is {point.yours} where the truth is finite; {reason}"
    return replace(point, verdict=verdict, reason=reason)


def _on_other_branch(point: PointFinding, beside: OnBranch) -> PointFinding:
    """The point of an answer that is right on another branch, unless the allowance makes that say nothing."""
    if point.verdict is Verdict.CERTIFIED:
        point = replace(point, verdict=beside.verdict, reason=beside.verdict.value)
    return replace(point, notes=(beside.reason,))


def _certified(point: PointFinding) -> PointFinding:
    """The point of an answer within units of the truth: right, unless so much is allowed that this says nothing."""
    if point.resolution is not None and point.resolution >= 0.5:
        share = f"{point.resolution:.2g} of the largest entry of the truth"
        text = f"vacuous: the allowance is {share if np.isfinite(point.resolution) else 'not 0 where the truth is'}"
        return replace(point, verdict=Verdict.INCONCLUSIVE, reason=text)
    return replace(point, verdict=Verdict.CERTIFIED, reason=Verdict.CERTIFIED.value)


def by_units(question: Question, answer: np.ndarray, truth: Estimate) -> tuple[Judgement, str]:
    """The judgement; where the movement is refused, the one without it and the reason."""

    def judged(movement: Callable[[], np.ndarray] | None) -> Judgement:
        u, eta, bar = question.roundoff, question.smallest, question.claim.units
        return judge(answer, truth, u, eta, bar, movement, question.largest)

    try:
        return judged(lambda: movement_of(question)), ""
    except Refused as refused:
        return judged(None), str(refused)
