"""Functions run over arrays of balls: along directions, in reverse, and how two such runs certify each other.

Nothing is recorded. What the engine's rules give is believed for the sake of random signed directions, along which
f itself is run over series: a wrong entry escapes both with the probability that is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import flint
import numpy as np

from verify.claim import Estimate
from verify.numbers.ballarray import BallField
from verify.numbers.balls import Plain, Undecided, decided, plain
from verify.numbers.deciding import POLE_BITS, Deadline, Rows, until_decided
from verify.numbers.program import NoDerivative, Refused
from verify.oracles.certified import estimate
from verify.question import Question

SHOWN_ENTRIES = 20_000  # with more entries than this, decimal digits are left out of the answer
DIRECTIONS = 2  # an entry that is wrong escapes one direction with probability 2**-MANTISSA
MANTISSA = 20  # bits after the point of a direction's entries
SHARP = 2.0**-80  # how far <g, v> and D_v f may be apart, relative to the smallest entry other than 0
UNDERFLOW = 2.0**-1074  # entries below every double need not be told apart


class Excluded(Refused):
    """What the engine's rules give here is not the derivative, or the mathematics of the op table is wrong."""


def signed_directions(entries: int, seed: int) -> list[np.ndarray]:
    """Random directions with entries +-[0.5, 1.5] of MANTISSA bits after the point, each value as likely."""
    rng = np.random.default_rng([seed, entries])
    one = 2**MANTISSA
    size = (DIRECTIONS, entries)
    return list(rng.choice([-1.0, 1.0], size) * rng.integers(one // 2, one + one // 2, size, endpoint=True) / one)


def decided_rows(
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


def run_along(question: Question, directions: Sequence[np.ndarray], deadline: Deadline, order: int = 1) -> Along:
    """The coefficients of t**order in every row of f(x + t v), as balls; raises Undecided or Kink."""
    field = BallField(order, deadline)
    leaves = field.inputs(question.leaves, *(split_row(question, v) for v in directions))
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


def split_row(question: Question, v: np.ndarray) -> list[np.ndarray]:
    """A vector over all entries as one array for each leaf."""
    cuts = np.cumsum([np.size(x) for x in question.leaves])[:-1]
    return [part.reshape(np.shape(x)) for part, x in zip(np.split(v, cuts), question.leaves, strict=True)]


def flat(field: BallField, rows: Sequence[Sequence[Any]], plane: int = 0) -> Rows:
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


def settled(field: BallField, rows: Rows) -> bool:
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


def meeting(pairing: Any, derivative: Any, row: Sequence[Any], field: BallField, left: str, right: str) -> float:
    """A bound on the distance of two balls that have to be one number."""
    if not pairing.overlaps(derivative):
        if field.absorbed:
            raise Excluded("the engine's rules multiply 0 by what is not finite here, and miss the derivative")
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


def hand_out(question: Question) -> Callable[[Any], Plain]:
    rows, entries = question.shape
    return plain if rows * entries <= SHOWN_ENTRIES else _without_digits


def _without_digits(x: Any) -> Plain:
    return plain(x, digits=0)


def as_estimate(found: list[list[Plain]], note: str) -> Estimate:
    shown = estimate(found, note=note)
    return shown if all(x.digits for row in found for x in row[:1]) else replace(shown, digits=())


def note_of(certificate: Certificate, pairing: str = "<g,v> - D_v f", how: str = "by series") -> str:
    return (
        f"certified along {certificate.directions} seeded signed directions {how}: "
        f"|{pairing}| <= {certificate.bound:.1g}; an entry that is off by more than "
        f"{certificate.bound * 2.0**MANTISSA * 2:.1g} escapes with probability 2**-{MANTISSA * certificate.directions}"
    )
