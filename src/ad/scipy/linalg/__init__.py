"""Namesakes of ``scipy.linalg``."""

from ad.scipy.linalg.functions import expm, expm_frechet, logm, polar, sqrtm
from ad.scipy.linalg.numpys import det, eig, eigh, eigvals, eigvalsh, inv, lstsq, norm, pinv, qr, solve, svd, svdvals
from ad.scipy.linalg.structured import block_diag, circulant, companion, convolution_matrix, hankel, toeplitz
from ad.scipy.linalg.systems import (
    cho_factor,
    cho_solve,
    cholesky,
    lu,
    lu_factor,
    lu_solve,
    solve_banded,
    solve_continuous_lyapunov,
    solve_sylvester,
    solve_triangular,
)

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion", "convolution_matrix", "det", "eig",
    "eigh", "eigvals", "eigvalsh", "expm", "expm_frechet", "hankel", "inv", "logm", "lstsq", "lu", "lu_factor",
    "lu_solve", "norm", "pinv", "polar", "qr", "solve", "solve_banded", "solve_continuous_lyapunov", "solve_sylvester",
    "solve_triangular", "sqrtm", "svd", "svdvals", "toeplitz",
]  # fmt: skip
