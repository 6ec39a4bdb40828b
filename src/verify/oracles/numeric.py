"""Oracles that look at floating-point values only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import ad
from ad.dispatch import shown
from verify.claim import Answer, Refusal, approximate
from verify.movement import movement_of
from verify.numbers.deciding import Deadline
from verify.numbers.program import STOP, Refused
from verify.oracles.witness import oracle
from verify.question import Question
from verify.slopes import NoSlope, slope

UNKNOWN_MOVEMENT = 2.0**10  # relative, where it cannot be measured: three digits are given up
ENTRIES = 64  # beyond this, a difference quotient for every entry costs more than it tells
STOPPED = "f stops gradients on its way: its values move where its derivative, by declaration, does not"


@oracle(trusts={"values"})
def difference(question: Question) -> Answer:
    """Finite differences: three extrapolated tableaus, a measured noise floor, one-sided slopes compared."""
    rows, entries = question.shape
    if rows * entries > ENTRIES:
        return Refusal(f"{rows * entries} entries; differences are asked for up to {ENTRIES}")
    if values_mislead(question):
        return Refusal(STOPPED)
    deadline = Deadline(question.claim.budget)
    roundoff, begun = question.computing.roundoff, time.monotonic()
    value, radius = np.empty(question.shape), np.empty(question.shape)
    for entry in range(entries):
        for row in range(rows):
            found = slope(_along(question, row, entry, deadline), _scale(question, entry), roundoff)
            if isinstance(found, NoSlope):
                return Refusal(f"at {question.entries[entry]}: {found.reason}", undefined=found.kink)
            value[row, entry], radius[row, entry] = found.value, found.radius
            if not (entry or row):
                spent = time.monotonic() - begun
                deadline.afford(spent * (rows * entries - 1), f"after one entry in {spent:.2g} s, those of the others")
    return approximate(value, radius + _rounding(question, value))


def _traced(question: Question) -> ad.Graph:
    return ad.trace(lambda *values: question.run(values), *question.reference)


def stops(graph: ad.Graph) -> bool:
    return any(node.op is not None and node.op.name == STOP for node in graph.nodes)


def values_mislead(question: Question) -> bool:
    """Whether something in f is stopped, as far as a trace shows."""
    try:
        return stops(_traced(question))
    except Exception:  # a function that cannot be traced is differentiated by nobody who honours a stop
        return False


def _scale(question: Question, entry: int) -> float:
    return abs(question.point[entry]) or 1.0


def _along(question: Question, row: int, entry: int, deadline: Deadline) -> Callable[[np.ndarray], np.ndarray]:
    """h -> <g, f(x + h e)>, evaluated at every step of an array."""
    flat = [np.asarray(x).reshape(-1) for x in question.reference]
    starts = np.cumsum([0, *[x.size for x in flat]])
    leaf = int(np.searchsorted(starts, entry, side="right")) - 1
    offset = entry - int(starts[leaf])

    def values(steps: np.ndarray) -> np.ndarray:
        result = np.empty(len(steps))
        with np.errstate(all="ignore"):
            for i, h in enumerate(steps):
                deadline.check()
                moved = flat[leaf].copy()
                moved[offset] = moved[offset] + h
                leaves = list(question.reference)
                shape = np.shape(leaves[leaf])
                leaves[leaf] = moved.reshape(shape) if shape else moved[0]
                found = question.weighted(question.run(leaves), row)
                result[i] = np.nan if np.iscomplexobj(found) else found  # eigenvalues turn complex: no value of f
        return result

    return values


def _rounding(question: Question, value: np.ndarray) -> np.ndarray:
    """What rounding inside f can do to any quotient of its values.

    It is systematic where it does not depend on the step (f = x * c with a c that lost digits is exactly
    linear), so no table of values shows it; the movement of the exact derivative does.
    """
    format = question.computing
    if format.half:  # a kernel adds in float32 and rounds once
        moved = UNKNOWN_MOVEMENT * np.abs(value) * format.accumulator / format.roundoff
        return rounding(np.abs(value), moved, question)
    try:
        moved = movement_of(question)
    except Refused:
        moved = UNKNOWN_MOVEMENT * np.abs(value)
    return rounding(np.abs(value), moved, question)


def rounding(size: np.ndarray, moved: np.ndarray, question: Question) -> np.ndarray:
    """What values of f in their own format may be off by, for a derivative of a size that moves so far."""
    format = question.computing
    return np.asarray(question.claim.units * (format.roundoff * (size + moved) + format.smallest))


@oracle(trusts={"values", "trace"})
def complex_step(question: Question) -> Answer:
    """The imaginary part of f(x + i h) / h: no subtraction, where every operation is holomorphic."""
    rows, entries = question.shape
    if rows * entries > ENTRIES:
        return Refusal(f"{rows * entries} entries; complex steps are asked for up to {ENTRIES}")
    if not all(np.isfinite(y).all() for y in question.outputs):
        return Refusal("f has no finite value here")
    graph = _traced(question)
    if stops(graph):
        return Refusal(STOPPED)
    bad = _not_holomorphic(graph) or _conjugating(question)
    if bad:
        return Refusal(f"{bad} is not holomorphic here: a complex step would be silently wrong")
    deadline = Deadline(question.claim.budget)
    large, small = (_rows_by_steps(question, 2.0**-k, deadline) for k in (300, 350))
    return approximate(small, 4 * np.abs(small - large) + _rounding(question, small))


def _rows_by_steps(question: Question, h: float, deadline: Deadline) -> np.ndarray:
    result = np.empty(question.shape)
    entry = 0
    for k, leaf in enumerate(question.reference):
        for index in np.ndindex(np.shape(leaf)):
            deadline.check()
            leaves: list[Any] = [np.asarray(x) for x in question.reference]
            moved = np.array(leaf, dtype=complex)
            moved[index] += 1j * h
            leaves[k] = moved if moved.ndim else moved[()]
            # Traced, as what was found holomorphic is: NumPy's own functions may do something else.
            outputs = ad.trace(lambda *values: question.run(values), *leaves).values
            for row in range(question.shape[0]):
                result[row, entry] = np.imag(question.weighted(outputs, row)) / h
            entry += 1
    return result


def _not_holomorphic(graph: ad.Graph) -> str:
    """The first operation whose complex continuation is not its real self at the values it meets."""
    for node in graph.nodes:
        if node.op is None or node.op.holomorphic == "yes":
            continue
        if node.op.holomorphic == "no":
            return shown(node.op)
        base = np.asarray(node.operands[0])
        whole = len(node.operands) > 1 and node.parents[1] is None and _whole(node.operands[1])
        if not whole and not bool(np.all(base > 0)):
            return f"{shown(node.op)} of a negative number"
    return ""


def _conjugating(question: Question) -> str:
    """The first operation that conjugates complex numbers or makes them real, as np.var and np.vdot do."""
    graph = ad.trace(lambda *values: question.run(values), *[np.asarray(x, complex) for x in question.reference])
    for node in graph.nodes:
        of_complex = any(parent is not None and np.iscomplexobj(parent.primal) for parent in node.parents)
        if of_complex and node.op is not None and (node.op.fun is np.conjugate or not np.iscomplexobj(node.primal)):
            return f"np.{node.op.name}"
    return ""


def _whole(exponent: Any) -> bool:
    return bool(np.all(np.asarray(exponent) == np.rint(exponent)))
