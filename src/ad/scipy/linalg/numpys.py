"""Functions that np.linalg has too, with SciPy's signatures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.scipy.linalg.arguments import refused
from ad.scipy.linalg.systems import cholesky
from ad.table.linalg.matrices import adjoint

CHECKS = ("overwrite_a", "overwrite_b", "check_finite")


def inv(a: Any, **ignored: Any) -> Any:
    """The inverse of a square matrix; its structure is not looked for."""
    refused("inv", ignored, *CHECKS, "assume_a", "lower")
    return np.linalg.inv(a)


def det(a: Any, **ignored: Any) -> Any:
    """The determinant of a square matrix."""
    refused("det", ignored, *CHECKS)
    return np.linalg.det(a)


def pinv(a: Any, *, atol: float | None = None, rtol: float | None = None, **ignored: Any) -> Any:
    """The pseudo-inverse; singular values up to rtol times the largest count as 0."""
    refused("pinv", ignored, *CHECKS)
    if atol is not None:
        raise TypeError("ad.scipy.linalg.pinv takes rtol=, not atol=")
    return np.linalg.pinv(a, max(np.shape(a)) * float(np.finfo(float).eps) if rtol is None else rtol)


def solve(
    a: Any, b: Any, lower: bool = False, assume_a: str | None = None, transposed: bool = False, **ignored: Any
) -> Any:
    """The solution of a x = b; what assume_a says is taken for what is read of a.

    Arguments
        assume_a: "gen" or None reads all of a; "sym", "her" and "pos" one triangle, the upper one unless ``lower``.
    Raises
        ValueError for another structure.
    """
    refused("solve", ignored, *CHECKS)
    if assume_a in ("sym", "symmetric"):
        a = _mirrored(a, lower, hermitian=False)
    elif assume_a in ("her", "hermitian", "pos", "positive definite"):
        a = _mirrored(a, lower, hermitian=np.iscomplexobj(a))
    elif assume_a not in (None, "gen", "general"):
        raise ValueError(f"assume_a is {assume_a!r}; for traced arrays it is 'gen', 'sym', 'her' or 'pos'")
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


def _mirrored(a: Any, lower: bool, hermitian: bool) -> Any:
    """The symmetric, or the Hermitian, matrix of which one triangle is read."""
    half = np.tril(a) if lower else np.triu(a)
    strict = np.tril(a, -1) if lower else np.triu(a, 1)
    if not hermitian:
        return half + np.swapaxes(strict, -1, -2)
    return strict + adjoint(strict) + np.real(half - strict)


def qr(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", **ignored: Any) -> Any:
    """The factors of a = q r: mode "full", "economic" or "r"."""
    refused("qr", ignored, *CHECKS)
    modes = {"full": "complete", "economic": "reduced", "r": "r"}
    if mode not in modes:
        raise ValueError(f"mode is {mode!r}; for traced arrays it is 'full', 'economic' or 'r'")
    if mode == "r":
        r = np.linalg.qr(a, "r")
        below = np.zeros((*np.shape(r)[:-2], np.shape(a)[-2] - np.shape(r)[-2], np.shape(r)[-1]), a.dtype)
        return (np.concatenate([r, below], axis=-2),)
    square = np.shape(a)[-2] <= np.shape(a)[-1]  # there both are the same
    factors: Any = np.linalg.qr
    return tuple(factors(a, "reduced" if square else modes[mode]))


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, **ignored: Any) -> Any:
    """The singular value decomposition (u, s, vh), or s alone."""
    refused("svd", ignored, *CHECKS, "lapack_driver")
    if not compute_uv:
        return np.linalg.svd(a, compute_uv=False)
    return tuple(np.linalg.svd(a, full_matrices=full_matrices))


def svdvals(a: Any, **ignored: Any) -> Any:
    """The singular values, the largest first."""
    refused("svdvals", ignored, *CHECKS)
    return np.linalg.svd(a, compute_uv=False)


def eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **ignored: Any) -> Any:
    """Eigenvalues and eigenvectors of a Hermitian matrix, of which one triangle is read; of a pair (a, b) too.

    b: positive definite, for a v = w b v; by its Cholesky factor, as LAPACK does it.
    """
    refused("eigh", ignored, *CHECKS, "driver", "type", "turbo")
    if b is not None and ignored.get("type", 1) != 1:
        raise ValueError(f"type is {ignored['type']!r}: ad.scipy.linalg.eigh solves a v = w b v, type 1")
    if b is not None:
        return _generalised(a, b, lower, eigvals_only)
    side: Any = "L" if lower else "U"
    return np.linalg.eigvalsh(a, side) if eigvals_only else tuple(np.linalg.eigh(a, side))


def _generalised(a: Any, b: Any, lower: bool, eigvals_only: bool) -> Any:
    a = _mirrored(a, lower, hermitian=np.iscomplexobj(a))
    factor = np.linalg.inv(cholesky(b, True) if lower else adjoint(cholesky(b)))
    w, v = np.linalg.eigh(factor @ a @ adjoint(factor))
    return w if eigvals_only else (w, adjoint(factor) @ v)


def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, **ignored: Any) -> Any:
    """The eigenvalues of a Hermitian matrix, in ascending order."""
    return eigh(a, b, lower=lower, eigvals_only=True, **ignored)


def eig(a: Any, b: Any = None, left: bool = False, right: bool = True, **ignored: Any) -> Any:
    """Eigenvalues and right eigenvectors of a square matrix, complex always, as SciPy's are."""
    refused("eig", ignored, *CHECKS)
    if b is not None or left:
        raise TypeError("ad.scipy.linalg.eig takes one matrix and gives right eigenvectors")
    w, v = np.linalg.eig(a)
    return (w + 0j, v) if right else w + 0j


def eigvals(a: Any, b: Any = None, **ignored: Any) -> Any:
    """The eigenvalues of a square matrix, complex always."""
    return eig(a, b, right=False, **ignored)


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, **ignored: Any) -> Any:
    """The norm of a vector or a matrix: as ``np.linalg.norm``."""
    refused("norm", ignored, "check_finite")
    return np.linalg.norm(a, ord, axis, keepdims)


def lstsq(a: Any, b: Any, cond: Any = None, **ignored: Any) -> Any:
    """The least squares solution, the residuals, the rank and the singular values."""
    refused("lstsq", ignored, *CHECKS, "lapack_driver")
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond=cond)
    if np.ndim(b) == 1 and np.size(residuals):
        residuals = np.reshape(residuals, ())
    return x, residuals, rank, s
