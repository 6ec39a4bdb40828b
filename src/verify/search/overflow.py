"""Whether a point is within the reach of floating point: nothing on the way of f and of its derivative is lost.

Facts
    A function of finite value may overflow inside, and so may its derivative where the function does not: x/y**2 for
    y = 1e200. What such code answers there says nothing of the formula behind it, and who has no use for numbers of
    that size has no use for the verdict. An answer is held responsible where the engine's own pass, forward and
    backward, stays within the range: then it can be done.
    A rule of a user's own is part of that backward pass, and must not excuse itself: there the forward pass decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ad
from ad.core import Graph, Node
from ad.userop import is_custom
from verify import subject as subjects
from verify.question import Question

PRODUCTS = ("multiply", "divide", "power", "float_power", "square", "reciprocal")  # a factor is lost with their result


def within_reach(question: Question) -> bool:
    """Whether nothing overflows, and no product underflows, on the way of f and of the engine's reverse pass.

    True where f cannot be traced: nobody knows better then.
    """
    question = question.origin
    least = min(np.finfo(x.dtype).tiny if x.dtype.kind == "f" else 0.0 for x in map(np.asarray, question.reference))
    graph = _traced(question.run, question)
    if graph is None or _leaves(graph, least):
        return graph is None
    if any(is_custom(node.op) for node in graph.nodes if node.op is not None):
        return True
    backward = _traced(lambda xs: _flat(subjects.engine_rows(question, xs)), question)
    return backward is None or not _leaves(backward, least)


def _traced(function: Callable[[Sequence[Any]], Any], question: Question) -> Graph | None:
    try:
        return ad.trace(lambda *xs: function(xs), *question.reference)
    except Exception:  # f is not NumPy throughout, or an op has no rule
        return None


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [part for row in rows for part in row]


def _leaves(graph: Graph, least: float) -> bool:
    """Whether a value of the graph leaves the range although what it was computed from is in it."""
    return any(_left(node, least) for node in graph.nodes if node.op is not None)


def _left(node: Node, least: float) -> bool:
    value = np.asarray(node.primal)
    if value.dtype.kind != "f" or not value.size:
        return False
    products = node.op is not None and node.op.name in PRODUCTS
    lost = np.isinf(value) | (np.abs(value) < least) if products else np.isinf(value)
    if not lost.any():
        return False
    inside = [np.asarray(x) for x in node.operands if np.asarray(x).dtype.kind in "fiu"]
    if node.op is not None and node.op.family == "elementwise":
        for x in inside:
            lost = lost & np.isfinite(x) & (x != 0)  # 1/0 is a pole, and 0 times anything is 0
        return bool(lost.any())
    return all(np.isfinite(x).all() for x in inside)
