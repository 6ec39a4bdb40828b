"""The verdict at one point: survey it, ask the subject, ask the witnesses, judge, and keep the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ad.userop import BrokenRule
from verify import subject as subjects
from verify.blame.culprits import explanations
from verify.claim import Claim, ClaimError, Estimate, Refusal
from verify.contract import FORM, UNTOUCHED, clauses_of, rows_by_themselves
from verify.diagnosis import one_triangle, one_use, wrong_formula
from verify.finding import Clause, PointFinding
from verify.judge import Judgement, Verdict, judge
from verify.kinks import kink_point
from verify.movement import movement_of
from verify.numbers.nudged import value_enclosure
from verify.numbers.program import Refused
from verify.numbers.recorded import certainly_outside, on_an_edge, recorded
from verify.oracles import CERTIFY, symbolic
from verify.oracles.witness import facing
from verify.question import BrokenContract, Question, prepare
from verify.rounding import on_branch
from verify.shares import OnBranch
from verify.survey import Remark, branches, survey
from verify.testimony import ELSEWHERE, Testimony, asked_along, at_worst_entry, excludes, from_elsewhere, refusals, says

Complete = Callable[[PointFinding, Question, np.ndarray, Testimony | None, list[Remark]], PointFinding]
TRUTH = ("symbolic", "series", "enclosure")  # certified witnesses that rest on the mathematics of the op table


def point_finding(claim: Claim) -> PointFinding:
    """The verdict at the claim's point. Whatever the user's code raises becomes part of the finding."""
    with np.errstate(all="ignore"):  # poles and overflow are visited on purpose; the finding says what came of it
        return _at_point(claim, with_contract)


def _by_value(claim: Claim) -> PointFinding:
    """The verdict on the value alone, which clauses of the contract ask for at other points."""
    return _at_point(claim, lambda point, *_: point)


def _at_point(claim: Claim, complete: Complete) -> PointFinding:
    """complete: what is made of the verdict on the value, given what it was made of."""
    at = shown_point(claim)
    try:
        question = prepare(claim)
    except ClaimError:
        raise
    except Exception as problem:
        return PointFinding(at, Verdict.INCONCLUSIVE, f"f raised {type(problem).__name__}: {problem}")
    origin = question.origin
    at = dict(zip(origin.names, (np.asarray(x).tolist() for x in origin.leaves), strict=True))
    remarks = survey(origin)
    if remarks and remarks[0].kind == "nan":
        return PointFinding(at, Verdict.UNDEFINED, remarks[0].text)
    # The survey computes in floating point, where an overflow may look like a wrong argument: exact
    # arithmetic has the last word on whether the point is outside.
    outside = bool(remarks) and remarks[0].kind == "outside"
    if outside and isinstance(symbolic(question), Refusal) and certainly_outside(origin):
        return PointFinding(at, Verdict.UNDEFINED, remarks[0].text)
    try:
        answer = subjects.answer(question)
    except (BrokenContract, BrokenRule) as broken:
        clauses = (Clause(FORM, False, str(broken)),)
        return PointFinding(at, Verdict.BROKEN_CONTRACT, str(broken), clauses=clauses)
    except ClaimError:
        raise
    except Exception as problem:
        return _raised(question, at, problem)
    return _judged(question, at, answer, remarks, complete)


def _raised(question: Question, at: dict[str, Any], problem: Exception) -> PointFinding:
    """The point where the judged derivative raised: it may be that the rule of an op wrote where it must not."""
    reason = f"the judged derivative raised {type(problem).__name__}: {problem}"
    clauses = clauses_of(question, _by_value) if question.claim.judged == "engine" else ()
    broken = next((clause for clause in clauses if clause.name in UNTOUCHED and clause.held is False), None)
    if broken is None:
        return PointFinding(at, Verdict.INCONCLUSIVE, reason)
    reason = f"clause {broken.name}: {broken.text}; {reason}"
    return PointFinding(at, Verdict.BROKEN_CONTRACT, reason, clauses=clauses)


def with_contract(
    point: PointFinding, question: Question, answer: np.ndarray, truth: Testimony | None, remarks: list[Remark]
) -> PointFinding:
    """The verdict on the value, and on the clauses of the contract.

    A wrong value is told first, and the clauses beside it. A broken clause ends what is right, and what no witness
    could decide.
    """
    estimate = truth.answer if truth is not None and isinstance(truth.answer, Estimate) else None
    rough = remarks[0].text if remarks else ""
    clauses = clauses_of(question, _by_value, answer, estimate, point, rough)
    broken = next((clause for clause in clauses if clause.held is False), None)
    outside = point.verdict in (Verdict.WRONG, Verdict.INACCURATE)
    explained = outside and estimate is not None and _right_by_itself(question, clauses, estimate)
    if broken is not None and (point.ok or point.verdict is Verdict.INCONCLUSIVE or explained):
        reason = f"clause {broken.name}: {broken.text}"
        return replace(point, verdict=Verdict.BROKEN_CONTRACT, reason=reason, clauses=clauses)
    return replace(point, clauses=clauses)


def _right_by_itself(question: Question, clauses: tuple[Clause, ...], truth: Estimate) -> bool:
    """Whether a backward pass that spoils what it is handed is right with fresh arrays: that explains its value."""
    spoils = any(clause.name in UNTOUCHED and clause.held is False for clause in clauses)
    if not spoils or question.claim.order > 1 or question.claim.judged not in ("vjp", "engine"):
        return False
    try:
        rows = rows_by_themselves(question)
    except Exception:  # code of users, once more, or out of time
        return False
    return bool(_by_units(question, rows, truth)[0].inside.all())


def shown_point(claim: Claim) -> dict[str, Any]:
    """The arguments of a claim that may have no names yet: numbers as they are, all else as text."""
    return {f"x{i}": float(x) if isinstance(x, int | float) else str(x) for i, x in enumerate(claim.xs)}


def _judged(
    question: Question, at: dict[str, Any], answer: np.ndarray, remarks: list[Remark], complete: Complete
) -> PointFinding:
    """Ask the witnesses and judge by the best of them."""
    try:
        different = _different_value(question.origin)
    except BrokenContract as broken:
        clauses = (Clause(FORM, False, str(broken)),)
        return PointFinding(at, Verdict.BROKEN_CONTRACT, str(broken), clauses=clauses)
    except Exception as problem:
        return PointFinding(at, Verdict.INCONCLUSIVE, f"the stated value raised {type(problem).__name__}: {problem}")
    if different:
        return PointFinding(at, Verdict.DIFFERENT_FUNCTION, different)
    if not answer.size:
        return PointFinding(at, Verdict.INCONCLUSIVE, f"vacuous: the derivative has no entries, shape {answer.shape}")
    asked: tuple[Any, ...] = question.claim.oracles or CERTIFY
    testimonies = [Testimony(facing(o, question), o(question)) for o in asked]
    outside = [Testimony(from_elsewhere(name), e) for name, e in question.claim.outside.items()]
    truth = next((t for t in testimonies if t.oracle.name in TRUTH and isinstance(t.answer, Estimate)), None)
    if truth is not None:
        point = _by_certified(question, at, answer, truth, testimonies + outside)
    elif remarks or any(isinstance(t.answer, Refusal) and t.answer.undefined for t in testimonies):
        point = kink_point(question, at, answer, testimonies)
    elif edge := on_an_edge(question.origin):
        point = PointFinding(at, Verdict.INCONCLUSIVE, edge)
    else:
        point = _by_approximate(question, at, answer, testimonies + outside)
    point = complete(point, question, answer, truth, remarks)
    return replace(
        point,
        witnesses=tuple(says(t, point, question, truth) for t in testimonies + outside),
        notes=point.notes
        + asked_along(question, point)
        + tuple(f"{r.kind}: {r.text}" for r in (*remarks, *branches(question))),
        explanations=point.explanations + explanations(question, point, point_finding),
    )


def _different_value(question: Question) -> str:
    """A sentence when the subject states another function value than f has, in units; else ''."""
    stated = subjects.claimed_value(question)
    if stated is None:
        return ""
    try:
        program, rows = recorded(question)
        values, moved = value_enclosure(program, rows, question.claim.seed)
    except Refused:
        values = _weighted(question, question.outputs)
        moved = np.abs(values) * 2**10
    found = _weighted(question, stated)
    allowed = question.claim.units * (question.roundoff * (np.abs(values) + moved) + question.smallest)
    wrong = ~((np.abs(found - values) <= allowed) | (found == values))  # both may overflow alike
    if not wrong.any():
        return ""
    r = int(np.argmax(wrong))
    return f"the subject says the value {found[r]:.17g}, the function is {values[r]:.17g}"


def _weighted(question: Question, outputs: Sequence[np.ndarray]) -> np.ndarray:
    wide = [np.asarray(y, dtype=float) for y in outputs]
    return np.array([float(question.weighted(wide, r)) for r in range(len(question.cotangents))])


def _by_certified(
    question: Question, at: dict[str, Any], answer: np.ndarray, truth: Testimony, testimonies: list[Testimony]
) -> PointFinding:
    estimate = truth.answer
    assert isinstance(estimate, Estimate)
    result, unmoved = _by_units(question, answer, estimate)
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
    notes = one_use(question, answer, result) + one_triangle(question, answer, estimate, result)
    return replace(point, verdict=verdict, reason=reason, notes=notes)


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


def _by_units(question: Question, answer: np.ndarray, truth: Estimate) -> tuple[Judgement, str]:
    """The judgement; where the movement is refused, the one without it and the reason."""

    def judged(movement: Callable[[], np.ndarray] | None) -> Judgement:
        u, eta, bar = question.roundoff, question.smallest, question.claim.units
        return judge(answer, truth, u, eta, bar, movement, question.largest)

    try:
        return judged(lambda: movement_of(question)), ""
    except Refused as refused:
        return judged(None), str(refused)


def _by_approximate(
    question: Question, at: dict[str, Any], answer: np.ndarray, testimonies: list[Testimony]
) -> PointFinding:
    """No certified truth: an independent witness may still agree, or rule the answer out."""
    shares = subjects.trusts(question.claim)
    best: PointFinding | None = None
    for testimony in testimonies:
        estimate = testimony.answer
        if not isinstance(estimate, Estimate) or testimony.oracle.trusts & shares:
            continue
        u, eta, bar = question.roundoff, question.smallest, question.claim.units
        result = judge(answer, estimate, u, eta, bar, largest=question.largest)
        point = at_worst_entry(question, at, answer, estimate, result, testimony.oracle.name)
        if result.inside.all():
            reason = f"within the error bar of {testimony.oracle.name}; no certified truth: {refusals(testimonies)}"
            vacuous = point.resolution is not None and point.resolution >= 0.5
            verdict = Verdict.INCONCLUSIVE if vacuous else Verdict.AGREES
            return replace(point, verdict=verdict, reason="vacuous: " + reason if vacuous else reason)
        best = best or replace(point, verdict=Verdict.WRONG, reason=f"outside the error bar of {testimony.oracle.name}")
    if best is not None:
        return best
    return PointFinding(at, Verdict.INCONCLUSIVE, f"no witness could decide: {refusals(testimonies)}")
