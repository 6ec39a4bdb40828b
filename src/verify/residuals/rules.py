"""One step of the reverse pass done wrongly: another slope, no transpose, a sum over the wrong axis, = for +=."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sympy as sp

from ad.core import Node, Op
from verify.numbers.symbols import slope
from verify.residuals.arrangements import orders
from verify.residuals.case import Case, Guess
from verify.residuals.changes import (
    assigned,
    changed,
    evaluated_at,
    repeated,
    replaced,
    summed,
    taken,
    transposing,
    turned,
    unreduced,
    with_slope,
)  # fmt: skip
from verify.residuals.naming import POWERS, closed, power_name
from verify.residuals.paths import said
from verify.residuals.tape import Edge, Step, Tape, tape_of
from verify.residuals.words import words

# What people write for a slope, in the result y and the operand x. Those that are the slope explain nothing.
SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "y": lambda y, x: y,
    "x": lambda y, x: x + 0 * y,
    "1 - y": lambda y, x: 1 - y,
    "y*y": lambda y, x: y * y,
    "y*(1 - y)": lambda y, x: y * (1 - y),
    "1 - y*y": lambda y, x: 1 - y * y,
    "1 + y*y": lambda y, x: 1 + y * y,
    "1/x": lambda y, x: 1 / x,
    "1/y": lambda y, x: 1 / y,
    "1/(2*x)": lambda y, x: 0.5 / x,
    "2*x": lambda y, x: 2 * x,
    "x*x": lambda y, x: x * x,
    "1/(1 + x*x)": lambda y, x: 1 / (1 + x * x),
    "1 - x*x": lambda y, x: 1 - x * x,
    "x*(1 - x)": lambda y, x: x * (1 - x),
    "1/(1 - x*x)": lambda y, x: 1 / (1 - x * x),
    "1/sqrt(1 + x*x)": lambda y, x: 1 / np.sqrt(1 + x * x),
    "1/sqrt(x*x - 1)": lambda y, x: 1 / np.sqrt(x * x - 1),
    "1/cos(x)": lambda y, x: 1 / np.cos(x),
    "1/(1 + x)": lambda y, x: 1 / (1 + x),
    "1/sqrt(1 - x*x)": lambda y, x: 1 / np.sqrt(1 - x * x),
    "cos(x)": lambda y, x: np.cos(x),
    "sin(x)": lambda y, x: np.sin(x),
    "-sin(x)": lambda y, x: -np.sin(x),
    "exp(x)": lambda y, x: np.exp(x),
    "log(x)": lambda y, x: np.log(x),
    "tanh(x)": lambda y, x: np.tanh(x),
    "1/(1 + exp(-x))": lambda y, x: 1 / (1 + np.exp(-x)),
    "1/(1 + exp(-y))": lambda y, x: 1 / (1 + np.exp(-y)),
    "x < 0": lambda y, x: (x < 0) + 0.0 * y,
    "x > 0": lambda y, x: (x > 0) + 0.0 * y,
}
PLAIN = {"add", "subtract", "negative", "positive", "where"}  # a mistake in them is a sign or a missing path
Found = tuple[Tape, Edge, Op, Node, Node]
SHORT = 8  # operations in a slope that is written out
AXES = 3  # axes of a cotangent up to which every set of them is summed over


def _steps(case: Case) -> Iterator[Found]:
    """The steps that lead to this input: the tape, the edge, its op, its node and that of the operand."""
    tape = tape_of(case, case.samples[0])
    for edge in () if tape is None else list(tape.edges(case.input)):
        assert tape is not None
        node = tape.nodes[edge[0]]
        parent = node.parents[edge[1]]
        assert node.op is not None
        assert parent is not None
        yield tape, edge, node.op, node, parent


def other_slope(case: Case) -> Iterator[Guess]:
    """A function of one array with another slope: y for 1 - y*y, or none at all."""
    for tape, edge, op, node, parent in _steps(case):
        if op.family != "elementwise" or op.name in PLAIN or _moving(node) > 1:
            continue
        own, text = f"the derivative of {tape.text(node)}", tape.text(parent)
        yield changed(case, edge, f"leaves out {own}{_slope(op, edge[1], node, text)}", "chain rule",
                      with_slope(lambda y, x: np.ones_like(y)))  # fmt: skip
        for name, written in SLOPES.items():
            yield changed(case, edge, f"takes {_said(name, tape, node, parent, own)}", "slope",
                           with_slope(written))  # fmt: skip


def other_argument(case: Case) -> Iterator[Guess]:
    """A function of one array with the right slope at another argument."""
    for tape, edge, op, node, parent in _steps(case):
        if op.family != "elementwise" or op.name in PLAIN or _moving(node) > 1:
            continue
        own = f"the derivative of {tape.text(node)}"
        for name, argument in _arguments(tape, node, parent):
            yield changed(case, edge, f"takes {own} at {name} in place of {tape.text(parent)}", "argument",
                           evaluated_at(argument))  # fmt: skip


def _moving(node: Node) -> int:
    return sum(parent is not None for parent in node.parents)


def _arguments(tape: Tape, node: Node, parent: Node) -> Iterator[tuple[str, Callable[[Step], Any]]]:
    """Where a slope may be taken by mistake: at what is about with its shape, or at a multiple of its argument."""
    for j, other in enumerate(tape.nodes):
        if other is not parent and np.shape(other.primal) == np.shape(parent.primal) and np.isrealobj(other.primal):
            yield tape.text(other), lambda step, j=j: step.tape.nodes[j].primal  # type: ignore[misc]
    text = tape.text(parent)
    yield f"-{closed(text)}", lambda step: -step.operand
    for name, value in tape.constants:
        if value.size == 1:
            for power in (1.0, -1.0, 2.0, -2.0):
                times = power_name(name, power)
                yield f"{times} * {text}", lambda step, c=float(value) ** power: c * step.operand  # type: ignore[misc]


def other_factor(case: Case) -> Iterator[Guess]:
    """A step whose derivative is off by a power of something of its shape that f computes."""
    tape = tape_of(case, case.samples[0])
    for i, node in enumerate(() if tape is None else tape.nodes):
        assert tape is not None
        if node.op is None or np.ndim(node.primal) == 0 or case.input not in tape.reached[i]:
            continue
        shape = np.shape(node.primal)
        for j, other in enumerate(tape.nodes):
            if np.shape(other.primal) != shape or not np.isrealobj(other.primal):
                continue
            for power in POWERS:
                name = power_name(tape.text(other), abs(power))
                how = "has the factor {} too much" if power > 0 else "lacks the factor {}"
                text = f"{how.format(name)} at the derivative of {tape.text(node)}"
                yield replaced(
                    case, text, "chain rule", functools.partial(_factored, k=case.input, i=i, j=j, power=power)
                )


def _factored(tape: Tape, k: int, i: int, j: int, power: float) -> Any:
    """What is added to the gradient by input k when the cotangent of step i gets a power of the result of step j."""
    node, found = tape.nodes[i], []
    with np.errstate(all="ignore"):
        factor = np.asarray(tape.nodes[j].primal, dtype=float) ** power - 1
        for adjoints in tape.adjoints:
            if node not in adjoints:
                return None
            found.append(tape.brought(node, adjoints[node] * factor, k))
    return np.array(found)


def untransposed(case: Case) -> Iterator[Guess]:
    """A step that is linear in a matrix, done with the matrix as it is where its transpose belongs."""
    for tape, edge, op, node, _ in _steps(case):
        for k, x in enumerate(node.operands):
            if np.ndim(x) == 2 and np.shape(x)[0] == np.shape(x)[1]:
                parent = node.parents[k]
                name = words(x if parent is None else parent, tape.names)
                how = "transposed" if op.family == "elementwise" else "where its transpose belongs"
                text = f"uses {name} {how} in the backward pass of {tape.text(node)}"
                yield changed(case, edge, text, "transposed", transposing(k))
        if np.ndim(node.primal) >= 2:
            text = f"transposes what comes back through {said(tape, edge)}"
            yield changed(case, edge, text, "transposed", turned)


def turned_path(case: Case) -> Iterator[Guess]:
    """What comes back through an index, rolled or reversed: counted from 1, or from the other end."""
    for tape, edge, op, node, parent in _steps(case):
        if op.name != "getitem":
            continue
        for text, turn in orders(np.shape(parent.primal)):
            off = " (an index counted from 1, or from the other end?)" if text[0] == "r" else ""
            yield changed(case, edge, f"has what comes through {said(tape, edge)} {text}{off}", text.split()[0],
                           lambda step, turn=turn: turn(step.part))  # type: ignore[misc]  # fmt: skip
        yield changed(case, edge, f"assigns where it must add: {tape.text(node)} uses an entry more than once",
                       "overwritten", assigned)  # fmt: skip


def unsummed(case: Case) -> Iterator[Guess]:
    """A broadcast operand, whose cotangent is summed over another axis, or not at all. A mean is a factor."""
    for tape, edge, op, node, parent in _steps(case):
        wanted, full = np.shape(parent.primal), np.shape(node.primal)
        if wanted == full or len(full) > AXES or op.family != "elementwise":
            continue
        where = f"of the cotangent of {tape.text(parent)}, which {tape.text(node)} repeats"
        for axes in _sums(full, wanted):
            text = f"is summed over axis {', '.join(map(str, axes))} {where} along axis {_axes(full, wanted)}"
            yield changed(case, edge, text, "broadcast", summed(axes))
        for k, name in ((0, "first"), (-1, "last")):
            text = f"takes the {name} entry {where} along axis {_axes(full, wanted)}: it must be summed over that axis"
            yield changed(case, edge, text, "broadcast", taken(k))


def _axes(full: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    return ", ".join(map(str, repeated(full, wanted)))


def diagonal_only(case: Case) -> Iterator[Guess]:
    """A normalisation such as softmax, of whose Jacobian only the diagonal is used."""
    for tape, edge, op, node, total in _steps(case):
        if total.op is None or total.op.name != "sum" or op.family != "elementwise":
            continue
        source = total.parents[0]
        if source is None or not np.shape(source.primal) == np.shape(node.primal) != np.shape(total.primal):
            continue
        text = f"uses only the diagonal of the Jacobian of {tape.text(node)}: the sum over the others is missing"
        yield changed(case, edge, text, "diagonal", unreduced, skip=1)


def _sums(full: tuple[int, ...], wanted: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The sets of axes whose sum leaves an array of the wanted size, the right one left out."""
    right = repeated(full, wanted)
    for axes in itertools.combinations(range(len(full)), len(right)):
        left = [n for a, n in enumerate(full) if a not in axes]
        if axes != right and [n for n in left if n != 1] == [n for n in wanted if n != 1]:
            yield axes


# --- words


def _slope(op: Op, i: int, node: Node, text: str) -> str:
    """The slope itself, as SymPy has it: ', cos(x)'; '' where it is not known."""
    if op.exact is None or len(node.operands) != 1:
        return ""
    found, (x,) = slope(op, i, (None,))
    return f", {found.subs(x, sp.Symbol(text, real=True))}" if sp.count_ops(found) <= SHORT else ""


def _said(name: str, tape: Tape, node: Node, parent: Node, own: str) -> str:
    """A slope, and what y stands for in it, and u: the operand where that is not x itself."""
    text = tape.text(parent)
    slope = name if text == "x" else re.sub(r"\bx\b", "u", name)
    says = [f"y = {tape.text(node)}"] if "y" in name else []
    says += [f"u = {text}"] if slope != name else []
    return f"{slope} for {own}" + (f" ({', '.join(says)})" if says else "")
