"""Functions that mean the same for exact arrays as for others: they move or add entries, or tell of the shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Functions of one array, or of one sequence of arrays, that only move entries: they mean the same plane by plane.
MOVES = {
    np.reshape, np.transpose, np.broadcast_to, np.expand_dims, np.squeeze, np.ravel, np.moveaxis, np.swapaxes,
    np.flip, np.roll, np.take, np.tile, np.repeat, np.diagonal, np.split, np.diag, np.fliplr, np.flipud, np.rot90,
    np.atleast_1d, np.atleast_2d, np.copy, np.delete, np.array_split, np.rollaxis, np.take_along_axis,
}  # fmt: skip
JOINS = {np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack}
SUMS = {np.sum, np.cumsum}
FACTS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x, axis=None: x.size if axis is None else x.shape[axis],
}
ALWAYS = {np.isfinite: True, np.isnan: False, np.isinf: False}  # exact numbers are numbers
IGNORED = ("dtype", "optimize", "out")  # arguments that say nothing about exact numbers
