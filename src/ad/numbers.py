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
Step = Callable[[Any, Any, dict[Any, Any]], bool]

float64 = np.float64
ZERO = float64(0.0)


def step(slopes: Sequence[Slope | None]) -> Step | None:
    """The step of an op with these slopes; None where it has more operands, or one without a rule.

    Returns
        ``step(g, node, pending)``: adds each operand's cotangent to its parent's in ``pending``, g being a float64
        number. It answers False, having done nothing, where the result or an operand is none.
    """
    if None in slopes or len(slopes) not in (1, 2):
        return None
    return _of_one(*slopes) if len(slopes) == 1 else _of_two(*slopes)  # type: ignore[arg-type]


def _of_one(slope: Slope) -> Step:
    def step(g: Any, node: Any, pending: dict[Any, Any]) -> bool:
        y, (x,), (parent,) = node.value, node.operands, node.parents
        if type(y) is not float64 or type(x) is not float64:
            return False
        s = slope(y, x)
        part = g * s if type(s) is not int else times(g, s)
        pending[parent] = pending[parent] + part if parent in pending else part
        return True

    return step


def _of_two(first: Slope, second: Slope) -> Step:
    def step(g: Any, node: Any, pending: dict[Any, Any]) -> bool:
        y, (a, b), (left, right) = node.value, node.operands, node.parents
        if type(y) is not float64 or (left and type(a) is not float64) or (right and type(b) is not float64):
            return False
        if left:
            s = first(y, a, b)
            part = g * s if type(s) is not int else times(g, s)
            pending[left] = pending[left] + part if left in pending else part
        if right:
            s = second(y, a, b)
            part = g * s if type(s) is not int else times(g, s)
            pending[right] = pending[right] + part if right in pending else part
        return True

    return step


def times(g: Any, slope: int) -> Any:
    """g times a slope that is a plain integer: 0 is exact, not even an infinite g comes through."""
    return g if slope == 1 else g * slope if slope else ZERO
