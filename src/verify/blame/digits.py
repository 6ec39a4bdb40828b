"""Where digits are lost in hand-written code: the operation whose result is far less accurate than its operands.

The code's own run over floats is recorded, and the same operations are done once more over balls, in the same order
and on the same branches: so the error of every intermediate is known. The operation where it jumps is a suspect. It is
named when the answer comes out right with that one result corrected and everything else as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.core import Graph, Node, ordered
from ad.dispatch import in_one_kind
from verify.blame.entries import Index, by_entry, entry, number, placed, shown
from verify.blame.lines import Run
from verify.blame.uses import short_name
from verify.finding import Explanation
from verify.numbers.ballarray import BallField
from verify.numbers.balls import plain, precision
from verify.numbers.deciding import Deadline
from verify.numbers.program import PRECISIONS, Refused

DOUBLE = 60  # bits of an intermediate that are enough to tell the error of a double
LEAST = 4.0  # the growth of an error below which an operation has lost nothing: it hands on what others lost
SUSPECTS = 6  # the largest jumps, each tried by a run of its own
CANCELS = ("add", "subtract")
CANCELLED = 2.0**-6  # of the larger operand: a smaller difference has lost 6 bits of it, and more is what is looked for
HEADER = ("operation", "line", "operands", "value", "exact")


@dataclass(frozen=True, eq=False)
class Suspect:
    """An operation, the entry of its result with the largest jump, and the factor by which the error grew there."""

    node: Node
    index: Index
    jump: float


def lost_digits(
    run: Run, output: Node, index: Index, right: Callable[[float], bool], roundoff: float, deadline: Deadline
) -> tuple[Explanation, ...]:
    """The explanation that names the operation at which an entry of an output has lost its digits; or none.

    Arguments
        run: of the code over floats. right: whether a number would be a right answer for that entry.
        roundoff: the unit roundoff of the floats.
    """
    exact = exactly(run.graph, output, index, deadline)
    for suspect in suspects(output, exact, roundoff):
        deadline.check()
        for at in dict.fromkeys((suspect.index, index)):  # one entry; if that is not enough, all of them
            alone = np.array(suspect.node.primal, dtype=float)
            if len(at) == alone.ndim and placed(at, alone.shape) == at:
                alone[at] = exact[suspect.node][at]
                if right(float(entry(corrected(output, suspect.node, alone), index))):
                    return (_explanation(run, Suspect(suspect.node, at, suspect.jump), exact, ""),)
        if right(float(entry(corrected(output, suspect.node, exact[suspect.node]), index))):
            return (_explanation(run, suspect, exact, ", at its worst entry"),)
    return ()


def exactly(graph: Graph, output: Node, index: Index, deadline: Deadline) -> dict[Node, np.ndarray]:
    """The values of all nodes before an output when nothing is rounded: float64, nan where one is not known.

    Raises Refused where the output itself is not known, or an operation has no meaning over balls.
    """
    for bits in PRECISIONS:
        deadline.check()
        with precision(bits):
            field = BallField(0, deadline)
            known: dict[Node, Any] = dict(
                zip(graph.inputs, field.inputs([n.primal for n in graph.inputs]), strict=True)
            )
            for node in ordered([output]):
                if node.op is not None:
                    operands = [
                        x if parent is None else known[parent]
                        for x, parent in zip(node.operands, node.parents, strict=True)
                    ]
                    known[node] = field.inputs([0.0])[0].like(node.op.fun(*in_one_kind(operands), **node.static))
            if _known(known[output].data[index]):
                return {node: _doubles(x.data, deadline) for node, x in known.items()}
    raise Refused("the code's exact value is not known")


def _known(ball: Any) -> bool:
    return bool(ball.is_finite()) and (ball.is_zero() or ball.rel_accuracy_bits() >= DOUBLE)


def _doubles(data: np.ndarray, deadline: Deadline) -> np.ndarray:
    deadline.check()
    found = np.array([plain(x, 0).high if _known(x) else np.nan for x in data.reshape(-1)], dtype=float)
    return found.reshape(data.shape)


def suspects(output: Node, exact: Mapping[Node, np.ndarray], roundoff: float) -> list[Suspect]:
    """The operations where the error grows, the largest jump first."""
    errors = {node: _error(node.primal, value) for node, value in exact.items()}
    found = []
    for node in ordered([output]):
        if node.op is None:
            continue
        before = np.full(np.shape(node.primal), roundoff)
        for parent in node.parents:
            if parent is not None:
                before = np.fmax(before, _spread(node, errors[parent]))
        with np.errstate(all="ignore"):
            jumps = np.nan_to_num(errors[node] / before, nan=0.0, posinf=np.finfo(float).max)
        if jumps.size:
            at = tuple(int(k) for k in np.unravel_index(int(np.argmax(jumps)), jumps.shape))
            found.append(Suspect(node, at, float(jumps[at])))
    return sorted((s for s in found if s.jump >= LEAST), key=lambda s: -s.jump)[:SUSPECTS]


def _error(value: Any, exact: np.ndarray) -> np.ndarray:
    """The relative error of every entry."""
    gap = np.abs(np.asarray(value, dtype=float) - exact)
    with np.errstate(all="ignore"):
        return np.where(gap == 0, 0.0, gap / np.abs(exact))


def _spread(node: Node, errors: np.ndarray) -> Any:
    """The errors of an operand at the entries of the result that are made of them."""
    if by_entry(node):
        return np.broadcast_to(errors, np.shape(node.primal))
    return np.max(errors, initial=0.0, where=~np.isnan(errors))


def corrected(output: Node, node: Node, value: np.ndarray) -> Any:
    """The output of the run over floats with one result replaced by what it should be."""
    old = np.asarray(node.primal)
    fixed = np.where(np.isnan(value), old, value).astype(old.dtype)
    changed: dict[Node, Any] = {node: fixed[()] if fixed.ndim == 0 else fixed}
    for after in ordered([output]):
        if after is not node and after.op is not None and any(parent in changed for parent in after.parents):
            pairs = zip(after.operands, after.parents, strict=True)
            operands = [changed.get(parent, x) if parent is not None else x for x, parent in pairs]
            changed[after] = after.op.fun(*operands, **after.static)
    return changed.get(output, output.primal)


# --- words


def _explanation(run: Run, suspect: Suspect, exact: Mapping[Node, np.ndarray], where: str) -> Explanation:
    node, index = suspect.node, suspect.index
    assert node.op is not None
    operands = [(x, placed(index, np.shape(x)) if by_entry(node) else None) for x in node.operands]
    listed = [shown(x, at) for x, at in operands]
    value, right = shown(node.primal, index), number(entry(exact[node], index))
    name = short_name(node)
    lost = f"{name}{run.at(node)} of {' and '.join(listed)} gives {value}, exact is {right}{where}"
    if node.op.name in CANCELS and _cancels(node, index):
        text = f"catastrophic cancellation: {lost}; the leading digits are equal, and what is left is rounding"
    else:
        text = f"digits are lost: {lost}; it multiplies the relative error of what it is given by {suspect.jump:.2g}"
    text += ". With that one result exact the answer would be right"
    row = (name, str(run.lines.get(node, "")), ", ".join(listed), value, right)
    return Explanation("lost digits", text, HEADER, (row,))


def _cancels(node: Node, index: Index) -> bool:
    sizes = [abs(float(entry(x, placed(index, np.shape(x)) or ()))) for x in node.operands]
    return bool(abs(float(entry(node.primal, index))) <= CANCELLED * max(sizes))
