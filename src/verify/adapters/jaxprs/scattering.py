"""Scatters that combine: where each update goes is found by the adjoint, run on positions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ad.table.shapes import scatter
from verify.adapters.frameworks import loaded
from verify.adapters.jaxprs.equations import Rule
from verify.adapters.translation import moved


def targets(equation: Any, shape: tuple[int, ...], indices: np.ndarray, updates: tuple[int, ...]) -> np.ndarray:
    """The flat position in an array of a shape that each update goes to, flat; -1 for one that is dropped."""
    jax: Any = loaded("jax")
    params = equation.params

    def added(values: Any) -> Any:
        return jax.lax.scatter_add(
            np.zeros(shape), indices, values, params["dimension_numbers"],
            indices_are_sorted=params["indices_are_sorted"], unique_indices=params["unique_indices"],
            mode=params["mode"],
        )  # fmt: skip

    with jax.enable_x64(True):
        (found,) = jax.vjp(added, np.zeros(updates))[1](np.arange(1.0, math.prod(shape) + 1).reshape(shape))
    return np.asarray(found).astype(int).reshape(-1) - 1


def _sums(sign: int) -> Rule:
    """Updates added to an operand, or taken from it."""

    def rule(equation: Any, x: Any, indices: Any, updates: Any) -> Any:
        at = targets(equation, np.shape(x), indices, np.shape(updates))
        size = math.prod(np.shape(x))
        found = scatter(moved(updates, np.flatnonzero(at >= 0)), at[at >= 0], (size,))
        return np.add(x, np.multiply(sign, np.reshape(found, np.shape(x))))

    return rule


def _one_by_one(function: Callable[..., Any]) -> Rule:
    """Updates that a binary function brings in, one after the other where several go to one place."""

    def rule(equation: Any, x: Any, indices: Any, updates: Any) -> Any:
        size = math.prod(np.shape(x))
        for places in _rounds(targets(equation, np.shape(x), indices, np.shape(updates)), size):
            places = places.reshape(np.shape(x))
            met = places >= 0
            x = np.where(met, function(x, moved(updates, np.where(met, places, 0))), x)
        return x

    return rule


def _rounds(at: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """For each round the update that every place gets, -1 for none: none gets two in one round."""
    left = np.flatnonzero(at >= 0)
    while left.size:
        first = left[np.unique(at[left], return_index=True)[1]]
        places = np.full(size, -1)
        places[at[first]] = first
        yield places
        left = np.setdiff1d(left, first)


SCATTERING: dict[str, Rule] = {
    "scatter-add": _sums(1),
    "scatter-max": _one_by_one(np.maximum),
    "scatter-min": _one_by_one(np.minimum),
    "scatter-mul": _one_by_one(np.multiply),
    "scatter-sub": _sums(-1),
}
