"""Ops that move entries about: linear, so each is its transpose and nothing else."""

from dataclasses import replace

import numpy as np

from ad.declare import cast, composite, constant, in_dtype_of, like, linear, linear_in_sequence
from ad.variable import TABLE, Variable, dispatching, innermost


@dispatching
def getitem(x, index):
    """x[index], for any basic or advanced index."""
    return x[index]


@dispatching
def scatter(g, index, shape):
    """Zeros of the given shape with g added at index, entries named twice receiving both."""
    y = np.zeros(shape, dtype=g.dtype if hasattr(g, "dtype") else float)
    if names_once(index):
        y[index] = g
    else:
        np.add.at(y, index, g)  # forty times slower
    return y


def names_once(index):
    """Whether an index names no entry twice: it is made of slices and numbers, or is one mask."""
    parts = index if type(index) is tuple else (index,)
    mask = len(parts) == 1 and getattr(index, "dtype", None) == np.bool_
    return mask or all(x is None or x is Ellipsis or type(x) is int or isinstance(x, slice | np.integer) for x in parts)


linear(getitem, transpose=lambda g, x, index=None: scatter(g, index, np.shape(x)))
linear(scatter, transpose=lambda g, x, index=None, shape=None: getitem(g, index))
linear(cast, transpose=lambda g, x, dtype=None: in_dtype_of(g, x), holomorphic="no")


def in_one_order(bind):
    """Order "A" is that of the array's memory, which neither a cotangent nor a tangent shares: it is settled here."""

    def settled(args, kwargs):
        (a,), static = bind(args, kwargs)
        if static["order"] == "A":
            flags = getattr(innermost(a), "flags", None)
            static["order"] = "F" if flags is not None and flags.f_contiguous and not flags.c_contiguous else "C"
        return (a,), static

    return settled


reshaping = linear(np.reshape, transpose=lambda g, a, shape=None, order="C": np.reshape(g, np.shape(a), order=order))
TABLE[np.reshape] = replace(reshaping, bind=in_one_order(reshaping.bind))
linear(
    np.transpose,
    transpose=lambda g, a, axes=None: np.transpose(g, None if axes is None else inverse(axes)),
)
linear(np.broadcast_to, transpose=lambda g, array, shape=None: like(g, array))


def inverse(axes):
    """The permutation that undoes a permutation of axes."""
    n = len(axes)
    return tuple(int(i) for i in np.argsort([axis % n for axis in axes]))


def piece(i, g, xs, axis=0):
    """Array i's part of the cotangent of a concatenation."""
    if axis is None:
        start = sum(np.size(x) for x in xs[:i])
        return np.reshape(getitem(g, slice(start, start + np.size(xs[i]))), np.shape(xs[i]))
    start = sum(np.shape(x)[axis] for x in xs[:i])
    along = (slice(None),) * (axis % np.ndim(g))
    return getitem(g, (*along, slice(start, start + np.shape(xs[i])[axis])))


linear_in_sequence(np.concatenate, transpose=piece)


def astype(self, dtype):
    """The array in another floating dtype; in an integer or boolean one it is a constant from there on."""
    if np.dtype(dtype).kind in "fcVO":  # V: bfloat16 and other extension floats; O: exact arrays
        return cast(self, dtype)
    return self.value.astype(dtype)


Variable.__getitem__ = getitem
Variable.astype = astype  # type: ignore[attr-defined]


# --- functions of these


def normalized(axis, ndim):
    """Axes as a tuple of non-negative numbers."""
    return tuple(int(a) % ndim for a in (axis if isinstance(axis, tuple | list) else (axis,)))


def expand_dims(a, axis):
    axes = normalized(axis, np.ndim(a) + (len(axis) if isinstance(axis, tuple | list) else 1))
    rest = iter(np.shape(a))
    return np.reshape(a, tuple(1 if i in axes else next(rest) for i in range(np.ndim(a) + len(axes))))


def squeeze(a, axis=None):
    shape = np.shape(a)
    axes = normalized(axis, len(shape)) if axis is not None else [i for i, n in enumerate(shape) if n == 1]
    wrong = [i for i in axes if shape[i] != 1]
    if wrong:
        raise ValueError(f"cannot squeeze axis {wrong[0]} of shape {shape}: its length is not 1")
    return np.reshape(a, tuple(n for i, n in enumerate(shape) if i not in axes))


def moveaxis(a, source, destination):
    n = np.ndim(a)
    moved, to = normalized(source, n), normalized(destination, n)
    order = [i for i in range(n) if i not in moved]
    for where, axis in sorted(zip(to, moved, strict=True)):
        order.insert(where, axis)
    return np.transpose(a, tuple(order))


def swapaxes(a, axis1, axis2):
    axes = list(range(np.ndim(a)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return np.transpose(a, tuple(axes))


def stack(arrays, axis=0):
    axis = axis % (np.ndim(arrays[0]) + 1)
    return np.concatenate([np.expand_dims(x, axis) for x in arrays], axis=axis)


def sort(a, axis=-1):
    """Entries in ascending order along an axis: where they go is a constant, so the transpose puts them back."""
    if axis is None:
        a, axis = np.ravel(a), 0
    order = np.argsort(a, axis=axis, kind="stable")
    grid, axis = np.indices(order.shape, sparse=True), axis % np.ndim(a)
    return getitem(a, (*grid[:axis], order, *grid[axis + 1 :]))


def at_least(x, ndim):
    return x if np.ndim(x) >= ndim else np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x))


def flip(m, axis=None):
    axes = range(np.ndim(m)) if axis is None else normalized(axis, np.ndim(m))
    return getitem(m, tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(np.ndim(m))))


def roll(a, shift, axis=None):
    if axis is None:
        return np.reshape(roll(np.ravel(a), shift, 0), np.shape(a))
    if np.ndim(shift) or isinstance(axis, tuple | list):
        for step, along in np.nditer([*np.broadcast_arrays(shift, axis)], ["zerosize_ok"]):
            a = roll(a, int(step), int(along))
        return a
    index = (np.arange(np.shape(a)[axis]) - shift) % np.shape(a)[axis]
    return np.take(a, index, axis=axis)


def take(a, indices, axis=None):
    if axis is None:
        return getitem(np.ravel(a), indices)
    return getitem(a, (slice(None),) * (axis % np.ndim(a)) + (indices,))


def full_like(a, fill_value, dtype=None, shape=None):
    """The fill value repeated, in a's dtype; in one that is not floating it is a constant."""
    wanted = getattr(a, "dtype", np.dtype(float)) if dtype is None else np.dtype(dtype)
    if wanted.kind not in "fcVO":
        raise TypeError(f"np.full_like cuts a traced value off in dtype {wanted}; give dtype=float")
    y = np.broadcast_to(fill_value, np.shape(a) if shape is None else shape)
    return y if wanted.kind == "O" or wanted == getattr(y, "dtype", None) else cast(y, wanted)


def tile(A, reps):
    reps = tuple(reps) if isinstance(reps, tuple | list) else (reps,)
    A = at_least(A, len(reps))
    pairs = list(zip((1,) * (np.ndim(A) - len(reps)) + reps, np.shape(A), strict=True))
    wide = np.reshape(A, tuple(n for _, length in pairs for n in (1, length)))
    wide = np.broadcast_to(wide, tuple(n for pair in pairs for n in pair))
    return np.reshape(wide, tuple(count * length for count, length in pairs))


def repeat(a, repeats, axis=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take(a, np.repeat(np.arange(np.shape(a)[axis]), repeats), axis=axis)


def diff(a, n=1, axis=-1):
    if n < 0:
        raise ValueError(f"n is {n}: the order of a difference is not negative")
    for _ in range(n):
        length = np.shape(a)[axis]
        a = np.take(a, np.arange(1, length), axis=axis) - np.take(a, np.arange(length - 1), axis=axis)
    return a


def diagonal(a, offset=0, axis1=0, axis2=1):
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(a)[-2:]
    i = np.arange(max(0, min(rows + min(offset, 0), columns - max(offset, 0))))
    return getitem(a, (..., i - min(offset, 0), i + max(offset, 0)))


def split(ary, indices_or_sections, axis=0):
    length = np.shape(ary)[axis]
    if isinstance(indices_or_sections, int | np.integer):
        if length % indices_or_sections:
            raise ValueError(f"length {length} does not split into {indices_or_sections} equal parts")
        cuts = [length // indices_or_sections * part for part in range(1, indices_or_sections)]
    else:
        cuts = list(indices_or_sections)
    ends, lead = zip([0, *cuts], [*cuts, None], strict=True), (slice(None),) * (axis % np.ndim(ary))
    return [getitem(ary, (*lead, slice(start, stop))) for start, stop in ends]


composite(np.expand_dims, expand_dims)
composite(np.squeeze, squeeze)
composite(np.ravel, lambda a, order="C": np.reshape(a, (-1,), order=order))
composite(np.moveaxis, moveaxis)
composite(np.swapaxes, swapaxes)
composite(np.stack, stack)
composite(np.vstack, lambda tup: np.concatenate([at_least(x, 2) for x in tup], axis=0))
composite(np.hstack, lambda tup: np.concatenate([at_least(x, 1) for x in tup], axis=0 if np.ndim(tup[0]) < 2 else 1))
composite(
    np.column_stack,
    lambda tup: np.concatenate([np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in tup], axis=1),
)
composite(np.atleast_1d, lambda x: at_least(x, 1))
composite(np.flip, flip)
composite(np.roll, roll)
composite(np.take, take)
composite(np.sort, sort)
composite(np.full_like, full_like)
composite(np.tile, tile)
composite(np.repeat, repeat)
composite(np.diff, diff)
composite(np.diagonal, diagonal)
composite(np.split, split)
composite(np.trace, lambda a, offset=0, axis1=0, axis2=1: np.sum(diagonal(a, offset, axis1, axis2), axis=-1))
composite(np.triu, lambda m, k=0: np.where(np.triu(np.ones(np.shape(m)[-2:], bool), k), m, np.zeros_like(m)))
composite(np.tril, lambda m, k=0: np.where(np.tril(np.ones(np.shape(m)[-2:], bool), k), m, np.zeros_like(m)))

constant(
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type,
    np.argmax, np.argmin, np.argsort, np.searchsorted, np.nonzero, np.flatnonzero, np.count_nonzero,
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
    np.isnan, np.isinf, np.isfinite, np.signbit,
    np.all, np.any, np.isclose, np.allclose, np.array_equal, np.iscomplexobj, np.isrealobj,
)  # fmt: skip
