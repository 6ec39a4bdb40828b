"""Oracles that answer with rigorous enclosures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import ad
from verify.claim import Answer, Estimate, Refusal
from verify.numbers.balls import Plain
from verify.numbers.deciding import Deadline
from verify.numbers.gradient import gradient
from verify.numbers.recorded import exact_rows, recorded
from verify.oracles.witness import oracle
from verify.question import Question
from verify.subject import engine_rows

FORWARD_ENTRIES = 256  # each costs a pass over the whole graph


def estimate(rows: list[list[Plain]], note: str = "") -> Estimate:
    """Enclosures as an estimate."""
    return Estimate(
        value=np.array([[x.high for x in row] for row in rows]),
        low=np.array([[x.low for x in row] for row in rows]),
        radius=np.array([[x.radius for x in row] for row in rows]),
        certified=True,
        digits=tuple(tuple(x.digits for x in row) for row in rows),
        note=note,
    )


@oracle(trusts={"trace", "meaning"})
def symbolic(question: Question) -> Answer:
    """SymPy's derivative of the traced program, enclosed at the exact point."""
    program, rows = recorded(question)
    return estimate(gradient(program, rows))


@oracle(trusts={"trace", "rules", "sweep"})
def reverse(question: Question) -> Answer:
    """The engine's reverse mode, its rules run over exact numbers: what the rules say, unrounded."""
    return estimate(exact_rows(question, engine_rows))


@oracle(trusts={"trace", "rules"})
def forward(question: Question) -> Answer:
    """The engine's forward mode, its rules run over exact numbers, one entry at a time."""
    if len(question.entries) > FORWARD_ENTRIES:
        return Refusal(f"{len(question.entries)} entries; forward mode is asked for up to {FORWARD_ENTRIES}")

    deadline = Deadline(question.claim.budget)

    def rows_of(q: Question, leaves: Sequence[Any]) -> list[list[Any]]:
        graph = ad.trace(lambda *values: q.run(values), *leaves)
        columns: list[Any] = []
        begun = time.monotonic()
        for k, leaf in enumerate(leaves):
            for index in np.ndindex(np.shape(leaf)):
                tangents = [np.zeros_like(x) for x in leaves]
                unit = np.zeros(np.shape(leaf))
                unit[index] = 1.0
                tangents[k] = tangents[k] + unit
                columns.append(graph.push(tangents))
                if len(columns) == 1:  # what one pass took tells what all will take
                    seconds = (time.monotonic() - begun) * (len(q.entries) - 1)
                    deadline.afford(seconds, "forward mode, a pass for each entry,")
        return [[q.weighted(column, r) for column in columns] for r in range(len(q.cotangents))]

    return estimate(exact_rows(question, rows_of))
