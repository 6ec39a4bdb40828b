"""Windows that move over an array: pooling, its adjoint, and convolution.

Facts
    Which entries a window sees is found on positions, -1 where it sees padding; then it is a take and a reduction.
    JAX chooses the first of equal entries in a window, as ``np.argmax`` does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.table.shapes import scatter
from verify.adapters.compositions import all_taps, positions, windows_along
from verify.adapters.jaxprs.equations import Rule, result_shape, untranslatable
from verify.adapters.translation import moved


def seen(equation: Any, shape: Sequence[int]) -> np.ndarray:
    """The positions that the windows of a reduce_window see in an array of a shape, (windows, entries)."""
    params, n = equation.params, len(shape)
    window, before = params["window_dimensions"], [low for low, _ in params["padding"]]
    own, of_window = (params.get(name) or (1,) * n for name in ("base_dilation", "window_dilation"))
    ends = [sum(pair) for pair in params["padding"]]
    numbers = (shape, window, params["window_strides"], ends, own, of_window)
    outputs = list(itertools.starmap(windows_along, zip(*numbers, strict=True)))
    return positions(shape, all_taps(shape, outputs, window, params["window_strides"], before, own, of_window))


def of_each_window(equation: Any, x: Any, function: Callable[..., Any]) -> Any:
    """A function of what each window sees: of all windows with as many entries at once, padding is none of them.

    Arguments
        function: ``function(values, positions)`` of two arrays (windows, entries), one result for each window.
    """
    found = seen(equation, np.shape(x))
    counts = (found >= 0).sum(axis=1)
    if not counts.all():
        raise untranslatable(equation, "a window lies in the padding alone, its extreme is infinite")
    parts, order = [], []
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        own = found[rows]
        own = own[own >= 0].reshape(-1, count)
        parts.append(function(moved(x, own), own))
        order.append(rows)
    return np.take(np.concatenate(parts), np.argsort(np.concatenate(order)), axis=0)


def _sums(equation: Any, x: Any) -> Any:
    return np.reshape(np.sum(moved(x, seen(equation, np.shape(x))), axis=1), result_shape(equation))


def _extremes(function: Callable[..., Any]) -> Rule:
    def rule(equation: Any, x: Any) -> Any:
        found = of_each_window(equation, x, lambda values, places: function(values, axis=1))
        return np.reshape(found, result_shape(equation))

    return rule


def _places(equation: Any, x: Any) -> np.ndarray:
    """The flat position of the entry that each window selects."""
    choose = {"ge": np.argmax, "le": np.argmin}[equation.params["select_prim"].name]

    def chosen(values: Any, places: np.ndarray) -> np.ndarray:
        return np.take_along_axis(places, choose(values, axis=1)[:, None], 1)[:, 0]

    found: np.ndarray = of_each_window(equation, x, chosen)
    return found


def _added_to_selected(equation: Any, source: Any, x: Any) -> Any:
    size = math.prod(np.shape(x))
    return np.reshape(scatter(np.reshape(source, (-1,)), _places(equation, x), (size,)), np.shape(x))


def _selected(equation: Any, tangents: Any, x: Any) -> Any:
    return np.reshape(moved(tangents, _places(equation, x)), result_shape(equation))


def _in_order(x: Any, spec: Sequence[int]) -> Any:
    return np.transpose(x, tuple(spec))


def _convolved(equation: Any, x: Any, kernel: Any) -> Any:
    """Patches times kernels, in groups of features, or of the batch."""
    params = equation.params
    numbers = params["dimension_numbers"]
    x, kernel = _in_order(x, numbers.lhs_spec), _in_order(kernel, numbers.rhs_spec)
    (batch, features, *lengths), (out, depth, *window) = np.shape(x), np.shape(kernel)
    shape = [result_shape(equation)[axis] for axis in numbers.out_spec]
    before = [low for low, _ in params["padding"]]
    strides, own, of_window = (params[name] for name in ("window_strides", "lhs_dilation", "rhs_dilation"))
    places = positions(lengths, all_taps(lengths, shape[2:], window, strides, before, own, of_window))
    images = np.reshape(x, (batch, features, -1))
    images = np.concatenate([images, np.zeros((batch, features, 1))], axis=2)  # the last one is the padding
    patches = np.take(images, np.where(places < 0, math.prod(lengths), places), axis=2)
    windows, entries = places.shape
    groups, parts = params["feature_group_count"], params["batch_group_count"]
    patches = np.reshape(patches, (parts, batch // parts, groups, depth, windows, entries))
    patches = np.reshape(
        np.transpose(patches, (0, 2, 1, 4, 3, 5)), (parts * groups, batch // parts * windows, depth * entries)
    )
    kernels = np.reshape(kernel, (parts * groups, out // (parts * groups), depth * entries))
    y = np.matmul(patches, np.swapaxes(kernels, 1, 2))
    y = np.reshape(y, (parts * groups, batch // parts, windows, out // (parts * groups)))
    y = np.reshape(np.transpose(y, (1, 0, 3, 2)), tuple(shape))
    return np.transpose(y, tuple(int(axis) for axis in np.argsort(numbers.out_spec)))


WINDOWS: dict[str, Rule] = {
    "conv_general_dilated": _convolved,
    "reduce_window_max": _extremes(np.max),
    "reduce_window_min": _extremes(np.min),
    "reduce_window_sum": _sums,
    "select_and_gather_add": _selected,
    "select_and_scatter_add": _added_to_selected,
}
