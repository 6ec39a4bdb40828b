"""The reverse pass of f at a sample, step by step, so that one step of it can be done wrongly on purpose.

The engine's rules are used; where they do not give the certified truth of the sample, there is no tape.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import ad
from ad.core import Graph, Node, seeds, sweep
from verify.arguments import argument_names
from verify.claim import Claim
from verify.residuals.case import Case, Sample
from verify.residuals.words import words

LONGEST = 300  # nodes: with more there are more edges than can be tried in the time
SHIFTS = {"max", "amax", "min", "amin"}
NOTHING = 1e-10  # of the cotangents that meet in a shift: what they leave is rounding
Edge = tuple[int, int]  # (position of a node, which of its operands)


@dataclass(frozen=True, eq=False)
class Step:
    """One use of a rule: at a node, for operand i, from the cotangent g of its result; what it hands on is ``part``."""

    tape: Tape
    node: Node
    i: int
    g: Any
    part: Any

    @property
    def operand(self) -> Any:
        return self.node.operands[self.i]

    def again(self, g: Any, operands: tuple[Any, ...]) -> Any:
        """The rule with another cotangent or other operands."""
        assert self.node.op is not None
        return self.node.op.vjp(self.i, g, self.node.primal, operands, self.node.static)


Change = Callable[[Step], Any]  # what a mistake hands on in place of the rule; None where it does not apply


@dataclass(frozen=True, eq=False)
class Tape:
    """A graph of f at a sample, with the adjoints of every row.

    names    of the inputs by their node, of constants by their id
    nodes    those that the outputs depend on, each after its operands
    outputs  for each row the cotangents of the outputs
    """

    graph: Graph
    names: dict[Any, str]
    nodes: tuple[Node, ...]
    rows: tuple[tuple[Any, ...], ...]

    @functools.cached_property
    def adjoints(self) -> list[dict[Node, Any]]:
        """For every row the whole cotangent of every node."""
        return [self._swept(seeds(self.graph.outputs, row), len(self.nodes), frozenset()) for row in self.rows]

    @functools.cached_property
    def inert(self) -> frozenset[Node]:
        """Maxima that only shift, as in a softmax: what comes back to them adds up to 0, and nobody writes it out."""
        found = set()
        for node in self.nodes:
            if node.op is not None and node.op.name in SHIFTS:
                users, adjoints = self.users(node), self.adjoints
                beside = [max((_size(a.get(n)) for n in users), default=0.0) for a in adjoints]
                if all(_size(a.get(node)) <= NOTHING * size for a, size in zip(adjoints, beside, strict=True)):
                    found.add(node)
        return frozenset(found)

    def _swept(self, pending: dict[Node, Any], last: int, without: frozenset[Node]) -> dict[Node, Any]:
        sweep(self.nodes[:last], pending, lambda node, none: none if node in without else pending.get(node, none))
        return pending

    @functools.cached_property
    def mixed(self) -> Tape:
        """The tape of one row, a mixture of all: what is linear in the cotangents shows in it."""
        mixed = [sum(w * g for w, g in zip(self.weights, parts, strict=True)) for parts in zip(*self.rows, strict=True)]
        return replace(self, rows=(tuple(mixed),))

    @functools.cached_property
    def weights(self) -> np.ndarray:
        """How much of each row is in the mixture."""
        return np.random.default_rng(len(self.rows)).uniform(0.5, 1.5, len(self.rows))

    @functools.cached_property
    def place(self) -> dict[Node, int]:
        return {node: k for k, node in enumerate(self.nodes)}

    @functools.cached_property
    def reached(self) -> list[frozenset[int]]:
        """For every node the inputs that it depends on."""
        found: list[frozenset[int]] = []
        inputs = {node: k for k, node in enumerate(self.graph.inputs)}
        for node in self.nodes:
            own = {inputs[node]} if node in inputs else set()
            found.append(frozenset(own.union(*(found[self.place[p]] for p in node.parents if p is not None))))
        return found

    def users(self, node: Node) -> list[Node]:
        """The nodes of which this one is an operand, one for each use; by identity, for nodes compare as arrays do."""
        return [n for n in self.nodes for p in n.parents if p is node]

    def edges(self, k: int) -> Iterator[Edge]:
        """The edges that lead to input k, the first operations first."""
        for j, node in enumerate(self.nodes):
            for i, parent in enumerate(node.parents):
                if parent is not None and k in self.reached[self.place[parent]]:
                    yield j, i

    def through(self, edge: Edge, k: int, change: Change | None = None, skip: int = 0) -> np.ndarray | None:
        """What one edge adds to the gradient by input k, shape (rows, *shape); with a change, what it would add.

        skip: the result of a change is for the first operand so many steps before the edge's own.
        None where the change does not apply.
        """
        j, i = edge
        node = self.nodes[j]
        parent, found = node.parents[i], []
        assert node.op is not None
        assert parent is not None
        target = parent
        for _ in range(skip):
            before = target.parents[0]
            assert before is not None
            target = before
        with np.errstate(all="ignore"):
            for adjoints in self.adjoints:
                g = adjoints.get(node)
                if g is None:
                    return None
                part = node.op.vjp(i, g, node.primal, node.operands, node.static)
                if change is not None:
                    part = change(Step(self, node, i, g, part))
                    if part is None or np.shape(part) != np.shape(target.primal):
                        return None
                found.append(self.brought(target, part, k))
        return np.array(found)

    def brought(self, node: Node, part: Any, k: int) -> np.ndarray:
        """A cotangent of a node brought back to input k."""
        swept = self._swept({node: part}, self.place[node] + 1, self.inert)
        leaf = self.graph.inputs[k]
        return np.asarray(swept[leaf] if leaf in swept else np.zeros_like(leaf.primal), dtype=float)

    def text(self, node: Node) -> str:
        """A node as code."""
        return words(node, self.names)

    @functools.cached_property
    def constants(self) -> list[tuple[str, np.ndarray]]:
        """The constants among the operands, by a name that tells their shape or value."""
        found: dict[int, tuple[str, np.ndarray]] = {}
        for node in self.nodes:
            for x, parent in zip(node.operands, node.parents, strict=True):
                if parent is None and isinstance(x, np.ndarray | float | int | np.floating) and np.size(x):
                    array = np.asarray(x)
                    if array.dtype.kind in "fiu":
                        found[id(x)] = (words(x, self.names), array.astype(float))
        return list(found.values())


def _size(x: Any) -> float:
    return 0.0 if x is None else float(np.max(np.abs(x), initial=0.0))


def names_of_constants(claim: Claim) -> dict[Any, str]:
    """The names that f has for arrays and numbers that are not differentiated, by their id."""
    found: dict[Any, str] = {id(value): name for name, value in claim.kwargs.items()}
    arguments = dict(zip(argument_names(claim), claim.xs, strict=True))
    code = getattr(claim.f, "__code__", None)
    if code is not None:
        cells = zip(code.co_freevars, claim.f.__closure__ or (), strict=True)
        arguments |= {name: cell.cell_contents for name, cell in cells}
        arguments |= {name: claim.f.__globals__[name] for name in code.co_names if name in claim.f.__globals__}
    return found | {id(value): name for name, value in arguments.items() if isinstance(value, np.ndarray | float)}


def tape_of(case: Case, s: Sample) -> Tape | None:
    """The tape of a sample; None where f cannot be traced, or the engine does not answer with the truth there."""
    if "tape" not in s.shared:
        try:
            s.shared["tape"] = _taped(case, s)
        except Exception:  # the user's code may raise anything on Variables
            s.shared["tape"] = None
    tape: Tape | None = s.shared["tape"]
    return tape


def _taped(case: Case, s: Sample) -> Tape | None:
    question = s.question
    if question.claim.order == 2:
        return None
    leaves = [np.asarray(x, dtype=float)[()] for x in question.leaves]
    graph = ad.trace(lambda *values: question.run(values), *leaves)
    rows = tuple(tuple(np.asarray(g, dtype=float)[()] for g in row) for row in question.cotangents)
    names = dict(zip(graph.inputs, question.names, strict=True)) | names_of_constants(question.claim)
    tape = Tape(graph, names, graph.nodes, rows)
    if len(tape.nodes) > LONGEST or not _same_steps(case, s, tape):
        return None
    with np.errstate(all="ignore"):
        found = [np.concatenate([np.ravel(x) for x in graph.pull(row)]) for row in rows]
        gap = np.abs(np.array(found, dtype=float) - s.truth)
    return tape if (gap <= case.relative * np.max(np.abs(s.truth), axis=1, keepdims=True, initial=0.0)).all() else None


def _same_steps(case: Case, s: Sample, tape: Tape) -> bool:
    """Whether the steps are those of the first sample, so that an edge of one is an edge of the other."""
    first = case.samples[0]
    if s is first:
        return True
    other = tape_of(case, first)
    return other is not None and [n.op for n in other.nodes] == [n.op for n in tape.nodes]
