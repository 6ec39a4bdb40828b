"""Decisions within rounding of their edge in functions too large to record: found and turned on whole arrays.

The function is traced in float64, which is exact enough beside float32 and 16 bits. Where the two numbers that a
maximum, an absolute value or a reduction to an extreme compares are nearer than rounding moves them, the reverse pass
is run again with the two exchanged: what changes is what the other side would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.core import Graph, Node
from ad.declare import like
from verify.movement import Sweep, nudges_of, traced
from verify.nudges import PATTERNS
from verify.question import Question

Pair = Callable[[Sequence[Any]], tuple[Any, Any]]  # operands, or their changes, to the two numbers of every decision


@dataclass(frozen=True, eq=False)
class Flip:
    """One decision: the entry of a node's result that it makes, how far apart its numbers are, and what is allowed."""

    node: Node
    index: tuple[int, ...]
    distance: float
    allowed: float


@dataclass(frozen=True, eq=False)
class Turned:
    """A traced function whose decisions can be turned."""

    question: Question
    graph: Graph

    def gradient(self, flips: Sequence[Flip] = ()) -> np.ndarray:
        """The derivatives with some decisions turned: float64, shape (rows, entries)."""
        masks: dict[Node, np.ndarray] = {}
        for flip in flips:
            masks.setdefault(flip.node, np.zeros(np.shape(flip.node.primal), dtype=bool))[flip.index] = True
        operands = {node: _TURNING[_name(node)](node, mask) for node, mask in masks.items()}
        with np.errstate(all="ignore"):
            return self.question.rows([self._row(g, operands) for g in self.question.cotangents])

    def _row(self, cotangent: Sequence[Any], operands: Mapping[Node, Sequence[Any]]) -> list[Any]:
        pending: dict[Node, Any] = {}
        for node, g in zip(self.graph.outputs, cotangent, strict=True):
            if node is not None:
                pending[node] = pending.get(node, 0.0) + np.asarray(g, dtype=float)
        for node in reversed(self.graph.nodes):
            if node.op is None or node not in pending:
                continue
            g, xs = pending.pop(node), operands.get(node, node.operands)
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    product = like(node.op.vjp(i, g, node.primal, tuple(xs), node.static), node.operands[i])
                    pending[parent] = pending.get(parent, 0.0) + product
        return [pending.get(node, np.zeros(np.shape(node.primal))) for node in self.graph.inputs]


def turnable(question: Question) -> tuple[Turned, list[Flip]]:
    """The function, and its decisions within rounding of their edge, the nearest to it first.

    Raises what the function raises when it is traced.
    """
    graph = traced(question)
    sweep = Sweep(graph, question)
    real = [node for node in graph.nodes if not any(map(np.iscomplexobj, node.operands))]  # |z| has no other branch
    pairs = {node: _PAIRS[_name(node)](node) for node in real if _name(node) in _PAIRS}
    moved: dict[Node, Any] = dict.fromkeys(pairs, 0.0)
    with np.errstate(all="ignore"):
        for pattern in range(PATTERNS if pairs else 0):
            changes = sweep.values_moved(nudges_of(question, pattern))
            for node, pair in pairs.items():
                p, q = pair([_change(changes, node, k) for k in range(len(node.operands))])
                moved[node] = np.hypot(moved[node], np.broadcast_to(p - q, np.shape(node.primal)))
        found = [flip for node, pair in pairs.items() for flip in _near(question, node, pair, moved[node])]
    return Turned(question, graph), sorted(found, key=lambda flip: flip.distance / flip.allowed)


def _near(question: Question, node: Node, pair: Pair, moved: Any) -> list[Flip]:
    shape = np.shape(node.primal)
    p, q = (np.broadcast_to(np.asarray(x, dtype=float), shape) for x in pair(node.operands))
    size = np.abs(p) + np.abs(q) + moved / np.sqrt(PATTERNS)
    allowed = question.claim.units * (question.roundoff * size + question.smallest)
    distance = np.abs(p - q)
    places = np.argwhere((distance <= allowed) & (distance > 0))
    return [Flip(node, i, float(distance[i]), float(allowed[i])) for i in map(tuple, places.tolist())]


def _name(node: Node) -> str:
    return "" if node.op is None else node.op.name


def _change(changes: Mapping[Node, Any], node: Node, k: int) -> Any:
    parent = node.parents[k]
    return np.zeros(np.shape(node.operands[k])) if parent is None else changes[parent]


# --- what is compared, and how the two are exchanged


def _two(node: Node) -> Pair:
    return lambda operands: (operands[0], operands[1])


def _with_zero(node: Node) -> Pair:
    return lambda operands: (operands[0], np.zeros(np.shape(operands[0])))


def _best_two(node: Node) -> Pair:
    """The extreme of every lane and the next one, as places found by value."""
    first, second = _places(node)

    def pair(operands: Sequence[Any]) -> tuple[Any, Any]:
        lanes = _lanes(node, np.asarray(operands[0], dtype=float))
        shape = np.shape(node.primal)
        return tuple(np.take_along_axis(lanes, k, -1).reshape(shape) for k in (first, second))  # type: ignore[return-value]

    return pair


def _places(node: Node) -> tuple[np.ndarray, np.ndarray]:
    lanes = _lanes(node, np.asarray(node.operands[0], dtype=float))
    order = np.argsort(lanes if _name(node) == "min" else -lanes, axis=-1, kind="stable")
    return order[..., :1], order[..., min(1, order.shape[-1] - 1) :][..., :1]


def _lanes(node: Node, x: np.ndarray) -> np.ndarray:
    """The operand of a reduction with the reduced axes as one, at the end."""
    axes = _axes(node, x.ndim)
    rest = [n for i, n in enumerate(x.shape) if i not in axes]
    return np.moveaxis(x, axes, tuple(range(-len(axes), 0))).reshape(*rest, -1)


def _axes(node: Node, ndim: int) -> tuple[int, ...]:
    axis = node.static["axis"]
    return tuple(range(ndim)) if axis is None else tuple(int(a) % ndim for a in np.atleast_1d(axis))


def _exchanged(node: Node, mask: np.ndarray) -> list[Any]:
    a, b = (np.broadcast_to(x, mask.shape) for x in node.operands)
    return [np.where(mask, b, a), np.where(mask, a, b)]


def _negated(node: Node, mask: np.ndarray) -> list[Any]:
    x = np.asarray(node.operands[0])
    return [np.where(mask, -x, x)]


def _lanes_exchanged(node: Node, mask: np.ndarray) -> list[Any]:
    x = np.asarray(node.operands[0], dtype=float)
    lanes, (first, second) = _lanes(node, x).copy(), _places(node)
    chosen = mask.reshape(first.shape)
    best, next_best = (np.take_along_axis(lanes, k, -1) for k in (first, second))
    np.put_along_axis(lanes, first, np.where(chosen, next_best, best), -1)
    np.put_along_axis(lanes, second, np.where(chosen, best, next_best), -1)
    axes = _axes(node, x.ndim)
    moved = np.moveaxis(x, axes, tuple(range(-len(axes), 0))).shape
    return [np.moveaxis(lanes.reshape(moved), tuple(range(-len(axes), 0)), axes)]


_PAIRS: dict[str, Callable[[Node], Pair]] = {
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin"), _two),
    **dict.fromkeys(("absolute", "fabs"), _with_zero),
    **dict.fromkeys(("max", "min"), _best_two),
}
_TURNING: dict[str, Callable[[Node, np.ndarray], list[Any]]] = {
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin"), _exchanged),
    **dict.fromkeys(("absolute", "fabs"), _negated),
    **dict.fromkeys(("max", "min"), _lanes_exchanged),
}
