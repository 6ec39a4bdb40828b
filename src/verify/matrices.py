"""Jacobians that are no dense arrays: SciPy's sparse matrices and arrays, and its linear operators.

Facts
    They are known by what they can do: SciPy need not be imported. A sparse one multiplies without being made dense;
    an operator is asked for J'w by ``rmatvec``, and where it has none for its columns by ``matvec``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

DENSE = 2**20  # entries up to which a matrix is made dense to be compared with another call's: 8 MB


def is_sparse(x: Any) -> bool:
    """Whether x is a sparse matrix or array, in whatever format."""
    return hasattr(x, "tocsr") and hasattr(x, "toarray")


def is_operator(x: Any) -> bool:
    """Whether x is a linear operator."""
    return callable(getattr(x, "matvec", None)) and hasattr(x, "shape")


def is_matrix(x: Any) -> bool:
    """Whether x is a matrix that is no array."""
    return is_sparse(x) or is_operator(x)


def weighted(matrix: Any, weight: np.ndarray) -> np.ndarray:
    """weight @ matrix, as an array; a matrix of operators' columns where the transposed product is not defined."""
    if is_sparse(matrix):
        return np.asarray(matrix.tocsr().T @ weight).reshape(-1)
    try:
        return np.asarray(matrix.rmatvec(weight)).reshape(-1)
    except (NotImplementedError, TypeError):  # as SciPy raises for an operator of matvec alone
        return np.asarray(weight @ dense(matrix))


def dense(matrix: Any) -> Any:
    """The same matrix as an array; an array as it is.

    Raises
        ValueError for one that is too large for it.
    """
    if not is_matrix(matrix):
        return matrix
    if int(np.prod(matrix.shape)) > DENSE:
        raise ValueError(f"a matrix of shape {matrix.shape} is not made dense")
    if is_sparse(matrix):
        return matrix.toarray()
    units = np.eye(matrix.shape[1])
    return np.stack([np.asarray(matrix.matvec(unit)).reshape(-1) for unit in units], axis=1)
