"""The engine's nouns, in the order in which to meet them. Read this file first.

Op        what can be differentiated: one function, and how it changes. One entry of ``ad.table``.
Node      one application of an op: to which operands, with which result (its primal), from which parent nodes.
Graph     nodes in the order in which they were computed. It is pulled back (reverse mode: cotangents of
          the outputs become cotangents of the inputs) or pushed forward (tangents go the other way).
Variable  a node with the face of an array (``ad.variable``). NumPy hands every function that meets one to
          ``__array_ufunc__`` or ``__array_function__``, so user code and rules are plain ``np.*``.
trace     runs a function on Variables and returns its Graph (``ad.variable`` too).

Levels. Every trace has a level of its own, higher than those begun before it. An operation belongs to
the highest level among its operands; Variables of lower levels are constants to it, and are still
Variables when its rule runs. That is what keeps nested derivatives apart (no perturbation confusion) and
makes derivatives of any order: a rule is NumPy code, so pulling back a graph can itself be traced.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ad.containers import unflatten

float64 = np.float64
ONE = float64(1.0)
NO_STATIC: dict[str, Any] = {}  # of the many ops that take arrays alone; nobody writes into it


@dataclass(frozen=True, eq=False)
class Op:
    """A function, its derivative and its meaning: one entry of the table.

    fun       called with the operands and static arguments to compute the result
    bind      splits a call's (args, kwargs) into operands (differentiable) and static arguments
    vjp       ``vjp(i, g, y, operands, static)``: the cotangent of operand i, given the result's cotangent g
    jvp       ``jvp(i, t, y, operands, static)``: the result's tangent caused by tangent t of operand i
    family    "elementwise", "linear", "multilinear" or "general"
    exact     ``exact(m, *operands)``: the mathematics of one entry, in a module m of exact functions
    domain    ``domain(*operands) > 0`` inside the domain of the derivative
    kinks     ``kinks(*operands) == 0`` where there is no derivative, or not a unique one
    selects   ``selects(*operands)``: for each operand, which of its entries reach the result
    needs     text of the domain, such as "x > 0"
    meaning   NumPy code of simpler functions that computes the same: what exact arrays run
    stability "entrywise": every entry of a result is accurate to its own size; "normwise": to the size of all of them
    note      a written reason where the entry has a limit
    step      the same as the vjp, over float64 numbers (``ad.numbers``). It comes with the vjp, so that an entry
              whose vjp is replaced has none
    """

    name: str
    fun: Callable[..., Any]
    bind: Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]
    vjp: Callable[..., Any]
    jvp: Callable[..., Any]
    family: str
    exact: Callable[..., Any] | None = None
    domain: Callable[..., Any] | None = None
    kinks: Callable[..., Any] | None = None
    selects: Callable[..., Any] | None = None
    needs: str = ""
    meaning: Callable[..., Any] | None = None
    holomorphic: str = "yes"
    stability: str = "entrywise"
    note: str = ""
    step: Callable[..., bool] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", getattr(self.vjp, "step", None))

    def __repr__(self) -> str:
        return f"Op({self.name})"


class Tape(deque["Node"]):
    """The level of a trace, and the nodes it has computed so far."""

    __slots__ = ("level",)
    level: int


# Of Variables that a user makes by hand: one common graph. It lives as long as the Variables do, so its tape
# keeps nothing; a sweep finds the nodes from the result.
EAGER = Tape((), 0)
EAGER.level = 0


class Node:
    """One application of an op (or a leaf, whose op is None). Made by ``input_node`` and by ``ad.variable.record``."""

    __slots__ = ("grad", "op", "operands", "parents", "primal", "static", "tape")

    op: Op | None
    operands: tuple[Any, ...]
    static: dict[str, Any]
    primal: Any
    parents: tuple[Node | None, ...]
    tape: Tape
    grad: Any  # of an eager leaf, after backward()

    def __repr__(self) -> str:
        name = "leaf" if self.op is None else self.op.name
        return f"Node({name}, shape={np.shape(self.primal)})"


def input_node(node: Node, primal: Any, tape: Tape) -> Node:
    """A new node as that of an input: of a value that was not computed."""
    node.op = node.grad = None
    node.operands = node.parents = ()
    node.static = NO_STATIC
    node.primal = primal
    node.tape = tape
    return node


@dataclass(eq=False)  # not frozen: that makes one three times as slow to make, and small functions make many
class Graph:
    """What a function computed: its input nodes, all that it computed from them in order, and its outputs.

    An output that does not depend on any input is None in ``outputs``; its value is in ``values``.
    """

    inputs: tuple[Node, ...]
    computed: tuple[Node, ...]
    outputs: tuple[Node | None, ...]
    values: tuple[Any, ...]
    tree: Any  # the container that the function returned

    @functools.cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that the outputs depend on, inputs among them, each after its operands."""
        needed = set(ordered(node for node in self.outputs if node is not None))
        return tuple(node for node in (*self.inputs, *self.computed) if node in needed)

    @property
    def result(self) -> Any:
        """What the function returned, in its own containers."""
        return unflatten(self.tree, self.values)

    def pull(self, cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """Reverse mode: cotangents of the outputs, in order, to cotangents of the inputs."""
        pending = seeds(self.outputs, cotangents)
        with np.errstate(all="ignore"):  # IEEE results (inf at a pole) are the answer, not an accident
            sweep(self.computed, pending, pending.pop)
        found = [pending[node] if node in pending else np.zeros_like(node.primal) for node in self.inputs]
        return tuple(_own(found, cotangents))

    def push(self, tangents: Sequence[Any]) -> tuple[Any, ...]:
        """Forward mode: tangents of the inputs, in order, to tangents of the outputs; None for no tangent."""
        tangent_of = {n: t for n, t in zip(self.inputs, tangents, strict=True) if t is not None}
        with np.errstate(all="ignore"):
            for node in self.nodes:
                if node.op is None:
                    continue
                pushed = [
                    node.op.jvp(i, tangent_of[parent], node.primal, node.operands, node.static)
                    for i, parent in enumerate(node.parents)
                    if parent in tangent_of
                ]
                if pushed:
                    tangent_of[node] = functools.reduce(_sum, pushed)
        found = (
            np.zeros_like(value) if node is None else _or_zeros(tangent_of.get(node), node)
            for node, value in zip(self.outputs, self.values, strict=True)
        )
        return tuple(_own(found, tangents))


def pull(output: Node, cotangent: Any) -> dict[Node, Any]:
    """The cotangent of every leaf that the output depends on."""
    pending = {output: cotangent}
    with np.errstate(all="ignore"):
        sweep(ordered(pending), pending, pending.pop)
    return dict(zip(pending, _own(pending.values(), [cotangent]), strict=True))


def adjoints(output: Node, cotangent: Any) -> dict[Node, Any]:
    """The whole cotangent of every node that the output depends on, leaves and results between alike."""
    pending = {output: cotangent}
    with np.errstate(all="ignore"):
        sweep(ordered(pending), pending, pending.get)
    return pending


def seeds(outputs: Sequence[Node | None], cotangents: Sequence[Any]) -> dict[Node, Any]:
    """What a sweep begins with; an output that is there twice receives the sum."""
    if len(outputs) == 1 and outputs[0] is not None:
        return {outputs[0]: cotangents[0]}
    pending: dict[Node, Any] = {}
    for node, g in zip(outputs, cotangents, strict=True):
        if node is not None:
            pending[node] = _sum(pending[node], g) if node in pending else g
    return pending


def sweep(nodes: Sequence[Node], pending: dict[Node, Any], take: Callable[[Node, Any], Any]) -> None:
    """Bring the cotangents in ``pending`` back to the leaves, results before operands.

    take: how a node's cotangent is read, once, after all its uses: ``pending.pop`` forgets it, ``pending.get``
    keeps it. The cost is one rule for each operand of each node, however often a value is shared.
    """
    for node in reversed(nodes):
        op = node.op
        if op is None:
            continue
        g = take(node, None)
        step, vjp = op.step, op.vjp  # op.step(...) would look for a method first, which takes longer than the step
        if g is None or (type(g) is float64 and step is not None and step(g, node, pending)):
            continue
        for i, parent in enumerate(node.parents):
            if parent is not None:
                part = vjp(i, g, node.primal, node.operands, node.static)
                pending[parent] = _sum(pending[parent], part) if parent in pending else part


def ordered(roots: Iterable[Node]) -> list[Node]:
    """All nodes that the roots depend on, each after its operands. No recursion: chains may be long."""
    found: list[Node] = []
    done: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in done:
            continue
        ready = True
        for parent in node.parents:
            if parent is not None and parent not in done:
                if ready:
                    stack.append(node)  # again, once its operands are there
                    ready = False
                stack.append(parent)
        if ready:
            done.add(node)
            found.append(node)
    return found


def _sum(total: Any, part: Any) -> Any:
    """What one more use of a value adds. Never in place: a rule may hand out one array twice."""
    return total + part


def _own(found: Iterable[Any], given: Iterable[Any]) -> list[Any]:
    """The arrays found, each one that a user may write into: no broadcast view, and shared with no other."""
    taken: set[int] | None = None
    own = []
    for g in found:
        if type(g) is np.ndarray:
            taken = {id(_owner(x)) for x in given} if taken is None else taken
            if id(_owner(g)) in taken or not g.flags.writeable:
                g = g.copy()
            taken.add(id(_owner(g)))
        own.append(g)
    return own


def _owner(x: Any) -> Any:
    """The array whose memory x views, or x itself."""
    base = getattr(x, "base", None)
    return x if base is None else base


def _or_zeros(found: Any, node: Node) -> Any:
    return np.zeros_like(node.primal) if found is None else found


def one_like(y: Any) -> Any:
    """The cotangent 1 of a result with one entry, in its shape and dtype."""
    return ONE if isinstance(y, float64) else np.ones_like(y)
