"""np.pad: along each axis in turn, linear in the entries for every mode but the extremes and the median."""

import numpy as np

from ad.declare import composite, in_dtype_of
from ad.table.shapes import getitem, take

STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}
KEYWORDS = {
    "constant": {"constant_values"}, "linear_ramp": {"end_values"}, "edge": set(), "wrap": set(),
    "reflect": {"reflect_type"}, "symmetric": {"reflect_type"}, **{name: {"stat_length"} for name in STATISTICS},
}  # fmt: skip


def pairs(value, ndim, name):
    """(before, after) for every axis, from a number, a pair, or a pair for each axis; numbers may be traced."""
    if isinstance(value, dict):
        return [pairs(value.get(i, value.get(i - ndim, 0)), 1, name)[0] for i in range(ndim)]
    if isinstance(value, np.ndarray):
        value = value.tolist()
    elif np.ndim(value) and hasattr(type(value), "__array_function__"):
        rows = [getitem(value, i) for i in range(np.shape(value)[0])]
        value = [[getitem(row, i) for i in range(np.shape(row)[0])] if np.ndim(row) else row for row in rows]
    if not isinstance(value, tuple | list):
        return [(value, value)] * ndim
    rows = [tuple(row) if isinstance(row, tuple | list) else row for row in value]
    if all(not isinstance(row, tuple) for row in rows):
        rows = [tuple(rows)]
    rows = [row * 2 if len(row) == 1 else row for row in rows]
    if any(len(row) != 2 for row in rows) or len(rows) not in (1, ndim):
        raise ValueError(f"{name} is {value!r}: give a number, a pair, or a pair for each of the {ndim} axes")
    return rows * ndim if len(rows) == 1 else rows


def pad(array, pad_width, mode="constant", **kwargs):
    """Pad along each axis in turn."""
    if mode not in KEYWORDS:
        raise ValueError(
            f"np.pad on traced arrays takes the modes {', '.join(KEYWORDS)}, not {mode!r}: "
            f"what another one fills in is undefined, or written in place"
        )
    unknown = kwargs.keys() - KEYWORDS[mode]
    if unknown:
        raise ValueError(f"np.pad with mode {mode!r} does not take {sorted(unknown)[0]}")
    ndim = np.ndim(array)
    widths = pairs(pad_width, ndim, "pad_width")
    (argument, values), *_ = [*kwargs.items(), ("", None if mode in STATISTICS else 0)]
    given = [(values, values)] * ndim if isinstance(values, str) or values is None else pairs(values, ndim, argument)
    padded = array
    for axis in range(ndim):
        before, after = map(int, widths[axis])
        if before < 0 or after < 0:
            raise ValueError(f"pad_width[{axis}] is {widths[axis]}: a width is not negative")
        if before or after:
            padded = along_axis(padded, axis, (before, after), mode, given[axis])
    padded = np.positive(padded)
    return in_dtype_of(padded, array) if getattr(array, "dtype", np.dtype(float)).kind in "fV" else padded


def along_axis(a, axis, widths, mode, given):
    """The array padded along one axis; given: what the mode's keyword says for its two sides."""
    length = np.shape(a)[axis]
    if mode == "constant":
        first, last = (filled(a, axis, width, value) for width, value in zip(widths, given, strict=True))
        return np.concatenate([first, a, last], axis=axis)
    if length == 0:
        raise ValueError(f"axis {axis} has length 0: it can be padded with mode 'constant' only")
    if mode == "linear_ramp":
        first, last = (edge(a, axis, 0), edge(a, axis, length - 1))
        return np.concatenate([ramp(given[0], first, widths[0], axis), a,
                               np.flip(ramp(given[1], last, widths[1], axis), axis)], axis=axis)  # fmt: skip
    if mode in STATISTICS:
        return np.concatenate([*statistics(a, axis, widths, STATISTICS[mode], given)], axis=axis)
    if given[0] == "odd":
        # Linear in the entries: NumPy's own padding of unit vectors is its matrix, for any number of reflections.
        unit = np.eye(length, dtype=a.dtype if a.dtype.kind != "O" else float)
        matrix = np.pad(unit, (widths, (0, 0)), mode, reflect_type="odd")
        return np.moveaxis(np.tensordot(matrix, a, ((1,), (axis,))), 0, axis)
    return take(a, np.pad(np.arange(length), widths, mode), axis)


def filled(a, axis, width, value):
    """A constant, which may be traced, in the dtype and the shape of a padding."""
    shape = (*np.shape(a)[:axis], width, *np.shape(a)[axis + 1 :])
    if hasattr(type(value), "__array_function__"):
        return np.broadcast_to(value, shape)
    return np.full(shape, value, dtype=a.dtype if a.dtype.kind != "O" else float)


def edge(a, axis, place):
    return getitem(a, (slice(None),) * axis + (slice(place, place + 1),))


def ramp(end, edge_value, width, axis):
    """From the end value, which is reached, to the edge, which is not."""
    steps = np.reshape(np.arange(width), tuple(-1 if i == axis else 1 for i in range(np.ndim(edge_value))))
    if not width:
        return getitem(edge_value, (slice(None),) * axis + (slice(0, 0),))
    return in_kind(end, edge_value) + (edge_value - end) * in_kind(steps, edge_value) / width


def in_kind(x, like):
    """A constant in the dtype of an array, so that float32 stays float32."""
    return np.asarray(x, like.dtype) if isinstance(x, np.ndarray | int | float) and like.dtype.kind != "O" else x


def statistics(a, axis, widths, function, lengths):
    """The padding on either side of a, and a between: a statistic of the entries beside each edge."""
    length = np.shape(a)[axis]
    parts = []
    for width, beside, start in zip(widths, lengths, (True, False), strict=True):
        count = length if beside is None else min(int(beside), length)
        places = slice(0, count) if start else slice(length - count, length)
        value = function(getitem(a, (slice(None),) * axis + (places,)), axis=axis, keepdims=True)
        parts.append(np.broadcast_to(value, tuple(width if i == axis else n for i, n in enumerate(np.shape(a)))))
    return parts[0], a, parts[1]


composite(np.pad, pad)
