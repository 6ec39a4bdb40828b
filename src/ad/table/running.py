"""Functions along an axis: running products and sums, differences, integrals by trapezoids, unwrapped angles."""

import math
from typing import Any

import numpy as np

from ad.declare import composite, general, in_dtype_of
from ad.table.arrangements import named
from ad.table.shapes import getitem, take
from ad.table.statistics import without_nan

# --- running products


def beside(a, steps, fill):
    """Entry i is entry i + steps of the last axis, the constant ``fill`` where there is none."""
    lead, n = np.shape(a)[:-1], np.shape(a)[-1]
    gap = fill * np.ones_like(getitem(a, (..., slice(0, min(abs(steps), n)))))
    kept = getitem(a, (..., slice(steps, None) if steps > 0 else slice(0, max(n + steps, 0))))
    return np.reshape(np.concatenate([kept, gap] if steps > 0 else [gap, kept], axis=-1), (*lead, n))


def chained(factors, terms):
    """r with r[i] = terms[i] + factors[i] * r[i+1] along the last axis, by doubling: no division, log(n) steps."""
    steps, n = 1, np.shape(terms)[-1]
    while steps < n:
        terms = terms + factors * beside(terms, steps, 0)
        factors = factors * beside(factors, steps, 0)
        steps *= 2
    return terms


def lines(a, axis):
    """The array with the axis last; without an axis all entries in a row."""
    return np.ravel(a) if axis is None else np.moveaxis(a, axis, -1)


def back(rows, a, axis):
    return np.reshape(rows, np.shape(a)) if axis is None else np.moveaxis(rows, -1, axis)


def cumprod_vjp(g, y, a, axis=None):
    """The product of all before an entry, times the sum over those after it of cotangents times products between."""
    if np.ndim(a) == 0:
        return np.reshape(g, ())
    rows, before = lines(a, axis), beside(lines(y, axis), -1, 1)
    return back(before * chained(beside(rows, 1, 0), lines(g, axis)), a, axis)


def cumprod_jvp(t, y, a, axis=None):
    if np.ndim(a) == 0:
        return np.reshape(t, (1,))
    rows, before = lines(a, axis), beside(lines(y, axis), -1, 1)
    moved = chained(np.flip(rows, -1), np.flip(before * lines(t, axis), -1))
    flipped = np.flip(moved, -1)
    return flipped if axis is None else np.moveaxis(flipped, -1, axis)


def cumprod_meaning(a, axis=None):
    rows = lines(a, axis)
    products = [getitem(rows, (..., i)) for i in range(np.shape(rows)[-1])]
    for i in range(1, len(products)):
        products[i] = products[i - 1] * products[i]
    found = np.stack(products, axis=-1) if products else rows
    return found if axis is None else np.moveaxis(found, -1, axis)


general(np.cumprod, vjp=cumprod_vjp, jvp=cumprod_jvp, meaning=cumprod_meaning)
composite(np.nancumsum, lambda a, axis=None: np.cumsum(without_nan(a, 0), axis=axis))
composite(np.nancumprod, lambda a, axis=None: np.cumprod(without_nan(a, 1), axis=axis))


def cumulative(running, start):
    """np.cumulative_sum and np.cumulative_prod: with ``include_initial`` the empty sum or product stands first."""

    def function(x, /, *, axis=None, include_initial=False):
        if axis is None and np.ndim(x) != 1:
            raise ValueError(f"axis is None, but the array has {np.ndim(x)} axes: say along which one")
        axis = 0 if axis is None else axis
        y = running(x, axis=axis)
        if not include_initial:
            return y
        first = take(y, np.zeros(1, int), axis) if np.shape(y)[axis] else np.zeros_like(y, shape=_one(y, axis))
        return np.concatenate([start * np.ones_like(first), y], axis=axis)

    return function


def _one(y, axis):
    return tuple(1 if i == axis % np.ndim(y) else n for i, n in enumerate(np.shape(y)))


for function in named("cumulative_sum"):
    composite(function, cumulative(np.cumsum, 0))
for function in named("cumulative_prod"):
    composite(function, cumulative(np.cumprod, 1))

# --- differences


def ediff1d(ary, to_end=None, to_begin=None):
    steps = np.diff(np.ravel(ary))
    parts = [None if x is None else in_dtype_of(np.ravel(x), steps) for x in (to_begin, steps, to_end)]
    return np.concatenate([x for x in parts if x is not None])


def between(a: Any, axis: Any, start: Any, stop: Any) -> Any:
    return getitem(a, (slice(None),) * axis + (slice(start, stop),))


def gradient(f, *varargs, axis=None, edge_order=1):
    """Central differences inside, one-sided ones of first or second order at the ends."""
    if edge_order not in (1, 2):
        raise ValueError(f"edge_order is {edge_order}: np.gradient takes 1 or 2")
    ndim = np.ndim(f)
    axes = range(ndim) if axis is None else [i % ndim for i in (axis if isinstance(axis, tuple | list) else (axis,))]
    spacing = list(varargs) if varargs else [1.0]
    spacing = spacing * len(axes) if len(spacing) == 1 and np.ndim(spacing[0]) == 0 else spacing
    if len(spacing) != len(axes):
        raise TypeError(f"np.gradient along {len(axes)} axes takes as many spacings, found {len(spacing)}")
    found = [slopes(f, step, along, edge_order) for step, along in zip(spacing, axes, strict=True)]
    return found[0] if len(found) == 1 else type(np.gradient(np.zeros((2, 2))))(found)


def slopes(f, spacing, axis, edge_order):
    """The differences along one axis; spacing: the step, or the coordinate of every entry."""
    n = np.shape(f)[axis]
    if n < edge_order + 1:
        raise ValueError(f"axis {axis} has length {n}: np.gradient needs at least {edge_order + 1}")
    if np.ndim(spacing) and np.shape(spacing) != (n,):
        raise ValueError(f"a spacing has shape {np.shape(spacing)}: give a number, or a coordinate for each of {n}")
    steps = np.diff(spacing) if np.ndim(spacing) else np.broadcast_to(spacing, (n - 1,))
    before, after = (column(between(steps, 0, i, j), f, axis) for i, j in ((0, n - 2), (1, n - 1)))
    low, middle, high = (between(f, axis, i, n - 2 + i) for i in range(3))
    if np.ndim(spacing):
        total = before + after
        inner = middle * ((after - before) / (before * after)) + (
            high * (before / (after * total)) - low * (after / (before * total))
        )
    else:
        inner = (high - low) / (2 * spacing)
    ends = [edge_slope(f, steps, axis, edge_order, side) for side in (1, -1)]
    return np.concatenate([ends[0], inner, ends[1]], axis=axis)


def column(steps, f, axis):
    """Steps along an axis, in f's dtype."""
    steps = np.reshape(steps, tuple(-1 if i == axis else 1 for i in range(np.ndim(f))))
    return steps.astype(f.dtype) if isinstance(steps, np.ndarray) and f.dtype.kind == "f" else steps


def edge_slope(f, steps, axis, edge_order, side):
    """The one-sided difference at the first entry (side 1) or the last (-1)."""
    n = np.shape(f)[axis]
    values = [between(f, axis, i, i + 1) for i in ((0, 1, 2) if side > 0 else (n - 1, n - 2, n - 3))[: edge_order + 1]]
    places = (0, 1) if side > 0 else (n - 2, n - 3)
    h = [column(between(steps, 0, i, i + 1), f, axis) for i in places[:edge_order]]
    if edge_order == 1:
        return side * (values[1] - values[0]) / h[0]
    total = h[0] + h[1]
    near, far = values[1] - values[0], values[2] - values[0]
    return side * (near * (total / (h[0] * h[1])) - far * (h[0] / (h[1] * total)))


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    axis, n = axis % np.ndim(y), np.shape(y)[axis]
    if x is None:
        d = dx
    elif np.ndim(x) == 1:
        d = np.reshape(np.diff(x), tuple(-1 if i == axis else 1 for i in range(np.ndim(y))))
    else:
        d = np.diff(x, axis=axis)
    return np.sum(d * (between(y, axis, 1, n) + between(y, axis, 0, max(n - 1, 0))) / 2, axis=axis)


def unwrap(p, discont=None, axis=-1, *, period=2 * math.pi):
    """Steps of half a period or more are changed by whole periods, of which there are a constant number."""
    axis, n = axis % np.ndim(p), np.shape(p)[axis]
    d = np.diff(p, axis=axis)
    discont = period / 2 if discont is None else discont
    up = np.negative(np.floor((period / 2 - d) / period))  # a step of just half a period stays as it is
    turns = np.where(np.greater(d, 0), up, np.floor((d + period / 2) / period))
    turns = np.where(np.less(np.absolute(d), discont), 0, turns)
    first = between(p, axis, 0, 1)
    return np.concatenate([first, between(p, axis, 1, n) - period * np.cumsum(turns, axis=axis)], axis=axis)


composite(np.ediff1d, ediff1d)
composite(np.gradient, gradient)
for function in named("trapezoid", "trapz"):
    composite(function, trapezoid)
composite(np.unwrap, unwrap)
