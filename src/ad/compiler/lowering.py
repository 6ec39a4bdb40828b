"""Shorter ways to the same NumPy code: what its functions call in the end, and around what its loops are slow at.

NumPy's inner loop runs over the last axis; where that has two or three entries, as coordinates have, entering the loop
costs more than it does. Such steps are written column by column. The order in which numbers are added is NumPy's own:
fewer than 8 neighbours, and rows that are not neighbours, are added one after the other, to a zero.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.compiler.program import Step, Value, is_elementwise
from ad.compiler.recording import index_of
from ad.compiler.schedule import in_c_order
from ad.compiler.text import Writer
from ad.table.shapes import getitem

SHORT = 4  # entries of a last axis up to which columns pay
ADDED_IN_TURN = 7  # neighbours up to which NumPy adds one after the other; more are added in eight partial sums
FEW = 512  # entries of an array from which columns pay
EXACT = 2**53  # integers up to here are floats

INFIX: dict[Any, str] = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/",
    np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=",
}  # fmt: skip
PYTHON_INFIX = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/",
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
# Of a number and an array they are what they are of the number as an array of the same dtype, which NumPy takes sooner.
ALIKE = {*INFIX, np.maximum, np.minimum, np.logaddexp}


def write_ufunc(writer: Writer, step: Step, out: str, name: str | None = None) -> None:
    """Write the lines that compute a ufunc's step into the array out, and give that a name."""
    args, function, n = operands(writer, step), writer.function(step.function), short_axis(step)
    to = "out=" if step.function in (np.maximum, np.minimum) else ""  # by place NumPy 2.4 warns of it
    if n == 0:
        writer.add(f"{f'{name} = ' if name else ''}{function}({', '.join([*args, to + out])})")
        return
    if name and name != out:
        writer.add(f"{name} = {out}")
    for k in range(n):
        parts = [_column(text, np.shape(x) if type(x) is not Value else x.shape, k)
                 for text, x in zip(args, step.args, strict=True)]
        writer.add(f"{function}({', '.join(parts)}, {to}{out}[..., {k}])")


def short_axis(step: Step) -> int:
    """The length of the last axis of a ufunc's step that is written column by column, else 0."""
    y = step.result
    if not is_elementwise(step.function, step.args, step.kwargs):
        return 0
    if len(y.shape) < 2 or not 1 < y.shape[-1] <= SHORT or y.size < FEW or not in_c_order(y):
        return 0
    arrays = [x if type(x) is Value else Value(x) for x in step.args if isinstance(x, Value | np.ndarray) and x.shape]
    return 0 if all(x.shape == y.shape and in_c_order(x) for x in arrays) else y.shape[-1]


def _column(text: str, shape: tuple[int, ...], k: int) -> str:
    return f"{text}[..., {k if shape[-1] > 1 else 0}]" if shape else text


def operands(writer: Writer, step: Step) -> list[str]:
    """The operands of a ufunc's step as text, numbers as arrays where that makes no difference."""
    dtypes = {x.dtype for x in step.args if isinstance(x, Value | np.ndarray)}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    if step.function not in ALIKE or dtype not in (np.float64, np.float32) or not step.result.shape:
        return [writer.of(x) for x in step.args]
    return [writer.number(x, dtype) if _fits(x, dtype) else writer.of(x) for x in step.args]


def _fits(x: Any, dtype: Any) -> bool:
    """Whether a constant is a number that an array of this dtype takes as its own."""
    if type(x) is int:
        return abs(x) <= (EXACT if dtype == np.float64 else 2**24)
    return (type(x) is float and bool(abs(x) < np.finfo(dtype).max)) or (isinstance(x, np.generic) and x.dtype == dtype)


def write_scattered(writer: Writer, step: Step, name: str) -> None:
    """Write the lines that add slices to zeros. Not as ``y[i] += g``, which in Python also writes y[i] over itself."""
    shape, dtype, *parts = step.args
    writer.add(f"{name} = np.zeros({writer.of(shape)}, {writer.bind(dtype)})")
    for g, index in parts:
        whole = index if type(index) is tuple else (index,)
        entry = int in map(type, whole) and Ellipsis not in whole  # of which ... makes an array that can be written
        part = writer.index((*whole, Ellipsis) if entry else index)
        writer.add(f"v = {name}[{part}]; add(v, {writer.of(g)}, v)")


# --- expressions


def _infix(writer: Writer, step: Step) -> str | None:
    """Operators of numbers are faster than ufuncs; of arrays they are the same."""
    if step.result.shape == () and any(type(x) is Value and issubclass(x.kind, np.generic) for x in step.args):
        return f"{writer.of(step.args[0])} {INFIX[step.function]} {writer.of(step.args[1])}"
    return None


def _sum(writer: Writer, step: Step) -> str | None:
    a = step.args[0]
    if len(step.args) != 1 or type(a) is not Value or a.kind is not np.ndarray:
        return None
    kwargs = {"axis": None, **{key: x for key, x in step.kwargs.items() if (key, x) != ("keepdims", False)}}
    if not set(kwargs) <= {"axis", "keepdims"}:
        return None
    found = _short_sum(writer, a, kwargs["axis"])
    if found is None:
        return writer.call(np.add.reduce, step.args, kwargs)
    return f"({found}).reshape({writer.of(step.result.shape)})" if len(kwargs) > 1 else found


def _short_sum(writer: Writer, a: Value, axis: Any) -> str | None:
    """A sum along one axis in whose inner loop NumPy would have few entries, in the same order by longer loops."""
    axis = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
    dimensions, name = len(a.shape), writer.of(a)
    if type(axis) is not int or dimensions < 2 or a.size < FEW or not in_c_order(a) or a.dtype not in FLOATS:
        return None
    axis %= dimensions
    if axis == dimensions - 1:
        columns = [f"{name}[..., {k}]" for k in range(a.shape[-1])]
        return " + ".join([*columns, "0.0"]) if 1 < len(columns) <= ADDED_IN_TURN else None
    if axis == 0 or not 1 < math.prod(a.shape[axis + 1 :]) <= 2 * SHORT or math.prod(a.shape[:axis]) < 2 * SHORT:
        return None
    turned = f"np.add.reduce(np.ascontiguousarray({name}.T), axis={dimensions - 1 - axis})"
    return f"np.ascontiguousarray({turned}.T)"


FLOATS = (np.float64, np.float32)


def _reshape(writer: Writer, step: Step) -> str | None:
    a = step.args[0]
    if type(a) is not Value or a.kind is not np.ndarray or step.kwargs.get("order", "C") != "C":
        return None
    return f"{writer.of(a)}.reshape({writer.of(step.result.shape)})"


def _transpose(writer: Writer, step: Step) -> str | None:
    a, axes = step.args[0], step.args[1] if len(step.args) > 1 else step.kwargs.get("axes")
    if type(a) is not Value or a.kind is not np.ndarray:
        return None
    return f"{writer.of(a)}.transpose({'' if axes is None else writer.of(tuple(axes))})"


def _getitem(writer: Writer, step: Step) -> str | None:
    return f"{writer.of(step.args[0])}[{writer.index(index_of(step.args, step.kwargs))}]"


def _python_infix(writer: Writer, step: Step) -> str:
    return f"{writer.of(step.args[0])} {PYTHON_INFIX[step.function]} {writer.of(step.args[1])}"


LOWERED: dict[Any, Callable[[Writer, Step], str | None]] = {
    **dict.fromkeys(INFIX, _infix), **dict.fromkeys(PYTHON_INFIX, _python_infix),
    np.sum: _sum, np.reshape: _reshape, np.transpose: _transpose, getitem: _getitem,
}  # fmt: skip
