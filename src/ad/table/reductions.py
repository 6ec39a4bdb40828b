"""Reductions: sums, products, extremes."""

import numpy as np

from ad.declare import composite, general, linear
from ad.table.shapes import getitem, normalized, take


def kept(g, x, axis, keepdims):
    """A reduced array with its reduced axes put back as length 1, so that it broadcasts against x."""
    if axis is None:
        return np.reshape(g, (1,) * np.ndim(x))
    if keepdims:
        return g
    axes = normalized(axis, np.ndim(x))
    return np.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(np.shape(x))))


def count(x, axis):
    """How many entries of x each entry of a reduction over axis sees."""
    shape = np.shape(x)
    axes = range(len(shape)) if axis is None else normalized(axis, len(shape))
    return int(np.prod([shape[i] for i in axes], dtype=int))


# --- sums
linear(
    np.sum,
    transpose=lambda g, a, axis=None, keepdims=False: np.broadcast_to(
        g if axis is None else kept(g, a, axis, keepdims), np.shape(a)
    ),
)
linear(
    np.cumsum,
    transpose=lambda g, a, axis=None: (
        np.reshape(np.flip(np.cumsum(np.flip(np.ravel(g)))), np.shape(a))
        if axis is None
        else np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)
    ),
)


def root(x):
    """The square root of a variance, held at 0 where nothing is spread: one of its subgradients."""
    none = np.equal(x, 0)
    return np.where(none, 0, np.sqrt(np.where(none, 1, x))) if np.any(none) else np.sqrt(x)


def mean(a, axis=None, keepdims=False):
    return np.sum(a, axis=axis, keepdims=keepdims) / count(a, axis)


def squared(x):
    """|x|**2, real for complex numbers too."""
    return np.real(x * np.conjugate(x)) if np.iscomplexobj(x) else np.square(x)


def var(a, axis=None, ddof=0, keepdims=False):
    far = squared(a - np.mean(a, axis=axis, keepdims=True))
    return np.sum(far, axis=axis, keepdims=keepdims) / (count(a, axis) - ddof)


def average(a, axis=None, weights=None):
    if weights is None:
        return np.mean(a, axis=axis)
    if np.ndim(weights) != np.ndim(a):  # one weight for each entry along one axis
        along = axis % np.ndim(a)
        weights = np.reshape(weights, tuple(n if i == along else 1 for i, n in enumerate(np.shape(a))))
    return np.sum(a * weights, axis=axis) / np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis)


composite(np.mean, mean)
composite(np.var, var)
composite(np.average, average)


# --- the standard deviation: held at 0 where nothing is spread, one of its subgradients; for one entry its derivative


def deviation_slope(y, a, axis, ddof):
    """(a - mean) / ((n - ddof) y), conjugated, and 0 where y is 0."""
    y = kept(y, a, axis, keepdims=False) if np.ndim(y) != np.ndim(a) else y
    none = np.where(np.equal(y, 0), np.ones_like(y), np.zeros_like(y))
    apart = a - np.mean(a, axis=axis, keepdims=True)
    return (np.conjugate(apart) if np.iscomplexobj(a) else apart) / ((count(a, axis) - ddof) * (y + none))


def spread(a, axis, ddof):
    """Distance from the kink, where all entries are equal; a single entry has none."""
    return np.std(a, axis=axis, ddof=ddof) if count(a, axis) > 1 else np.ones(())


general(
    np.std,
    vjp=lambda g, y, a, axis=None, ddof=0, keepdims=False: (
        kept(g, a, axis, keepdims) * deviation_slope(y, a, axis, ddof)
    ),
    jvp=lambda t, y, a, axis=None, ddof=0, keepdims=False: np.sum(
        t * deviation_slope(y, a, axis, ddof), axis=axis, keepdims=keepdims
    ),
    kinks=lambda a, axis=None, ddof=0, keepdims=False: spread(a, axis, ddof),
    meaning=lambda a, axis=None, ddof=0, keepdims=False: np.sqrt(np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)),
    holomorphic="no",
)


# --- products


def others(x, axis):
    """For each entry the product of all others along the axes, right at zeros too: no division.

    A running product from the left times one from the right.
    """
    axes = range(np.ndim(x)) if axis is None else normalized(axis, np.ndim(x))
    rest = [i for i in range(np.ndim(x)) if i not in axes]
    order = (*rest, *axes)
    moved = np.transpose(x, order)
    flat = np.reshape(moved, (*(np.shape(x)[i] for i in rest), -1))
    columns = [getitem(flat, (..., i)) for i in range(np.shape(flat)[-1])]
    one = np.ones_like(columns[0]) if columns else None
    left, right = [one], [one]
    for column in columns[:-1]:
        left.append(left[-1] * column)
    for column in reversed(columns[1:]):
        right.append(right[-1] * column)
    products = [a * b for a, b in zip(left, reversed(right), strict=True)] if columns else []
    if not products:
        return np.zeros_like(x)
    flat = np.stack(products, axis=-1)
    back = np.argsort(order)
    return np.transpose(np.reshape(flat, np.shape(moved)), tuple(int(i) for i in back))


general(
    np.prod,
    vjp=lambda g, y, a, axis=None, keepdims=False: kept(g, a, axis, keepdims) * others(a, axis),
    jvp=lambda t, y, a, axis=None, keepdims=False: np.sum(t * others(a, axis), axis=axis, keepdims=keepdims),
    meaning=lambda a, axis=None, keepdims=False: fold(np.multiply, a, axis, keepdims),
)


# --- extremes: a tie is shared in equal parts


def fold(op, a, axis, keepdims):
    """Reduce along axes by pairs with a binary op: what a reduction means in simpler functions."""
    shape = np.shape(a)
    axes = tuple(range(len(shape))) if axis is None else normalized(axis, len(shape))
    a = np.moveaxis(a, axes, tuple(range(len(axes))))
    a = np.reshape(a, (-1, *np.shape(a)[len(axes) :]))
    parts = [getitem(a, i) for i in range(np.shape(a)[0])]
    while len(parts) > 1:
        pairs = [op(x, y) for x, y in zip(parts[::2], parts[1::2], strict=False)]
        parts = pairs + parts[2 * len(pairs) :]
    if keepdims:
        return np.reshape(parts[0], tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return parts[0]


def weights(y, x, axis, keepdims):
    """1/k at the k entries that reach the extreme, 0 elsewhere."""
    reached = np.where(np.equal(x, kept(y, x, axis, keepdims)), 1.0, 0.0)
    return reached / np.sum(reached, axis=axis, keepdims=True)


def gap(x, axis, largest):
    """Distance between the extreme entry and the next one: 0 at a tie."""
    axes = tuple(range(np.ndim(x))) if axis is None else normalized(axis, np.ndim(x))
    flat = np.moveaxis(x, axes, tuple(range(len(axes))))
    ordered = np.sort(np.reshape(flat, (-1, *np.shape(flat)[len(axes) :])), axis=0)
    if np.shape(ordered)[0] < 2:
        return np.ones(np.shape(ordered)[1:])
    if largest:
        return take(ordered, -1, 0) - take(ordered, -2, 0)
    return take(ordered, 1, 0) - take(ordered, 0, 0)


for function, pairwise, largest in ((np.max, np.maximum, True), (np.min, np.minimum, False)):
    general(
        function,
        vjp=lambda g, y, a, axis=None, keepdims=False: kept(g, a, axis, keepdims) * weights(y, a, axis, keepdims),
        jvp=lambda t, y, a, axis=None, keepdims=False: np.sum(
            t * weights(y, a, axis, keepdims), axis=axis, keepdims=keepdims
        ),
        meaning=lambda a, axis=None, keepdims=False, op=pairwise: fold(op, a, axis, keepdims),
        kinks=lambda a, axis=None, keepdims=False, largest=largest: gap(a, axis, largest),
        holomorphic="no",
    )


def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


composite(np.clip, clip)
composite(
    np.ptp,
    lambda a, axis=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
)
