"""How accurate a derivative rule is over the whole float64 range: its worst error, in units, and where.

The unit here is ``u*|truth| + eta``: half a spacing of doubles beside the truth (u = 2**-53), and the smallest
subnormal (eta = 2**-1074) where doubles end. It leaves out what the judge of whole functions allows besides, the
movement: a rule gets its input exactly, and the derivative at that very double is a definite number. So cos(1e300) must
be right to its last digits, although a relative change of 1e-16 in the input would change all of them. The correctly
rounded slope is within 1 unit everywhere; a rule may be ``BAR`` units off, or its entry says where, why and how far.

An infinite answer stands for 2**1024, the first power that rounding carries out of the range; it is right where the
truth rounds to infinity. NaN is never right.

The truth is SymPy's derivative of the entry's ``exact``, enclosed in balls at the exact double.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import flint
import numpy as np

from ad.core import Op
from verify.finding import Accuracy, Density, Error
from verify.numbers.balls import Undecided, ball, decided, precision
from verify.numbers.formula import compiled
from verify.numbers.program import PRECISIONS, Refused
from verify.numbers.symbols import slope, small_constant
from verify.ranges import RANGES, drawn

ROUNDOFF = 2.0**-53
ETA = 2.0**-1074
BAR = 4.0  # units that a rule of the table may be off
COMPARED_BITS = 128  # of the gap and the unit, 75 more than a double holds
OVERFLOW = flint.arb(2) ** 1024
ROUNDS_TO_INFINITY = OVERFLOW - flint.arb(2) ** 970  # halfway from the largest double to 2**1024; exact at 54 bits
TINY = float(np.finfo(float).tiny)

Columns = tuple[Any, ...]  # one per operand: a float64 array of shape (points,), or a number that all points share
Rule = Callable[[int, Columns], np.ndarray]  # operand, columns -> slopes of shape (points,)


def units(answer: float, truth: Any) -> float:
    """How many units a double is from a true slope.

    Arguments
        answer: the slope found. truth: a ball, at least 100 bits of it certain.
    Returns
        gap / (u*|truth| + eta); infinite for NaN.
    Example
        >>> units(1.0, flint.arb(1)), units(float("inf"), flint.arb(2) ** 2000), units(float("nan"), flint.arb(1))
        (0.0, 0.0, inf)
        >>> units(1.0 + 2**-50, flint.arb(1))
        8.0
    """
    if math.isnan(answer):
        return math.inf
    with precision(COMPARED_BITS):
        if math.isinf(answer):
            side = 1 if answer > 0 else -1
            if truth * side >= ROUNDS_TO_INFINITY:
                return 0.0
            found = OVERFLOW * side
        else:
            found = flint.arb(answer)
        gap = abs(found - truth) / (abs(truth) * ROUNDOFF + ETA)
        return abs(float(gap.mid()))


class Truth:
    """SymPy's derivative of an op's meaning by one operand, in balls, at points one after the other."""

    def __init__(self, op: Op, operand: int) -> None:
        self.op = op
        self.operand = operand
        self.level = 0  # neighbouring points need about the same precision

    def at(self, xs: Sequence[float]) -> Any | None:
        """The slope to 100 bits, or None where none is decided: a kink, a pole, outside the domain."""
        forms = [tuple(None for _ in xs), tuple(small_constant(x) for x in xs)]  # x**b/x is 0/0 at 0, x**2/x is not
        for pattern in dict.fromkeys(tuple(None if k == self.operand else c for k, c in enumerate(f)) for f in forms):
            expression, symbols = slope(self.op, self.operand, pattern)
            try:
                evaluate = compiled(expression, symbols)
            except Refused:
                continue  # log(-2) has left the real numbers
            found = self._decided(evaluate, xs)
            if found is not None:
                return found
        return None

    def _decided(self, evaluate: Callable[[list[Any]], Any], xs: Sequence[float]) -> Any | None:
        start = max(self.level - 1, 0)
        for level in range(start, len(PRECISIONS)):
            with precision(PRECISIONS[level]):
                try:
                    found = flint.arb(evaluate([x if isinstance(x, bool) else ball(x) for x in xs]))
                except Undecided:
                    continue
                if decided(found):
                    self.level = level
                    return found
        return None


def table_rule(op: Op) -> Rule:
    """The engine's own slope of an elementwise op: its vjp applied to ones."""

    def rule(operand: int, xs: Columns) -> np.ndarray:
        y = op.fun(*xs)
        return np.asarray(op.vjp(operand, np.ones(np.shape(y)), y, xs, {}))

    return rule


def accuracy(op: Op, operand: int, xs: Columns, rule: Rule | None = None) -> Accuracy:
    """Compare a slope with the truth at every point.

    Arguments
        op: an elementwise entry of the table; its ``exact`` is the truth. operand: by which the slope is taken.
        xs: one column per operand, float64 of shape (points,), or a plain number in place of a column.
        rule: the slope under test, ``rule(operand, xs)`` of shape (points,); None takes the entry's own.
    Returns
        an ``Accuracy``. Points where the entry's domain says there is no derivative are left out.
    Example
        >>> from ad.variable import TABLE
        >>> accuracy(TABLE[np.exp], 0, (np.array([0.0, 1.0]),)).worst.units <= 4
        True
    """
    with np.errstate(all="ignore"):
        xs = _inside(op, xs)
        y = np.asarray(op.fun(*xs))
        found = np.broadcast_to((rule or table_rule(op))(operand, xs), y.shape).tolist()
    normal = (np.abs(y) >= TINY) & np.isfinite(y)
    truth, compared = Truth(op, operand), 0
    worst: dict[bool, Error] = {}
    for answer, kind, at in zip(found, normal.tolist(), _points(xs, y.size), strict=True):
        exact = truth.at(at)
        if exact is None:
            continue
        compared += 1
        off = units(answer, exact)
        if kind not in worst or off > worst[kind].units:
            worst[kind] = Error(off, at, answer, float(exact.mid()))
    return Accuracy(operand, compared, y.size - compared, worst.get(True), worst.get(False))


def _inside(op: Op, xs: Columns) -> Columns:
    if op.domain is None:
        return xs
    keep = np.greater(op.domain(*xs), 0)  # NaN is not inside
    return tuple(x[keep] if isinstance(x, np.ndarray) else x for x in xs)


def _points(xs: Columns, size: int) -> Iterator[tuple[Any, ...]]:
    return zip(*(x.tolist() if isinstance(x, np.ndarray) else [x] * size for x in xs), strict=True)


# --- the points


FULL = Density("full", stride=1, mantissas=3, steps=48, pairs=2500)
SAMPLE = Density("sample", stride=11, mantissas=1, steps=6, pairs=60)

# Where a rule may change its mind: simple numbers, quarter turns, the ends of exponentials and their squares, zeros of
# sinc's slope, the largest double; last those where NumPy's sin and cos were worst among the 107,795 doubles that
# continued fractions of pi show to lie closest to multiples of pi/2, and the closest of all.
SPECIAL = (
    0.1, 0.25, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 10.0, 100.0, 1e16, 18.714973875118524, 36.7368005696771,
    *(k * math.pi / 2 for k in (0.5, 1, 2, 3, 4, 5, 7, 8, 100, 12345)), 354.19, 372.5, 708.3964185322641,
    709.782712893384, 710.4758600739439, 744.4400719213812, 745.1332191019411, 1021.0, 1022.0, 1023.0, 1024.0, 1074.0,
    1.4302966531242027, 2.459024030292302, 2.0**-26, 2.0**-27, 2.0**53, 2.0**511, 2.0**512, 2.0**-511, 2.0**-512,
    2.0**-537, 2.0**-538, 2.0**-1022, 2.0**1022, 2.0**1023, math.nextafter(math.inf, 0), 563416747700.2246,
    1.5986289000543612e74, 1.2853022199154463e174, 6381956970095103.0 * 2.0**797,
)  # fmt: skip


def line(density: Density, seed: int = 0) -> np.ndarray:
    """Doubles of both signs: every binade, and the neighbourhoods of special points; sorted, shape (points,).

    Arguments
        density: how many. seed: of the mantissas.
    Example
        >>> bool(len(line(FULL)) > 15_000), float(line(SAMPLE).min()) < -1e307
        (True, True)
    """
    rng = np.random.default_rng(seed)
    exponents = np.arange(-1074, 1024, density.stride)
    magnitudes = [np.ldexp(1 + rng.random(len(exponents)), exponents) for _ in range(density.mantissas)]
    special = np.array(SPECIAL)
    spacing = np.maximum(np.spacing(special * (1 - ROUNDOFF)), ETA)  # below a power of two doubles lie closer
    with np.errstate(over="ignore"):
        for power in np.linspace(0, 44, density.steps).astype(int):
            magnitudes += [special - spacing * 2.0**power, special + spacing * 2.0**power]
    positive = np.abs(np.concatenate([special, *magnitudes, [0.0, ETA, 3 * ETA]]))
    positive = np.unique(positive[np.isfinite(positive)])
    return np.concatenate([-positive[:0:-1], positive])


# A plane is crossed with these: every order of magnitude that matters, and both sides of the usual edges.
CROSSED = (
    0.0, ETA, 5 * ETA, 1.7e-311, 2.0**-1022, 1.9e-300, 3e-200, 2.0**-512, 1e-100, 3e-17, 1e-8, 0.1, 0.3, 0.5, 0.9999,
    1.0, 1.1, 2.0, 2.5, 3.0, 7.7, 33.0, 100.0, 500.0, 708.0, 745.5, 1023.5, 12345.6, 1e10, 3e16, 1e100, 2.0**512, 1e200,
    1.9e300, 1e308, 1.7e308,
)  # fmt: skip


def plane(density: Density, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of doubles: a grid of magnitudes and signs, near-equal, far apart, multiples, and on the edge of a**b.

    Arguments
        density: how many. seed: of the random ones.
    Returns
        two float64 arrays of shape (points,).
    """
    rng = np.random.default_rng(seed)
    n = density.pairs
    grid = np.array(CROSSED[:: 1 if n > 1000 else 3])
    signed = np.concatenate([-grid[:0:-1], grid])
    a, b = (x.ravel() for x in np.meshgrid(signed, signed))
    wide = [_signs(rng, n) * np.ldexp(1 + rng.random(n), rng.integers(-1074, 1024, n)) for _ in range(2)]
    ordinary = [_signs(rng, n) * 10 ** rng.uniform(-3, 3, n) for _ in range(2)]
    near = ordinary[0] * (1 + rng.integers(-64, 65, n) * 2.0 ** rng.integers(-52, -5, n))
    far = 10 ** rng.uniform(2.5, 3.1, n) * _signs(rng, n)  # two exponentials that just still meet
    base = np.ldexp(1 + rng.random(n), rng.integers(-1074, 1024, n))
    close = np.exp(10 ** rng.uniform(-14, 0, n) * _signs(rng, n))
    whole = np.rint(ordinary[1])
    columns = [
        (a, b), tuple(wide), tuple(ordinary), (ordinary[0], near), (wide[0], wide[0]), (ordinary[0], far),
        (far, ordinary[1] * 0.01 + far), (base, rng.uniform(-760, 760, n) / np.log(base)),
        (close, rng.uniform(-760, 760, n) / np.log(close)), (_signs(rng, n) * close, whole), (ordinary[0], whole),
        (ordinary[1] * rng.integers(1, 50, n), ordinary[1]),
    ]  # fmt: skip
    pairs = (np.concatenate([c[k] for c in columns]) for k in (0, 1))
    first, second = (x + 0.0 for x in pairs)  # exact numbers have no -0
    return first, second


def _signs(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.asarray(rng.choice([-1.0, 1.0], n))


EXPONENTS = (2, 3, 10, -1, -2, 0.5, -0.5, 1.5, 0.25, 1 / 3)  # written as plain numbers, rules may take another way


def sweeps(op: Op, density: Density, rule: Rule | None = None, held: Columns = ()) -> Iterator[Accuracy]:
    """The accuracy of every slope of an entry, over the points that suit its number of operands.

    Arguments
        op: an elementwise entry. density: how many points. rule: as for ``accuracy``.
        held: numbers for leading operands by which there is no derivative.
    Yields
        one ``Accuracy`` per operand and, for powers, one more per plain exponent.
    """
    assert op.exact is not None  # every elementwise entry has one
    arity = len(inspect.signature(op.exact).parameters) - 1 - len(held)  # less the module of exact functions
    if op.name in RANGES:
        columns: Columns = drawn(RANGES[op.name], density)
        yield from (accuracy(op, k, columns, rule) for k in range(len(columns)) if k >= len(held))
        return
    if arity == 1:
        yield accuracy(op, len(held), (*held, line(density)), rule)
        return
    a, b = plane(density)
    if arity == 3:  # a condition, which has no slope, and two operands
        columns = (np.arange(a.size) % 2 == 0, a, b)
        yield from (accuracy(op, k, columns, rule) for k in (1, 2))
        return
    yield from (accuracy(op, k, (a, b), rule) for k in (0, 1))
    if op.fun in (np.power, np.float_power):
        yield from (accuracy(op, 0, (line(density), exponent), rule) for exponent in EXPONENTS)


def by_operand(op: Op, density: Density, rule: Rule | None = None, held: Columns = ()) -> tuple[Accuracy, ...]:
    """The sweeps of an entry put together: one ``Accuracy`` per operand, with its worst points.

    Arguments
        op, density, rule, held: as for ``sweeps``.
    Example
        >>> from ad.variable import TABLE
        >>> [found.worst.units <= 4 for found in by_operand(TABLE[np.multiply], SAMPLE)]
        [True, True]
    """
    found: dict[int, Accuracy] = {}
    for one in sweeps(op, density, rule, held):
        found[one.operand] = _together(found[one.operand], one) if one.operand in found else one
    return tuple(found.values())


def _together(a: Accuracy, b: Accuracy) -> Accuracy:
    return Accuracy(
        a.operand, a.compared + b.compared, a.open + b.open, _worse(a.worst, b.worst), _worse(a.beyond, b.beyond)
    )


def _worse(*errors: Error | None) -> Error | None:
    return max((error for error in errors if error is not None), key=lambda error: error.units, default=None)
