"""A question's function recorded as a program, and the subject's own code run exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np

from ad.core import Op
from verify.adapters.translation import Untranslatable
from verify.formats import coarsest
from verify.numbers.balls import Plain, ball, precision
from verify.numbers.exact import ExactArray, inputs, scalar, terms
from verify.numbers.gradient import enclosures
from verify.numbers.nudged import value_enclosure
from verify.numbers.program import OnEdge, Program, Refused, Term, Unfaithful
from verify.numbers.taken import on_edge
from verify.question import Question

Rows = list[list[tuple[Term, float]]]


def recorded(question: Question) -> tuple[Program, Rows]:
    """The program of f at the point, and for each row the weighted outputs it sums; worked out once.

    Raises Refused with the reason, the same one every time it is asked; Unfaithful when the program is not f.
    """
    found = question.shared.get("program")
    if found is None:
        try:
            found = _record(question)
        except Refused as refused:
            found = refused
        question.shared["program"] = found
    if isinstance(found, Refused):
        raise found
    program, rows = found
    program.renew_budget()
    return program, rows


def on_an_edge(question: Question) -> str:
    """Why nothing beside the point is known: a decision of f that lies exactly on its edge; '' where there is none."""
    try:
        recorded(question)
    except OnEdge as edge:
        return str(edge)
    except Refused:
        pass
    return ""


def certainly_outside(question: Question) -> bool:
    """Whether some operation's argument is outside its domain, or on its edge, in exact arithmetic.

    A survey in floating point may say so of an argument that only underflowed. True as well where f cannot be
    recorded: then the survey has the last word.
    """
    try:
        program, _ = recorded(question)
    except Refused:
        return True
    for meaning, operands in list(program.steps):
        if isinstance(meaning, Op) and meaning.domain is not None:
            margin = meaning.domain(*[scalar(program, i) for i in operands])
            try:
                if bool(margin <= 0):
                    return True
            except Refused:  # undecided at the highest precision: not certainly outside
                continue
    return False


def _record(question: Question) -> tuple[Program, Rows]:
    program = Program(question.point, question.claim.budget)
    outputs = run_exactly(program, question, question.run)
    shapes, wanted = [np.shape(y) for y in outputs], [y.shape for y in question.outputs]
    if shapes != wanted:
        raise Refused(f"over exact numbers f returns arrays of shapes {shapes}, over floats {wanted}")
    flat = [term for y in outputs for term in terms(program, y).reshape(-1)]
    rows: Rows = []
    for cotangent in question.cotangents:
        weights = [float(g) for part in cotangent for g in part.reshape(-1)]
        rows.append([(t, w) for t, w in zip(flat, weights, strict=True) if w != 0.0])
    _require_faithful(program, rows, question)
    return program, rows


def _require_faithful(program: Program, rows: Rows, question: Question) -> None:
    """Raise Unfaithful where the program is not f: it took a path on an edge, or f itself computes another value.

    That happens when f writes into its inputs or into a view, or depends on state or chance.
    """
    if program.on_edge:
        condition = on_edge(program, question.entries)
        decision = f"the decision {condition}" if condition else "a decision"
        raise OnEdge(
            f"{decision} of f (a Python if, a mask) lies exactly on its edge: beside the point f may take another path"
        )
    roundoff = question.reference_roundoff
    far = [r for r in range(len(rows)) if _distance(program, rows[r], question, r) > question.claim.units * roundoff]
    if not far:
        return
    try:
        values, moved = value_enclosure(program, [rows[r] for r in far], question.claim.seed)
    except Refused:
        return  # no exact value to compare with; whoever needs one refuses for itself
    allowed = question.claim.units * (roundoff * (np.abs(values) + moved) + question.smallest)
    for r, value, bound in zip(far, values, allowed, strict=True):
        found = _value(question, r)
        if not abs(found - value) <= bound:
            raise Unfaithful(
                f"f computes {found:.10g}, the mathematics recorded from it {value:.10g}: f depends on state or "
                f"chance, writes into an array that it shares, or takes another path when nothing is rounded"
            )


def _distance(program: Program, row: list[tuple[Term, float]], question: Question, r: int) -> float:
    """How far f's own value is from the recorded one, relative to it; 0 where f over- or underflows."""
    found = _value(question, r)
    if not np.isfinite(found) or abs(found) < max(coarsest([y]).tiny for y in question.outputs):
        return 0.0
    with precision(128):
        values = program.values(128)
        exact = [values[term.index] for term, _ in row]
        if not all(isinstance(x, flint.arb) and x.is_finite() for x in exact):
            return 0.0
        total = sum((x * ball(g) for x, (_, g) in zip(exact, row, strict=True)), flint.arb(0))
        return abs(float(((total - ball(found)) / ball(found)).mid()))


def _value(question: Question, r: int) -> float:
    return float(question.weighted([np.asarray(y, dtype=float) for y in question.outputs], r))


def run_exactly(program: Program, question: Question, function: Callable[[Sequence[Any]], Any]) -> Any:
    """Run NumPy code with the program's inputs in place of the leaves; any failure is a Refused."""
    arrays = inputs(program, [np.shape(x) for x in question.leaves])
    try:
        return function(arrays)
    except Refused:
        raise
    except Untranslatable as untranslatable:
        raise Refused(str(untranslatable)) from untranslatable
    except Exception as problem:  # code of users meets numbers that it was not written for: any way it fails
        raise Refused(f"it does not run over exact numbers: {type(problem).__name__}: {problem}") from problem


def exact_rows(question: Question, rows_of: Callable[[Question, Sequence[Any]], list[list[Any]]]) -> list[list[Plain]]:
    """What derivative code (a rule, a hand-written gradient) means when nothing is rounded."""
    return enclosures(*_run(question, rows_of))


def moved_rows(question: Question, rows_of: Callable[[Question, Sequence[Any]], list[list[Any]]]) -> np.ndarray:
    """How far what derivative code means moves per unit of rounding of its own steps, shape (rows, entries)."""
    program, outputs = _run(question, rows_of)
    flat = [[(term, 1.0)] for row in outputs for term in row]
    return value_enclosure(program, flat, question.claim.seed)[1].reshape(len(outputs), -1)


def _run(
    question: Question, rows_of: Callable[[Question, Sequence[Any]], list[list[Any]]]
) -> tuple[Program, list[list[Term]]]:
    program = Program(question.point, question.claim.budget)
    rows = run_exactly(program, question, lambda arrays: rows_of(question, arrays))
    return program, [[term for part in row for term in _terms(program, part)] for row in rows]


def _terms(program: Program, part: Any) -> list[Term]:
    return list(terms(program, part if isinstance(part, ExactArray) else np.asarray(part)).reshape(-1))
