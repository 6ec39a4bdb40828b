"""Climbing: a small evolution strategy over the floats that looks for the largest error in units.

Facts
    A step is a number of floats, of a seeded order of magnitude from one float to a change of the exponent: an error
    may depend on the last bits, or on the decade.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify.formats import format_of
from verify.search.cells import from_ordered, ordered
from verify.search.ranges import Space
from verify.search.screening import RIGHT, WRONG, Clock, Screen, Seen

PARENTS = 3  # of every generation: the best so far
GENERATIONS = 8
CHILDREN = 8  # of a generation
LARGEST_STEP = 56  # a power of two of doubles: 16 binades


def climbed(
    space: Space, screen: Screen, start: Sequence[Seen], clock: Clock, share: float, rng: np.random.Generator
) -> list[Seen]:
    """Points near the start with larger errors, all that were measured, the largest first.

    Arguments
        start: where to begin, the most promising first. share: of the clock's time, when to stop.
    """
    found = [screen.measured(seen.v, seen.claim) for seen in start[:PARENTS]]
    for _ in range(GENERATIONS):
        found.sort(key=_worth, reverse=True)
        parents = [seen for seen in found[:PARENTS] if seen.kind in (RIGHT, WRONG)]
        if not parents:
            break
        for child in range(CHILDREN):
            if clock.over(share):
                return sorted(found, key=_worth, reverse=True)
            v = mutated(space, parents[child % len(parents)].v, rng)
            found.append(screen.measured(v, space.claim_at(v)))
    return sorted(found, key=_worth, reverse=True)


def mutated(space: Space, v: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A neighbour at a seeded distance: one entry moved, or all of them."""
    of = format_of(space.coarse)
    assert of is not None
    finest = 53 + np.log2(of.roundoff)  # doubles from one number of the format to the next, as a power of two
    steps = rng.choice([-1.0, 1.0], len(v)) * 2.0 ** rng.uniform(finest, LARGEST_STEP, len(v))
    if len(v) > 1 and rng.random() < 0.5:
        steps = np.where(np.arange(len(v)) == rng.integers(len(v)), steps, 0.0)
    return space.rounded(from_ordered(_moved(ordered(v), steps.astype(np.int64))))


def _moved(places: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Places among the finite floats; 2**61 steps at most do not overflow."""
    end = ordered(np.finfo(float).max)
    return np.asarray(np.clip(places + steps, -end, end))


def _worth(seen: Seen) -> float:
    return seen.units if seen.kind in (RIGHT, WRONG) else -1.0
