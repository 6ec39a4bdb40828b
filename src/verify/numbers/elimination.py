"""Linear algebra over exact arrays: what np.linalg's functions mean, in plain sums and products, for stacks as well.

Gaussian elimination and Cholesky's algorithm (Golub and Van Loan, Matrix Computations, 4th ed., 2013, sections 3.2 and
4.2); the QR factorization is in ``verify.numbers.reflections``, eigenvalues are in ``verify.numbers.spectra``. A pivot
has to be certainly other than 0 at the point: then the same steps hold beside it, and the result may be differentiated.
Which row the pivot comes from does not matter to exact numbers, only to the width of balls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.table.linalg import matrices, orthogonal, singular, solving, spectral
from ad.table.linalg.exponential import exponential as of_floats
from ad.variable import trace
from verify.numbers.complexformulas import is_complex, parts
from verify.numbers.exponentials import exponential as exact_exponential
from verify.numbers.program import Refused
from verify.numbers.reflections import qr
from verify.numbers.spectra import eig_pairs, eigh_pairs, svd_triplets

SignAndLog = type(np.linalg.slogdet(np.eye(1)))  # NumPy's own pair, with the names sign and logabsdet
polynomial: Callable[[Any], Any] = solving.divisionless
of_full_rank: Callable[[Any], Any] = singular.normal_equations
adjoint: Callable[[Any], Any] = matrices.adjoint
conj: Callable[[Any], Any] = matrices.conj
Accept = Callable[[Any, Any], Any]
SINGULAR = 1e12  # condition number from which a matrix of doubles may be one without an inverse


def _matrices(self: Any, a: Any) -> Any:
    a = self.like(a)
    if a.ndim < 2:
        raise Refused(f"linear algebra needs matrices, shape (..., m, n), not {a.shape}")
    return a


def _real(accept: Accept) -> Accept:
    """The same, for matrices of real numbers alone."""

    def accepted(self: Any, a: Any) -> Any:
        if is_complex(a):
            raise Refused("this function of np.linalg has no exact meaning here for complex matrices")
        return accept(self, a)

    return accepted


def _square(self: Any, a: Any) -> Any:
    a = _matrices(self, a)
    if a.shape[-2] != a.shape[-1]:
        raise Refused(f"this function of np.linalg needs square matrices, shape (..., n, n), not {a.shape}")
    return a


def _stacked(lead: tuple[int, ...], found: list[Any]) -> Any:
    """Results for each matrix of a stack, or pairs of them, as arrays."""
    if not found:
        raise Refused("linear algebra over a stack without matrices has no exact meaning here")
    if isinstance(found[0], tuple):
        return type(found[0])(*[_stacked(lead, list(parts)) for parts in zip(*found, strict=True)])
    return np.reshape(np.stack(found), (*lead, *found[0].shape))


def _over_stacks(one: Callable[..., Any], accept: Accept) -> Callable[..., Any]:
    """A function of one matrix for the last two axes of any array that is accepted."""

    def over(self: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
        a = accept(self, a)
        if a.ndim == 2:
            return one(self, a, *args, **kwargs)
        lead = a.shape[:-2]
        return _stacked(lead, [one(self, a[index], *args, **kwargs) for index in np.ndindex(lead)])

    return over


def _pivot(rows: list[Any], k: int) -> int:
    """The row from k on whose entry k to divide by: the largest one, or the first that is certainly not 0."""
    candidates = range(k, len(rows))
    sizes = {i: _zero_with(rows[i][k : k + 1]) for i in candidates}
    guesses = [_doubles(size) for size in sizes.values()]
    if all(guess is not None for guess in guesses):
        chosen = k + int(np.argmax([abs(guess[0]) for guess in guesses]))
        candidates = range(chosen, chosen + 1) if guesses[chosen - k][0] != 0 else candidates
    for i in candidates:
        if sizes[i].field.decide(sizes[i].data[0]):  # not a branch of f: any row that is not 0 will do
            return i
    raise np.linalg.LinAlgError("Singular matrix")


def _zero_with(x: Any) -> Any:
    """Real numbers that are 0 where x is."""
    return x.real * x.real + x.imag * x.imag if is_complex(x) else x


def _doubles(x: Any) -> Any:
    """The numbers as doubles see them, or None."""
    if not is_complex(x):
        return x.field.guess(x.data)
    real, imag = map(_doubles, parts(x))
    return None if real is None or imag is None else real + 1j * imag


def _eliminated(rows: list[Any]) -> tuple[list[Any], int]:
    """Rows [matrix | right-hand sides] with zeros below the matrix's diagonal, and the sign of the row exchanges."""
    rows, sign = list(rows), 1
    for k in range(len(rows)):
        chosen = _pivot(rows, k)
        if chosen != k:
            rows[k], rows[chosen], sign = rows[chosen], rows[k], -sign
        for i in range(k + 1, len(rows)):
            rows[i] = rows[i] - rows[k] * (rows[i][k] / rows[k][k])
    return rows, sign


def solve(self: Any, a: Any, b: Any) -> Any:
    a, b = _square(self, a), self.like(b)
    if b.ndim == (1 if solving.ONE_AXIS else a.ndim - 1):
        return solve(self, a, np.reshape(b, (*b.shape, 1)))[..., 0]
    if a.ndim == b.ndim == 2:
        return _solve(a, b)
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (a, b))
    return _stacked(lead, [_solve(a[index], b[index]) for index in np.ndindex(lead)])


def _solve(a: Any, b: Any) -> Any:
    n = len(a)
    rows, _ = _eliminated(list(np.concatenate([a, b], axis=1)))
    found: list[Any] = []
    for k in reversed(range(n)):
        rest = rows[k][n:]
        for i, solved in enumerate(reversed(found), start=k + 1):
            rest = rest - rows[k][i] * solved
        found.append(rest / rows[k][k])
    return np.stack(found[::-1]) if found else b


def inv(self: Any, a: Any) -> Any:
    return _solve(a, self.like(np.eye(len(a))))


def _regular(a: Any) -> bool:
    """Whether elimination will find pivots other than 0, as doubles see it."""
    guess = _doubles(a)
    return guess is None or bool(np.linalg.cond(guess) < SINGULAR)


def det(self: Any, a: Any) -> Any:
    """By elimination, or, where a pivot may be 0, as the polynomial that it is."""
    if len(a) == 0:
        return self.like(1)
    if not _regular(a):
        return polynomial(a)
    rows, sign = _eliminated(list(a))
    found = rows[0][0] * sign
    for k in range(1, len(rows)):
        found = found * rows[k][k]
    return found


def det_cofactors(self: Any, a: Any) -> Any:
    if _regular(a):
        return det(self, a) * inv(self, a).T
    return trace(polynomial, a).pull((np.ones(()),))[0]


def slogdet(self: Any, a: Any) -> Any:
    found = det(self, a)
    size = np.abs(found)
    return SignAndLog(found / size if is_complex(found) else np.sign(found), np.log(size))


def slogdet_parts(self: Any, a: Any) -> Any:
    return np.stack(slogdet(self, a))


def cholesky(self: Any, a: Any) -> Any:
    """The lower factor; of the matrix its lower triangle alone is read, as NumPy does."""
    found = np.zeros_like(a)
    for k in range(len(a)):
        column = a[k:, k] - np.sum(found[k:, :k] * conj(found[k, :k]), axis=1)
        column[0] = pivot = np.real(column[0])  # of the diagonal too, which is real in a Hermitian matrix
        if not bool(pivot > 0):
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        found[k:, k] = column / np.sqrt(pivot)
    return found


def qr_factors(self: Any, a: Any) -> Any:
    q, r = qr(self, a)
    return np.concatenate([q, r.T])


def rank(self: Any, a: Any, **kwargs: Any) -> int:
    """The rank of a matrix of full rank; of another one it is not decided."""
    tall = a if a.shape[0] >= a.shape[1] else adjoint(a)
    try:
        _eliminated(list(adjoint(tall) @ tall))
    except np.linalg.LinAlgError:
        raise Refused("the rank of a matrix that has not full rank changes beside it") from None
    return int(min(a.shape))


def exponential(self: Any, a: Any) -> Any:
    """Of a complex matrix x + iy by the real one [x, -y; y, x], which adds and multiplies as it does."""
    if not is_complex(a):
        return exact_exponential(self, a)
    n, (x, y) = len(a), parts(a)
    found = exact_exponential(x, np.concatenate([np.concatenate([x, -y], axis=1), np.concatenate([y, x], axis=1)]))
    return found[:n, :n] + 1j * found[n:, :n]


LINEAR: dict[Any, Callable[..., Any]] = {
    np.linalg.solve: solve,
    solving.solve_matrices: solve,
    np.linalg.inv: _over_stacks(inv, _square),
    np.linalg.det: _over_stacks(det, _square),
    solving.det_cofactors: _over_stacks(det_cofactors, _square),
    np.linalg.slogdet: _over_stacks(slogdet, _square),
    solving.slogdet_parts: _over_stacks(slogdet_parts, _square),
    solving.cholesky_lower: _over_stacks(cholesky, _square),
    np.linalg.qr: _over_stacks(qr, _real(_matrices)),
    orthogonal.qr_factors: _over_stacks(qr_factors, _real(_matrices)),
    spectral.eigh_pairs: _over_stacks(eigh_pairs, _real(_square)),
    spectral.eig_pairs: _over_stacks(eig_pairs, _real(_square)),
    singular.svd_triplets: _over_stacks(svd_triplets, _real(_matrices)),
    singular.pinv_matrices: lambda self, a, rcond=None: of_full_rank(_matrices(self, a)),
    of_floats: _over_stacks(exponential, _square),
    np.linalg.matrix_rank: rank,
}
