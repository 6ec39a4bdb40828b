"""An operation asked by itself: the claim that its rule is right where a sweep met it, and what it got wrong there."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.core import Node
from ad.variable import applied
from verify import subject as subjects
from verify.blame.uses import Use, operand_names
from verify.claim import Claim, Estimate
from verify.judge import judge
from verify.movement import movement_of
from verify.oracles import series, symbolic
from verify.question import Question, prepare

Tangents = Mapping[Node, Any]

# What of an operation is judged: its vjp, its jvp, and the derivative of its vjp along tangents.
VJP, JVP, SECOND = "derivative", "tangent", "second derivative"
EXACT = (symbolic, series)  # the witnesses of an operation whose exact derivative is known
FAR = 1e6  # units without any movement from which an answer is asked in full at once


@dataclass(frozen=True)
class Mistake:
    """What an operation passed on to one argument, at its worst entry; of a tangent the argument is ''."""

    input: str
    argument: str
    value: float
    expected: float
    got: float


def claim_of(use: Use, what: str, cotangent: Any, tangents: Tangents, **claim: Any) -> Claim:
    """The claim that an operation's own rule is right, at the operands of a use.

    Arguments
        what: VJP, JVP or SECOND. cotangent: of the result. tangents: of all nodes, unless it is a VJP.
        claim: further arguments of the Claim.
    """
    node, op = use.node, use.op
    moving = list(use.parts)
    names = operand_names(op, len(node.operands))

    def placed(xs: Sequence[Any]) -> tuple[Any, ...]:
        operands = list(node.operands)
        for i, x in zip(moving, xs, strict=True):
            operands[i] = x
        return tuple(operands)

    def static() -> dict[str, Any]:
        return type(node.static)(node.static)  # a rule may keep what it answered in the one of a call

    def operation(*xs: Any) -> Any:
        return applied(op, op.fun, placed(xs), static())

    def vjp(g: Any, y: Any, *xs: Any) -> tuple[Any, ...]:
        operands, kept = placed(xs), static()
        return tuple(op.vjp(i, g, y, operands, kept) for i in moving)

    def jvp(ts: Any, *xs: Any) -> Any:
        operands, kept = placed(xs), static()
        y = op.fun(*operands, **kept)
        given = (ts,) if len(moving) == 1 else ts
        parts = [op.jvp(i, t, y, operands, kept) for i, t in zip(moving, given, strict=True)]
        return functools.reduce(operator.add, parts)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(names[i], kind) for i in moving])
    operation.__signature__ = signature  # type: ignore[attr-defined]
    operation.__name__ = op.name
    asked: dict[str, Any] = {"jvp": jvp} if what == JVP else {"vjp": vjp, "cotangent": cotangent}
    if what != VJP:
        asked["tangent"] = tuple(_tangent(node, i, tangents) for i in moving)
    order = 2 if what == SECOND else 1
    return Claim(operation, *[node.operands[i] for i in moving], order=order, id=op.name, **asked, **claim)


def _tangent(node: Node, i: int, tangents: Tangents) -> Any:
    parent = node.parents[i]
    found = None if parent is None else tangents.get(parent)
    return np.zeros_like(node.operands[i]) if found is None else found


def mistakes_of(use: Use, what: str, claim: Claim, final: bool) -> tuple[Mistake, ...] | None:
    """What the operation got wrong, at the worst entry of every argument; None where no exact derivative is known.

    final: nobody judges it again. Else how far rounding may move the truth is worked out for what is near to it alone.
    """
    question = prepare(claim)
    answers = (oracle(question) for oracle in EXACT)
    truth = next((x for x in answers if isinstance(x, Estimate)), None)
    if truth is None:
        return None
    answer = question.rows([list(use.parts.values())]) if what == VJP else subjects.answer(question)
    u, eta, bar = question.roundoff, question.smallest, question.claim.units
    result = judge(answer, truth, u, eta, bar, None, question.largest)
    if final or not np.any(result.units > FAR):
        result = judge(answer, truth, u, eta, bar, lambda: movement_of(question), question.largest)
    badness = np.where(result.inside, -1.0, np.where(np.isnan(result.units), np.inf, result.units))
    return _worst_of_each(question, answer, truth.value, badness)


def _worst_of_each(
    question: Question, answer: np.ndarray, truth: np.ndarray, badness: np.ndarray
) -> tuple[Mistake, ...]:
    """The worst entry of every leaf with one outside, the worst leaf first; badness is -1 inside."""
    found, start = [], 0
    for name, leaf in zip(question.names, question.leaves, strict=True):
        part = badness[:, start : start + np.size(leaf)]
        if part.size and np.max(part) >= 0:
            row, column = (int(k) for k in np.unravel_index(int(np.argmax(part)), part.shape))
            column += start
            argument = "" if question.claim.judged == "jvp" else question.entries[column]
            numbers = question.point[column], float(truth[row, column]), float(answer[row, column])
            found.append((float(np.max(part)), Mistake(name, argument, *numbers)))
        start += np.size(leaf)
    return tuple(mistake for _, mistake in sorted(found, key=lambda pair: -pair[0]))
