"""The derivative of a function of many inputs along a few tangents, from its values alone.

One quotient along a signed tangent t tells <g, J t>, in which every entry of a row has its part. A row that is wrong
in some entries escapes a tangent only where its mistakes cancel, or are smaller than the bar.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from verify.claim import Refusal
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.oracles.numeric import UNKNOWN_MOVEMENT, rounding
from verify.oracles.runs import signed_directions, split_row
from verify.question import Question
from verify.slopes import NoSlope, slope


@dataclass(frozen=True, eq=False)
class Along:
    """tangents: (number, entries). value, radius: <g, J t> for every row and tangent, shape (rows, number)."""

    tangents: np.ndarray
    value: np.ndarray
    radius: np.ndarray

    def of(self, rows: np.ndarray) -> np.ndarray:
        """What rows of a derivative say along the tangents."""
        return np.asarray(rows @ self.tangents.T)


def along_tangents(question: Question, rows: np.ndarray) -> Along | Refusal:
    """Differences of f along seeded signed tangents, a bar around each.

    Arguments
        rows: the derivative that is judged: how much rounding of single entries may add up to follows from its size.
    """
    deadline = Deadline(question.claim.budget)
    tangents = np.array([_scaled(question, t) for t in signed_directions(len(question.entries), question.claim.seed)])
    value, radius = np.empty((2, len(rows), len(tangents)))
    try:
        for k, tangent in enumerate(tangents):
            values = _values(question, tangent, deadline)
            for row in range(len(rows)):
                found = slope(functools.partial(values, row), 1.0, question.computing.roundoff)
                if isinstance(found, NoSlope):
                    return Refusal(f"along a seeded signed tangent: {found.reason}", undefined=found.kink)
                value[row, k], radius[row, k] = found.value, found.radius
    except Refused as refused:
        return Refusal(str(refused))
    # Rounding is one factor for all of f, or one for every entry, which then adds up as random numbers do.
    size = np.abs(value) + np.sqrt(rows**2 @ (tangents**2).T)
    coarse = question.computing.accumulator / question.computing.roundoff
    radius += rounding(size, UNKNOWN_MOVEMENT * coarse * size, question)
    # A row of 0 (the imaginary part of a real eigenvalue) is what rounding leaves of the others.
    u = max(question.roundoff, question.computing.roundoff)
    left = question.claim.units * u * np.max(size, axis=0)
    return Along(tangents, value, radius + np.where(value == 0, left, 0.0))


def _scaled(question: Question, tangent: np.ndarray) -> np.ndarray:
    """A tangent whose part in every leaf is as large as that leaf."""
    parts = []
    for x, part in zip(question.leaves, split_row(question, tangent), strict=True):
        x = np.asarray(x, dtype=float)
        parts.append(part.reshape(-1) * (float(np.sqrt(np.mean(x * x))) or 1.0) if x.size else part.reshape(-1))
    return np.concatenate(parts)


def _values(question: Question, tangent: np.ndarray, deadline: Deadline) -> Callable[[int, np.ndarray], np.ndarray]:
    """(row, steps h) -> the values of a row at x + h t; no step is asked twice, for whatever row."""
    parts = split_row(question, tangent)
    known: dict[float, Sequence[float]] = {}

    def at(h: float) -> Sequence[float]:
        if h not in known:
            deadline.check()
            leaves = [np.asarray(x, dtype=float) + h * t for x, t in zip(question.reference, parts, strict=True)]
            outputs = question.run([x if x.ndim else x[()] for x in leaves])
            known[h] = [float(np.real(question.weighted(outputs, r))) for r in range(len(question.cotangents))]
        return known[h]

    def values(row: int, steps: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.array([at(float(h))[row] for h in steps], dtype=float)

    return values
