"""Where a digit of an answer survives that has none at the point itself: looked for in all its entries at once.

The inputs by which digits are lost are scaled, each by a factor of its own: along a ladder first, and where the answer
is right on a rung, by a bisection between the rung and the point. One evaluation serves all entries. In a function that
mixes its inputs an entry may be different once all have moved; only what holds at the last place counts.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verify.judge import judge
from verify.movement import movement_of
from verify.neighbours import Entry, Neighbours
from verify.question import Question
from verify.spans import LOST, only

# Factors on the inputs where a surviving digit is looked for, the nearest first; then a bisection.
LADDER = tuple(f for k in (0.03, 0.1, 0.3, 1, 2, 3, 4, 6, 8, 10, 14, 20) for f in (2.0**-k, 2.0**k))
BISECTIONS = 40  # between a point where no digit survives and one where the answer is right


class Left(enum.Enum):
    """What is left of an answer: all digits, some, or none."""

    RIGHT = enum.auto()
    SOME = enum.auto()
    GONE = enum.auto()


@dataclass(frozen=True, eq=False)
class Survival:
    """What the search found.

    place  where each of ``entries`` has lost digits and kept some; None where there are no such entries
    seams  entry -> the input nearest to the point at which the answer is right, where right beside it none survives
    """

    place: Question | None
    entries: tuple[Entry, ...]
    seams: Mapping[Entry, float]


def each_alone(near: Neighbours, entries: Sequence[Entry], lost: float = LOST) -> Survival:
    """Scale the input of every entry by a factor of its own; of several rows the first one leads.

    lost: a digit survives where the error is a smaller part of the truth.
    """
    return _Search(near, {entry: (entry[1],) for entry in entries}, lost).survival()


def all_together(near: Neighbours, entry: Entry) -> Survival:
    """Scale all inputs by one factor, for one entry."""
    return _Search(near, {entry: tuple(range(len(near.question.entries)))}, LOST).survival()


@dataclass(frozen=True, eq=False)
class _Search:
    """moves: for each entry the inputs that are scaled for it."""

    near: Neighbours
    moves: Mapping[Entry, tuple[int, ...]]
    lost: float

    def survival(self) -> Survival:
        leading: dict[tuple[int, ...], Entry] = {}
        for entry, columns in self.moves.items():
            leading.setdefault(columns, entry)
        some: dict[Entry, float] = {}
        right: dict[Entry, float] = {}
        for factor in LADDER:
            pending = [entry for entry in leading.values() if entry not in some and entry not in right]
            if not pending:
                break
            for entry, left in self._at(pending, some | dict.fromkeys(pending, factor))[1].items():
                if left is not Left.GONE:
                    (some if left is Left.SOME else right)[entry] = factor
        some, right = self._bisected(some, right)
        place, left_of = self._at(list(self.moves), some) if some else (None, {})
        held = tuple(entry for entry, left in left_of.items() if left is Left.SOME)
        point = self.near.question.point
        return Survival(place if held else None, held, {entry: point[entry[1]] * f for entry, f in right.items()})

    def _bisected(
        self, some: dict[Entry, float], right: dict[Entry, float]
    ) -> tuple[dict[Entry, float], dict[Entry, float]]:
        """Both, after looking between the point and where an answer is right; what stays right is next to a jump."""
        gone = dict.fromkeys(right, 1.0)
        for _ in range(BISECTIONS):
            middle = {entry: float(np.sqrt(gone[entry] * right[entry])) for entry in right}
            if not middle:
                break
            for entry, left in self._at(list(middle), some | middle)[1].items():
                if left is Left.SOME:
                    some, right = some | {entry: middle[entry]}, {e: f for e, f in right.items() if e != entry}
                elif left is Left.RIGHT:
                    right = right | {entry: middle[entry]}
                else:
                    gone[entry] = middle[entry]
        return some, right

    def _at(
        self, entries: Sequence[Entry], factors: Mapping[Entry, float]
    ) -> tuple[Question | None, dict[Entry, Left]]:
        """The question with inputs scaled, and what is left there of some entries; nobody answering is GONE."""
        near = self.near
        scale = np.ones(len(near.question.entries))
        for entry, factor in factors.items():
            scale[list(self.moves[entry])] = factor
        there = near.at(near.leaves((scale - 1) * np.array(near.question.point)))
        answer, truth = near.answer(there), near.truth(there)
        if there is None or answer is None or truth is None:
            return None, dict.fromkeys(entries, Left.GONE)

        def left(entry: Entry) -> Left:
            mine, one = answer[entry].reshape(1, 1), only(truth, entry)
            if not abs(mine - one.value)[0, 0] < self.lost * abs(one.value)[0, 0]:
                return Left.GONE
            u, eta, bar = there.roundoff, there.smallest, there.claim.units
            found = judge(mine, one, u, eta, bar, lambda: movement_of(there)[entry].reshape(1, 1), there.largest)
            return Left.RIGHT if found.inside.all() else Left.SOME

        return there, {entry: left(entry) for entry in entries}
