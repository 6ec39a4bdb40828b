"""Calls of PyTorch's functions with their graphs, for the clauses about these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from verify.adapters.foreign import Foreign
from verify.adapters.torch_saved import NODES, nodes
from verify.adapters.torch_tensors import pulled, recorded
from verify.contract.asking import Asking
from verify.contract.foreign_calls import FlatCall, flat_call, foreign_of
from verify.contract.steady import need_steady


@dataclass(frozen=True, eq=False)
class TorchGraph:
    """The results of a call with their graph, the leaves that ask for gradients, and the state that it left behind."""

    foreign: Foreign
    outputs: list[Any]
    leaves: list[Any]
    after: Any

    def pull(self, gs: Sequence[Any], *used: int) -> list[Any]:
        """The gradients of the leaves for cotangents of all results, or of those that are used alone."""
        outputs = [self.outputs[k] for k in used] if used else self.outputs
        with self.foreign.framework.restored(self.foreign.op, self.after):
            return pulled(outputs, self.leaves, gs)


def torch_call(asking: Asking, leaves: Sequence[Any] | None = None) -> FlatCall | None:
    """The call of PyTorch's function at leaves of the question (default: its point); None of any other claim.

    Raises NotAsked where one call cannot be compared with another, or the budget is used up.
    """
    foreign = foreign_of(asking, "torch")
    if foreign is None:
        return None
    need_steady(asking)
    asking.in_time()
    return flat_call(asking, foreign, leaves)


def graph_of(call: FlatCall, *asks: int) -> TorchGraph:
    """The graph of a call in which these tensors ask for gradients; without any, all do."""
    foreign, leaves = call.foreign, [x.detach().clone() for x in call.tensors]
    asking = [leaves[k].requires_grad_() for k in asks or range(len(leaves))]
    with foreign.still():
        outputs = recorded(call.function, leaves)
        after = foreign.framework.state(foreign.op)
    return TorchGraph(foreign, outputs, asking, after)


def rules_of(call: FlatCall) -> list[Any]:
    """The Functions of a user's that take part in a call, each once."""
    found = [getattr(type(node), "_forward_cls", None) for node in islice(nodes(graph_of(call).outputs), NODES)]
    return [owner for owner in dict.fromkeys(found) if owner is not None]
