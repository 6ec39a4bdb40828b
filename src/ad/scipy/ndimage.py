"""Namesakes of ``scipy.ndimage``: filters by weighted neighbours, and interpolation in a grid.

Beyond its edge an array goes on as ``mode`` says: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d |
c b a), nearest (a a a | a b c d | d d d), wrap (a b c d | a b c d | a b c d), constant (cval).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.declare import in_dtype_of
from ad.table.selection import whole
from ad.table.signals import backwards, correlated

__all__ = [
    "convolve", "convolve1d", "correlate", "correlate1d", "gaussian_filter1d", "map_coordinates",
]  # fmt: skip

# scipy.ndimage's modes and np.pad's for the same.
MODES = {
    "reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant",
    "grid-mirror": "symmetric", "grid-wrap": "wrap", "grid-constant": "constant",
}  # fmt: skip


def refuse(name: str, **given: Any) -> None:
    """Raise TypeError for arguments that only SciPy's function takes."""
    for argument, value in given.items():
        if value is not None:
            raise TypeError(f"ad.scipy.ndimage.{name} does not take {argument}; leave it out")


def neighbours(x: Any, weights: Any, mode: str, cval: Any, origins: tuple[int, ...]) -> Any:
    """The sum over each entry's neighbours, weighted: ``weights`` stands with its centre, moved by origins, on it."""
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}: give one of {', '.join(MODES)}")
    widths = []
    for size, origin in zip(np.shape(weights), origins, strict=True):
        before = size // 2 + origin
        if not 0 <= before < max(size, 1):
            raise ValueError(
                f"origin is {origin}: the centre of {size} weights moves by {-(size // 2)} to {(size - 1) // 2}"
            )
        widths.append((before, size - 1 - before))
    given: dict[str, Any] = {"constant_values": cval} if MODES[mode] == "constant" else {}
    return in_dtype_of(correlated(np.pad(x, widths, **{"mode": MODES[mode], **given}), weights), x)


def per_axis(origin: Any, ndim: int) -> tuple[int, ...]:
    return tuple(int(o) for o in np.broadcast_to(origin, (ndim,)))


def fitting(x: Any, weights: Any) -> Any:
    """The weights as an array with as many axes as the input."""
    weights = np.asarray(weights, float) if isinstance(weights, list | tuple) else weights
    if np.ndim(weights) != np.ndim(x):
        raise RuntimeError(f"weights has {np.ndim(weights)} axes, input {np.ndim(x)}: they have to be as many")
    return weights


def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """``scipy.ndimage.correlate`` that can be differentiated, by input, weights and cval.

    Arguments
        input, weights: arrays with as many axes. mode, cval: what lies beyond the edge. origin: how far the centre of
            the weights is moved, for all axes or each.
    Returns
        an array of the input's shape and dtype.
    Raises
        TypeError for output and axes; RuntimeError or ValueError for weights, mode or origin that do not fit.
    Example
        >>> from ad.scipy import ndimage
        >>> ndimage.correlate(np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.0, 2.0]))
        array([ 5.,  9., 10.])
    """
    refuse("correlate", output=output, axes=axes)
    return neighbours(input, fitting(input, weights), mode, cval, per_axis(origin, np.ndim(input)))


def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """``scipy.ndimage.convolve`` that can be differentiated, by input, weights and cval: see ``correlate``.

    Example
        >>> from ad.scipy import ndimage
        >>> ndimage.convolve(np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.0, 2.0]))
        array([4., 6., 8.])
    """
    refuse("convolve", output=output, axes=axes)
    weights = fitting(input, weights)
    moved = zip(per_axis(origin, np.ndim(input)), np.shape(weights), strict=True)
    return neighbours(input, backwards(weights), mode, cval, tuple(-o - (size % 2 == 0) for o, size in moved))


def along_one(whole: Callable[..., Any], input: Any, weights: Any, axis: int, **how: Any) -> Any:
    """A filter with weights along one axis."""
    weights = np.asarray(weights, float) if isinstance(weights, list | tuple) else weights
    ndim, origin = np.ndim(input), [0] * np.ndim(input)
    origin[axis % ndim] = how.pop("origin")
    shaped = np.reshape(weights, tuple(-1 if i == axis % ndim else 1 for i in range(ndim)))
    return whole(input, shaped, origin=origin, **how)


def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """``scipy.ndimage.correlate1d`` that can be differentiated, by input, weights and cval: see ``correlate``.

    Example
        >>> from ad.scipy import ndimage
        >>> ndimage.correlate1d(np.array([[1.0, 2.0, 4.0]]), np.array([1.0, 0.0, 2.0]))
        array([[ 5.,  9., 10.]])
    """
    refuse("correlate1d", output=output)
    return along_one(correlate, input, weights, axis, mode=mode, cval=cval, origin=origin)


def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """``scipy.ndimage.convolve1d`` that can be differentiated, by input, weights and cval: see ``correlate``.

    Example
        >>> from ad.scipy import ndimage
        >>> ndimage.convolve1d(np.array([[1.0, 2.0, 4.0]]), np.array([1.0, 0.0, 2.0]))
        array([[4., 6., 8.]])
    """
    refuse("convolve1d", output=output)
    return along_one(convolve, input, weights, axis, mode=mode, cval=cval, origin=origin)


def gaussian_filter1d(
    input: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: int | None = None,
) -> Any:
    """``scipy.ndimage.gaussian_filter1d`` that can be differentiated, by input, cval and, with a radius, sigma.

    Arguments
        input: an array. sigma: the standard deviation, in entries. radius: of the kernel, in entries; by default
            ``truncate`` standard deviations, which a traced sigma does not tell.
    Returns
        an array of the input's shape and dtype.
    Raises
        TypeError for output, an order other than 0, and a traced sigma without a radius.
    Example
        >>> from ad.scipy import ndimage
        >>> ndimage.gaussian_filter1d(np.array([0.0, 1.0, 0.0]), 1.0, radius=1).round(3)
        array([0.274, 0.452, 0.274])
    """
    refuse("gaussian_filter1d", output=output, order=order or None)
    if radius is None:
        if not isinstance(sigma, int | float | np.generic):
            raise TypeError("sigma is traced: give the radius of the kernel too, which is a whole number of entries")
        radius = int(truncate * float(sigma) + 0.5)
    bell = np.exp(-0.5 * np.square(np.arange(-radius, radius + 1) / sigma))
    return correlate1d(input, bell / np.sum(bell), axis, mode=mode, cval=cval)


# Which of n entries stands at a place beyond the edge.
FOLDS: dict[str, Callable[[Any, int], Any]] = {
    "nearest": lambda i, n: np.clip(i, 0, n - 1),
    "grid-wrap": lambda i, n: i % n,
    "reflect": lambda i, n: np.where(i % (2 * n) < n, i % (2 * n), 2 * n - 1 - i % (2 * n)),
    "grid-mirror": lambda i, n: np.where(i % (2 * n) < n, i % (2 * n), 2 * n - 1 - i % (2 * n)),
    "mirror": lambda i, n: np.abs((i + n - 1) % max(2 * n - 2, 1) - (n - 1)),
    "constant": lambda i, n: np.clip(i, 0, n - 1),
    "grid-constant": lambda i, n: np.clip(i, 0, n - 1),
}


def map_coordinates(
    input: Any,
    coordinates: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """``scipy.ndimage.map_coordinates`` that can be differentiated, by input, coordinates and cval.

    Arguments
        input: an array. coordinates: one array for each of its axes, in entries. order: 0 for the nearest entry, 1 for
            linear interpolation. mode, cval: what lies beyond the edge. prefilter: no matter for these orders.
    Returns
        an array of the shape of one of the coordinates. It has kinks where a coordinate is whole.
    Raises
        ValueError for an order above 1, which is SciPy's default (splines), and for the mode wrap, whose period is one
        entry short; TypeError for output.
    Example
        >>> from ad.scipy import ndimage
        >>> ndimage.map_coordinates(np.array([1.0, 2.0, 4.0]), [np.array([0.5, 1.5])], order=1)
        array([1.5, 3. ])
    """
    refuse("map_coordinates", output=output)
    if order not in (0, 1):
        raise ValueError(f"order is {order}: ad.scipy.ndimage.map_coordinates takes 0 and 1 (order=1 is linear)")
    if mode not in FOLDS:
        raise ValueError(f"mode is {mode!r}: ad.scipy.ndimage.map_coordinates takes {', '.join(FOLDS)}")
    places = [coordinates[i] for i in range(np.ndim(input))]
    found = nearest(input, places, mode, cval) if order == 0 else linear(input, places, mode, cval)
    if mode == "constant":
        inside = [np.logical_and(x >= 0, x <= n - 1) for x, n in zip(places, np.shape(input), strict=True)]
        found = np.where(every(inside), found, cval)
    return in_dtype_of(found, input)


def every(conditions: list[Any]) -> Any:
    met = conditions[0]
    for condition in conditions[1:]:
        met = np.logical_and(met, condition)
    return met


def entries(x: Any, index: list[Any], mode: str, cval: Any) -> Any:
    """The entries at whole places, which may lie beyond the edge."""
    folded = tuple(FOLDS[mode](i, n) for i, n in zip(index, np.shape(x), strict=True))
    found = x[folded]
    if mode != "grid-constant":
        return found
    return np.where(every([(i >= 0) & (i < n) for i, n in zip(index, np.shape(x), strict=True)]), found, cval)


def nearest(x: Any, places: list[Any], mode: str, cval: Any) -> Any:
    return entries(x, [whole(place + 0.5) for place in places], mode, cval)


def linear(x: Any, places: list[Any], mode: str, cval: Any) -> Any:
    """The sum over the corners of each place's cell, weighted by how near they are."""
    low = [whole(place) for place in places]
    shares = [place - i for place, i in zip(places, low, strict=True)]
    total: Any = None
    for corner in np.ndindex((2,) * len(places)):
        weight: Any = None
        for share, side in zip(shares, corner, strict=True):
            factor = share if side else 1 - share
            weight = factor if weight is None else weight * factor
        term = weight * entries(x, [i + side for i, side in zip(low, corner, strict=True)], mode, cval)
        total = term if total is None else total + term
    return total
