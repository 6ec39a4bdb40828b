"""Where a derivative's own operations are undefined: what a proof over symbols cannot see.

Facts
    A proof cancels what arithmetic cannot: the rule g*y/x of a product leaves the residual 0, and is 0/0 at x = 0.
    An operation needs its margin (the ``domain`` of its entry in the op table) to be positive. Margins that are
    positive everywhere, or wherever the function itself is defined, are no news. Of the others a point with
    margin 0 is looked for, so that the derivative can be checked there.
    Operations of the function that only a selection (``np.where``) reaches do not limit its domain. A margin in
    which a selection takes part is left out: whoever divides by one has looked at the edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from ad.core import Op
from verify.branches import canonical
from verify.numbers.exact import scalar, terms
from verify.numbers.program import CONSTANT, INPUT, Program, Refused, Term
from verify.numbers.symbols import formula, number, reachable

Condition = tuple[Any, int]

SIMPLE = (0, 1, -1)  # values at which a margin that is no polynomial may vanish exactly


@dataclass(frozen=True)
class Edge:
    """An operation of a derivative, what it needs, and the margin of that, which is not positive everywhere.

    sided: whether there may be a region beyond the edge; else the operation is undefined on the edge alone
    """

    operation: str
    needs: str
    margin: Any
    sided: bool

    @property
    def zero(self) -> Any:
        """What is 0 on the edge."""
        return self.margin.args[0] if isinstance(self.margin, sp.Abs) else self.margin


def edges(
    function: Program, outputs: Sequence[int], derivative: Program, answers: Sequence[int], names: list[str]
) -> list[Edge]:
    """The edges that a derivative has and its function has not.

    Arguments
        function, derivative: as programs over the same inputs; names: of these inputs.
        outputs, answers: the steps that hold their results.
    Returns
        each edge once, in the order of the derivative's operations.
    Raises
        Refused when a margin cannot be written out.
    """
    own: set[Condition] = set()
    for edge in _margins(function, _always(function, outputs), names):
        own |= _nonzero(edge) | _positive(edge)
    found: dict[Any, Edge] = {}
    for edge in _margins(derivative, reachable(derivative, list(answers)), names):
        if not (_positive(edge) if edge.sided else _nonzero(edge)) <= own:
            found.setdefault((edge.sided, frozenset(_nonzero(edge))), edge)
    return list(found.values())


def point_on(zero: Any, at: Mapping[str, float]) -> dict[str, float] | None:
    """A point of doubles at which an expression is exactly 0: the given one but for one entry, or all 0.

    Example
        >>> x, y = sp.symbols("x y", real=True)
        >>> point_on(x - 2 * y, {"x": 1.0, "y": 0.25})
        {'x': 0.5, 'y': 0.25}
    """
    free = sorted(zero.free_symbols, key=lambda s: s.name)
    exact = {s: sp.Rational(*at[s.name].as_integer_ratio()) for s in free if s.name in at}
    if len(exact) < len(free):
        return None
    for s in free:
        along = zero.subs({other: value for other, value in exact.items() if other != s})
        for value in _roots(along, s):
            if along.subs(s, value) == 0:
                return {**at, s.name: float(value)}
    if zero.subs(dict.fromkeys(free, sp.Integer(0))) == 0:
        return {**at, **{s.name: 0.0 for s in free}}
    return None


def _roots(along: Any, s: Any) -> list[Any]:
    """Candidates for the roots of an expression in one symbol that are exact doubles."""
    if not along.is_polynomial(s):
        return [sp.Integer(value) for value in SIMPLE]
    polynomial = sp.Poly(along, s)
    found = polynomial.ground_roots() if polynomial.domain.is_QQ or polynomial.domain.is_ZZ else ()
    return sorted(r for r in found if Fraction(int(r.p), int(r.q)) == Fraction(float(r)))


def _margins(program: Program, steps: Sequence[int], names: list[str]) -> Iterator[Edge]:
    """The edges of the operations with moving operands, margins that are positive everywhere left out."""
    for n in steps:
        meaning, operands = program.steps[n]
        if not isinstance(meaning, Op) or meaning.domain is None or not program.moving[n]:
            continue
        margin: Term = terms(program, meaning.domain(*[scalar(program, i) for i in operands])).item()
        if any(program.steps[i][0].name == "where" for i in reachable(program, [margin.index])):
            continue
        expression = formula(program, margin.index, names, number)
        if expression is None:
            raise Refused(f"the margin of {meaning.name} is too long to be written out")
        absolute = program.steps[margin.index][0].name == "absolute"  # of which SymPy may see that it is not needed
        edge = Edge(meaning.name, meaning.needs, expression, not (absolute or expression.is_nonnegative))
        if _varies(edge.zero):
            yield edge


def _always(program: Program, outputs: Sequence[int]) -> list[int]:
    """The steps that the outputs depend on whatever a selection chooses."""
    stack, seen = list(outputs), set(outputs)
    while stack:
        meaning, operands = program.steps[stack.pop()]
        if meaning is INPUT or meaning is CONSTANT:
            continue
        needed = set(operands[:1] if meaning.name == "where" else operands) - seen
        stack += needed
        seen |= needed
    return sorted(seen)


def _varies(zero: Any) -> bool:
    """Whether an expression may be 0 somewhere."""
    return bool(zero.free_symbols) and not (zero.is_positive or zero.is_negative)


def _positive(edge: Edge) -> set[Condition]:
    """The condition of a sided edge: (expression up to positive factors, its sign)."""
    return {canonical(edge.zero)} if edge.sided else set()


def _nonzero(edge: Edge) -> set[Condition]:
    """What must not be 0 for the margin not to be 0: its factors, with the sign 0."""
    found, pending = set(), [edge.zero]
    while pending:
        e = pending.pop()
        inner = _inside(e)
        pending += inner
        if not inner and _varies(e):
            found.add((canonical(e)[0], 0))
    return found


def _inside(e: Any) -> list[Any]:
    """The parts of which one must be 0 for the expression to be 0; empty when it is such a part itself."""
    if isinstance(e, sp.Mul):
        return list(e.args)
    if isinstance(e, sp.Abs) or (isinstance(e, sp.Pow) and e.exp.is_positive):
        return [e.args[0]]
    factored = sp.factor_terms(e)
    return list(factored.args) if isinstance(factored, sp.Mul) else []
