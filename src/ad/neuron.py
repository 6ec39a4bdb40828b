"""The scalar teaching face of the engine: one number that remembers how it was computed.

A Neuron records the same nodes as a Variable, with the same ops of the table, and is pulled back by the same
sweep. What it adds is for reading and teaching: Python's own numbers (whole numbers stay whole), the Neurons
it was computed from, and a derivative at every step of the way, not at the leaves alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ad.core import EAGER, Node, Op, adjoints, input_node
from ad.dispatch import reduction, route
from ad.face import give_operators

# Functions that give whole numbers for whole numbers, as Python computes them: nothing wraps around.
WHOLE: dict[Callable[..., Any], Callable[..., Any]] = {
    np.positive: operator.pos, np.negative: operator.neg, np.absolute: abs,
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul,
    np.remainder: operator.mod, np.floor_divide: operator.floordiv,
    np.power: operator.pow, np.maximum: max, np.minimum: min,
}  # fmt: skip


class Neuron:
    """A number that remembers how it was computed and learns how the result depends on it.

    Arguments
        value: an int or a float. Whole numbers stay whole as long as Python keeps them so (3 + 1 is 4,
            3 / 1 is 3.0).
    Attributes
        value: the number.
        local_derivative: the derivative of the result on which ``backward()`` was called last, with respect
            to this value; None before. Every Neuron that the result was computed from has it, and the result
            itself has 1: it is the whole derivative, along all ways from here to the result, not the slope
            of one step alone.
        children: the Neurons it was computed from, in order: (a, b) for a * b, (a, a) for a * a, (a,) for
            a + 1, () for one made by hand.
    NumPy's functions of single numbers (``np.sin(n)``) give Neurons too. Outside a function's domain the
    value is NumPy's inf or nan.
    Raises
        TypeError for a value that is no single real number, and for mixing with arrays and Variables.
    Example
        >>> a = Neuron(3)
        >>> print(a)
        value: 3, local_grad: None
        >>> print(a + 1)
        value: 4, local_grad: None
        >>> print(1 + a)
        value: 4, local_grad: None
        >>> print(a * 1)
        value: 3, local_grad: None
        >>> print(a - 1)
        value: 2, local_grad: None
        >>> print(1 - a)
        value: -2, local_grad: None
        >>> print(a / 1)
        value: 3.0, local_grad: None
        >>> print(1 / a)
        value: 0.3333333333333333, local_grad: None

        >>> a, b = Neuron(3), Neuron(2)
        >>> y = a - b
        >>> y.backward()
        >>> print(a)
        value: 3, local_grad: 1
        >>> print(b)
        value: 2, local_grad: -1

        >>> x, w, b = Neuron(3), Neuron(2), Neuron(1)
        >>> y = 1 / (1 + (-(x * w + b)).exp())
        >>> y.backward()
        >>> for n in (x, w, b):
        ...     print(f"{n.local_derivative:.15f}")
        0.001820442360244
        0.002730663540365
        0.000910221180122
    """

    __slots__ = ("children", "node")

    def __init__(self, value: float) -> None:
        self.node = input_node(Node(), number(value), EAGER)
        self.children: tuple[Neuron, ...] = ()

    @property
    def value(self) -> Any:
        """The number itself."""
        return self.node.primal

    @property
    def local_derivative(self) -> Any:
        """The derivative of the last result by this value, or None before ``backward()``."""
        return self.node.grad

    def exp(self) -> Any:
        """e to the power of this number.

        >>> print(Neuron(0).exp())
        value: 1.0, local_grad: None
        """
        return np.exp(self)

    def log(self) -> Any:
        """The natural logarithm.

        >>> print(Neuron(1).log())
        value: 0.0, local_grad: None
        """
        return np.log(self)

    def mul_inverse(self) -> Any:
        """The multiplicative inverse, 1 over this number.

        >>> print(Neuron(4).mul_inverse())
        value: 0.25, local_grad: None
        """
        return np.reciprocal(self)

    def backward(self) -> None:
        """Set ``local_derivative`` in this Neuron and in all that it was computed from.

        Each call computes anew and nothing adds up: a second call gives the same numbers again. After calls
        on two results a value that both depend on holds the derivative of the later one.

        >>> a = Neuron(3)
        >>> y = a * a
        >>> y.backward()
        >>> y.backward()
        >>> print(a)
        value: 3, local_grad: 6
        """
        for node, g in adjoints(self.node, 1).items():
            node.grad = _python(g)

    # NumPy's two protocols: operators arrive here too

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            return reduction(ufunc, method, args, kwargs)
        return route(ufunc, args, kwargs, _apply, _plain)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return route(function, args, kwargs, _apply, _plain)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        raise TypeError(
            "float(n) and math functions would cut a Neuron off its graph; use np.sin for math.sin, "
            "or n.value for the plain number"
        )

    __int__ = __float__
    __index__ = __float__

    def __repr__(self) -> str:
        return f"value: {self.value}, local_grad: {self.local_derivative}"

    __hash__ = object.__hash__


give_operators(Neuron)


def number(value: Any) -> int | float:
    """The value as Python's int or float; TypeError when it is no single real number."""
    found = value.item() if isinstance(value, np.generic) or _is_single(value) else value
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError(
            f"a Neuron holds one real number, got {type(value).__name__} {value!r}; "
            f"use ad.Variable for arrays and complex numbers"
        )
    return found


def _is_single(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 0


def _apply(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Neuron:
    """Compute an op on plain numbers and record its node."""
    operands, static = op.bind(args, kwargs)
    numbers = tuple(x.value if type(x) is Neuron else _constant(x) for x in operands)
    value, numbers = _computed(op, numbers, static)
    result = Neuron(value)
    node = result.node
    node.op, node.operands, node.static = op, numbers, static
    node.parents = tuple(x.node if type(x) is Neuron else None for x in operands)
    result.children = tuple(x for x in operands if type(x) is Neuron)
    return result


def _constant(x: Any) -> Any:
    return bool(x) if isinstance(x, bool | np.bool_) else number(x)  # a truth value: np.where's condition


def _computed(op: Op, numbers: tuple[Any, ...], static: dict[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    """The result and the numbers that the op's rule is to see: whole ones only for a whole result."""
    whole = WHOLE.get(op.fun)
    if whole is not None and all(isinstance(x, int) for x in numbers):
        try:
            value = whole(*numbers)
        except ZeroDivisionError:  # NumPy's answer is inf or nan
            value = None
        if isinstance(value, int):
            return value, numbers
    floats = tuple(x if isinstance(x, bool) else np.float64(x) for x in numbers)
    return _python(op.fun(*floats, **static)), floats


def _python(x: Any) -> Any:
    return x.item() if isinstance(x, np.generic) or _is_single(x) else x


def _plain(tree: Any) -> Any:
    if type(tree) is Neuron:
        return tree.value
    if isinstance(tree, tuple | list):
        return type(tree)(_plain(item) for item in tree)
    if isinstance(tree, dict):
        return {key: _plain(item) for key, item in tree.items()}
    return tree
