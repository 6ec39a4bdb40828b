"""The gradient of one input at several points: what the subject says, and certified truth, as arrays.

A pattern makes guesses: a sentence, and what the answer would be at any sample if the sentence held. One function
confirms all of them, at every sample, so that no sentence rests on one point.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verify.claim import Estimate
from verify.formats import coarsest
from verify.neighbours import Neighbours
from verify.numbers.program import Refused
from verify.question import Question, prepare
from verify.single import in_single

ELSEWHERE = 3  # further points that are asked; a guess that fits by chance at one does not at the others
TRIES = 8  # points tried for them: some are outside the domain
STEPS = (0.25, 0.25, 0.1, 0.03)  # relative size of a step, smaller after each point that nobody answers
LEAST = 3  # samples below which nothing is said
UNITS = 64  # of the largest entry of a row: rounding of a prediction and of the answer together
FINE = 2.0**-40  # relative: predictions are computed in double, through badly conditioned steps perhaps
SHARE = 1e-3  # of the gap that a prediction may leave unexplained: what explains a mistake explains all of it


@dataclass(frozen=True, eq=False)
class Sample:
    """One point: float64 rows of the answer and of the truth; ``shared`` keeps what patterns have worked out."""

    question: Question
    answer: np.ndarray
    truth: np.ndarray
    shared: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Case:
    """The gradient of one input, at every sample an array (rows, *shape of the input).

    samples   the judged point, where its truth is certified, and seeded points near it
    input     the position of the input among the leaves; start, stop: its entries in a row
    relative  how near a prediction must be, as a part of the largest entry of its row
    only      the entries that a guess has to explain, for a sample; None: all of them
    """

    samples: tuple[Sample, ...]
    near: Neighbours
    input: int
    start: int
    stop: int
    relative: float
    only: Callable[[Sample], np.ndarray] | None = None

    @property
    def name(self) -> str:
        return self.near.question.names[self.input]

    @property
    def question(self) -> Question:
        return self.samples[0].question

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.question.leaves[self.input]))

    def part(self, rows: np.ndarray) -> np.ndarray:
        """The entries of this input in rows of all entries."""
        return rows[:, self.start : self.stop].reshape(-1, *self.shape)

    def yours(self, s: Sample) -> np.ndarray:
        """What the subject says."""
        return self.part(s.answer)

    def truth(self, s: Sample) -> np.ndarray:
        """What is true."""
        return self.part(s.truth)

    def point(self, s: Sample) -> np.ndarray:
        """The input itself."""
        return np.asarray(s.question.leaves[self.input], dtype=float)

    def tolerance(self, s: Sample) -> np.ndarray:
        """How near two numbers of a row are the same, shape (rows, 1, ...)."""
        axes = tuple(range(1, 1 + len(self.shape)))
        size = np.maximum(np.abs(self.truth(s)), np.abs(np.nan_to_num(self.yours(s), posinf=0.0, neginf=0.0)))
        largest: np.ndarray = np.max(size, axis=axes, keepdims=True, initial=0.0)
        return self.relative * largest + s.question.smallest

    def wrong(self, s: Sample) -> np.ndarray:
        """Which entries are certainly not the truth."""
        with np.errstate(all="ignore"):
            found: np.ndarray = ~(np.abs(self.yours(s) - self.truth(s)) <= self.tolerance(s))
        return found

    @functools.cached_property
    def far_off(self) -> float:
        """How far the worst entry of all samples is from the truth, in what two numbers of its row may differ by."""
        with np.errstate(all="ignore"):
            ratios = [np.abs(self.yours(s) - self.truth(s)) / self.tolerance(s) for s in self.samples]
        return max((float(np.max(np.nan_to_num(r, nan=np.inf), initial=0.0)) for r in ratios), default=0.0)

    @functools.cached_property
    def targets(self) -> list[Target]:
        """What a guess has to meet, the samples at which the mistake shows first."""
        return sorted((_target(self, s) for s in self.samples), key=lambda t: not t.telling)

    def wanted(self, s: Sample) -> np.ndarray:
        """Which entries a guess has to explain."""
        shape = self.yours(s).shape
        return np.ones(shape, bool) if self.only is None else np.broadcast_to(self.only(s), shape)


@dataclass(frozen=True)
class Guess:
    """A mistake that may have been made: its kind, a predicate of "the derivative by x", and what it would give.

    predict  the answer at a sample, in any shape that broadcasts to (rows, *shape), or None where it says nothing;
             None itself where no number is foretold: then the pattern has looked at every sample itself
    place    where alone that is so; "" for everywhere
    likely   a quick look at one sample, where a prediction is dear
    """

    kind: str
    text: str
    predict: Callable[[Sample], Any] | None
    place: str = ""
    likely: Callable[[], bool] = lambda: True


Pattern = Callable[[Case], Iterator[Guess]]


@dataclass(frozen=True, eq=False)
class Target:
    """What a prediction has to meet at a sample: where it is wanted, how nearly, and how much it may leave."""

    sample: Sample
    yours: np.ndarray
    wanted: np.ndarray
    tolerance: np.ndarray
    left: float
    telling: bool  # whether the mistake shows here

    def met_by(self, found: Any) -> bool:
        """Whether a prediction is the answer."""
        if found is None:
            return False
        with np.errstate(all="ignore"):
            try:
                gap = np.abs(self.yours - np.broadcast_to(found, self.yours.shape))[self.wanted]
            except ValueError:
                return False
            return bool((gap <= self.tolerance).all()) and bool((gap <= self.left).all())


def _target(case: Case, s: Sample) -> Target:
    yours, wanted = case.yours(s), case.wanted(s)
    tolerance = np.broadcast_to(case.tolerance(s), yours.shape)[wanted]
    with np.errstate(all="ignore"):
        gap = np.abs(yours - case.truth(s))[wanted]
        # a row in which the truth nearly cancels has the rounding of the others: there the mistake is the measure
        tolerance = np.fmax(tolerance, np.fmin(np.max(tolerance, initial=0.0), SHARE * gap))
    telling = ~(gap <= tolerance)
    left = SHARE * float(np.max(gap[telling])) if telling.any() else np.inf
    return Target(s, yours, wanted, tolerance, left, bool(telling.any()))


def confirmed(case: Case, guess: Guess) -> bool:
    """Whether a guess gives the answer at every sample, and the mistake shows at two of them at least."""
    case.near.deadline.check()
    targets = case.targets
    if len(targets) < LEAST or sum(t.telling for t in targets) < 2:
        return False
    predict = guess.predict
    return predict is None or (guess.likely() and all(t.met_by(predict(t.sample)) for t in targets))


def first(case: Case, patterns: Sequence[Pattern]) -> Guess | None:
    """The first guess, pattern after pattern, that is confirmed."""
    for pattern in patterns:
        try:
            for guess in pattern(case):
                if confirmed(case, guess):
                    return guess
        except Refused:  # the time is over
            raise
        except Exception:  # a step of f done otherwise may raise anything: the other patterns still stand
            continue
    return None


# --- samples


def gather(near: Neighbours, answer: np.ndarray, truth: Estimate | None) -> list[Sample]:
    """The judged point, where its truth is known, and seeded points beside it where subject and truth answer.

    Of 16 bits all points are asked in float32, where a mistake shows that they hide.
    """
    question = near.question
    half = question.format.half
    asked = _in_single(near) if half else near
    found = []
    if truth is not None and not half:
        found.append(Sample(question, answer, truth.value + truth.low))
    rng = np.random.default_rng([question.claim.seed, 1])
    missed = 0
    for k in range(TRIES):
        if len(found) > ELSEWHERE:
            break
        size = STEPS[min(missed, len(STEPS) - 1)]
        step = _symmetric(question, size * rng.uniform(-1, 1, len(question.entries)) * near.scale)
        try:
            s = sample(asked, near.leaves(step, [np.float32] * len(question.leaves) if half else None), k + 1)
        except Refused:  # the time is over: what was found is what there is
            break
        missed += s is None
        found += [] if s is None else [s]
    return found


def _in_single(near: Neighbours) -> Neighbours:
    """Neighbours in float32, of the function as it is there."""
    try:
        return replace(near, question=prepare(in_single(near.question.claim)))
    except Exception:  # code of users, in a dtype that it may not take: then every point says so
        return near


def _symmetric(question: Question, step: np.ndarray) -> np.ndarray:
    """The step, kept symmetric for every matrix that is: code may rely on it."""
    parts = np.split(step, np.cumsum([np.size(x) for x in question.leaves])[:-1])
    found = []
    for part, x in zip(parts, question.leaves, strict=True):
        square = np.ndim(x) >= 2 and np.shape(x)[-1] == np.shape(x)[-2]
        moved = part.reshape(np.shape(x))
        if square and (np.swapaxes(x, -1, -2) == x).all():
            moved = (moved + np.swapaxes(moved, -1, -2)) / 2
        found.append(moved.reshape(-1))
    return np.concatenate(found)


def sample(near: Neighbours, leaves: Sequence[Any], k: int) -> Sample | None:
    """What subject and truth say at other leaves, with cotangents drawn anew; None where one of them is silent."""
    there = near.at(leaves, near.question.claim.seed + k)
    answer = near.answer(there)
    truth = None if answer is None else near.truth(there)
    if there is None or answer is None or truth is None or not np.isfinite(truth.value).all():
        return None
    return Sample(there, answer, truth.value + truth.low)


def cases(near: Neighbours, samples: Sequence[Sample]) -> list[Case]:
    """A case for every input, in order; none without samples."""
    question = near.question
    if not samples:
        return []
    sizes = [np.size(x) for x in question.leaves]
    stops = np.cumsum(sizes)
    u = max(samples[0].question.roundoff, coarsest(samples[0].question.leaves).roundoff)
    relative = max(UNITS * u, FINE)
    return [
        Case(tuple(samples), near, k, int(stop - size), int(stop), relative)
        for k, (size, stop) in enumerate(zip(sizes, stops, strict=True))
    ]
