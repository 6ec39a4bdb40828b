"""The QR factorization of exact arrays, by Householder's reflections, with the signs that LAPACK chooses.

Golub and Van Loan, Matrix Computations, 4th ed., 2013, section 5.2; LAPACK's dgeqr2 and dlarfg. Signs are part of what
np.linalg.qr computes: entry k of R's diagonal has the sign opposite to that of the entry that stands there when its
column is reduced. Which sign that is, is a branch of the function.

Facts
    A column with one entry left is not reflected: the last entry of a square R keeps its sign.
    A column that holds only zeros below the diagonal is not reflected either: R jumps where one of them moves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.balls import Undecided
from verify.numbers.program import Refused

MODES = ("reduced", "complete", "r")
Factors = type(np.linalg.qr(np.eye(1)))  # NumPy's own pair, with the names Q and R
Reflection = tuple[Any, Any]  # v and c: the matrix 1 - c v v'


def qr(self: Any, a: Any, mode: str = "reduced") -> Any:
    """Q and R of one matrix; raises Refused where they have no derivative."""
    if mode not in MODES:
        raise Refused(f"np.linalg.qr has an exact meaning here with mode= one of {', '.join(MODES)}, not {mode!r}")
    m, n = a.shape
    rows, reflections, block = [], [], a
    for k in range(min(m, n)):
        reflection, corner = _reflection(block[:, 0], k)
        reflections.append(reflection)
        rest = _reflected(block[:, 1:], reflection)
        rows.append(np.concatenate([self.like(np.zeros(k)), np.reshape(corner, (1,)), rest[0]]))
        block = rest[1:]
    zeros = self.like(np.zeros((m - len(rows) if mode == "complete" else 0, n)))
    upper = np.concatenate([np.stack(rows), zeros]) if rows else zeros
    if mode == "r":
        return upper
    basis = self.like(np.eye(m)[:, : m if mode == "complete" else min(m, n)])
    for k, reflection in reversed(list(enumerate(reflections))):
        basis = np.concatenate([basis[:k], _reflected(basis[k:], reflection)])
    return Factors(basis, upper)


def _reflection(column: Any, k: int) -> tuple[Reflection | None, Any]:
    """What takes a column to a multiple of the first unit vector, None for nothing, and that multiple."""
    corner, below = column[0], column[1:]
    if len(column) == 1:
        return None, corner
    tail = np.sum(below * below)
    if not _decided(tail, k):
        if not _decided(corner, k):
            raise Refused(f"np.linalg.qr has no derivative here: column {k} depends on those before it")
        if column.field.moves(below.planes):
            raise Refused(f"np.linalg.qr jumps here: column {k} is 0 below the diagonal, and R's sign turns beside it")
        return None, corner
    length = np.sqrt(corner * corner + tail)
    found = length if bool(np.less(corner, 0)) else -length
    v = np.concatenate([np.reshape(corner - found, (1,)), below])
    return (v, 1 / (found * (found - corner))), found


def _reflected(block: Any, reflection: Reflection | None) -> Any:
    if reflection is None or block.shape[1] == 0:
        return block
    v, c = reflection
    return block - np.reshape(v * c, (-1, 1)) * np.reshape(v @ block, (1, -1))


def _decided(x: Any, k: int) -> bool:
    """Whether a number is other than 0; as near as the precision sees, the rank is not known."""
    reason = f"whether column {k} of the matrix in np.linalg.qr depends on those before it is undecided"
    try:
        return bool(x.field.decide(x.data[()]))
    except Undecided:
        raise Undecided(reason) from None
    except Refused:
        raise Refused(reason) from None
