"""The reverse step of an elementwise op over float64 numbers: g times the slope, and nothing to think about.

A vjp serves every shape and dtype, and for single numbers that thought costs more than the work. The step is made
of the entry's own slopes, so there is no second rule; ``tests/test_fast_path.py`` holds the two equal to the bit.
It is written out for one and for two operands: a loop over them takes twice as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Slope = Callable[..., Any]
Step = Callable[[Any, Any, tuple[Any, ...], tuple[Any, ...], dict[Any, Any]], bool]

float64 = np.float64
ZERO = float64(0.0)


def step(slopes: Sequence[Slope | None]) -> Step | None:
    """The step of an op with these slopes; None where it has more operands, or one without a rule.

    Returns
        ``step(g, y, operands, parents, pending)``: adds each operand's cotangent to its parent's in ``pending``.
        It answers False, having done nothing, where an operand is no float64 number; g and y must be.
    """
    if None in slopes or len(slopes) not in (1, 2):
        return None
    return _of_one(*slopes) if len(slopes) == 1 else _of_two(*slopes)  # type: ignore[arg-type]


def _of_one(slope: Slope) -> Step:
    def step(g: Any, y: Any, xs: tuple[Any, ...], parents: tuple[Any, ...], pending: dict[Any, Any]) -> bool:
        (x,) = xs
        (parent,) = parents
        if x.__class__ is not float64:
            return False
        s = slope(y, x)
        part = g * s if s.__class__ is not int else times(g, s)
        pending[parent] = pending[parent] + part if parent in pending else part
        return True

    return step


def _of_two(first: Slope, second: Slope) -> Step:
    def step(g: Any, y: Any, xs: tuple[Any, ...], parents: tuple[Any, ...], pending: dict[Any, Any]) -> bool:
        a, b = xs
        left, right = parents
        if (a.__class__ is not float64 and left is not None) or (b.__class__ is not float64 and right is not None):
            return False
        if left is not None:
            s = first(y, a, b)
            part = g * s if s.__class__ is not int else times(g, s)
            pending[left] = pending[left] + part if left in pending else part
        if right is not None:
            s = second(y, a, b)
            part = g * s if s.__class__ is not int else times(g, s)
            pending[right] = pending[right] + part if right in pending else part
        return True

    return step


def times(g: Any, slope: int) -> Any:
    """g times a slope that is a plain integer: 0 is exact, not even an infinite g comes through."""
    return g if slope == 1 else g * slope if slope else ZERO
