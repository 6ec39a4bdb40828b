"""Where a NaN or an infinity is born in the engine's backward sweep, such as 0 * inf in a branch that is not selected.

``np.where(x > 0, np.sqrt(x), 0)`` computes both branches. The one that is not selected gets the cotangent 0, and its
rule multiplies that by a slope, which is infinite or NaN there: 0 * inf is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.core import Node
from verify.arguments import entry_name
from verify.blame.cures import double_where
from verify.blame.entries import WHERE, Index, by_entry, entry, shown, spoiling
from verify.blame.lines import Run
from verify.blame.uses import Use, operand_names, short_name
from verify.finding import Explanation

Arrivals = dict[Node, list[tuple[Use, int]]]

HEADER = ("operation", "argument", "line", "value", "cotangent", "passed on")


@dataclass(frozen=True, eq=False)
class Passing:
    """A rule that passed on, at one entry of an operand, what is not finite of what is, or NaN of an infinity.

    at: the entry of the cotangent that matters; None where no single one does.
    """

    use: Use
    operand: int
    index: Index
    at: Index | None

    @property
    def part(self) -> Any:
        return entry(self.use.parts[self.operand], self.index)

    @property
    def g(self) -> Any:
        return None if self.at is None else entry(self.use.g, self.at)


def arrivals(uses: Sequence[Use]) -> Arrivals:
    """The uses of every node, each with the operand that the node is, in the order of the sweep."""
    found: Arrivals = {}
    for use in uses:
        for i in use.parts:
            parent = use.node.parents[i]
            assert parent is not None
            found.setdefault(parent, []).append((use, i))
    return found


def passings(arrived: Arrivals, leaf: Node, index: Index) -> list[Passing]:
    """The births behind an entry of a leaf's cotangent: of the NaN, then of the infinity that it was made of.

    None where the sum of what several uses pass on is to blame, not one of them.
    """
    found: list[Passing] = []
    node = leaf
    while True:
        handed = [one for one in arrived.get(node, []) if not np.isfinite(entry(one[0].parts[one[1]], index))]
        if not handed:
            return []
        use, i = min(handed, key=lambda one: not np.isnan(entry(one[0].parts[one[1]], index)))
        nan = bool(np.isnan(entry(use.parts[i], index)))
        at = index if _same(use, i) else _spoiling(use, i, index, nan)
        goes_on = at is not None and not np.isfinite(entry(use.g, at))
        if not goes_on or (nan and not np.isnan(entry(use.g, at or ()))):
            found.append(Passing(use, i, index, () if np.ndim(use.g) == 0 else at))
        if at is None or not goes_on:
            return found
        node, index = use.node, at


def _spoiling(use: Use, i: int, index: Index, nan: bool) -> Index | None:
    """The entry of the cotangent that by itself makes an entry of what is passed on not finite."""
    node = use.node

    def made(g: Any) -> Any:
        return entry(use.op.vjp(i, g, node.primal, node.operands, type(node.static)(node.static)), index)

    return spoiling(use.g, made, nan)


def _same(use: Use, i: int) -> bool:
    """Whether entries of what is passed on go with entries of the cotangent, one with one."""
    return by_entry(use.node) and np.shape(use.g) == np.shape(use.parts[i])


def blockers(arrived: Arrivals, node: Node, index: Index) -> list[tuple[Use, int]]:
    """The uses that made an entry of a node's cotangent 0 although their own cotangent there is not."""
    found, waiting, seen = [], [(node, index)], set()
    while waiting:
        place = node, index = waiting.pop()
        for use, i in () if place in seen else arrived.get(node, []):
            if not _same(use, i):
                if np.any(use.g):
                    found.append((use, i))
            elif entry(use.g, index) != 0:
                found.append((use, i))
            else:
                waiting.append((use.node, index))
        seen.add(place)
    return found


def poisoned(run: Run, uses: Sequence[Use], leaf: Node, index: Index) -> tuple[Explanation, ...]:
    """The explanation of an entry of a leaf's cotangent that is not finite."""
    arrived = arrivals(uses)
    found = passings(arrived, leaf, index)
    if not found:
        return ()
    first = found[0]
    kind = "born nan" if np.isnan(first.part) else "born inf"
    parts = [_sentence(run, passing) for passing in found]
    if first.g == 0:
        stops = blockers(arrived, first.use.node, first.at or ())
        kind, why = _stopped(run, first, stops) or (kind, "")
        parts[:1] = [parts[0] + why]
    return (Explanation(kind, "; its ".join(parts), HEADER, tuple(_row(run, passing) for passing in found)),)


def _sentence(run: Run, passing: Passing) -> str:
    """What a rule made of what."""
    node = passing.use.node
    value, argument = _value(passing), _argument(passing)
    text = f"{shown(passing.part, ())} is born in the derivative of {short_name(node)}{run.at(node)} by {argument}"
    text += f" at {value}" if value else ""
    if passing.g is None:
        return text
    if passing.g == 0:
        return f"{text}: the slope of its rule there is not finite, and the cotangent that it is multiplied by is 0"
    return f"{text}, of the cotangent {shown(passing.g, ())}"


def _stopped(run: Run, passing: Passing, stops: Sequence[tuple[Use, int]]) -> tuple[str, str] | None:
    """The kind of a poisoning and who made the cotangent 0; None where nobody did: it was given so."""
    if not stops:
        return None
    use, i = stops[0]
    names = f"{short_name(use.node)}{run.at(use.node)}"
    if use.op.name != WHERE:
        return "poisoned", f", through {names}"
    cure = double_where(passing.use.node, passing.operand, passing.index, i)
    why = f", since {names} does not select it; 0 times it is nan"
    return "poisoned where", why + (f". The cure is the double where: {cure}, c its condition" if cure else "")


def _argument(passing: Passing) -> str:
    node = passing.use.node
    return entry_name(operand_names(passing.use.op, len(node.operands))[passing.operand], passing.index)


def _value(passing: Passing) -> str:
    operand = passing.use.node.operands[passing.operand]
    return shown(operand, passing.index) if len(passing.index) == np.ndim(operand) else ""


def _row(run: Run, passing: Passing) -> tuple[str, ...]:
    node = passing.use.node
    g = "" if passing.g is None else shown(passing.g, ())
    line = str(run.lines.get(node, ""))
    return (short_name(node), _argument(passing), line, _value(passing), g, shown(passing.part, ()))
