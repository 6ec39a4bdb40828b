"""Proofs: a derivative equal to the exact one for all inputs of a branch, not only at points.

The subject's code (a rule of the engine, or a hand-written gradient) is run over symbols; SymPy's derivative of
the function's mathematics is subtracted; the residual must be zero on every branch. A ball evaluation at an exact
point that excludes zero is a rigorous refutation, with its witness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from verify import subject as subjects
from verify.branches import Condition, branches
from verify.checker import check_points, point_finding
from verify.claim import Claim, ClaimError
from verify.finding import Finding, PointFinding
from verify.judge import Verdict
from verify.limits import TooLong, within
from verify.numbers.balls import Undecided, ball, precision
from verify.numbers.exact import terms
from verify.numbers.formula import compiled
from verify.numbers.program import Program, Refused, Term
from verify.numbers.recorded import recorded, run_exactly
from verify.numbers.symbols import formula, number
from verify.question import Question, prepare
from verify.zero import decide_zero

SECONDS = 5.0  # for one branch of one entry
WITNESSES = 40  # seeded points per branch at which a residual may show that it is not zero
BITS = 256  # of their evaluation
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
        return prove_points(claims)
    return prove_points([Claim(f, *xs, **claim)])


def prove_points(claims: Sequence[Claim], suite: str = "", reproduce: str = "") -> Finding:
    """Check a claim at its points, then prove it in general at the shapes of the last one."""
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
    return replace(finding, points=tuple(_proved(point, found) for point in finding.points))


def _proved(point: PointFinding, found: Sequence[Branch]) -> PointFinding:
    notes = dict.fromkeys(f"proved for all inputs{_under(branch)} ({branch.step})" for branch in found)
    return replace(point, verdict=Verdict.PROVED, reason=Verdict.PROVED.value, notes=point.notes + tuple(notes))


def _refuted(finding: Finding, claim: Claim, branch: Branch) -> Finding:
    """The finding with the witness point added: wrong there, or no identity but right to rounding."""
    at = dict(branch.witness)
    where = ", ".join(f"{name} = {value!r}" for name, value in at.items())
    point = point_finding(_moved(claim, at))
    what = "no identity, but right to rounding there" if point.ok else "wrong there"
    note = f"no proof: {what}: at {where} the residual {branch.residual} is certainly not 0"
    return _with_notes(replace(finding, points=(*finding.points, point)), (note,))


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
            yield names[k], _formula(claimed, term, names) - sp.diff(total, symbols[k])


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
    try:
        step = within(SECONDS, lambda: decide_zero(residual))
    except (TooLong, RecursionError, MemoryError):
        step = ""
    return Branch(entry, shown, step, (), "0" if step else text)


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
