"""Why an answer is outside the truth: a wrong formula or rounding."""

from __future__ import annotations

import numpy as np

from verify import subject as subjects
from verify.blackbox import nature
from verify.claim import Estimate
from verify.judge import Judgement, judge
from verify.numbers.ballarray import BallField
from verify.numbers.balls import Plain
from verify.numbers.deciding import Deadline, Rows
from verify.numbers.program import Refused
from verify.numbers.recorded import exact_rows, moved_rows
from verify.oracles.runs import decided_rows, flat
from verify.question import Question

CONFIRMED = 1e6  # units above which rounding is confirmed by what the error does at other points
ELSE = 2.0  # times further from an answer than the truth is: what is so far from it did not give it
OF_THE_POINT = ("gradient", "value_and_gradient", "jacobian")  # a given g or t may lose digits alike at every point


def wrong_formula(
    question: Question, truth: Estimate, answer: np.ndarray, result: Judgement
) -> tuple[bool | None, str]:
    """Whether the subject's own code, run exactly, is outside the truth where its answer is; None: unknown."""
    try:
        rows = _unrounded(question)
    except Refused as refused:
        outcome, text = nature(question, answer, result)
        return outcome, f"outside the truth (its code could not be run exactly: {refused}); {text}"
    value = np.array([[x.high for x in row] for row in rows])
    low = np.array([[x.low for x in row] for row in rows])
    if value.shape != truth.value.shape:
        return None, f"outside the truth (its code, run exactly, answers with shape {value.shape})"
    exact = judge(value, truth, question.roundoff, question.smallest, question.claim.units)  # constants are rounded
    gap = np.abs((value - truth.value) + (low - truth.low))
    right = exact.inside | (gap <= exact.allowed) & np.isfinite(truth.value)
    still = result.inside & (gap <= result.allowed)  # what rounding leaves right must not be wrong without it
    if (right | still).all():
        lost = float(np.max(result.units[~result.inside]))
        claim = question.claim
        elsewhere = claim.judged in OF_THE_POINT or claim.foreign is not None
        if lost > CONFIRMED and elsewhere:  # code may take another path over floats, and a translation is not the code
            wrong, text = nature(question, answer, result)
            if wrong:
                return True, f"over exact numbers its code gives the truth, over floats it does not: {text}"
        cost = f"rounding cost {lost:.3g} units" if np.isfinite(lost) else "in floating point it overflows"
        return False, f"evaluated exactly its formula is right; {cost}"
    if approximation := _approximation(question, truth, value):
        return False, approximation
    away = np.abs((value - answer) + low)
    if question.claim.foreign is not None and (away > ELSE * result.gap)[~result.inside].any():
        outcome, text = nature(question, answer, result)  # a translation that answers otherwise is not the code
        return outcome, f"outside the truth (its translation is further from its answer than the truth is); {text}"
    return True, "evaluated exactly its formula is still outside the truth: a wrong formula, not rounding"


def _approximation(question: Question, truth: Estimate, value: np.ndarray) -> str:
    """A sentence where the code approximates f and its derivative is off by what rounding its steps accounts for.

    A minimax polynomial is another function than f, by less than rounding shows. A rule that cancels makes that as
    large as it makes rounding: the digits of such a derivative are lost, and its formula is the right one for f.

    Arguments
        value: the judged derivative evaluated exactly, float64 (rows, entries).
    """
    claim = question.claim
    if claim.judged != "vjp" or not isinstance(claim.subject, tuple):
        return ""
    try:
        errors = exact_rows(question, subjects.value_errors)
        if not any(abs(error.high) > error.radius for row in errors for error in row):
            return ""
        moved = moved_rows(question, subjects.formula_rows)
    except Refused:
        return ""
    u, eta = question.roundoff, question.smallest
    if not judge(value, truth, u, eta, claim.units, lambda: moved, question.largest).inside.all():
        return ""
    off = float(np.max(judge(value, truth, u, eta, claim.units).units))
    return (
        f"its code approximates f: evaluated exactly, its value is not quite f's, and its derivative is off by "
        f"{off:.3g} units, no more than rounding its own steps may cost"
    )


def _unrounded(question: Question) -> list[list[Plain]]:
    """The subject's own code run exactly: as a program, and where that has no formula (eigenvalues) over balls."""
    try:
        return exact_rows(question, subjects.formula_rows)
    except Refused as refused:
        deadline = Deadline(question.claim.budget)

        def at(bits: int) -> Rows:
            field = BallField(0, deadline)
            return flat(field, subjects.formula_rows(question, field.inputs(question.leaves)))

        try:
            return decided_rows(at, deadline)
        except Exception:  # code of users meets numbers that it was not written for: any way it fails
            raise refused from None
