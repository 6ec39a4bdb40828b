"""Is this expression zero for all inputs of a branch? A cascade of decisions, cheapest first.

1. structure    SymPy's own evaluation already gave 0
2. rational     its rational normal form is 0: see ``verify.numbers.field``
3. exponential  so is that of the expression with trigonometric and hyperbolic functions written as exponentials
4. orders       so is that of the expression with Bessel functions of one argument in two orders
5. simplify     SymPy's simplify makes it 0

Each step rewrites identically on the branch, so a step that answers yes is a proof; no answer is ever a disproof.
All but the first may take any time and memory: they run in a child process under a limit of both.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from verify.limits import Stopped, within
from verify.numbers.field import vanishes
from verify.recurrences import RECURRENCES, in_two_orders

SECONDS = 5.0  # for one step
NODES = 20_000  # of the largest residual that is tried; its tree may be far larger than what is in memory


@dataclass(frozen=True)
class Decision:
    """The step that proved an expression to be zero ("" when none did), and why steps gave no answer."""

    step: str
    unanswered: tuple[str, ...] = ()


def decide_zero(expression: Any, seconds: float = SECONDS) -> Decision:
    """Whether an expression is zero, and by which step.

    Arguments
        expression: of SymPy, without floats, on one branch.
        seconds: for each step after the first.
    Returns
        a Decision.
    Example
        >>> x = sp.Symbol("x", real=True)
        >>> decide_zero(1 / (1 + x) - (1 - x) / (1 - x**2)).step
        'rational'
    """
    if expression == 0:
        return Decision("structure")
    nodes = sum(1 for _ in itertools.islice(sp.preorder_traversal(expression), NODES + 1))
    if nodes > NODES:
        return Decision("", (f"it has more than {NODES} nodes",))
    unanswered: list[str] = []
    for name, step in STEPS.items():
        try:
            if within(seconds, step, expression):
                return Decision(name)
        except Stopped as reason:
            unanswered.append(f"{name}: {reason}")
    return Decision("", tuple(unanswered))


def rational(expression: Any) -> bool:
    """Whether the rational normal form is 0."""
    return vanishes(expression)


def exponential(expression: Any) -> bool:
    """Whether the rational normal form is 0 once trigonometric and hyperbolic functions are exponentials."""
    return vanishes(
        expression.rewrite([sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc], sp.exp).rewrite(
            [sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch], sp.exp
        )
    )


def orders(expression: Any) -> bool:
    """Whether the rational normal form is 0 once Bessel functions of one argument stand in two neighbouring orders."""
    return expression.has(*RECURRENCES) and vanishes(in_two_orders(expression))


def simplify(expression: Any) -> bool:
    """Whether SymPy's simplify makes it 0."""
    return bool(sp.simplify(expression) == 0)


STEPS: dict[str, Callable[[Any], bool]] = {step.__name__: step for step in (rational, exponential, orders, simplify)}
