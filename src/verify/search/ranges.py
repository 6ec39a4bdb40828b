"""Where a search may go: bounds for every entry of the inputs, and the claim at any point between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.formats import format_of
from verify.parts import whole
from verify.question import Question, prepare


@dataclass(frozen=True, eq=False)
class Space:
    """The points of a search as vectors of float64, one entry for each of the inputs' in order.

    low, high   bounds of every entry, float64 of shape (entries,)
    least       no entry but 0 is smaller in magnitude
    drawn       draws a point instead: a function of a random generator that returns the arguments of f
    """

    claim: Claim
    question: Question
    low: np.ndarray
    high: np.ndarray
    least: float
    drawn: Callable[[np.random.Generator], Any] | None = None

    @property
    def example(self) -> np.ndarray:
        """The example point."""
        return np.array(self.question.point)

    @property
    def entries(self) -> tuple[str, ...]:
        """The names of the entries."""
        return self.question.entries

    def rounded(self, v: np.ndarray) -> np.ndarray:
        """The nearest point of the space: within the bounds, in the formats of the inputs, without subnormals."""
        inside = np.where(np.abs(v) < self.least, np.copysign(0.0, v), v)
        inside = np.where(inside < self.low, self.low, np.where(inside > self.high, self.high, inside))  # -0 stays
        with np.errstate(over="ignore"):
            parts = [np.asarray(x, dtype=float).reshape(-1) for x in self._leaves(inside)]
        return np.concatenate(parts)

    def claim_at(self, v: np.ndarray) -> Claim:
        """The claim at a point."""
        return self.claim.at(*whole(self.question.place(self._leaves(v))))

    def _leaves(self, v: np.ndarray) -> list[Any]:
        own = [np.asarray(x) for x in self.question.leaves]
        parts = np.split(v, np.cumsum([x.size for x in own])[:-1])
        return [part.reshape(x.shape).astype(x.dtype)[()] for part, x in zip(parts, own, strict=True)]

    @property
    def coarse(self) -> np.dtype[Any]:
        """The dtype of the input with the fewest bits, in whose numbers all others have their like."""
        leaves = [np.asarray(x) for x in self.question.leaves]
        return min((x.dtype for x in leaves), key=lambda dtype: dtype.itemsize)


def space_of(claim: Claim, domain: Any = None, least: float | None = None) -> Space:
    """The space of a claim.

    Arguments
        domain: bounds ``(low, high)`` by the name of an argument or of an array in it, or ``draw(rng)``; None: all
            finite numbers. least: the smallest magnitude but 0; None: the smallest normal number of the format.
    Raises
        ClaimError for a name that is not there, or bounds that hold nothing; and whatever f raises at its example.
    """
    question = prepare(claim).origin
    sizes = [np.size(x) for x in question.leaves]
    high = np.repeat([_format(x).largest for x in question.leaves], sizes)
    low = -high
    tiny = max(_format(x).tiny for x in question.leaves)
    if callable(domain):
        return Space(claim, question, low, high, 0.0, domain)
    starts = np.cumsum([0, *sizes])
    for name, bounds in _bounds(domain).items():
        places = [k for k, leaf in enumerate(question.names) if leaf == name or leaf.startswith(f"{name}[")]
        if not places:
            raise ClaimError(f"domain= names {name!r}; the inputs are {', '.join(question.names)}")
        for k in places:
            part, shape = slice(starts[k], starts[k + 1]), np.shape(question.leaves[k])
            low[part], high[part] = (_side(name, x, shape) for x in bounds)
    if not (low <= high).all():
        entry = question.entries[int(np.argmin(low <= high))]
        raise ClaimError(f"domain= leaves nothing for {entry}: give (low, high) with low <= high")
    largest = np.repeat([_format(x).largest for x in question.leaves], sizes)
    return Space(claim, question, np.maximum(low, -largest), np.minimum(high, largest), _least(least, tiny))


def _format(x: Any) -> Any:
    return format_of(x)


def _bounds(domain: Any) -> dict[str, tuple[Any, Any]]:
    if domain is None:
        return {}
    good = isinstance(domain, Mapping) and all(isinstance(b, tuple | list) and len(b) == 2 for b in domain.values())
    if not good:
        raise ClaimError(f'domain= is {domain!r:.60}: give {{"x": (low, high)}} or a function draw(rng)')
    return {str(name): (bounds[0], bounds[1]) for name, bounds in domain.items()}


def _side(name: str, bound: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        found = np.broadcast_to(np.asarray(bound, dtype=float), shape).reshape(-1)
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if np.isnan(found).any():
        raise ClaimError(
            f"domain= has the bound {bound!r:.60} for {name}: give numbers, or arrays of its shape {shape}"
        )
    return found


def _least(least: float | None, tiny: float) -> float:
    if least is None:
        return tiny
    if not (isinstance(least, int | float) and least >= 0):
        raise ClaimError(f"least= is {least!r:.60}: give the smallest magnitude to try, 0 to allow subnormals")
    return float(least)
