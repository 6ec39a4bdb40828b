"""Points of a domain: where every operation of a function is defined and none is on a kink.

Facts
    What lies outside is moved towards a point that is known to lie inside until it does too: no point is thrown away,
    and a failing one still becomes simple.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ad.containers import flatten, tree_map
from ad.variable import differentiable
from verify.arguments import argument_names
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.expression import Expression, parse
from verify.question import prepare
from verify.shrinking.numbers import Slots
from verify.strategies.arrays import LARGEST, floats, judged
from verify.suites.optable import claims_of
from verify.survey import survey

Range = tuple[float, float]

HALVINGS = 40  # of the way to the point inside; after them it is that point itself
TRIES = 2_000  # seeded proposals for a first point inside
MAGNITUDES = (-1.5, 0.8)  # decimal exponents of these proposals


def points(
    f: Callable[..., Any] | Claim | str, *xs: Any, domain: Mapping[str, Range] | None = None, dtype: Any = None
) -> st.SearchStrategy[tuple[Any, ...]]:
    """Arguments of a function at which all of its operations are inside their domains, off kinks and edges.

    Arguments
        f: a claim; a function with example arguments ``xs``, which fix structure and shapes; an expression; or a
            function of the op table.
        domain: ranges by the name of an argument, ``{"x": (0.0, 1.0)}`` (default: from -10 to 10).
        dtype: of all floating arguments (default: as in the example).
    Returns
        a strategy for tuples of arguments.
    Raises
        ClaimError when no point inside is found to begin with, or a name is unknown; ValueError for another dtype.
    Example
        >>> from hypothesis import find
        >>> find(points(np.log), lambda xs: xs[0] > 2.5)
        (np.float64(3.0),)
    """
    claim = _asked(f, xs)
    dtype = None if dtype is None else judged(dtype)
    ranges = _ranges(claim, domain or {})
    start = _start(claim, ranges)
    slots = Slots(tuple(_cast(x, dtype) for x in start.xs))
    kinds = [np.asarray(slots.leaves[k]).dtype for k in slots.places]
    bounds = _bounds(start, slots, ranges)
    sizes = [np.asarray(slots.leaves[k]).size for k in slots.places]
    entries = [
        floats(kind, low, high)
        for kind, size, (low, high) in zip(kinds, sizes, bounds, strict=True)
        for _ in range(size)
    ]

    def moved_inside(drawn: Sequence[float]) -> tuple[Any, ...]:
        inside, away = slots.numbers, np.array(drawn, dtype=float)
        for k in range(HALVINGS):
            moved = np.clip(inside + (away - inside) * 2.0**-k, np.minimum(inside, away), np.maximum(inside, away))
            found: tuple[Any, ...] = slots.filled(moved if k else away)
            if is_inside(start.at(*found)):
                return found
        return tuple(slots.filled(inside))

    return st.tuples(*entries).map(moved_inside)


def is_inside(claim: Claim) -> bool:
    """Whether the point is one where f has a finite value and every operation a derivative."""
    try:
        with np.errstate(all="ignore"):
            question = prepare(claim).origin
            finite = all(np.isfinite(y).all() for y in question.outputs)
            return finite and not survey(question)
    except ClaimError:
        raise
    except Exception:  # f refuses this point
        return False


def _asked(f: Any, xs: tuple[Any, ...]) -> Claim:
    if isinstance(f, Claim):
        return f
    if xs:
        return Claim(f, *xs)
    if isinstance(f, str | Expression):
        expression = parse(f) if isinstance(f, str) else f
        return Claim(expression, *[1.0] * len(expression.names))
    known = claims_of(f)
    if known is None:
        raise ClaimError("points of a function need example arguments, which fix shapes and dtypes: points(f, x)")
    return known[-1]


def _ranges(claim: Claim, domain: Mapping[str, Range]) -> dict[str, Range]:
    names = argument_names(claim)
    for name, given in domain.items():
        if name not in names:
            raise ClaimError(f"domain= names {name!r}; the arguments are {', '.join(names)}")
        if not (len(given) == 2 and given[0] < given[1]):
            raise ClaimError(f"domain= of {name} is {given!r:.60}: give (low, high)")
    return {name: domain.get(name, (-LARGEST, LARGEST)) for name in names}


def _bounds(claim: Claim, slots: Slots, ranges: Mapping[str, Range]) -> list[Range]:
    """The range of every floating leaf: that of its argument."""
    of_leaf = [ranges[n] for n, x in zip(argument_names(claim), claim.xs, strict=True) for _ in flatten(x)[1]]
    return [of_leaf[k] for k in slots.places]


def _start(claim: Claim, ranges: Mapping[str, Range]) -> Claim:
    """The claim at a point inside: a simple one, its own, or a seeded one."""
    slots = Slots(claim.xs)
    bounds = _bounds(claim, slots, ranges)
    sizes = [np.asarray(slots.leaves[k]).size for k in slots.places]
    low, high = (np.repeat([b[end] for b in bounds], sizes) for end in (0, 1))
    rng = np.random.default_rng(claim.seed)
    simple = (np.ones(low.size), np.full(low.size, 0.5), slots.numbers)  # what is outside is moved towards it
    for attempt in range(TRIES):
        if attempt < len(simple):
            proposal = simple[attempt]
        elif attempt % 2:
            proposal = low + (high - low) * rng.random(low.size)
        else:
            proposal = rng.choice([-1.0, 1.0], low.size) * 10 ** rng.uniform(*MAGNITUDES, low.size)
        if ((low <= proposal) & (proposal <= high)).all():
            found = claim.at(*slots.filled(proposal))
            if is_inside(found):
                return found
    raise ClaimError(f"no point inside the domain was found in {TRIES} tries: give an example inside, or a domain=")


def _cast(x: Any, dtype: Any) -> Any:
    if dtype is None:
        return x
    return tree_map(lambda v: np.asarray(v).astype(dtype)[()] if differentiable(v) else v, x)
