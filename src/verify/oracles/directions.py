"""Certified truth for large arrays: nothing is recorded, the function itself is run over arrays of balls.

``series`` gives f(x + t v) along every input in turn: no rule, no trace, no sweep. ``enclosure`` lets the engine's own
reverse pass give all entries at once, over balls, and believes none of them: two random signed directions v decide,
by series again, whether D_v f meets <g, v>. A wrong entry escapes both with the probability that is printed; rules
and mathematics that exclude each other are a Refusal that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import flint
import numpy as np

from verify.claim import Answer, Estimate, Refusal
from verify.numbers.ballarray import BallField
from verify.numbers.balls import Plain, Undecided, decided, plain
from verify.numbers.deciding import POLE_BITS, Deadline, Rows, until_decided
from verify.numbers.program import NoDerivative, Refused
from verify.oracles.certified import estimate
from verify.oracles.faithful import require_faithful
from verify.oracles.witness import oracle
from verify.question import Question
from verify.subject import engine_rows

SERIES_ENTRIES = 32  # each costs a run of the function
SHOWN_ENTRIES = 20_000  # with more entries than this, decimal digits are left out of the answer
DIRECTIONS = 2  # an entry that is wrong escapes one direction with probability 2**-MANTISSA
MANTISSA = 20  # bits after the point of a direction's entries
SHARP = 2.0**-80  # how far <g, v> and D_v f may be apart, relative to the smallest entry other than 0
UNDERFLOW = 2.0**-1074  # entries below every double need not be told apart


class Excluded(Refused):
    """The engine's rules and the mathematics of the op table cannot both be right."""


@oracle(trusts={"meaning"})
def series(question: Question) -> Answer:
    """The derivative along every input by power series over balls: no rule, no trace, no recording."""
    entries = len(question.entries)
    if entries > SERIES_ENTRIES:
        return Refusal(f"{entries} entries, asked for up to {SERIES_ENTRIES}; it speaks through enclosure")
    deadline = Deadline(question.claim.budget)

    def at(bits: int) -> Rows:
        columns = [_along(question, [axis], deadline) for axis in np.eye(entries)]
        require_faithful(question, columns[0].values, np.array([c.coefficients for c in columns], dtype=object).T)
        return [[column.coefficients[r] for column in columns] for r in range(len(question.cotangents))]

    found = _decided(at, deadline)
    return estimate(found, note=f"{entries} directions, one for each entry")


@oracle(trusts={"meaning"})
def enclosure(question: Question) -> Answer:
    """The engine's reverse pass over balls, all entries of it certified at once by series along random directions.

    What it answers was found by the rules but is believed for the series' sake: it trusts the meaning alone.
    """
    deadline = Deadline(question.claim.budget)
    directions = signed_directions(len(question.entries), question.claim.seed)
    certificate: list[Certificate] = []

    def at(bits: int) -> Rows:
        field = BallField(0, deadline, absorbing=True)
        rows = _flat(field, engine_rows(question, field.inputs(question.leaves)))
        if _settled(field, rows):
            certificate[:] = [_certify(question, rows, directions, field, deadline)]
        return rows

    found = _decided(at, deadline, _hand_out(question))
    return _answer(found, _note(certificate[0]))


def signed_directions(entries: int, seed: int) -> list[np.ndarray]:
    """Random directions with entries +-[0.5, 1.5] of MANTISSA bits after the point, each value as likely."""
    rng = np.random.default_rng([seed, entries])
    one = 2**MANTISSA
    size = (DIRECTIONS, entries)
    return list(rng.choice([-1.0, 1.0], size) * rng.integers(one // 2, one + one // 2, size, endpoint=True) / one)


def hessian_vector(question: Question, v: Any) -> Estimate:
    """The second derivatives H v of every row, from the gradient along x + t v, certified by values alone.

    The engine's reverse pass is run over Taylor polynomials in t: the coefficient of t in the gradient is H v. It is
    believed because u' H v agrees with the second-order series of f along u + v and u - v (polarisation:
    4 u' H v = q(u + v) - q(u - v) with q(w) = w' H w) for the random signed directions u, and v' H v with q(v).

    Arguments
        question: a prepared claim. v: the direction, one number for each entry, in order; shape (entries,).
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
    deadline = Deadline(question.claim.budget)
    checks = signed_directions(len(question.entries), question.claim.seed)
    certificate: list[Certificate] = []

    def at(bits: int) -> Rows:
        field = BallField(1, deadline, absorbing=True)
        rows = _flat(field, engine_rows(question, field.inputs(question.leaves, _split(question, v))), plane=1)
        if _settled(field, rows):
            certificate[:] = [_certify_second(question, rows, v, checks, field, deadline)]
        return rows

    found = _decided(at, deadline, _hand_out(question))
    return _answer(found, _note(certificate[0], "u' H v", "by second-order series"))


def _decided(
    at: Callable[[int], Rows], deadline: Deadline, hand_out: Callable[[Any], Plain] = plain
) -> list[list[Plain]]:
    """``until_decided``, without its opinion on kinks: a derivative may exist that no Taylor polynomial shows."""
    try:
        return until_decided(at, deadline.check, hand_out)
    except NoDerivative as kink:
        raise Refused(str(kink).replace("no unique derivative", "a kink on the way, no Taylor polynomial")) from None


# --- runs over arrays of balls


@dataclass(frozen=True)
class Along:
    """f along a path: for every row the weighted value at its beginning, and the coefficient asked for."""

    values: list[Any]
    coefficients: list[Any]


def _along(question: Question, directions: Sequence[np.ndarray], deadline: Deadline, order: int = 1) -> Along:
    """The coefficients of t**order in every row of f(x + t v), as balls; raises Undecided or Kink."""
    field = BallField(order, deadline)
    leaves = field.inputs(question.leaves, *(_split(question, v) for v in directions))
    outputs = [leaves[0].like(y) for y in question.run(leaves)]
    found = []
    for plane in (0, order):
        rows = []
        for cotangent in question.cotangents:
            parts = [
                np.dot(y.planes[plane].reshape(-1), field.constants(g.reshape(-1)))
                for y, g in zip(outputs, cotangent, strict=True)
                if y.planes[plane] is not None and g.size
            ]
            rows.append(sum(parts, flint.arb(0)))
        found.append(rows)
    if not all(x.is_finite() for x in (*found[0], *found[1])):
        reason = field.why_unknown()
        if reason is None and flint.ctx.prec >= POLE_BITS:
            raise Refused("no finite derivative along a direction: outside the domain, or at a pole")
        raise reason or Undecided("the series has no finite coefficient")
    return Along(*found)


def _split(question: Question, v: np.ndarray) -> list[np.ndarray]:
    """A vector over all entries as one array for each leaf."""
    cuts = np.cumsum([np.size(x) for x in question.leaves])[:-1]
    return [part.reshape(np.shape(x)) for part, x in zip(np.split(v, cuts), question.leaves, strict=True)]


def _flat(field: BallField, rows: Sequence[Sequence[Any]], plane: int = 0) -> Rows:
    """One plane of the arrays of every row, as flat rows of balls."""
    found = []
    for row in rows:
        flat: list[Any] = []
        for part in row:
            planes = field.inputs([part])[0].planes if isinstance(part, np.ndarray | np.generic) else part.planes
            chosen = planes[plane]
            flat.extend([flint.arb(0)] * part.size if chosen is None else chosen.reshape(-1).tolist())
        found.append(flat)
    return found


def _settled(field: BallField, rows: Rows) -> bool:
    """Whether all entries are decided; raises what keeps them open where that is known."""
    if all(decided(x) for row in rows for x in row):
        return True
    reason = field.why_unknown()
    if reason is not None and not all(x.is_finite() for row in rows for x in row):
        raise reason
    return False


# --- certificates


@dataclass(frozen=True)
class Certificate:
    """How far <g, v> and D_v f may be apart, over all rows and directions, rigorously."""

    bound: float
    directions: int


def _certify(
    question: Question, rows: Rows, directions: Sequence[np.ndarray], field: BallField, deadline: Deadline
) -> Certificate:
    """Compare every row with the series along every direction; raises Excluded, or Undecided when too coarse."""
    bounds = []
    for v in directions:
        along = _along(question, [v], deadline)
        if v is directions[0]:
            require_faithful(question, along.values, np.array(rows, dtype=object))
        weights = BallField().constants(v)
        for row, derivative in zip(rows, along.coefficients, strict=True):
            pairing = np.dot(np.array(row, dtype=object), weights)
            bounds.append(_meeting(pairing, derivative, row, field, "<g, v>", "D_v f"))
    return Certificate(max(bounds), len(directions))


def _certify_second(
    question: Question,
    rows: Rows,
    v: np.ndarray,
    checks: Sequence[np.ndarray],
    field: BallField,
    deadline: Deadline,
) -> Certificate:
    bounds = []
    for u in checks:
        plus, minus = (_along(question, [w], deadline, order=2).coefficients for w in (_sum(u, v), _sum(u, -v)))
        for row, p, m in zip(rows, plus, minus, strict=True):
            mixed = (p - m) / 2  # q(w) is twice the coefficient of t**2
            pairing = np.dot(np.array(row, dtype=object), BallField().constants(u))
            bounds.append(_meeting(pairing, mixed, row, field, "u' H v", "its polarised second derivative"))
    for row, half in zip(rows, _along(question, [v], deadline, order=2).coefficients, strict=True):
        pairing = np.dot(np.array(row, dtype=object), BallField().constants(v))
        bounds.append(_meeting(pairing, 2 * half, row, field, "v' H v", "its second derivative"))
    return Certificate(max(bounds), len(checks))


def _sum(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """u + v in balls: the direction stays exact."""
    field = BallField()
    return np.asarray(field.constants(u) + field.constants(v))


def _meeting(pairing: Any, derivative: Any, row: Sequence[Any], field: BallField, left: str, right: str) -> float:
    """A bound on the distance of two balls that have to be one number."""
    if not pairing.overlaps(derivative):
        if field.absorbed:
            raise Refused("the engine's rules multiply 0 by what is not finite here, and miss the derivative")
        raise Excluded(
            f"rules and meaning exclude each other: along a seeded direction {left} is {pairing.str(20)} by the "
            f"engine's rules, {right} is {derivative.str(20)} by series; one of the two is wrong"
        )
    bound = abs(pairing - derivative).upper()
    smallest = min((abs(x).lower() for x in row if not x.is_zero()), key=float, default=flint.arb(1))
    if not bound <= SHARP * smallest.max(flint.arb(UNDERFLOW)):
        raise Undecided(f"the certificate is only known to {float(bound):.2g}")
    return float(bound)


# --- answers


def _hand_out(question: Question) -> Callable[[Any], Plain]:
    rows, entries = question.shape
    return plain if rows * entries <= SHOWN_ENTRIES else _without_digits


def _without_digits(x: Any) -> Plain:
    return plain(x, digits=0)


def _answer(found: list[list[Plain]], note: str) -> Estimate:
    shown = estimate(found, note=note)
    return shown if all(x.digits for row in found for x in row[:1]) else replace(shown, digits=())


def _note(certificate: Certificate, pairing: str = "<g,v> - D_v f", how: str = "by series") -> str:
    return (
        f"certified along {certificate.directions} seeded signed directions {how}: "
        f"|{pairing}| <= {certificate.bound:.1g}; an entry that is off by more than "
        f"{certificate.bound * 2.0**MANTISSA * 2:.1g} escapes with probability 2**-{MANTISSA * certificate.directions}"
    )
