"""Norms of vectors and matrices, and the condition number.

Facts
    At the vector 0 a norm has a kink; the answer there is 0, a subgradient.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.declare import cast, composite, general
from ad.table.fourier import in_kind_of
from ad.table.linalg.matrices import is_complex, real
from ad.table.linalg.singular import svd
from ad.table.reductions import kept
from ad.table.shapes import getitem, normalized
from ad.variable import dispatching


@dispatching
def length(a, ord=2, axis=None, keepdims=False):
    """The root of order ``ord`` of the sum of the powers of the entries' sizes along axes."""
    if ord == 2:
        return np.sqrt(np.sum(np.square(np.abs(a)), axis=axis, keepdims=keepdims))
    return np.sum(np.abs(a) ** ord, axis=axis, keepdims=keepdims) ** (in_kind_of(a, 1.0) / ord)


def squared(a):
    """The squares of the entries' sizes."""
    return np.square(np.real(a)) + np.square(np.imag(a)) if is_complex(a) else np.square(a)


def along(y, a, ord, axis, keepdims):
    """The slope of a length by each entry; the conjugate of the direction of steepest ascent where a is complex."""
    y = kept(y, a, axis, keepdims)
    y = np.where(np.equal(y, 0), 1.0, y)
    if ord == 2:
        return (np.conj(a) if is_complex(a) else a) / y
    direction = np.conj(np.sign(a)) if is_complex(a) else np.sign(a)
    return direction * (np.abs(a) / y) ** (ord - 1)


general(
    length,
    vjp=lambda g, y, a, ord=2, axis=None, keepdims=False: (
        kept(real(g), a, axis, keepdims) * along(y, a, ord, axis, keepdims)
    ),
    jvp=lambda t, y, a, ord=2, axis=None, keepdims=False: np.sum(
        real(along(y, a, ord, axis, keepdims) * t), axis=axis, keepdims=keepdims
    ),
    meaning=lambda a, ord=2, axis=None, keepdims=False: (
        np.sqrt(np.sum(squared(a), axis=axis, keepdims=keepdims))
        if ord == 2
        else np.power(np.sum(np.power(np.abs(a), ord), axis=axis, keepdims=keepdims), in_kind_of(a, 1.0) / ord)
    ),
    kinks=lambda a, ord=2, axis=None, keepdims=False: np.max(np.abs(a), axis=axis, keepdims=keepdims),
    holomorphic="no",
)


WHOLE: dict[Any, Callable[..., Any]] = {np.inf: np.max, -np.inf: np.min, 1: np.sum}
OF_VALUES: dict[Any, Callable[..., Any]] = {2: np.max, -2: np.min, "nuc": np.sum}


def of_vectors(x, ord, axis, keepdims):
    if ord in WHOLE:
        return WHOLE[ord](np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(np.where(np.not_equal(x, 0), 1.0, 0.0) + 0 * real(x), axis=axis, keepdims=keepdims)
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order {ord!r} for vectors")
    return length(x, ord=2 if ord is None else ord, axis=axis, keepdims=keepdims)


def of_matrices(x, ord, axes, keepdims):
    rows, columns = normalized(axes, np.ndim(x))
    if ord in (None, "fro", "f"):
        return length(x, axis=(rows, columns), keepdims=keepdims)
    sums = {1: (rows, columns), -1: (rows, columns), np.inf: (columns, rows), -np.inf: (columns, rows)}.get(ord)
    if sums is not None:
        found = np.sum(np.abs(x), axis=sums[0], keepdims=True)
        found = (np.max if ord > 0 else np.min)(found, axis=sums[1], keepdims=True)
    elif ord in OF_VALUES:
        s = svd(np.moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        found = OF_VALUES[ord](s, axis=-1)
        found = np.expand_dims(found, tuple(sorted((rows, columns))))
    else:
        raise ValueError(f"Invalid norm order {ord!r} for matrices")
    if keepdims:
        return found
    return np.reshape(found, tuple(n for k, n in enumerate(np.shape(x)) if k not in (rows, columns)))


def in_doubles(x):
    """What NumPy does not know as floating, as bfloat16, is float64 to it in norms."""
    return cast(x, np.float64) if getattr(x, "dtype", np.dtype(float)).kind == "V" else x


def norm(x, ord=None, axis=None, keepdims=False):
    x = in_doubles(x)
    if axis is None and (ord is None or np.ndim(x) == 1):
        return of_vectors(x, ord, None, keepdims)
    axes = tuple(range(np.ndim(x))) if axis is None else normalized(axis, np.ndim(x))
    if len(axes) == 1:
        return of_vectors(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(f"np.linalg.norm needs one or two axes, got {len(axes)}")
    return of_matrices(x, ord, axes, keepdims)


def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    axes = tuple(range(np.ndim(x))) if axis is None else axis
    return of_vectors(in_doubles(x), ord, axes, keepdims)


composite(np.linalg.norm, norm)
if hasattr(np.linalg, "vector_norm"):
    composite(np.linalg.vector_norm, vector_norm)
    composite(
        np.linalg.matrix_norm,
        lambda x, *, keepdims=False, ord="fro": of_matrices(in_doubles(x), ord, (-2, -1), keepdims),
    )


def cond(x, p=None):
    if p in (None, 2, -2):
        s = svd(x, compute_uv=False)
        largest, smallest = getitem(s, (..., 0)), getitem(s, (..., -1))
        return smallest / largest if p == -2 else largest / smallest
    return of_matrices(x, p, (-2, -1), False) * of_matrices(np.linalg.inv(x), p, (-2, -1), False)


composite(np.linalg.cond, cond)
