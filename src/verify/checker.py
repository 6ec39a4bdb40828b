"""Check a claim: survey the point, ask the subject, ask the witnesses, judge, and keep the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ad.userop import BrokenRule
from verify import subject as subjects
from verify.claim import Claim, ClaimError, Estimate, Refusal
from verify.diagnosis import one_triangle, one_use, wrong_formula
from verify.fault import at_fault
from verify.finding import Finding, PointFinding
from verify.formulas import formulas
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
from verify.single import points_of
from verify.survey import Remark, branches, survey
from verify.testimony import ELSEWHERE, Testimony, asked_along, at_worst_entry, excludes, from_elsewhere, refusals, says

TRUTH = ("symbolic", "series", "enclosure")  # certified witnesses that rest on the mathematics of the op table


def check(f: Callable[..., Any] | str, *xs: Any, **claim: Any) -> Finding:
    """Is this derivative of f right at xs? Ask every witness and judge by certified truth.

    Arguments
        as for ``verify.Claim``: f a NumPy function or an expression, xs the point, and the derivative that
        is judged: ``gradient=``, ``value_and_gradient=``, ``jacobian=``, ``vjp=``, ``jvp=`` or ``hvp=``;
        with none of them what the engine itself computes. ``order=2`` asks for second derivatives.
    Returns
        a Finding; ``.ok`` says whether it is right, ``.explain()`` why.
    Raises
        ClaimError when the arguments do not form a question.
    Example
        >>> import numpy as np
        >>> check(lambda x: np.sum(x**2), np.array([1.0, 2.0]), gradient=lambda x: 2 * x).verdict.name
        'CERTIFIED'
    """
    return check_claim(Claim(f, *xs, **claim))


def assert_gradient(f: Callable[..., Any] | str, *xs: Any, **claim: Any) -> None:
    """Raise AssertionError carrying the explanation unless the derivative is right.

    Arguments and errors as for ``check``; with ``expect=`` the verdict must be the expected one.
    Example
        >>> import numpy as np
        >>> assert_gradient(np.sin, 1.0, gradient=np.cos)
    """
    finding = check(f, *xs, **claim)
    if not finding.as_expected:
        raise AssertionError(finding.explain())


def check_claim(claim: Claim) -> Finding:
    """The finding for one claim at its one point."""
    return check_points([claim])


def check_points(claims: Sequence[Claim], suite: str = "", reproduce: str = "") -> Finding:
    """One finding from the same claim at several points, with its formula."""
    points = [point for claim in claims for point in points_of(claim, point_finding)]
    formula, gradient, roundoff = _formulas(claims[0])
    return _finding(claims[0], points, suite, reproduce, formula, gradient, roundoff)


def unanswered(claim: Claim, suite: str, reproduce: str, reason: str) -> Finding:
    """The finding for a claim that could not be asked at all."""
    point = PointFinding(_shown_point(claim), Verdict.INCONCLUSIVE, reason)
    return _finding(claim, [point], suite, reproduce, "", ())


def _finding(
    first: Claim,
    points: Sequence[PointFinding],
    suite: str,
    reproduce: str,
    formula: str,
    gradient: tuple[tuple[str, str], ...],
    roundoff: float = 2.0**-53,
) -> Finding:
    return Finding(
        id=first.id,
        title=first.title,
        function=first.text,
        subject=_subject_name(first),
        judged=first.judged if first.order == 1 else "Hessian-vector product",
        inputs=tuple(points[0].at),
        bar=first.units,
        roundoff=first.roundoff or roundoff,
        seed=first.seed,
        points=tuple(points),
        expect=tuple(sorted(first.expect)),
        reason=first.reason,
        reproduce=reproduce,
        source=first.source,
        wrong_at=first.wrong_at,
        formula=formula,
        gradient=gradient,
        suite=suite,
    )


def _formulas(claim: Claim) -> tuple[str, tuple[tuple[str, str], ...], float]:
    """The formula, its gradient, and the unit roundoff of the inputs."""
    try:
        question = prepare(claim)
        return *formulas(question.origin), question.roundoff
    except Exception:  # f raises at this point: the finding says so, and there is no formula to show
        return "", (), 2.0**-53


def _subject_name(claim: Claim) -> str:
    if claim.judged == "engine" and claim.order == 2:
        return "the engine's forward over reverse mode"
    if claim.judged == "engine":
        return "the engine's reverse mode" if claim.engine == "ad" else repr(claim.engine)
    functions = claim.subject if isinstance(claim.subject, tuple) else (claim.subject,)
    names = ", ".join(getattr(function, "__name__", repr(function)) for function in functions)
    return f"the derivative of {names}" if claim.order == 2 and claim.judged != "hvp" else names


def point_finding(claim: Claim) -> PointFinding:
    """The verdict at the claim's point. Whatever the user's code raises becomes part of the finding."""
    with np.errstate(all="ignore"):  # poles and overflow are visited on purpose; the finding says what came of it
        return _at_point(claim)


def _at_point(claim: Claim) -> PointFinding:
    at = _shown_point(claim)
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
        return PointFinding(at, Verdict.BROKEN_CONTRACT, str(broken))
    except ClaimError:
        raise
    except Exception as problem:
        return PointFinding(
            at, Verdict.INCONCLUSIVE, f"the judged derivative raised {type(problem).__name__}: {problem}"
        )
    return _judged(question, at, answer, remarks)


def _shown_point(claim: Claim) -> dict[str, Any]:
    return {f"x{i}": float(x) if isinstance(x, int | float) else str(x) for i, x in enumerate(claim.xs)}


def _judged(question: Question, at: dict[str, Any], answer: np.ndarray, remarks: list[Remark]) -> PointFinding:
    """Ask the witnesses and judge by the best of them."""
    try:
        different = _different_value(question.origin)
    except BrokenContract as broken:
        return PointFinding(at, Verdict.BROKEN_CONTRACT, str(broken))
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
    return replace(
        point,
        witnesses=tuple(says(t, point, question, truth) for t in testimonies + outside),
        notes=point.notes
        + asked_along(question, point)
        + at_fault(question, point, point_finding)
        + tuple(f"{r.kind}: {r.text}" for r in (*remarks, *branches(question))),
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
