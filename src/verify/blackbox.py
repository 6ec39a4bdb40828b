"""WRONG or INACCURATE for code that exact numbers cannot enter: what its error does at other points tells.

Facts
    Rounding is erratic: beyond the few points that share all their roundings, the error jumps about. It shrinks in
    proportion to the unit roundoff when the same code is run in a wider type.
    A wrong formula leaves a difference of two smooth functions: a short polynomial explains it over any span that the
    truth itself is smooth on, and it is as large in every type.
    Neither alone decides. Near the point the error of 1 - tanh(x)**2 is smooth, since tanh(x) does not change there;
    code that calls ``math`` computes in double whatever it is given; an error of 40 units in float64 drowns in float32.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Estimate
from verify.judge import Judgement, judge
from verify.movement import movement_of
from verify.neighbours import FEWEST, Neighbours, Samples
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.question import Question

WIDTHS = 6  # spans, from NARROWEST to WIDEST in equal ratios
NARROWEST = 8  # units in the last place
WIDEST = 1e-2  # relative
POINTS = 12  # on each span and direction
SMOOTH = 0.35  # a roughness up to this is a curve: an error of 16 units with a noise of 4 has 0.25
ERRATIC = 0.5  # and from this on it is noise: that of white noise is 1, and of 12 of its samples above 0.5
RESOLVED = 0.05  # a span is too wide when the truth itself is no curve at its points
LOST = 0.5  # no digit survives where the error is this part of the truth
NEAR = 1e-3  # two precisions are compared within this relative distance
SHRINKS = (-4.0, 8.0)  # log2 of units in the narrow type / units in the wide one: 0 is exact proportion
STAYS = -6.0  # an error that has shrunk 2**6 times less than in proportion is not rounding
LADDER = tuple(f for k in (0.03, 0.1, 0.3, 1, 2, 3, 4, 6, 8, 10, 14, 20) for f in (2.0**-k, 2.0**k))
BISECTIONS = 40  # between a point where no digit survives and one where the answer is right
WALKS = 4  # lost entries that are followed to other points


class Sign(enum.Enum):
    """What one test says of an error."""

    ROUNDING = enum.auto()
    FORMULA = enum.auto()
    SILENT = enum.auto()


@dataclass(frozen=True)
class Evidence:
    """What the tests found for one entry at one place.

    roughness   for each span that the truth is smooth on, narrow to wide: 0 a curve, 1 noise
    narrow, wide  median error in units in the narrower and the wider type; NaN where they could not be compared
    lost        no digit of the answer survives, on the widest span
    constant    the answer is one number on the widest span
    """

    roughness: tuple[float, ...]
    narrow: float = np.nan
    wide: float = np.nan
    lost: bool = False
    constant: bool = False

    @property
    def neighbours(self) -> Sign:
        """By the narrowest span alone."""
        return _by_roughness(self.roughness[:1])

    @property
    def spans(self) -> Sign:
        """Noise on the widest span is rounding, a curve on all of them a formula."""
        return _by_roughness(self.roughness)

    @property
    def precisions(self) -> Sign:
        """In units rounding is alike in both types; a wrong formula has far more of them in the wider one."""
        if not (self.narrow > 0 and self.wide > 0):
            return Sign.SILENT
        ratio = float(np.log2(self.narrow / self.wide))
        if ratio <= STAYS:
            return Sign.FORMULA
        return Sign.ROUNDING if SHRINKS[0] <= ratio <= SHRINKS[1] else Sign.SILENT


def _by_roughness(roughness: tuple[float, ...]) -> Sign:
    if not roughness:
        return Sign.SILENT
    if max(roughness) <= SMOOTH:
        return Sign.FORMULA
    return Sign.ROUNDING if roughness[-1] >= ERRATIC else Sign.SILENT


def rule(evidence: Evidence) -> bool | None:
    """Whether the formula is wrong: where both tests speak they must agree, and the spans must not be silent."""
    spans, precisions = evidence.spans, evidence.precisions
    if Sign.SILENT in (spans, precisions):
        sign = precisions if spans is Sign.SILENT else spans
        return {Sign.ROUNDING: False, Sign.FORMULA: True, Sign.SILENT: None}[sign]
    return (spans is Sign.FORMULA) if spans is precisions else None


def roughness(t: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far values are from a curve: about 1 for noise, 0 for a polynomial of degree 2; along the first axis.

    A parabola is laid through every three of four consecutive points and misses the fourth; the miss is scaled so that
    white noise keeps its size, and its median over the windows compared with the median size of the values: a single
    jump, or a curve that bends several times, is not taken for noise.

    Arguments
        t: float64 (N,), ascending, N >= 4. values: float64 (N, ...).
    Returns
        float64 of shape values.shape[1:]; 0 where all values are 0, NaN where one is not finite.
    Example
        >>> t = np.arange(12.0)
        >>> float(roughness(t, 3 + t**2)) < 1e-12, float(roughness(t, (-1) ** t)) > 0.9
        (True, True)
    """
    misses = []
    for k in range(len(t) - 3):
        x = t[k : k + 4] / (t[k + 3] - t[k])
        weights = 1 / np.prod(x[:, None] - x[None, :] + np.eye(4), axis=1)
        misses.append(np.abs(np.tensordot(weights, values[k : k + 4], 1)) / np.sqrt(np.sum(weights**2)))
    size, miss = np.median(np.abs(values), axis=0), np.median(misses, axis=0)
    return np.asarray(np.where((size == 0) & (miss == 0), 0.0, miss / size))


def nature(question: Question, truth: Estimate, answer: np.ndarray, result: Judgement) -> tuple[bool | None, str]:
    """Whether an answer outside the truth has a wrong formula (True), rounding (False), or cannot be told (None).

    Arguments
        question: the claim at its point. truth: certified, there. answer: float64 (rows, entries).
        result: their judgement; all entries outside are looked into.
    Returns
        the outcome and one sentence with the numbers it rests on.
    """
    found = []
    try:
        near = Neighbours(question, Deadline(question.claim.budget))
        rng = np.random.default_rng([question.claim.seed, 0x5AFE])
        failing = [(int(r), int(c)) for r, c in np.argwhere(~result.inside)]
        evidence = gather(near, failing, result.worst_entry, rng)
        walks = 0
        for entry in failing:
            outcome, text = _settle(evidence[entry])
            if outcome is None and evidence[entry].lost and walks < WALKS:
                walks += 1
                outcome, text = _elsewhere(near, entry, rng)
            found.append((outcome, f"{question.entries[entry[1]]}: {text}" if len(failing) > 1 else text))
    except Refused as refused:
        return None, f"neighbouring points do not tell rounding from a wrong formula: {refused}"
    return next((f for wanted in (True, None, False) for f in found if f[0] is wanted), (None, "no entry is outside"))


def _settle(evidence: Evidence) -> tuple[bool | None, str]:
    """The rule, save that nothing is decided about rounding where no digit survives."""
    outcome = rule(evidence)
    if evidence.lost and (outcome is not True or evidence.constant):
        return None, f"wrong, or total loss of digits: {says(evidence)}"
    return outcome, says(evidence) + {True: ": a wrong formula", False: ": rounding", None: ": undecided"}[outcome]


def says(evidence: Evidence) -> str:
    """The evidence as text, in numbers."""
    total = len(evidence.roughness)
    if not total:
        parts = ["the truth is not smooth on any span beside the point"]
    else:
        smooth = sum(r <= SMOOTH for r in evidence.roughness)
        erratic = sum(r >= ERRATIC for r in evidence.roughness)
        parts = [f"beside the point its error is a curve on {smooth} of {total} spans and erratic on {erratic}"]
    if evidence.precisions is not Sign.SILENT or evidence.narrow > 0:
        parts.append(
            f"it is {evidence.narrow:.2g} units in the narrower type and {evidence.wide:.2g} in float64 "
            f"(rounding has as many in both)"
        )
    else:
        parts.append("two precisions could not be compared")
    return ", ".join(parts)


# --- gathering


def gather(
    near: Neighbours, entries: list[tuple[int, int]], worst: tuple[int, int], rng: np.random.Generator
) -> dict[tuple[int, int], Evidence]:
    """The evidence for some entries at the place of a question.

    Raises Refused when the budget ends before anything is known.
    """
    size = len(near.question.entries)
    axis = np.eye(size)[worst[1]]
    directions = [axis] + ([rng.choice([-1.0, 1.0], size) * rng.uniform(0.5, 1.0, size)] if size > 1 else [])
    narrowest = NARROWEST * 2 * near.question.roundoff
    spans = []
    for width in np.geomspace(WIDEST, narrowest, WIDTHS):  # the widest first: it says most, if the budget ends
        lines = [near.along(d, _positions(width, rng)) for d in directions]
        spans.append([line for line in lines if line is not None])
    compared = _two_precisions(near, entries, rng)
    return {entry: _evidence(spans[::-1], entry, *compared.get(entry, (np.nan, np.nan))) for entry in entries}


def _positions(width: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(width * (2 * (np.arange(POINTS) + rng.uniform(0, 1, POINTS)) / POINTS - 1))


def _evidence(spans: list[list[Samples]], entry: tuple[int, int], narrow: float, wide: float) -> Evidence:
    found, lost, constant = [], False, False
    for lines in spans:
        rough = []
        for line in lines:
            answer, truth, error = (x[:, *entry] for x in (line.answer, line.truth, line.error))
            lost = _lost(error, truth)
            constant = bool((answer == answer[0]).all()) or not np.isfinite(answer).all()
            if roughness(line.t, truth) <= RESOLVED and np.isfinite(error).all():
                rough.append(float(roughness(line.t, error)))
        if rough:
            found.append(max(rough))
    return Evidence(tuple(found), narrow, wide, lost, constant)


def _lost(error: np.ndarray, truth: np.ndarray) -> bool:
    """Whether most answers have no digit of the truth; not where the truth is 0, which has none."""
    return bool(np.median(~(np.abs(error) < LOST * np.abs(truth)) & (truth != 0)) > 0)


def _two_precisions(
    near: Neighbours, entries: list[tuple[int, int]], rng: np.random.Generator
) -> dict[tuple[int, int], tuple[float, float]]:
    """Median units in the narrower and the wider type, for the entries where both keep a digit."""
    own = [np.asarray(x).dtype for x in near.question.leaves]
    narrow = [np.dtype(np.float32)] * len(own) if near.question.roundoff < 2.0**-50 else own
    wide = [np.dtype(np.float64)] * len(own)
    u = max(float(np.finfo(d).eps) / 2 for d in narrow)
    pairs, moved = [], movement_of(near.question)
    sign = rng.choice([-1.0, 1.0], len(near.question.entries))
    for t in _positions(NEAR, rng):
        low = near.leaves(t * near.scale * sign, narrow)
        high = [np.asarray(x).astype(d)[()] for x, d in zip(low, wide, strict=True)]
        if not all(np.isfinite(x).all() for x in low) or (truth := near.truth(high)) is None:
            continue
        answers = near.answer(low), near.answer(high)
        if answers[0] is None or answers[1] is None:
            continue
        pairs.append((answers[0], answers[1], truth))
    return {e: units for e in entries if (units := _compared(pairs, e, u, near.question.smallest, moved)) is not None}


def _compared(
    pairs: list[tuple[Any, Any, Estimate]], entry: tuple[int, int], u: float, eta: float, moved: np.ndarray
) -> tuple[float, float] | None:
    """None when too few points keep a digit in both, or when the code computes alike whatever it is given."""
    kept = []
    same = True
    for low, high, truth in pairs:
        one = _one_entry(truth, entry)
        a, b = low[entry], high[entry]
        same = same and (a == b or a == np.float32(b))
        if not (abs(a - one.value[0, 0]) < LOST * abs(one.value[0, 0])):
            continue
        m = moved[entry].reshape(1, 1)
        kept.append([float(judge(np.array([[x]]), one, v, eta, 1.0, lambda m=m: m).units[0, 0])
                     for x, v in ((a, u), (b, 2.0**-53))])  # fmt: skip
    if same or len(kept) < FEWEST:
        return None
    narrow, wide = np.median(kept, axis=0)
    return float(narrow), float(wide)


def _one_entry(truth: Estimate, entry: tuple[int, int]) -> Estimate:
    return Estimate(*(x[entry].reshape(1, 1) for x in (truth.value, truth.radius, truth.low)), certified=True)


# --- where no digit survives


def _elsewhere(near: Neighbours, entry: tuple[int, int], rng: np.random.Generator) -> tuple[bool | None, str]:
    """Decide at the nearest point where a digit survives and the answer is still outside the truth."""
    lost = "wrong, or total loss of digits: no digit of the answer survives here"
    only = np.eye(len(near.question.entries))[entry[1]]
    for way in (only,) if len(only) == 1 else (only, np.ones_like(only)):
        found = _nearest(near, entry, way)
        if isinstance(found, Question):
            evidence = gather(Neighbours(found, near.deadline, near.witnesses), [entry], entry, rng)[entry]
            outcome, text = _settle(evidence)
            at = float(np.asarray(found.point)[entry[1]])
            return outcome, f"no digit of the answer survives here; at {near.question.entries[entry[1]]} = {at:.6g} {text}"
        lost = found or lost
    return None, lost


def _nearest(near: Neighbours, entry: tuple[int, int], way: np.ndarray) -> Question | str:
    """The nearest point on the ladder where a digit survives and the answer fails; a sentence for a jump, or ''."""
    for factor in LADDER:
        state = _state(near, entry, way, factor)
        if isinstance(state, Question):
            return state
        if state != "right":
            continue
        lost, right = 1.0, factor
        for _ in range(BISECTIONS):
            middle = float(np.sqrt(lost * right))
            state = _state(near, entry, way, middle)
            if isinstance(state, Question):
                return state
            lost, right = (lost, middle) if state == "right" else (middle, right)
        name, x = near.question.entries[entry[1]], near.question.point[entry[1]]
        return (
            f"wrong, or total loss of digits: at {name} = {x * right:.17g} the answer is right, beside it no digit of "
            f"it survives"
        )
    return ""


def _state(near: Neighbours, entry: tuple[int, int], way: np.ndarray, factor: float) -> Question | str:
    """At the point with the inputs of ``way`` scaled: the question where a digit survives and the answer fails, else
    "right", or "lost" (which stands as well for a point where the truth or the subject is silent)."""
    leaves = near.leaves((factor - 1) * near.scale * np.sign(near.question.point) * way)
    if (answer := near.answer(leaves)) is None or (truth := near.truth(leaves)) is None:
        return "lost"
    question = near.at(leaves)
    one, mine = _one_entry(truth, entry), answer[entry].reshape(1, 1)
    if not abs(mine - one.value)[0, 0] < LOST * abs(one.value[0, 0]):
        return "lost"
    u, eta, bar = question.roundoff, question.smallest, question.claim.units
    inside = judge(mine, one, u, eta, bar, lambda: movement_of(question)[entry].reshape(1, 1), question.largest).inside
    return "right" if inside.all() else question
