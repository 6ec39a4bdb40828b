"""An input that f uses more than once, and a matrix of which it reads one triangle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from verify.numbers.gradient import contributions
from verify.numbers.program import Refused
from verify.numbers.recorded import recorded
from verify.residuals.case import Case, Guess, Sample

NEGLIGIBLE = 1e-9  # of the largest use of an input: what is smaller is not missed
ENTRIES = 32  # wrong entries, of all rows, up to which the uses are looked up
SHOWN = 6  # uses that a sentence lists


def one_use(case: Case) -> Iterator[Guess]:
    """Every wrong entry is what one use of the input contributes, the same one at every point: overwritten."""
    s = case.samples[0]
    places = np.argwhere(case.wrong(s) & case.wanted(s))
    if not 0 < len(places) <= ENTRIES:
        return
    row, *entry = places[0]
    parts = _uses(case, s, int(row), tuple(entry))
    if len(parts) < 2:
        return
    own = case.question.claim.judged == "engine"
    missing = "it overwrites where it must accumulate" if own else "the other uses are missing"
    listed = " + ".join(f"{part:.6g}" for part in parts[:SHOWN]) + (" + ..." if len(parts) > SHOWN else "")
    name = case.question.entries[case.start + int(np.ravel_multi_index(tuple(entry), case.shape) if entry else 0)]
    text = (
        f"is what one use contributes: {name} is used {len(parts)} times and the derivative is {listed}; the answer is "
        f"one of these alone: {missing}"
    )
    for k in dict.fromkeys((-1, 0, *range(1, min(len(parts), SHOWN)))):
        yield Guess("one use", text, lambda s, k=k: _alone(case, s, k))  # type: ignore[misc]


def overwritten(case: Case) -> Iterator[Guess]:
    """``one_use`` for an engine, whose slip it is; code by hand leaves out a path rather."""
    if case.question.claim.judged == "engine":
        yield from one_use(case)


def _alone(case: Case, s: Sample, k: int) -> Any:
    """The truth, with use k alone where the answer is wrong."""
    found = case.truth(s).copy()
    for row, *entry in np.argwhere(case.wrong(s) & case.wanted(s)):
        parts = _uses(case, s, int(row), tuple(entry))
        if not -len(parts) <= k < len(parts):
            return None
        found[(row, *entry)] = parts[k]
    return found


def _uses(case: Case, s: Sample, row: int, entry: tuple[Any, ...]) -> list[float]:
    """What each use contributes that is not negligible; [] where f has no program."""
    flat = case.start + (int(np.ravel_multi_index(entry, case.shape)) if entry else 0)
    key = ("uses", row, flat)
    if key not in s.shared:
        try:
            program, rows = recorded(s.question)
            found = contributions(program, rows[row], flat)
        except Refused:
            found = []
        s.shared[key] = [part for part in found if abs(part) > NEGLIGIBLE * max(map(abs, found))]
    uses: list[float] = s.shared[key]
    return uses


def one_triangle(case: Case) -> Iterator[Guess]:
    """The truth made symmetric, for a matrix of which f reads one triangle."""
    if len(case.shape) < 2 or case.shape[-1] != case.shape[-2]:
        return
    truths = [case.truth(s) for s in case.samples]
    if any(np.triu(t, 1).any() for t in truths) and any(np.tril(t, -1).any() for t in truths):
        return
    text = (
        f"is the truth made symmetric: of {case.name} f reads one triangle, as LAPACK does, and the derivative by the "
        f"entries of the other one is 0; the two agree along symmetric changes of {case.name}"
    )
    yield Guess("triangle", text, lambda s: (case.truth(s) + np.swapaxes(case.truth(s), -1, -2)) / 2)
