"""When two answers of one subject count as the same: to the bit, or within what rounding may move the derivative.

Facts
    A right subject need not give the same bits for the same numbers in another layout, nor must J(a + b) be J a + J b
    to the last bit. What is allowed is the bar of the claim in units of the verdict: u*|value| + eta + u*m. The
    movement m of a probe is at most the sum of the movements of all rows, times the size of the seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from verify.arguments import entry_name
from verify.contract.asking import Asking, told_apart
from verify.movement import movement_of
from verify.numbers.program import Refused
from verify.question import Question

UNKNOWN = 2.0**10  # units that rounding may cost where the movement is refused: as for a stated value of f


def same_bits(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> bool:
    """Whether two answers are the same numbers; NaN in both places counts, +0 and -0 do too."""
    return all(
        np.shape(a) == np.shape(b) and bool(np.all((a == b) | ((a != a) & (b != b))))
        for a, b in zip(found, wanted, strict=True)
    )


def differs(asking: Asking, found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], size: float = 1.0) -> str:
    """Where two answers differ by more than rounding: "x[1] is 2 where it was 3"; "" where they do not.

    size: the largest entry of the seed.
    """
    if same_bits(found, wanted):
        return ""
    worst = None
    for moved in _ways(asking, wanted):
        worst = _worst(asking, found, wanted, moved, size)
        if worst is None:
            return ""
    assert worst is not None
    k, at = worst
    one, other = told_apart(float(found[k][at]), float(wanted[k][at]))
    return f"{entry_name(asking.names[k], at)} is {one}, not {other}"


def spread(asking: Asking, found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> float:
    """The largest difference of two answers, in units."""
    moved = movements(asking, wanted)
    pairs = zip(found, wanted, moved, strict=True)
    return max(float(np.max(_gap(a, b) / _unit(asking, a, b, m, 1.0), initial=0.0)) for a, b, m in pairs)


def movements(asking: Asking, answers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """How far rounding may move each answer per unit, for a seed of size 1: a bound by the sum over all rows."""
    moved = movement(asking.judged if asking.noun == "tangent" else asking.question)
    if moved is None:
        return [np.full(np.shape(a), UNKNOWN * _largest(a)) for a in answers]
    return _over_rows(asking, moved, answers)


def movement(question: Question) -> np.ndarray | None:
    """How far rounding may move every entry of every row; None where that cannot be had."""
    try:
        return movement_of(question)
    except Refused:
        return None


def _over_rows(asking: Asking, rows: np.ndarray, answers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What rows of entries come to for each array of an answer."""
    if asking.form in ("jvp", "jacobian"):  # its arrays are outputs: the whole bounds every part
        return [np.full(np.shape(a), float(np.sum(rows))) for a in answers]
    columns, cuts = np.sum(rows, axis=0), np.cumsum([np.size(a) for a in answers])[:-1]
    return [part.reshape(np.shape(a)) for part, a in zip(np.split(columns, cuts), answers, strict=True)]


def _ways(asking: Asking, answers: Sequence[np.ndarray]) -> Iterator[Sequence[np.ndarray] | None]:
    """What rounding moves, from the cheapest bound to the real one: nothing, the sum of all rows, the movement."""
    yield None
    rows = asking.answer
    if rows is not None and np.isfinite(rows).all() and asking.claim.order == 1:
        yield _over_rows(asking, np.abs(rows), answers)
    yield movements(asking, answers)


def _worst(
    asking: Asking,
    found: Sequence[np.ndarray],
    wanted: Sequence[np.ndarray],
    moved: Sequence[np.ndarray] | None,
    size: float,
) -> tuple[int, tuple[np.intp, ...]] | None:
    """The entry that differs most among those that differ by too much."""
    worst, most = None, 0.0
    for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
        allowed = asking.claim.units * _unit(asking, a, b, 0.0 if moved is None else moved[k], max(size, 1.0))
        gap = _gap(a, b)
        excess = np.where(gap <= allowed, 0.0, np.where(np.isnan(gap), np.inf, gap / allowed))
        if excess.size and (excess > 0).any() and float(np.max(excess)) > most:
            most = float(np.max(excess))
            worst = k, np.unravel_index(int(np.argmax(excess)), excess.shape)
    return worst


def _unit(asking: Asking, a: np.ndarray, b: np.ndarray, moved: np.ndarray | float, size: float) -> np.ndarray:
    question = asking.question
    magnitude = np.abs(np.asarray(a, float)) + np.abs(np.asarray(b, float))
    unit: np.ndarray = question.roundoff * (magnitude + size * moved) + question.smallest
    return unit


def _gap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|a - b|; 0 for the same infinity or NaN in both."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))


def _largest(a: np.ndarray) -> float:
    finite = np.abs(np.asarray(a, float))
    return float(np.max(finite, initial=0.0, where=np.isfinite(finite)))
