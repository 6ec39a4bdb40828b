"""A question about few entries in place of one about large arrays that a function treats entry by entry.

Evidence is gathered at hundreds of points, and each costs as much as all entries together. Where the subject, handed
FEW of the entries alone, answers bit for bit what it answers for them among the others, these few are asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from verify import subject as subjects
from verify.neighbours import Entry
from verify.question import Question, prepare

FEW = 24  # entries: a whole number of the vectors of a kernel, whose loop over the rest may be other code


@dataclass(frozen=True, eq=False)
class Narrowed:
    """A question about few entries, what the subject says of them, and which of them were asked for, in order."""

    question: Question
    answer: np.ndarray
    entries: list[Entry]


def narrowed(question: Question, answer: np.ndarray, entries: Sequence[Entry]) -> Narrowed | None:
    """The question about FEW entries of each input; None where the function is not seen to treat them one by one.

    Arguments
        question: the claim at its point. answer: float64 (rows, entries), what the subject said there.
        entries: those to look into, the worst first: where they are too many, half of FEW are the worst of them.
    """
    size = question.leaves[0].size
    shapes = {np.shape(x) for x in (*question.leaves, *question.outputs)}
    claim = question.claim
    plain = claim.judged == "vjp" and claim.order == 1 and claim.cotangent is None and question.base is None
    if not plain or len(shapes) != 1 or len(question.outputs) != 1 or size <= FEW:
        return None
    kept = _chosen(list(dict.fromkeys(column % size for _, column in entries)), size)
    try:
        few = prepare(claim.at(*question.place([np.reshape(x, -1)[kept] for x in question.leaves])))
        same = tuple((np.reshape(row[0], -1)[kept],) for row in question.cotangents)
        alone = subjects.answer(replace(few, cotangents=same))
        answered = subjects.answer(few)
    except Exception:  # code of users, at a shape that nobody chose
        return None
    among = np.reshape(answer, (len(answer), -1, size))[:, :, kept]
    if not np.array_equal(alone, among.reshape(len(answer), -1)):
        return None
    names = np.reshape(question.entries, (-1, size))[:, kept].reshape(-1)
    last = len(few.cotangents) - 1
    asked = [(last, c // size * FEW + kept.index(c % size)) for _, c in entries if c % size in kept]
    return Narrowed(replace(few, entries=tuple(map(str, names))), answered, list(dict.fromkeys(asked)))


def _chosen(wanted: list[int], size: int) -> list[int]:
    """FEW places: the first half of the wanted ones, others spread over the rest of these, and any to fill up."""
    rest = wanted[FEW // 2 :]
    spread = [rest[i] for i in np.linspace(0, len(rest) - 1, FEW // 2).astype(int)] if rest else []
    return list(dict.fromkeys([*wanted[: FEW // 2], *spread, *range(size)]))[:FEW]
