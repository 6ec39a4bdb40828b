"""The reverse step of an elementwise op over float64 numbers: g times the slope, and nothing to think about.

A vjp serves every shape and dtype, and for single numbers that thought costs more than the work. The step is made
of the entry's own slopes, so there is no second rule; ``tests/test_fast_path.py`` holds the two equal to the bit.
It is written out for one and for two operands: a loop over them takes twice as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Slope = Callable[..., Any] | int  # of the result and the operands, or the same everywhere
Step = Callable[[Any, Any, dict[Any, Any]], bool]

float64 = np.float64
ZERO = float64(0.0)


def step(slopes: Sequence[Slope | None]) -> Step | None:
    """The step of an op with these slopes; None where it has more operands, or one without a rule.

    Returns
        ``step(g, node, pending)``: adds each operand's cotangent to its parent's in ``pending``, g being a float64
        number. It answers False, having done nothing, where the result or an operand is none.
    """
    match slopes:
        case (int(a), int(b)):
            return _of_sum(a, b)
        case (a, b) if a is not None and b is not None:
            return _of_two(_rule(a), _rule(b))
        case (a,) if a is not None:
            return _of_one(_rule(a))
    return None


def _rule(slope: Slope) -> Callable[..., Any]:
    return (lambda *_: slope) if isinstance(slope, int) else slope


def _of_one(slope: Callable[..., Any]) -> Step:
    def step(g: Any, node: Any, pending: dict[Any, Any]) -> bool:
        y = node.primal
        (x,) = node.operands
        if type(y) is not float64 or type(x) is not float64:
            return False
        (parent,) = node.parents
        s = slope(y, x)
        part = g * s if type(s) is not int else times(g, s)
        pending[parent] = pending[parent] + part if parent in pending else part
        return True

    return step


def _of_two(first: Callable[..., Any], second: Callable[..., Any]) -> Step:
    def step(g: Any, node: Any, pending: dict[Any, Any]) -> bool:
        y = node.primal
        a, b = node.operands
        left, right = node.parents
        if type(y) is not float64:
            return False
        if (left is not None and type(a) is not float64) or (right is not None and type(b) is not float64):
            return False
        if left is not None:
            s = first(y, a, b)
            part = g * s if type(s) is not int else times(g, s)
            pending[left] = pending[left] + part if left in pending else part
        if right is not None:
            s = second(y, a, b)
            part = g * s if type(s) is not int else times(g, s)
            pending[right] = pending[right] + part if right in pending else part
        return True

    return step


def _of_sum(first: int, second: int) -> Step:
    """The step of a sum or a difference, whose slopes are known beforehand."""

    def step(g: Any, node: Any, pending: dict[Any, Any]) -> bool:
        a, b = node.operands
        left, right = node.parents
        if type(node.primal) is not float64:
            return False
        if (left is not None and type(a) is not float64) or (right is not None and type(b) is not float64):
            return False
        if left is not None:
            part = g if first == 1 else times(g, first)
            pending[left] = pending[left] + part if left in pending else part
        if right is not None:
            part = g if second == 1 else times(g, second)
            pending[right] = pending[right] + part if right in pending else part
        return True

    return step


def times(g: Any, slope: int) -> Any:
    """g times a slope that is a plain integer: 0 is exact, not even an infinite g comes through."""
    return g if slope == 1 else g * slope if slope else ZERO
