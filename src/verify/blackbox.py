"""WRONG or INACCURATE for code that exact numbers cannot enter, decided by what its error does at other points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify import subject as subjects
from verify.finding import UNTOLD
from verify.judge import Judgement
from verify.narrowing import Narrowed, narrowed
from verify.neighbours import Entry, Neighbours
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.question import Question
from verify.spans import ERRATIC, FOLLOWED, LOST, SMOOTH, WIDEST, Evidence, Sign, gather, rule
from verify.surviving import Survival, all_together, each_alone

ASKED_AGAIN = 3  # times: one random draw may come out near another
LOOKS = 8  # points beside it where an answer of 0 is asked for again
REPEATED = 0.1  # an answer that differs by this part of its error when asked again is not a function's
ALONE = 1000.0  # times as far off as anywhere beside the point: rounding at over a hundred points is never so
PLAINLY = 4.0  # bars: of entries treated alike those that are barely outside tell least
SURELY = 0.1  # a digit may survive by chance at one place; ten times as near it hardly does
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
    deadline = Deadline(question.claim.budget)
    try:
        if _changes(question, answer, result):
            return None, "it answers differently when asked again"
        plain = [entry for entry in entries if result.units[entry] > PLAINLY * question.claim.units]
        few = narrowed(question, answer, plain or entries) or Narrowed(question, answer, entries)
        return _looked_into(Neighbours(few.question, deadline), few.answer, few.entries)
    except Refused as refused:
        return None, f"{UNTOLD}: {refused}"


def _looked_into(near: Neighbours, answer: np.ndarray, entries: list[Entry]) -> Outcome:
    """The outcome of the entry that decides: a wrong formula before what cannot be told, that before rounding."""
    rng = np.random.default_rng([near.question.claim.seed, len(entries)])
    gone = _vanished(near, entries, answer)
    left = [entry for entry in entries if entry not in gone]
    evidence = gone | (gather(near, left, rng) if left else {})
    outcomes = {entry: _settle(evidence[entry]) for entry in entries}
    outcomes |= _alone(near, answer, [entry for entry in entries if outcomes[entry][0] is False], evidence)
    lost = [entry for entry in entries if outcomes[entry][0] is None and evidence[entry].lost]
    if lost:
        outcomes |= _elsewhere(near, lost, rng)
    found = [_named(near.question, entry, outcomes[entry], len(entries)) for entry in entries]
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


def _alone(
    near: Neighbours, answer: np.ndarray, entries: Sequence[Entry], evidence: dict[Entry, Evidence]
) -> dict[Entry, Outcome]:
    """The entries that are off at the point as nowhere beside it: that is no rounding, whatever the rest is."""
    truth = near.truth(near.question) if entries else None
    if truth is None:
        return {}
    off = {entry: abs(float(answer[entry] - truth.value[entry])) for entry in entries}
    return {
        entry: (None, f"it is off by {off[entry]:.2g}, beside the point by no more than {evidence[entry].beside:.2g}")
        for entry in entries
        if off[entry] > ALONE * evidence[entry].beside
    }


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


def _elsewhere(near: Neighbours, entries: Sequence[Entry], rng: np.random.Generator) -> dict[Entry, Outcome]:
    """Decide at the nearest point where a digit survives and the answer is still outside the truth."""
    found: dict[Entry, Outcome] = dict.fromkeys(entries, (None, NOTHING))
    for lost in (LOST, SURELY * LOST):
        left = [entry for entry in entries if found[entry][0] is None]
        if left:
            found |= _decided(near, each_alone(near, left, lost), rng)
    if len(near.question.entries) > 1:
        for entry in [entry for entry in entries if found[entry][0] is None][:FOLLOWED]:
            found |= _decided(near, all_together(near, entry), rng)
    return found


def _decided(near: Neighbours, survival: Survival, rng: np.random.Generator) -> dict[Entry, Outcome]:
    """The outcomes at the place of a search, and of what has none."""
    found: dict[Entry, Outcome] = {}
    names = near.question.entries
    for entry, x in survival.seams.items():
        seam = f"at {names[entry[1]]} = {x:.9g} the answer is right, and right beside it no digit of it survives"
        found[entry] = None, f"{NOTHING}: {seam}"
    if survival.place is None:
        return found
    evidence = gather(Neighbours(survival.place, near.deadline, near.witnesses), list(survival.entries), rng)
    for entry in survival.entries:
        outcome, text = _settle(evidence[entry])
        x = survival.place.point[entry[1]]
        found[entry] = outcome, f"no digit of it survives; at {names[entry[1]]} = {x:.6g}, where one does, {text}"
    return found
