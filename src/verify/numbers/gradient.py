"""The exact gradient of a program: SymPy's derivative of every step, chained in balls.

Reverse accumulation over the steps keeps shared subexpressions shared, so the cost is linear in the steps
where differentiating the written-out formula may grow exponentially (Griewank and Walther, Evaluating
Derivatives, 2nd ed., 2008, chapter 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np

from verify.numbers.balls import Plain, Undecided, ball, precision
from verify.numbers.deciding import Kink, until_decided
from verify.numbers.formula import compiled
from verify.numbers.program import (
    CONDITIONS,
    CONSTANT,
    INPUT,
    ORDERINGS,
    PRECISIONS,
    Program,
    Refused,
    Term,
    enclosed,
)
from verify.numbers.symbols import reachable, slope, small_constant

Scale = Callable[[], Any]  # a factor for the next rounded quantity: exactly 1, or 1 +- t
Adjoints = list[list[Any]]
_WITHOUT_SLOPE = {INPUT.name, CONSTANT.name, *ORDERINGS, "and", "or", "not"}


def exactly() -> None:
    """No nudge."""
    return None


def sweep(program: Program, rows: Sequence[Sequence[tuple[Term, float]]], bits: int, scale: Scale) -> Adjoints:
    """For each row (a weighted sum of results) the balls of its derivatives by every input.

    Must be called at the working precision ``bits``. ``scale`` gives a factor for every input, cotangent,
    result of a step and adjoint product: all that floating-point arithmetic would round.
    Raises Undecided where a branch, Kink where a slope, is not decided at this precision.
    """
    roots = [term.index for row in rows for term, _ in row]
    needed = reachable(program, roots)
    values = program.values(bits) if scale is exactly else _nudged(program, needed, scale)
    slopes = Slopes(program, values)
    return [_pull(program, needed, row, values, slopes, scale) for row in rows]


def _nudged(program: Program, needed: list[int], scale: Scale) -> dict[int, Any]:
    """Values of the steps when each rounded one is scaled."""
    values: dict[int, Any] = {}
    for n in needed:
        meaning, operands = program.steps[n]
        if meaning is INPUT or meaning is CONSTANT:
            value = program._value(meaning, operands, [])
            rounded = meaning is INPUT
        else:
            value = enclosed(meaning, [values[i] for i in operands])
            rounded = program.moving[n]  # what rules compute from constants, such as an exponent, is exact
        values[n] = value * scale() if rounded and isinstance(value, flint.arb) else value
    return values


class Slopes:
    """The slope of each step by each operand, evaluated when an adjoint needs it."""

    def __init__(self, program: Program, values: Any, numbers: str = "balls") -> None:
        self.program = program
        self.values = values
        self.numbers = numbers
        self.known: dict[tuple[int, int], Any] = {}

    def of(self, n: int, k: int) -> Any:
        found = self.known.get((n, k))
        if found is None:
            found = self.known[n, k] = self._evaluate(n, k)
        if isinstance(found, Undecided):
            raise found
        return found

    def _evaluate(self, n: int, k: int) -> Any:
        meaning, operands = self.program.steps[n]
        name = meaning.name
        if name in ("add", "positive"):
            return 1
        if name == "subtract":
            return 1 if k == 0 else -1
        xs = [self.values[i] for i in operands]
        if name == "multiply":
            return xs[1 - k]
        if name == "where":
            if isinstance(xs[0], Undecided):
                return xs[0]
            return 1 if bool(xs[0]) == (k == 1) else 0
        constants = [self.program.steps[i] for i in operands]
        pattern = tuple(small_constant(c[1][0]) if c[0] is CONSTANT else None for c in constants)
        expression, symbols = slope(meaning, k, pattern)
        try:
            return compiled(expression, symbols, self.numbers)(xs)
        except Undecided as undecided:
            return undecided


def _pull(
    program: Program, needed: list[int], row: Sequence[tuple[Term, float]], values: Any, slopes: Slopes, scale: Scale
) -> list[Any]:
    adjoints = adjoints_of(program, needed, row, values, slopes, scale)
    return [adjoints.get(k, flint.arb(0)) for k in range(len(program.point))]  # inputs are the first steps


def adjoints_of(
    program: Program, needed: list[int], row: Sequence[tuple[Term, float]], values: Any, slopes: Slopes, scale: Scale
) -> dict[int, Any]:
    """The derivative of the row by the result of every step."""
    adjoints: dict[int, Any] = {}
    for term, g in row:
        cotangent = _scaled(flint.arb(g), scale)
        adjoints[term.index] = adjoints[term.index] + cotangent if term.index in adjoints else cotangent
    for n in reversed(needed):
        adjoint = adjoints.get(n)
        if adjoint is None:
            continue  # a lane that was not selected: its slope does not matter, even if infinite
        meaning, operands = program.steps[n]
        if meaning.name in _WITHOUT_SLOPE:
            continue
        if meaning.name == "where" and slopes.numbers == "balls" and program.at_edge(operands[0], values):
            raise Kink("a where() whose condition is exactly at its edge")
        for k, i in enumerate(operands):
            if program.steps[i][0] is CONSTANT or (meaning.name == "where" and k == 0):
                continue
            if program.steps[i][0].name in CONDITIONS and program.at_edge(i, values):
                raise Kink("a condition used as a number, exactly at its edge")
            factor = slopes.of(n, k)
            if meaning.name == "where" and factor == 0:
                continue  # not selected: nothing is handed on, not even a zero
            product = _scaled(adjoint * factor, scale)
            adjoints[i] = adjoints[i] + product if i in adjoints else product
    return adjoints


def contributions(program: Program, row: Sequence[tuple[Term, float]], entry: int) -> list[float]:
    """What each use of an input adds to its derivative, in the order of the uses; raises Refused."""
    bits = PRECISIONS[0]
    needed = reachable(program, [term.index for term, _ in row])
    found: list[float] = []
    with precision(bits):
        slopes = Slopes(program, program.values(bits))
        try:
            adjoints = adjoints_of(program, needed, row, slopes.values, slopes, exactly)
            for n in needed:
                meaning, operands = program.steps[n]
                if meaning is INPUT or meaning is CONSTANT or n not in adjoints:
                    continue
                uses = [k for k, i in enumerate(operands) if i == entry]
                found.extend(float((adjoints[n] * slopes.of(n, k)).mid()) for k in uses)
        except Undecided as undecided:
            raise Refused(str(undecided)) from None
    return found


def _scaled(x: Any, scale: Scale) -> Any:
    factor = scale()
    return x if factor is None else x * factor


def gradient(program: Program, rows: Sequence[Sequence[tuple[Term, float]]]) -> list[list[Plain]]:
    """The exact derivatives of each row by every input, decided to 100 bits, as plain data.

    Raises Refused with the reason: a kink, an undecided branch, a value outside the domain, the budget.
    """
    found = until_decided(lambda bits: sweep(program, rows, bits, exactly), program.check_budget)
    with precision(PRECISIONS[2]):
        values = program.values(PRECISIONS[2])
        if not all(_harmless(values[n]) for n in program.dropped):
            raise Refused("0 is multiplied by what is not finite: outside the domain, or at a pole")
        if not all(_harmless(values[term.index]) for row in rows for term, _ in row):
            # The value decides, not the slope: log has the slope 1/x at -1 too.
            raise Refused("f has no finite value here: outside the domain, or at a pole")
    return found


def _harmless(value: Any) -> bool:
    return isinstance(value, bool | Undecided) or bool(value.is_finite())


def enclosures(program: Program, outputs: Sequence[Sequence[Term]]) -> list[list[Plain]]:
    """The exact values of rows of terms, decided to 100 bits, as plain data; raises Refused."""

    def at(bits: int) -> Adjoints:
        values = program.values(bits)
        found = [[values[term.index] for term in row] for row in outputs]
        for row in found:
            for value in row:
                if isinstance(value, Undecided):
                    raise value
        return [[ball(value) if isinstance(value, bool) else value for value in row] for row in found]

    return until_decided(at, program.check_budget)


def movement(program: Program, rows: Sequence[Sequence[tuple[Term, float]]], patterns: int, seed: int) -> np.ndarray:
    """How far the exact gradient moves, to first order, per unit of relative change in all that is rounded.

    Every input, cotangent, result of a step and adjoint product is scaled by 1 +- t with seeded signs;
    the root mean square over the patterns of the change divided by t, shape (rows, inputs).
    t = 2**-80 is far below any distance between different branches of practical interest, and the working
    precision leaves 100 bits below t.
    Raises Refused where the gradient itself is refused.
    """
    bits, t = 400, 2.0**-80
    rng = np.random.default_rng(seed)
    total: np.ndarray = np.zeros((len(rows), len(program.point)))
    with precision(bits):
        try:
            centre = sweep(program, rows, bits, exactly)
            for _ in range(patterns):
                program.check_budget()
                moved = sweep(program, rows, bits, _signs(rng, t))
                for r, (row, base) in enumerate(zip(moved, centre, strict=True)):
                    for k, (x, y) in enumerate(zip(row, base, strict=True)):
                        total[r, k] = math.hypot(total[r, k], float(((x - y) / t).mid()))
        except Undecided as undecided:
            raise Refused(str(undecided)) from None
    return total / math.sqrt(patterns)


def _signs(rng: np.random.Generator, t: float) -> Scale:
    up, down = flint.arb(1) + flint.arb(t), flint.arb(1) - flint.arb(t)
    pool: list[bool] = []

    def scale() -> Any:
        if not pool:
            pool.extend(rng.integers(0, 2, 256, dtype=bool).tolist())
        return up if pool.pop() else down

    return scale


def value_enclosure(
    program: Program, rows: Sequence[Sequence[tuple[Term, float]]], patterns: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The exact value of each row, and how far it moves per unit of relative change in all that is rounded.

    Returns (values, movements), float64 arrays of shape (rows,); raises Refused as ``gradient`` does.
    """
    bits, t = 400, 2.0**-80
    rng = np.random.default_rng(seed)
    needed = reachable(program, [term.index for row in rows for term, _ in row])

    def weighted(values: Any) -> list[Any]:
        found = []
        for row in rows:
            parts = [values[term.index] for term, _ in row]
            undecided = next((x for x in parts if isinstance(x, Undecided)), None)
            if undecided is not None:
                raise Refused(str(undecided))
            total = flint.arb(0)
            for part, (_, g) in zip(parts, row, strict=True):
                total = total + part * flint.arb(g)
            found.append(total)
        return found

    with precision(bits):
        centre = weighted(program.values(bits))
        if not all(x.is_finite() for x in centre):
            raise Refused("the exact value is not finite")
        total = np.zeros(len(rows))
        for _ in range(patterns):
            program.check_budget()
            moved = weighted(_nudged(program, needed, _signs(rng, t)))
            total = np.hypot(total, [float(((x - y) / t).mid()) for x, y in zip(moved, centre, strict=True)])
        return np.array([float(x.mid()) for x in centre]), total / math.sqrt(patterns)
