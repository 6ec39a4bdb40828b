"""Functions that arrange entries and arrays: axes, splits, joins, insertions."""

from typing import Any

import numpy as np

from ad.declare import composite, in_dtype_of
from ad.table.shapes import at_least, getitem, scatter, take

TWO: Any = type(np.broadcast_arrays(0.0))  # what NumPy returns several arrays in: a tuple from NumPy 2 on, else a list


def named(*names: str) -> list[Any]:
    """NumPy's functions of these names; some are there from NumPy 2 on."""
    return [getattr(np, name) for name in names if hasattr(np, name)]


# --- axes


def rollaxis(a, axis, start=0):
    n = np.ndim(a)
    if not -n <= start <= n:
        raise ValueError(f"start is {start}, but the array has {n} axes: it lies in [{-n}, {n}]")
    axis, start = axis % n, start + n if start < 0 else start
    rest = [i for i in range(n) if i != axis]
    rest.insert(start - (axis < start), axis)
    return np.transpose(a, tuple(rest))


def atleast_3d(x):
    shape = np.shape(x)
    return np.reshape(x, (1,) * (2 - len(shape)) + shape + (1,)) if len(shape) < 3 else x


def each(one):
    """A function of one array, or of several with an array for each."""

    def function(*arrays):
        found = [one(x) for x in arrays]
        return found[0] if len(found) == 1 else TWO(found)

    return function


def as_rows(x):
    return at_least(x, 2)


def as_layers(x):
    """An array of three axes at least, a vector lying along the second."""
    return np.reshape(x, (1, -1, 1)) if np.ndim(x) == 1 else atleast_3d(x)


def rot90(m, k=1, axes=(0, 1)):
    first, second = (axis % np.ndim(m) for axis in axes)
    if first == second:
        raise ValueError(f"axes is {tuple(axes)}: np.rot90 turns from one axis to another")
    if k % 4 in (1, 2):
        m = np.flip(m, second)
    if k % 4 in (2, 3):
        m = np.flip(m, first)
    return np.swapaxes(m, first, second) if k % 2 else m


def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return TWO([np.broadcast_to(x, shape) for x in args])


composite(np.rollaxis, rollaxis)
composite(np.atleast_2d, each(as_rows))
composite(np.atleast_3d, each(as_layers))
composite(np.rot90, rot90)
composite(np.fliplr, lambda m: np.flip(m, 1))
composite(np.flipud, lambda m: np.flip(m, 0))
composite(np.broadcast_arrays, broadcast_arrays)
composite(np.copy, lambda a, order="K", subok=False: np.positive(a))
for function in named("matrix_transpose"):
    composite(function, lambda x, /: np.swapaxes(x, -1, -2))
for function in named("astype"):
    composite(function, lambda x, dtype, /, *, copy=True, device=None: x.astype(dtype))

# --- splits


def array_split(ary, indices_or_sections, axis=0):
    """Consecutive pieces; a length that does not divide gives longer pieces first."""
    length, lead = np.shape(ary)[axis], (slice(None),) * (axis % np.ndim(ary))
    if isinstance(indices_or_sections, int | np.integer):
        short, longer = divmod(length, int(indices_or_sections))
        cuts = [part * short + min(part, longer) for part in range(1, int(indices_or_sections))]
    else:
        cuts = [int(cut) for cut in indices_or_sections]
    ends = zip([0, *cuts], [*cuts, None], strict=True)
    return [getitem(ary, (*lead, slice(start, stop))) for start, stop in ends]


def hsplit(ary, indices_or_sections):
    return np.split(ary, indices_or_sections, axis=min(np.ndim(ary) - 1, 1))


def unstack(x, /, *, axis=0):
    return tuple(take(x, i, axis) for i in range(np.shape(x)[axis]))


composite(np.array_split, array_split)
composite(np.hsplit, hsplit)
composite(np.vsplit, lambda ary, indices_or_sections: np.split(ary, indices_or_sections, axis=0))
composite(np.dsplit, lambda ary, indices_or_sections: np.split(ary, indices_or_sections, axis=2))
for function in named("unstack"):
    composite(function, unstack)

# --- joins


def depth_and_axes(arrays):
    """How deep lists are nested, and the most axes among the arrays in them."""
    if not isinstance(arrays, list):
        return 0, np.ndim(arrays)
    if not arrays:
        raise ValueError("np.block takes no empty list")
    found = [depth_and_axes(part) for part in arrays]
    return 1 + found[0][0], max(axes for _, axes in found)


def block(arrays):
    """The innermost lists joined along the last axis, the next ones along the last but one, and so on."""
    depth, axes = depth_and_axes(arrays)
    axes = max(depth, axes)

    def joined(part, axis):
        if not isinstance(part, list):
            return at_least(part, axes)
        return np.concatenate([joined(x, axis + 1) for x in part], axis=axis)

    return joined(arrays, axes - depth) if depth else np.positive(arrays)


def append(arr, values, axis=None):
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis=axis)


composite(np.dstack, lambda tup: np.concatenate([as_layers(x) for x in tup], axis=2))
composite(np.block, block)
composite(np.append, append)

# --- longer and shorter


def insert(arr, obj, values, axis=None):
    """NumPy's own insertion of places: those of the values stand behind the array's."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis, length = axis % np.ndim(arr), np.shape(arr)[axis]
    values = at_least(values, np.ndim(arr))
    index = np.arange(length)[obj] if isinstance(obj, slice) else np.asarray(obj)
    index = np.flatnonzero(index) if index.dtype == bool else index
    if index.ndim == 0:
        values = np.moveaxis(values, 0, axis)
    count = np.shape(values)[axis] if index.size == 1 else index.size
    shape = (*np.shape(arr)[:axis], count, *np.shape(arr)[axis + 1 :])
    places = np.insert(np.arange(length), index, np.arange(length, length + count))
    values = np.broadcast_to(in_dtype_of(values, arr), shape)
    return take(np.concatenate([arr, values], axis=axis), places, axis)


def delete(arr, obj, axis=None):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return take(arr, np.delete(np.arange(np.shape(arr)[axis]), obj), axis)


def resize(a, new_shape):
    """The entries over and over in the new shape."""
    shape = tuple(new_shape) if isinstance(new_shape, tuple | list) else (int(new_shape),)
    count = int(np.prod(shape, dtype=int))
    if np.size(a) == 0:
        return np.zeros_like(a, shape=shape)
    return np.reshape(getitem(np.ravel(a), np.arange(count) % np.size(a)), shape)


def diag(v, k=0):
    """The diagonal of a matrix, or a matrix with this diagonal."""
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    if np.ndim(v) != 1:
        raise ValueError(f"np.diag takes a vector or a matrix, found {np.ndim(v)} axes")
    n = np.shape(v)[0] + abs(k)
    places = np.arange(np.shape(v)[0])
    return scatter(v, (places - min(k, 0), places + max(k, 0)), (n, n))


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """The function of every vector along an axis, one after the other; the axes of its result take the axis's place."""
    ndim, axis = np.ndim(arr), axis % np.ndim(arr)
    vectors = np.moveaxis(arr, axis, -1)
    rest = np.shape(vectors)[:-1]
    if 0 in rest:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    found = np.stack([func1d(getitem(vectors, index), *args, **kwargs) for index in np.ndindex(rest)])
    found = np.reshape(found, (*rest, *np.shape(found)[1:]))
    own = range(np.ndim(found) - ndim + 1)
    return np.moveaxis(found, tuple(ndim - 1 + k for k in own), tuple(axis + k for k in own))


composite(np.apply_along_axis, apply_along_axis)
composite(np.insert, insert)
composite(np.delete, delete)
composite(np.resize, resize)
composite(np.diag, diag)
composite(np.diagflat, lambda v, k=0: diag(np.ravel(v), k))
