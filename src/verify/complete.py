"""The whole finding at a point: the value, the contract, who is to blame, and what the mistake looks like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verify.blame.culprits import explanations
from verify.claim import Claim, Estimate
from verify.contract import UNTOUCHED, clauses_of, rows_by_themselves
from verify.finding import Clause, Explanation, PointFinding
from verify.judge import Verdict
from verify.point import Judged, by_units, judged, point_finding
from verify.question import Question
from verify.residuals import explained

OF_RAISING = (*UNTOUCHED, "saved tensors")  # clauses that say why a derivative raises

# What is seen in a scalar class, and how the same looks from its numbers alone.
SEEN = {"overwritten": "one use", "not reached": "zero"}


def complete_finding(claim: Claim) -> PointFinding:
    """The verdict at the claim's point with all that is known of it. What the user's code raises becomes part of it."""
    with np.errstate(all="ignore"):
        found = judged(claim)
        point = _with_contract(found)
        if found.question is None or found.answer is None:
            return point
        who = explanations(found.question, point, _blamed)
        what = explained(found.question, found.answer, point, found.truth)
        return replace(point, explanations=who + _not_said_by(who, what))


def contract_finding(claim: Claim) -> PointFinding:
    """The verdict on the value and on the clauses of the contract, unexplained: for those who ask at many points."""
    with np.errstate(all="ignore"):
        return _with_contract(judged(claim))


def _not_said_by(who: tuple[Explanation, ...], what: tuple[Explanation, ...]) -> tuple[Explanation, ...]:
    """The explanations from numbers alone that say more than what was seen in the code."""
    said = [SEEN[found.kind] for found in who if found.kind in SEEN]
    return tuple(found for found in what if found.kind not in said)


def _blamed(claim: Claim) -> PointFinding:
    """The verdict on the value and who is to blame: of an operation that a larger function is asked about."""
    found = judged(claim)
    if found.question is None:
        return found.point
    return replace(found.point, explanations=explanations(found.question, found.point, _blamed))


def _with_contract(found: Judged) -> PointFinding:
    """The verdict on the value, and on the clauses of the contract.

    A wrong value is told first, and the clauses beside it. A broken clause ends what is right, and what no witness
    could decide.
    """
    point, question = found.point, found.question
    if question is None:
        return point
    if found.answer is None:
        return _raised(point, question)
    rough = found.remarks[0].text if found.remarks else ""
    clauses = clauses_of(question, point_finding, found.answer, found.truth, point, rough)
    broken = next((clause for clause in clauses if clause.held is False), None)
    outside = point.verdict in (Verdict.WRONG, Verdict.INACCURATE)
    spoilt = outside and found.truth is not None and _right_by_itself(question, clauses, found.truth)
    if broken is not None and (point.ok or point.verdict is Verdict.INCONCLUSIVE or spoilt):
        reason = f"clause {broken.name}: {broken.text}"
        return replace(point, verdict=Verdict.BROKEN_CONTRACT, reason=reason, clauses=clauses)
    return replace(point, clauses=clauses)


def _raised(point: PointFinding, question: Question) -> PointFinding:
    """The point where the judged derivative raised: it may be that the rule of an op wrote where it must not."""
    claim = question.claim
    clauses = clauses_of(question, point_finding) if claim.judged == "engine" or claim.foreign is not None else ()
    broken = next((clause for clause in clauses if clause.name in OF_RAISING and clause.held is False), None)
    if broken is None:
        return point
    reason = f"clause {broken.name}: {broken.text}; {point.reason}"
    return replace(point, verdict=Verdict.BROKEN_CONTRACT, reason=reason, clauses=clauses)


def _right_by_itself(question: Question, clauses: tuple[Clause, ...], truth: Estimate) -> bool:
    """Whether a backward pass that spoils what it is handed is right with fresh arrays: that explains its value."""
    spoils = any(clause.name in UNTOUCHED and clause.held is False for clause in clauses)
    if not spoils or question.claim.order > 1 or question.claim.judged not in ("vjp", "engine"):
        return False
    try:
        rows = rows_by_themselves(question)
    except Exception:  # code of users, once more, or out of time
        return False
    return bool(by_units(question, rows, truth)[0].inside.all())
