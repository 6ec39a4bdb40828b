"""What the op table knows of a point before any oracle is asked: outside a domain, on its edge, on a kink.

The margins of the entries are evaluated on the values that the traced function computed. Lanes that a
selection (np.where, np.maximum) leaves out do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import ad
from ad.core import Graph, Node
from verify.question import Question


@dataclass(frozen=True)
class Remark:
    """One thing worth knowing about the point. kind: "nan", "outside", "edge" or "kink"."""

    kind: str
    text: str


def survey(question: Question) -> list[Remark]:
    """Remarks on the point, the most serious first; empty when it lies well inside a smooth branch.

    Returns nothing when the function cannot be traced: the oracles then say why.
    """
    for entry, value in zip(question.entries, question.point, strict=True):
        if not np.isfinite(value):
            return [Remark("nan", f"the input {entry} is {value}")]
    try:
        with np.errstate(all="ignore"):
            graph = ad.trace(lambda *values: question.run(values), *question.reference)
            found = [remark for node, alive in _alive(graph) for remark in _remarks(question, node, alive)]
    except Exception:
        return []  # e.g. a function that is not NumPy throughout
    order = ("outside", "edge", "kink")
    return sorted(found, key=lambda remark: order.index(remark.kind))


def _remarks(question: Question, node: Node, alive: np.ndarray) -> list[Remark]:
    op = node.op
    assert op is not None
    found = []
    if op.domain is not None:
        margin = np.broadcast_to(np.asarray(op.domain(*node.operands), dtype=float), np.shape(node.value))
        lost = ~np.isfinite(np.asarray(node.value, dtype=float))  # log(0): no value, so no edge to stand on
        outside, edge = alive & (~(margin >= 0) | (margin == 0) & lost), alive & (margin == 0) & ~lost
        if outside.any():
            found.append(Remark("outside", _where(question, node, outside, f"{op.name} needs {op.needs}")))
        elif edge.any():
            found.append(Remark("edge", _where(question, node, edge, f"{op.name} is on the edge of {op.needs}")))
    if op.kinks is not None and not found:
        distance = np.asarray(op.kinks(*node.operands, **node.static), dtype=float)
        on = distance == 0
        on = on & alive if on.shape == alive.shape else on & alive.any()
        if on.any():
            found.append(Remark("kink", _where(question, node, on, f"{op.name} has a kink or tie")))
    return found


def _where(question: Question, node: Node, mask: np.ndarray, says: str) -> str:
    """The remark with the place and the values of the first entry it holds for."""
    index = tuple(int(i) for i in np.argwhere(mask)[0]) if mask.ndim else ()
    values = ", ".join(_shown(x, index, np.shape(mask)) for x in node.operands)
    name = _input_name(question, node, index)
    at = f"; {name} = {values}" if name else f"; its argument is {values}"
    return says + at


def _shown(x: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> str:
    x = np.asarray(x)
    try:
        return repr(np.broadcast_to(x, shape)[index].item()).removesuffix(".0")
    except ValueError:
        return f"an array of shape {x.shape}"


def _input_name(question: Question, node: Node, index: tuple[int, ...]) -> str:
    """The input's name when the op is applied to an input directly."""
    if len(node.operands) != 1 or node.parents[0] is None or node.parents[0].op is not None:
        return ""
    for name, leaf in zip(question.names, question.reference, strict=True):
        if leaf is node.operands[0]:
            return f"{name}[{', '.join(map(str, index))}]" if index else name
    return ""


def _alive(graph: Graph) -> list[tuple[Node, np.ndarray]]:
    """For each node which entries of its result reach an output through the selections made here."""
    alive: dict[Node, np.ndarray] = {}
    for node in graph.outputs:
        if node is not None:
            alive[node] = np.ones(np.shape(node.value), dtype=bool)
    found = []
    for node in reversed(graph.nodes):
        mask = alive.get(node)
        if mask is None or node.op is None:
            continue
        found.append((node, mask))
        for i, parent in enumerate(node.parents):
            if parent is not None:
                reached = _reached(node, i, mask)
                alive[parent] = alive[parent] | reached if parent in alive else reached
    return found[::-1]


def _reached(node: Node, i: int, mask: np.ndarray) -> np.ndarray:
    """Which entries of operand i matter, given which entries of the result do."""
    op = node.op
    assert op is not None
    shape = np.shape(node.operands[i])
    if op.family == "elementwise":
        if op.selects is not None:
            mask = mask & np.broadcast_to(np.asarray(op.selects(*node.operands)[i], dtype=bool), mask.shape)
        return _unbroadcast(mask, shape)
    if op.family == "linear":  # non-negative weights: an entry matters when its cotangent is not 0
        g = op.vjp(i, mask.astype(float), node.value, node.operands, node.static)
        return np.asarray(g != 0)
    return np.ones(shape, dtype=bool) if mask.any() else np.zeros(shape, dtype=bool)


def _unbroadcast(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    lead = mask.ndim - len(shape)
    mask = np.asarray(mask.any(axis=tuple(range(lead)))) if lead else mask
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and mask.shape[i] != 1)
    return np.asarray(mask.any(axis=axes, keepdims=True) if axes else mask)
