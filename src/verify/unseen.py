"""The points that a proof cannot see: where its operations are undefined, where its branches end, where code differs.

A proof speaks of formulas on open branches. What it leaves out is looked at: points on the edges of the derivative's
own operations, points at which a decision is exactly on its edge, and a few seeded points inside, where the code that
is proved has to answer in floating point what its formula says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from verify import subject as subjects
from verify.branches import Condition
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.edges import Edge, edges, point_on
from verify.finding import Finding, PointFinding
from verify.judge import Verdict
from verify.limits import Stopped, within
from verify.numbers.balls import Undecided, ball, precision
from verify.numbers.exact import terms
from verify.numbers.formula import compiled
from verify.numbers.program import Program, Refused, Term
from verify.numbers.recorded import recorded, run_exactly
from verify.parts import whole
from verify.point import point_finding
from verify.question import Question, prepare
from verify.survey import survey
from verify.zero import SECONDS

WITNESSES = 40  # seeded points per branch at which a residual may show that it is not zero
BITS = 256  # of their evaluation
EDGES = 4  # of the derivative's own operations that are looked at, and of its branches; each costs a check or two
RANGES = ((-4.0, 3.0), (-10.0, 10.0))  # binary orders of magnitude of seeded points: ordinary, and wide
PROBES = 4  # seeded points at which the code itself is asked
PROBED = 64  # entries up to which that is done
ACCUSED = (Verdict.WRONG, Verdict.NOT_A_SUBGRADIENT, Verdict.BROKEN_CONTRACT)


def with_edges(finding: Finding, claim: Claim) -> Finding:
    """The finding with what is known of the points at which the derivative's own operations are undefined."""
    try:
        found = _edges(prepare(claim))
    except Refused as refused:
        return with_notes(finding, (f"where the derivative's own operations are undefined is not known: {refused}",))
    more = f"where {len(found) - EDGES} more of its own operations are undefined was not looked at"
    notes = [more] if len(found) > EDGES else []
    for edge in reversed(found[:EDGES]):
        candidates = _points_at(edge, prepare(claim))
        tried = [at for at in candidates if not _outside(moved_to(claim, at))]
        if candidates and not tried:
            continue  # the function is undefined there as well
        points = [point_finding(moved_to(claim, at)) for at in tried]
        finding = replace(finding, points=(*finding.points, *(point for point in points if not point.ok)))
        notes.insert(0, _about(edge, tried, points))
    return with_notes(finding, tuple(notes))


def _about(edge: Edge, tried: Sequence[dict[str, float]], points: Sequence[PointFinding]) -> str:
    lacks = f"{edge.zero} {'<= 0' if edge.sided else '= 0'}"
    checks = [f"at {shown_at(at)} it is {point.verdict.name}" for at, point in zip(tried, points, strict=True)]
    says = "; ".join(checks) or "no point there was found to check"
    return f"not proved where {lacks}: its own {edge.operation} needs {edge.needs}; {says}"


def _outside(claim: Claim) -> bool:
    """Whether the function's own operations are undefined at the claim's point, or raise there."""
    try:
        return any(remark.kind in ("outside", "edge") for remark in survey(prepare(claim)))
    except np.linalg.LinAlgError:  # a matrix without an inverse
        return True


def _edges(question: Question) -> list[Edge]:
    program, rows = recorded(question)
    claimed, answers = claimed_program(question)
    outputs = [term.index for row in rows for term, _ in row]
    return edges(program, outputs, claimed, [t.index for row in answers for t in row], list(question.entries))


def _points_at(edge: Edge, question: Question) -> list[dict[str, float]]:
    """A point on an edge, and one beyond it."""
    on = _on(edge.zero, question)
    symbols = [sp.Symbol(name, real=True) for name in question.entries]
    beyond = refutation(sp.Integer(1), [(edge.zero, False)], symbols, question.claim.seed) if edge.sided else None
    return [point for point in (on, dict(beyond or ())) if point]


def _on(zero: Any, question: Question) -> dict[str, float] | None:
    """A point of doubles at which an expression is exactly 0, if one is found in time.

    For a framework's function the doubles are numbers of its dtype, in which it is asked.
    """
    try:
        found: dict[str, float] | None = within(
            SECONDS, point_on, zero, dict(zip(question.entries, question.point, strict=True))
        )
    except Stopped:
        return None
    if found is None or question.claim.foreign is None:
        return found
    rounded = prepare(moved_to(question.claim, found)).point
    return found if list(found.values()) == rounded else None


def with_pivots(finding: Finding, claim: Claim, pivots: Sequence[Any]) -> Finding:
    """The finding with the points at which a decision is exactly on its edge, where the answer there is wrong."""
    looked, question = 0, prepare(claim)
    for pivot in pivots:
        if looked == EDGES:
            break
        at = _on(pivot, question)
        if at is None:
            continue
        looked += 1
        point = point_finding(moved_to(claim, at))
        if point.ok:
            continue
        where = f"{pivot} = 0, where a decision is on its edge"
        note = f"not proved where {where}; at {shown_at(at)} it is {point.verdict.name}"
        added = (point,) if point.verdict in ACCUSED else ()
        finding = with_notes(replace(finding, points=(*finding.points, *added)), (note,))
    return finding


def with_probes(finding: Finding, claim: Claim) -> Finding:
    """The finding with seeded points of the branch at which the code that was proved answers something else."""
    question = prepare(claim)
    if len(question.entries) > PROBED or not finding.ok:
        return finding
    rng, taken = np.random.default_rng(claim.seed), _decisions(question)
    for probe in range(PROBES):
        at = {entry: _somewhere(rng, *RANGES[probe % 2]) for entry in question.entries}
        other = moved_to(claim, at)
        try:
            same = _decisions(prepare(other)) == taken
        except (Refused, ClaimError):
            continue
        except Exception:  # of f, at a point that nobody chose
            continue
        point = point_finding(other) if same else None
        if point is not None and point.verdict in ACCUSED:
            note = f"its formula is proved, but its code answers otherwise at {shown_at(at)}"
            return with_notes(replace(finding, points=(*finding.points, point)), (note,))
    return finding


def _decisions(question: Question) -> tuple[bool, ...]:
    """What Python's ``if`` statements decide at a point, in the function and in the code that is judged."""
    return (*recorded(question)[0].decisions.values(), *claimed_program(question)[0].decisions.values())


def _somewhere(rng: np.random.Generator, low: float = RANGES[0][0], high: float = RANGES[0][1]) -> float:
    return float(rng.choice([-1.0, 1.0]) * 2.0 ** rng.uniform(low, high))


def shown_at(at: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in at.items())


def moved_to(claim: Claim, at: dict[str, float]) -> Claim:
    """The claim at another point, given by the names of the entries; a framework's function keeps its dtypes."""
    question = prepare(claim)
    values = iter([at[entry] for entry in question.entries])
    leaves = [np.array([next(values) for _ in range(np.size(x))]).reshape(np.shape(x)) for x in question.leaves]
    if claim.foreign is not None:
        leaves = [leaf.astype(x.dtype) for leaf, x in zip(leaves, question.leaves, strict=True)]
    xs = question.place([leaf[()] if leaf.ndim == 0 else leaf for leaf in leaves])
    return claim.at(*whole(xs))


def with_notes(finding: Finding, notes: tuple[str, ...]) -> Finding:
    points = tuple(replace(point, notes=point.notes + notes) for point in finding.points)
    return replace(finding, points=points)


def claimed_program(question: Question) -> tuple[Program, list[list[Term]]]:
    """The subject's own code as a program."""
    program = Program(question.point, question.claim.budget)
    rows = run_exactly(program, question, lambda arrays: subjects.formula_rows(question, arrays))
    return program, [[t for part in row for t in terms(program, part).reshape(-1)] for row in rows]


def refutation(
    residual: Any, conditions: Sequence[Condition], symbols: Sequence[Any], seed: int
) -> tuple[tuple[str, float], ...] | None:
    """A point of the branch at which the residual is certainly not zero, or None when none was found."""
    expressions = [residual, *(u for u, _ in conditions)]
    free = sorted(set().union(*(e.free_symbols for e in expressions)) | set(symbols), key=lambda s: s.name)
    try:
        evaluate = [compiled(e, tuple(free)) for e in expressions]
    except Refused:
        return None
    rng = np.random.default_rng(seed)
    inputs = {s.name for s in symbols}
    for _ in range(WITNESSES):
        point = {
            s.name: _somewhere(rng) if s.name in inputs else float(s.name)
            for s in free
        }
        if _excludes_zero(evaluate, [positive for _, positive in conditions], [point[s.name] for s in free]):
            return tuple((name, point[name]) for name in sorted(inputs))
    return None


def _excludes_zero(
    evaluate: Sequence[Callable[[list[Any]], Any]], signs: Sequence[bool], point: Sequence[float]
) -> bool:
    """Whether the point certainly lies on the branch and the residual certainly is not zero there."""
    with precision(BITS):
        xs = [ball(x) for x in point]
        try:
            on_branch = all(bool(u(xs) > 0) if s else bool(u(xs) < 0) for u, s in zip(evaluate[1:], signs, strict=True))
            value = evaluate[0](xs)
        except (Undecided, ZeroDivisionError):
            return False
        return on_branch and bool(value.is_finite()) and not bool(value.contains(0))
