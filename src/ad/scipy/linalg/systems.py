"""Linear systems and the factorizations that solve them: Cholesky, LU, triangles, bands, Sylvester's equation."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ad.scipy.linalg.arguments import refused
from ad.table.linalg.matrices import adjoint, transposed
from ad.table.shapes import getitem
from ad.userop import custom

# --- triangles


def triangle(a: Any, lower: bool, unit: bool) -> Any:
    """What is read of a triangular matrix, with ones on the diagonal where that is not read."""
    found = np.tril(a, -1 if unit else 0) if lower else np.triu(a, 1 if unit else 0)
    return found + np.eye(np.shape(a)[-1]) if unit else found


def _triangular_vjp(g: Any, x: Any, a: Any, b: Any, lower: bool = False, unit: bool = False) -> tuple[Any, Any]:
    back = triangular_solution(transposed(a), g, lower=not lower, unit=unit)
    outer = -back @ transposed(x)
    strictly = (np.tril(outer, -1) if lower else np.triu(outer, 1)) if unit else triangle(outer, lower, False)
    return strictly, back


@custom(
    vjp=_triangular_vjp,
    meaning=lambda a, b, lower=False, unit=False: np.linalg.solve(triangle(a, lower, unit), b),
    stability="normwise",
)
def triangular_solution(a: Any, b: Any, lower: bool = False, unit: bool = False) -> Any:
    """The solution of a x = b for a triangle of a and a matrix b."""
    return scipy.linalg.solve_triangular(a, b, lower=lower, unit_diagonal=unit)


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: Any = False, unit_diagonal: Any = False, **ignored: Any
) -> Any:
    """The solution of a triangular system; as ``scipy.linalg.solve_triangular``.

    Arguments
        a: (n, n), of which one triangle is read. b: (n,) or (n, k). trans: 0 or "N" for a x = b, 1 or "T" for the
            transpose, 2 or "C" for the adjoint. lower: which triangle. unit_diagonal: ones in place of the diagonal.
    Example
        >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 4.0]]), np.array([2.0, 9.0]), lower=True)
        array([1., 2.])
    """
    refused("solve_triangular", ignored, "overwrite_b", "check_finite")
    if trans not in (0, "N"):
        a, lower = _turned(a, trans), not lower
    column = np.ndim(b) == 1
    x = triangular_solution(a, np.reshape(b, (-1, 1)) if column else b, lower=bool(lower), unit=bool(unit_diagonal))
    return getitem(x, (..., 0)) if column else x


def _turned(a: Any, trans: Any) -> Any:
    if trans not in (1, "T", 2, "C"):
        raise ValueError(f"trans is {trans!r}; it is 0, 1, 2, 'N', 'T' or 'C'")
    return adjoint(a) if trans in (2, "C") else transposed(a)


# --- Cholesky


def cholesky(a: Any, lower: bool = False, **ignored: Any) -> Any:
    """The triangular factor of a Hermitian positive definite matrix: a = u^H u, or l l^H with ``lower``.

    Arguments
        a: (..., n, n), of which that triangle is read: the derivative by the other one is 0.
    """
    refused("cholesky", ignored, "overwrite_a", "check_finite")
    return np.linalg.cholesky(a) if lower else transposed(np.linalg.cholesky(transposed(a)))


def cho_factor(a: Any, lower: bool = False, **ignored: Any) -> tuple[Any, bool]:
    """What ``cho_solve`` takes: the factor, with what was in the other triangle of a left in it."""
    refused("cho_factor", ignored, "overwrite_a", "check_finite")
    ones = np.ones(np.shape(a), dtype=bool)
    return np.where(np.tril(ones) if lower else np.triu(ones), cholesky(a, lower), a), lower


def cho_solve(c_and_lower: tuple[Any, bool], b: Any, **ignored: Any) -> Any:
    """The solution of a x = b by the factor of ``cho_factor(a)``."""
    refused("cho_solve", ignored, "overwrite_b", "check_finite")
    c, lower = c_and_lower
    first, second = (0, 2) if lower else (2, 0)
    return solve_triangular(c, solve_triangular(c, b, first, lower), second, lower)


# --- LU


def pivots(a: Any) -> np.ndarray:
    """The order of rows that partial pivoting finds: a constant, as long as no two candidates are equal."""
    rows = [getitem(a, i) for i in range(np.shape(a)[0])]
    order = list(range(len(rows)))
    for k in range(min(np.shape(a))):
        chosen = k + int(np.argmax(np.stack([np.absolute(getitem(row, k)) for row in rows[k:]])))
        rows[k], rows[chosen], order[k], order[chosen] = rows[chosen], rows[k], order[chosen], order[k]
        for i in range(k + 1, len(rows)):
            rows[i] = rows[i] - rows[k] * (getitem(rows[i], k) / getitem(rows[k], k))
    return np.array(order)


def eliminated(a: Any) -> Any:
    """L below the diagonal and U from it on, without exchanging rows (Golub and Van Loan 2013, section 3.2)."""
    rows = [getitem(a, i) for i in range(np.shape(a)[0])]
    n = len(rows)
    for k in range(n):
        for i in range(k + 1, n):
            factor = getitem(rows[i], k) / getitem(rows[k], k)
            rest = rows[i] - rows[k] * factor
            before, after = getitem(rows[i], slice(0, k)), getitem(rest, slice(k + 1, None))
            rows[i] = np.concatenate([before, np.reshape(factor, (1,)), after])
    return np.stack(rows)


def _packed_vjp(g: Any, packed: Any, a: Any) -> Any:
    """The adjoint of dL = L stril(M), dU = triu(M) U with M = L^-1 da U^-1."""
    low, up = triangle(packed, True, True), np.triu(packed)
    middle = np.tril(transposed(low) @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ transposed(up))
    left = solve_triangular(low, middle, trans=1, lower=True, unit_diagonal=True)
    return transposed(solve_triangular(up, transposed(left)))


@custom(vjp=_packed_vjp, meaning=eliminated, stability="normwise")
def packed_factors(a: Any) -> Any:
    """L and U in one matrix, of a square matrix whose rows are in the order of its pivots."""
    if type(a) is not np.ndarray:
        return eliminated(a)
    packed, order = scipy.linalg.lu_factor(a)
    return packed if np.array_equal(order, np.arange(len(order))) else eliminated(a)


def _square(a: Any, name: str) -> None:
    if np.ndim(a) != 2 or np.shape(a)[0] != np.shape(a)[1]:
        raise ValueError(f"{name} of traced arrays takes one square matrix, got shape {np.shape(a)}")


def lu_factor(a: Any, **ignored: Any) -> tuple[Any, np.ndarray]:
    """L and U in one matrix, and the exchanges of rows, which are constant; of one square matrix."""
    refused("lu_factor", ignored, "overwrite_a", "check_finite")
    _square(a, "lu_factor")
    order = pivots(a)
    places, exchanges = list(range(len(order))), []
    for k, row in enumerate(order):
        at = places.index(int(row))
        exchanges.append(at)
        places[k], places[at] = places[at], places[k]
    return packed_factors(getitem(a, order)), np.array(exchanges, dtype=np.int32)


def lu_solve(lu_and_piv: tuple[Any, Any], b: Any, trans: int = 0, **ignored: Any) -> Any:
    """The solution of a x = b by ``lu_factor(a)``; trans as for ``solve_triangular``."""
    refused("lu_solve", ignored, "overwrite_b", "check_finite")
    packed, exchanges = lu_and_piv
    order = np.arange(len(exchanges))
    for k, at in enumerate(exchanges):
        order[[k, at]] = order[[at, k]]
    if trans == 0:
        inner = solve_triangular(packed, getitem(b, order), lower=True, unit_diagonal=True)
        return solve_triangular(packed, inner)
    inner = solve_triangular(packed, b, trans)
    x = solve_triangular(packed, inner, trans, lower=True, unit_diagonal=True)
    return getitem(x, np.argsort(order))


def lu(a: Any, permute_l: bool = False, p_indices: bool = False, **ignored: Any) -> Any:
    """The factors of a = p l u; as ``scipy.linalg.lu``, of one square matrix."""
    refused("lu", ignored, "overwrite_a", "check_finite")
    _square(a, "lu")
    order = pivots(a)
    packed = packed_factors(getitem(a, order))
    low, up = triangle(packed, True, True), np.triu(packed)
    inverse = np.argsort(order)
    if permute_l:
        return getitem(low, inverse), up
    return inverse if p_indices else np.eye(len(order))[order].T, low, up


# --- bands and Sylvester's equation


def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any, **ignored: Any) -> Any:
    """The solution of a system with few diagonals, given by rows: ``ab[u + i - j, j] == a[i, j]``.

    The matrix is made whole: time and memory are those of a dense system.
    """
    refused("solve_banded", ignored, "overwrite_ab", "overwrite_b", "check_finite")
    below, above = l_and_u
    n = np.shape(ab)[-1]
    if np.shape(ab)[0] != below + above + 1:
        raise ValueError(f"ab has {np.shape(ab)[0]} rows; for {l_and_u} diagonals it needs {below + above + 1}")
    i, j = np.ogrid[:n, :n]
    row = above + i - j
    within = np.logical_and(row >= 0, row < below + above + 1)
    return np.linalg.solve(np.where(within, getitem(ab, (np.where(within, row, 0), j + 0 * i)), 0.0), b)


def _sylvester_meaning(a: Any, b: Any, q: Any) -> Any:
    m, n = np.shape(q)
    system = np.kron(a, np.eye(n)) + np.kron(np.eye(m), transposed(b))
    return np.reshape(np.linalg.solve(system, np.reshape(q, (m * n,))), (m, n))


def _sylvester_vjp(g: Any, x: Any, a: Any, b: Any, q: Any) -> tuple[Any, Any, Any]:
    back = solve_sylvester(transposed(a), transposed(b), g)
    return -back @ transposed(x), -transposed(x) @ back, back


@custom(vjp=_sylvester_vjp, meaning=_sylvester_meaning, stability="normwise")
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """The solution x of a x + x b = q for matrices a (m, m), b (n, n), q (m, n)."""
    kind = np.result_type(a, b, q)  # SciPy's own answer to a complex matrix beside a real one is not a solution
    return scipy.linalg.solve_sylvester(*(np.asarray(x).astype(kind) for x in (a, b, q)))


def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """The solution x of a x + x a^H = q."""
    return solve_sylvester(a, adjoint(a), q)
