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
from verify.arguments import entry_name
from verify.numbers.program import INPUT, Program, Refused
from verify.numbers.symbols import reachable
from verify.numbers.taken import Taken, taken, worded
from verify.numbers.ties import Rounding, within
from verify.question import Question

BRANCHES = 4  # branches told one by one


@dataclass(frozen=True)
class Remark:
    """One thing worth knowing about the point. kind: "nan", "outside", "edge", "kink" or "branch"."""

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


def branches(question: Question) -> list[Remark]:
    """The branches that Python code of f took, the nearest to its edge first: a finding speaks of no others.

    Empty where f was not recorded: whoever asked says why.
    """
    found = question.shared.get("program")
    if not isinstance(found, tuple):
        return []
    program = found[0]
    decided = taken(program)
    near = set(near_edge(question, program))
    texts = [_branch(question, program, branch, branch in near) for branch in decided[:BRANCHES]]
    if len(decided) > BRANCHES:
        texts.append(f"{len(decided) - BRANCHES} more decisions, each farther from its edge")
    return [Remark("branch", text) for text in texts]


def near_edge(question: Question, program: Program) -> list[Taken]:
    """The branches taken within rounding of their edge: in its own precision f may take the others."""
    asked = {branch: branch.pair(program) for branch in taken(program)}
    try:
        near = within(program, [pair for pair in asked.values() if pair is not None], rounding_of(question))
    except Refused:
        return []
    return [branch for branch, pair in asked.items() if pair in near]


def rounding_of(question: Question) -> Rounding:
    """What counts as near an edge for this question's dtype and bar."""
    return Rounding(question.roundoff, question.smallest, question.claim.units, question.claim.seed)


def _branch(question: Question, program: Program, branch: Taken, near: bool) -> str:
    condition = worded(program, branch.condition, question.entries) or "a condition of f"
    inputs = [n for n in reachable(program, [branch.condition]) if program.steps[n][0] is INPUT]
    values = [f"{question.entries[n]} = {question.point[n]:.6g}" for n in inputs]
    at = ", ".join(values) if len(values) <= 2 else "the point"
    where = f"{branch.distance:.2g} from its edge" if np.isfinite(branch.distance) else "no one comparison decides it"
    text = f"{condition} is {'taken' if branch.outcome else 'not taken'} at {at}, {where}"
    return text + ("; that is within rounding, where f may take the other branch" if near else "")


def _remarks(question: Question, node: Node, alive: np.ndarray) -> list[Remark]:
    op = node.op
    assert op is not None
    found = []
    if op.domain is not None:
        margin = np.broadcast_to(_off_the_cut(op.domain(*node.operands)), np.shape(node.primal))
        lost = ~np.isfinite(np.asarray(node.primal))  # log(0): no value, so no edge to stand on
        outside, edge = alive & (~(margin >= 0) | (margin == 0) & lost), alive & (margin == 0) & ~lost
        if outside.any():
            found.append(Remark("outside", _where(question, node, outside, f"{op.name} needs {op.needs}")))
        elif edge.any():
            found.append(Remark("edge", _where(question, node, edge, f"{op.name} is on the edge of {op.needs}")))
    if op.kinks is not None and not found:
        distance = np.asarray(op.kinks(*node.operands, **node.static))
        on = distance == 0
        on = on & alive if on.shape == alive.shape else on & alive.any()
        if on.any():
            found.append(Remark("kink", _where(question, node, on, f"{op.name} has a kink or tie")))
    return found


def _off_the_cut(margin: Any) -> np.ndarray:
    """What has to be positive; of a complex number the real line alone, below 0 of which the branch cuts lie."""
    margin = np.asarray(margin)
    if margin.dtype.kind != "c":
        return np.asarray(margin, dtype=float)
    return np.asarray(np.where(margin.imag == 0, margin.real, np.abs(margin)))


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
            return entry_name(name, index)
    return ""


def _alive(graph: Graph) -> list[tuple[Node, np.ndarray]]:
    """For each node which entries of its result reach an output through the selections made here."""
    alive: dict[Node, np.ndarray] = {}
    for node in graph.outputs:
        if node is not None:
            alive[node] = np.ones(np.shape(node.primal), dtype=bool)
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
    if op.family == "linear":  # an entry matters when its cotangent is not 0; weights that do not cancel
        weights = np.where(mask, np.random.default_rng(0).uniform(1, 2, mask.shape), 0.0)
        g = op.vjp(i, weights, node.primal, node.operands, node.static)
        return np.asarray(g != 0)
    return np.ones(shape, dtype=bool) if mask.any() else np.zeros(shape, dtype=bool)


def _unbroadcast(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    lead = mask.ndim - len(shape)
    mask = np.asarray(mask.any(axis=tuple(range(lead)))) if lead else mask
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and mask.shape[i] != 1)
    return np.asarray(mask.any(axis=axes, keepdims=True) if axes else mask)
