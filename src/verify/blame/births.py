"""Where a NaN or an infinity is born in what code computes: the operation that made it of finite numbers.

A walk goes from the entry that failed to what it was computed from, always to an operand that is not finite, until none
is left. A NaN may be born of an infinity (inf - inf, 0 * inf): then the infinity's birth is looked for as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.core import Node
from verify.blame.entries import Index, by_entry, entry, finite, placed, selects, shown, spoiling
from verify.blame.lines import Run
from verify.blame.uses import short_name
from verify.finding import Explanation

HEADER = ("operation", "line", "operands", "value")


@dataclass(frozen=True, eq=False)
class Birth:
    """An operation, and the entry of its result that is NaN of no NaN, or not finite of finite numbers."""

    node: Node
    index: Index

    @property
    def value(self) -> Any:
        return entry(self.node.primal, self.index)

    @property
    def operands(self) -> list[str]:
        """The operands' entries that it was made of."""
        found = []
        for i, x in enumerate(self.node.operands):
            at = placed(self.index, np.shape(x)) if by_entry(self.node) else _spoiling(self.node, i, self.index, True)
            found.append(shown(x, at))
        return found


def births(node: Node, index: Index) -> list[Birth]:
    """The births behind an entry that is not finite: of the NaN, then of the infinity that it was made of."""
    found: list[Birth] = []
    while node.op is not None:
        nan = bool(np.isnan(entry(node.primal, index)))
        bad = _bad_operands(node, index, nan)
        if not bad or (nan and not bad[0][2]):
            found.append(Birth(node, index))
        if not bad:
            break
        i, index, _ = bad[0]
        parent = node.parents[i]
        if parent is None:  # a constant that is not finite, as it was given
            break
        node = parent
    return found


def _bad_operands(node: Node, index: Index, nan: bool) -> list[tuple[int, Index, bool]]:
    """The operands that are not finite where this entry was made of them, and whether NaN; NaN first if asked."""
    bad = []
    for i, x in enumerate(node.operands):
        if not by_entry(node):
            at = _spoiling(node, i, index, nan)
        else:
            at = placed(index, np.shape(x)) if selects(node, i, index) else None
        if at is not None and not np.isfinite(entry(x, at)):
            bad.append((i, at, bool(np.isnan(entry(x, at)))))
    return sorted(bad, key=lambda one: nan and not one[2])


def _spoiling(node: Node, i: int, index: Index, nan: bool) -> Index | None:
    """The entry of operand i that by itself makes an entry of the result not finite."""

    def made(x: Any) -> Any:
        operands = [finite(other) for other in node.operands]
        operands[i] = x
        assert node.op is not None
        return entry(node.op.fun(*operands, **node.static), index)

    return spoiling(node.operands[i], made, nan)


def born(run: Run, node: Node, index: Index) -> tuple[Explanation, ...]:
    """The explanation of an entry of a node's value that is not finite; none where it was given so."""
    found = births(node, index)
    if not found:
        return ()
    parts, rows = [], []
    for birth in found:
        value, operands = shown(birth.value, ()), birth.operands
        parts.append(f"{value} is born in {short_name(birth.node)}{run.at(birth.node)} of {' and '.join(operands)}")
        line = str(run.lines.get(birth.node, ""))
        rows.append((short_name(birth.node), line, ", ".join(operands), value))
    kind = "born nan" if np.isnan(found[0].value) else "born inf"
    return (Explanation(kind, "; its ".join(parts), HEADER, tuple(rows)),)
