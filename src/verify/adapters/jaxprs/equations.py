"""What a table of primitives holds, and what its entries may ask of an equation and of its operands.

Facts
    An entry is a function ``rule(equation, *xs)``: the equation of the jaxpr (``.params``, ``.invars``, ``.outvars``),
    and its operands in any kind of numbers. It returns the result, or a list where the primitive has several.
    Integers are always plain NumPy arrays: an exact number that becomes one is decided. Conditions may be exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.table.selection import whole
from verify.adapters.translation import Untranslatable

Rule = Callable[..., Any]
Evaluate = Callable[[Any, Sequence[Any]], list[Any]]  # a closed jaxpr and its operands -> its results


def calling(function: Callable[..., Any]) -> Rule:
    """The entry of a primitive that is one function of its operands, whatever its params."""
    return lambda equation, *xs: function(*xs)


def along(function: Callable[..., Any], *names: str) -> Rule:
    """The entry of a primitive that is one function of its operands and of these params, in this order."""
    return lambda equation, *xs: function(*xs, *(equation.params[name] for name in names))


def result_shape(equation: Any, n: int = 0) -> tuple[int, ...]:
    """The shape of an equation's result."""
    return tuple(equation.outvars[n].aval.shape)


def kind(atom: Any) -> str:
    """The kind of numbers of an operand or a result: "f", "c", "i", "u", "b", or "V" for what NumPy has not."""
    dtype = atom.aval.dtype
    if getattr(dtype, "kind", "V") != "V":
        return str(dtype.kind)
    return "f" if isinstance(dtype, np.dtype) else "V"  # bfloat16 and its kin are of kind V too


def is_plain(x: Any) -> bool:
    """Whether an operand is an array or number of NumPy's or Python's."""
    return isinstance(x, np.ndarray | np.generic | int | float | complex)


def truths(x: Any) -> np.ndarray:
    """Conditions as plain booleans: exact ones are decided, one by one."""
    if is_plain(x):
        return np.asarray(x, dtype=bool)
    return np.array([bool(entry) for entry in np.reshape(x, (-1,))], dtype=bool).reshape(np.shape(x))


def integers(x: Any) -> np.ndarray:
    """Whole numbers as plain integers: exact ones are decided."""
    if is_plain(x) and np.asarray(x).dtype.kind in "iu":
        return np.asarray(x)
    return np.asarray(whole(x))


def untranslatable(equation: Any, reason: str) -> Untranslatable:
    """What to raise for an equation whose primitive has an entry, but not for these params."""
    return Untranslatable(f"{equation.primitive.name}: {reason}")
