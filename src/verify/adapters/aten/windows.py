"""Convolutions and poolings of aten over NumPy: products with, and means and maxima over, the windows of an input.

Facts
    Which entries lie in a window is data movement: it is found on positions and repeated on any numbers.
    A transposed convolution is a convolution of the input spread out by its stride, with the kernel reversed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.adapters.aten.elementwise import Entries
from verify.adapters.compositions import all_taps, positions_in_last_axes, windows_along
from verify.adapters.translation import moved


def each(value: Any, rank: int) -> list[int]:
    """One number for each spatial axis."""
    numbers = list(value) if isinstance(value, list | tuple) else [value]
    return numbers * rank if len(numbers) == 1 else numbers


def counted(shape: Sequence[int]) -> np.ndarray:
    return np.reshape(np.arange(math.prod(shape)), tuple(shape))


# --- convolution


def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Any:
    """The convolution of 1, 2 or 3 spatial axes; torch's is a correlation."""
    rank = np.ndim(weight) - 2
    stride, padding, dilation, extra = (each(v, rank) for v in (stride, padding, dilation, output_padding))
    kernel, shape = np.shape(weight)[2:], np.shape(input)
    before, around, own = padding, [2 * p for p in padding], [1] * rank
    if transposed:
        weight = turned(weight, groups)
        before = [d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True)]
        around = [2 * reach + e for reach, e in zip(before, extra, strict=True)]
        stride, own = own, stride
    numbers = zip(shape[2:], kernel, stride, around, own, dilation, strict=True)
    count = list(itertools.starmap(windows_along, numbers))
    axes = all_taps(shape[2:], count, kernel, stride, before, own, dilation)
    found = correlated(input, weight, positions_in_last_axes(shape, axes), groups)
    return found if bias is None else found + np.reshape(bias, (-1, *(1,) * rank))


def turned(weight: Any, groups: int) -> Any:
    """The kernel of a transposed convolution as that of a plain one: reversed, outputs first."""
    shape = np.shape(weight)
    grouped = np.reshape(weight, (groups, shape[0] // groups, *shape[1:]))
    swapped = np.reshape(np.swapaxes(grouped, 1, 2), (groups * shape[1], shape[0] // groups, *shape[2:]))
    return np.flip(swapped, axis=tuple(range(2, len(shape))))


def correlated(input: Any, weight: Any, places: np.ndarray, groups: int) -> Any:
    """The kernel times every window: one product of matrices a group."""
    batch, channels, *grid, area = places.shape
    outputs = np.shape(weight)[0] // groups
    columns = np.moveaxis(np.reshape(places, (batch, groups, channels // groups, -1, area)), 2, 3)
    columns = np.reshape(columns, (batch, groups, -1, channels // groups * area))
    kernel = np.reshape(weight, (groups, outputs, channels // groups * area))
    found = np.matmul(moved(input, columns), np.swapaxes(kernel, -1, -2))
    return np.reshape(np.swapaxes(found, -1, -2), (batch, groups * outputs, *grid))


# --- pooling


def grid_of(
    shape: Sequence[int], size: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int],
    ceil_mode: bool,
) -> list[int]:  # fmt: skip
    """How many windows there are along each axis; one that begins beyond the input and its padding is none."""
    found = []
    for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True):
        steps = n + 2 * p - d * (k - 1) - 1
        count = (-(-steps // s) if ceil_mode else steps // s) + 1
        found.append(count - 1 if ceil_mode and (count - 1) * s >= n + p else count)
    return found


def pooled_places(
    shape: Sequence[int], rank: int, size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The positions of every window, and of the same in the padded input (where only what ceil_mode adds is none)."""
    size = each(size, rank)
    stride = each(stride, rank) if stride else size
    padding, dilation = each(padding, rank), each(dilation, rank)
    count = grid_of(shape[-rank:], size, stride, padding, dilation, ceil_mode)
    none, one = [0] * rank, [1] * rank
    whole = [n + 2 * p for n, p in zip(shape[-rank:], padding, strict=True)]
    inside = all_taps(shape[-rank:], count, size, stride, padding, one, dilation)
    within = all_taps(whole, count, size, stride, none, one, dilation)
    padded = (*shape[:-rank], *whole)
    return positions_in_last_axes(shape, inside), positions_in_last_axes(padded, within)


def average(rank: int) -> Callable[..., Any]:
    def pool(
        self: Any,
        kernel_size: Any,
        stride: Any = (),
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Any:
        inside, within = pooled_places(np.shape(self), rank, kernel_size, stride, padding, 1, ceil_mode)
        counted_in = within if count_include_pad else inside
        divisor = np.sum(counted_in >= 0, axis=-1) if divisor_override is None else divisor_override
        return np.sum(moved(self, inside), axis=-1) / divisor

    return pool


def maximal(rank: int) -> Callable[..., Any]:
    def pool(
        self: Any, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> tuple[Any, Any]:
        inside, _ = pooled_places(np.shape(self), rank, kernel_size, stride, padding, dilation, ceil_mode)
        return largest_in(self, inside, math.prod(np.shape(self)[-rank:]))

    return pool


def largest_in(self: Any, inside: np.ndarray, plane: int) -> tuple[Any, Any]:
    """The largest entry of every window and its place in its plane; windows that are cut off alike go together."""
    rows = np.reshape(inside, (-1, inside.shape[-1]))
    patterns, which = np.unique(rows >= 0, axis=0, return_inverse=True)
    which = np.reshape(which, -1)
    alike = [rows[which == k][:, pattern] for k, pattern in enumerate(patterns)]
    back = np.reshape(np.argsort(np.argsort(which, kind="stable"), kind="stable"), inside.shape[:-1])
    entries = [moved(self, places) for places in alike]

    def indices() -> Any:
        chosen = [np.expand_dims(np.argmax(found, axis=-1), -1) for found in entries]
        places = [np.take_along_axis(p, c, axis=-1)[:, 0] for p, c in zip(alike, chosen, strict=True)]
        return np.concatenate(places)[back] % plane

    return np.take(np.concatenate([np.max(found, axis=-1) for found in entries]), back), indices


def adaptive_places(shape: Sequence[int], output_size: Sequence[int]) -> np.ndarray:
    """The positions of the windows that divide each axis into so many, overlapping where they do not fit; else -1."""
    rank = len(output_size)
    edges = [
        [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]
        for n, m in zip(shape[-rank:], output_size, strict=True)
    ]
    positions = counted(shape)
    widest = math.prod(max(b - a for a, b in axis) for axis in edges)
    found = np.full((*shape[:-rank], *output_size, widest), -1)
    lead = (slice(None),) * (len(shape) - rank)
    for place in itertools.product(*map(range, output_size)):
        cut = tuple(slice(*edges[axis][i]) for axis, i in enumerate(place))
        chosen = positions[lead + cut]
        window = np.reshape(chosen, (*shape[:-rank], math.prod(chosen.shape[-rank:])))
        found[lead + tuple(place) + (slice(0, window.shape[-1]),)] = window
    return found


def adaptive_average(self: Any, output_size: Sequence[int]) -> Any:
    inside = adaptive_places(np.shape(self), output_size)
    return np.sum(moved(self, inside), axis=-1) / np.sum(inside >= 0, axis=-1)


def adaptive_maximum(self: Any, output_size: Sequence[int]) -> tuple[Any, Any]:
    inside = adaptive_places(np.shape(self), output_size)
    return largest_in(self, inside, math.prod(np.shape(self)[-len(output_size) :]))


ENTRIES: Entries = {
    "convolution": convolution,
    "avg_pool1d": average(1),
    "avg_pool2d": average(2),
    "avg_pool3d": average(3),
    "max_pool1d_with_indices": maximal(1),
    "max_pool2d_with_indices": maximal(2),
    "max_pool3d_with_indices": maximal(3),
    "max_pool1d": lambda *args: maximal(1)(*args)[0],
    "max_pool2d": lambda *args: maximal(2)(*args)[0],
    "max_pool3d": lambda *args: maximal(3)(*args)[0],
    "_adaptive_avg_pool2d": adaptive_average,
    "_adaptive_avg_pool3d": adaptive_average,
    "adaptive_max_pool2d": adaptive_maximum,
    "adaptive_max_pool3d": adaptive_maximum,
}
