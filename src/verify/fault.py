"""Which op of a user's own is to blame for a wrong answer of the engine: each is asked by itself, where f calls it."""

from __future__ import annotations

from collections.abc import Callable

from verify.claim import Claim
from verify.contract.ops import moving, own_ops
from verify.finding import PointFinding
from verify.question import Question
from verify.single import IS_WRONG


def at_fault(question: Question, point: PointFinding, ask: Callable[[Claim], PointFinding]) -> tuple[str, ...]:
    """A note for each op of ``ad.custom`` whose rule is wrong by itself, where an answer of the engine's is wrong.

    ask: the finding of a claim at its point.
    """
    claim = question.claim
    if point.verdict not in IS_WRONG or claim.judged != "engine" or claim.engine != "ad" or hasattr(claim.f, "op"):
        return ()
    found = []
    for node in own_ops(question):
        assert node.op is not None
        alone = ask(Claim(node.op.fun, *node.operands, kwargs=node.static, wrt=moving(node), seed=claim.seed))
        if alone.verdict in IS_WRONG:
            at = ", ".join(f"{name} = {value}" for name, value in alone.at.items())
            found.append(f"the rule of {node.op.name} by itself is {alone.verdict.name} at {at:.120}: {alone.reason}")
    return tuple(found)
