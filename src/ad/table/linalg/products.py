"""np.linalg's own names for products, traces and transposes, which NumPy has since version 2."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.declare import composite
from ad.table.contractions import cross, tensordot, vecdot
from ad.table.linalg.matrices import transposed
from ad.table.shapes import diagonal


def spatial(x1, x2, *, axis=-1):
    if not np.shape(x1)[axis] == np.shape(x2)[axis] == 3:
        raise ValueError(f"np.linalg.cross needs vectors of length 3, not {np.shape(x1)[axis]}, {np.shape(x2)[axis]}")
    return cross(x1, x2, axis=axis)


def outer(x1, x2):
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"np.linalg.outer needs vectors, not shapes {np.shape(x1)}, {np.shape(x2)}")
    return np.outer(x1, x2)


SINCE_2: dict[str, Callable[..., Any]] = {
    "vecdot": lambda x1, x2, *, axis=-1: vecdot(x1, x2, axis=axis),
    "cross": spatial,
    "outer": outer,
    "trace": lambda x, *, offset=0: np.sum(diagonal(x, offset, -2, -1), axis=-1),
    "diagonal": lambda x, *, offset=0: diagonal(x, offset, -2, -1),
    "matrix_transpose": transposed,
    "matmul": lambda x1, x2: np.matmul(x1, x2),
    "tensordot": lambda a, b, *, axes=2: tensordot(a, b, axes),
}
for name, definition in SINCE_2.items():
    if hasattr(np.linalg, name):
        composite(getattr(np.linalg, name), definition)
