"""Which sides of which conditions were tried: what a search may claim to have looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify.search.cells import Path
from verify.searched import Side

SIGNS = ((-1.0, "<"), (0.0, "="), (1.0, ">"))
LISTED = 24  # sides that are told; a condition on every entry of an array has many


def sides_tried(paths: Sequence[Path], points: np.ndarray) -> tuple[Side, ...]:
    """For each condition its sides, with how many of the points lie on each; those below and above alone may be 0.

    A condition whose two sides cannot be written out is left out, and so is an equality that no point meets.
    """
    found: dict[str, int] = {}
    for path in paths:
        signs = path.signs(points)
        branches = [margin for margin in path.margins if margin.kind == "branch"]
        for margin, column in zip(branches, signs.T, strict=True):
            left, mark, right = margin.text.partition(" : ")
            if not mark:
                continue
            for sign, word in SIGNS:
                tried = int(np.sum(column == sign))
                if tried or sign:
                    condition = f"{left} {word} {right}"
                    found[condition] = max(found.get(condition, 0), tried)
    return tuple(Side(condition, tried) for condition, tried in list(found.items())[:LISTED])


def cells_of(paths: Sequence[Path], points: np.ndarray) -> list[tuple[str, ...]]:
    """For every point the cell in which it lies, as a key."""
    if not paths:
        return [()] * len(points)
    signs = np.concatenate([path.signs(points) for path in paths], axis=1)
    return [tuple(map(str, row)) for row in signs]
