"""The smooth pieces of an expression: every |u|, sign, maximum, selection replaced by what it is on a branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verify.hull import nearest
from verify.numbers.symbols import StepSlope

DEPTH = 8  # decisions on one branch; 2**8 branches are tried at most

Condition = tuple[Any, bool]  # (u, True) means u > 0, (u, False) means u < 0


def branches(expression: Any) -> Iterator[tuple[tuple[Condition, ...], Any]]:
    """All (conditions, smooth expression) pairs; raises OverflowError beyond DEPTH decisions.

    Conditions are strict: edges between branches are left out, as kinks.
    Example
        >>> x = sp.Symbol("x", real=True)
        >>> sorted(str(smooth) for _, smooth in branches(sp.Abs(x)))
        ['-x', 'x']
    """
    yield from _split(_flat(expression), ())


def _flat(e: Any) -> Any:
    """Slopes of staircases and jumps are 0 off their edges."""
    return e.replace(StepSlope, lambda x: sp.Integer(0)).replace(sp.DiracDelta, lambda *args: sp.Integer(0))


def _split(e: Any, known: tuple[Condition, ...]) -> Iterator[tuple[tuple[Condition, ...], Any]]:
    pivot = _pivot(e)
    if pivot is None:
        yield known, e
        return
    for u, positive in known:
        if u == pivot:
            yield from _split(_decided(e, pivot, positive), known)
            return
    if len(known) >= DEPTH:
        raise OverflowError(f"more than {DEPTH} decisions on one branch")
    for positive in (True, False):
        if not contradictory((*known, (pivot, positive))):
            yield from _split(_decided(e, pivot, positive), (*known, (pivot, positive)))


def contradictory(conditions: Sequence[Condition]) -> bool:
    """Whether the conditions certainly exclude each other.

    Each is a linear form in monomials that must be positive. By Gordan's theorem forms have no common positive
    point when a mixture of them is 0; the mixture is found in floating point and checked exactly.
    """
    if any(u.is_nonpositive if positive else u.is_nonnegative for u, positive in conditions):
        return True
    forms = [*(u if positive else sp.expand(-u) for u, positive in conditions), sp.Integer(1)]  # 1 > 0 as well
    rows = [dict(reversed(term.as_coeff_Mul()) for term in sp.Add.make_args(form)) for form in forms]
    monomials = sorted({m for row in rows for m in row}, key=str)
    if any(not c.is_Rational for row in rows for c in row.values()):
        return False
    points = np.array([[float(row.get(m, 0)) for m in monomials] for row in rows])
    _, weights = nearest(points, np.zeros(len(monomials)))
    exact = [sp.Rational(w).limit_denominator(1000) for w in weights]
    return any(exact) and sp.expand(sp.Add(*[w * form for w, form in zip(exact, forms, strict=True)])) == 0


def _pivot(e: Any) -> Any | None:
    """The argument of an innermost decision, up to sign."""
    for part in sp.postorder_traversal(e):
        u = _argument(part)
        if u is not None:
            return canonical(u)[0]
    return None


def _argument(part: Any) -> Any | None:
    """What a decision looks at: its sign is what decides."""
    if isinstance(part, sp.Abs | sp.sign | sp.Heaviside):
        return part.args[0]
    if isinstance(part, sp.Max | sp.Min):
        return part.args[0] - part.args[1]
    if isinstance(part, sp.core.relational.Relational):
        return part.lhs - part.rhs
    return None


def canonical(u: Any) -> tuple[Any, int]:
    """The argument and a sign, so that u and -u are one decision."""
    u = sp.expand(u)
    factor = sp.gcd_terms(u).as_independent(*u.free_symbols, as_Add=False)[0] if u.free_symbols else sp.Integer(1)
    if factor.is_positive or factor.is_negative:  # log(2)*x and x are one decision
        u = sp.expand(u / abs(factor))
    return (-u, -1) if u.could_extract_minus_sign() else (u, 1)


def _decided(e: Any, pivot: Any, positive: bool) -> Any:
    """The expression with every decision on the pivot taken."""

    def concerns(part: Any) -> bool:
        u = _argument(part)
        return u is not None and canonical(u)[0] == pivot

    def take(part: Any) -> Any:
        u = _argument(part)
        above = positive == (canonical(u)[1] > 0)
        if isinstance(part, sp.Abs):
            return part.args[0] if above else -part.args[0]
        if isinstance(part, sp.sign):
            return sp.Integer(1 if above else -1)
        if isinstance(part, sp.Heaviside):
            return sp.Integer(1 if above else 0)
        if isinstance(part, sp.Max | sp.Min):
            rest = part.args[0] if above == isinstance(part, sp.Max) else part.args[1]
            return part.func(rest, *part.args[2:])
        if isinstance(part, sp.StrictGreaterThan | sp.GreaterThan):
            return sp.true if above else sp.false
        if isinstance(part, sp.StrictLessThan | sp.LessThan):
            return sp.false if above else sp.true
        return sp.false if isinstance(part, sp.Equality) else sp.true  # off the edge: never equal

    return _flat(e.replace(concerns, take))
