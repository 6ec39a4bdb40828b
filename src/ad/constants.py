"""Named exact constants: floats in ordinary code, exact numbers over symbols and balls.

A rule that multiplies by ``np.log(2)`` is off by 3e-17 and can never be proved; one that multiplies by
``LN2`` computes the same floats and means the exact number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class ExactConstant(float):
    """A float that knows the real number it stands for.

    exact: ``exact(m)`` is the number, in a module m of exact functions (``m.log``, ``m.sqrt``, ``m.pi``).
    """

    name: str
    exact: Callable[[Any], Any]

    def __new__(cls, name: str, value: float, exact: Callable[[Any], Any]) -> ExactConstant:
        self = super().__new__(cls, value)
        self.name = name
        self.exact = exact
        return self

    def __repr__(self) -> str:
        return self.name


def _leaving_to_numpy(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A float's operation; NumPy's numbers, which are floats too, compute for themselves: 1 / 0 is inf, no error."""
    return lambda self, other: NotImplemented if isinstance(other, np.generic) else operation(self, other)


for _name in ("__add__", "__sub__", "__mul__", "__truediv__", "__pow__"):
    setattr(ExactConstant, _name, _leaving_to_numpy(getattr(float, _name)))

PI = ExactConstant("PI", math.pi, lambda m: m.pi)
LN2 = ExactConstant("LN2", math.log(2.0), lambda m: m.log(2))
LN10 = ExactConstant("LN10", math.log(10.0), lambda m: m.log(10))
DEGREE = ExactConstant("DEGREE", math.pi / 180, lambda m: m.pi / 180)
RADIAN = ExactConstant("RADIAN", 180 / math.pi, lambda m: 180 / m.pi)
OVER_SQRT_2PI = ExactConstant("OVER_SQRT_2PI", 1 / math.sqrt(2 * math.pi), lambda m: 1 / m.sqrt(2 * m.pi))
TWO_OVER_SQRT_PI = ExactConstant("TWO_OVER_SQRT_PI", 2 / math.sqrt(math.pi), lambda m: 2 / m.sqrt(m.pi))
