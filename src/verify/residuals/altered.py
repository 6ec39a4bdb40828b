"""The backward pass of an f that is altered: another constant, exchanged branches, an inner function left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.core import Node, input_node, seeds, sweep
from verify.residuals.case import Case, Guess, Sample
from verify.residuals.changes import changed, evaluated_at, replaced
from verify.residuals.paths import said
from verify.residuals.tape import SHIFTS, Change, Step, Tape, tape_of
from verify.residuals.words import words

CONSTANTS = 8  # of f, each of which is fitted
STEPS = 8  # of Newton's method
FITTED = 1e-8  # relative: how near a fitted constant comes to a short number
DIGITS = range(1, 11)  # of that number
PRODUCTS = {"multiply", "divide", "matmul", "dot", "einsum", "inner", "outer", "tensordot"}
SHORT = 4  # operations deep that a sentence of three formulas writes out
PATHS = 8  # whose pairs are tried


# --- another constant


def other_constant(case: Case) -> Iterator[Guess]:
    """The exact derivative of f with another number in the place of one of its constants: a typo, eps forgotten."""
    tape = tape_of(case, case.samples[0])
    if tape is None or case.only is not None:
        return
    rest = np.tensordot(tape.weights, case.yours(case.samples[0]), axes=1)
    for j, k in itertools.islice(_constants(tape), CONSTANTS):
        case.near.deadline.check()
        old = float(tape.nodes[j].operands[k])
        new = _fitted(tape, case.input, j, k, rest)
        if new is not None:
            text = f"is right for {new:.10g} in place of {old:.10g} in {tape.text(tape.nodes[j])}"
            yield Guess("other constant", text,
                        lambda s, j=j, k=k, new=new: _with(case, s, j, k, new))  # type: ignore[misc]  # fmt: skip


def _constants(tape: Tape) -> Iterator[tuple[int, int]]:
    for j, node in enumerate(tape.nodes):
        for k, (x, parent) in enumerate(zip(node.operands, node.parents, strict=True)):
            if parent is None and isinstance(x, float | int | np.number | np.ndarray) and np.ndim(x) == 0:
                yield j, k


def _with(case: Case, s: Sample, j: int, k: int, value: float) -> Any:
    tape = tape_of(case, s)
    return None if tape is None else _gradient(tape, case.input, j, k, value)


def _fitted(tape: Tape, n: int, j: int, k: int, yours: np.ndarray) -> float | None:
    """The number for which the derivative is the answer, if there is one and it is short."""
    value = old = float(tape.nodes[j].operands[k])
    scale = abs(old) or 1.0
    for _ in range(STEPS):
        step = 1e-4 * scale
        at, beside = (_gradient(tape.mixed, n, j, k, v) for v in (value, value + step))
        slope = (beside - at) / step
        size = float(np.sum(slope * slope))
        if not size > 0 or not np.isfinite(size):
            return None
        move = float(np.sum((yours - at) * slope)) / size
        value += move
        if abs(move) <= FITTED * scale:
            break
    for digits in DIGITS:
        short = float(f"{value:.{digits}g}") if abs(value) > FITTED * scale else 0.0
        if abs(short - value) <= FITTED * scale and short != old:
            return short
    return None


def _gradient(tape: Tape, n: int, j: int, k: int, value: float) -> np.ndarray:
    """The derivative by input n of every row, when operand k of node j is another number."""
    moved: dict[Node | None, Node] = {}
    leaf, found = tape.graph.inputs[n], []
    with np.errstate(all="ignore"):
        for place, node in enumerate(tape.nodes):
            again = moved[node] = input_node(Node(), node.primal, node.tape)
            if node.op is None:
                continue
            again.op, again.static = node.op, node.static
            again.parents = tuple([moved.get(parent) for parent in node.parents])
            pairs = zip(node.operands, again.parents, strict=True)
            operands = [x if parent is None else parent.primal for x, parent in pairs]
            if place == j:
                operands[k] = value
            again.operands, again.primal = tuple(operands), node.op.fun(*operands, **node.static)
        for row in tape.rows:
            pending = seeds([moved.get(output) for output in tape.graph.outputs], row)
            sweep([*moved.values()], pending, pending.get)
            found.append(pending[moved[leaf]] if moved.get(leaf) in pending else np.zeros_like(leaf.primal))
    return np.array(found, dtype=float)


# --- paths


def twice(case: Case) -> Iterator[Guess]:
    """One use of an input is counted twice and another not at all, as if a matrix were symmetric."""
    tape = tape_of(case, case.samples[0])
    if tape is None:
        return
    leaf = tape.graph.inputs[case.input]
    edges = [e for e in tape.edges(case.input) if tape.nodes[e[0]].parents[e[1]] is leaf][:PATHS]
    for one, other in itertools.permutations(edges, 2):
        a, b = said(tape, one), said(tape, other)
        text = f"counts what comes through {a} twice, and through {b} not at all"
        text = f"counts what comes through one operand of {tape.text(tape.nodes[one[0]])} twice" if a == b else text

        def added(tape: Tape, one: Any = one, other: Any = other) -> Any:
            parts = tape.through(one, case.input), tape.through(other, case.input)
            return None if parts[0] is None or parts[1] is None else parts[0] - parts[1]

        yield replaced(case, text, "missing term", added)


def inner_left_out(case: Case) -> Iterator[Guess]:
    """What comes back to an inner function of the shape of the input is handed on as the derivative by the input."""
    tape = tape_of(case, case.samples[0])
    for j, node in enumerate(() if tape is None else tape.nodes):
        assert tape is not None
        if node.op is not None and np.shape(node.primal) == case.shape and case.input in tape.reached[j]:
            text = f"leaves out the inner derivative, that of {tape.text(node)} by {case.name}"

            def added(tape: Tape, j: int = j) -> Any:
                node, found = tape.nodes[j], []
                for adjoints in tape.adjoints:
                    if node not in adjoints:
                        return None
                    g = np.asarray(adjoints[node], dtype=float)
                    found.append(g - tape.brought(node, g, case.input))
                return np.array(found)

            yield replaced(case, text, "chain rule", added)


def branches(case: Case) -> Iterator[Guess]:
    """The branches of a where exchanged, or its condition not applied to what comes back."""
    tape = tape_of(case, case.samples[0])
    for j, node in enumerate(() if tape is None else tape.nodes):
        assert tape is not None
        if node.op is None or node.op.name != "where" or case.input not in tape.reached[j]:
            continue
        text = tape.text(node)

        def exchanged(tape: Tape, j: int = j) -> Any:
            return _branched(case, tape, j, lambda c, k: (1.0 * c - ~c) * (1 if k == 2 else -1))

        def unmasked(tape: Tape, j: int = j) -> Any:
            return _branched(case, tape, j, lambda c, k: 1.0 * (c if k == 2 else ~c))

        yield replaced(case, f"takes the branches of {text} in each other's place", "branches", exchanged)
        yield replaced(case, f"does not apply the condition of {text} to what comes back", "branches", unmasked)


def _branched(case: Case, tape: Tape, j: int, weight: Callable[[np.ndarray, int], Any]) -> Any:
    """What is added when each branch gets g times a weight of the condition more."""
    node, found = tape.nodes[j], []
    shape = np.shape(node.primal)
    condition = np.broadcast_to(np.asarray(node.operands[0], dtype=bool), shape)
    for adjoints in tape.adjoints:
        if node not in adjoints:
            return None
        total = np.zeros(case.shape)
        for k in (1, 2):
            parent = node.parents[k]
            if parent is not None:
                if np.shape(parent.primal) != shape:
                    return None
                total = total + tape.brought(parent, adjoints[node] * weight(condition, k), case.input)
        found.append(total)
    return np.array(found)


def selected(case: Case) -> Iterator[Guess]:
    """A maximum whose cotangent goes to another entry than the largest, or to all of them."""
    tape = tape_of(case, case.samples[0])
    for j, i in () if tape is None else list(tape.edges(case.input)):
        assert tape is not None
        node = tape.nodes[j]
        if node.op is not None and node.op.name in SHIFTS and np.size(node.primal):
            ends = ("largest", "smallest") if "max" in node.op.name else ("smallest", "largest")
            text, only = f"has what comes back through {tape.text(node)}", f"not at the {ends[0]} alone"
            n = np.size(node.operands[i]) // np.size(node.primal)
            opposite, alike = evaluated_at(lambda step: -step.operand), evaluated_at(lambda step: 0 * step.operand)
            yield changed(case, (j, i), f"{text} at the {ends[1]} entry, not at the {ends[0]}", "selected", opposite)
            yield changed(case, (j, i), f"{text} shared by all entries, {only}", "selected", alike)
            yield changed(case, (j, i), f"{text} at every entry, {only}", "selected",
                          lambda step, n=n, alike=alike: n * alike(step))  # type: ignore[misc]  # fmt: skip


def other_operand(case: Case) -> Iterator[Guess]:
    """A product that is multiplied back by something else of the same shape: a wrong tensor saved, y for x."""
    tape = tape_of(case, case.samples[0])
    for j, i in () if tape is None else list(tape.edges(case.input)):
        assert tape is not None
        node = tape.nodes[j]
        if node.op is None or node.op.name not in PRODUCTS or len(node.operands) != 2:
            continue
        x = node.operands[1 - i]
        parent = node.parents[1 - i]
        own, product = words(x if parent is None else parent, tape.names, SHORT), words(node, tape.names, SHORT)
        for m, other in enumerate(tape.nodes):
            if other is not parent and np.shape(other.primal) == np.shape(x) != ():
                text = f"uses {words(other, tape.names, SHORT)} in place of {own} in the backward pass of {product}"
                yield changed(case, (j, i), text, "saved", _using(1 - i, m))


def _using(k: int, m: int) -> Change:
    def change(step: Step) -> Any:
        other = step.tape.nodes[m].primal
        return step.again(step.g, tuple(other if n == k else x for n, x in enumerate(step.node.operands)))

    return change
