"""What a rule of the op table answers on a kink: read off the rule itself, at points of its kinks.

On a kink there is no derivative, so a rule follows a convention: 0 for abs at 0, 1/2 for each operand of a tie. It is
nowhere written down by hand; the entry's slope is evaluated where the entry's ``kinks`` vanish.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy as sp

from ad.core import Op
from verify.finding import Kink
from verify.numbers.exact import inputs, terms
from verify.numbers.program import Program
from verify.numbers.symbols import Floor, formula, number
from verify.suites.optable import HELD, operands

CANDIDATES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 1.5, -1.5)  # one of which every kink of the table meets; 0 first
MOST = 4  # points of one op, each with another answer
STEP = 2.0**-20  # to the points beside; exact in float64 there
JUMPS = 2.0**-10  # what the value, or the quotient of its change, must move by to be no rounding
SECONDS = 10.0  # for the formula of the kinks
OF_MATRICES = "of matrices: as the domain says"  # what is neither elementwise nor a reduction has no point to show


def kinks(op: Op) -> tuple[Kink, ...]:
    """Points on the kinks of an op with what its rule answers there: one point for each different answer, at most 4.

    Arguments
        op: an entry of the table: elementwise, or a reduction, which is seen at arrays of two entries.
    Returns
        the simplest points; empty where the entry has no kinks.
    Example
        >>> from ad.variable import TABLE
        >>> kinks(TABLE[np.absolute]), kinks(TABLE[np.maximum])[0].slopes
        ((Kink(at=(0.0,), slopes=(0.0,), jump=False),), (0.5, 0.5))
    """
    found: dict[tuple[tuple[float, ...], bool], Kink] = {}
    with np.errstate(all="ignore"):
        for at in _on_kinks(op):
            jumps, bends = _sides(op, at)
            if jumps or bends:  # the entry may name more points than really are kinks
                kink = Kink(at, _slopes(op, at), jumps)
                found.setdefault((kink.slopes, jumps), kink)
    return tuple(found.values())[:MOST]


def kink_set(op: Op) -> str:
    """Where the kinks of an op lie, as an equation in its operands; empty where it has none.

    Example
        >>> from ad.variable import TABLE
        >>> kink_set(TABLE[np.minimum]), kink_set(TABLE[np.exp])
        ('a - b = 0', '')
    """
    if op.kinks is None:
        return ""
    count = _count(op)
    if not _of_numbers(op):
        return OF_MATRICES
    program = Program([1.25 + k for k in range(count)], SECONDS)  # where the formula is written down: on no kink
    names = list(operands(op)) if op.exact else [f"a[{k}]" for k in range(count)]
    shapes: list[tuple[int, ...]] = [()] * count if op.exact else [(count,)]
    (term,) = terms(program, op.kinks(*inputs(program, shapes))).reshape(-1)
    found = formula(program, term.index, names, number)
    return f"{found.replace(Floor, sp.floor)} = 0"  # type: ignore[union-attr]  # far below the longest that is shown


def _count(op: Op) -> int:
    return len(operands(op)) if op.exact else 2  # entries of an array


def _of_numbers(op: Op) -> bool:
    """Whether an op with kinks takes numbers, or an array of them, and no matrices."""
    try:
        return op.kinks is not None and np.size(op.kinks(*_arguments(op, CANDIDATES[: _count(op)]))) == 1
    except (ValueError, np.linalg.LinAlgError):
        return False


def _on_kinks(op: Op) -> Iterator[tuple[float, ...]]:
    if op.kinks is None or not _of_numbers(op):
        return
    points = itertools.product(CANDIDATES, repeat=_count(op))
    for at in sorted(points, key=lambda p: (sum(x % 1 != 0 for x in p), sum(map(abs, p)), [x < 0 for x in p])):
        xs = _arguments(op, at)
        inside = op.domain is None or bool(np.all(op.domain(*xs) > 0))
        if inside and bool(np.any(op.kinks(*xs) == 0)):
            yield at


def _arguments(op: Op, at: tuple[float, ...]) -> tuple[Any, ...]:
    return tuple(map(np.float64, at)) if op.exact else (np.array(at),)


def _slopes(op: Op, at: tuple[float, ...]) -> tuple[float, ...]:
    xs = _arguments(op, at)
    y = op.fun(*xs)
    moving = range(len(HELD.get(op.name, ())), len(xs))  # by an order there is no rule
    found = [np.asarray(op.vjp(i, np.ones(np.shape(y)), y, xs, {})) for i in moving]
    return tuple(float(slope) + 0.0 for part in found for slope in part.reshape(-1))  # -0 reads as 0


def _sides(op: Op, at: tuple[float, ...]) -> tuple[bool, bool]:
    """Whether the value jumps, and whether the slopes to both sides differ, along any operand."""
    here = float(op.fun(*_arguments(op, at)))
    jumps = bends = False
    for k in range(len(at)):
        left, right = (
            float(op.fun(*_arguments(op, (*at[:k], at[k] + side * STEP, *at[k + 1 :])))) - here for side in (-1, 1)
        )
        jumps = jumps or max(abs(left), abs(right)) > JUMPS
        bends = bends or abs(left + right) > JUMPS * STEP
    return jumps, bends
