"""The exponential of a matrix, as exact arrays know it: SciPy's over floats, FLINT's over balls."""

from __future__ import annotations

from typing import Any

from ad.variable import dispatching


@dispatching
def exponential(a: Any) -> Any:
    """The exponential of a square matrix of floats; what a rule needs it for, ``ad.scipy.linalg.expm`` has."""
    from scipy.linalg import expm

    return expm(a)
