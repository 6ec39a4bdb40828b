"""Ops of a user's own in a function: which there are, and each as a claim about its own rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ad
from ad.core import Node, Op
from ad.userop import Static, is_custom
from verify.claim import Claim
from verify.question import Question, fresh

ASKED = 8  # ops of a user's own that are asked, each once


def own_ops(question: Question) -> list[Node]:
    """The first use of every op of ``ad.custom`` in f, at most 8; [] where f cannot be traced."""
    try:
        graph = ad.trace(lambda *values: question.origin.run(values), *map(fresh, question.origin.leaves))
    except Exception:
        return []
    seen: dict[Any, Node] = {}
    for node in graph.nodes:
        if node.op is not None and is_custom(node.op):
            seen.setdefault(node.op, node)
    return list(seen.values())[:ASKED]


def name_of(node: Node) -> str:
    """The name of the op that was applied."""
    return node.op.name if node.op is not None else ""


def moving(node: Node) -> tuple[int, ...]:
    """The positions of the operands that are differentiated."""
    return tuple(i for i, parent in enumerate(node.parents) if parent is not None)


def rule_of(node: Node, claim: Claim) -> Claim:
    """The claim that the op's rule is the derivative of its function, where f calls it."""
    assert node.op is not None
    return Claim(
        node.op.fun, *node.operands, kwargs=node.static, wrt=moving(node), units=claim.units, roundoff=claim.roundoff,
        budget=claim.budget, seed=claim.seed, vjp=_vjp(node.op, moving(node)),
    )  # fmt: skip


def _vjp(op: Op, operands: tuple[int, ...]) -> Callable[..., Any]:
    """An op's rule in the form of a claim."""

    def vjp(g: Any, y: Any, *xs: Any, **static: Any) -> tuple[Any, ...]:
        given = Static(static)  # so that one call of a user's rule serves all operands
        return tuple(op.vjp(i, g, y, xs, given) for i in operands)

    return vjp
