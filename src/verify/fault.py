"""Which op of a user's own is to blame for a wrong answer of the engine: each is asked by itself, where f calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ad
from ad.core import Graph, Node
from verify.claim import Claim
from verify.finding import PointFinding
from verify.question import Question
from verify.single import IS_WRONG

ASKED = 8  # ops of a user's own that are asked, each once


def at_fault(question: Question, point: PointFinding, ask: Callable[[Claim], PointFinding]) -> tuple[str, ...]:
    """A note for each op of ``ad.custom`` whose rule is wrong by itself, where an answer of the engine's is wrong.

    ask: the finding of a claim at its point.
    """
    claim = question.claim
    if point.verdict not in IS_WRONG or claim.judged != "engine" or claim.engine != "ad" or hasattr(claim.f, "op"):
        return ()
    graph = ad.trace(lambda *values: question.origin.run(values), *question.origin.leaves)
    found = []
    for node in _own(graph):
        assert node.op is not None
        moving = tuple(i for i, parent in enumerate(node.parents) if parent is not None)
        alone = ask(Claim(node.op.fun, *node.operands, kwargs=node.static, wrt=moving, seed=claim.seed))
        if alone.verdict in IS_WRONG:
            at = ", ".join(f"{name} = {value}" for name, value in alone.at.items())
            found.append(f"the rule of {node.op.name} by itself is {alone.verdict.name} at {at:.120}: {alone.reason}")
    return tuple(found)


def _own(graph: Graph) -> Iterator[Node]:
    """The first use of every op that goes with its function, not with the table."""
    seen: dict[Any, Node] = {}
    for node in graph.nodes:
        if node.op is not None and getattr(node.op.fun, "op", None) is node.op:
            seen.setdefault(node.op, node)
    yield from list(seen.values())[:ASKED]
