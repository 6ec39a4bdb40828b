"""The backward sweep once more, with all that the engine forgets: what each operation was given and passed on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ad.core import Graph, Node, Op, seeds
from ad.dispatch import shown


@dataclass(frozen=True, eq=False)
class Use:
    """One operation met by the sweep: the whole cotangent that it was given, and what it passed on to each operand."""

    node: Node
    g: Any
    parts: dict[int, Any]

    @property
    def op(self) -> Op:
        assert self.node.op is not None
        return self.node.op


def sweep(graph: Graph, cotangents: Sequence[Any]) -> Iterator[Use]:
    """The uses of the engine's backward sweep, in its order, one rule after the other; raises what a rule raises."""
    pending = seeds(graph.outputs, cotangents)
    for node in reversed(graph.computed):
        if node.op is None or node not in pending:
            continue
        g, parts = pending[node], {}
        for i, parent in enumerate(node.parents):
            if parent is not None:
                part = parts[i] = node.op.vjp(i, g, node.primal, node.operands, node.static)
                pending[parent] = pending[parent] + part if parent in pending else part
        yield Use(node, g, parts)


def short_name(node: Node) -> str:
    """The name of an operation: np.exp; of a user's own that of its function, without its module."""
    assert node.op is not None
    name = shown(node.op)
    return name if name.startswith("np.") else name.rpartition(".")[2]


def operand_names(op: Op, operands: int) -> list[str]:
    """How the operands of an op are called: as its function or its mathematics does."""
    exact = _parameters(op.exact)
    for found in (exact[1:], _parameters(op.fun)):
        if len(found) >= operands and len(set(found[:operands])) == operands:
            return found[:operands]
    return ["x"] if operands == 1 else [f"x{i}" for i in range(operands)]


def _parameters(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
