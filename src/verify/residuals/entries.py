"""Where an answer is wrong, when it is right elsewhere: by the place of an entry, by its row, or by a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from verify.residuals.case import UNITS, Case, Sample, sample
from verify.residuals.tape import tape_of

SIDES = 4  # values that have to lie on either side of a threshold: fewer are parted by chance
MOVED_ON = 100  # added to the seed: no other sample has it
FAR = (-1.0, 0.1, -0.1, 10.0)  # times an input that is one number: the other sign, the middle, a tail
UNNAMED = re.compile(r"(?<![(\[])\.\.\.(?!\])")  # an operand without a name: nobody can tell which quantity that is
SHOWN = 4  # entries that a sentence names
# What is said first where several fit: a threshold that is 0 or stands in f, a named set, any threshold, a list.
KNOWN, NAMED, PARTED, LISTED = range(4)


@dataclass(frozen=True)
class Place:
    """A set of entries: which, at a sample, and in words."""

    text: str
    only: Callable[[Sample], np.ndarray]
    rank: int


def places(case: Case) -> Iterator[Place]:
    """The set of the wrong entries in the words that fit, if it is not all of them.

    Another sample has every entry of the input one place on: there it shows whether places or values matter.
    """
    masks = [case.wrong(s) for s in case.samples]
    telling = [m for m in masks if m.any()]
    if not telling or any(m.all() for m in telling):
        return
    other = _moved_on(case)
    found = [*_by_value(case, masks), *_by_index(case, np.any(telling, axis=0))]
    for place in sorted(found, key=lambda place: place.rank):
        if other is None or (case.wrong(other).any() and not (case.wrong(other) & ~place.only(other)).any()):
            yield place


def _moved_on(case: Case) -> Sample | None:
    """A sample with every entry of the input moved on by one place."""
    leaves = [np.asarray(x).copy() for x in case.question.leaves]
    own = leaves[case.input]
    leaves[case.input] = np.roll(own, 1)  # no entry stays where it was
    return sample(case.near, [x[()] for x in leaves], MOVED_ON) if own.size > 1 else None


def right_elsewhere(case: Case) -> str:
    """For an input that is one number: where the answer is right after all, as the end of a sentence; ''."""
    if case.stop - case.start > 1:
        return ""
    strictly = replace(case, relative=UNITS * case.question.roundoff)  # no prediction here: right is right
    for k, factor in enumerate(FAR):
        leaves = [np.asarray(x).copy() for x in case.question.leaves]
        leaves[case.input] = (leaves[case.input] * factor).astype(leaves[case.input].dtype)
        there = sample(case.near, [x[()] for x in leaves], MOVED_ON + k)
        if there is not None and case.truth(there).any() and not strictly.wrong(there).any():
            return f"; at {case.name} = {float(case.point(there).reshape(())):.4g} the answer is right"
    return ""


def _by_index(case: Case, anywhere: np.ndarray) -> Iterator[Place]:
    """The entries that are wrong at some sample, and the rows, where they are not all of them."""
    entries: np.ndarray = np.asarray(anywhere.any(axis=0))
    rows = anywhere.reshape(len(anywhere), -1).any(axis=1)
    if not entries.all():
        name = _named(entries, case.shape)
        yield Place(name or _counted(case, entries), lambda s: entries, NAMED if name else LISTED)
    if not rows.all() and case.question.claim.judged in ("jacobian", "jvp"):
        outputs = np.flatnonzero(rows)
        yield Place(f"for output{'s' * (len(outputs) > 1)} {_listed([str(r) for r in outputs])}",
                    lambda s: np.reshape(rows, (-1, *(1 for _ in case.shape))), LISTED)  # fmt: skip


# --- by place


def _named(mask: np.ndarray, shape: tuple[int, ...]) -> str:
    """The name of a set of entries, or ''."""
    return next((text for text, known in _shapes(shape) if (known == mask).all()), "") if not mask.all() else ""


def _counted(case: Case, mask: np.ndarray) -> str:
    names = [case.question.entries[case.start + k] for k in np.flatnonzero(mask.reshape(-1))]
    return f"in {_listed(names)}, and right in the other {np.sum(~mask)}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _shapes(shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """Sets of entries that have a name."""
    grid = np.indices(shape)
    for axis, n in enumerate(shape):
        along = f" along axis {axis}" if len(shape) > 1 else ""
        if n < 2:
            continue
        first, last = grid[axis] == 0, grid[axis] == n - 1
        yield f"in the first entry{along}", first
        yield f"in the last entry{along}", last
        yield f"in the first and the last entry{along}", first | last
        yield f"in the entries between the first and the last{along}", ~(first | last)
        yield f"in all entries but the first{along}", ~first
        yield f"in all entries but the last{along}", ~last
        for start in range(1, n - 1):
            yield f"from entry {start}{along} on", grid[axis] >= start
            yield f"in the first {start + 1} entries{along}", grid[axis] <= start
        yield f"in every other entry{along}, from the first", grid[axis] % 2 == 0
        yield f"in every other entry{along}, from the second", grid[axis] % 2 == 1
    if len(shape) == 2:
        i, j = grid
        yield "on the diagonal", i == j
        yield "off the diagonal", i != j
        yield "above the diagonal", i < j
        yield "below the diagonal", i > j
        yield "on and above the diagonal", i <= j
        yield "on and below the diagonal", i >= j
        edge = (i == 0) | (j == 0) | (i == shape[0] - 1) | (j == shape[1] - 1)
        yield "on the edge of the array", edge
        yield "away from the edge of the array", ~edge


# --- by value


def _by_value(case: Case, masks: list[np.ndarray]) -> Iterator[Place]:
    """The entries where a quantity of their shape lies beyond a threshold: x < 0, |x| > 20."""
    wrong = np.concatenate([m.any(axis=0).reshape(-1) for m in masks])
    for name, quantity in _quantities(case):
        found = [quantity(s) for s in case.samples]
        if any(q is None or np.shape(q) != case.shape for q in found):
            continue
        values = np.concatenate([np.ravel(q) for q in found])  # type: ignore[arg-type]
        for text, v in ((name, values), (f"|{name}|", np.abs(values))):
            high, low = v[wrong], v[~wrong]
            if min(len(high), len(low)) < SIDES or not np.isfinite(v).all():
                continue
            size = np.abs if text.startswith("|") else np.positive
            if high.min() > low.max():
                t, rank = _between(case, float(low.max()), float(high.min()))
                yield Place(f"where {text} > {t:.3g}", lambda s, q=quantity, t=t, a=size: a(q(s)) > t, rank)  # type: ignore[misc]
            elif high.max() < low.min():
                t, rank = _between(case, float(high.max()), float(low.min()))
                yield Place(f"where {text} < {t:.3g}", lambda s, q=quantity, t=t, a=size: a(q(s)) < t, rank)  # type: ignore[misc]


def _between(case: Case, low: float, high: float) -> tuple[float, int]:
    """A threshold between two values, with its rank: 0, a constant of f, or a short number."""
    known = [0.0]
    tape = tape_of(case, case.samples[0])
    if tape is not None:
        known += [float(value) for _, value in tape.constants if value.size == 1]
    for value in known:
        if low <= value <= high:
            return value, KNOWN
    for digits in range(1, 6):
        short = float(f"{(low + high) / 2:.{digits}g}")
        if low < short < high:
            return short, PARTED
    return (low + high) / 2, PARTED


def _quantities(case: Case) -> Iterator[tuple[str, Callable[[Sample], np.ndarray | None]]]:
    yield case.name, case.point
    tape = tape_of(case, case.samples[0])
    for j, node in enumerate(() if tape is None else tape.nodes):
        if tape is not None and node.op is not None and np.shape(node.primal) == case.shape:
            text = tape.text(node)
            if not UNNAMED.search(text):
                yield text, lambda s, j=j: _result(case, s, j)  # type: ignore[misc]


def _result(case: Case, s: Sample, j: int) -> np.ndarray | None:
    tape = tape_of(case, s)
    return None if tape is None else np.real(np.asarray(tape.nodes[j].primal)).astype(float)
