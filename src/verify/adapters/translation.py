"""A program of another framework as one over NumPy: what both translators, of aten operations and of jaxprs, make.

Facts
    A translation runs over every kind of number: floats, recorded values, symbols, series over balls. It is written
    with NumPy's functions (and ``ad.scipy``'s) alone, never with an array's dtype.
    Whatever only moves entries about (slices, gathers, transpositions) is done by the framework itself on the
    positions 0, 1, 2, ...: the result says which entry went where, and ``np.take`` repeats it on any numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

# The user's line of the operation that a translation is running, asked for by whoever wants it; None outside of one.
RUNNING: ContextVar[Callable[[], str] | None] = ContextVar("RUNNING", default=None)


class Untranslatable(Exception):
    """What has no translation; the text names the operation, as in "aten.special_zeta has no translation"."""


class Sampled(Untranslatable):
    """What is drawn from a distribution that depends on an input: differences of it say nothing about a derivative."""


@dataclass(frozen=True, eq=False)
class Translation:
    """A framework's program over NumPy.

    run         arrays of any kind of numbers, one for each tensor that the function takes -> those that it returns
    operations  the names of the framework's operations in it, each once, in the order of their first use
    outline     all operations in order, each with the numbers that stand in its call; conversions between dtypes are
                left out. Empty where it is not known
    lines       for each use of one, in order, its name and the user's line, as ("aten.exp", "examples/op.py:14")
    """

    run: Callable[[Sequence[Any]], list[Any]]
    operations: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    outline: tuple[tuple[str, tuple[float, ...]], ...] = ()


def moved(x: Any, positions: np.ndarray) -> Any:
    """The entries of an array at positions of it laid out flat; 0 where a position is negative.

    Example
        >>> moved(np.array([5.0, 7.0]), np.array([[1, 1], [0, -1]]))
        array([[7., 7.],
               [5., 0.]])
    """
    flat = np.reshape(x, (-1,))
    if not positions.size or (positions >= 0).all():
        return np.take(flat, positions)
    inside = positions >= 0
    if not inside.any():
        return np.zeros(positions.shape)
    return np.where(inside, np.take(flat, np.where(inside, positions, 0)), 0.0)


def alike(one: Translation, other: Translation, roundoff: float) -> bool:
    """Whether two translations are the same program up to the rounding of the numbers in it.

    Arguments
        roundoff: of the dtype that the numbers of one of them were rounded to.
    Example
        >>> narrow = Translation(list, outline=(("mul", (0.10000000149011612,)), ("sin", ())))
        >>> wide, other = (Translation(list, outline=(("mul", (c,)), ("sin", ()))) for c in (0.1, 0.2))
        >>> alike(narrow, wide, 2.0**-24), alike(narrow, other, 2.0**-24)
        (True, False)
    """
    if not one.outline or [name for name, _ in one.outline] != [name for name, _ in other.outline]:
        return False
    pairs = zip(one.outline, other.outline, strict=True)
    return all(_close(a, b, roundoff) for (_, a), (_, b) in pairs)


def _close(a: Sequence[float], b: Sequence[float], roundoff: float) -> bool:
    return len(a) == len(b) and all(x == y or abs(x - y) <= 2 * roundoff * abs(y) for x, y in zip(a, b, strict=True))
