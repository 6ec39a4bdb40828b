"""Primitives that only move entries about.

Facts
    Where NumPy has the movement as one function it is called; else the primitive itself is run on the positions
    0, 1, 2, ... of its operands' entries, laid out one operand after the other, and the result is taken by them.
    Indices are integers, and so plain.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.adapters.frameworks import loaded
from verify.adapters.jaxprs.equations import Rule, kind, result_shape, untranslatable
from verify.adapters.translation import moved


def by_jax(equation: Any, *xs: Any, **params: Any) -> Any:
    """What the primitive itself makes of plain arrays, as NumPy arrays; params stand in place of the equation's."""
    jax: Any = loaded("jax")
    with jax.enable_x64(True):  # positions and integers of 64 bits stay so
        found = equation.primitive.bind(*xs, **{**equation.params, **params})
    return [_plain(y) for y in found] if equation.primitive.multiple_results else _plain(found)


def _plain(y: Any) -> Any:
    """An array of JAX as one of NumPy; keys of random numbers stay what they are."""
    return np.asarray(y) if isinstance(y.dtype, np.dtype) else y


def entries_moved(equation: Any, *xs: Any, **params: Any) -> Any:
    """A movement by positions: operands of the result's dtype are moved, the others say where to."""
    dtype = equation.outvars[0].aval.dtype
    moving = [atom.aval.dtype == dtype for atom in equation.invars]
    ends = np.cumsum([np.size(x) if moves else 0 for x, moves in zip(xs, moving, strict=True)])
    operands = [
        np.arange(end - np.size(x), end).reshape(np.shape(x)) if moves else x
        for x, end, moves in zip(xs, ends, moving, strict=True)
    ]
    positions = by_jax(equation, *operands, **params)
    parts = [np.reshape(x, (-1,)) for x, moves in zip(xs, moving, strict=True) if moves]
    return moved(parts[0] if len(parts) == 1 else np.concatenate(parts), positions), positions


def _moved(equation: Any, *xs: Any) -> Any:
    return entries_moved(equation, *xs)[0]


def _gathered(equation: Any, *xs: Any) -> Any:
    """What lies outside is filled with ``fill_value``, NaN where there is none."""
    if kind(equation.outvars[0]) not in "fcb":
        return _moved(equation, *xs)
    found, positions = entries_moved(equation, *xs, fill_value=-1)
    if (positions >= 0).all():
        return found
    fill = equation.params["fill_value"]
    return np.where(positions >= 0, found, np.nan if fill is None else float(fill))


def _broadcast(equation: Any, x: Any, *sizes: Any) -> Any:
    if sizes:
        raise untranslatable(equation, "a shape that depends on values has no translation")
    shape, places = equation.params["shape"], equation.params["broadcast_dimensions"]
    own = [1] * len(shape)
    for place, n in zip(places, np.shape(x), strict=True):
        own[place] = n
    return np.broadcast_to(np.reshape(x, tuple(own)), tuple(shape))


def _sliced(equation: Any, x: Any) -> Any:
    params = equation.params
    steps = params["strides"] or (1,) * np.ndim(x)
    limits = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    return x[tuple(slice(start, stop, step) for start, stop, step in limits)]


def _split(equation: Any, x: Any) -> Any:
    return list(np.split(x, list(np.cumsum(equation.params["sizes"])[:-1]), axis=equation.params["axis"]))


def _unstacked(equation: Any, x: Any) -> Any:
    axis = equation.params["axis"]
    return [np.take(x, n, axis=axis) for n in range(np.shape(x)[axis])]


def _reshaped(equation: Any, x: Any, *sizes: Any) -> Any:
    if sizes:
        raise untranslatable(equation, "a shape that depends on values has no translation")
    order = equation.params.get("dimensions")
    return np.reshape(x if order is None else np.transpose(x, order), result_shape(equation))


MOVEMENT: dict[str, Rule] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda equation, *xs: np.concatenate(list(xs), axis=equation.params["dimension"]),
    "dynamic_slice": _moved,
    "dynamic_update_slice": _moved,
    "gather": _gathered,
    "pad": _moved,
    "reshape": _reshaped,
    "rev": lambda equation, x: np.flip(x, tuple(equation.params["dimensions"])),
    "scatter": _moved,  # of entries that are named twice the last one stays, as JAX has it on a CPU
    "slice": _sliced,
    "split": _split,
    "squeeze": lambda equation, x: np.reshape(x, result_shape(equation)),
    "stack": lambda equation, *xs: np.stack(list(xs), axis=equation.params["axis"]),
    "tile": lambda equation, x: np.tile(x, tuple(equation.params["reps"])),
    "transpose": lambda equation, x: np.transpose(x, tuple(equation.params["permutation"])),
    "unstack": _unstacked,
}
