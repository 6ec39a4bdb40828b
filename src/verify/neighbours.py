"""The error of a judged derivative at other points: the same claim asked there, against certified truth there.

Only the subject's answers are used, so that anything may be inside it: a compiled kernel, ``math``, code in place.
Where the subject, the function or every witness is silent, a point is left out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify import subject as subjects
from verify.claim import Estimate, changed
from verify.numbers.deciding import Deadline
from verify.oracles import TRUTH
from verify.question import Question, prepare

Entry = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Sample:
    """One point of a line: t, relative to the inputs, and there the answer, the truth and answer - truth as rows."""

    t: float
    answer: np.ndarray
    truth: np.ndarray
    error: np.ndarray


@dataclass(frozen=True, eq=False)
class Line:
    """Samples at ``x + t * scale * direction``, t ascending: arrays of shape (N, rows, entries)."""

    direction: np.ndarray
    t: np.ndarray
    answer: np.ndarray
    truth: np.ndarray
    error: np.ndarray

    def part(self, first: int, last: int) -> Line:
        """The samples first to last - 1."""
        return Line(self.direction, *(x[first:last] for x in (self.t, self.answer, self.truth, self.error)))

    def merged(self, other: Line) -> Line:
        """The samples of both, each place once."""
        t, kept = np.unique(np.concatenate([self.t, other.t]), return_index=True)
        pairs = ((self.answer, other.answer), (self.truth, other.truth), (self.error, other.error))
        return Line(self.direction, t, *(np.concatenate(pair)[kept] for pair in pairs))


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Asks a claim's subject and the cheapest certified witness at points near a question's own.

    ``deadline`` is the budget of all asking together; whoever asks beyond it gets Refused. ``witnesses`` are in the
    order in which they are asked, once that is known.
    """

    question: Question
    deadline: Deadline
    witnesses: list[Any] = field(default_factory=list)

    @property
    def scale(self) -> np.ndarray:
        """The size of every entry, which a relative step is a part of; shape (entries,)."""
        size = np.abs(np.array(self.question.point))
        return np.where(size > 0, size, np.max(size, initial=0.0) or 1.0)  # an input 0 is as large as its fellows

    def leaves(self, step: np.ndarray, dtypes: Sequence[Any] | None = None) -> list[Any]:
        """The leaves with a step added to all entries, rounded to their own dtypes or to others."""
        own = [np.asarray(x) for x in self.question.leaves]
        parts = np.split(np.array(self.question.point) + step, np.cumsum([x.size for x in own])[:-1])
        return [
            part.reshape(x.shape).astype(dtype)[()]
            for part, x, dtype in zip(parts, own, dtypes or [x.dtype for x in own], strict=True)
        ]

    def at(self, leaves: Sequence[Any], seed: int | None = None) -> Question | None:
        """The same question at another point; None where f raises.

        With another seed it is a question of its own, which takes no longer than the time that is left.
        """
        self.deadline.check()
        try:
            moved = self.question.claim.at(*self.question.place(leaves))
            return prepare(moved if seed is None else changed(moved, seed=seed, budget=self.deadline.left))
        except Exception:  # code of users, at a point that nobody chose: the point is left out
            return None

    def answer(self, there: Question | None) -> np.ndarray | None:
        """What the subject says at a point, (rows, entries); None where it raises or breaks its contract."""
        try:
            found = None if there is None else subjects.answer(there)
        except Exception:
            return None
        return found if found is not None and found.shape == self.question.shape else None

    def truth(self, there: Question | None) -> Estimate | None:
        """Certified truth at a point, from the quickest witness that answers; None where none does.

        The first time all are asked, and put in the order of their times.
        """
        if there is None:
            return None
        asked = self.witnesses or TRUTH
        times: dict[Any, float] = {}
        found = None
        for witness in asked:
            self.deadline.check()
            begun = time.monotonic()
            answer = witness(there)
            times[witness] = time.monotonic() - begun
            if isinstance(answer, Estimate) and np.isfinite(answer.value).all():
                found = answer
                if self.witnesses:
                    self.deadline.afford(times[witness], "certified truth at the next point")
                    break
            else:
                times[witness] = np.inf
        if not self.witnesses and found is not None:
            self.witnesses[:] = sorted(asked, key=times.__getitem__)
        return found

    def sample(self, direction: np.ndarray, t: float) -> Sample | None:
        """The subject and the truth at the representable point nearest to ``x + t * scale * direction``."""
        step = self.scale * direction
        leaves = self.leaves(t * step)
        there = self.at(leaves)
        answer = self.answer(there)
        if answer is None or (truth := self.truth(there)) is None:
            return None
        moved = np.concatenate([np.asarray(x, dtype=float).reshape(-1) for x in leaves]) - self.question.point
        axis = int(np.argmax(np.abs(direction)))
        with np.errstate(all="ignore"):
            error = (answer - truth.value) - truth.low
        return Sample(float(moved[axis] / step[axis]), answer, truth.value, error)

    def along(self, direction: np.ndarray, positions: np.ndarray) -> Line | None:
        """Samples on a line, each place once; None when no point answers."""
        samples = {s.t: s for t in positions if (s := self.sample(direction, float(t))) is not None}
        if not samples:
            return None
        row = [samples[t] for t in sorted(samples)]
        columns = ([s.t for s in row], [s.answer for s in row], [s.truth for s in row], [s.error for s in row])
        return Line(direction, *map(np.array, columns))
