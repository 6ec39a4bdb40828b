"""Two answers that must fit one another, with no difference quotient: <g, J t> = <J'g, t>, and <u, H v> = <v, H u>.

Facts
    Both sides are numbers, known to the units that are allowed for every entry: |t| times those of J'g, and the like.
    On a kink there are several derivatives, of which two rules may choose different ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import ad
from verify.adapters.translation import Untranslatable
from verify.contract.agreement import UNKNOWN, movement, movements
from verify.contract.asking import HOLDS, Asking, NotAsked, Outcome, told_apart
from verify.contract.steady import need_steady
from verify.formats import widened
from verify.judge import Verdict
from verify.question import fresh


def adjoint(asking: Asking) -> Outcome:
    """<g, J t> = <J'g, t> for the judged rule and the one of the other mode: an op's own, or the engine's."""
    if asking.form not in ("vjp", "pair", "jvp"):
        return None
    _need_smooth(asking)
    need_steady(asking)
    question = asking.question
    cotangent, tangent = question.cotangents[-1], asking.tangents(1)
    partner = _partner(asking, cotangent, tangent)
    given, taken = (cotangent, tangent) if asking.form == "jvp" else (tangent, cotangent)
    one, other = _inner(asking.first.answers, given), _inner(partner, taken)
    if not np.isfinite([one, other]).all():
        raise NotAsked("the derivative is not finite here")
    size = _sizes(asking.first.answers, given) + _sizes(partner, taken)
    if _near(asking, one - other, size, 0.0):
        return HOLDS
    moved = _sizes(movements(asking, asking.first.answers), given)
    if _near(asking, one - other, size, moved * asking.size):
        return HOLDS
    wrong = asking.found is not None and asking.found.verdict is Verdict.WRONG
    if not asking.rule and not wrong:  # the value is judged by better than the engine's other mode
        raise NotAsked("the engine's other mode answers for another branch, or this one is not linear")
    whose = "its own" if asking.rule else "the engine's"
    forward, backward = (one, other) if asking.form == "jvp" else (other, one)
    mode = "vjp" if asking.form == "jvp" else "jvp"
    pushed, pulled = told_apart(forward, backward)
    return False, f"<g, J t> is {pushed} and <J'g, t> is {pulled}, with {whose} {mode} of f"


def symmetric(asking: Asking) -> Outcome:
    """The second derivative is symmetric: <u, H v> = <v, H u> for every two tangents that were asked for."""
    judged, answer = asking.judged, asking.answer
    if asking.claim.order == 1 or judged.tangents is None or answer is None or len(judged.tangents.parts) < 2:
        return None
    _need_smooth(asking)
    vs = np.array([np.concatenate([np.reshape(p, -1) for p in v]).astype(float) for v in judged.tangents.parts])
    rows = len(asking.question.cotangents)
    worst = ""
    for r in range(rows):
        h = answer[r::rows]
        if not np.isfinite(h).all():
            raise NotAsked("the second derivative is not finite here")
        gap = np.abs(vs @ h.T - h @ vs.T)
        size = np.abs(vs) @ np.abs(h).T
        allowed = 2 * asking.claim.units * judged.roundoff * (size + size.T)
        if (gap <= allowed).all():
            continue
        moved = np.abs(vs) @ np.abs(_moved(asking, answer)[r::rows]).T
        allowed = allowed + asking.claim.units * (judged.roundoff * (moved + moved.T) + judged.smallest * vs.shape[1])
        if not (gap <= allowed).all():
            u, v = np.unravel_index(int(np.argmax(gap - allowed)), gap.shape)
            names = judged.tangents.names(asking.question.entries, asking.claim.seed)
            values = float((vs @ h.T)[u, v]), float((h @ vs.T)[u, v])
            one, other = told_apart(*values)
            worst = f"<u, H v> is {one} and <v, H u> is {other} for u {names[u]} and v {names[v]}"
    return (False, worst) if worst else HOLDS


def _need_smooth(asking: Asking) -> None:
    if asking.rough:
        raise NotAsked(asking.rough)


def _partner(asking: Asking, cotangent: Sequence[Any], tangent: Sequence[Any]) -> list[Any]:
    """What the other mode answers."""
    question = asking.question
    try:
        graph = ad.trace(lambda *values: question.run(values), *map(fresh, question.reference))
        if asking.form == "jvp":
            return [np.asarray(x, float) for x in graph.pull([widened(np.asarray(g))[()] for g in cotangent])]
        return [np.asarray(y, float) for y in graph.push([widened(np.asarray(t))[()] for t in tangent])]
    except Untranslatable as problem:
        raise NotAsked(f"the other mode is the engine's, and {problem}") from problem
    except Exception as problem:
        raise NotAsked(f"there is no rule of the other mode: {type(problem).__name__}") from problem


def _near(asking: Asking, gap: float, size: float, moved: float) -> bool:
    question = asking.question
    unit = question.roundoff * (size + moved) + question.smallest * len(question.entries)
    return abs(gap) <= 2 * asking.claim.units * unit


def _moved(asking: Asking, answer: np.ndarray) -> np.ndarray:
    moved = movement(asking.judged)
    return np.full(answer.shape, UNKNOWN * float(np.max(np.abs(answer), initial=0.0))) if moved is None else moved


def _inner(answers: Sequence[Any], vectors: Sequence[Any]) -> float:
    pairs = zip(answers, vectors, strict=True)
    return float(sum(np.sum(np.asarray(a, float) * np.asarray(v, float)) for a, v in pairs))


def _sizes(answers: Sequence[Any], vectors: Sequence[Any]) -> float:
    return _inner([np.abs(a) for a in answers], [np.abs(v) for v in vectors])
