"""The same numbers laid out in memory another way: what a derivative may be handed, and must not notice."""

from __future__ import annotations

from typing import Any

import numpy as np


def columns_first(x: np.ndarray) -> np.ndarray:
    """In Fortran's order."""
    return np.array(x, order="F")


def channels_last(x: np.ndarray) -> np.ndarray:
    """Axis 1 innermost, as images are kept for convolutions; fewer than three axes stay as they are.

    Example
        >>> channels_last(np.ones((1, 2, 3, 4))).strides
        (192, 8, 64, 16)
    """
    return x if x.ndim < 3 else np.moveaxis(np.array(np.moveaxis(x, 1, -1), order="C"), -1, 1)


def with_gaps(x: np.ndarray) -> np.ndarray:
    """Every other entry of a wider array along each axis, with NaN between, so that nobody reads there unnoticed.

    Example
        >>> with_gaps(np.ones((3, 2))).strides
        (64, 16)
    """
    between = np.nan if x.dtype.kind in "fcV" else 0  # V: bfloat16 and its kin
    wide = np.full(tuple(2 * n for n in x.shape), between, x.dtype)
    index: Any = (*(slice(None, None, 2),) * x.ndim, ...)
    view: np.ndarray = wide[index]
    view[...] = x
    return view


def backwards(x: np.ndarray) -> np.ndarray:
    """From the last entry to the first, along each axis.

    Example
        >>> backwards(np.arange(4.0)).strides
        (-8,)
    """
    return np.flip(np.flip(x).copy())
