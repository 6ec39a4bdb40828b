"""The branches that a program's Python code took: every ``if`` on a computed value, and how far it is from its edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flint

from verify.numbers.balls import precision
from verify.numbers.program import ORDERINGS, Program
from verify.numbers.ties import BITS, Pair, written

SIGNS = {"less": "<", "greater": ">", "less_equal": "<=", "greater_equal": ">=", "equal": "==", "not_equal": "!="}


@dataclass(frozen=True)
class Taken:
    """A condition that Python asked for, its truth, the comparison that decides it, and |a - b| of that one.

    The comparison is the nearest of those that would change the outcome by changing theirs alone. distance is
    infinite, and the comparison the condition itself, where no single comparison decides.
    """

    condition: int
    outcome: bool
    comparison: int
    distance: float

    def pair(self, program: Program) -> Pair | None:
        """The steps a and b that the deciding comparison compares."""
        meaning, operands = program.steps[self.comparison]
        return (operands[0], operands[1]) if meaning.name in ORDERINGS else None


def taken(program: Program) -> list[Taken]:
    """The branches taken that an input could change, the nearest to its edge first; distances as doubles."""
    with precision(BITS):
        found = [_taken(program, n, outcome) for n, outcome in program.decisions.items() if program.moving[n]]
    return sorted(found, key=lambda branch: branch.distance)


def _taken(program: Program, n: int, outcome: bool) -> Taken:
    comparisons = list(_deciding(program, n))
    distances = [_distance(program, i) for i in comparisons]
    if not comparisons:
        return Taken(n, outcome, n, float("inf"))
    k = distances.index(min(distances))
    return Taken(n, outcome, comparisons[k], distances[k])


def _deciding(program: Program, n: int) -> list[int]:
    """The comparisons below a condition that change its truth by changing their own, the others staying."""
    meaning, operands = program.steps[n]
    if meaning.name in ORDERINGS:
        return [n] if program.moving[n] else []
    if meaning.name == "not":
        return _deciding(program, operands[0])
    if meaning.name in ("and", "or"):
        values = program.values(BITS)
        neutral = meaning.name == "and"  # an operand that leaves the truth to the other one
        sides = zip(operands, operands[::-1], strict=True)
        return [i for one, other in sides if values[other] is neutral for i in _deciding(program, one)]
    return []


def _distance(program: Program, n: int) -> float:
    values = program.values(BITS)
    a, b = (values[i] for i in program.steps[n][1])
    if not isinstance(a, flint.arb) or not isinstance(b, flint.arb):
        return float("inf")
    return abs(float((a - b).mid()))


def worded(program: Program, n: int, names: Sequence[str]) -> str:
    """A condition as Python writes it: ``x[0] > 0``; '' where it is too long for a sentence."""
    meaning, operands = program.steps[n]
    if meaning.name in SIGNS:
        parts = [written(program, i, names) for i in operands]
        return f" {SIGNS[meaning.name]} ".join(parts) if all(parts) else ""
    if meaning.name == "not":
        inner = worded(program, operands[0], names)
        return f"not ({inner})" if inner else ""
    if meaning.name in ("and", "or"):
        parts = [worded(program, i, names) for i in operands]
        return f" {meaning.name} ".join(f"({part})" for part in parts) if all(parts) else ""
    return written(program, n, names)


def on_edge(program: Program, names: Sequence[str]) -> str:
    """The condition that lies exactly on its edge, as Python writes it; '' where none does or it is too long."""
    with precision(BITS):
        values = program.values(BITS)
        for n in program.decisions:
            if program.at_edge(n, values) or (isinstance(values[n], flint.arb) and values[n].is_zero()):
                return worded(program, n, names)
    return ""
