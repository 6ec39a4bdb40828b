"""How far an exact derivative moves when everything that is rounded moves: on whole arrays, in floating point.

To first order, and on the frozen branch: along the reference's own tape every input, every result of an operation,
every cotangent and every adjoint product is scaled by 1 +- t, and the derivative by t is pushed through the forward
and the backward pass. Slopes stay exact, so that a poor formula for a slope is not excused. A long sum is nudged
once more, by as much as its partial sums round. Only the size matters, so float64 does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import ad
from ad.core import Graph, Node
from verify.numbers.gradient import movement
from verify.numbers.program import Refused
from verify.numbers.recorded import PATTERNS, recorded
from verify.question import Question


def movement_of(question: Question) -> np.ndarray:
    """How far the exact derivatives move per unit of rounding, shape (rows, entries); worked out once.

    By the recorded program in exact arithmetic; for functions too large to record, on whole arrays.
    Raises Refused where neither can be had.
    """
    found = question.shared.get("movement")
    if found is None:
        try:
            program, rows = recorded(question)
            found = movement(program, rows, PATTERNS, question.claim.seed)
        except Refused as refused:
            found = _on_arrays(question, refused)
        if np.isnan(found).any():
            raise Refused("how far rounding moves the derivative is not a number in its arithmetic")
        question.shared["movement"] = found
    return np.asarray(found)


def _on_arrays(question: Question, refused: Refused) -> np.ndarray:
    try:
        return array_movement(question)
    except Exception:  # a function that cannot be traced: the first refusal says why
        raise refused from None


def array_movement(question: Question) -> np.ndarray:
    """The movement of every entry of every row, per unit of relative change: float64, shape (rows, entries).

    Raises what the function raises when it is traced.
    """
    graph = ad.trace(lambda *values: question.run(values), *[np.asarray(x, dtype=float) for x in question.leaves])
    rng = np.random.default_rng(question.claim.seed)
    total = np.zeros(question.shape)
    with np.errstate(all="ignore"):
        for _ in range(PATTERNS):
            moved = _values_moved(graph, rng)
            rows = [_row_moved(graph, moved, cotangent, rng) for cotangent in question.cotangents]
            total = np.hypot(total, question.rows(rows))
    return np.asarray(total / np.sqrt(PATTERNS))


def _signs(rng: np.random.Generator, like: Any) -> np.ndarray:
    return np.asarray(rng.choice([-1.0, 1.0], np.shape(like)))


def _values_moved(graph: Graph, rng: np.random.Generator) -> dict[Node, Any]:
    """The derivative by t of every node's value."""
    moved: dict[Node, Any] = {}
    for node in graph.nodes:
        change = _signs(rng, node.value) * node.value
        if node.op is not None:
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    change = change + node.op.jvp(i, moved[parent], node.value, node.operands, node.static)
            change = change + _signs(rng, node.value) * partial_sums(node)
        moved[node] = change
    return moved


def partial_sums(node: Node) -> Any:
    """The root of the sum of squared partial sums of a sum, by which its additions round; 0 for other operations."""
    if node.op is None or node.op.name != "sum":
        return 0.0
    axis = node.static["axis"]
    x = np.asarray(node.operands[0], dtype=float)
    axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in np.atleast_1d(axis))
    rest = [n for i, n in enumerate(x.shape) if i not in axes]
    flat = np.moveaxis(x, axes, tuple(range(len(axes)))).reshape(-1, *rest)
    rounding: np.ndarray = np.sqrt(np.sum(np.cumsum(flat, axis=0) ** 2, axis=0))
    return rounding.reshape(np.shape(node.value))


def _row_moved(
    graph: Graph, moved: dict[Node, Any], cotangent: Sequence[np.ndarray], rng: np.random.Generator
) -> list[Any]:
    """The derivative by t of one row of the reverse pass."""
    adjoints: dict[Node, tuple[Any, Any]] = {}
    for node, g in zip(graph.outputs, cotangent, strict=True):
        if node is not None:
            _add(adjoints, node, np.asarray(g, dtype=float), _signs(rng, g) * g)
    for node in reversed(graph.nodes):
        if node.op is None or node not in adjoints:
            continue
        g, change = adjoints.pop(node)
        for i, parent in enumerate(node.parents):
            if parent is not None:
                product, by_slope = _pulled(node, i, g, moved)
                along = node.op.vjp(i, change, node.value, node.operands, node.static)
                _add(adjoints, parent, product, along + by_slope + _signs(rng, product) * product)
    return [adjoints[node][1] if node in adjoints else np.zeros(np.shape(node.value)) for node in graph.inputs]


def _pulled(node: Node, i: int, g: Any, moved: dict[Node, Any]) -> tuple[Any, Any]:
    """The adjoint product of operand i, and its derivative through the slope's own arguments."""
    op = node.op
    assert op is not None
    movable = [k for k, parent in enumerate(node.parents) if parent is not None]

    def product(y: Any, *values: Any) -> Any:
        operands = list(node.operands)
        for k, value in zip(movable, values, strict=True):
            operands[k] = value
        return op.vjp(i, g, y, tuple(operands), node.static)

    values = (node.value, *[node.operands[k] for k in movable])
    tangents = (moved[node], *[moved[node.parents[k]] for k in movable])  # type: ignore[index]
    found: tuple[Any, Any] = ad.jvp(product, values, tangents)
    return found


def _add(adjoints: dict[Node, tuple[Any, Any]], node: Node, g: Any, change: Any) -> None:
    before = adjoints.get(node)
    adjoints[node] = (g, change) if before is None else (before[0] + g, before[1] + change)
