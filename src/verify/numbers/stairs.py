"""Staircases in a program: between two jumps of one, no input moves what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

STAIRS = {"floor", "ceil", "trunc", "rint"}  # constant beside every point but whole numbers and their halves


def can_move(steps: Sequence[Any], moving: Sequence[bool], n: int, values: Sequence[Any]) -> bool:
    """Whether an input can move the value of step n at the point: not through a stair between two jumps.

    Arguments
        steps, moving: of a program, each (meaning, operands), and whether inputs come into it. values: its values.
    """
    stack = [n]
    while stack:
        n = stack.pop()
        meaning, operands = steps[n]
        if not moving[n]:
            continue
        if meaning.name == "input":
            return True
        x = values[operands[0]] if meaning.name in STAIRS else None
        if not isinstance(x, flint.arb) or not _between_jumps(x):
            stack.extend(operands)
    return False


def _between_jumps(x: flint.arb) -> bool:
    """Whether no stair of ``STAIRS`` jumps at x: they do so at whole numbers and their halves."""
    return bool(x.is_finite() and not (2 * x).contains_integer())
