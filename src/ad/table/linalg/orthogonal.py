"""The QR factorization, with LAPACK's signs, which are locally constant."""

import numpy as np

from ad.declare import composite, general
from ad.table.linalg.matrices import (
    adjoint,
    conj,
    diagonal,
    inside,
    is_complex,
    on_diagonal,
    real,
    rounding,
    scalar,
    transposed,
)
from ad.table.linalg.solving import solve_matrices
from ad.table.shapes import getitem
from ad.variable import dispatching

Factors = type(np.linalg.qr(np.eye(1)))  # NumPy's own pair, with the names Q and R


@dispatching
def qr_factors(a):
    """Q above the transpose of R, one array of shape (..., m + n, n), for matrices with m >= n."""
    q, r = np.linalg.qr(a)
    return np.concatenate([q, transposed(r)], axis=-2)


def factors(y, a):
    """Q and R out of one array, or their cotangents or tangents."""
    m = np.shape(a)[-2]
    q, r = getitem(y, (..., slice(m), slice(None))), getitem(y, (..., slice(m, None), slice(None)))
    return q, transposed(r)


def over(a, r):
    """a R^-1"""
    return transposed(solve_matrices(transposed(r), transposed(a)))


def qr_slope(g, y, a):
    """S. F. Walter et al., Algorithmic differentiation of linear algebra functions, 2012, with Q^H Q = 1."""
    q, r = factors(y, a)
    gq, gr = factors(conj(g), a)
    m = r @ adjoint(gr) - adjoint(gq) @ q
    below = np.tril(m, -1)
    return conj(over(gq + q @ (below + adjoint(below) + on_diagonal(real(m))), adjoint(r)))


def qr_tangent(t, y, a):
    q, r = factors(y, a)
    t = over(t, r)
    c = adjoint(q) @ t
    below = np.tril(c, -1)
    turn = below - adjoint(below)  # Q^H dQ, which is anti-Hermitian
    turn = turn + on_diagonal(1j * np.imag(c)) if is_complex(c) else turn
    return np.concatenate([t - q @ (c - turn), transposed((c - turn) @ r)], axis=-2)


def full_rank(a):
    """The margin of ``qr_factors``: the smallest entry of R's diagonal as a share of the largest."""
    r = np.abs(diagonal(np.linalg.qr(a, mode="r")))
    size = np.max(r, axis=-1, initial=0.0)
    return scalar(inside(np.min(r, axis=-1, initial=np.inf) / np.where(size > 0, size, 1.0), rounding(a)))


general(
    qr_factors,
    vjp=qr_slope,
    jvp=qr_tangent,
    domain=full_rank,
    needs="columns that are independent: beside dependent ones Q jumps",
    holomorphic="no",
)


def qr(a, mode="reduced"):
    m, n = np.shape(a)[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise TypeError(f"np.linalg.qr on traced arrays takes mode= one of reduced, complete, r, not {mode!r}")
    if mode == "complete" and m > n:
        raise TypeError(
            f"np.linalg.qr with mode='complete' of shape {(m, n)}: the last {m - n} columns of Q are any basis of what "
            f"is orthogonal to the matrix; use mode='reduced'"
        )
    square = getitem(a, (..., slice(min(m, n))))
    q, r = factors(qr_factors(square), square)
    if m < n:
        r = np.concatenate([r, adjoint(q) @ getitem(a, (..., slice(m, None)))], axis=-1)
    return r if mode == "r" else Factors(q, r)


composite(np.linalg.qr, qr)
