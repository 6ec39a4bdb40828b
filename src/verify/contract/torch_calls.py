"""A function of PyTorch's as the clauses about its graph call it: flat, at the point, with the seed as tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten
from verify.adapters.foreign import Foreign
from verify.adapters.framework import Flat
from verify.adapters.torch_tensors import nodes, pulled, recorded
from verify.contract.asking import Asking, NotAsked
from verify.contract.steady import need_steady
from verify.parts import duals_in_parts, duals_whole, whole
from verify.subject import boxed


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


@dataclass(frozen=True, eq=False)
class TorchCall:
    """A function over the tensors that are differentiated, these tensors, their names, and a cotangent.

    seed: one array for each result, in the engine's convention.
    """

    foreign: Foreign
    function: Flat
    tensors: tuple[Any, ...]
    names: tuple[str, ...]
    seed: tuple[np.ndarray, ...]

    def graph(self, *asks: int) -> TorchGraph:
        """The graph of a call in which these tensors ask for gradients; without any, all do."""
        leaves = [x.detach().clone() for x in self.tensors]
        for k in asks or range(len(leaves)):
            leaves[k].requires_grad_()
        foreign = self.foreign
        with foreign.still():
            outputs = recorded(self.function, leaves)
            after = foreign.framework.state(foreign.op)
        return TorchGraph(foreign, outputs, [leaves[k] for k in asks or range(len(leaves))], after)

    def cotangents(self, outputs: Sequence[Any]) -> list[Any]:
        """The seed as tensors of the results' dtypes, on their devices."""
        cast = [np.array(g).astype(self.array(y).dtype) for g, y in zip(self.seed, outputs, strict=True)]
        return [self.foreign.framework.tensor(g, y) for g, y in zip(cast, outputs, strict=True)]

    def rules(self) -> list[Any]:
        """The Functions of a user's that take part, each once."""
        found = [getattr(type(node), "_forward_cls", None) for node in nodes(self.graph().outputs)]
        return [owner for owner in dict.fromkeys(found) if owner is not None]

    def array(self, x: Any) -> np.ndarray:
        return np.asarray(self.foreign.framework.array(x))

    def arrays(self, found: Sequence[Any]) -> list[np.ndarray]:
        """Gradients as the arrays of an answer."""
        gradients = self.foreign.gradients([self.array(x) for x in found])
        return [np.asarray(x) for x in flatten(duals_in_parts(gradients))[1]]


def torch_call(asking: Asking, leaves: Sequence[Any] | None = None) -> TorchCall | None:
    """The call of PyTorch's function at leaves of the question (default: its point); None of any other claim.

    Raises NotAsked where one call cannot be compared with another, or the budget is used up.
    """
    foreign, question = asking.claim.foreign, asking.question
    if foreign is None or foreign.framework.name != "torch" or asking.form != "pair":
        return None
    need_steady(asking)
    asking.in_time()
    call = foreign.call(whole(question.place(question.leaves if leaves is None else leaves)), asking.claim.kwargs)
    function, tensors = call.over(call.tensors)
    seed = tuple(np.asarray(g) for g in flatten(duals_whole(boxed(question, asking.fresh_seed())))[1])
    return TorchCall(foreign, function, tensors, foreign.names, seed)


def raised(attempt: Callable[[], Any]) -> tuple[Any, str]:
    """What an attempt returns, and "" or what it raised, in one line."""
    try:
        return attempt(), ""
    except NotAsked:
        raise
    except Exception as problem:  # code of users, asked as its framework would
        return None, said(problem)


def said(problem: Exception) -> str:
    """An exception in one line."""
    return f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}"
