"""The exponential of a matrix of balls, or of Taylor polynomials of balls.

Facts
    FLINT encloses the exponential of a matrix of balls, whatever its eigenvalues.
    The coefficients of exp(A(t)), A(t) = A0 + A1 t + ..., are the first row of blocks of the exponential of the block
    Toeplitz matrix of A's coefficients (A0 on the diagonal, A1 above it, ...): such matrices multiply as
    polynomials do.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import flint
import numpy as np

from verify.numbers.coefficients import or_still
from verify.numbers.program import Refused

LARGEST = 64  # rows of the block matrix; its exponential takes some seconds


def exponential(self: Any, a: Any) -> Any:
    """The meaning of ``ad.table.linalg.exponential.exponential``."""
    if a.field.records:
        raise Refused("the exponential of a matrix has no formula; over arrays of balls it has an enclosure")
    n, blocks = len(a), a.field.order + 1
    if n * blocks > LARGEST:
        raise Refused(f"the exponential of a {n} by {n} matrix to order {blocks - 1}: asked for up to {LARGEST} rows")
    planes = [or_still(plane, a.data) for plane in a.planes]
    whole = flint.arb_mat(n * blocks, n * blocks)
    for (i, j), block, k in product(np.ndindex(n, n), range(blocks), range(blocks)):
        if block + k < blocks:
            whole[block * n + i, (block + k) * n + j] = planes[k][i, j]
    found = whole.exp()
    entries = np.empty((n, n * blocks), dtype=object)
    for i, j in np.ndindex(n, n * blocks):
        entries[i, j] = found[i, j]
    return type(a)(a.field, tuple(entries[:, k * n : (k + 1) * n] for k in range(blocks)))
