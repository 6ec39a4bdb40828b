"""Numbers in translated programs: the exact values of their dtype, and the real numbers that some of them stand for.

Facts
    A rule that multiplies by the double next to 2/sqrt(pi) is off by 1e-17 and could never be proved; a literal that
    is the nearest float to such a number is taken for the number itself, in float64 and in float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.constants import DEGREE, LN2, LN10, OVER_SQRT_2PI, PI, RADIAN, TWO_OVER_SQRT_PI, ExactConstant

REAL: tuple[ExactConstant, ...] = (
    PI, LN2, LN10, DEGREE, RADIAN, OVER_SQRT_2PI, TWO_OVER_SQRT_PI,
    ExactConstant("TWO_PI", 2 * math.pi, lambda m: 2 * m.pi),
    ExactConstant("HALF_PI", math.pi / 2, lambda m: m.pi / 2),
    ExactConstant("OVER_PI", 1 / math.pi, lambda m: 1 / m.pi),
    ExactConstant("SQRT_PI", math.sqrt(math.pi), lambda m: m.sqrt(m.pi)),
    ExactConstant("SQRT_PI_OVER_2", math.sqrt(math.pi) / 2, lambda m: m.sqrt(m.pi) / 2),
    ExactConstant("SQRT_2PI", math.sqrt(2 * math.pi), lambda m: m.sqrt(2 * m.pi)),
    ExactConstant("SQRT_2_OVER_PI", math.sqrt(2 / math.pi), lambda m: m.sqrt(2 / m.pi)),
    ExactConstant("SQRT_2", math.sqrt(2), lambda m: m.sqrt(2)),
    ExactConstant("SQRT_HALF", math.sqrt(0.5), lambda m: 1 / m.sqrt(2)),
    ExactConstant("LOG2_E", math.log2(math.e), lambda m: 1 / m.log(2)),
    ExactConstant("LOG10_E", math.log10(math.e), lambda m: 1 / m.log(10)),
    ExactConstant("LOG_2PI", math.log(2 * math.pi), lambda m: m.log(2 * m.pi)),
    ExactConstant("LOG_SQRT_2PI", math.log(2 * math.pi) / 2, lambda m: m.log(2 * m.pi) / 2),
)  # fmt: skip


def _negative(number: ExactConstant) -> ExactConstant:
    exact: Callable[[Any], Any] = number.exact
    return ExactConstant(f"-{number.name}", -float(number), lambda m: -exact(m))


NAMED: dict[str, dict[float, ExactConstant]] = {
    dtype: {float(np.dtype(dtype).type(number)): number for number in (*REAL, *map(_negative, REAL))}
    for dtype in ("float64", "float32")
}


def constant(value: Any, dtype: Any) -> Any:
    """A number or array in the widest dtype of its kind: its exact value; scalars as Python's numbers."""
    if not isinstance(dtype, np.dtype):
        return value  # a key of random numbers
    array = np.asarray(value, dtype=dtype)
    if array.dtype.kind in "iub":
        return array
    array = array.astype(complex if array.dtype.kind == "c" else float)
    if array.ndim:
        return array
    return named(array.item(), dtype)


def named(number: Any, dtype: Any) -> Any:
    """The real number that a float stands for where there is one, else the float."""
    return NAMED.get(dtype.name, {}).get(number, number)
