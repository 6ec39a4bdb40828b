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


class LogGamma(sp.Function):  # type: ignore[misc]
    """log|gamma(x)|, real on both sides of 0; SymPy's loggamma is complex below it."""

    nargs = 1
    is_real = True

    def fdiff(self, argindex: int = 1) -> Any:
        return sp.polygamma(0, self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\log\left|\Gamma\left({printer._print(self.args[0])}\right)\right|"


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


def complement(of: Family, name: str, shown: str) -> Any:
    """1 less a function: for balls a function of its own, that keeps its digits where the other is close to 1."""

    def slope(self: Any, argindex: int = 1) -> Any:
        return -of.function(*self.args).fdiff(argindex)

    return _class(name, next(iter(of.function.nargs)), slope, _written(shown, 0))


def _class(name: str, arity: int, slope: Callable[..., Any], latex: Callable[..., str]) -> Any:
    return type(name, (sp.Function,), {"nargs": arity, "is_real": True, "fdiff": slope, "_latex": latex})


def _written(shown: str, orders: int) -> Callable[..., str]:
    def latex(self: Any, printer: Any) -> str:
        parts = [printer._print(x) for x in self.args]
        index = f"^{{({','.join(parts[:orders])})}}" if orders else ""
        return rf"{shown}{index}\left({', '.join(parts[orders:])}\right)"

    return latex


def _gamma_density(a: Any, x: Any) -> Any:
    return sp.exp((a - 1) * sp.log(x) - x - LogGamma(a))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return sp.exp((a - 1) * sp.log(x) + (b - 1) * sp.log(1 - x) - LogGamma(a) - LogGamma(b) + LogGamma(a + b))


def _owens_by_h(h: Any, a: Any) -> Any:
    return -sp.exp(-(h**2) / 2) * sp.erf(a * h / sp.sqrt(2)) / sp.sqrt(8 * sp.pi)


def _owens_by_a(h: Any, a: Any) -> Any:
    return sp.exp(-(h**2) * (1 + a**2) / 2) / (2 * sp.pi * (1 + a**2))


hyp0f1: Any  # the classes that are made below
hyp1f1: Any
hyp2f1: Any

# Functions that SymPy lacks, or has without derivatives by their parameters, by their names in the exact modules.
FAMILIES = {
    "owens_t": family("owens_t", 2, {0: _owens_by_h, 1: _owens_by_a}, "T"),
    "gammainc": family("gammainc", 2, {1: _gamma_density}, "P"),
    "betainc": family("betainc", 3, {2: _beta_density}, "I"),
    "hyp0f1": family("hyp0f1", 2, {1: lambda b, x: hyp0f1(b + 1, x) / b}, r"{}_0F_1"),
    "hyp1f1": family("hyp1f1", 3, {2: lambda a, b, x: hyp1f1(a + 1, b + 1, x) * a / b}, r"{}_1F_1"),
    "hyp2f1": family("hyp2f1", 4, {3: lambda a, b, c, x: hyp2f1(a + 1, b + 1, c + 1, x) * a * b / c}, r"{}_2F_1"),
}
hyp0f1, hyp1f1, hyp2f1 = (FAMILIES[name].function for name in ("hyp0f1", "hyp1f1", "hyp2f1"))


COMPLEMENTS = {
    "gammaincc": complement(FAMILIES["gammainc"], "gammaincc", "Q"),
    "betaincc": complement(FAMILIES["betainc"], "betaincc", "I^c"),
}

for _made in (*COMPLEMENTS.values(), *(c for f in FAMILIES.values() for c in (f.function, f.partial))):
    globals()[_made.__name__] = _made  # where a pickle looks for a class
