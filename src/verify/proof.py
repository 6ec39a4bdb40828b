"""Proofs: a derivative equal to the exact one for all inputs of a branch, not only at points.

The subject's code (a rule of the engine, or a hand-written gradient) is run over symbols; SymPy's derivative of
the function's mathematics is subtracted; the residual must be zero on every branch. A ball evaluation at an exact
point that excludes zero is a rigorous refutation, with its witness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from verify import subject as subjects
from verify.branches import Condition, branches
from verify.checker import check_points, point_finding
from verify.claim import Claim, ClaimError
from verify.edges import Edge, edges, point_on
from verify.exactness import exact_over_integers
from verify.finding import Finding, PointFinding
from verify.judge import Verdict
from verify.limits import Stopped, within
from verify.numbers.balls import Undecided, ball, precision
from verify.numbers.exact import terms
from verify.numbers.formula import compiled
from verify.numbers.program import Program, Refused, Term
from verify.numbers.recorded import recorded, run_exactly
from verify.numbers.symbols import formula, number, released
from verify.question import Question, prepare
from verify.survey import survey
from verify.zero import SECONDS, decide_zero

WITNESSES = 40  # seeded points per branch at which a residual may show that it is not zero
BITS = 256  # of their evaluation
EDGES = 4  # of the derivative's own operations that are looked at; each costs a check or two
SHOWN = 160  # characters of a residual that a reader can take in


@dataclass(frozen=True)
class Branch:
    """One smooth piece of one entry: proved by which step, or refuted at which point, or open (neither)."""

    entry: str
    conditions: tuple[str, ...]
    step: str
    witness: tuple[tuple[str, float], ...]
    residual: str


def prove(f: Callable[..., Any] | str, *xs: Any, **claim: Any) -> Finding:
    """Prove that a derivative is right for all inputs of a branch, or refute it with a witness.

    Arguments
        f: a function, an expression, or (without ``xs``) a function of the op table, whose rule is proved.
        xs, claim: as for ``verify.check``; xs fix shapes, and the branches of Python ``if`` statements.
    Returns
        a Finding: PROVED with the branch conditions in its notes, WRONG with the witness point,
        INCONCLUSIVE with what is left; the verdict at the point itself is part of it.
    Raises
        ClaimError when the arguments do not form a question.
    Example
        >>> import numpy as np
        >>> prove(np.tanh).verdict.name
        'PROVED'
    """
    if not xs and "at" not in claim and callable(f):
        from verify.suites.optable import claims_of

        claims = claims_of(f)
        if claims is None:
            raise ClaimError(f"{getattr(f, '__name__', f)} is not in the op table: give arguments that fix its shapes")
        return exact_over_integers(f, prove_points(claims))
    return prove_points([Claim(f, *xs, **claim)])


def prove_points(claims: Sequence[Claim], suite: str = "", reproduce: str = "") -> Finding:
    """Check a claim at its points, then prove it in general at the shapes of the last one."""
    if claims[-1].order != 1 or claims[-1].judged == "jvp":
        raise ClaimError("order=2, hvp= and jvp= are answered at points: check them; a gradient is proved")
    finding = check_points(claims, suite, reproduce)
    if not finding.ok:
        return finding
    try:
        with np.errstate(all="ignore"):
            found = list(_until_open(_branches(prepare(claims[-1]))))
    except (Refused, OverflowError) as refused:
        return _with_notes(finding, (f"no proof: {refused}",))
    refuted = next((branch for branch in found if branch.witness), None)
    if refuted is not None:
        return _refuted(finding, claims[-1], refuted)
    left = [branch for branch in found if not branch.step]
    if left:
        return _with_notes(finding, (f"no proof: open for {left[0].entry}{_under(left[0])}: {left[0].residual}",))
    conditions = tuple(dict.fromkeys(", ".join(branch.conditions) for branch in found))
    proved = replace(finding, points=tuple(_proved(point, found) for point in finding.points), proved=conditions)
    return _with_edges(proved, claims[-1])


def _proved(point: PointFinding, found: Sequence[Branch]) -> PointFinding:
    notes = dict.fromkeys(f"proved for all inputs{_under(branch)} ({branch.step})" for branch in found)
    return replace(point, verdict=Verdict.PROVED, reason=Verdict.PROVED.value, notes=point.notes + tuple(notes))


def _refuted(finding: Finding, claim: Claim, branch: Branch) -> Finding:
    """The finding with the witness point added: wrong there, or no identity but right to rounding."""
    at = dict(branch.witness)
    point = point_finding(_moved(claim, at))
    what = "no identity, but right to rounding there" if point.ok else "wrong there"
    note = f"no proof: {what}: at {_shown(at)} the residual {branch.residual} is certainly not 0"
    return _with_notes(replace(finding, points=(*finding.points, point)), (note,))


def _with_edges(finding: Finding, claim: Claim) -> Finding:
    """The finding with what is known of the points at which the derivative's own operations are undefined."""
    try:
        found = _edges(prepare(claim))
    except Refused as refused:
        return _with_notes(finding, (f"where the derivative's own operations are undefined is not known: {refused}",))
    more = f"where {len(found) - EDGES} more of its own operations are undefined was not looked at"
    notes = [more] if len(found) > EDGES else []
    for edge in reversed(found[:EDGES]):
        candidates = _points_at(edge, prepare(claim))
        tried = [at for at in candidates if not _outside(_moved(claim, at))]
        if candidates and not tried:
            continue  # the function is undefined there as well
        points = [point_finding(_moved(claim, at)) for at in tried]
        finding = replace(finding, points=(*finding.points, *(point for point in points if not point.ok)))
        notes.insert(0, _about(edge, tried, points))
    return _with_notes(finding, tuple(notes))


def _about(edge: Edge, tried: Sequence[dict[str, float]], points: Sequence[PointFinding]) -> str:
    lacks = f"{edge.zero} {'<= 0' if edge.sided else '= 0'}"
    checks = [f"at {_shown(at)} it is {point.verdict.name}" for at, point in zip(tried, points, strict=True)]
    says = "; ".join(checks) or "no point there was found to check"
    return f"not proved where {lacks}: its own {edge.operation} needs {edge.needs}; {says}"


def _outside(claim: Claim) -> bool:
    """Whether the function's own operations are undefined at the claim's point."""
    return any(remark.kind in ("outside", "edge") for remark in survey(prepare(claim)))


def _edges(question: Question) -> list[Edge]:
    program, rows = recorded(question)
    claimed, answers = _claimed(question)
    outputs = [term.index for row in rows for term, _ in row]
    return edges(program, outputs, claimed, [t.index for row in answers for t in row], list(question.entries))


def _points_at(edge: Edge, question: Question) -> list[dict[str, float]]:
    """A point on an edge, and one beyond it."""
    at = dict(zip(question.entries, question.point, strict=True))
    try:
        on = within(SECONDS, point_on, edge.zero, at)
    except Stopped:
        on = None
    symbols = [sp.Symbol(name, real=True) for name in at]
    beyond = refutation(sp.Integer(1), [(edge.zero, False)], symbols, question.claim.seed) if edge.sided else None
    return [point for point in (on, dict(beyond or ())) if point]


def _shown(at: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in at.items())


def _moved(claim: Claim, at: dict[str, float]) -> Claim:
    """The claim at another point, given by the names of the entries."""
    question = prepare(claim)
    values = iter([at[entry] for entry in question.entries])
    leaves = [np.array([next(values) for _ in range(np.size(x))]).reshape(np.shape(x)) for x in question.leaves]
    xs = question.place([leaf[()] if leaf.ndim == 0 else leaf for leaf in leaves])
    return claim.at(*xs)


def _with_notes(finding: Finding, notes: tuple[str, ...]) -> Finding:
    points = tuple(replace(point, notes=point.notes + notes) for point in finding.points)
    return replace(finding, points=points)


def _under(branch: Branch) -> str:
    return " with " + ", ".join(branch.conditions) if branch.conditions else ""


def _until_open(found: Iterator[Branch]) -> Iterator[Branch]:
    """Branches up to the first that stays open: a proof with a gap is none, so the rest need not be tried."""
    for branch in found:
        yield branch
        if not branch.step and not branch.witness:
            return


# --- residuals


def _branches(question: Question) -> Iterator[Branch]:
    """Every branch of every entry, decided as far as the cascade goes."""
    names = list(question.entries)
    symbols = [sp.Symbol(name, real=True) for name in names]
    program, rows = recorded(question)
    claimed, answers = _claimed(question)
    taken = tuple(dict.fromkeys(_taken(program, names) + _taken(claimed, names)))
    for entry, residual in _residuals(program, rows, claimed, answers, names, symbols):
        for conditions, smooth in branches(residual):
            found = _decided(entry, conditions, smooth, symbols, question.claim.seed)
            yield replace(found, conditions=taken + found.conditions)


def _taken(program: Program, names: list[str]) -> tuple[str, ...]:
    """What Python's ``if`` statements decided at the point: the proof speaks of no other branch."""
    return tuple(
        f"{_formula(program, Term(program, n), names)} {'true' if outcome else 'false'}"
        for n, outcome in program.decisions.items()
    )


def _residuals(
    program: Program,
    rows: Sequence[Sequence[tuple[Term, float]]],
    claimed: Program,
    answers: Sequence[Sequence[Term]],
    names: list[str],
    symbols: list[Any],
) -> Iterator[tuple[str, Any]]:
    """The subject's derivative less SymPy's, for each row and entry."""
    for row, answer in zip(rows, answers, strict=True):
        total = sp.Add(*[_exact(g) * _formula(program, term, names) for term, g in row])
        for k, term in enumerate(answer):
            yield names[k], released(_formula(claimed, term, names) - sp.diff(total, symbols[k]))


def _claimed(question: Question) -> tuple[Program, list[list[Term]]]:
    """The subject's own code as a program."""
    program = Program(question.point, question.claim.budget)
    rows = run_exactly(program, question, lambda arrays: subjects.formula_rows(question, arrays))
    return program, [[t for part in row for t in terms(program, part).reshape(-1)] for row in rows]


def _formula(program: Program, term: Term, names: list[str]) -> Any:
    found = formula(program, term.index, names, number)
    if found is None:
        raise Refused("the formula is too long to be written out")
    return found


def _exact(g: float) -> Any:
    return sp.Rational(*g.as_integer_ratio())


def _decided(entry: str, conditions: tuple[Condition, ...], residual: Any, symbols: list[Any], seed: int) -> Branch:
    shown = tuple(f"{u} {'>' if positive else '<'} 0" for u, positive in conditions)
    text = str(residual)
    text = text if len(text) <= SHOWN else text[:SHOWN] + " ..."
    if residual == 0:
        return Branch(entry, shown, "structure", (), "0")
    witness = refutation(residual, conditions, symbols, seed)
    if witness is not None:
        return Branch(entry, shown, "", witness, text)
    decision = decide_zero(residual)
    text = "; ".join((text, *decision.unanswered))
    return Branch(entry, shown, decision.step, (), "0" if decision.step else text)


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
            s.name: float(rng.choice([-1.0, 1.0]) * 2.0 ** rng.uniform(-4, 3)) if s.name in inputs else float(s.name)
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
