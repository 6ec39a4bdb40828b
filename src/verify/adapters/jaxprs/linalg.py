"""Linear algebra. LAPACK computes for JAX on a CPU and for NumPy: the signs and orders of vectors are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.adapters.compositions import solved_from_right, transposed
from verify.adapters.jaxprs.equations import Rule, untranslatable


def _triangular(equation: Any, a: Any, b: Any) -> Any:
    """X in A X = B, or X A = B; of A only one triangle counts, and where it says so not its diagonal."""
    params, n = equation.params, np.shape(a)[-1]
    a = np.where(np.tril(np.ones((n, n), bool)) if params["lower"] else np.triu(np.ones((n, n), bool)), a, 0.0)
    if params["unit_diagonal"]:
        a = np.where(np.eye(n, dtype=bool), 1.0, a)
    if params["transpose_a"]:
        a = transposed(np.conjugate(a) if params["conjugate_a"] else a)
    elif params["conjugate_a"]:
        a = np.conjugate(a)
    if params["left_side"]:
        return np.linalg.solve(a, b)
    return solved_from_right(a, b)


def _each_matrix(x: Any) -> list[Any]:
    """The matrices of a stack."""
    shape = np.shape(x)
    flat = np.reshape(x, (-1, *shape[-2:]))
    return [flat[k] for k in range(np.shape(flat)[0])]


def _factors(a: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    """L below the diagonal and U on and above it, the row that each step takes, and all rows in their new order."""
    rows, columns = np.shape(a)
    order, pivots = np.arange(rows), []
    left: list[Any] = []  # finished columns of L, in the order of the rows
    above: list[Any] = []  # finished rows of U
    for k in range(min(rows, columns)):
        place = int(np.argmax(np.absolute(a[:, 0])))
        pivots.append(k + place)
        swap = np.arange(rows - k)
        swap[[0, place]] = swap[[place, 0]]
        a, left = np.take(a, swap, axis=0), [np.take(column, swap, axis=0) for column in left]
        order[k:] = order[k:][swap]
        above.append(np.concatenate([*(column[:1] for column in left), a[0]]))
        left = [column[1:] for column in left]
        ratio = a[1:, 0] / a[0, 0]
        a = a[1:, 1:] - np.reshape(ratio, (-1, 1)) * np.reshape(a[0, 1:], (1, -1))
        left.append(ratio)
    below = [np.stack([column[i] for column in left]) for i in range(rows - len(above))]
    below = [np.concatenate([row, np.zeros(columns - len(left))]) for row in below]
    return np.stack([*above, *below]), np.array(pivots, np.int32), order.astype(np.int32)


def _lu(equation: Any, x: Any) -> list[Any]:
    found = [_factors(a) for a in _each_matrix(x)]
    if not found:
        raise untranslatable(equation, "there is no matrix in the stack")
    lead = np.shape(x)[:-2]
    return [np.reshape(np.stack(parts), (*lead, *np.shape(parts[0]))) for parts in zip(*found, strict=True)]


def _eigh(equation: Any, x: Any) -> list[Any]:
    if equation.params.get("subset_by_index") is not None:
        raise untranslatable(equation, "a subset of the eigenvalues has no translation")
    values, vectors = np.linalg.eigh(x, "L" if equation.params["lower"] else "U")
    return [vectors, values]


def _svd(equation: Any, x: Any) -> list[Any]:
    params = equation.params
    if params.get("subset_by_index") is not None:
        raise untranslatable(equation, "a subset of the singular values has no translation")
    if not params["compute_uv"]:
        return [np.linalg.svd(x, compute_uv=False)]
    u, s, vh = np.linalg.svd(x, full_matrices=params["full_matrices"])
    return [s, u, vh]


def _qr(equation: Any, x: Any) -> list[Any]:
    if equation.params["pivoting"]:
        raise untranslatable(equation, "a QR factorization with pivoting has no translation")
    return list(np.linalg.qr(x, "complete" if equation.params["full_matrices"] else "reduced"))


def _reflected(equation: Any, a: Any, factors: Any) -> Any:
    """The product of the reflections 1 - tau v v', v below the diagonal of a column of a and 1 on it."""
    rows, columns = np.shape(a)[-2:]
    unit = np.eye(rows, columns)
    lower = np.where(np.tril(np.ones((rows, columns), bool), -1), a, 0.0) + unit
    q = np.broadcast_to(unit, np.shape(a))
    for k in reversed(range(np.shape(factors)[-1])):
        v = np.reshape(lower[..., k], (*np.shape(a)[:-1], 1))
        tau = np.reshape(factors[..., k], (*np.shape(a)[:-2], 1, 1))
        q = q - tau * np.matmul(v, np.matmul(np.conjugate(transposed(v)), q))
    return q


def _tridiagonal(equation: Any, below: Any, diagonal: Any, above: Any, b: Any) -> Any:
    n = np.shape(diagonal)[-1]
    rows = [np.reshape(x, (*np.shape(x), 1)) for x in (below, diagonal, above)]
    a = sum(np.where(np.eye(n, k=k, dtype=bool), row, 0.0) for k, row in zip((-1, 0, 1), rows, strict=True))
    return np.linalg.solve(a, b)


def _symmetric_product(equation: Any, a: Any, c: Any) -> Any:
    product = np.matmul(a, transposed(a))
    return equation.params["alpha"] * product + equation.params["beta"] * c


LINALG: dict[str, Rule] = {
    "cholesky": lambda equation, x: np.linalg.cholesky(x),
    "eigh": _eigh,
    "householder_product": _reflected,
    "lu": _lu,
    "qr": _qr,
    "svd": _svd,
    "symmetric_product": _symmetric_product,
    "triangular_solve": _triangular,
    "tridiagonal_solve": _tridiagonal,
}
