"""Eigenvalues and eigenvectors.

Facts
    LAPACK's eigenvectors have length 1; their signs are locally constant. Of a complex one the phase is fixed too: by
    eig the entry of largest size is real, by eigh the first entry (UPLO="L") or the last one ("U").
    Where eigenvalues are equal, eigenvectors jump: their derivative is not finite there. A function of the eigenvalues
    alone never divides by a gap.
"""

import numpy as np

from ad.declare import composite, general
from ad.table.linalg.matrices import (
    adjoint,
    apart,
    conj,
    diagonal,
    hermitian,
    is_complex,
    on_diagonal,
    over_gaps,
    plain,
    read_below,
    real,
    rounding,
    row,
    scalar,
    used,
)
from ad.table.linalg.solving import solve_matrices
from ad.table.shapes import getitem
from ad.variable import dispatching

Symmetric = type(np.linalg.eigh(np.eye(1)))  # NumPy's own pairs, with the names eigenvalues and eigenvectors
Pair = type(np.linalg.eig(np.eye(1)))


def stacked(values, vectors):
    """One array: the eigenvalues in a row above the matrix of eigenvectors."""
    return np.concatenate([row(values), vectors], axis=-2)


def parts(y):
    """What ``stacked`` put together, or a cotangent or tangent of it."""
    return getitem(y, (..., 0, slice(None))), getitem(y, (..., slice(1, None), slice(None)))


def diag(values):
    """A matrix of the values on its diagonal."""
    return on_diagonal(np.broadcast_to(row(values), (*np.shape(values), np.shape(values)[-1])))


# --- of a Hermitian matrix


@dispatching
def eigh_pairs(a, UPLO="L"):
    """Eigenvalues in ascending order and eigenvectors, ``stacked``; of a one triangle is read."""
    return stacked(*np.linalg.eigh(a, UPLO))


def eigh_slope(g, y, a, UPLO="L"):
    w, v = parts(y)
    gw, gv = parts(conj(g))
    inner = diag(real(gw))
    if used(gv):
        inner = inner + over_gaps(adjoint(v) @ phase_free(gv, v, UPLO), real(w))
    s = v @ inner @ adjoint(v)
    s = (s + adjoint(s)) / 2
    return conj(read_below(s) if UPLO == "L" else adjoint(read_below(s)))


def eigh_tangent(t, y, a, UPLO="L"):
    w, v = parts(y)
    moved = hermitian(t if UPLO == "L" else adjoint(t))
    moved = adjoint(v) @ moved @ v
    dv = v @ over_gaps(moved, real(w))
    if is_complex(dv):
        k = real_row(UPLO)
        dv = dv - 1j * v * np.imag(getitem(dv, k)) / getitem(v, k)
    return stacked(real(diagonal(moved)), dv)


def real_row(UPLO):
    """The index of the row of eigh's eigenvectors that LAPACK makes real."""
    return (..., slice(0, 1), slice(None)) if UPLO == "L" else (..., slice(-1, None), slice(None))


def phase_free(gv, v, UPLO):
    """The cotangent of complex eigenvectors less what it says along their phase, which the real row fixes."""
    if not is_complex(v):
        return gv
    k = real_row(UPLO)
    along = np.imag(np.sum(conj(gv) * v, axis=-2, keepdims=True))
    shift = 1j * along / getitem(v, k)
    rest = np.zeros_like(getitem(v, (..., slice(1, None), slice(None))))
    return gv + np.concatenate([shift, rest] if UPLO == "L" else [rest, shift], axis=-2)


def eigh(a, UPLO="L"):
    w, v = parts(eigh_pairs(a, UPLO=UPLO.upper()))
    return Symmetric(real(w), v)


def distinct(a, UPLO="L"):
    """The margin of each entry of ``eigh_pairs``: eigenvalues are continuous, eigenvectors need a gap."""
    w, v = np.linalg.eigh(a, UPLO)
    return stacked(np.ones(np.shape(w)), np.broadcast_to(row(apart(w)), np.shape(v)))


ONE_TRIANGLE = "of the matrix one triangle is read: the derivative by the other one's entries is 0"
DISTINCT = "eigenvalues that differ: where two are equal, their eigenvectors are not unique and jump"
general(
    eigh_pairs,
    vjp=eigh_slope,
    jvp=eigh_tangent,
    domain=distinct,
    needs=DISTINCT,
    holomorphic="no",
    note=ONE_TRIANGLE,
)
composite(np.linalg.eigh, eigh)
composite(np.linalg.eigvalsh, lambda a, UPLO="L": eigh(a, UPLO)[0])


# --- of any square matrix


@dispatching
def eig_pairs(a):
    """Eigenvalues and eigenvectors in LAPACK's order, ``stacked``; complex where an eigenvalue is."""
    return stacked(*np.linalg.eig(a))


def largest_entry(v):
    """Where each eigenvector has its entry of largest size, which eig makes real: 1 there, 0 elsewhere."""
    size = np.abs(plain(v))
    return (np.arange(np.shape(v)[-2])[:, None] == np.argmax(size, axis=-2, keepdims=True)) * 1.0


def independent(v):
    """1 for each matrix whose eigenvectors are independent, nan where rounding does not tell: a defective matrix."""
    values = plain(v)
    if values is None:
        return 1.0
    return scalar(np.where(np.linalg.cond(values) * rounding(values) < 1, 1.0, np.nan)).astype(values.real.dtype)


def diagonalizable(a):
    """The margin of each entry of ``eig_pairs``: eigenvectors that are independent, and a gap where they are used."""
    w, v = np.linalg.eig(a)
    full = np.where(np.isnan(independent(v)), -1.0, 1.0)
    margins = stacked(np.ones(np.shape(w)), np.broadcast_to(row(apart(w)), np.shape(v)))
    return np.minimum(full, margins)


def eig_slope(g, y, a):
    w, v = parts(y)
    gw, gv = parts(conj(g))
    inner = diag(gw)
    if used(gv):
        along = np.sum(conj(gv) * v, axis=-2, keepdims=True)
        gv = gv - v * real(along)
        if is_complex(v):
            gv = gv + 1j * np.imag(along) * largest_entry(v) / np.sum(largest_entry(v) * v, axis=-2, keepdims=True)
        inner = inner + conj(over_gaps(conj(adjoint(v) @ gv), w))
    found = conj(solve_matrices(adjoint(v), inner @ adjoint(v))) * independent(v)
    return found if is_complex(a) else real(found)


def eig_tangent(t, y, a):
    w, v = parts(y)
    moved = solve_matrices(v, t @ v) * independent(v)
    dv = v @ over_gaps(moved, w)
    dv = dv - v * real(np.sum(conj(v) * dv, axis=-2, keepdims=True))
    if is_complex(v):
        at = largest_entry(v)
        dv = dv - 1j * v * np.imag(np.sum(at * dv, axis=-2, keepdims=True)) / np.sum(at * v, axis=-2, keepdims=True)
    return stacked(diagonal(moved), dv)


general(
    eig_pairs,
    vjp=eig_slope,
    jvp=eig_tangent,
    domain=diagonalizable,
    needs=f"independent eigenvectors, and {DISTINCT}",
    holomorphic="no",
)
composite(np.linalg.eig, lambda a: Pair(*parts(eig_pairs(a))))
composite(np.linalg.eigvals, lambda a: parts(eig_pairs(a))[0])
