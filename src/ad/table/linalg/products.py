"""np.linalg's own names for products, traces and transposes, and what NumPy has beside them."""

import numpy as np

from ad.declare import composite
from ad.table.contractions import tensordot
from ad.table.linalg.matrices import conj, transposed
from ad.table.shapes import diagonal, getitem


def vecdot(x1, x2, axis=-1):
    return np.sum(conj(x1) * x2, axis=axis)


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product along an axis of length 3; of two vectors of length 2 its third entry."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    lengths = np.shape(a)[-1], np.shape(b)[-1]
    if not set(lengths) <= {2, 3}:
        raise ValueError(f"np.cross needs vectors of length 2 or 3, not {lengths[0]} and {lengths[1]}")
    (a1, a2, *a3), (b1, b2, *b3) = (entries(x) for x in (a, b))
    third = a1 * b2 - a2 * b1
    if lengths == (2, 2):
        return third
    first = (a2 * b3[0] if b3 else 0) - (a3[0] * b2 if a3 else 0)
    second = (a3[0] * b1 if a3 else 0) - (a1 * b3[0] if b3 else 0)
    return np.moveaxis(np.stack([first, second, third], axis=-1), -1, axisc)


def entries(x):
    return [getitem(x, (..., k)) for k in range(np.shape(x)[-1])]


def spatial(x1, x2, *, axis=-1):
    if not np.shape(x1)[axis] == np.shape(x2)[axis] == 3:
        raise ValueError(f"np.linalg.cross needs vectors of length 3, not {np.shape(x1)[axis]}, {np.shape(x2)[axis]}")
    return cross(x1, x2, axis=axis)


def outer(x1, x2):
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"np.linalg.outer needs vectors, not shapes {np.shape(x1)}, {np.shape(x2)}")
    return np.outer(x1, x2)


composite(np.cross, cross)
NUMPY_2 = {
    "vecdot": lambda x1, x2, *, axis=-1: vecdot(x1, x2, axis),
    "cross": spatial,
    "outer": outer,
    "trace": lambda x, *, offset=0: np.sum(diagonal(x, offset, -2, -1), axis=-1),
    "diagonal": lambda x, *, offset=0: diagonal(x, offset, -2, -1),
    "matrix_transpose": transposed,
    "matmul": lambda x1, x2: np.matmul(x1, x2),
    "tensordot": lambda a, b, *, axes=2: tensordot(a, b, axes),
}
for name, definition in NUMPY_2.items():
    if hasattr(np.linalg, name):
        composite(getattr(np.linalg, name), definition)
BESIDE = {
    "matrix_transpose": transposed,
    "vecdot": vecdot,
    "matvec": lambda x1, x2: getitem(np.matmul(x1, np.expand_dims(x2, -1)), (..., 0)),
    "vecmat": lambda x1, x2: getitem(np.matmul(np.expand_dims(conj(x1), -2), x2), (..., 0, slice(None))),
}
for name, definition in BESIDE.items():
    if hasattr(np, name):
        composite(getattr(np, name), definition)
