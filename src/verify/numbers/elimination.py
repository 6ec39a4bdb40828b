"""Linear algebra over exact arrays, by elimination: what np.linalg's functions mean, in plain sums and products.

Gaussian elimination and Cholesky's algorithm (Golub and Van Loan, Matrix Computations, 4th ed., 2013, sections 3.2 and
4.2). A pivot has to be certainly other than 0 at the point: then the same steps hold beside it, and the result may be
differentiated. Which row the pivot comes from does not matter to exact numbers, only to the width of balls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.numbers.program import Refused


def _square(self: Any, a: Any) -> Any:
    a = self.like(a)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise Refused(f"linear algebra has an exact meaning here for one square matrix, not for shape {a.shape}")
    return a


def _pivot(rows: list[Any], k: int) -> int:
    """The row from k on whose entry k to divide by: the largest one, or the first that is certainly not 0."""
    candidates = range(k, len(rows))
    guesses = [rows[i].field.guess(rows[i].data[k : k + 1]) for i in candidates]
    if all(guess is not None for guess in guesses):
        chosen = k + int(np.argmax([abs(guess[0]) for guess in guesses]))
        candidates = range(chosen, chosen + 1) if guesses[chosen - k][0] != 0 else candidates
    for i in candidates:
        if rows[i].field.decide(rows[i].data[k]):  # not a branch of f: any row that is not 0 will do
            return i
    raise np.linalg.LinAlgError("Singular matrix")


def _eliminated(rows: list[Any]) -> tuple[list[Any], int]:
    """Rows [matrix | right-hand sides] with zeros below the matrix's diagonal, and the sign of the row exchanges."""
    rows, sign = list(rows), 1
    for k in range(len(rows)):
        chosen = _pivot(rows, k)
        if chosen != k:
            rows[k], rows[chosen], sign = rows[chosen], rows[k], -sign
        for i in range(k + 1, len(rows)):
            rows[i] = rows[i] - rows[k] * (rows[i][k] / rows[k][k])
    return rows, sign


def solve(self: Any, a: Any, b: Any) -> Any:
    a, b = _square(self, a), self.like(b)
    n = len(a)
    right = np.reshape(b, (n, -1)) if b.ndim == 1 else b
    rows, _ = _eliminated(list(np.concatenate([a, right], axis=1)))
    found: list[Any] = []
    for k in reversed(range(n)):
        rest = rows[k][n:]
        for i, solved in enumerate(reversed(found), start=k + 1):
            rest = rest - rows[k][i] * solved
        found.append(rest / rows[k][k])
    return np.reshape(np.stack(found[::-1]), b.shape) if found else b


def det(self: Any, a: Any) -> Any:
    a = _square(self, a)
    if len(a) == 0:
        return self.like(1)
    try:
        rows, sign = _eliminated(list(a))
    except np.linalg.LinAlgError:
        raise Refused("the determinant of a singular matrix needs more than elimination") from None
    found = rows[0][0] * sign
    for k in range(1, len(rows)):
        found = found * rows[k][k]
    return found


def slogdet(self: Any, a: Any) -> Any:
    found = det(self, a)
    return np.sign(found), np.log(np.abs(found))


def cholesky(self: Any, a: Any, **kwargs: Any) -> Any:
    if any(kwargs.values()):
        raise Refused("np.linalg.cholesky has an exact meaning here for the lower triangle")
    a = _square(self, a)  # its lower triangle alone is read, as NumPy does
    found = np.zeros_like(a)
    for k in range(len(a)):
        column = a[k:, k] - np.sum(found[k:, :k] * found[k, :k], axis=1)
        if not bool(column[0] > 0):
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        found[k:, k] = column / np.sqrt(column[0])
    return found


LINEAR: dict[Any, Callable[..., Any]] = {
    np.linalg.solve: solve,
    np.linalg.inv: lambda self, a: solve(self, a, np.eye(len(_square(self, a)))),
    np.linalg.det: det,
    np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky,
}
