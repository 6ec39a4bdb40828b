"""Certified truth for large arrays: nothing is recorded, the function itself is run over arrays of balls.

``series`` gives f(x + t v) along every input in turn: no rule, no trace, no sweep. ``enclosure`` lets the engine's own
reverse pass give all entries at once, over balls, and believes none of them: two random signed directions v decide,
by series again, whether D_v f meets <g, v>. A wrong entry escapes both with the probability that is printed. Where
rules and mathematics exclude each other, every entry is asked for by series, if there is time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from verify.claim import Answer, Refusal
from verify.numbers.ballarray import BallField
from verify.numbers.balls import Plain
from verify.numbers.deciding import Deadline, Rows
from verify.numbers.program import Refused
from verify.oracles.certified import estimate
from verify.oracles.faithful import require_faithful
from verify.oracles.runs import (
    Certificate,
    Excluded,
    as_estimate,
    decided_rows,
    flat,
    hand_out,
    meeting,
    note_of,
    run_along,
    settled,
    signed_directions,
)
from verify.oracles.witness import oracle
from verify.question import Question
from verify.subject import engine_rows

SERIES_ENTRIES = 32  # each costs a run of the function


@oracle(trusts={"meaning"})
def series(question: Question) -> Answer:
    """The derivative along every input by power series over balls: no rule, no trace, no recording."""
    entries = len(question.entries)
    if entries > SERIES_ENTRIES:
        return Refusal(f"{entries} entries, asked for up to {SERIES_ENTRIES}; it speaks through enclosure")
    return estimate(_entry_by_entry(question, Deadline(question.claim.budget)))


def _entry_by_entry(question: Question, deadline: Deadline) -> list[list[Plain]]:
    """Every entry by a run of the function over series; raises Refused, also where the time does not suffice."""
    entries = len(question.entries)

    def at(bits: int) -> Rows:
        columns = []
        begun = time.monotonic()
        for k in range(entries):
            columns.append(run_along(question, [np.eye(1, entries, k)[0]], deadline))
            if k == 0:  # what one took tells what all will take
                deadline.afford((time.monotonic() - begun) * (entries - 1), f"series for {entries} entries")
        require_faithful(question, columns[0].values, np.array([c.coefficients for c in columns], dtype=object).T)
        return [[column.coefficients[r] for column in columns] for r in range(len(question.cotangents))]

    return decided_rows(at, deadline)


@oracle(trusts={"meaning"})
def enclosure(question: Question) -> Answer:
    """The engine's reverse pass over balls, all entries of it certified at once by series along random directions.

    What it answers was found by the rules but is believed for the series' sake: it trusts the meaning alone.
    """
    deadline = Deadline(question.claim.budget)
    directions = signed_directions(len(question.entries), question.claim.seed)
    certificate: list[Certificate] = []

    def at(bits: int) -> Rows:
        field = BallField(0, deadline, absorbing=True)
        rows = flat(field, engine_rows(question, field.inputs(question.leaves)))
        if settled(field, rows):
            certificate[:] = [_certify(question, rows, directions, field, deadline)]
        return rows

    try:
        found = decided_rows(at, deadline, hand_out(question))
    except Excluded as excluded:
        return _without_rules(question, deadline, excluded)
    return as_estimate(found, note_of(certificate[0]))


def _without_rules(question: Question, deadline: Deadline, excluded: Excluded) -> Answer:
    """The entries by series alone, where the engine's rules do not give the derivative."""
    try:
        found = _entry_by_entry(question, deadline)
    except Refused as refused:
        return Refusal(f"{excluded}; entry by entry: {refused}")
    return estimate(found, note=f"entry by entry by series, since {excluded}")


def _certify(
    question: Question, rows: Rows, directions: Sequence[np.ndarray], field: BallField, deadline: Deadline
) -> Certificate:
    """Compare every row with the series along every direction; raises Excluded, or Undecided when too coarse."""
    bounds = []
    for v in directions:
        along = run_along(question, [v], deadline)
        if v is directions[0]:
            require_faithful(question, along.values, np.array(rows, dtype=object))
        weights = BallField().constants(v)
        for row, derivative in zip(rows, along.coefficients, strict=True):
            pairing = np.dot(np.array(row, dtype=object), weights)
            bounds.append(meeting(pairing, derivative, row, field, "<g, v>", "D_v f"))
    return Certificate(max(bounds), len(directions))
