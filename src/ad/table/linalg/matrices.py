"""Words for matrices, the last two axes of an array, that the rules of np.linalg share."""

from typing import Any

import numpy as np

from ad.variable import innermost


def transposed(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def is_complex(a: Any) -> bool:
    return getattr(getattr(a, "dtype", None), "kind", "") == "c"


def conj(a: Any) -> Any:
    """The conjugate; of a real or exact array the array itself."""
    return np.conj(a) if is_complex(a) else a


def real(a):
    return np.real(a) if is_complex(a) else a


def adjoint(a: Any) -> Any:
    return conj(transposed(a))


def column(x):
    """A vector, the last axis, as a matrix of one column."""
    return np.expand_dims(x, -1)


def row(x):
    """A vector, the last axis, as a matrix of one row."""
    return np.expand_dims(x, -2)


def scalar(x):
    """A number for each matrix of a stack, so that it multiplies that matrix."""
    return row(column(x))


def unit(a):
    """Where the diagonal of a square matrix is."""
    return np.eye(np.shape(a)[-1], dtype=bool)


def identity(n, like):
    """The unit matrix in the floating dtype of an array."""
    dtype = getattr(like, "dtype", None)
    return np.eye(n, dtype=dtype if getattr(dtype, "kind", "O") in "fcV" else float)


def diagonal(a):
    return np.diagonal(a, axis1=-2, axis2=-1)


def on_diagonal(a):
    """The matrix with zeros off its diagonal."""
    return np.where(unit(a), a, 0.0)


def over_gaps(a, values, power=1):
    """Entry i, j divided by values[j] - values[i], or by their squares' difference; 0 on the diagonal.

    Not finite where two values are equal.
    """
    gaps = row(values) - column(values)
    gaps = gaps * (row(values) + column(values)) if power == 2 else gaps
    diagonal = unit(a)
    return np.where(diagonal, 0.0, a / np.where(diagonal, 1.0, gaps))


def hermitian(a):
    """The Hermitian matrix that LAPACK reads off a's lower triangle, without the diagonal's imaginary part."""
    below = np.tril(a, -1)
    return below + adjoint(below) + on_diagonal(real(a))


def read_below(s):
    """The transpose of ``hermitian``: a cotangent of the Hermitian matrix, s = s^H, as one of the entries read."""
    return 2 * np.tril(s, -1) + on_diagonal(real(s))


def plain(x):
    """The array of floats behind a traced value; None where it holds exact numbers."""
    x = innermost(x)
    return x if isinstance(x, np.ndarray | np.generic | float | int | complex) else None


def used(g):
    """Whether a part of a factorization reaches the result: its cotangent is not all zeros."""
    values = plain(g)
    return values is None or bool(np.any(values != 0))


def rounding(a):
    """The relative size of what rounding may leave of a zero in a factorization: n units in the last place."""
    dtype = getattr(plain(a), "dtype", np.dtype(float))
    return max(np.shape(a)[-2:]) * float(np.finfo(dtype).eps)


def apart(values):
    """How far each value is from the nearest other one, as a share of the largest; -1 where rounding tells no more."""
    size = np.max(np.abs(values), axis=-1, keepdims=True, initial=0.0)
    gaps = np.abs(row(values) - column(values)) / np.where(size > 0, size, 1.0)[..., None]
    return inside(np.min(np.where(unit(gaps), np.inf, gaps), axis=-1), rounding(gaps))


def inside(margin, least):
    """A margin of a domain: -1 where it is no more than what rounding leaves of 0."""
    return np.where(margin > least, margin, -1.0)
