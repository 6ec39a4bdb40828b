"""The face of an array or number type of ours: Python's operators and ndarray's methods as NumPy calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BINARY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
    "mod": np.remainder, "floordiv": np.floor_divide, "matmul": np.matmul,
}  # fmt: skip
COMPARE: dict[str, Callable[..., Any]] = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal,
}  # fmt: skip
UNARY: dict[str, Callable[..., Any]] = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}
METHODS = (
    "sum mean prod max min var std cumsum transpose squeeze swapaxes ravel take repeat diagonal trace dot "
    "clip round argmax argmin argsort all any conj conjugate"
)


def give_operators(kind: type) -> None:
    """Give a type of ours Python's operators, each a call of the NumPy function that it stands for."""
    for name, function in BINARY.items():
        setattr(kind, f"__{name}__", _operator(function))
        setattr(kind, f"__r{name}__", _reflected(function))
    for name, function in COMPARE.items():
        setattr(kind, f"__{name}__", _operator(function))
    for name, function in UNARY.items():
        setattr(kind, f"__{name}__", _method(function))


def give_array_face(kind: type) -> None:
    """Give an array type of ours the operators and methods of ndarray, each a call of a NumPy function."""
    give_operators(kind)
    for name in METHODS.split():
        if not hasattr(kind, name):
            setattr(kind, name, _method(getattr(np, name)))
    kind.reshape = lambda self, *shape, **kw: np.reshape(self, _shape_of(shape), **kw)  # type: ignore[attr-defined]
    kind.flatten = _method(np.ravel)  # type: ignore[attr-defined]
    if not hasattr(kind, "real"):
        kind.real, kind.imag = property(np.real), property(np.imag)  # type: ignore[attr-defined]


def _operator(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: function(self, other)


def _reflected(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: function(other, self)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _shape_of(shape: tuple[Any, ...]) -> Any:
    return shape[0] if len(shape) == 1 else shape
