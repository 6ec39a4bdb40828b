"""One step of the reverse pass changed, and the guess that this is what the answer has: what mistakes hand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.residuals.case import Case, Guess, Sample
from verify.residuals.tape import Change, Edge, Step, Tape, tape_of

SIFTED = 1e-6  # relative: how near a mixture of rows must be for all of them to be looked at


def changed(case: Case, edge: Edge, text: str, kind: str, change: Change, skip: int = 0) -> Guess:
    """The guess that a change was made at an edge."""

    def added(tape: Tape) -> Any:
        before = tape.through(edge, case.input)
        after = tape.through(edge, case.input, change, skip)
        return None if before is None or after is None else after - before

    return replaced(case, text, kind, added)


def replaced(case: Case, text: str, kind: str, added: Callable[[Tape], Any]) -> Guess:
    """The guess that the truth is off by what a tape says; looked at first by a mixture of the rows."""

    def predict(s: Sample) -> Any:
        tape = tape_of(case, s)
        found = None if tape is None else added(tape)
        return None if found is None else case.truth(s) + found

    def likely() -> bool:
        s = case.samples[0]
        tape, wanted = tape_of(case, s), case.wanted(s)
        if tape is None or len(tape.rows) == 1 or not (wanted == wanted[:1]).all():
            return tape is not None
        found = added(tape.mixed)
        if found is None:
            return False
        rest = np.tensordot(tape.weights, case.yours(s) - case.truth(s), axes=1)
        return bool((np.abs(rest - found[0]) <= SIFTED * np.max(np.abs(rest)[wanted[0]], initial=0.0))[wanted[0]].all())

    return Guess(kind, text, predict, likely=likely)


def with_slope(slope: Callable[[Any, Any], Any]) -> Change:
    return lambda step: _reduced(step.g * slope(step.node.primal, step.operand), np.shape(step.part))


def evaluated_at(argument: Callable[[Step], Any]) -> Change:
    """A rule at another argument, with the result that belongs to it."""

    def change(step: Step) -> Any:
        op = step.node.op
        assert op is not None
        operands = tuple(argument(step) if n == step.i else x for n, x in enumerate(step.node.operands))
        return op.vjp(step.i, step.g, op.fun(*operands, **step.node.static), operands, step.node.static)

    return change


def transposing(k: int) -> Change:
    """A rule that is given operand k transposed."""

    def change(step: Step) -> Any:
        operands = step.node.operands
        return step.again(step.g, tuple(np.swapaxes(x, 0, 1) if n == k else x for n, x in enumerate(operands)))

    return change


def turned(step: Step) -> Any:
    shape = np.shape(step.part)
    return np.swapaxes(step.part, -1, -2) if len(shape) >= 2 and shape[-1] == shape[-2] else None


def assigned(step: Step) -> Any:
    if "index" not in step.node.static:
        return None
    found = np.zeros(np.shape(step.part))
    found[step.node.static["index"]] = step.g
    return found


def summed(axes: tuple[int, ...]) -> Change:
    return lambda step: np.reshape(np.sum(unreduced(step), axis=axes), np.shape(step.part))


def taken(k: int) -> Change:
    """The first or last place along the axes that are summed over."""

    def change(step: Step) -> Any:
        found = unreduced(step)
        for axis in reversed(repeated(np.shape(found), np.shape(step.part))):
            found = np.take(found, k, axis)
        return np.reshape(found, np.shape(step.part))

    return change


def unreduced(step: Step) -> Any:
    """What a step hands on before the sum over the axes along which its operand is repeated."""
    full = np.shape(step.node.primal)
    operands = tuple(np.broadcast_to(x, full) if n == step.i else x for n, x in enumerate(step.node.operands))
    return step.again(step.g, operands)


def repeated(full: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    lead = len(full) - len(shape)
    return tuple(range(lead)) + tuple(lead + k for k, n in enumerate(shape) if n == 1 and full[lead + k] != 1)


def _reduced(full: Any, shape: tuple[int, ...]) -> Any:
    axes = repeated(np.shape(full), shape)
    return np.reshape(np.sum(full, axis=axes), shape) if axes else np.reshape(full, shape)
