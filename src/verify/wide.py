"""Answers on another branch of a function too large to record: decisions turned on whole arrays, in float64.

The certified truth holds on the exact branch; what turning a decision changes is the difference of two reverse passes
in float64. An answer that meets the sum is right on weaker evidence: AGREES. What no way of turning explains stays
as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ad.dispatch import shown
from verify.claim import Estimate
from verify.flips import Flip, Turned, turnable
from verify.judge import Judgement, Verdict, judge
from verify.movement import movement_of
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.question import Question
from verify.shares import OnBranch, fitted

FLIPS = 512  # decisions that are looked at; each costs a reverse pass
ROUNDS = 3  # times that their effects are measured, each at the best choice so far
FLOAT = 2.0**-40  # relative: what float64 may lose in a difference of two reverse passes
BENT = 2.0  # times what the effects of all decisions together differ from their sum


def on_arrays(question: Question, answer: np.ndarray, truth: Estimate, result: Judgement) -> OnBranch | None:
    """The answer judged on the branches that rounding may take, or None where they do not explain it.

    Arguments
        answer: float64 (rows, entries). truth: on the exact branch. result: the answer judged by it, outside.
    """
    if not np.isfinite(answer).all():
        return None
    try:
        turned, flips = turnable(question)
    except Exception:  # a function that cannot be traced shows no decisions
        return None
    if not flips:
        return None
    try:
        return _explained(question, answer, truth, result, turned, flips[:FLIPS])
    except Refused as refused:
        reason = f"outside the truth of one branch; whether others lie within rounding is not known: {refused}"
        return OnBranch(Verdict.INCONCLUSIVE, reason, truth, result)


def _explained(
    question: Question, answer: np.ndarray, truth: Estimate, result: Judgement, turned: Turned, flips: Sequence[Flip]
) -> OnBranch | None:
    deadline = Deadline(question.claim.budget)
    exact = turned.gradient()
    chosen = np.zeros(len(flips), dtype=bool)
    for _ in range(ROUNDS):
        here = turned.gradient(_those(flips, chosen))
        effects = np.array([_effect(turned, flips, chosen, k, here, deadline) for k in range(len(flips))])
        scale = result.allowed + question.claim.units * question.roundoff * np.max(np.abs(effects), axis=0)
        matrix = (effects / scale).reshape(len(flips), -1)
        target = ((answer - truth.value - (here - exact)) / scale).reshape(-1) + chosen @ matrix
        better = fitted(matrix, target) >= 0.5
        found = _judged(question, answer, truth, turned.gradient(_those(flips, better)), exact)
        if found.judgement.inside.all():
            return replace(found, reason=_text(question, _those(flips, better)))
        if (better == chosen).all():
            break
        chosen = better
    rest = np.abs(target - chosen @ matrix)
    together = turned.gradient(flips) - here - np.sum(np.where(chosen[:, None, None], 0.0, effects), axis=0)
    if (rest > 1 + BENT * np.abs(together / scale).reshape(-1)).any():
        return None
    reason = f"{_text(question, flips)}; none of the branches tried gives the answer, and some other may"
    return OnBranch(Verdict.INCONCLUSIVE, reason, truth, result)


def _those(flips: Sequence[Flip], chosen: np.ndarray) -> list[Flip]:
    return [flip for flip, yes in zip(flips, chosen, strict=True) if yes]


def _effect(
    turned: Turned, flips: Sequence[Flip], chosen: np.ndarray, k: int, here: np.ndarray, deadline: Deadline
) -> np.ndarray:
    """What turning one decision adds to the gradient, the others being as chosen."""
    deadline.check()
    other = chosen.copy()
    other[k] = not other[k]
    change = turned.gradient(_those(flips, other)) - here
    return np.asarray(-change if chosen[k] else change)


def _judged(
    question: Question, answer: np.ndarray, truth: Estimate, there: np.ndarray, exact: np.ndarray
) -> OnBranch:
    """The answer judged by the truth moved to another branch."""
    radius = truth.radius + FLOAT * (np.abs(there) + np.abs(exact))
    moved = Estimate(truth.value + (there - exact), radius, truth.low)
    judged = judge(
        answer, moved, question.roundoff, question.smallest, question.claim.units, lambda: movement_of(question),
        question.largest,
    )  # fmt: skip
    return OnBranch(Verdict.AGREES, "", moved, judged)


def _text(question: Question, flips: Sequence[Flip]) -> str:
    """How many decisions are near their edge, and the nearest of them."""
    first = flips[0]
    where = shown(first.node.op)  # type: ignore[arg-type]
    where += f" at [{', '.join(map(str, first.index))}]" if first.index else ""
    more = f" and {len(flips) - 1} more decisions" if len(flips) > 1 else ""
    return (
        f"{where}: {first.distance:.2g} from its edge, allowed {first.allowed:.2g}{more}: within rounding at roundoff "
        f"{question.roundoff:.2g}; judged on the other branch, whose gradient differs by reverse passes in float64"
    )
