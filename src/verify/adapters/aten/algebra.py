"""Linear algebra of aten over NumPy and ``ad.scipy``.

Facts
    What torch returns beside the answer for the use of its own backward (the LU form, pivots) is not computed.
    Error codes are 0: NumPy raises, or answers inf.
    Eigenvectors and singular vectors have NumPy's signs, which need not be torch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import ad
from verify.adapters.aten.elementwise import Entries
from verify.adapters.compositions import solved_from_right, transposed
from verify.adapters.translation import Untranslatable

RANK = 2.0**-40  # the usual tolerance is the machine epsilon times the matrix's larger side


def lacking(name: str) -> Callable[[], Any]:
    """A result that is not computed: asking for it is an error."""

    def ask() -> Any:
        raise Untranslatable(f"{name} has no translation")

    return ask


def no_error(a: Any) -> np.ndarray:
    return np.zeros(np.shape(a)[:-2], int)


def pinv(self: Any, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """With the usual tolerances, which tell rounding from singular values; others choose a rank."""
    usual = (atol is None or np.max(atol) == 0) and (rtol is None or np.max(rtol) <= RANK)
    if not usual:
        raise Untranslatable("aten.linalg_pinv with tolerances has no translation")
    return np.linalg.pinv(self)


def lstsq(self: Any, b: Any, rcond: Any = None, driver: Any = None) -> tuple[Any, ...]:
    """Of a matrix of full rank; of what is left over the squares, where there are more rows; not by gelsy."""
    found = np.matmul(np.linalg.pinv(self), b)
    rows, columns = np.shape(self)[-2:]

    def residuals() -> Any:
        left = np.absolute(np.matmul(self, found) - b)
        return np.sum(left * left, axis=-2) if rows > columns and driver != "gelsy" else np.zeros(0)

    return found, residuals, *(lacking(f"aten.linalg_lstsq's {name}") for name in ("rank", "singular values"))


def conjugated(a: Any) -> Any:
    return np.conjugate(transposed(a))


def solve(A: Any, B: Any, left: bool = True, check_errors: bool = False) -> tuple[Any, ...]:
    vector = np.ndim(B) == 1 or (np.ndim(A) - 1 == np.ndim(B) and np.shape(B) == np.shape(A)[:-1])
    rest = (lacking("aten._linalg_solve_ex's LU"), lacking("aten._linalg_solve_ex's pivots"), no_error(A))
    if vector:
        return np.linalg.solve(A, np.expand_dims(B, -1))[..., 0], *rest
    return (np.linalg.solve(A, B) if left else solved_from_right(A, B)), *rest


def triangle(a: Any, upper: bool, unitriangular: bool) -> Any:
    """The half of a matrix that is read."""
    half = np.triu if upper else np.tril
    if unitriangular:
        return half(a, 1 if upper else -1) + np.eye(np.shape(a)[-1])
    return half(a)


def solve_triangular(self: Any, B: Any, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    return solve(triangle(self, upper, unitriangular), B, left)[0]


def triangular_solve(
    self: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Any, Any]:
    a = triangle(A, upper, unitriangular)
    return np.linalg.solve(transposed(a) if transpose else a, self), A


def cholesky(self: Any, upper: bool = False) -> Any:
    found = np.linalg.cholesky(transposed(self) if upper else self)
    return transposed(found) if upper else found


def cholesky_solve(self: Any, input2: Any, upper: bool = False) -> Any:
    lower = transposed(np.triu(input2)) if upper else np.tril(input2)
    return np.linalg.solve(transposed(lower), np.linalg.solve(lower, self))


def cholesky_inverse(self: Any, upper: bool = False) -> Any:
    return cholesky_solve(np.eye(np.shape(self)[-1]), self, upper)


def sign_and_log(A: Any) -> tuple[Any, ...]:
    sign, log = np.linalg.slogdet(A)
    return sign, log, lacking("aten._linalg_slogdet's LU"), lacking("aten._linalg_slogdet's pivots")


def qr(A: Any, mode: Any = "reduced") -> tuple[Any, Any]:
    if mode == "r":
        return np.zeros(0), np.linalg.qr(A, mode="r")
    q, r = np.linalg.qr(A, mode=mode)
    return q, r


def svd(A: Any, full_matrices: bool = False, compute_uv: bool = True, driver: Any = None) -> tuple[Any, ...]:
    if not compute_uv:
        return np.zeros(0), np.linalg.svd(A, compute_uv=False), np.zeros(0)
    u, s, vh = np.linalg.svd(A, full_matrices=full_matrices)
    return u, s, vh


def eigh(A: Any, UPLO: Any = "L", compute_v: bool = True) -> tuple[Any, Any]:
    if not compute_v:
        return np.linalg.eigvalsh(A, UPLO), np.zeros(0)
    values, vectors = np.linalg.eigh(A, UPLO)
    return values, vectors


# --- factors


def stacked(parts: list[Any], lead: tuple[int, ...]) -> Any:
    """The results of single matrices under the axes of a batch."""
    return np.reshape(np.stack(parts), (*lead, *np.shape(parts[0])))


def eliminated(a: Any, pivot: bool) -> tuple[Any, list[int]]:
    """The LU form of one matrix in one array, and the row that each was exchanged for, from 0."""
    pivots = []
    for k in range(min(np.shape(a))):
        best = k + int(np.argmax(np.absolute(a[k:, k]))) if pivot else k
        rows = list(range(np.shape(a)[0]))
        rows[k], rows[best] = best, k
        a = np.take(a, np.asarray(rows), axis=0)
        factors = a[k + 1 :, k : k + 1] / a[k, k]
        rest = a[k + 1 :, k + 1 :] - factors * a[k : k + 1, k + 1 :]
        a = np.concatenate([a[: k + 1], np.concatenate([a[k + 1 :, :k], factors, rest], axis=1)], axis=0)
        pivots.append(best)
    return a, pivots


def lu_factor(A: Any, pivot: bool = True, check_errors: bool = False) -> tuple[Any, ...]:
    lead, last = np.shape(A)[:-2], np.shape(A)[-2:]
    matrices = np.reshape(A, (-1, *last))
    found = [eliminated(matrices[k], pivot) for k in range(np.shape(matrices)[0])]
    pivots = stacked([np.asarray(rows) + 1 for _, rows in found], lead)  # torch counts from 1
    return stacked([form for form, _ in found], lead), pivots, no_error(A)


def permuted(pivots: Any, size: int) -> np.ndarray:
    """The matrices P of P L U, by the rows that were exchanged."""
    pivots = np.asarray(pivots)
    found = []
    for exchanged in np.reshape(pivots, (-1, pivots.shape[-1])):
        rows = list(range(size))
        for k, best in enumerate(exchanged - 1):
            rows[k], rows[best] = rows[best], rows[k]
        found.append(np.eye(size)[:, rows])
    return np.asarray(stacked(found, pivots.shape[:-1]))


def halves(form: Any) -> tuple[Any, Any]:
    """L and U of an LU form."""
    rows, columns = np.shape(form)[-2:]
    least = min(rows, columns)
    lower = np.tril(form[..., :least], -1) + np.eye(rows, least)
    return lower, np.triu(form[..., :least, :])


def lu_unpack(
    LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Any, Any, Any]:
    lower, upper = halves(LU_data) if unpack_data else (np.zeros(0), np.zeros(0))
    return (permuted(LU_pivots, np.shape(LU_data)[-2]) if unpack_pivots else np.zeros(0)), lower, upper


def lu(A: Any, pivot: bool = True) -> tuple[Any, Any, Any]:
    form, pivots, _ = lu_factor(A, pivot)
    return lu_unpack(form, pivots, True, pivot)


def lu_solve(LU: Any, pivots: Any, B: Any, left: bool = True, adjoint: bool = False) -> Any:
    product = np.matmul(permuted(pivots, np.shape(LU)[-1]), np.matmul(*halves(LU)))
    return solve(conjugated(product) if adjoint else product, B, left)[0]


def reflected(vectors: Any, tau: Any, other: Any, adjoint: bool = False) -> Any:
    """H_1 ... H_k times a matrix, or the adjoint of that product: H_i = 1 - tau_i v_i v_i'."""
    size, count = np.shape(vectors)[-2], np.shape(tau)[-1]
    for i in range(count) if adjoint else reversed(range(count)):
        unit = np.eye(size)[:, i : i + 1]
        v = vectors[..., :, i : i + 1] * (np.arange(size) > i)[:, None] + unit
        factor = tau[..., i : i + 1, None]
        other = other - (np.conjugate(factor) if adjoint else factor) * v * np.matmul(conjugated(v), other)
    return other


def ormqr(self: Any, input2: Any, input3: Any, left: bool = True, transpose: bool = False) -> Any:
    if left:
        return reflected(self, input2, input3, transpose)
    return conjugated(reflected(self, input2, conjugated(input3), not transpose))


ENTRIES: Entries = {
    "_linalg_solve_ex": solve,
    "linalg_solve_triangular": solve_triangular,
    "triangular_solve": triangular_solve,
    "linalg_inv_ex": lambda A, check_errors=False: (np.linalg.inv(A), no_error(A)),
    "_linalg_det": lambda A: (np.linalg.det(A), lacking("aten._linalg_det's LU"), lacking("aten._linalg_det's pivots")),
    "_linalg_slogdet": sign_and_log,
    "cholesky": cholesky,
    "linalg_cholesky_ex": lambda self, upper=False, check_errors=False: (cholesky(self, upper), no_error(self)),
    "cholesky_solve": cholesky_solve,
    "cholesky_inverse": cholesky_inverse,
    "linalg_qr": qr,
    "_linalg_svd": svd,
    "_linalg_eigh": eigh,
    "linalg_matrix_exp": lambda self: ad.scipy.linalg.expm(self),
    "linalg_pinv.atol_rtol_tensor": pinv,
    "linalg_lstsq": lstsq,
    "linalg_lu_factor_ex": lu_factor,
    "linalg_lu": lu,
    "lu_unpack": lu_unpack,
    "linalg_lu_solve": lu_solve,
    "linalg_householder_product": lambda input, tau: reflected(input, tau, np.eye(*np.shape(input)[-2:])),
    "ormqr": ormqr,
}
