"""Points for an expression: inside the ranges of its variables, and where its precondition holds.

Facts
    Every other proposal is uniform, the rest log-uniform in magnitude: cancellation shows where inputs differ
    by orders of magnitude, which uniform points almost never do.
    The points depend on the id and the seed alone: more of them begin with the same ones.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Sequence

import numpy as np

from verify.expression import Expression, ExpressionError, parse
from verify.suite import Row, Variable

BATCH = 1_024  # proposals at once: one call of the precondition costs about as much as for a single point
PROPOSALS = 400 * BATCH  # the most restrictive corpus row keeps 7 in 100; this still finds 1 in 100,000
SPAN = (1e-3, 1e3)  # magnitudes of an unbounded variable: from negligible beside 1 to dominating it
LARGEST = float(np.finfo(np.float64).max)
NARROWEST = 1e-3  # smallest magnitude beside the largest where a range reaches 0, which has no logarithm


class SampleError(ValueError):
    """No point was found; the message names the row, its precondition and how many were tried."""


def draw(
    target: Row | Sequence[Variable], pre: str | None = None, count: int = 5, seed: int = 0
) -> list[dict[str, float]]:
    """Draw points from the ranges of the variables by rejection.

    Arguments
        target: a `Row`, or variables. pre: a condition on them that must hold in float64; None takes the
            row's own. count: how many points. seed: any integer.
    Returns a list of count points, input by name; one point where the ranges hold only one. Warns and returns
    fewer when the precondition let only those through. Raises `SampleError` when it let none through, and
    `ExpressionError` when pre is not a condition on the variables.

    >>> draw([Variable("x", 1.0, 2.0), Variable("n", 3.0, 3.0)], "x > 1.5", count=2)[0]["n"]
    3.0
    """
    variables = target.variables if isinstance(target, Row) else tuple(target)
    name = target.id if isinstance(target, Row) else " ".join(v.name for v in variables)
    pre = target.pre if pre is None and isinstance(target, Row) else pre
    condition = None if pre is None else parse(pre, [v.name for v in variables])
    if condition is not None and condition.kind != "condition":
        raise ExpressionError(condition.text, 1, "a precondition is a comparison, found a number")
    if all(v.low is not None and v.low == v.high for v in variables):
        count = min(count, 1)
    if count < 0:
        raise ValueError(f"count must not be negative, found {count}")
    rng = np.random.default_rng(_entropy(name, seed))
    found: list[dict[str, float]] = []
    for _ in range(PROPOSALS // BATCH):
        if len(found) >= count:
            break
        proposal = {v.name: _propose(v, rng) for v in variables}
        keep = _allowed(variables, condition, proposal)
        chosen = np.flatnonzero(keep)[: count - len(found)]
        found += [{v.name: float(proposal[v.name][i]) for v in variables} for i in chosen]
    if len(found) < count:
        shown = f"{name!r}: {len(found)} of {count} points after {PROPOSALS} proposals; the ranges and {pre!r} "
        if not found:
            raise SampleError(shown + "exclude each other, or nearly: give points")
        warnings.warn(shown + "leave little room", stacklevel=2)
    return found


def _entropy(name: str, seed: int) -> list[int]:
    """The same on every machine and in every process, unlike Python's own hash."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return [int.from_bytes(digest, "big"), seed % 2**64]


def _allowed(variables: Sequence[Variable], condition: Expression | None, at: dict[str, np.ndarray]) -> np.ndarray:
    keep = np.ones(BATCH, dtype=bool)
    for v in variables:
        x = at[v.name]
        keep &= (x > v.low if v.low_open else x >= v.low) if v.low is not None else True
        keep &= (x < v.high if v.high_open else x <= v.high) if v.high is not None else True
    if condition is not None:
        with np.errstate(all="ignore"):  # a proposal outside the domain gives NaN, which no comparison lets in
            keep &= np.asarray(condition(**at), dtype=bool)
    return keep


def _propose(v: Variable, rng: np.random.Generator) -> np.ndarray:
    """A batch for one variable: uniform and log-uniform in turn, where both make sense."""
    u, sign = rng.random(BATCH), np.where(rng.random(BATCH) < 0.5, -1.0, 1.0)
    log_uniform = np.arange(BATCH) % 2 == 1
    magnitude = _by_magnitude(*SPAN, u, sign)
    if v.low is not None and v.high is not None:
        x: np.ndarray = np.where(log_uniform, _by_magnitude(v.low, v.high, u, sign), _between(v.low, v.high, u))
        return np.asarray(x.clip(v.low, v.high))  # exp(log(high)) may land one rounding outside
    if v.low is not None:
        return _beyond(v.low, magnitude)
    if v.high is not None:
        return -_beyond(-v.high, magnitude)
    return np.asarray(sign * magnitude)


def _beyond(low: float, magnitude: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        x: np.ndarray = low + max(1.0, abs(low)) * magnitude
    return np.asarray(np.minimum(x, LARGEST))


def _between(low: float, high: float, u: np.ndarray) -> np.ndarray:
    return low * (1 - u) + high * u  # high - low may overflow


def _by_magnitude(low: float, high: float, u: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Log-uniform in |x| over a bounded range, on both sides of 0 where it lies inside."""
    if low == high:
        return np.full_like(u, low)
    if high <= 0:
        return -_by_magnitude(-high, -low, u, sign)
    if low < 0:
        below, above = (_by_magnitude(0.0, end, u, sign) for end in (-low, high))
        return np.where(sign < 0, -below, above)
    smallest = low or max(NARROWEST * high, math.ulp(0.0))
    logarithm = _between(math.log(smallest), math.log(high), u)
    return np.asarray(np.exp(logarithm))
