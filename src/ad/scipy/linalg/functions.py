"""Functions of matrices: the exponential, the logarithm, the square root; polar factors.

Facts
    For an analytic f, f([[a, e], [0, a]]) = [[f(a), d], [0, f(a)]] where d is the derivative of f at a along e
    (R. Mathias, A chain rule for matrix functions, SIAM J. Matrix Anal. Appl. 17, 1996). So the rule is f itself,
    and has derivatives of any order.
    Over exact numbers the logarithm and the root are v f(w) v^-1 by eigenvalues w, which have to be real and simple.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from ad.table.linalg.exponential import exponential
from ad.table.linalg.matrices import transposed
from ad.table.shapes import getitem
from ad.userop import custom


def along(f: Callable[[Any], Any], a: Any, e: Any) -> Any:
    """The derivative of a function of a matrix at a along e."""
    n = np.shape(a)[-1]
    upper = np.concatenate([a, e], axis=-1)
    lower = np.concatenate([np.zeros_like(a), a], axis=-1)
    return getitem(f(np.concatenate([upper, lower], axis=-2)), (slice(0, n), slice(n, None)))


def by_eigenvalues(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What a function of a matrix with simple eigenvalues means; real where the matrix is."""

    def meaning(a: Any) -> Any:
        w, v = np.linalg.eig(a)
        found = (v * np.expand_dims(f(w), -2)) @ np.linalg.inv(v)
        return found if np.iscomplexobj(a) else np.real(found)

    return meaning


def _along_vjp(g: Any, y: Any, a: Any, e: Any) -> tuple[Any, Any]:
    """The derivative is a block of f([[a, e], [0, a]]): what comes back to the four blocks of that."""
    n = np.shape(a)[-1]
    blocks = np.block([[transposed(a), np.zeros_like(a)], [transposed(e), transposed(a)]])
    nothing = np.zeros_like(a)
    back = exponential_along(blocks, np.block([[nothing, g], [nothing, nothing]]))
    first, second = slice(0, n), slice(n, None)
    return getitem(back, (first, first)) + getitem(back, (second, second)), getitem(back, (first, second))


@custom(vjp=_along_vjp, meaning=lambda a, e: along(exponential, a, e), stability="normwise")
def exponential_along(a: Any, e: Any) -> Any:
    """The derivative of the exponential at a along e; SciPy's own method keeps the digits that blocks lose."""
    return scipy.linalg.expm_frechet(a, e, compute_expm=False)


@custom(
    vjp=lambda g, y, a: exponential_along(transposed(a), g), meaning=lambda a: exponential(a), stability="normwise"
)
def expm(a: Any) -> Any:
    """The exponential of a square matrix.

    Example
        >>> expm(np.zeros((2, 2)))
        array([[1., 0.],
               [0., 1.]])
    """
    return exponential(a)


@custom(vjp=lambda g, y, a: along(logm, transposed(a), g), meaning=by_eigenvalues(np.log), stability="normwise")
def logm(a: Any) -> Any:
    """The principal logarithm of a square matrix without eigenvalues on the negative half line and 0."""
    return scipy.linalg.logm(a)


@custom(vjp=lambda g, y, a: along(sqrtm, transposed(a), g), meaning=by_eigenvalues(np.sqrt), stability="normwise")
def sqrtm(a: Any) -> Any:
    """The principal square root of a square matrix without eigenvalues on the negative half line and 0."""
    return scipy.linalg.sqrtm(a)


def expm_frechet(a: Any, e: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    """The exponential of a and its derivative along e; only the latter without ``compute_expm``."""
    derivative = exponential_along(a, e)
    return (expm(a), derivative) if compute_expm else derivative


# --- polar factors


def _unitary_meaning(a: Any) -> Any:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return u @ vh


def _unitary_vjp(g: Any, u: Any, a: Any) -> Any:
    """The adjoint of du = u k + (1 - u u^T) da p^-1, where p k + k p = u^T da - da^T u and p = u^T a.

    Sylvester's equation with p twice is solved by p's eigenvalues, whose sums are positive: no gap is divided by.
    """
    p = transposed(u) @ a
    w, v = np.linalg.eigh((p + transposed(p)) / 2)
    inner = transposed(v) @ (transposed(u) @ g) @ v / (np.expand_dims(w, 0) + np.expand_dims(w, 1))
    z = v @ inner @ transposed(v)
    rest = np.linalg.solve(transposed(p), transposed(g - u @ (transposed(u) @ g)))
    return u @ (z - transposed(z)) + transposed(rest)


@custom(vjp=_unitary_vjp, meaning=_unitary_meaning, stability="normwise")
def unitary_factor(a: Any) -> Any:
    """The factor with orthonormal columns of a real matrix of full rank, at least as tall as wide."""
    return _unitary_meaning(a)


def polar(a: Any, side: str = "right") -> tuple[Any, Any]:
    """The polar factors of a real matrix of full rank: a = u p with side "right", a = p u with "left".

    Raises
        ValueError for another side; TypeError for a complex matrix.
    """
    if side not in ("left", "right"):
        raise ValueError(f"side is {side!r}; it is 'left' or 'right'")
    if np.iscomplexobj(a):
        raise TypeError("polar of a traced complex matrix has no rule; a real one has")
    wide = np.shape(a)[-2] < np.shape(a)[-1]
    u = transposed(unitary_factor(transposed(a))) if wide else unitary_factor(a)
    p = transposed(u) @ a if side == "right" else a @ transposed(u)
    return u, (p + transposed(p)) / 2
