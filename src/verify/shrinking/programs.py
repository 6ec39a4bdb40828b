"""Smaller functions of a claim that the engine's own derivative is right: subexpressions, and fewer NumPy calls.

A hand-written derivative belongs to its function, which then stays as it is.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from verify.arguments import argument_names
from verify.claim import Claim, changed
from verify.expression import Expression, ExpressionError, parse
from verify.question import prepare
from verify.shrinking.search import Search, plain_name
from verify.straightline import Line, Ref, StraightLine, recorded_lines

SIMPLER = (1.0, 2.0)  # for a constant, besides the whole number next to it


def prune(search: Search) -> None:
    """Make the function of a claim about the engine smaller, as far as the failure stays."""
    claim = search.claim
    if claim.judged != "engine" or claim.kwargs or claim.tangent is not None:
        return
    if isinstance(claim.f, Expression):
        _repeat(search, _smaller_expressions)
    elif claim.engine == "ad":
        _prune_program(search)


def _repeat(search: Search, smaller: Callable[[Claim], Iterator[Claim]]) -> None:
    """Take the first smaller function that fails alike, until there is none."""
    while any(search.accepts(candidate) for candidate in smaller(search.claim)):
        pass


# --- expressions


def _smaller_expressions(claim: Claim) -> Iterator[Claim]:
    for other in smaller_texts(claim.text):
        try:
            expression = parse(other)
        except ExpressionError:  # a condition in place of a number, or the other way round
            continue
        if expression.names:
            yield _with_expression(claim, expression)


def smaller_texts(text: str) -> Iterator[str]:
    """Expressions with a part replaced by a part of it or by a simpler constant; the largest parts first.

    Example
        >>> list(smaller_texts("3.7*sin(x)"))[:3]
        ['3.7', 'sin(x)', '1.0 * sin(x)']
    """
    tree = ast.parse(text.strip(), mode="eval")
    count = sum(1 for _ in ast.walk(tree))
    for n in range(1, count):  # ast.walk goes from the root to the leaves; 0 is what holds the root
        node = list(ast.walk(tree))[n]
        for other in _in_place_of(node):
            yield ast.unparse(_replaced(tree, n, other))


def _in_place_of(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield from (ast.Constant(v) for v in (*SIMPLER, np.rint(node.value).item()) if _is_simpler(v, node.value))
    elif isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Call):
        yield from node.args


def _is_simpler(v: float, than: float) -> bool:
    """Whether a constant is simpler than another one; 0 and infinity are no factors to keep."""
    return bool(0 < v < np.inf and v != than and len(repr(v)) <= len(repr(float(than))) and v <= than + 1)


def _replaced(tree: ast.Expression, n: int, other: ast.expr) -> ast.Expression:
    """A copy of the tree with another node in place of the n-th."""
    found = copy.deepcopy(tree)
    target = list(ast.walk(found))[n]
    if found.body is target:
        found.body = other
        return found
    for parent in ast.walk(found):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, other)
            elif isinstance(value, list) and any(item is target for item in value):
                setattr(parent, name, [other if item is target else item for item in value])
    return found


def _with_expression(claim: Claim, expression: Expression) -> Claim:
    """The claim about another expression of some of its variables."""
    names = argument_names(claim)
    at = dict(zip(names, claim.xs, strict=True))
    wrt = claim.wrt
    if wrt is not None:
        asked = wrt if isinstance(wrt, tuple | list) else (wrt,)
        named = [names[w] if isinstance(w, int) else w for w in asked]
        wrt = tuple(name for name in named if name in expression.names)
    return changed(claim, f=expression, xs=tuple(at[name] for name in expression.names), wrt=wrt)


# --- NumPy functions


def _prune_program(search: Search) -> None:
    """The calls that f makes at the point, fewer of them; f itself stays where none can be left out."""
    before = search.claim
    program = _recorded(before)
    if program is None:
        return
    count = len(_program(program).lines)
    if not search.accepts(program):  # recorded, it is another function: f depends on state, or is no NumPy code
        return
    _repeat(search, _smaller_programs)
    if len(_program(search.claim).lines) == count and not isinstance(before.f, StraightLine):
        search.claim = before


def _program(claim: Claim) -> StraightLine:
    assert isinstance(claim.f, StraightLine)
    return claim.f


def _recorded(claim: Claim) -> Claim | None:
    """The claim about the straight-line program that f is at the point."""
    if isinstance(claim.f, StraightLine):
        return claim
    try:
        question = prepare(changed(claim, cotangent=None)).origin
        names = [plain_name(name) for name in question.names]
        lines = recorded_lines(lambda values: question.claim.f(*question.place(values)), question.leaves, names)
    except Exception:  # whatever f raises, or several outputs: it stays as it is
        return None
    if not lines.lines:
        return None
    return changed(claim, f=lines, xs=tuple(question.leaves), wrt=None)


def _smaller_programs(claim: Claim) -> Iterator[Claim]:
    program = _program(claim)
    inputs = len(program.names)
    with np.errstate(all="ignore"):
        values = program.values(*claim.xs)
    for k in range(len(program.lines)):  # end with an earlier line
        if inputs + k != program.result:
            yield _with_program(claim, replace(program, result=inputs + k))
    for k in reversed(range(len(program.lines))):
        number = inputs + k
        for operand in program.lines[k].uses:  # leave the call out
            if np.shape(values[operand]) == np.shape(values[number]):
                yield _with_program(claim, _rerouted(program, number, Ref(operand)))
        if program.lines[k].uses and number != program.result:  # leave out what it depends on
            yield _with_program(claim, _rerouted(program, number, values[number]))
            yield from _begun_at(claim, number, values[number])


def _begun_at(claim: Claim, number: int, value: Any) -> Iterator[Claim]:
    """The claim with the result of a line in place of an input that is needed for nothing else."""
    program = _program(claim)
    cut = _rerouted(program, number, value).pruned()
    for n in cut.unused:
        if isinstance(value, np.ndarray | np.floating):
            xs = (*claim.xs[:n], value, *claim.xs[n + 1 :])
            yield _with_program(changed(claim, xs=xs), _rerouted(program, number, Ref(n)))


def _rerouted(program: StraightLine, number: int, other: object) -> StraightLine:
    """The program that uses something else in place of one of its values."""

    def line_with(line: Line) -> Line:
        operands = (other if isinstance(x, Ref) and x.number == number else x for x in line.operands)
        return replace(line, operands=tuple(operands))

    result = other.number if program.result == number and isinstance(other, Ref) else program.result
    return StraightLine(program.names, tuple(map(line_with, program.lines)), result)


def _with_program(claim: Claim, program: StraightLine) -> Claim:
    pruned = program.pruned()
    kept = [x for n, x in enumerate(claim.xs) if n not in pruned.unused]
    return changed(claim, f=pruned.without_inputs(pruned.unused), xs=tuple(kept), wrt=None)
