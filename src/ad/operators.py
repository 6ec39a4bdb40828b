"""Python's operators on Variables, without a detour through NumPy's dispatch.

An operator records the same node as the NumPy function that it stands for, and computes the value by itself:
``x ** y`` is what ``**`` gives on the plain values, to the bit, whatever ``np.power`` would give. Where both
operands are usual (float64 numbers, arrays, Python's constants, of one trace) that is all there is to do. With a
NumPy number or array on the left NumPy itself decides, and calls the function.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.core import NO_STATIC, float64
from ad.dispatch import TABLE
from ad.face import BINARY, UNARY
from ad.locks import constant
from ad.variable import USUAL, Variable, applied, record

ndarray = np.ndarray
CONSTANT = USUAL | {float, int}


def binary(function: Callable[..., Any], compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The method ``x o other`` of a Variable x: a node of the function's op, its value computed by the operator."""

    def operate(self: Variable, other: Any) -> Any:
        a = self.primal
        if type(a) is float64 or type(a) is ndarray:  # USUAL, asked so that it costs a third
            if type(other) is Variable:
                b, tape = other.primal, self.tape
                if (type(b) is float64 or type(b) is ndarray) and tape is other.tape:
                    return record(TABLE[function], (a, b), NO_STATIC, compute(a, b), (self, other), tape)
            elif type(other) in CONSTANT:
                if type(other) is ndarray and (other.flags.writeable or other.base is not None):
                    other = constant(other, function.__name__, self.tape)
                return record(TABLE[function], (a, other), NO_STATIC, compute(a, other), (self, None), self.tape)
        return general(function, compute, self, other)

    return operate


def reflected(function: Callable[..., Any], compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The method ``other o x`` of a Variable x: Python asks for it when other is no Variable."""

    def operate(self: Variable, other: Any) -> Any:
        b = self.primal
        if type(b) in USUAL and type(other) in CONSTANT:
            if type(other) is ndarray and (other.flags.writeable or other.base is not None):
                other = constant(other, function.__name__, self.tape)
            return record(TABLE[function], (other, b), NO_STATIC, compute(other, b), (None, self), self.tape)
        return general(function, compute, other, self)

    return operate


def unary(function: Callable[..., Any], compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The method ``o x`` of a Variable x."""

    def operate(self: Variable) -> Any:
        a = self.primal
        if type(a) in USUAL:
            return record(TABLE[function], (a,), NO_STATIC, compute(a), (self,), self.tape)
        return general(function, compute, self)

    return operate


def general(function: Callable[..., Any], compute: Callable[..., Any], *args: Any) -> Any:
    """The same for nested traces, exact arrays, lists, other dtypes."""
    op = TABLE[function]
    operands, static = op.bind(args, NO_STATIC)
    return applied(op, compute, operands, static)


for name, function in BINARY.items():
    compute = getattr(operator, name)
    setattr(Variable, f"__{name}__", binary(function, compute))
    setattr(Variable, f"__r{name}__", reflected(function, compute))
for name, function in UNARY.items():
    setattr(Variable, f"__{name}__", unary(function, getattr(operator, name)))
