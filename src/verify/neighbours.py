"""The error of a judged derivative at other points: the same claim, asked there, against certified truth there.

Only the subject's answers are used, so that anything may be inside it: a compiled kernel, ``math``, code in place.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify import subject as subjects
from verify.claim import Estimate
from verify.numbers.deciding import Deadline
from verify.oracles import enclosure, series, symbolic
from verify.question import Question, prepare

SMALL = 1.0  # the scale of an input that is 0 and has no other number beside it


@dataclass(frozen=True, eq=False)
class Samples:
    """Answers and truths at N points along a line through the point.

    t        float64 (N,): where, relative to the size of the inputs; ascending
    answer   float64 (N, rows, entries); truth likewise, and the error answer - truth beside it
    """

    t: np.ndarray
    answer: np.ndarray
    truth: np.ndarray
    error: np.ndarray


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Asks a claim's subject and the cheapest certified witness at points near a question's own.

    ``question`` holds the point and the dtypes; ``deadline`` is the budget of all asking together.
    """

    question: Question
    deadline: Deadline
    witnesses: list[Any] = field(default_factory=lambda: [symbolic, series, enclosure])

    @property
    def scale(self) -> np.ndarray:
        """The size of every entry, which a relative step is a part of; shape (entries,)."""
        size = np.abs(np.array(self.question.point))
        return np.where(size > 0, size, np.max(size, initial=0.0) or SMALL)

    def leaves(self, step: np.ndarray, dtypes: Sequence[Any] | None = None) -> list[Any]:
        """The leaves with a step added to all entries, rounded to their own dtypes or to others."""
        own = [np.asarray(x) for x in self.question.leaves]
        parts = np.split(np.array(self.question.point) + step, np.cumsum([x.size for x in own])[:-1])
        return [
            part.reshape(x.shape).astype(dtype)[()]
            for part, x, dtype in zip(parts, own, dtypes or [x.dtype for x in own], strict=True)
        ]

    def at(self, leaves: Sequence[Any]) -> Question:
        """The same question at another point; raises what f raises there."""
        return prepare(self.question.claim.at(*self.question.place(leaves)))

    def answer(self, leaves: Sequence[Any]) -> np.ndarray | None:
        """What the subject says at a point, (rows, entries); None where it or f raises."""
        self.deadline.check(", asking at neighbouring points")
        try:
            found = subjects.answer(self.at(leaves))
        except Exception:  # code of users, at a point that nobody chose: the point is left out
            return None
        return found if found.shape == self.question.shape else None

    def truth(self, leaves: Sequence[Any]) -> Estimate | None:
        """Certified truth at a point, from the first witness that answers; None where none does."""
        self.deadline.check(", asking at neighbouring points")
        begun = time.monotonic()
        try:
            question = self.at(leaves)
        except Exception:
            return None
        for witness in list(self.witnesses):
            found = witness(question)
            if isinstance(found, Estimate) and np.isfinite(found.value).all():
                self.witnesses.remove(witness)
                self.witnesses.insert(0, witness)  # it is asked first from now on
                self.deadline.afford(time.monotonic() - begun, "the truth at the next neighbouring point")
                return found
        return None

    def along(self, direction: np.ndarray, positions: np.ndarray) -> Samples | None:
        """The subject and the truth at ``x + t * scale * direction``; None when fewer than FEWEST points answer."""
        found: dict[float, tuple[np.ndarray, Estimate]] = {}
        axis = int(np.argmax(np.abs(direction)))
        for t in positions:
            leaves = self.leaves(t * self.scale * direction)
            moved = np.concatenate([np.asarray(x, dtype=float).reshape(-1) for x in leaves])
            where = float((moved - self.question.point)[axis] / (self.scale * direction)[axis])
            if where in found or (answer := self.answer(leaves)) is None or (truth := self.truth(leaves)) is None:
                continue
            found[where] = answer, truth
        if len(found) < FEWEST:
            return None
        order = sorted(found)
        answers = np.array([found[t][0] for t in order])
        truths = np.array([found[t][1].value for t in order])
        low = np.array([found[t][1].low for t in order])
        with np.errstate(all="ignore"):
            return Samples(np.array(order), answers, truths, (answers - truths) - low)


FEWEST = 7  # points on a line: with fewer, a median over windows of four says nothing
