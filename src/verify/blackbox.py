"""WRONG or INACCURATE for code that exact numbers cannot enter, decided by what its error does at other points."""

from __future__ import annotations

import numpy as np

from verify import subject as subjects
from verify.finding import UNTOLD
from verify.judge import Judgement, judge
from verify.movement import movement_of
from verify.neighbours import Entry, Neighbours
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.question import Question
from verify.spans import ERRATIC, FOLLOWED, LOST, SMOOTH, WIDEST, Evidence, Sign, gather, only, rule

# Factors on the inputs where a surviving digit is looked for, the nearest first; then a bisection.
LADDER = tuple(f for k in (0.03, 0.1, 0.3, 1, 2, 3, 4, 6, 8, 10, 14, 20) for f in (2.0**-k, 2.0**k))
BISECTIONS = 40  # between a point where no digit survives and one where the answer is right
ASKED_AGAIN = 3  # times: one random draw may come out near another
LOOKS = 8  # points beside it where an answer of 0 is asked for again
REPEATED = 0.1  # an answer that differs by this part of its error when asked again is not a function's
RIGHT, GONE = "right", "gone"  # what is left of an answer: all digits, or none
VANISHED = Evidence((), lost=True, constant=True)
NOTHING = "wrong, or total loss of digits"

Outcome = tuple[bool | None, str]


def nature(question: Question, answer: np.ndarray, result: Judgement) -> Outcome:
    """Whether an answer outside the truth has a wrong formula (True), lost digits (False), or cannot be told (None).

    Arguments
        question: the claim at its point. answer: float64 (rows, entries), what the subject said there.
        result: how it was judged; every entry outside is looked into.
    Returns
        the outcome, and one sentence with the numbers it rests on.
    """
    outside = np.argwhere(~result.inside)
    units = np.nan_to_num(result.units[~result.inside], nan=np.inf)
    entries = [(int(r), int(c)) for r, c in outside[np.argsort(-units, kind="stable")]]
    if not np.isfinite(answer[~result.inside]).all():
        return None, "what is not finite at the point itself is no rounding that points beside it could show"
    near = Neighbours(question, Deadline(question.claim.budget))
    rng = np.random.default_rng([question.claim.seed, len(entries)])
    try:
        if _changes(question, answer, result):
            return None, "it answers differently when asked again"
        gone = _vanished(near, entries, answer)
        left = [entry for entry in entries if entry not in gone]
        evidence = gone | (gather(near, left, rng) if left else {})
        found = []
        for k, entry in enumerate(entries):
            outcome = _settle(evidence[entry])
            if outcome[0] is None and evidence[entry].lost:
                outcome = _elsewhere(near, entry, rng) if k < FOLLOWED else (None, NOTHING)
            found.append(_named(question, entry, outcome, len(entries)))
    except Refused as refused:
        return None, f"{UNTOLD}: {refused}"
    return next(outcome for wanted in (True, None, False) for outcome in found if outcome[0] is wanted)


def _named(question: Question, entry: Entry, outcome: Outcome, entries: int) -> Outcome:
    return outcome if entries == 1 else (outcome[0], f"{question.entries[entry[1]]}: {outcome[1]}")


def _changes(question: Question, answer: np.ndarray, result: Judgement) -> bool:
    """Whether the subject, asked again, moves by a part of its error: it has state, or draws at random."""
    for _ in range(ASKED_AGAIN):
        try:
            again = subjects.answer(question)
        except Exception:
            return True
        with np.errstate(all="ignore"):
            moved = np.abs(again - answer) > REPEATED * result.gap
        if (moved & ~result.inside).any():
            return True
    return False


def _vanished(near: Neighbours, entries: list[Entry], answer: np.ndarray) -> dict[Entry, Evidence]:
    """The entries that are 0 wherever one looks beside the point: no span shows more of these than that."""
    zero = {entry for entry in entries if answer[entry] == 0}
    for t in np.linspace(-WIDEST, WIDEST, LOOKS) if zero else ():
        found = near.answer(near.at(near.leaves(t * near.scale)))
        zero = {entry for entry in zero if found is not None and found[entry] == 0}
    return dict.fromkeys(zero, VANISHED)


def _settle(evidence: Evidence) -> Outcome:
    """The rule, save that where no digit survives only a changing answer with a smooth error is decided."""
    outcome, text = rule(evidence), says(evidence)
    if evidence.lost and (outcome is not True or evidence.constant):
        return None, f"{NOTHING}: {text}"
    return outcome, f"{text}: " + {True: "a wrong formula", False: "rounding", None: "undecided"}[outcome]


def says(evidence: Evidence) -> str:
    """The evidence in numbers, as part of a sentence."""
    total = len(evidence.roughness)
    smooth = sum(r <= SMOOTH for r in evidence.roughness)
    erratic = sum(r >= ERRATIC for r in evidence.roughness)
    if not total:
        parts = ["no span beside the point could be used"]
    else:
        parts = [f"beside the point the error is smooth over {smooth} of {total} spans and erratic over {erratic}"]
        if evidence.jumps is not None:
            seen = ("without jumps", "with one jump", "with jumps")[min(evidence.jumps, 2)]
            parts[0] += f", {seen} between neighbouring numbers"
    if np.isnan(evidence.narrow):
        return parts[0]
    shrinks = {Sign.ROUNDING: "it shrinks with the roundoff", Sign.FORMULA: "it does not shrink with the roundoff"}
    told = shrinks.get(evidence.precisions, "how it shrinks tells nothing")
    counted = f"{evidence.narrow:.2g} units in {evidence.narrower} and {evidence.wide:.2g} in {evidence.wider}"
    parts.append(f"{counted}, {told}")
    return "; ".join(parts)


# --- where no digit survives


def _elsewhere(near: Neighbours, entry: Entry, rng: np.random.Generator) -> Outcome:
    """Decide at the nearest point where a digit survives and the answer is still outside the truth."""
    alone = np.eye(len(near.question.entries))[entry[1]]
    name, text = near.question.entries[entry[1]], "no digit of it survives wherever it was asked"
    for way in (alone,) if len(alone) == 1 else (alone, np.ones_like(alone)):
        found = _nearest(near, entry, way)
        if isinstance(found, Question):
            place = Neighbours(found, near.deadline, near.witnesses)
            outcome, text = _settle(gather(place, [entry], rng)[entry])
            return outcome, f"no digit of it survives; at {name} = {found.point[entry[1]]:.6g}, where one does, {text}"
        text = found or text
    return None, f"{NOTHING}: {text}"


def _nearest(near: Neighbours, entry: Entry, way: np.ndarray) -> Question | str:
    """The nearest point on the ladder where a digit survives and the answer fails; a sentence for a jump, or ''."""
    for factor in LADDER:
        found = _state(near, entry, way, factor)
        if found == RIGHT:
            return _between(near, entry, way, factor)
        if isinstance(found, Question):
            return found
    return ""


def _between(near: Neighbours, entry: Entry, way: np.ndarray, right: float) -> Question | str:
    """Where digits are lost one by one, between the point, which has none, and one where the answer is right."""
    lost = 1.0
    for _ in range(BISECTIONS):
        middle = float(np.sqrt(lost * right))
        found = _state(near, entry, way, middle)
        if isinstance(found, Question):
            return found
        lost, right = (lost, middle) if found == RIGHT else (middle, right)
    name, x = near.question.entries[entry[1]], near.question.point[entry[1]]
    return f"at {name} = {x * right:.9g} the answer is right, and right beside it no digit of it survives"


def _state(near: Neighbours, entry: Entry, way: np.ndarray, factor: float) -> Question | str:
    """With the inputs of ``way`` scaled: RIGHT, GONE (or nobody answers), or the question where digits are lost."""
    there = near.at(near.leaves((factor - 1) * np.array(near.question.point) * way))
    answer, truth = near.answer(there), near.truth(there)
    if there is None or answer is None or truth is None:
        return GONE
    mine, one = answer[entry].reshape(1, 1), only(truth, entry)
    if not abs(mine - one.value)[0, 0] < LOST * abs(one.value)[0, 0]:
        return GONE
    u, eta, bar = there.roundoff, there.smallest, there.claim.units
    inside = judge(mine, one, u, eta, bar, lambda: movement_of(there)[entry].reshape(1, 1), there.largest).inside
    return RIGHT if inside.all() else there
