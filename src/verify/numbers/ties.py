"""Decisions that lie within rounding of their edge, and the same program with such decisions taken the other way.

A maximum, an absolute value or a comparison looks at the sign of a difference a - b. Where |a - b| is less than
what rounding moves it by, floating-point code may see the other sign. The gradient on that branch is a gradient of
another program, whose decision is replaced by its other side; every other step is the same.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from verify.numbers.balls import Undecided, precision
from verify.numbers.gradient import Slopes
from verify.numbers.nudged import value_enclosure
from verify.numbers.program import CONSTANT, INPUT, ORDERINGS, Meaning, Program, Step, Term
from verify.numbers.symbols import formula, reachable

BITS = 128  # for sizes and bounds alone
EXTREMES = {"maximum": 1, "fmax": 1, "minimum": -1, "fmin": -1}  # 1: the larger operand is the result
MAGNITUDES = ("absolute", "fabs")
SHOWN = 48  # characters of a formula in a sentence

Pair = tuple[int, int | None]  # the numbers of the steps a and b of a - b; None: b is 0


@dataclass(frozen=True)
class Rounding:
    """What decides how near an edge counts: unit roundoff, smallest number, units allowed, and the seed of nudges."""

    roundoff: float
    smallest: float
    units: float
    seed: int


@dataclass(frozen=True)
class Tie:
    """A difference a - b nearer to 0 than its own allowance, and the steps whose choice its sign makes."""

    pair: Pair
    steps: tuple[int, ...]
    difference: float
    allowed: float


def ties(program: Program, roots: Sequence[int], rounding: Rounding) -> list[Tie]:
    """The decisions below the roots that lie within rounding of their edge, the nearest first.

    Decisions about one difference are one: ``maximum(h, 0)`` and ``h > 0`` go the same way.
    Raises Refused when the time is over.
    """
    deciding: dict[Any, tuple[Pair, list[int]]] = {}
    for n in reachable(program, list(roots)):
        for pair in pairs(program, n):
            key = frozenset(_identity(program, i) for i in pair)
            deciding.setdefault(key, (pair, []))[1].append(n)
    near = within(program, [pair for pair, _ in deciding.values()], rounding)
    steps = {pair: tuple(ns) for pair, ns in deciding.values()}
    found = [Tie(pair, steps[pair], *how) for pair, how in near.items() if how[0] != 0]  # exactly on it: a kink
    return sorted(found, key=lambda tie: abs(tie.difference) / tie.allowed)


def pairs(program: Program, n: int) -> Iterator[Pair]:
    """The differences whose signs a step decides by, as far as they depend on an input."""
    meaning, operands = program.steps[n]
    if not program.moving[n]:
        return
    if meaning.name in EXTREMES or meaning.name in ORDERINGS:
        yield operands[0], operands[1]
    elif meaning.name in MAGNITUDES or meaning.name == "sign":
        yield operands[0], None
    elif meaning.name == "copysign":
        yield from ((i, None) for i in operands if program.moving[i])


def _identity(program: Program, i: int | None) -> Any:
    """What a side of a difference is: zeros are one, however they were written."""
    if i is None:
        return 0.0, "constant"
    value = program.literal(Term(program, i))
    return i if value is None else (float(value), "constant")


def within(program: Program, pairs: Sequence[Pair], rounding: Rounding) -> dict[Pair, tuple[float, float]]:
    """For the pairs nearer than their allowance: the difference, and ``units * (u*(|a| + |b|) + eta + u*m)``.

    m is the movement of a - b: how far it goes, to first order, when all that is rounded moves by one part in 1/u.
    Raises Refused when the time is over.
    """
    near = _candidates(program, pairs, rounding)
    rows = [_difference(program, pair) for pair in near]
    if not rows:
        return {}
    values, moved = value_enclosure(program, rows, rounding.seed)
    found = {}
    for pair, size, value, m in zip(near, near.values(), values, moved, strict=True):
        allowed = rounding.units * (rounding.roundoff * (size + m) + rounding.smallest)
        if abs(value) <= allowed:
            found[pair] = (float(value), float(allowed))
    return found


def _difference(program: Program, pair: Pair) -> list[tuple[Term, float]]:
    a, b = pair
    row = [(Term(program, a), 1.0)]
    return row if b is None else [*row, (Term(program, b), -1.0)]


def _candidates(program: Program, pairs: Sequence[Pair], rounding: Rounding) -> dict[Pair, float]:
    """The pairs that may be near, with |a| + |b|: by a bound on the movement that costs one pass."""
    found: dict[Pair, float] = {}
    needed = reachable(program, [i for pair in pairs for i in pair if i is not None])
    with precision(BITS):
        values = program.values(BITS)
        bounds = _bounds(program, needed, values)
        for pair in pairs:
            sides = [i for i in pair if i is not None]
            parts = [_number(values[i]) for i in sides]
            if not all(isinstance(x, flint.arb) and x.is_finite() for x in parts):
                continue
            gap = abs(_size(parts[0] - parts[1]) if len(parts) == 2 else _size(parts[0]))
            size = sum(_size(x) for x in parts)
            movement = sum(bounds[i] for i in sides)
            if gap <= rounding.units * (rounding.roundoff * (size + movement) + rounding.smallest):
                found[pair] = size
    return found


def _bounds(program: Program, needed: Sequence[int], values: Any) -> dict[int, float]:
    """For each step a bound on its movement: every rounding below it counted in full."""
    slopes = Slopes(program, values)
    found: dict[int, float] = {}
    for count, n in enumerate(needed):
        if count % 1024 == 0:
            program.check_budget()
        meaning, operands = program.steps[n]
        value = values[n]
        if meaning is CONSTANT or not program.moving[n] or not isinstance(value, flint.arb):
            found[n] = 0.0
        elif meaning is INPUT:
            found[n] = _size(value)
        else:
            parts = (_steepness(slopes, n, k) * found[i] for k, i in enumerate(operands) if found[i])
            found[n] = _size(value) + sum(parts)
    return found


def _steepness(slopes: Slopes, n: int, k: int) -> float:
    if next(pairs(slopes.program, n), None) is not None:
        return 1.0  # a choice hands on one operand or the other, at most with its sign changed
    try:
        return _size(_number(slopes.of(n, k)))
    except Undecided:
        return float("inf")


def _number(value: Any) -> Any:
    return flint.arb(int(value)) if isinstance(value, bool | int) else value


def _size(x: Any) -> float:
    return abs(float(x.mid()))


# --- the other side


def retaken(program: Program, shares: Mapping[Tie, Fraction]) -> Program:
    """The program with each decision fixed: to a share of 0 as it is, of 1 the other side altogether.

    A side once fixed stays, even where another decision moves what this one looks at by as little as rounding does.
    A share between mixes the slopes of both sides, as code does that halves a gradient between equal entries.
    The gradient is linear in every share by itself, so that of a mixture is the mean over independent choices: it
    lies in the convex hull of the gradients on the branches. A condition goes one way or the other: the nearer.
    """
    changed: dict[int, Step] = {}
    for tie, share in shares.items():
        for n in tie.steps:
            meaning, operands = changed.get(n, program.steps[n])
            changed[n] = _fixed(meaning, operands, tie, share)
    return program.with_steps(changed)


def _fixed(meaning: Any, operands: tuple[Any, ...], tie: Tie, share: Fraction) -> Step:
    p, q = share.numerator, share.denominator
    above = (tie.difference > 0) == (operands[0] == tie.pair[0])  # the step may have the pair the other way round
    if meaning.name in EXTREMES:
        chosen = 0 if above == (EXTREMES[meaning.name] > 0) else 1
        sides = (operands[chosen], operands[1 - chosen])
        return (ONE, (sides[p],)) if q == 1 else (_mixture(p, q), sides)
    if meaning.name in ORDERINGS:
        return CONSTANT, (_truth(meaning.name, above) == (2 * p < q),)
    factor = q - 2 * p  # of a sign: -1 on the other side
    if meaning.name == "copysign":
        return _turned(meaning, factor, q), operands
    factor = factor if above else -factor
    return (CONSTANT, (Fraction(factor, q),)) if meaning.name == "sign" else (_multiple(factor, q), operands)


ONE = Meaning("positive", lambda m, a: a)


@functools.cache
def _mixture(p: int, q: int) -> Meaning:
    return Meaning("mixture", lambda m, a, b: ((q - p) * a + p * b) / q)


@functools.cache
def _turned(meaning: Any, factor: int, q: int) -> Meaning:
    return Meaning("turned", lambda m, *xs: factor * meaning.exact(m, *xs) / q)


@functools.cache
def _multiple(p: int, q: int) -> Meaning:
    return Meaning("multiple", lambda m, a: p * a / q)


def _truth(comparison: str, above: bool) -> bool:
    """The truth of a comparison of two unequal numbers; above: the first is the larger."""
    if comparison in ("equal", "not_equal"):
        return comparison == "not_equal"
    return (comparison in ("greater", "greater_equal")) == above


# --- in words


def named(program: Program, tie: Tie, names: Sequence[str]) -> str:
    """A decision as a sentence may name it: ``maximum(x[0] - x[1], 0)``, or by its place among its like."""
    n = tie.steps[0]
    meaning, operands = program.steps[n]
    parts = [written(program, i, names) for i in operands]
    if all(parts) and sum(map(len, parts)) <= SHOWN:
        return f"{meaning.name}({', '.join(parts)})"
    alike = [k for k, (other, _) in enumerate(program.steps) if other.name == meaning.name]
    return f"{meaning.name} {alike.index(n) + 1} of {len(alike)}"


def written(program: Program, n: int, names: Sequence[str]) -> str:
    """A step as a short formula in the inputs; '' where there is none."""
    found = formula(program, n, list(names))
    text = "" if found is None else str(found)
    return text if len(text) <= SHOWN else ""
