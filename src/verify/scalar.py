"""Judging a teacher's or student's own scalar class: values, local derivatives, backward()."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import tree_map
from verify.question import BrokenContract


@dataclass(frozen=True)
class ScalarEngine:
    """A scalar reverse-mode class as an engine: how to build one, run it and read its gradient."""

    kind: type
    value: str
    gradient_name: str

    def gradient(self, f: Callable[..., Any], xs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Any]:
        """The gradient that the class computes, in the containers of the inputs."""
        made = tree_map(self.lift, xs)
        self._run(f, made, kwargs).backward()
        return [tree_map(self.derivative, tree) for tree in made]

    def stated(self, f: Callable[..., Any], xs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> float:
        """The function value that the class computes."""
        return float(self._attribute(self._run(f, tree_map(self.lift, xs), kwargs), self.value))

    def lift(self, x: Any) -> Any:
        """A number as an instance of the class; a whole one of NumPy's as it is."""
        if isinstance(x, np.integer | np.bool_):
            return x  # a constant, as everywhere
        if not isinstance(x, int | float | np.number):
            raise BrokenContract(f"{self.kind.__name__} takes scalars, got {type(x).__name__}")
        return self.kind(float(x))

    def _run(self, f: Callable[..., Any], made: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        y = _unboxed(f(*made, **kwargs))
        if not isinstance(y, self.kind):
            raise BrokenContract(f"f returned {type(y).__name__}, not a {self.kind.__name__}")
        return y

    def derivative(self, node: Any) -> float | None:
        """What ``backward()`` left in a node; None for a constant."""
        if not isinstance(node, self.kind):
            return None
        found = self._attribute(node, self.gradient_name)
        return 0.0 if found is None else float(found)  # None: no path from the input to the result

    def _attribute(self, node: Any, name: str) -> Any:
        if not hasattr(node, name):
            raise BrokenContract(f"a {self.kind.__name__} has no attribute {name!r}: name it in scalar_class(...)")
        return getattr(node, name)

    def __repr__(self) -> str:
        return f"scalar class {self.kind.__name__}"


def _unboxed(y: Any) -> Any:
    return y.item() if isinstance(y, np.ndarray) and y.dtype == object and y.size == 1 else y


def scalar_class(kind: type, value: str = "value", gradient: str = "local_derivative") -> ScalarEngine:
    """An engine made of a scalar class, for ``verify.check(..., engine=...)``.

    Arguments
        kind: a class built from one number, with arithmetic, ``backward()``, and methods such as ``exp``
            (NumPy's functions call the method of their name).
        value, gradient: names of the attributes that hold the value and, after ``backward()``, the derivative.
    Raises
        TypeError when the class has no ``backward``.
    Example
        >>> import verify
        >>> from ad import Neuron
        >>> verify.check("a*a", at={"a": 3.0}, engine=verify.scalar_class(Neuron)).ok
        True
    """
    if not isinstance(kind, type):
        raise TypeError(f"scalar_class takes a class, got {kind!r:.60}")
    if not callable(getattr(kind, "backward", None)):
        raise TypeError(f"{kind.__name__} has no backward() method")
    return ScalarEngine(kind, value, gradient)
