"""Eigenvalues, eigenvectors and singular values of exact arrays, with LAPACK's order and signs.

At the point FLINT isolates eigenvalues and encloses their eigenvectors (Johansson, Arb, 2017; S. M. Rump, Verification
methods, Acta Numerica 2010, section 13.4). Beside it A(t) V(t) = V(t) L(t) and the vectors' length 1 determine every
coefficient from those before it: with A(t) = sum A_k t^k and V(t) = V_0 W(t), entry i, j of W_k off the diagonal is
that of V_0^-1 (sum A_i V_(k-i)) - sum W_(k-i) L_i divided by the gap l_j - l_i.

Facts
    Isolated eigenvalues are simple: so are all answers analytic functions of the entries, and no branch is taken.
    An isolated eigenvalue of a real matrix whose enclosure meets the real line is real, or its conjugate would be in
    the same enclosure; its eigenvector is real up to a factor.
    Which of v and -v LAPACK answers is read off doubles; it is locally constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import flint
import numpy as np

from verify.numbers.balls import Undecided
from verify.numbers.program import Refused

EQUAL = (
    "whether two {} are equal is undecided at {} bits: where they are, their vectors are not unique, and a single one "
    "of them has a kink"
)
NEAR = 0.7  # the least |cosine| between LAPACK's vector and ours; to any other of an orthogonal basis it is less

Triangle = Literal["L", "U"]
Spectrum = tuple[np.ndarray, np.ndarray, np.ndarray]  # eigenvalues, eigenvectors as columns, and the inverse of these


def eigh_pairs(self: Any, a: Any, UPLO: Triangle = "L") -> Any:
    """Eigenvalues above eigenvectors of a symmetric matrix, of which one triangle is read."""
    _require_enclosures(a)
    below = np.tril(a, -1) if UPLO == "L" else np.triu(a, 1).T
    symmetric = below + below.T + np.where(np.eye(len(a), dtype=bool), a, 0.0)
    return _symmetric(self, symmetric, np.linalg.eigh(_doubles(a), UPLO)[1], "eigenvalues")


def eig_pairs(self: Any, a: Any) -> Any:
    """Eigenvalues above eigenvectors, in LAPACK's order, of a matrix whose eigenvalues are real."""
    _require_enclosures(a)
    values, vectors = np.linalg.eig(_doubles(a))
    w, v = _isolated(a.data, "eigenvalues")
    if np.iscomplexobj(values):
        raise Refused("np.linalg.eig has complex eigenvalues here, exact arrays hold real numbers")
    order = np.argsort(_middles(w))[np.argsort(np.argsort(values))]
    w, v = w[order], _signed(v[:, order], vectors)
    return _pairs(self, a, (w, v, _inverse(v)))


def svd_triplets(self: Any, a: Any) -> Any:
    """The row of singular values above U and V."""
    _require_enclosures(a)
    m, n = a.shape
    tall = a if m >= n else a.T
    u, _, vh = np.linalg.svd(_doubles(a), full_matrices=False)
    vectors = (vh.T if m >= n else u)[:, ::-1]
    pairs = _symmetric(self, tall.T @ tall, vectors, "singular values")[:, ::-1]
    squares, right = pairs[0], pairs[1:]
    if not all(x > 0 for x in squares.data):
        raise Undecided(f"whether a singular value is 0, where it has a kink, is undecided at {flint.ctx.prec} bits")
    s = np.sqrt(squares)
    left = (tall @ right) / s
    return np.concatenate([np.reshape(s, (1, -1)), *((left, right) if m >= n else (right, left))])


def _require_enclosures(a: Any) -> None:
    if a.field.records:
        raise Refused("eigenvalues and singular values have no formula; over arrays of balls they have enclosures")
    if not all(x.is_finite() for x in a.data.reshape(-1)):
        raise Undecided("an entry of a matrix is not known")


def _doubles(a: Any) -> np.ndarray:
    return np.asarray(a.field.guess(a.data), dtype=float)


def _middles(balls: np.ndarray) -> np.ndarray:
    return np.array([float(x.mid()) for x in balls])


def _symmetric(self: Any, a: Any, vectors: np.ndarray, what: str) -> Any:
    """The pairs of a symmetric matrix in ascending order, with the signs of given doubles."""
    w, v = _isolated(a.data, what)
    order = np.argsort(_middles(w))
    w, v = w[order], _signed(v[:, order], vectors)
    return _pairs(self, a, (w, v, v.T))


# --- at the point


def _isolated(a: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Enclosures of all eigenvalues and of real eigenvectors of length 1; raises Undecided where two may be equal."""
    n = len(a)
    matrix = flint.acb_mat(n, n, [flint.acb(x) for x in a.reshape(-1)])
    try:
        values, vectors = matrix.eig(right=True)
    except ValueError:
        raise Undecided(EQUAL.format(what, flint.ctx.prec)) from None
    if not all(value.imag.contains(0) for value in values):
        raise Refused(f"np.linalg.eig has complex {what} here, exact arrays hold real numbers")
    columns = [_real_unit([vectors[i, j] for i in range(n)]) for j in range(n)]
    return _array([value.real for value in values]), np.stack(columns, axis=1)


def _real_unit(vector: list[Any]) -> np.ndarray:
    """The real vector of length 1 that a complex one is a multiple of."""
    largest = max(vector, key=lambda x: float(abs(x).mid()))
    real = _array([(x / largest).real for x in vector])
    return np.asarray(real / np.sum(real * real).sqrt())


def _array(balls: list[Any]) -> np.ndarray:
    found = np.empty(len(balls), dtype=object)
    found[:] = balls
    return found


def _signed(v: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Each column or its opposite, whichever is near the doubles."""
    middles = np.stack([_middles(column) for column in v.T], axis=1)
    cosines = np.sum(middles * wanted, axis=0)
    if not (np.abs(cosines) > NEAR).all():
        raise Refused("LAPACK's vectors are not near the exact ones: the eigenvalues are too close for doubles")
    return np.asarray(v * np.where(cosines < 0, -1, 1).astype(object))


def _inverse(v: np.ndarray) -> np.ndarray:
    n = len(v)
    try:
        found = flint.arb_mat(n, n, v.reshape(-1).tolist()).inv()
    except ZeroDivisionError:
        raise Undecided("whether eigenvectors are independent is undecided") from None
    return _array(found.entries()).reshape(n, n)


# --- beside it


def _pairs(self: Any, a: Any, spectrum: Spectrum) -> Any:
    """Eigenvalues above eigenvectors, with all their coefficients."""
    w, v, _ = spectrum
    planes: list[Any] = [np.concatenate([w[None], v])]
    if any(plane is not None for plane in a.planes[1:]):
        zero = np.full(a.shape, a.field.constant(0), dtype=object)
        moved = [zero if plane is None else plane for plane in a.planes]
        planes += _followed(moved, spectrum, a.field.matmul)
    else:
        planes += [None] * a.field.order
    return type(a)(a.field, tuple(planes))


def _followed(planes: list[np.ndarray], spectrum: Spectrum, product: Callable[..., np.ndarray]) -> list[np.ndarray]:
    """The coefficients of t, t**2, ... of eigenvalues above eigenvectors."""
    w, v, inverse = spectrum
    n, order = len(w), len(planes)
    diagonal = np.eye(n, dtype=bool)
    zero, one = (np.full((n, n), flint.arb(x), dtype=object) for x in (0, 1))
    gaps = np.where(diagonal, one, w[None, :] - w[:, None])
    turned = [product(product(inverse, plane), v) for plane in planes[1:]]  # C_1, C_2, ...
    gram = product(v.T, v)
    values = [w]
    factors = [np.where(diagonal, one, zero)]  # W_0, W_1, ...
    found = []
    for k in range(1, order):
        rest = turned[k - 1]
        for i in range(1, k):
            rest = rest + product(turned[i - 1], factors[k - i]) - factors[k - i] * values[i]
        values.append(np.diagonal(rest).copy())
        factor = np.where(diagonal, zero, rest / gaps)
        length = 2 * np.diagonal(product(gram, factor))
        for i in range(1, k):
            length = length + np.sum(factors[i] * product(gram, factors[k - i]), axis=0)
        factor[diagonal] = -length / (2 * np.diagonal(gram))
        factors.append(factor)
        found.append(np.concatenate([values[k][None], product(v, factor)]))
    return found
