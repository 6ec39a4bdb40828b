"""Answers on another branch: where decisions lie within rounding of their edge, either side's gradient is right.

The subject computes in its own precision. Where a decision is nearer to its edge than its own allowance, it may go
the other way there, and its gradient is then that of the neighbouring branch: exact, computed and judged as any truth
is. Which decisions went the other way is found by least squares from what each one alone changes, and every choice is
verified by the exact gradient on it. Nothing is excused that no choice explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.claim import Estimate
from verify.judge import Judgement, Verdict, judge
from verify.movement import movement_of
from verify.numbers.gradient import gradient
from verify.numbers.nudged import movement
from verify.numbers.program import Program, Refused, Term
from verify.numbers.recorded import recorded
from verify.numbers.taken import worded
from verify.numbers.ties import Tie, named, retaken, ties
from verify.numbers.undecided import highest
from verify.oracles.certified import estimate
from verify.question import Question
from verify.shares import OnBranch, box_least_squares, fitted
from verify.survey import near_edge, rounding_of
from verify.wide import on_arrays

ROUNDS = 4  # times that the effect of every decision is measured: on the exact branch, then on the best one found
TRIES = 6  # choices verified in each round
SHARES = tuple(Fraction(s) for s in ("0", "1/3", "1/2", "2/3", "1"))  # how code shares a gradient between two sides
SAME = 2.0**-50  # relative: what rounding two equal gradients to doubles may leave between them
TOGETHER = 3  # seeded choices among the decisions that change nothing alone
SHOWN = 4  # decisions named in a note

Choice = tuple[Fraction, ...]  # for every tie the share of its other side


def on_branch(question: Question, answer: np.ndarray, truth: Estimate, result: Judgement) -> OnBranch | None:
    """The answer judged on the branches that rounding may take, or None where they do not explain it.

    Arguments
        answer: float64 (rows, entries). truth: on the exact branch. result: the answer judged by it, outside.
    """
    try:
        program, rows = recorded(question)
    except Refused:
        return on_arrays(question, answer, truth, result)
    try:
        near = ties(program, [term.index for row in rows for term, _ in row], rounding_of(question))
        undecided = near_edge(question, program)
    except Refused as refused:
        reason = f"outside the truth of one branch; whether others lie within rounding is not known: {refused}"
        return OnBranch(Verdict.INCONCLUSIVE, reason, truth, result)
    if not np.isfinite(answer).all() or not (near or undecided):
        return None
    search = _Search(question, answer, truth, result, program, rows, near)
    why = ""
    try:
        for _ in range(ROUNDS if near else 0):
            found = search.explained()
            if found is not None or (not undecided and search.excluded()):
                return found
            if search.settled():
                break
    except Refused as refused:
        why = f" ({refused})"
    if undecided:
        condition = worded(program, undecided[0].condition, question.entries) or "a condition of f"
        reason = f"{condition} is {undecided[0].distance:.2g} from its edge, within rounding: in its own precision f "
        reason += f"may go the other way of a Python if, which was not recorded{why}"
    else:
        reason = f"{search.text(near)}; none of the branches tried gives the answer, and some other may{why}"
    return OnBranch(Verdict.INCONCLUSIVE, reason, truth, result)


@dataclass(eq=False)
class _Search:
    """The choices whose gradients are known, and what each decision alone changes at the one called start."""

    question: Question
    answer: np.ndarray
    truth: Estimate
    result: Judgement
    program: Program
    rows: Sequence[Sequence[tuple[Term, float]]]
    near: Sequence[Tie]

    def __post_init__(self) -> None:
        self.start: Choice = (Fraction(0),) * len(self.near)
        self.known = {self.start: self.truth}
        self.effects = np.zeros((len(self.near), *self.answer.shape))

    def explained(self) -> OnBranch | None:
        """The first verified choice, beginning from the best one known; raises Refused when the time is over."""
        self.program.renew_budget()
        self.start = min(self.known, key=self._unexplained)
        for i in range(len(self.near)):
            self.effects[i] = self._effect(i)
        for choice in self._choices():
            found = self._verified(choice)
            if found is not None:
                return found
        return None

    def _on(self, choice: Choice) -> Estimate:
        """The exact gradient on a choice; raises Refused."""
        if choice not in self.known:
            self.known[choice] = estimate(gradient(self._retaken(choice), self.rows))
        return self.known[choice]

    def _retaken(self, choice: Choice) -> Program:
        return retaken(self.program, dict(zip(self.near, choice, strict=True)))

    def _effect(self, i: int) -> np.ndarray:
        """What the other side of one decision alone adds to the gradient, the others as at the start."""
        share = self.start[i]
        other = Fraction(1 if share < Fraction(1, 2) else 0)
        try:
            changed = self._on((*self.start[:i], other, *self.start[i + 1 :])).value - self._on(self.start).value
        except Refused:
            self.program.check_budget()
            return np.zeros_like(self.answer)  # undefined on that side: nobody's gradient
        return np.asarray(changed / float(other - share))

    def _choices(self) -> Iterator[Choice]:
        """Choices in the order in which they are likely: least squares, first whole, then in simple shares."""
        for shares in (SHARES[:: len(SHARES) - 1], SHARES):
            best = self.start
            for _ in range(TRIES):
                fit = self._fitted(best)
                best = tuple(min(shares, key=lambda s: abs(float(s) - x)) for x in fit)
                new = best not in self.known
                yield best
                if not new:
                    break

    def _fitted(self, base: Choice) -> np.ndarray:
        """The shares whose effects, added to the gradient on a choice, explain most entries of the answer."""
        return fitted(*self._system(base))

    def _system(self, base: Choice) -> tuple[np.ndarray, np.ndarray]:
        """The effects as rows, and what their shares should sum to; an entry's allowance is 1."""
        scale = self._scale()
        matrix = (self.effects / scale).reshape(len(self.effects), -1)
        taken = np.array([float(s) for s in base])
        return matrix, ((self.answer - self._on(base).value) / scale).reshape(-1) + taken @ matrix

    def _rest(self) -> np.ndarray:
        """What no mixture of the effects brings the answer nearer by, in allowances."""
        matrix, target = self._system(self.start)
        return np.asarray(target - box_least_squares(matrix, target) @ matrix).reshape(self.answer.shape)

    def _scale(self) -> np.ndarray:
        """What is allowed for each entry, on whichever branch."""
        q = self.question
        return np.asarray(self.result.allowed + q.claim.units * q.roundoff * np.max(np.abs(self.effects), axis=0))

    def _unexplained(self, choice: Choice) -> int:
        """How many entries of the answer differ from the gradient on a choice."""
        return int(np.count_nonzero(np.abs(self.answer - self._on(choice).value) > self._scale()))

    def _verified(self, choice: Choice) -> OnBranch | None:
        """The answer judged by the exact gradient on a choice, with the movement there."""
        at = self._on(choice)
        if not self._plausible(at):
            return None
        q = self.question
        other = self._retaken(choice)
        other.renew_budget()
        judged = judge(
            self.answer, at, q.roundoff, q.smallest, q.claim.units,
            lambda: movement(other, self.rows, q.claim.seed), q.largest,
        )  # fmt: skip
        if not judged.inside.all():
            return None
        turned = [tie for tie, share in zip(self.near, choice, strict=True) if share]
        if all(share in (0, 1) for share in choice):
            return OnBranch(Verdict.CERTIFIED, f"{self.text(turned)}; judged on the other branch", at, judged)
        mixed = f"{self.text(turned)}; the answer is a mixture of both branches"
        return OnBranch(Verdict.SUBGRADIENT, mixed, at, judged)

    def _plausible(self, at: Estimate) -> bool:
        """Whether a movement could bring the answer inside: a cheap bound, the whole row's in place of an entry's."""
        q = self.question
        largest = np.max(np.abs(at.value), axis=1) + np.max(movement_of(q), axis=1)
        bound = q.claim.units * (q.roundoff * 4 * largest + q.smallest)
        return bool((np.abs(self.answer - at.value) <= bound[:, None]).all())

    def settled(self) -> bool:
        """Whether no choice tried is better than the one that the effects were measured on."""
        return min(map(self._unexplained, self.known)) >= self._unexplained(self.start)

    def excluded(self) -> bool:
        """Whether the answer exceeds, along some direction, what any way of deciding gives."""
        self.program.renew_budget()
        mattering = self._mattering()
        return any(self._exceeds(int(r), mattering) for r in np.flatnonzero(~self.result.inside.all(axis=1)))

    def _mattering(self) -> list[Tie]:
        """The decisions on which the gradient depends: a shift that cancels, as softmax's, may go either way.

        Those that change nothing alone are left out if neither all of them together nor seeded choices among them do.
        """
        still = [not self._differs(effect) for effect in self.effects]
        rng = np.random.default_rng(self.question.claim.seed)
        for turning in (np.ones(len(still), bool), *rng.choice([True, False], (TOGETHER, len(still)))):
            turned = still & turning
            choice = tuple(1 - s if t else s for s, t in zip(self.start, turned, strict=True))
            if turned.any() and self._differs(self._on(choice).value - self._on(self.start).value):
                return list(self.near)
        return [tie for tie, same in zip(self.near, still, strict=True) if not same]

    def _differs(self, change: np.ndarray) -> bool:
        return bool((np.abs(change) > SAME * np.abs(self._on(self.start).value)).any())

    def _exceeds(self, r: int, mattering: Sequence[Tie]) -> bool:
        scale = self._scale()[r]
        rest = self._rest()[r]
        worst = np.abs(rest) == np.max(np.abs(rest))
        directions = [d / np.max(np.abs(d)) for d in (rest / scale, np.where(worst, rest, 0.0)) if d.any()]
        bounds = highest(self.program, self.rows[r], mattering, directions)
        reached = [float(self.answer[r] @ d) - float(np.abs(d) @ scale) for d in directions]
        return any(x > bound for x, bound in zip(reached, bounds, strict=True))

    def text(self, found: Sequence[Tie]) -> str:
        """Which decisions are near their edge, and how near."""
        q = self.question
        parts = [
            f"{named(self.program, tie, q.entries)}: {abs(tie.difference):.2g} from its edge, allowed {tie.allowed:.2g}"
            for tie in found[:SHOWN]
        ]
        more = [f"{len(found) - SHOWN} more"] if len(found) > SHOWN else []
        counts = "counts as a kink" if len(found) == 1 else "count as kinks"
        return f"{'; '.join(parts + more)}: {counts} at roundoff {q.roundoff:.2g}"
