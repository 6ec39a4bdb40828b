"""How far an exact derivative moves when everything that is rounded moves: on whole arrays, in floating point.

To first order, and on the frozen branch: along the reference's own tape every input, every result of an operation,
every cotangent and every adjoint product is scaled by 1 +- t, and the derivative by t is pushed through the forward
and the backward pass. Slopes stay exact, so that a poor formula for a slope is not excused. What a reduction adds up,
forward or backward, is nudged once more, by as much as its partial sums round. Only the size matters, so float64 does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import ad
from ad.containers import flatten
from ad.core import Graph, Node
from verify.formats import FORMATS
from verify.nudges import PATTERNS, Nudges
from verify.numbers.elimination import LINEAR
from verify.numbers.nudged import movement
from verify.numbers.program import STOP, Refused
from verify.numbers.recorded import recorded
from verify.question import Question
from verify.reductions import partial_sums

Part = tuple[Any, Any, Any]  # an adjoint, its derivative by t, and the size of what it is the sum of
CANCELLED = 2.0**-44  # of the sizes of its parts: an adjoint as small as float64 leaves a sum that is 0


def movement_of(question: Question) -> np.ndarray:
    """How far the exact derivatives move per unit of rounding, shape (rows, entries); worked out once.

    In float64 by the recorded program in exact arithmetic, and for functions too large to record on whole arrays. For
    coarser formats on whole arrays, whose float64 is exact enough and which know what is accumulated in float32; so for
    linear algebra, whose rounding is known for whole matrices.
    Raises Refused where neither can be had.
    """
    found = question.shared.get("movement")
    if found is None:
        derived = question.base is not None and bool(question.still)  # whose rounding a trace by the leaves misses
        by_entry = (question.roundoff <= FORMATS["float64"].roundoff and not _normwise(question)) or derived
        found = _first((_of_program, _of_arrays) if by_entry else (_of_arrays, _of_program), question)
        question.shared["movement"] = found
    return np.asarray(found)


def _first(ways: Iterable[Any], question: Question) -> np.ndarray:
    """What the first way that does not refuse finds; where all do, the refusal of the first."""
    refusals = []
    for way in ways:
        try:
            found = np.asarray(way(question))
        except Refused as refused:
            refusals.append(refused)
            continue
        if not np.isnan(found).any():
            return found
        refusals.append(Refused("how far rounding moves the derivative is not a number in its arithmetic"))
    raise refusals[0]


def _normwise(question: Question) -> bool:
    """Whether f was recorded and does linear algebra, whose rounding is known for whole matrices."""
    try:
        return recorded(question)[0].normwise
    except Refused:
        return False


def _of_program(question: Question) -> np.ndarray:
    program, rows = recorded(question)
    return movement(program, rows, question.claim.seed)


def _of_arrays(question: Question) -> np.ndarray:
    try:
        return array_movement(question)
    except Exception as problem:  # a function that cannot be traced, or whose rules do not run over float64
        raise Refused(f"its movement on arrays: {type(problem).__name__}: {problem}") from problem


def array_movement(question: Question) -> np.ndarray:
    """The movement of every entry of every row, per unit of relative change: float64, shape (rows, entries).

    Raises what the function raises when it is traced.
    """
    sweep = Sweep(traced(question), question)
    total = np.zeros(question.shape)
    with np.errstate(all="ignore"):
        for pattern in range(PATTERNS):
            nudges = nudges_of(question, pattern)
            moved = sweep.values_moved(nudges)
            rows = [sweep.row_moved(r, moved, nudges) for r in range(len(question.cotangents))]
            total = np.hypot(total, question.rows(rows))
    found = np.asarray(total / np.sqrt(PATTERNS))
    return found + sweep.sizes_of_rows() if sweep.normwise else found


def value_movement(question: Question) -> np.ndarray:
    """How far the value of every row moves per unit of relative change: float64, shape (rows,).

    Raises what the function raises when it is traced.
    """
    graph = traced(question)
    sweep = Sweep(graph, question)
    total = np.zeros(len(question.cotangents))
    with np.errstate(all="ignore"):
        for pattern in range(PATTERNS):
            moved = sweep.values_moved(nudges_of(question, pattern))
            pairs = zip(graph.outputs, graph.values, strict=True)
            outputs = [np.zeros(np.shape(y)) if node is None else moved[node] for node, y in pairs]
            total = np.hypot(total, [float(question.weighted(outputs, r)) for r in range(len(total))])
    return np.asarray(total / np.sqrt(PATTERNS))


def traced(question: Question) -> Graph:
    """The reference's tape, with the arrays that are not differentiated among its inputs, after the leaves."""
    leaves = [np.asarray(x, dtype=float) for x in question.leaves]
    if not question.still or question.base is not None:
        return ad.trace(lambda *values: question.run(values), *leaves)
    claim, n = question.claim, len(leaves)

    def function(*values: Any) -> list[Any]:
        return flatten(claim.f(*question.place(values[:n], values[n:]), **claim.kwargs))[1]

    return ad.trace(function, *leaves, *[np.asarray(x, dtype=float) for x in question.still])


def nudges_of(question: Question, pattern: int) -> Nudges:
    return Nudges(question.claim.seed, pattern, question.smallest / question.roundoff)


class Sweep:
    """The forward and the backward pass of a traced function, and how both move.

    The adjoints and the traces of the adjoint products are the same for every pattern of signs: worked out once.
    """

    def __init__(self, graph: Graph, question: Question) -> None:
        self.graph = graph
        self.question = question
        self.accumulation = question.accumulation
        self.products: dict[tuple[int, Node, int], Graph] = {}
        self.sums: dict[Node, Any] = {}
        self.sizes: dict[tuple[int, Node, int], Any] = {}

    @property
    def normwise(self) -> bool:
        """Whether linear algebra is done, whose algorithms are accurate to the size of a result, not entry by entry."""
        return any(node.op is not None and node.op.fun in LINEAR for node in self.graph.nodes)

    def sizes_of_rows(self) -> np.ndarray:
        """The size of the largest entry of every row, shape (rows, 1)."""
        cotangents = self.question.cotangents
        n = len(self.question.leaves)
        rows = [self.graph.pull([np.asarray(g, dtype=float) for g in row])[:n] for row in cotangents]
        return np.asarray(np.max(np.abs(self.question.rows(rows)), axis=1, keepdims=True, initial=0.0))

    def values_moved(self, nudges: Nudges) -> dict[Node, Any]:
        """The derivative by t of every node's value."""
        moved: dict[Node, Any] = {}
        for node in self.graph.nodes:
            change = nudges.of(node.primal)
            if node.op is not None:
                change = change + _pushed(node, moved) + self._partial(node, nudges) + _backward_error(node, nudges)
            moved[node] = change
        return moved

    def row_moved(self, row: int, moved: dict[Node, Any], nudges: Nudges) -> list[Any]:
        """The derivative by t of one row of the reverse pass."""
        adjoints: dict[Node, Part] = {}
        for node, g in zip(self.graph.outputs, self.question.cotangents[row], strict=True):
            if node is not None:
                g = np.asarray(g, dtype=float)
                _add(adjoints, node, (g, nudges.of(g), np.abs(g)), nudges)
        for node in reversed(self.graph.nodes):
            if node.op is None or node not in adjoints:
                continue
            g, change, size = _decorrelated(adjoints.pop(node), nudges)
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    product = self._product(row, node, i, g)
                    (value,) = product.values
                    along = self._product_moved(product, node, change, moved, nudges)
                    part = (value, along + nudges.of(value), self._size(row, node, i, size, value))
                    _add(adjoints, parent, part, nudges)
        leaves = self.graph.inputs[: len(self.question.leaves)]
        return [adjoints[n][1] if n in adjoints else np.zeros(np.shape(n.primal)) for n in leaves]

    def _product(self, row: int, node: Node, i: int, g: Any) -> Graph:
        """The adjoint product of operand i, traced in the cotangent, the result and the operands that move."""
        found = self.products.get((row, node, i))
        if found is None:
            op, movable = node.op, _movable(node)
            assert op is not None

            def product(g: Any, y: Any, *values: Any) -> Any:
                operands = list(node.operands)
                for k, value in zip(movable, values, strict=True):
                    operands[k] = value
                return op.vjp(i, g, y, tuple(operands), node.static)

            found = ad.trace(product, g, node.primal, *[node.operands[k] for k in movable])
            self.products[row, node, i] = found
        return found

    def _product_moved(self, product: Graph, node: Node, change: Any, moved: dict[Node, Any], nudges: Nudges) -> Any:
        """The derivative of an adjoint product by t: its own arithmetic is exact, save for sums and linear algebra."""
        tangents = (change, moved[node], *[moved[node.parents[k]] for k in _movable(node)])  # type: ignore[index]
        known = dict(zip(product.inputs, tangents, strict=True))
        for inner in product.nodes:
            if inner.op is not None:
                known[inner] = _pushed(inner, known) + self._partial(inner, nudges) + _backward_error(inner, nudges)
        (output,) = product.outputs
        return np.zeros(np.shape(product.values[0])) if output is None else known[output]

    def _size(self, row: int, node: Node, i: int, size: Any, value: Any) -> Any:
        """The size of the parts that an adjoint product is the sum of, from the size of those of the adjoint."""
        if (row, node, i) not in self.sizes:
            assert node.op is not None
            found = np.abs(node.op.vjp(i, size, node.primal, node.operands, node.static))
            self.sizes[row, node, i] = np.maximum(found, np.abs(value))
        return self.sizes[row, node, i]

    def _partial(self, node: Node, nudges: Nudges) -> Any:
        """By how much what a reduction has added up so far rounds."""
        if node not in self.sums:
            self.sums[node] = partial_sums(node)
        found = self.sums[node]
        return 0.0 if found is None else self.accumulation * nudges.signs(found) * found


def _movable(node: Node) -> list[int]:
    return [k for k, parent in enumerate(node.parents) if parent is not None]


def _pushed(node: Node, tangents: dict[Node, Any]) -> Any:
    """The tangent of a result that its operands' tangents cause: rounding moves a stopped value too."""
    op = node.op
    assert op is not None
    total: Any = 0.0
    for i, parent in enumerate(node.parents):
        if parent is not None:
            t = tangents[parent]
            total = total + (t if op.name == STOP else op.jvp(i, t, node.primal, node.operands, node.static))
    return total


def _backward_error(node: Node, nudges: Nudges) -> Any:
    """By how much rounding moves the result of linear algebra, beside what it inherits.

    It is exact for matrices of which every entry has changed by a unit of their Frobenius norm, up to a unit of the
    largest entry in each row (LAPACK Users' Guide, 3rd ed., 1999, chapter 4: such a backward error, times a modest
    number).
    """
    op = node.op
    assert op is not None
    total: Any = 0.0
    if op.fun in LINEAR:
        if np.ndim(node.primal):
            total = nudges.signs(node.primal) * np.max(np.abs(node.primal), axis=-1, keepdims=True, initial=0.0)
        for i, x in enumerate(node.operands):
            size = np.sqrt(np.sum(np.abs(x) ** 2, axis=(-2, -1), keepdims=True))
            total = total + op.jvp(i, nudges.signs(x) * size, node.primal, node.operands, node.static)
    return total


def _add(adjoints: dict[Node, Part], node: Node, part: Part, nudges: Nudges) -> None:
    """Add a product, its change and its size to an adjoint: where it is not the first, the sum is rounded."""
    before = adjoints.get(node)
    if before is not None:
        g, change, size = (a + b for a, b in zip(before, part, strict=True))
        part = (g, change + nudges.of(g), size)
    adjoints[node] = part


def _decorrelated(part: Part, nudges: Nudges) -> Part:
    """An adjoint whose change, where the adjoint cancels to 0 and all of that is rounding, has a sign of its own.

    Such as the shift of a softmax: handed on as it is, what rounding leaves of its adjoint would take away the rounding
    of what it is the sum of, where it meets that again.
    """
    g, change, size = part
    cancels = (size > 0) & (np.abs(g) <= CANCELLED * size)
    return (g, np.where(cancels, nudges.signs(g) * change, change), size) if np.any(cancels) else part
