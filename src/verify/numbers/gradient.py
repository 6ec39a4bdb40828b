"""The exact gradient of a program: SymPy's derivative of every step, chained in balls.

Reverse accumulation over the steps keeps shared subexpressions shared, so the cost is linear in the steps
where differentiating the written-out formula may grow exponentially (Griewank and Walther, Evaluating
Derivatives, 2nd ed., 2008, chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import flint

from verify.numbers.balls import Plain, Undecided, ball, precision
from verify.numbers.deciding import Kink, until_decided
from verify.numbers.formula import compiled
from verify.numbers.program import (
    CONDITIONS,
    CONSTANT,
    INPUT,
    PRECISIONS,
    STOP,
    Program,
    Refused,
    Term,
    enclosed,
)
from verify.numbers.symbols import reachable, slope, small_constant

Scale = Callable[[], Any]  # a factor for the next rounded quantity: exactly 1, or 1 +- t
Adjoints = list[list[Any]]
_SELECTING = {"where", "maximum", "minimum", "fmax", "fmin"}
_WITHOUT_SLOPE = {INPUT.name, CONSTANT.name, STOP, *CONDITIONS}  # nothing is handed on, not even a zero


def exactly() -> None:
    """No nudge."""
    return None


def sweep(
    program: Program,
    rows: Sequence[Sequence[tuple[Term, float]]],
    bits: int,
    scale: Scale,
    cancelling: Sequence[Collection[int]] = (),
) -> Adjoints:
    """For each row (a weighted sum of results) the balls of its derivatives by every input.

    Must be called at the working precision ``bits``. ``scale`` gives a factor for every input, cotangent,
    result of a step and adjoint product: all that floating-point arithmetic would round. ``cancelling`` names for each
    row the steps whose adjoint is exactly 0: what rounding leaves of it gets a sign of its own.
    Raises Undecided where a branch, Kink where a slope, is not decided at this precision.
    """
    roots = [term.index for row in rows for term, _ in row]
    needed = reachable(program, roots)
    values = program.values(bits) if scale is exactly else nudged(program, needed, scale)
    slopes = Slopes(program, values)
    zeros = cancelling or [()] * len(rows)
    found = []
    for row, zero in zip(rows, zeros, strict=True):
        adjoints = adjoints_of(program, needed, row, values, slopes, scale, zero)
        found.append([adjoints.get(k, flint.arb(0)) for k in range(len(program.point))])  # inputs are the first steps
    return found


def nudged(program: Program, needed: list[int], scale: Scale) -> dict[int, Any]:
    """Values of the steps when each rounded one is scaled."""
    values: dict[int, Any] = {}
    for n in needed:
        meaning, operands = program.steps[n]
        if meaning is INPUT or meaning is CONSTANT:
            value = program._value(meaning, operands, [])
        else:
            value = enclosed(meaning, [values[i] for i in operands])
        rounded = program.rounded[n]  # what rules compute from constants, such as an exponent, is exact
        values[n] = value * scale() if rounded and isinstance(value, flint.arb) else value
    return values


def weighted(values: Any, row: Sequence[tuple[Term, float]]) -> Any:
    """The weighted sum of a row over the values of the steps; raises Undecided where one of them is."""
    total = flint.arb(0)
    for term, g in row:
        part = values[term.index]
        if isinstance(part, Undecided):
            raise part
        total = total + part * flint.arb(g)
    return total


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


def adjoints_of(
    program: Program,
    needed: list[int],
    row: Sequence[tuple[Term, float]],
    values: Any,
    slopes: Slopes,
    scale: Scale,
    cancelling: Collection[int] = (),
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
        if n in cancelling and bool(_scaled(flint.arb(1), scale) < 1):
            adjoint = -adjoint
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
            if meaning.name in _SELECTING and factor == 0:
                continue  # not selected: nothing is handed on, not even a zero
            product = _scaled(adjoint * factor, scale)
            adjoints[i] = _scaled(adjoints[i] + product, scale) if i in adjoints else product
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
                if meaning.name in _WITHOUT_SLOPE or n not in adjoints:
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
