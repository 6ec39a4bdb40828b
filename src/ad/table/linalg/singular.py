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
    apart,
    column,
    conj,
    diagonal,
    inside,
    is_complex,
    on_diagonal,
    over_gaps,
    plain,
    real,
    rounding,
    row,
    transposed,
    used,
)
from ad.table.linalg.spectral import diag
from ad.table.reductions import squared
from ad.table.shapes import getitem
from ad.variable import dispatching

Triplets = type(np.linalg.svd(np.eye(1)))  # NumPy's own triple, with the names U, S and Vh

# --- singular values and vectors


@dispatching
def svd_triplets(a):
    """The row of singular values above U and above Vh.T, one array of shape (..., 1 + m + n, min(m, n))."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([row(s), u, transposed(vh)], axis=-2)


def parts(y, a):
    """s, U and V out of one array, or their cotangents or tangents; V as NumPy's vh.T, not conjugated."""
    m = np.shape(a)[-2]
    found = (0, slice(1, 1 + m), slice(1 + m, None))
    return tuple(getitem(y, (..., rows, slice(None))) for rows in found)


def svd_slope(g, y, a):
    """J. Townsend, Differentiating the singular value decomposition, 2016; the phases as LAPACK fixes them."""
    s, u, v = parts(y, a)
    gs, gu, gv = parts(g, a)
    s, v, gu = real(s), conj(v), conj(gu)
    inner = diag(real(gs))
    if not (used(gu) or used(gv)):
        return conj(u @ inner @ adjoint(v))
    if is_complex(a):
        gu, gv, turn = phases_back(s, u, v, gu, gv)
        inner = inner + turn
    across = row(s)
    left, right = adjoint(u) @ gu, adjoint(v) @ gv
    inner = inner + over_gaps(left - adjoint(left), s, 2) * across
    inner = inner + column(s) * over_gaps(right - adjoint(right), s, 2)
    found = u @ inner @ adjoint(v)
    if np.shape(u)[-2] > np.shape(u)[-1]:
        found = found + ((gu - u @ left) / across) @ adjoint(v)
    if np.shape(v)[-2] > np.shape(v)[-1]:
        found = found + u @ adjoint((gv - v @ right) / across)
    return conj(found)


def svd_tangent(t, y, a):
    s, u, v = parts(y, a)
    s, v = real(s), conj(v)
    across = row(s)
    c = adjoint(u) @ t @ v
    du = u @ over_gaps(c * across + column(s) * adjoint(c), s, 2)
    dv = v @ over_gaps(column(s) * c + adjoint(c) * across, s, 2)
    if np.shape(u)[-2] > np.shape(u)[-1]:
        du = du + (t @ v - u @ c) / across
    if np.shape(v)[-2] > np.shape(v)[-1]:
        dv = dv + (adjoint(t) @ u - v @ adjoint(c)) / across
    if is_complex(a):
        du, dv = phases_moved(u, v, du, dv, np.imag(diagonal(c)) / s)
    return np.concatenate([row(real(diagonal(c))), du, conj(dv)], axis=-2)


TOP = (..., slice(0, 1), slice(None))  # of V where m >= n, else of U: the row that LAPACK makes real


def phases_moved(u, v, du, dv, apart):
    """Complex singular vectors turned so that the real row stays real; ``apart``: by how much u turns more than v."""
    tall = np.shape(u)[-2] >= np.shape(v)[-2]
    first, moved = (v, dv) if tall else (u, du)
    turn = -np.imag(getitem(moved, TOP)) / real(getitem(first, TOP))
    more = row(apart)
    return du + 1j * u * (turn + more if tall else turn), dv + 1j * v * (turn if tall else turn - more)


def phases_back(s, u, v, gu, gv):
    """The transpose of ``phases_moved``: cotangents of vectors of any phase, and one of the diagonal of U^H dA V."""
    along_u, along_v = (-np.imag(np.sum(conj(g) * x, axis=-2, keepdims=True)) for g, x in ((gu, u), (gv, v)))
    tall = np.shape(u)[-2] >= np.shape(v)[-2]
    first = v if tall else u
    shift = -1j * (along_u + along_v) / real(getitem(first, TOP))
    rest = np.zeros_like(getitem(first, (..., slice(1, None), slice(None))))
    shift = np.concatenate([shift, rest], axis=-2)
    turn = on_diagonal(1j * np.broadcast_to((along_u if tall else -along_v) / row(s), (*np.shape(s), np.shape(s)[-1])))
    return (gu, gv + shift, turn) if tall else (gu + shift, gv, turn)


def margins(a):
    """The margin of each entry of ``svd_triplets``: vectors need a gap, to 0 as well."""
    s = np.linalg.svd(a, compute_uv=False)
    size = np.where(s[..., :1] > 0, s[..., :1], 1.0)
    vectors = row(np.minimum(apart(s), inside(s / size, rounding(a))))
    shape = (*np.shape(s)[:-1], sum(np.shape(a)[-2:]), np.shape(s)[-1])
    return np.concatenate([np.ones(np.shape(row(s))), np.broadcast_to(vectors, shape)], axis=-2)


def at_zero(a):
    """The distance of each singular value from 0, where it has a kink; of vectors none."""
    s = np.linalg.svd(a, compute_uv=False)
    s = np.where(s > rounding(a) * s[..., :1], s, 0.0)
    shape = (*np.shape(s)[:-1], sum(np.shape(a)[-2:]), np.shape(s)[-1])
    return np.concatenate([row(s), np.ones(shape)], axis=-2)


general(
    svd_triplets,
    vjp=svd_slope,
    jvp=svd_tangent,
    domain=margins,
    kinks=at_zero,
    needs="singular values that differ from each other and from 0: elsewhere their vectors are not unique and jump",
    holomorphic="no",
)


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if hermitian:
        raise TypeError("np.linalg.svd on traced arrays does not take hermitian=True: use np.linalg.eigh")
    m, n = np.shape(a)[-2:]
    if full_matrices and compute_uv and m != n:
        raise TypeError(
            f"np.linalg.svd of shape {(m, n)} with full_matrices=True: the vectors beyond the first {min(m, n)} are "
            f"any basis of a complement and have no derivative; use full_matrices=False, or compute_uv=False"
        )
    s, u, v = parts(svd_triplets(a), a)
    return Triplets(u, real(s), transposed(v)) if compute_uv else real(s)


composite(np.linalg.svd, svd)
if hasattr(np.linalg, "svdvals"):
    composite(np.linalg.svdvals, lambda x: svd(x, compute_uv=False))


# --- the pseudo-inverse


@dispatching
def pinv_matrices(a, rcond=None):
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
    if rcond is None:
        rank = np.asarray(np.linalg.matrix_rank(a))
        return np.where(rank == min(np.shape(a)[-2:]), 1.0, -1.0)[..., None, None]
    return np.where(np.all(kept_values(a, rcond), axis=-1), 1.0, -1.0)[..., None, None]


def kept_values(a, rcond=None):
    """Which singular values a cut at ``rcond`` of the largest keeps; without one those above rounding."""
    s = np.linalg.svd(plain(a), compute_uv=False)
    rcond = max(np.shape(a)[-2:]) * np.finfo(s.dtype).eps if rcond is None else np.asarray(rcond)[..., None]
    return np.greater(s, rcond * np.max(s, axis=-1, keepdims=True, initial=0.0))


def cuts(a, rcond):
    """Whether singular values are cut off that are not 0: the rest of the matrix then turns with what is cut."""
    return rcond is not None and plain(a) is not None and np.any(kept_values(a) & ~kept_values(a, rcond))


def cut_inverse(a, rcond):
    """The pseudo-inverse from the singular values that are kept."""
    kept = kept_values(a, rcond)
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    inverse = np.where(kept, 1 / np.where(kept, s, 1.0), 0.0)
    return (adjoint(vh) * np.expand_dims(inverse, -2)) @ adjoint(u)


def normal_equations(a):
    """The pseudo-inverse of a matrix of full rank."""
    m, n = np.shape(a)[-2:]
    if m >= n:
        return np.linalg.solve(adjoint(a) @ a, adjoint(a))
    return adjoint(np.linalg.solve(a @ adjoint(a), a))


general(
    pinv_matrices,
    vjp=pinv_slope,
    jvp=pinv_tangent,
    domain=full_rank,
    needs="a matrix of full rank: beside any other one the pseudo-inverse jumps",
    holomorphic="no",
)


def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    if hermitian:
        raise TypeError("np.linalg.pinv on traced arrays does not take hermitian=True")
    rcond = rcond if rtol is None else rtol
    return cut_inverse(a, rcond) if cuts(a, rcond) else pinv_matrices(a, rcond=rcond)


composite(np.linalg.pinv, pinv)


def lstsq(a, b, rcond=None):
    """The solution of least length, as NumPy's tuple: solution, residuals, rank, singular values."""
    if np.ndim(b) == 1:
        x, residuals, rank, s = lstsq(a, column(b), rcond)
        return getitem(x, (..., 0)), residuals, rank, s
    rcond = None if rcond == -1 else rcond
    x = np.linalg.pinv(a, rcond) @ b
    m, n = np.shape(a)
    rank = np.linalg.matrix_rank(a) if rcond is None or plain(a) is None else np.count_nonzero(kept_values(a, rcond))
    s = svd(a, compute_uv=False)
    residuals = np.sum(squared(b - a @ x), axis=0) if rank == n < m else np.zeros(0, getattr(s, "dtype", float))
    return x, residuals, np.int32(rank), s


composite(np.linalg.lstsq, lstsq)
constant(np.linalg.matrix_rank)
