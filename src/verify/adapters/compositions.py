"""What both translators make of NumPy's functions: special functions, systems from the right, and windows.

Facts
    Which entries lie in a window is data movement: it is found on positions, -1 where the window sees none.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ad


def special(name: str) -> Callable[..., Any]:
    """A function of ``ad.scipy.special``, looked up when it is called: SciPy is optional."""
    return lambda *xs: getattr(ad.scipy.special, name)(*xs)


def transposed(a: Any) -> Any:
    """Matrices, transposed each."""
    return np.swapaxes(a, -1, -2)


def solved_from_right(a: Any, b: Any) -> Any:
    """X in X A = B."""
    return transposed(np.linalg.solve(transposed(a), transposed(b)))


def windows_along(length: int, entries: int, stride: int, around: int, dilation: int, of_window: int) -> int:
    """How many windows there are along an axis; the arguments are those of ``taps``, around: the padding on both sides.

    Example
        >>> windows_along(5, 3, 1, 0, 1, 1)
        3
    """
    return max(0, ((length - 1) * dilation + around - (entries - 1) * of_window) // stride + 1)


def taps(
    length: int, outputs: int, entries: int, stride: int, before: int, dilation: int, of_window: int
) -> np.ndarray:
    """Places along one axis, (outputs, entries of a window); -1 in the padding, and between dilated entries.

    Arguments
        length: of the axis. outputs: how many windows. entries: of a window. stride: from window to window.
        before: the padding in front. dilation: from entry to entry of the array. of_window: those of the window.
    Example
        >>> taps(3, 2, 2, 2, 1, 1, 1)
        array([[-1,  0],
               [ 1,  2]])
    """
    at = np.arange(outputs)[:, None] * stride + np.arange(entries) * of_window - before
    inside = (at >= 0) & (at % dilation == 0) & (at // dilation < length)
    return np.where(inside, at // dilation, -1)


def all_taps(*numbers: Sequence[int]) -> list[np.ndarray]:
    """The ``taps`` of every axis, of the numbers for each."""
    return list(itertools.starmap(taps, zip(*numbers, strict=True)))


def positions(shape: Sequence[int], axes: Sequence[np.ndarray]) -> np.ndarray:
    """Flat positions of what windows see, (windows, entries of a window); -1 where any axis has one.

    Arguments
        shape: of the array. axes: the ``taps`` of each axis.
    """
    n = len(shape)
    flat, inside = np.zeros((1,) * (2 * n), int), np.ones((1,) * (2 * n), bool)
    for axis, places in enumerate(axes):
        own = [1] * (2 * n)
        own[axis], own[n + axis] = places.shape
        flat = flat * shape[axis] + places.reshape(own)
        inside = inside & (places >= 0).reshape(own)
    entries = math.prod(places.shape[1] for places in axes)
    return np.where(inside, flat, -1).reshape(-1, entries)


def positions_in_last_axes(shape: Sequence[int], axes: Sequence[np.ndarray]) -> np.ndarray:
    """The same of windows over the last axes: the shape of their grid, then one axis of a window's entries."""
    lead, plane = shape[: len(shape) - len(axes)], shape[len(shape) - len(axes) :]
    seen = positions(plane, axes)
    first = np.arange(math.prod(lead)).reshape(-1, 1, 1) * math.prod(plane)
    grid = [places.shape[0] for places in axes]
    return np.where(seen < 0, -1, first + seen).reshape(*lead, *grid, seen.shape[1])
