"""Second derivatives: what the certified witnesses answer along the tangents of a question of order 2.

The other witnesses need nothing of their own: they are asked about x -> D_v f(x), which the engine computes, so that
they trust its trace and its rules besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.claim import Answer, Estimate, Refusal
from verify.numbers.ballarray import BallField
from verify.numbers.deciding import Deadline, Rows
from verify.numbers.recorded import recorded
from verify.numbers.second import gradient_along
from verify.oracles import certified, directions
from verify.oracles.certified import estimate
from verify.oracles.runs import (
    Certificate,
    as_estimate,
    decided_rows,
    flat,
    hand_out,
    meeting,
    note_of,
    run_along,
    settled,
    signed_directions,
    split_row,
)
from verify.oracles.witness import Oracle
from verify.question import Question
from verify.subject import engine_rows

ENTRIES = 16  # each costs some 90 runs of the function and of its forward mode along every tangent

Along = Callable[[Question, np.ndarray, Deadline], Estimate]


def of_second_order(first: Oracle, along: Along) -> Oracle:
    """A witness of first derivatives that for second ones answers along every tangent.

    It has to be certain of the first derivative before: that tells a kink, the edge of a domain, and a function that
    is not what was recorded or run.
    """

    def ask(question: Question) -> Answer:
        assert question.tangents is not None
        before = first.ask(question.origin)
        if isinstance(before, Refusal):
            return before
        deadline = Deadline(question.claim.budget)
        tangents = [np.concatenate([p.reshape(-1) for p in v]).astype(float) for v in question.tangents.parts]
        return _stacked([along(question.origin, v, deadline) for v in tangents])

    ask.__name__, ask.__doc__ = first.name, first.__doc__
    return Oracle(first.ask, first.trusts, Oracle(ask, first.trusts))


def of_derivatives(first: Oracle) -> Oracle:
    """A witness that for second derivatives is asked about the first ones, as the engine computes them."""

    def ask(question: Question) -> Answer:
        rows, entries = question.shape
        if rows * entries > ENTRIES:
            return Refusal(f"{rows * entries} entries; of what forward mode computes {ENTRIES} are asked for at most")
        return first.ask(question)

    ask.__name__, ask.__doc__ = first.name, first.__doc__
    return Oracle(first.ask, first.trusts, Oracle(ask, first.trusts | {"trace", "rules"}))


def _stacked(parts: Sequence[Estimate]) -> Estimate:
    """The rows of every tangent, one after the other."""
    return Estimate(
        value=np.concatenate([part.value for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        radius=np.concatenate([part.radius for part in parts]),
        certified=True,
        digits=tuple(row for part in parts for row in part.digits),
        note=parts[0].note,
    )


def _by_symbols(question: Question, v: np.ndarray, deadline: Deadline) -> Estimate:
    program, rows = recorded(question)
    deadline.check()
    return estimate(gradient_along(program, rows, v))


def _by_values(question: Question, v: np.ndarray, deadline: Deadline) -> Estimate:
    def at(bits: int) -> Rows:
        columns = [_mixed(question, axis, v, deadline) for axis in np.eye(len(question.entries))]
        return [list(row) for row in zip(*columns, strict=True)]

    return estimate(decided_rows(at, deadline))


def hessian_vector(question: Question, v: Any, deadline: Deadline | None = None) -> Estimate:
    """The second derivatives H v of every row, from the gradient along x + t v, certified by values alone.

    The engine's reverse pass is run over Taylor polynomials in t: the coefficient of t in the gradient is H v. It is
    believed because u' H v agrees with the second-order series of f along u + v and u - v (polarisation:
    4 u' H v = q(u + v) - q(u - v) with q(w) = w' H w) for the random signed directions u, and v' H v with q(v).

    Arguments
        question: a prepared claim. v: the direction, one number for each entry, in order; shape (entries,).
        deadline: the time that it may take (default: the claim's budget).
    Returns
        an Estimate of shape (rows, entries).
    Raises
        Refused with the reason: a kink, an undecided branch, outside the domain, the budget, or rules and meaning
        that exclude each other.
    Example
        >>> from verify.claim import Claim
        >>> from verify.question import prepare
        >>> hessian_vector(prepare(Claim(lambda x: np.sum(x**3), np.array([1.0, 2.0]))), [1.0, 10.0]).value
        array([[  6., 120.]])
    """
    v = np.asarray(v, dtype=float).reshape(-1)
    if v.shape != (len(question.entries),):
        raise ValueError(f"v has {v.size} numbers, the inputs have {len(question.entries)} entries")
    deadline = deadline or Deadline(question.claim.budget)
    checks = signed_directions(len(question.entries), question.claim.seed)
    certificate: list[Certificate] = []

    def at(bits: int) -> Rows:
        field = BallField(1, deadline, absorbing=True)
        rows = flat(field, engine_rows(question, field.inputs(question.leaves, split_row(question, v))), plane=1)
        if settled(field, rows):
            certificate[:] = [_certify(question, rows, v, checks, field, deadline)]
        return rows

    found = decided_rows(at, deadline, hand_out(question))
    return as_estimate(found, note_of(certificate[0], "u' H v", "by second-order series"))


def _certify(
    question: Question,
    rows: Rows,
    v: np.ndarray,
    checks: Sequence[np.ndarray],
    field: BallField,
    deadline: Deadline,
) -> Certificate:
    bounds = []
    for u in checks:
        for row, mixed in zip(rows, _mixed(question, u, v, deadline), strict=True):
            pairing = np.dot(np.array(row, dtype=object), BallField().constants(u))
            bounds.append(meeting(pairing, mixed, row, field, "u' H v", "its polarised second derivative"))
    for row, half in zip(rows, run_along(question, [v], deadline, order=2).coefficients, strict=True):
        pairing = np.dot(np.array(row, dtype=object), BallField().constants(v))
        bounds.append(meeting(pairing, 2 * half, row, field, "v' H v", "its second derivative"))
    return Certificate(max(bounds), len(checks))


def _mixed(question: Question, u: np.ndarray, v: np.ndarray, deadline: Deadline) -> list[Any]:
    """u' H v of every row by polarisation; a coefficient of t**2 is half of q."""
    plus, minus = (run_along(question, [w], deadline, order=2).coefficients for w in (_sum(u, v), _sum(u, -v)))
    return [(p - m) / 2 for p, m in zip(plus, minus, strict=True)]


def _sum(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """u + v in balls: the direction stays exact."""
    field = BallField()
    return np.asarray(field.constants(u) + field.constants(v))


symbolic = of_second_order(certified.symbolic, _by_symbols)
series = of_second_order(directions.series, _by_values)
enclosure = of_second_order(directions.enclosure, hessian_vector)
