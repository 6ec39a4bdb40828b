"""A call of a framework's function laid out flat, and what its forward pass leaves to the backward pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten
from verify.adapters.framework import Flat, Pull


@dataclass(frozen=True)
class Constant:
    """A number, text or anything else beside tensors in a container: nothing that is differentiated."""

    value: Any


PARAMETERS = "params"  # the last argument of a function that holds arrays of its own: {name: array}


@dataclass(frozen=True, eq=False)
class Called:
    """A call laid out flat.

    function  the function over all tensors that can be differentiated; tensors: those tensors
    moving    which of them are: the others are constants
    container a list with the container of the result, once the function was called
    """

    function: Flat
    tensors: tuple[Any, ...]
    moving: tuple[int, ...]
    container: list[Any]

    def over(self, tensors: Sequence[Any]) -> tuple[Flat, tuple[Any, ...]]:
        """The function over those that are differentiated alone, and these."""

        def function(*given: Any) -> Sequence[Any]:
            every = list(tensors)
            for k, x in zip(self.moving, given, strict=True):
                every[k] = x
            return self.function(*every)

        return function, tuple(tensors[k] for k in self.moving)


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a forward pass leaves to the backward pass: the pull, and arrays of its own that it keeps, by name."""

    pull: Pull
    saved: dict[str, Any]


def told_apart_by(xs: Sequence[Any], slots: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
    """What a translation depends on: the shapes at these slots (argument, leaf), and all that stands elsewhere."""
    leaves = {(i, k): leaf for i, x in enumerate(xs) for k, leaf in enumerate(flatten(x)[1])}
    fixed = [leaf for slot, leaf in leaves.items() if slot not in slots]
    shapes = tuple(np.shape(leaves[slot]) for slot in slots)
    return (*shapes, *(x.tobytes() if isinstance(x, np.ndarray) else repr(x) for x in fixed))


def plain(tree: Any) -> bool:
    """Whether all numbers in containers are ordinary ones, which a framework can take."""
    return all(
        not isinstance(x, np.ndarray) or x.dtype != object if isinstance(x, np.ndarray | np.generic) else not _exact(x)
        for part in tree
        for x in flatten(part)[1]
    )


def _exact(x: Any) -> bool:
    """Whether x stands for an array without being NumPy's own: recorded values, symbols, series."""
    return hasattr(type(x), "__array_ufunc__")
