"""The explanations of a wrong answer that a walk along a graph can give.

They are made in runs of their own, within the budget of a witness. Whatever fails there leaves the verdict as it is,
without that explanation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ad.core import Node
from verify import subject as subjects
from verify.arguments import place_of
from verify.blame.births import born
from verify.blame.digits import lost_digits
from verify.blame.entries import entry, first_of, number
from verify.blame.lines import Run, run_with_lines
from verify.blame.operations import Ask, Asking, first_wrong
from verify.blame.poison import poisoned
from verify.blame.scalars import wrong_class
from verify.blame.uses import sweep
from verify.blame.written import run_written
from verify.claim import Claim, approximate
from verify.finding import Explanation, PointFinding
from verify.judge import Verdict, judge
from verify.movement import movement_of
from verify.numbers.deciding import Deadline
from verify.question import Question
from verify.single import IS_WRONG

# A framework's functions round otherwise than NumPy's: the same program loses its digits at the same place.
BY_NUMPY = "; these are the numbers of the same program run by NumPy"
Reason = Callable[[Question, PointFinding, Ask, Deadline], tuple[Explanation, ...]]


def explanations(question: Question, point: PointFinding, ask: Ask) -> tuple[Explanation, ...]:
    """Who is to blame for a wrong answer; nothing for any other, and nothing where it is not known.

    Arguments
        point: the finding so far. ask: the finding of a claim at its point.
    """
    if point.verdict not in IS_WRONG:
        return ()
    deadline = Deadline(question.claim.budget)
    found: list[Explanation] = []
    with np.errstate(all="ignore"):
        for reason in REASONS:
            try:
                found += reason(question, point, ask, deadline)
            except Exception:  # code of users meets a run that it was not written for: then this one knows nothing
                continue
    return tuple(found)


def _of_engine(claim: Claim) -> bool:
    return claim.judged == "engine" and claim.engine == "ad"


def wrong_operations(question: Question, point: PointFinding, ask: Ask, deadline: Deadline) -> tuple[Explanation, ...]:
    """Which operation's rule is wrong, where the engine itself is judged."""
    claim, origin = question.claim, question.origin
    if not _of_engine(claim):
        return ()
    run = run_with_lines(origin.run, origin.leaves)
    row = point.row % len(origin.cotangents)
    tangents = None
    if claim.order == 2 and question.tangents is not None:
        tangents = pushed(run, question.tangents.parts[point.row // len(origin.cotangents)])
    return first_wrong(run, origin.cotangents[row], point, Asking(ask, deadline, claim.seed, tangents))


def births_in_engine(question: Question, point: PointFinding, ask: Ask, deadline: Deadline) -> tuple[Explanation, ...]:
    """Where what is not finite is born, in f or in the sweep, where the engine is judged."""
    if not _of_engine(question.claim) or question.claim.order == 2 or not _is_lost(point):
        return ()
    run = run_with_lines(question.run, question.leaves)
    cotangents = question.cotangents[point.row]
    for node, g in zip(run.graph.outputs, cotangents, strict=True):
        if node is not None:
            lost = ~np.isfinite(node.primal) & (g != 0)
            if lost.any():
                return born(run, node, first_of(lost))
    leaf, index = place_of(question.leaves, question.entries.index(point.entry))
    return poisoned(run, tuple(sweep(run.graph, cotangents)), run.graph.inputs[leaf], index)


def inside_of_code(question: Question, point: PointFinding, ask: Ask, deadline: Deadline) -> tuple[Explanation, ...]:
    """Where hand-written code loses the digits of its answer, or makes what is not finite."""
    claim = question.claim
    lost = _is_lost(point)
    if claim.judged == "engine" or not (lost or point.verdict is Verdict.INACCURATE):
        return ()
    leaf, index = place_of(question.leaves, question.entries.index(point.entry))
    for recorder in (run_with_lines, run_written):
        with contextlib.suppress(Exception):  # a tape follows all of ad's functions, the other code that writes
            run = recorder(lambda leaves: subjects.formula_rows(question, leaves)[point.row], question.leaves)
            output = run.graph.outputs[leaf]
            break
    else:
        return ()
    if output is None:
        return ()

    def right(value: float) -> bool:
        return _would_be_right(question, point, value)

    same = number(entry(output.primal, index)) == number(point.yours)
    if not same and (lost or claim.foreign is None or right(float(entry(output.primal, index)))):
        return ()  # the recorded run is not the one that was judged
    if lost:
        return born(run, output, index)
    found = lost_digits(run, output, index, right, question.roundoff, deadline)
    return found if same else tuple(replace(one, text=one.text + BY_NUMPY) for one in found)


def _would_be_right(question: Question, point: PointFinding, value: float) -> bool:
    """Whether a number in place of the worst entry would be within the bar."""
    truth = approximate(float(point.truth), 0.0)
    movement = movement_of(question)[point.row, question.entries.index(point.entry)].reshape(1, 1)
    u, eta, bar = question.roundoff, question.smallest, question.claim.units
    return bool(judge(np.array([[value]]), truth, u, eta, bar, lambda: movement, question.largest).inside.all())


def inside_of_class(question: Question, point: PointFinding, ask: Ask, deadline: Deadline) -> tuple[Explanation, ...]:
    """What a scalar class does wrong."""
    return wrong_class(question, deadline) if question.claim.engine != "ad" else ()


def _is_lost(point: PointFinding) -> bool:
    """Whether the answer is not finite where the truth is."""
    try:
        return point.yours is not None and not np.isfinite(point.yours) and bool(np.isfinite(float(point.truth)))
    except ValueError:  # a truth in words, or none
        return False


def pushed(run: Run, tangents: Any) -> dict[Node, Any]:
    """The tangent of every node that has one."""
    found: dict[Node, Any] = dict(zip(run.graph.inputs, tangents, strict=True))
    for node in run.graph.nodes:
        if node.op is not None:
            for i, parent in enumerate(node.parents):
                if parent in found:
                    t = node.op.jvp(i, found[parent], node.primal, node.operands, node.static)
                    found[node] = found[node] + t if node in found else t
    return found


REASONS: tuple[Reason, ...] = (wrong_operations, births_in_engine, inside_of_code, inside_of_class)
