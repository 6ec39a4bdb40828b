"""Singular values and vectors, the pseudo-inverse, least squares.

Facts
    LAPACK's signs are locally constant. Where singular values are equal or 0, singular vectors jump: their derivative
    is not finite there. A function of the singular values alone never divides by a gap.
    The pseudo-inverse jumps where the rank changes. Its rule is the one for changes that keep the rank.
"""

import numpy as np

from ad.declare import composite, constant, general
from ad.table.linalg.matrices import (
    adjoint,
    column,
    conj,
    diagonal,
    is_complex,
    on_diagonal,
    over_gaps,
    real,
    row,
    transposed,
    used,
)
from ad.table.linalg.spectral import diag
from ad.table.shapes import getitem
from ad.variable import dispatching

Triplets = type(np.linalg.svd(np.eye(1)))  # NumPy's own triple, with the names U, S and Vh

# --- singular values and vectors


@dispatching
def triplets(a):
    """The row of singular values above U and above Vh.T, one array of shape (..., 1 + m + n, min(m, n))."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([row(s), u, transposed(vh)], axis=-2)


def parts(y, a):
    """s, U and V out of one array, or their cotangents or tangents; V as NumPy's vh.T, not conjugated."""
    m = np.shape(a)[-2]
    found = (0, slice(1, 1 + m), slice(1 + m, None))
    return tuple(getitem(y, (..., rows, slice(None))) for rows in found)


def triplets_slope(g, y, a):
    """J. Townsend, Differentiating the singular value decomposition, 2016."""
    s, u, v = parts(y, a)
    gs, gu, gv = parts(g, a)
    values = u @ diag(gs) @ transposed(v) if not is_complex(a) else conj(u) @ diag(real(gs)) @ adjoint(v)
    if not (used(gu) or used(gv)):
        return values
    if is_complex(a):
        raise TypeError(REAL_ONLY)
    squares, across = s * s, row(s)
    left, right = transposed(u) @ gu, transposed(v) @ gv
    turn = over_gaps(left - transposed(left), squares) * across + column(s) * over_gaps(
        right - transposed(right), squares
    )
    found = values + u @ turn @ transposed(v)
    if np.shape(u)[-2] > np.shape(u)[-1]:
        found = found + ((gu - u @ left) / across) @ transposed(v)
    if np.shape(v)[-2] > np.shape(v)[-1]:
        found = found + u @ transposed((gv - v @ right) / across)
    return found


def triplets_tangent(t, y, a):
    s, u, v = parts(y, a)
    if is_complex(a):
        raise TypeError(REAL_ONLY)
    squares, across = s * s, row(s)
    c = transposed(u) @ t @ v
    du = u @ over_gaps(c * across + column(s) * transposed(c), squares)
    dv = v @ over_gaps(column(s) * c + transposed(c) * across, squares)
    if np.shape(u)[-2] > np.shape(u)[-1]:
        du = du + (t @ v - u @ c) / across
    if np.shape(v)[-2] > np.shape(v)[-1]:
        dv = dv + (transposed(t) @ u - v @ transposed(c)) / across
    return np.concatenate([row(diagonal(c)), du, dv], axis=-2)


REAL_ONLY = (
    "the singular vectors of a complex matrix are known up to a phase that LAPACK does not fix: differentiate a function "
    "of the singular values, or of a @ a.conj().T through np.linalg.eigh"
)
general(triplets, vjp=triplets_slope, jvp=triplets_tangent, holomorphic="no")


@dispatching
def completed(a, side="U"):
    """The columns that a full U has beyond those of the reduced one ("U"), or the rows of Vh ("Vh")."""
    u, s, vh = np.linalg.svd(a)
    n = np.shape(s)[-1]
    return u[..., :, n:] if side == "U" else vh[..., n:, :]


def any_basis(g, y, a, side="U"):
    """No derivative; 0 is right where nothing is asked of these vectors."""
    if used(g):
        raise TypeError(
            "what np.linalg.svd adds for full_matrices=True is any basis of a complement and has no derivative: use "
            "full_matrices=False"
        )
    return np.zeros_like(a)


general(
    completed,
    vjp=any_basis,
    jvp=lambda t, y, a, side="U": np.full_like(y, np.nan),
    holomorphic="no",
    note="any basis of a complement: there is no derivative, and a cotangent other than 0 is refused",
)


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if hermitian:
        raise TypeError("np.linalg.svd on traced arrays does not take hermitian=True: use np.linalg.eigh")
    s, u, v = parts(triplets(a), a)
    s, vh = real(s), transposed(v)
    if not compute_uv:
        return s
    m, n = np.shape(a)[-2:]
    if full_matrices and m > n:
        u = np.concatenate([u, completed(a, side="U")], axis=-1)
    if full_matrices and m < n:
        vh = np.concatenate([vh, completed(a, side="Vh")], axis=-2)
    return Triplets(u, s, vh)


composite(np.linalg.svd, svd)
if hasattr(np.linalg, "svdvals"):
    composite(np.linalg.svdvals, lambda x: svd(x, compute_uv=False))


# --- the pseudo-inverse


@dispatching
def pseudo_inverse(a, rcond=None):
    return np.linalg.pinv(a) if rcond is None else np.linalg.pinv(a, rcond)


def pinv_tangent(t, y, a, rcond=None):
    """G. H. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems, 1973."""
    yh, th = adjoint(y), adjoint(t)
    inner = y @ yh @ th
    outer = th @ yh @ y
    return -y @ t @ y + inner - inner @ a @ y + outer - y @ a @ outer


def pinv_slope(g, y, a, rcond=None):
    g = conj(g)
    yh, gh = adjoint(y), adjoint(g)
    inner = gh @ y @ yh
    outer = yh @ y @ gh
    return conj(-yh @ g @ yh + inner - a @ y @ inner + outer - outer @ y @ a)


def full_rank(a, rcond=None):
    """1 where a matrix has full rank, -1 where it has not."""
    rank = np.linalg.matrix_rank(a) if rcond is None else np.linalg.matrix_rank(a, rcond)
    return np.where(np.asarray(rank) == min(np.shape(a)[-2:]), 1.0, -1.0)[..., None, None]


def normal_equations(a, rcond=None):
    """The pseudo-inverse of a matrix of full rank."""
    m, n = np.shape(a)[-2:]
    if m >= n:
        return np.linalg.solve(adjoint(a) @ a, adjoint(a))
    return adjoint(np.linalg.solve(a @ adjoint(a), a))


general(
    pseudo_inverse,
    vjp=pinv_slope,
    jvp=pinv_tangent,
    meaning=normal_equations,
    domain=full_rank,
    needs="a matrix of full rank: beside any other one the pseudo-inverse jumps",
    holomorphic="no",
)


def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    if hermitian:
        raise TypeError("np.linalg.pinv on traced arrays does not take hermitian=True")
    return pseudo_inverse(a, rcond=rcond if rtol is None else rtol)


composite(np.linalg.pinv, pinv)


def lstsq(a, b, rcond=None):
    """The solution of least length, as NumPy's tuple: solution, residuals, rank, singular values."""
    if np.ndim(b) == 1:
        x, residuals, rank, s = lstsq(a, column(b), rcond)
        return getitem(x, (..., 0)), residuals, rank, s
    x = np.linalg.pinv(a) @ b if rcond is None or rcond == -1 else pseudo_inverse(a, rcond=rcond) @ b
    m, n = np.shape(a)
    rank = np.linalg.matrix_rank(a)
    left = np.square(b - a @ x)
    residuals = np.sum(left, axis=0) if rank == n < m else np.zeros(0)
    return x, residuals, rank, svd(a, compute_uv=False)


composite(np.linalg.lstsq, lstsq)
constant(np.linalg.matrix_rank)
