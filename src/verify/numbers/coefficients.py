"""Coefficients of Taylor polynomials as object arrays of balls, and conditions that may be open.

Facts
    STILL is one object: the coefficient of what does not move with t. It tells a tie of constants from a kink.
    Every computed number is an object of its own, and moves hand objects on: entries that are one object are one
    number, however wide their ball.
    A NumPy loop over objects unpacks results without axes: ``boxed`` puts them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from verify.numbers.balls import Undecided, ball
from verify.numbers.deciding import Kink
from verify.numbers.kinds import Planes

STILL: Any = flint.arb(0)
UNKNOWN: Any = flint.arb.nan()

finite = np.frompyfunc(flint.arb.is_finite, 1, 1)
zero = np.frompyfunc(flint.arb.is_zero, 1, 1)
identical = np.frompyfunc(lambda x, y: x is y, 2, 1)
moves = np.frompyfunc(lambda x: x is not STILL, 1, 1)


# Each comparison, and its contrary: both are true only when certain.
CONTRARY: dict[Any, Any] = {
    np.less: np.greater_equal, np.greater_equal: np.less, np.greater: np.less_equal, np.less_equal: np.greater,
    np.equal: np.not_equal, np.not_equal: np.equal,
}  # fmt: skip


WITH_EQUALITY = {np.less_equal, np.greater_equal, np.equal}  # true of a number and itself


@dataclass(frozen=True)
class Open:
    """A condition that is not decided: why not."""

    reason: str
    kink: bool = False

    def exception(self) -> Undecided:
        return Kink(self.reason) if self.kink else Undecided(self.reason)


def boxed(x: Any) -> np.ndarray:
    """NumPy's object loops unpack results without axes: box them again."""
    if isinstance(x, np.ndarray):
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


def or_still(plane: Any, values: Any) -> Any:
    return np.full(values.shape, STILL, dtype=object) if plane is None else plane


def convolved(a: Planes, b: Planes, k: int) -> Any:
    """The coefficient of t**k in a product; what does not move stays marked so."""
    found = None
    for i in range(k + 1):
        x, y = a[i], b[k - i]
        if x is not None and y is not None:
            term = x * y
            found = term if found is None else found + term
    if found is None:
        return None
    found = boxed(found)
    still = ~(moving(a) | moving(b)) if k else np.zeros((), dtype=bool)
    if still.any():
        found[np.broadcast_to(still, found.shape)] = STILL
    return found


def quotient(a: Planes, b: Planes) -> Planes:
    """The quotient q of q b = a, coefficient by coefficient; a divisor that may be 0 gives nan."""
    found: list[Any] = []
    for k in range(len(a)):
        rest = a[k]
        for i in range(k):
            if b[k - i] is not None and found[i] is not None:
                term = found[i] * b[k - i]
                rest = -term if rest is None else rest - term
        found.append(None if rest is None else boxed(rest / b[0]))
    return tuple(found)


def by_plane(function: Any, *operands: Planes) -> Planes:
    """A sum or difference, plane by plane."""
    found = []
    for k in range(len(operands[0])):
        moves = any(x[k] is not None for x in operands)
        parts = [or_still(x[k], x[0]) for x in operands] if moves else []
        found.append(boxed(function(*parts)) if moves else None)
    return tuple(found)


def moving(planes: Planes) -> np.ndarray:
    """Which entries may move with t."""
    values = planes[0]
    found = np.zeros(values.shape, dtype=bool)
    for plane in planes[1:]:
        if plane is not None:
            found |= np.asarray(moves(plane), dtype=bool)
    return found


def same(a: Planes, b: Planes) -> np.ndarray:
    """Which entries are one and the same number: every quantity has objects of its own, moves hand them on."""
    found: Any = np.asarray(finite(a[0]), dtype=bool)
    for x, y in zip(a, b, strict=True):
        if x is not None or y is not None:
            x, y = or_still(x, a[0]), or_still(y, b[0])
            found = found & np.asarray(identical(x, y), dtype=bool)
    return np.asarray(found)


def unlike(test: Any, planes: Planes) -> np.ndarray:
    """Entries with a coefficient that does not pass a test."""
    found: Any = False
    for plane in planes:
        if plane is not None:
            found = found | ~np.asarray(test(plane), dtype=bool)
    return np.asarray(found)


def compare(function: Any, a: Planes, b: Planes) -> np.ndarray:
    yes = np.asarray(function(a[0], b[0]), dtype=bool)
    no = np.asarray(CONTRARY[function](a[0], b[0]), dtype=bool)
    edges = np.asarray(np.equal(a[0], b[0]), dtype=bool) & (moving(a) | moving(b))
    undecided = ~(yes | no)
    if not (edges | undecided).any():
        return yes
    one = same(a, b)
    result = np.array(np.where(one, function in WITH_EQUALITY, yes), dtype=object)
    result[undecided & ~one] = Open(f"a comparison is undecided at {flint.ctx.prec} bits")
    result[edges & ~one] = Open("a comparison of exactly equal values", kink=True)
    return condensed(result)


def condensed(condition: np.ndarray) -> np.ndarray:
    """Conditions as a boolean array when all of them are decided."""
    decided = all(isinstance(x, bool) for x in condition.reshape(-1))
    return condition.astype(bool) if decided else condition


def polynomial(coefficients: tuple[Any, ...]) -> Any:
    if all(x is STILL for x in coefficients[1:]):
        return coefficients[0]
    return flint.arb_series(list(coefficients), len(coefficients))


def taken_apart(y: Any, terms: int) -> tuple[Any, ...]:
    if not isinstance(y, flint.arb_series):
        return (y if type(y) is flint.arb else ball(y), *[STILL] * (terms - 1))
    if y.prec < terms:  # FLINT reads unknown coefficients as 0
        return (UNKNOWN,) * terms
    return tuple(y[k] for k in range(terms))


def matrix_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    (rows, inner), columns = a.shape, b.shape[1]
    left = flint.arb_mat(rows, inner, a.reshape(-1).tolist())
    result = np.empty(rows * columns, dtype=object)
    result[:] = (left * flint.arb_mat(inner, columns, b.reshape(-1).tolist())).entries()
    return result.reshape(rows, columns)
