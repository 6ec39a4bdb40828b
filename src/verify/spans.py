"""Rounding or a wrong formula, by the error alone: how rough it is over spans, how it shrinks in a wider type.

Facts
    Rounding is erratic: beyond the few points that share all their roundings, the error jumps about. It shrinks in
    proportion to the unit roundoff when the same code is run in a wider type: counted in units it is alike.
    A wrong formula leaves the difference of two smooth functions: a parabola through a few points explains it, on any
    span where the truth is smooth, and it is as large in every type.
    Neither alone decides. Near the point the error of 1 - tanh(x)**2 is smooth, since tanh(x) does not change there;
    code that calls ``math`` computes in double whatever it is given; an error of 40 units in float64 drowns in float32.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.claim import Estimate
from verify.formats import coarsest
from verify.judge import judge
from verify.movement import movement_of
from verify.neighbours import Entry, Line, Neighbours
from verify.numbers.program import Refused
from verify.question import Question
from verify.roughness import ENOUGH, jumps, roughness

WIDTHS = 7  # spans, from NARROWEST to WIDEST in equal ratios
NARROWEST = 8  # units in the last place
WIDEST = 5e-2  # relative
POINTS = 20  # on each span and direction
FEWEST = 8  # with fewer that answer, a line says nothing
SMOOTH = 0.35  # a roughness up to this is a curve: an error of 16 units with a noise of 4 has 0.25
ERRATIC = 0.5  # from here on it is noise, see ``roughness``
RESOLVED = 0.05  # a span is too wide where the truth itself is no curve at its points
WIDE = 2  # spans that have to show noise: on narrow ones rounding may be smooth
LOST = 0.05  # no digit survives where the error is this part of the truth
STAIRS = 0.25  # values for each point of a line: 1 - tanh(x)**2 near its end is 0 or 1.2e-7 in float32
NEAR = 1e-3  # two precisions are compared within this relative distance
ALIKE = (-4.0, 8.0)  # log2 of units in the narrower / units in the wider type: exact proportion is 0
STAYS = -6.0  # so far below proportion is not rounding: its scatter is about 2**3
FOLLOWED = 2  # entries, the worst first, that are looked into closer


class Sign(enum.Enum):
    """What one test says of an error."""

    ROUNDING = enum.auto()
    FORMULA = enum.auto()
    SILENT = enum.auto()


@dataclass(frozen=True)
class Evidence:
    """What the tests found for one entry at one place.

    roughness   for each span that the truth is smooth on, narrow to wide: 0 a curve, 1 noise
    jumps       how many of its worst misses are jumps between neighbouring numbers; None: not looked for
    narrow, wide  median error in units in the narrower type and in the wider; NaN where they could not be compared
    narrower, wider  the names of those types
    beside      the largest error on any of them; NaN where there are none
    lost        no digit of the answer survives, on the widest span; constant: it is one number there, or a
                staircase of few
    """

    roughness: tuple[float, ...]
    jumps: int | None = None
    narrow: float = np.nan
    wide: float = np.nan
    narrower: str = ""
    wider: str = ""
    beside: float = np.nan
    lost: bool = False
    constant: bool = False

    @property
    def neighbours(self) -> Sign:
        """By the narrowest span alone."""
        return _by_roughness(self.roughness[:1])

    @property
    def spans(self) -> Sign:
        """Noise with jumps on the widest span is rounding, a curve on all spans a formula."""
        sign = _by_roughness(self.roughness)
        seamless = self.jumps is not None and self.jumps < ENOUGH
        return Sign.SILENT if sign is Sign.ROUNDING and seamless else sign

    @property
    def precisions(self) -> Sign:
        """As many units in both types are rounding; a wrong formula has far more of them in the wider one."""
        if not (self.narrow > 0 and self.wide > 0):
            return Sign.SILENT
        ratio = float(np.log2(self.narrow / self.wide))
        if ratio <= STAYS:
            return Sign.FORMULA
        return Sign.ROUNDING if ALIKE[0] <= ratio <= ALIKE[1] else Sign.SILENT


def _by_roughness(roughness: tuple[float, ...]) -> Sign:
    if not roughness:
        return Sign.SILENT
    if max(roughness) <= SMOOTH:
        return Sign.FORMULA
    return Sign.ROUNDING if max(roughness[-WIDE:]) >= ERRATIC else Sign.SILENT


def rule(evidence: Evidence) -> bool | None:
    """Whether the formula is wrong; None: undecided.

    Where both tests speak they must agree. The spans alone may say rounding, the two precisions alone may not: the
    noise of a difference quotient shrinks as rounding does, and its truncation hides below.
    """
    spans, precisions = evidence.spans, evidence.precisions
    if Sign.FORMULA in (spans, precisions):
        return None if Sign.ROUNDING in (spans, precisions) else True
    return False if spans is Sign.ROUNDING else None


def gather(near: Neighbours, entries: list[Entry], rng: np.random.Generator) -> dict[Entry, Evidence]:
    """The evidence for some entries, the worst first, at the place of a question; jumps for the first FOLLOWED alone.

    Raises Refused when the budget ends before two spans are known, or before jumps are where they have to decide.
    """
    size = len(near.question.entries)
    axis = np.eye(size)[entries[0][1]]
    directions = [axis] if size == 1 else [rng.choice([-1.0, 1.0], size) * rng.uniform(0.5, 1.0, size), axis]
    widths = np.geomspace(WIDEST, NARROWEST * 2 * near.question.roundoff, WIDTHS)
    spans: list[list[Line]] = [[] for _ in widths]
    compared: dict[Entry, Evidence] = {}
    try:  # what says most comes first, should the budget end: wide spans, and the direction that moves everything
        for direction in directions:
            for lines, width in zip(spans, widths, strict=True):
                line = near.along(direction, positions(float(width), rng))
                if line is not None and len(line.t) >= FEWEST:
                    lines.append(line)
            if direction is directions[0]:
                compared = two_precisions(near, entries, rng)
    except Refused:
        if not all(spans[:2]):
            raise
    found = {e: _over_spans(spans[::-1], e, compared.get(e, Evidence(()))) for e in entries}
    for entry in entries[:FOLLOWED]:
        if found[entry].spans is Sign.ROUNDING:
            try:
                found[entry] = replace(found[entry], jumps=jumps(near, _roughest(spans, entry), entry))
            except Refused:
                if found[entry].precisions is not Sign.ROUNDING:  # which says the same as the noise
                    raise
    return found


def positions(width: float, rng: np.random.Generator) -> np.ndarray:
    """POINTS places in (-width, width), near the middle of as many equal cells."""
    return np.asarray(width * (2 * (np.arange(POINTS) + rng.uniform(0.25, 0.75, POINTS)) / POINTS - 1))


def _over_spans(spans: list[list[Line]], entry: Entry, compared: Evidence) -> Evidence:
    """The roughness of the error on each span, narrow to wide: the largest over the directions."""
    rough = [[r for line in lines if (r := _resolved(line, entry)) is not None] for lines in spans]
    widest = next((lines[-1] for lines in reversed(spans) if lines), None)
    beside = [np.abs(line.error[line.t != 0][:, *entry]) for lines in spans for line in lines]
    largest = max((float(np.max(error)) for error in beside if error.size), default=np.nan)
    found = replace(compared, roughness=tuple(max(r) for r in rough if r), beside=largest)
    if widest is None:
        return found
    answer, truth, error = (x[:, *entry] for x in (widest.answer, widest.truth, widest.error))
    lost = ~(np.abs(error) < LOST * np.abs(truth)) & (truth != 0)  # a truth of 0 has no digits to lose
    constant = len(np.unique(answer)) <= STAIRS * len(answer) or not np.isfinite(answer).all()
    return replace(found, lost=bool(np.median(lost) > 0), constant=constant)


def _resolved(line: Line, entry: Entry) -> float | None:
    """The roughness of an error; None where the truth itself is no curve, or an answer not finite."""
    error, truth = line.error[:, *entry], line.truth[:, *entry]
    if not np.isfinite(error).all() or roughness(line.t, truth) > RESOLVED:
        return None
    return roughness(line.t, error)


def _roughest(spans: list[list[Line]], entry: Entry) -> Line:
    """The line where the error is roughest, of the WIDE widest spans that are resolved; ``spans`` wide to narrow."""
    rough = [[(r, line) for line in lines if (r := _resolved(line, entry)) is not None] for lines in spans]
    return max((pair for pairs in [p for p in rough if p][:WIDE] for pair in pairs), key=lambda pair: pair[0])[1]


# --- two precisions


def two_precisions(near: Neighbours, entries: list[Entry], rng: np.random.Generator) -> dict[Entry, Evidence]:
    """Median units in the narrower and the wider type, for the entries that keep a digit in both.

    Each type is asked at points of its own: a float32 is so short that float64 may compute with it exactly.
    """
    narrow, wide = _types(near.question)
    sign = rng.choice([-1.0, 1.0], len(near.question.entries))
    same = dict.fromkeys(entries, True)
    asked: dict[str, list[tuple[np.ndarray, Estimate]]] = {"narrow": [], "wide": []}
    for t in positions(NEAR, rng):
        step = t * near.scale * sign
        low = near.leaves(step, narrow)
        if not all(np.isfinite(x).all() for x in low):
            continue
        copy = near.at([np.asarray(x).astype(d)[()] for x, d in zip(low, wide, strict=True)])
        high = near.at(near.leaves(step, wide))
        answer, again, wider = near.answer(near.at(low)), near.answer(copy), near.answer(high)
        truth, truth_wider = near.truth(copy), near.truth(high)
        if answer is None or again is None or wider is None or truth is None or truth_wider is None:
            continue
        same = {e: s and bool(answer[e] in (again[e], np.float32(again[e]))) for e, s in same.items()}
        asked["narrow"].append((answer, truth))
        asked["wide"].append((wider, truth_wider))
    moved = movement_of(near.question)
    found = {}
    for e in entries:
        few = _median_units(asked["narrow"], e, coarsest(narrow).roundoff, near.question.smallest, moved)
        many = _median_units(asked["wide"], e, coarsest(wide).roundoff, near.question.smallest, moved)
        if not same[e] and few is not None and many is not None:  # code that computes alike in both says nothing
            found[e] = Evidence((), narrow=few, wide=many, narrower=str(narrow[0]), wider=str(wide[0]))
    return found


def _types(question: Question) -> tuple[list[Any], list[Any]]:
    """For every leaf a narrower and a wider dtype: its own is one of the two."""
    own = [np.asarray(x).dtype for x in question.leaves]
    single, double = [[np.dtype(kind)] * len(own) for kind in (np.float32, np.float64)]
    if question.format.half:
        return own, single
    return (single, double) if question.format.name == "float64" else (own, double)


def _median_units(
    asked: list[tuple[np.ndarray, Estimate]], entry: Entry, u: float, eta: float, moved: np.ndarray
) -> float | None:
    """The median error in units where a digit survives; None with too few such points."""
    units = []
    for answer, truth in asked:
        one = only(truth, entry)
        if abs(answer[entry] - one.value[0, 0]) < LOST * abs(one.value[0, 0]):
            units.append(judge(answer[entry].reshape(1, 1), one, u, eta, 0.0, lambda: moved[entry].reshape(1, 1)).units)
    return float(np.median(units)) if len(units) >= FEWEST else None


def only(truth: Estimate, entry: Entry) -> Estimate:
    """The estimate of one entry."""
    value, radius, low = (x[entry].reshape(1, 1) for x in (truth.value, truth.radius, truth.low))
    return Estimate(value, radius, low, certified=True)
