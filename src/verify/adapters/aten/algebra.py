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
    if hermitian or not usual:
        raise Untranslatable("aten.linalg_pinv of a Hermitian matrix, or with tolerances, has no translation")
    return np.linalg.pinv(self)


def lstsq(self: Any, b: Any, rcond: Any = None, driver: Any = None) -> tuple[Any, ...]:
    rest = ("residuals", "rank", "singular values")
    return np.matmul(np.linalg.pinv(self), b), *(lacking(f"aten.linalg_lstsq's {name}") for name in rest)


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
}
