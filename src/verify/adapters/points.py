"""Points of a claim about a framework's function: its tensors as arrays, and which leaves are tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ad.containers import flatten, tree_map
from verify.adapters.foreign import Foreign


def tensors_of(foreign: Foreign) -> list[list[bool]]:
    """Whether each leaf of each argument is a tensor."""
    return [[foreign.framework.owns(leaf) for leaf in flatten(x)[1]] for x in foreign.xs]


def in_arrays(foreign: Foreign, tree: Any) -> Any:
    """The framework's tensors as arrays, in containers that NumPy's engine knows."""
    return tree_map(foreign.framework.array, foreign.framework.opened(tree))


def point_of(foreign: Foreign, xs: Sequence[Any]) -> tuple[Any, ...]:
    """Arguments as arrays; those of the example stand for parameters that are left out."""
    given = tuple(in_arrays(foreign, x) for x in xs)
    return given + foreign.example[len(given) :] if foreign.holds_parameters else given
