"""Functions of several arguments for SymPy: by some they have a formula of the slope, by others only a name for it.

The derivative of the incomplete gamma function by its shape is written in no functions of SymPy's; it is a function of
its own here, ``gammainc_by(1, a, x)``, which balls evaluate (``verify.numbers.incomplete``). Its leading arguments
are the orders of differentiation by those parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class Family:
    """A function and its partial derivatives, as classes of SymPy functions.

    partial: takes the orders by ``free``, the positions of the arguments without a formula, before the arguments.
    """

    function: Any
    partial: Any
    free: tuple[int, ...]


def family(name: str, arity: int, slopes: Mapping[int, Callable[..., Any]], shown: str) -> Family:
    """A function whose slope by the argument at a position of ``slopes`` is that formula of all its arguments.

    shown: its name in LaTeX.
    """
    free = tuple(i for i in range(arity) if i not in slopes)

    def slope(self: Any, argindex: int = 1) -> Any:
        i = argindex - 1
        if i in slopes:
            return slopes[i](*self.args)
        return partial(*(int(i == k) for k in free), *self.args)

    def higher(self: Any, argindex: int = 1) -> Any:
        orders, xs, i = self.args[: len(free)], self.args[len(free) :], argindex - 1 - len(free)
        if i not in slopes:
            return partial(*(n + int(i == k) for n, k in zip(orders, free, strict=True)), *xs)
        dummies = [sp.Dummy(real=True) for _ in xs]
        found = slopes[i](*dummies)
        for n, k in zip(orders, free, strict=True):
            found = sp.diff(found, dummies[k], n) if n else found
        return found.subs(dict(zip(dummies, xs, strict=True)), simultaneous=True)

    function = _class(name, arity, slope, _written(shown, 0))
    partial = _class(f"{name}_by", arity + len(free), higher, _written(shown, len(free)))
    return Family(function, partial, free)


def _class(name: str, arity: int, slope: Callable[..., Any], latex: Callable[..., str]) -> Any:
    return type(name, (sp.Function,), {"nargs": arity, "is_real": True, "fdiff": slope, "_latex": latex})


def _written(shown: str, orders: int) -> Callable[..., str]:
    def latex(self: Any, printer: Any) -> str:
        parts = [printer._print(x) for x in self.args]
        index = f"^{{({','.join(parts[:orders])})}}" if orders else ""
        return rf"{shown}{index}\left({', '.join(parts[orders:])}\right)"

    return latex
