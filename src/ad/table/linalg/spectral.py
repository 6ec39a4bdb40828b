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
    conj,
    diagonal,
    hermitian,
    is_complex,
    on_diagonal,
    over_gaps,
    plain,
    read_below,
    real,
    row,
    scalar,
    transposed,
    used,
)
from ad.table.linalg.solving import solved
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
def symmetric_pairs(a, UPLO="L"):
    """Eigenvalues in ascending order and eigenvectors, ``stacked``; of a one triangle is read."""
    return stacked(*np.linalg.eigh(a, UPLO))


def symmetric_slope(g, y, a, UPLO="L"):
    w, v = parts(y)
    gw, gv = parts(conj(g))
    inner = diag(real(gw))
    if used(gv):
        inner = inner + over_gaps(adjoint(v) @ phase_free(gv, v, UPLO), real(w))
    s = v @ inner @ adjoint(v)
    s = (s + adjoint(s)) / 2
    return conj(read_below(s) if UPLO == "L" else adjoint(read_below(s)))


def symmetric_tangent(t, y, a, UPLO="L"):
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
    w, v = parts(symmetric_pairs(a, UPLO=UPLO.upper()))
    return Symmetric(real(w), v)


ONE_TRIANGLE = "of the matrix one triangle is read: the derivative by the other one's entries is 0"
general(symmetric_pairs, vjp=symmetric_slope, jvp=symmetric_tangent, holomorphic="no", note=ONE_TRIANGLE)
composite(np.linalg.eigh, eigh)
composite(np.linalg.eigvalsh, lambda a, UPLO="L": eigh(a, UPLO)[0])


# --- of any square matrix


@dispatching
def pairs(a):
    """Eigenvalues and eigenvectors in LAPACK's order, ``stacked``; complex where an eigenvalue is."""
    return stacked(*np.linalg.eig(a))


def largest_entry(v):
    """Where each eigenvector has its entry of largest size, which eig makes real: 1 there, 0 elsewhere."""
    size = np.abs(plain(v))
    return (np.arange(np.shape(v)[-2])[:, None] == np.argmax(size, axis=-2, keepdims=True)) * 1.0


def pairs_slope(g, y, a):
    w, v = parts(y)
    gw, gv = parts(conj(g))
    inner = diag(gw)
    if used(gv):
        along = np.sum(conj(gv) * v, axis=-2, keepdims=True)
        gv = gv - v * real(along)
        if is_complex(v):
            gv = gv + 1j * np.imag(along) * largest_entry(v) / np.sum(largest_entry(v) * v, axis=-2, keepdims=True)
        inner = inner + conj(over_gaps(conj(adjoint(v) @ gv), w))
    found = conj(solved(adjoint(v), inner @ adjoint(v)))
    return found if is_complex(a) else real(found)


def pairs_tangent(t, y, a):
    w, v = parts(y)
    moved = solved(v, t @ v)
    dv = v @ over_gaps(moved, w)
    dv = dv - v * real(np.sum(conj(v) * dv, axis=-2, keepdims=True))
    if is_complex(v):
        at = largest_entry(v)
        dv = dv - 1j * v * np.imag(np.sum(at * dv, axis=-2, keepdims=True)) / np.sum(at * v, axis=-2, keepdims=True)
    return stacked(diagonal(moved), dv)


general(pairs, vjp=pairs_slope, jvp=pairs_tangent, holomorphic="no")
composite(np.linalg.eig, lambda a: Pair(*parts(pairs(a))))
composite(np.linalg.eigvals, lambda a: parts(pairs(a))[0])
