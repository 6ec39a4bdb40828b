"""Whether a subject states the value that f has, in units of its own dtype; if not, they are different functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify import subject as subjects
from verify.formats import coarsest
from verify.neighbours import Neighbours
from verify.numbers.deciding import Deadline
from verify.numbers.nudged import value_enclosure
from verify.numbers.program import Refused
from verify.numbers.recorded import on_an_edge, recorded
from verify.question import Question

BESIDE = 2.0**-10  # relative size of a step off a tie, on either side of it
# Of an op that is held against its own operations over exact numbers, whose value is off by what some format rounds.
COARSER = (("2**-24", 2.0**-24), ("2**-11", 2.0**-11), ("2**-8", 2.0**-8))  # float32; TF32 and float16; bfloat16
COARSE = "both are the same operations, of which some are coarser than the dtype: roundoff={} judges them so"


def different_value(question: Question) -> str:
    """A sentence when the subject states another function value than f has, in units; else ''."""
    stated = subjects.claimed_value(question)
    if stated is None:
        return ""
    try:
        program, rows = recorded(question)
        values, moved = value_enclosure(program, rows, question.claim.seed)
    except Refused:
        values = _weighted(question, question.outputs)
        moved = np.abs(values) * 2**10
    found = _weighted(question, stated)
    moved = np.where(np.isnan(moved), np.abs(values) * 2**10, moved)  # on an edge: the slope of arcsin at 1 is infinite
    over = np.isinf(found) & (np.sign(found) == np.sign(values)) & (np.abs(values) > question.largest)
    allowed = question.claim.units * (_stated_in(question, stated) * (np.abs(values) + moved) + question.smallest)
    wrong = ~((np.abs(found - values) <= allowed) | (found == values) | over)  # both may overflow alike
    if not wrong.any():
        return ""
    r = int(np.argmax(wrong))
    text = f"the subject says the value {found[r]:.17g}, the function is {values[r]:.17g}"
    foreign = question.claim.foreign
    if foreign is None or foreign.reference is not None:
        return text
    units = np.max(np.abs(found - values)[wrong] / (np.abs(values) + moved)[wrong]) / question.claim.units
    return text + next((f"; {COARSE.format(name)}" for name, u in COARSER if question.roundoff < u >= units), "")


def _stated_in(question: Question, stated: Sequence[np.ndarray]) -> np.ndarray:
    """The roundoff of each row's value: that of the inputs, or of what is stated where that is coarser."""
    pairs = [[y for y, g in zip(stated, row, strict=True) if np.any(g)] for row in question.cotangents]
    return np.array([max(question.roundoff, coarsest(ys).roundoff) for ys in pairs])


def _weighted(question: Question, outputs: Sequence[np.ndarray]) -> np.ndarray:
    wide = [np.asarray(y, dtype=float) for y in outputs]
    return np.array([float(question.weighted(wide, r)) for r in range(len(question.cotangents))])


def either_side(question: Question) -> str:
    """Why f may have another value at the point by its own choice; '' where it is another function.

    At a tie, or exactly on the edge of a mask, code may take either side, and f jumps where the sides differ: which of
    two equal entries is the largest is nobody's to say. Beside the point there is no choice, and both must agree.
    """
    edge = on_an_edge(question)
    if not edge:
        return ""
    near = Neighbours(question, Deadline(question.claim.budget))
    signs = np.random.default_rng(question.claim.seed).choice([-1.0, 1.0], len(question.entries))
    signs *= np.linspace(0.5, 1.0, len(signs))  # equal entries part
    try:
        beside = [near.at(near.leaves(side * BESIDE * near.scale * signs)) for side in (1, -1)]
        agree = all(there is not None and not different_value(there.origin) for there in beside)
    except Exception:  # code of users, at points that nobody chose
        return ""
    return f"f may jump here, and beside the point both have one value: {edge}" if agree else ""
