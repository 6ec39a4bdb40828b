"""Nested lists of numbers that stand for an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.containers import flatten


def nesting(tree: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers; None for anything else."""
    if not isinstance(tree, tuple | list):
        return () if np.ndim(tree) == 0 and tree is not None else None
    inner = {nesting(part) for part in tree}
    shape = inner.pop() if len(inner) == 1 else None
    return None if shape is None else (len(tree), *shape)


def stands_for(returned: Any, shape: tuple[int, ...]) -> bool:
    """Whether lists of numbers were returned where an array of this shape is wanted."""
    return isinstance(returned, tuple | list) and nesting(returned) == shape


def stacked(lists: Any) -> Any:
    """The array that nested lists of numbers stand for; of integers a float one, since nobody chose a dtype."""
    found = np.reshape(np.stack(flatten(lists)[1]), nesting(lists) or ())
    return found.astype(float) if found.dtype.kind in "iu" else found
