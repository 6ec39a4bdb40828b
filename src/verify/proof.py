"""Proofs: a derivative equal to the exact one for all inputs of a branch, not only at points.

The subject's code (a rule of the engine, or a hand-written gradient) is run over symbols; SymPy's derivative of
the function's mathematics is subtracted; the residual must be zero on every branch. A ball evaluation at an exact
point that excludes zero is a rigorous refutation, with its witness.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from verify.branches import Condition, branches
from verify.checker import check_points
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.exactness import exact_over_integers
from verify.finding import Finding, PointFinding
from verify.judge import Verdict
from verify.literals import as_written
from verify.numbers.deciding import Deadline
from verify.numbers.program import Program, Refused, Term
from verify.numbers.recorded import recorded
from verify.numbers.symbols import as_number, decimal, formula, number, released
from verify.point import point_finding
from verify.question import Question
from verify.unseen import (
    claimed_program,
    moved_to,
    refutation,
    shown_at,
    with_edges,
    with_notes,
    with_pivots,
    with_probes,
)
from verify.zero import decide_zero

SHOWN = 160  # characters of a residual that a reader can take in
RESIDUES = 4  # entries of a wrong derivative that are told what they are off by


@dataclass(frozen=True)
class Branch:
    """One smooth piece of one entry: proved by which step, or refuted at which point, or open (neither)."""

    entry: str
    conditions: tuple[str, ...]
    step: str
    witness: tuple[tuple[str, float], ...]
    residual: str
    pivots: tuple[Any, ...] = ()  # what the conditions compare with 0: the branch ends there


def prove(f: Callable[..., Any] | str, *xs: Any, **claim: Any) -> Finding:
    """Prove that a derivative is right for all inputs of a branch, or refute it with a witness.

    Arguments
        f: a function, an expression, or (without ``xs``) a function of the op table or an op of ``ad.custom`` with
            ``examples=``, whose rule is proved.
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
            missing = "has no examples=" if hasattr(f, "examples") else "is not in the op table"
            raise ClaimError(f"{getattr(f, '__name__', f)} {missing}: give arguments that fix its shapes")
        return exact_over_integers(f, prove_points(claims))
    return prove_points([Claim(f, *xs, **claim)])


def prove_points(claims: Sequence[Claim], suite: str = "", reproduce: str = "") -> Finding:
    """Check a claim at its points, then prove it in general at the shapes of the last one."""
    if claims[-1].order != 1 or claims[-1].judged == "jvp":
        raise ClaimError("order=2, hvp= and jvp= are answered at points: check them; a gradient is proved")
    finding = check_points(claims, suite, reproduce)
    if finding.verdict is Verdict.WRONG:
        return with_notes(finding, _residues(claims[-1]))
    if not finding.ok:
        return finding
    try:
        with np.errstate(all="ignore"):
            found = list(_until_open(_branches(as_written(claims[-1]))))
    except (Refused, OverflowError) as refused:
        return with_notes(finding, (f"no proof: {refused}",))
    except Exception as problem:  # SymPy, on a formula that nobody has tried before
        return with_notes(finding, (f"no proof: {type(problem).__name__}: {problem}",))
    refuted = next((branch for branch in found if branch.witness), None)
    if refuted is not None:
        return _refuted(finding, claims[-1], refuted)
    left = [branch for branch in found if not branch.step]
    if left:
        return with_notes(finding, (f"no proof: open for {left[0].entry}{_under(left[0])}: {left[0].residual}",))
    conditions = tuple(dict.fromkeys(", ".join(branch.conditions) for branch in found))
    proved = replace(finding, points=tuple(_proved(point, found) for point in finding.points), proved=conditions)
    pivots = dict.fromkeys(u for branch in found for u in branch.pivots)
    with np.errstate(all="ignore"):  # the points that are tried lie on edges and far out
        return with_probes(with_pivots(with_edges(proved, claims[-1]), claims[-1], list(pivots)), claims[-1])


def _proved(point: PointFinding, found: Sequence[Branch]) -> PointFinding:
    notes = dict.fromkeys(f"proved for all inputs{_under(branch)} ({branch.step})" for branch in found)
    return replace(point, verdict=Verdict.PROVED, reason=Verdict.PROVED.value, notes=point.notes + tuple(notes))


def _refuted(finding: Finding, claim: Claim, branch: Branch) -> Finding:
    """The finding with the witness point added: wrong there, or no identity but right to rounding."""
    at = dict(branch.witness)
    point = point_finding(moved_to(claim, at))
    what = "no identity, but right to rounding there" if point.ok else "wrong there"
    note = f"no proof: {what}: at {shown_at(at)} the residual {branch.residual} is certainly not 0"
    return with_notes(replace(finding, points=(*finding.points, point)), (note,))


def _residues(claim: Claim) -> tuple[str, ...]:
    """What a wrong derivative is off by, as formulas: a note for each entry, up to the first branch that stays open.

    It may take the budget of one witness: there can be more branches than a reader of four formulas waits for.
    """
    found: dict[str, str] = {}
    deadline = Deadline(claim.budget)
    # the verdict stands without a formula, whatever keeps it from being written
    with contextlib.suppress(Exception), np.errstate(all="ignore"):
        for branch in _until_open(_branches(as_written(claim))):
            if branch.witness and len(branch.residual) < SHOWN:
                text = f"its derivative by {branch.entry} is off by {branch.residual}{_under(branch)}"
                found.setdefault(branch.entry, text)
            if len(found) == RESIDUES:
                break
            deadline.check()
    return tuple(found.values())


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
    claimed, answers = claimed_program(question)
    taken = tuple(dict.fromkeys(_taken(program, names) + _taken(claimed, names)))
    for row, answer in zip(rows, answers, strict=True):
        for k, term in enumerate(answer):
            compared = Compared(program, row, claimed, term, names, symbols[k])
            for n, (conditions, smooth) in enumerate(branches(compared.residual(number))):
                found = _decided(names[k], conditions, smooth, symbols, question.claim.seed)
                found = _as_written(found, compared, n) if found.witness else found
                yield replace(found, conditions=taken + found.conditions, pivots=tuple(u for u, _ in conditions))


def _taken(program: Program, names: list[str]) -> tuple[str, ...]:
    """What Python's ``if`` statements decided at the point: the proof speaks of no other branch."""
    return tuple(
        f"{_formula(program, Term(program, n), names)} {'true' if outcome else 'false'}"
        for n, outcome in program.decisions.items()
    )


@dataclass(frozen=True, eq=False)
class Compared:
    """One entry of one row: the function's program beside the term that the subject answers with."""

    program: Program
    row: Sequence[tuple[Term, float]]
    claimed: Program
    term: Term
    names: list[str]
    symbol: Any

    def residual(self, constant: Callable[[Any], Any]) -> Any:
        """The subject's derivative less SymPy's; constant: how a constant is read."""
        terms = [_exact(g) * as_number(_formula(self.program, term, self.names, constant)) for term, g in self.row]
        answer = as_number(_formula(self.claimed, self.term, self.names, constant))
        return released(answer - sp.diff(sp.Add(*terms), self.symbol))


def _as_written(branch: Branch, compared: Compared, n: int) -> Branch:
    """A refuted branch with its residual in the decimals of the code, which is what a reader knows: branch n."""
    read = list(itertools.islice(branches(compared.residual(decimal)), n, n + 1))
    text = str(read[0][1]) if read else "0"
    return branch if text == "0" or len(text) > len(branch.residual) else replace(branch, residual=text)


def _formula(program: Program, term: Term, names: list[str], constant: Callable[[Any], Any] = number) -> Any:
    found = formula(program, term.index, names, constant)
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
