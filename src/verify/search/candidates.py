"""Points worth trying: special values, every decade, thresholds in the code, ties, and points around the example.

The first points of a list matter most: a search that runs out of time has seen those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from verify.formats import format_of
from verify.search.cells import from_ordered, ordered
from verify.search.ranges import Space

WHOLE = (*range(13), 15, 16, 17, 20, 24, 25, 30, 32, 33, 50, 63, 64, 65, 100, 127, 128, 170, 171, 255, 256, 1000, 1024)
SIMPLE = (0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 0.99, 1.1, 1.25, 1.5, 2.5, np.e, 0.999999, 1.000001)
TURNS = tuple(k * np.pi / 4 for k in (1, 2, 3, 4, 6, 8, 16, 400))
BINARY = (-40, -30, -27, -26, -20, -16, -13, -12, -10, -8, -5, -4, -3, 10, 15, 20, 24, 26, 27, 30, 40, 53)
ORDINARY = (-3.0, 3.0)  # decades of seeded values: from negligible beside 1 to dominating it
SEEDED = 240  # ordinary values, and as many between two finite bounds
STEPS = (0, 12, 26, 40, 47)  # powers of two of neighbours beside a threshold; 2**47 of them are 1.5 %
AROUND = tuple(2.0**-k for k in (1, 2, 4, 7, 10, 14, 20, 26, 33, 45))  # relative changes of the example
NEAR_ENDS = tuple(10.0**-k for k in range(1, 16))  # parts of an interval from its ends
WIDE = 1e30  # a bound beyond it stands for none: seeded points between would all be as large
SINGLE_FULL = 6  # entries up to which each is set to every value by itself


def values_for(space: Space, numbers: Sequence[float], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The numbers to try in any entry: those that matter most, and the rest; float64.

    numbers: thresholds that the code names.
    """
    of = format_of(space.coarse)
    assert of is not None
    first = [np.array([0.0, -0.0]), _beside(np.array(numbers)), _between(numbers)]
    first += [_signed([*WHOLE, *SIMPLE, *TURNS])]
    ends = np.log([of.largest, of.tiny, of.smallest])
    limits = [of.largest, of.largest / 2, of.largest**0.5, of.tiny, of.tiny**0.5, 1e10, *ends, *(ends / 2), 20.0, 40.0]
    first += [_signed(np.concatenate([np.array(limits) * factor for factor in (0.99, 1.0)]))]
    first += [_signed(2.0 ** np.array(BINARY, dtype=float)), _signed([of.roundoff, 1 / of.roundoff])]
    decades = np.arange(np.floor(np.log10(of.tiny)), np.floor(np.log10(of.largest)) + 1)
    with np.errstate(over="ignore"):  # in the last decade, of which there is but a part
        magnitudes = [10.0**decades * rng.uniform(1, 10, len(decades)) for _ in (0, 1)]
    ordinary = 10 ** rng.uniform(*ORDINARY, SEEDED) * rng.choice([-1.0, 1.0], SEEDED)
    rest = np.concatenate([ordinary, rng.permutation(np.concatenate([magnitudes[0], -magnitudes[1]]))])
    return np.concatenate(first), rest


def vectors(space: Space, numbers: Sequence[float], count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Points of the space, about as many as asked for, without repetition; those that matter most come first."""
    if space.drawn is not None:
        return
    first, rest = values_for(space, numbers, rng)
    ended = _in_bounds(space, rng)
    many = len(space.example)
    proposals: Iterator[np.ndarray]
    if many == 1:
        proposals = (np.array([x]) for x in (*ended[:, 0], *first, *rest))
    else:
        proposals = _several(space, first, rest, ended, count, rng)
    seen: set[bytes] = set()
    for proposal in proposals:
        v = space.rounded(proposal)
        key = v.tobytes()  # 0 and -0 differ
        if key not in seen and np.isfinite(v).all():
            seen.add(key)
            yield v
            if len(seen) >= count:
                return


def _several(
    space: Space, first: np.ndarray, rest: np.ndarray, ended: np.ndarray, count: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Points of several entries, one kind after the other in turn."""
    base, entries = space.example, len(space.example)
    kinds = [
        _one_at_a_time(base, first, rng), _all_alike(base, first), _ties(base, space, rng), _around(base, rng),
        _mixed(base, first, rng), _scaled(base, rest, rng), iter(ended), _parts(base, space, first, rng),
        _one_at_a_time(base, rest, rng), _random(entries, rng),
    ]  # fmt: skip
    while kinds:
        for kind in list(kinds):
            v = next(kind, None)
            if v is None:
                kinds.remove(kind)
            else:
                yield v


def _one_at_a_time(base: np.ndarray, values: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One entry set to a value: every entry while they are few, else one of them for each value."""
    entries = len(base)
    places = (
        [np.arange(entries)] * len(values) if entries <= SINGLE_FULL else rng.integers(entries, size=(len(values), 1))
    )
    for value, ks in zip(values, places, strict=True):
        for k in ks:
            v = base.copy()
            v[k] = value
            yield v


def _all_alike(base: np.ndarray, values: np.ndarray) -> Iterator[np.ndarray]:
    for value in values:
        yield np.full_like(base, value)


def _ties(base: np.ndarray, space: Space, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Two entries equal, opposite, or neighbours; all sorted, either way."""
    for leaf in _slices(space):
        v = base.copy()
        v[leaf] = np.sort(v[leaf])
        yield v
        v = base.copy()
        v[leaf] = np.sort(v[leaf])[::-1]
        yield v
    entries = len(base)
    for _ in range(12 * entries if entries < 12 else 140):
        i, j = rng.choice(entries, 2, replace=False)
        for value in (base[i], -base[i], from_ordered(ordered(base[i : i + 1]) + 1)[0], base[i] * (1 + 2.0**-26)):
            v = base.copy()
            v[j] = value
            yield v


def _around(base: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The example with all entries changed by relative amounts, from tiny to large."""
    for _ in range(12):
        for size in AROUND:
            yield base * (1 + size * rng.uniform(-1, 1, len(base)))
    for _ in range(60):
        yield rng.permutation(base)


def _mixed(base: np.ndarray, values: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Every entry a value of its own, or left as it is."""
    ordinary = values[np.abs(values) <= 10 ** ORDINARY[1]]
    for k in range(600):
        chosen = rng.choice(ordinary if k % 2 else values, len(base))
        yield np.where(rng.random(len(base)) < (1.0, 0.5)[k % 2], chosen, base)


def _scaled(base: np.ndarray, values: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The example times one number, or other signs."""
    for value in values:
        with np.errstate(over="ignore"):
            yield base * np.abs(value)
        yield np.abs(base) * rng.choice([-1.0, 1.0], len(base)) * np.abs(value) ** 0.1


def _parts(base: np.ndarray, space: Space, values: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One row, one column or one input set to a value, scaled, or made alike."""
    for value in values:
        leaf, shape = _shaped(space)[rng.integers(len(space.question.leaves))]
        part = np.arange(leaf.start, leaf.stop).reshape(shape)
        if part.ndim > 1:
            axis = rng.integers(part.ndim)
            part = np.take(part, rng.integers(part.shape[axis]), axis=axis)
        with np.errstate(over="ignore"):
            scaled = base[part] * value
        for made in (value, scaled, np.full(np.shape(part), base[part].flat[0])):
            v = base.copy()
            v[part] = made
            yield v


def _random(entries: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Normal numbers of every order of magnitude, common or each its own."""
    for k in range(4 * SEEDED):
        size = 10 ** rng.uniform(-6, 6, entries if k % 2 else 1)
        yield rng.normal(size=entries) * size


def _in_bounds(space: Space, rng: np.random.Generator) -> np.ndarray:
    """Points between finite bounds: ends, near the ends, and seeded ones; shape (points, entries)."""
    low, high = space.low, space.high
    finite = (np.abs(low) < WIDE) & (np.abs(high) < WIDE)
    if not finite.any():
        return np.zeros((0, len(low)))
    shares = np.concatenate([[0.0, 1.0, 0.5], NEAR_ENDS, 1 - np.array(NEAR_ENDS)])
    ends = np.array([rng.permutation(shares) if len(low) > 1 else shares for _ in low]).T
    shares = np.concatenate([ends, rng.random((SEEDED, len(low)))])
    return np.where(finite, low + shares * (np.where(finite, high, low) - low), space.example)


def _slices(space: Space) -> list[slice]:
    return [leaf for leaf, _ in _shaped(space)]


def _shaped(space: Space) -> list[tuple[slice, tuple[int, ...]]]:
    """Where the entries of every input stand, and its shape."""
    shapes = [np.shape(x) for x in space.question.leaves]
    stops = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [(slice(int(s) - int(np.prod(shape)), int(s)), shape) for s, shape in zip(stops, shapes, strict=True)]


def _signed(values: Sequence[float] | np.ndarray) -> np.ndarray:
    magnitudes = np.asarray(values, dtype=float)
    return np.stack([magnitudes, -magnitudes], axis=1).reshape(-1)


def _beside(numbers: np.ndarray) -> np.ndarray:
    """Thresholds of either sign and numbers on both sides of them, at several distances."""
    if not len(numbers):
        return np.zeros(0)
    signed = _signed(numbers)
    places = ordered(signed)
    beside = [from_ordered(places + sign * 2**step) for step in STEPS for sign in (1, -1)]
    return np.concatenate([signed, *beside])


def _between(numbers: Sequence[float]) -> np.ndarray:
    """Between every two neighbouring thresholds: a band may have no other point."""
    signed = np.unique(_signed(np.array(numbers)))
    return signed[:-1] / 2 + signed[1:] / 2 if len(signed) > 1 else np.zeros(0)


def beside_edge(below: np.ndarray, above: np.ndarray, entry: int) -> Iterator[np.ndarray]:
    """Points on both sides of an edge, the two neighbours first, then farther and farther."""
    for step in STEPS:
        for side, sign in ((below, -1), (above, 1)):
            v = side.copy()
            v[entry] = from_ordered(ordered(side[entry : entry + 1]) + sign * (2**step - 1))[0]
            yield v
