"""The right numbers at the wrong places: transposed, rolled, reversed, permuted, or another input's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from verify.residuals.case import Case, Guess, Sample
from verify.residuals.whole import unit_rows, weights_of

ORDERED = 256  # entries up to which any order of them is looked for
Rearranged = Callable[[np.ndarray], np.ndarray]


def rearranged(case: Case) -> Iterator[Guess]:
    """The right numbers at other places."""
    for text, turn in orders(case.shape):
        kind = text.split()[0] if text[0] in "rt" and not text.startswith("read") else "permuted"
        yield Guess(kind, f"is the truth {text}", lambda s, turn=turn: _each(turn, case.truth(s)))  # type: ignore[misc]
        yield Guess(kind, f"is -1 x the truth {text}", lambda s, turn=turn: -_each(turn, case.truth(s)))  # type: ignore[misc]
    yield from _permuted(case)


def jacobian_transposed(case: Case) -> Iterator[Guess]:
    """Rows and columns exchanged: J v where J^T g belongs, a matrix solved with but not transposed."""
    rows = case.yours(case.samples[0]).shape[0]
    n = int(np.prod(case.shape, dtype=int))
    outputs = sum(np.size(y) for y in case.question.outputs)
    if n != outputs or n < 2 or rows < n or not unit_rows(case):
        return

    def predict(s: Sample) -> Any:
        weights = weights_of(s)
        full = case.truth(s)[:n].reshape(n, n)
        return (weights @ full.T).reshape(rows, *case.shape)

    yield Guess("transposed", "uses the Jacobian where its transpose belongs: J g instead of J^T g", predict)


def swapped(case: Case) -> Iterator[Guess]:
    """The gradient of another input of the same shape, and that one's in turn."""
    start = 0
    for k, leaf in enumerate(case.question.leaves):
        stop = start + np.size(leaf)
        if k != case.input and np.shape(leaf) == case.shape:
            other = replace(case, input=k, start=start, stop=stop)
            both = all(_near(other, case, s) for s in case.samples)
            text = f"is the derivative by {other.name}" + (
                ": the two are returned in each other's place" if both else ""
            )
            yield Guess("swapped", text, other.truth)
        start = stop


def _near(a: Case, b: Case, s: Sample) -> bool:
    """Whether the answer by one input is the truth by another."""
    return bool((np.abs(a.yours(s) - b.truth(s)) <= b.tolerance(s)).all())


# --- orders


def orders(shape: tuple[int, ...]) -> Iterator[tuple[str, Rearranged]]:
    """The ways of rearranging an array of a shape into one of the same shape that mistakes have."""
    d = len(shape)
    for axes in itertools.permutations(range(d)) if 1 < d <= 4 else ():
        if axes != tuple(range(d)) and tuple(shape[a] for a in axes) == shape:
            text = "transposed" if d == 2 else f"with its axes permuted to {axes}"
            yield text, lambda x, axes=axes: np.transpose(x, axes)  # type: ignore[misc]
    for count in range(1, d + 1):
        for some in itertools.combinations([a for a in range(d) if shape[a] > 1], count):
            where = f"axis {some[0]}" if count == 1 else f"axes {', '.join(map(str, some))}"
            yield f"reversed along {where}", lambda x, some=some: np.flip(x, some)  # type: ignore[misc]
    for axis in range(d):
        for k in [k for k in (1, -1, 2, -2, 3, -3) if abs(k) <= shape[axis] // 2]:
            yield f"rolled by {k} along axis {axis}", lambda x, k=k, axis=axis: np.roll(x, k, axis)  # type: ignore[misc]
    if d == 2 and shape[0] != shape[1]:
        yield "read in the other memory order", lambda x: np.reshape(x.T.reshape(-1), shape)
        yield "read in the other memory order", lambda x: np.reshape(x.reshape(-1), shape, order="F")


def _permuted(case: Case) -> Iterator[Guess]:
    """The same numbers in one order at every point, whatever it is."""
    s = case.samples[0]
    n = int(np.prod(case.shape, dtype=int))
    row = int(np.argmax(np.sum(case.wrong(s).reshape(-1, n), axis=1))) if n else 0
    truth, yours = (x.reshape(-1, n)[row] for x in (case.truth(s), case.yours(s)))
    if not 3 <= n <= ORDERED or len(np.unique(truth)) < n or not np.isfinite(yours).all():
        return
    places = np.empty(n, int)
    places[np.argsort(yours, kind="stable")] = np.argsort(truth, kind="stable")

    def predict(s: Sample) -> Any:
        return case.truth(s).reshape(-1, n)[:, places].reshape(-1, *case.shape)

    yield Guess("permuted", "has the right numbers in another order", predict)


def _each(turn: Rearranged, rows: np.ndarray) -> np.ndarray:
    return np.array([turn(row) for row in rows])
