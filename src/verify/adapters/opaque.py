"""A framework's function that exact numbers cannot enter, as the f of a claim: run in float64 where it can be.

Facts
    Its values are all that is known of it. In float64 they are the function's, where they meet those in its own
    precision; a function that takes its own precision alone is run in that, and its values are as coarse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from verify.adapters.calls import plain
from verify.adapters.foreign import Foreign
from verify.adapters.saved import widest
from verify.formats import FORMATS, Format, coarsest, format_of

MET = 16.0  # units of its own precision by which the values of both runs may differ, as an answer may from the truth


@dataclass(frozen=True, eq=False)
class Opaque:
    """A function without a translation. reason: what in it has none."""

    foreign: Foreign
    reason: str

    def value(self, *xs: Any, **kwargs: Any) -> Any:
        """What the function returns, in float64; over exact numbers Untranslatable."""
        if not plain(xs):
            return self.foreign.value(*xs)
        entering: Callable[..., Any] = self.widened if self.wide else self.narrowed
        return tree_map(widest, self.foreign.value(*entering(xs), **kwargs))

    @cached_property
    def wide(self) -> bool:
        """Whether the function runs in float64 and is the same one there."""
        xs = self.foreign.example
        with np.errstate(all="ignore"):
            try:
                own, wide = (flatten(self.foreign.value(*given))[1] for given in (xs, self.widened(xs)))
            except Exception:  # a kernel refuses a dtype in any way it likes
                return False
            return len(own) == len(wide) and all(map(self._meet, own, wide))

    def _meet(self, own: Any, wide: Any) -> bool:
        found = format_of(wide)
        if found is not None and found.name != "float64":
            return False
        away, largest = np.abs(widest(own) - wide), np.max(np.abs(wide), initial=0.0)
        return bool((away <= MET * self._own.roundoff * largest).all())

    @property
    def format(self) -> Format:
        """The format that its values are computed in."""
        return FORMATS["float64"] if self.wide else self._own

    def widened(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """Arguments in float64."""
        return tuple(tree_map(widest, x) for x in xs)

    def narrowed(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """Arguments in the precision of the example."""
        return tuple(_like(x, example) for x, example in zip(xs, self.foreign.example, strict=True))

    @property
    def _own(self) -> Format:
        return coarsest(leaf for x in self.foreign.example for leaf in flatten(x)[1] if isinstance(leaf, np.ndarray))


def _like(x: Any, example: Any) -> Any:
    tree, leaves = flatten(x)
    return unflatten(tree, [_as(leaf, other) for leaf, other in zip(leaves, flatten(example)[1], strict=True)])


def _as(x: Any, example: Any) -> Any:
    return np.asarray(x).astype(example.dtype) if isinstance(example, np.ndarray | np.generic) else x
