"""Reductions, running reductions, and orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Rule, truths


def _over(function: Callable[..., Any]) -> Rule:
    """A reduction over several axes."""

    def rule(equation: Any, x: Any) -> Any:
        axes = tuple(int(axis) for axis in equation.params["axes"])
        return function(x, axis=axes) if axes else x

    return rule


def _place(function: Callable[..., Any]) -> Rule:
    return lambda equation, x: function(x, axis=int(equation.params["axes"][0]))


def _running(function: Callable[..., Any]) -> Rule:
    """A running reduction along one axis, from its end when it is reversed."""

    def rule(equation: Any, x: Any) -> Any:
        axis = equation.params["axis"]
        if not equation.params["reverse"]:
            return function(x, axis=axis)
        return np.flip(function(np.flip(x, axis), axis=axis), axis)

    return rule


def _exclusive_or(x: Any, axis: Any) -> Any:
    return np.logical_xor.reduce(truths(x), axis=axis)


def _sorted(equation: Any, *xs: Any) -> Any:
    """All operands in the order of the first ``num_keys``, of which the first is the most significant."""
    axis = equation.params["dimension"]
    if len(xs) == 1:
        return [np.sort(xs[0], axis=axis)]
    places: Any = None
    for key in reversed(xs[: equation.params["num_keys"]]):
        key = key if places is None else np.take_along_axis(key, places, axis)
        order = np.argsort(key, axis=axis, kind="stable")
        places = order if places is None else np.take_along_axis(places, order, axis)
    return [np.take_along_axis(x, places, axis) for x in xs]


def _largest(equation: Any, x: Any) -> Any:
    """The k largest along an axis and their places, the first of equal ones first."""
    axis = equation.params.get("axis", np.ndim(x) - 1)
    order = np.argsort(np.negative(x), axis=axis, kind="stable")
    places = np.take(order, np.arange(equation.params["k"]), axis=axis)
    return [np.take_along_axis(x, places, axis), places]


REDUCTIONS: dict[str, Rule] = {
    "argmax": _place(np.argmax),
    "argmin": _place(np.argmin),
    "cumlogsumexp": _running(np.logaddexp.accumulate),
    "cummax": _running(np.maximum.accumulate),
    "cummin": _running(np.minimum.accumulate),
    "cumprod": _running(np.cumprod),
    "cumsum": _running(np.cumsum),
    "reduce_and": _over(np.all),
    "reduce_max": _over(np.max),
    "reduce_min": _over(np.min),
    "reduce_or": _over(np.any),
    "reduce_prod": _over(np.prod),
    "reduce_sum": _over(np.sum),
    "reduce_xor": _over(_exclusive_or),
    "sort": _sorted,
    "top_k": _largest,
}
