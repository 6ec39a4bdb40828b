"""Functions of a row of orders, written in two of them: J(2, x) = 2 J(1, x) / x - J(0, x), and so on.

Facts
    SymPy differentiates J(1, x) to (J(0, x) - J(2, x)) / 2; others write J(0, x) - J(1, x) / x. No algebra sees that
    these are equal before both speak of the same two orders.
    The recurrences hold for every x but 0, where both sides are continued.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import sympy as sp

WIDEST = 64  # steps of order from the lowest one: the formulas grow with them

Step = Callable[[Any, Any, Any, Any], Any]  # (order v, x, C(v-1, x), C(v, x)) -> C(v+1, x)

# Source: NIST's Digital Library of Mathematical Functions, 10.6.1 and 10.29.1.
RECURRENCES: dict[Any, Step] = {
    sp.besselj: lambda v, x, before, here: 2 * v * here / x - before,
    sp.bessely: lambda v, x, before, here: 2 * v * here / x - before,
    sp.besseli: lambda v, x, before, here: before - 2 * v * here / x,
    sp.besselk: lambda v, x, before, here: before + 2 * v * here / x,
}


def in_two_orders(expression: Any) -> Any:
    """The expression with all Bessel functions of one argument in two neighbouring orders.

    Arguments
        expression: of SymPy. Orders that are no numbers, and rows of one kind more than 64 orders wide, stay.
    Example
        >>> x = sp.Symbol("x", real=True)
        >>> in_two_orders(sp.besselk(2, x) - sp.besselk(0, x) - 2 * sp.besselk(1, x) / x)
        0
    """
    found = sorted(expression.atoms(*RECURRENCES), key=lambda e: (str(e.func), str(e.args[1]), e.args[0].is_Rational))
    written: dict[Any, Any] = {}
    for (kind, x), members in itertools.groupby(found, key=lambda e: (e.func, e.args[1])):
        written.update(_row(kind, x, [e for e in members if e.args[0].is_Rational]))
    return expression.xreplace(written)


def _row(kind: Any, x: Any, members: list[Any]) -> dict[Any, Any]:
    """Each function of one kind and argument in the two lowest orders of its row: orders a whole number apart."""
    written: dict[Any, Any] = {}
    for rest in {e.args[0] - sp.floor(e.args[0]) for e in members}:
        row = [e for e in members if e.args[0] - sp.floor(e.args[0]) == rest]
        lowest, highest = min(e.args[0] for e in row), max(e.args[0] for e in row)
        if highest - lowest > WIDEST:
            continue
        values = {lowest: kind(lowest, x), lowest + 1: kind(lowest + 1, x)}
        for k in range(1, int(highest - lowest)):
            v = lowest + k
            values[v + 1] = RECURRENCES[kind](v, x, values[v - 1], values[v])
        written.update({e: values[e.args[0]] for e in row})
    return written
