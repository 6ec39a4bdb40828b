"""The verdict where no derivative exists, or only a one-sided one: kinks, ties, edges of domains, jumps.

SUBGRADIENT needs the answer to be a mixture of limiting gradients that were computed. NOT_A_SUBGRADIENT needs a
certificate: a direction in which the answer exceeds what any limiting gradient can reach. Neither: INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.finding import PointFinding
from verify.hull import nearest
from verify.judge import Verdict, worst
from verify.movement import movement_of
from verify.numbers.balls import Plain
from verify.numbers.program import NoDerivative, Program, Refused
from verify.numbers.recorded import recorded
from verify.numbers.second import gradient_along
from verify.numbers.sides import Beside, Row, Unseen, beside, support, value_at
from verify.question import Question
from verify.testimony import Testimony, input_of, seen_at_kink

DIRECTIONS = 16  # seeded generic directions before the search is aimed
SEARCH = 400  # aimed directions; a tie of k entries needs about k of them
SAME = 1e-28  # relative: two limits that agree to 28 of their 30 digits are one
ARITHMETIC = 2.0**-40  # relative: what the hull's own floating-point arithmetic may be off by
STALLED = 1e-9  # relative: a new limiting gradient that brings the hull no nearer than this brings nothing
BESIDE = "the limits of nearby gradients"  # what a verdict at a kink is judged by
AIMED = 128  # inputs up to which every coordinate direction is tried


@dataclass(frozen=True)
class AtKink:
    """What can be said of one row of an answer at a kink: a verdict, why, and the entry it shows at.

    truth: the gradient to compare with, where it is unique; allowed: by how much each entry may differ.
    """

    verdict: Verdict
    reason: str
    truth: np.ndarray | None = None
    allowed: np.ndarray | None = None


def judge_kinks(question: Question, answer: np.ndarray) -> list[AtKink]:
    """A verdict for every row of the answer; raises Refused when f cannot be recorded."""
    program, rows = recorded(question)
    moved = _moved(question)
    return [_judge_row(question, program, row, answer[r], moved[r]) for r, row in enumerate(rows)]


def _moved(question: Question) -> np.ndarray:
    """How far the derivative moves on the branch that the engine takes, shape (rows, entries); 0 where not known."""
    try:
        found = movement_of(question)
    except Refused:
        return np.zeros(question.shape)
    return np.where(np.isfinite(found), found, 0.0)


def kink_point(
    question: Question, at: dict[str, Any], answer: np.ndarray, asked: Sequence[Testimony] = ()
) -> PointFinding:
    """The verdict at a point where the derivative is not unique or not defined, shown at its worst entry.

    Where f has no program nothing is decided; the reasons are those of the witnesses asked.
    """
    try:
        if question.claim.order == 2:
            return _second_point(question, at, answer.size)
        rows = judge_kinks(question, answer)
    except Refused as refused:
        return PointFinding(at, Verdict.INCONCLUSIVE, "; ".join((*seen_at_kink(asked), str(refused))))
    verdict = worst([row.verdict for row in rows])
    r = next(i for i, row in enumerate(rows) if row.verdict is verdict)
    point = PointFinding(at, verdict, rows[r].reason, row=r, entries=answer.size, judged_by=BESIDE)
    truth, allowed = rows[r].truth, rows[r].allowed
    if truth is None or allowed is None:
        return point
    if verdict is Verdict.SUBGRADIENT:  # there is no one truth to differ from
        alone = answer.shape[1] == 1
        return replace(
            point, judged_by="", entry=question.entries[0] * alone, yours=float(answer[r, 0]) if alone else None
        )
    gap = np.where(answer[r] == truth, 0.0, np.abs(answer[r] - truth))
    names = [] if verdict.ok else [question.entries[k] for k in np.flatnonzero(~(gap <= allowed))]
    entry = int(np.argmax(np.where(np.isnan(gap), np.inf, gap / allowed)))
    return replace(
        point,
        entry=question.entries[entry],
        yours=float(answer[r, entry]),
        truth=repr(float(truth[entry])),
        gap=float(gap[entry]),
        allowed=float(allowed[entry]),
        units=float(question.claim.units * gap[entry] / allowed[entry]),
        failing=tuple(names[:8]),
        failures=len(names),
        failing_inputs=tuple(dict.fromkeys(input_of(question, name) for name in names)),
    )


def _second_point(question: Question, at: dict[str, Any], entries: int) -> PointFinding:
    """The verdict on second derivatives at a kink: UNDEFINED where two sides differ along a generic direction.

    Sides that agree decide nothing: there are other directions. Raises Refused.
    """
    program, rows = recorded(question.origin)
    direction = _directions(len(program.point), np.random.default_rng(question.claim.seed))[0]
    try:
        gradient_along(program, rows, direction)
    except NoDerivative as none:
        return PointFinding(at, Verdict.UNDEFINED, str(none), entries=entries, judged_by=BESIDE)
    reason = "second derivatives are not judged on a kink or an edge, even where both sides agree"
    return PointFinding(at, Verdict.INCONCLUSIVE, reason, entries=entries)


def _judge_row(question: Question, program: Program, row: Row, answer: np.ndarray, moved: np.ndarray) -> AtKink:
    rng = np.random.default_rng(question.claim.seed)
    n = len(program.point)
    value = value_at(program, row)
    if value is None:
        return AtKink(Verdict.INCONCLUSIVE, "exact arithmetic does not decide the value of f at this point")
    found: list[Beside] = []
    reasons: list[Refused] = []
    for direction in _directions(n, rng):
        program.check_budget()
        try:
            side = beside(program, row, direction, rng.standard_normal(n))
        except Refused as refused:
            reasons.append(refused)
            continue
        if isinstance(side, Beside):
            found.append(side)
    if not found:
        reason = str(reasons[0]) if reasons else "every path from this point leaves the domain at once"
        return AtKink(Verdict.INCONCLUSIVE if reasons else Verdict.UNDEFINED, reason)
    if not all(np.isfinite(side.value.high) for side in found):
        return AtKink(Verdict.UNDEFINED, f"f jumps here: {value.high:.6g} at the point, without bound beside it")
    jump = max(found, key=lambda side: _gap(side, value))
    if _gap(jump, value) > max(_slack(jump), _rounding(question, value)):
        return AtKink(
            Verdict.UNDEFINED,
            f"f jumps here: {value.high:.6g} at the point, {_gap(jump, value):.3g} from that beside it",
        )
    unseen = [reason for reason in reasons if n == 1 or isinstance(reason, Unseen)]
    if unseen:
        return AtKink(Verdict.INCONCLUSIVE, str(unseen[0]))
    return _judge_limits(question, program, row, answer, moved, found, rng)


def _gap(side: Beside, value: Plain) -> float:
    return abs((side.value.high - value.high) + (side.value.low - value.low))


def _slack(side: Beside) -> float:
    return side.value.radius + 1e-30 * abs(side.value.high)


def _rounding(question: Question, value: Plain) -> float:
    """How far two pieces may be apart where constants, such as 0.5 * d * d for a delta of 1.345, were rounded."""
    return float(question.claim.units * (question.roundoff * abs(value.high) + question.smallest))


def _directions(n: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Both sides of a number; for several inputs generic directions and their opposites."""
    if n == 1:
        return [np.array([1.0]), np.array([-1.0])]
    half = [rng.standard_normal(n) for _ in range(DIRECTIONS // 2)]
    return [signed for d in half for signed in (d, -d)]


def _judge_limits(
    question: Question,
    program: Program,
    row: Row,
    answer: np.ndarray,
    moved: np.ndarray,
    found: list[Beside],
    rng: np.random.Generator,
) -> AtKink:
    limits = np.array([[g.high for g in side.gradient] for side in found])
    lows = np.array([[g.low for g in side.gradient] for side in found])
    radii = np.array([[g.radius for g in side.gradient] for side in found])
    scale = np.max(np.abs(np.where(np.isfinite(limits), limits, 0.0)), axis=0)
    allowed = question.claim.units * (question.roundoff * (scale + moved) + question.smallest)
    if _coincide(limits, lows, radii):
        allowed = allowed + radii[0]
        inside = (np.abs((answer - limits[0]) - lows[0]) <= allowed) | (answer == limits[0])
        what = "one-sided derivative" if len(found) < 2 else "derivative from every side"
        if inside.all():
            return AtKink(Verdict.CERTIFIED, f"equal to the {what}", limits[0], allowed)
        on_edge = len(found) < (2 if len(answer) == 1 else DIRECTIONS)
        if on_edge and (inside | _below_zero(question, answer, limits[0])).all():
            reason = "f is not defined below 0, and the answer is the infinite slope that IEEE arithmetic gives at -0.0"
            return AtKink(Verdict.UNDEFINED, reason)
        worst = int(np.argmin(inside))
        entry = question.entries[worst]
        reason = f"f is differentiable here: the {what} by {entry} is {limits[0, worst]:.17g}, not {answer[worst]:.17g}"
        return AtKink(Verdict.WRONG, reason, limits[0], allowed)
    if not np.isfinite(limits).all():
        return AtKink(Verdict.UNDEFINED, "the slope grows without bound on one side: no limiting gradient")
    if not np.isfinite(answer).all():
        return AtKink(
            Verdict.NOT_A_SUBGRADIENT, "the answer is not finite, every limiting gradient is", limits[0], allowed
        )
    return _search(question, program, row, answer, limits, allowed, rng)


def _below_zero(question: Question, answer: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Which entries of an input -0.0 have an infinite slope of the other sign: 0.5 / sqrt(-0.0) is -inf."""
    x = np.concatenate([np.reshape(leaf, -1) for leaf in question.leaves])
    return np.asarray(np.signbit(x) & (x == 0) & np.isinf(limit) & (answer == -limit))


def _coincide(limits: np.ndarray, lows: np.ndarray, radii: np.ndarray) -> bool:
    """Whether all limiting gradients found are the same, infinities included."""
    with np.errstate(invalid="ignore"):
        gaps = np.abs((limits - limits[0]) + (lows - lows[0]))
    bound = SAME * np.abs(limits[0]) + radii + radii[0] + 5e-324
    finite = np.isfinite(limits) & np.isfinite(limits[0])  # -inf is within any fraction of inf
    same = (limits == limits[0]) & ~np.isfinite(limits) | finite & (gaps <= bound)
    return bool(same.all())


def _search(
    question: Question,
    program: Program,
    row: Row,
    answer: np.ndarray,
    limits: np.ndarray,
    allowed: np.ndarray,
    rng: np.random.Generator,
) -> AtKink:
    """Grow the hull towards the answer until it is inside, or a direction certifies that it never will be."""
    allowed = allowed + ARITHMETIC * float(np.max(np.abs(limits)))
    queue = _aimed(answer)
    tried = len(limits)
    for step in range(SEARCH):
        program.check_budget()
        point, weights = nearest(limits, answer)
        residual = answer - point
        if np.all(np.abs(residual) <= allowed):
            used = int(np.count_nonzero(weights))
            return AtKink(Verdict.SUBGRADIENT, f"a mixture of {used} limiting gradients", point, allowed)
        limits = limits[weights > 0]  # the others cannot bring the hull nearer
        direction = residual / np.linalg.norm(residual)
        if len(program.point) == 1 or step % 8 == 0:
            certificate = _certificate(question, program, row, answer, limits, direction, allowed)
            if certificate is not None:
                return AtKink(Verdict.NOT_A_SUBGRADIENT, certificate, point, allowed)
        new = _limit_along(program, row, queue.pop() if step == 0 else direction, rng)
        gain = None if new is None else float((new - point) @ direction)
        if new is None or gain is None or gain <= STALLED * float(np.max(np.abs(limits))):
            certificate = _certificate(question, program, row, answer, limits, direction, allowed)
            if certificate is not None:
                return AtKink(Verdict.NOT_A_SUBGRADIENT, certificate, point, allowed)
            direction = queue.pop() if queue else direction + rng.standard_normal(len(direction)) / len(direction)
            new = _limit_along(program, row, direction, rng)
        if new is not None:
            tried += 1
            limits = np.vstack([limits, new])
    return AtKink(
        Verdict.INCONCLUSIVE,
        f"outside the hull of the {tried} limiting gradients found, but nothing certifies that there are no others",
    )


def _aimed(answer: np.ndarray) -> list[np.ndarray]:
    """Directions worth trying when the residual finds nothing new: the answer itself first, then every axis."""
    n = len(answer)
    axes = [signed for e in np.eye(n) for signed in (-e, e)] if n <= AIMED else []
    length = float(np.linalg.norm(answer))
    return axes + ([answer / length] if length > 0 else [])


def _limit_along(program: Program, row: Row, direction: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    try:
        side = beside(program, row, direction, rng.standard_normal(len(direction)))
    except Refused:
        return None
    if not isinstance(side, Beside):
        return None
    gradient = np.array([g.high for g in side.gradient])
    return gradient if np.isfinite(gradient).all() else None


def _certificate(
    question: Question,
    program: Program,
    row: Row,
    answer: np.ndarray,
    limits: np.ndarray,
    direction: np.ndarray,
    allowed: np.ndarray,
) -> str | None:
    """A sentence when the answer exceeds, along the direction, all that limiting gradients reach."""
    if len(answer) == 1:  # two sides are all there are
        highest = float(np.max(limits * direction))
    else:
        bounds = support(program, row, direction)
        if bounds is None:
            return None
        highest = bounds[1]
    reached = float(answer @ direction)
    if reached <= highest + float(np.abs(direction) @ allowed):
        return None
    top = np.argsort(-np.abs(direction))[:3]
    shown = " + ".join(f"{direction[k]:.3g}*d/d{question.entries[k]}" for k in top)
    more = " + ..." if len(direction) > 3 else ""
    return f"along {shown}{more} every limiting gradient is at most {highest:.6g}, the answer {reached:.6g}"
