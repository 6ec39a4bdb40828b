"""Operations of aten on each entry alone, over NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Entries = dict[str, Callable[..., Any]]


def add(self: Any, other: Any, alpha: Any = 1) -> Any:
    return np.add(self, scaled(other, alpha))


def scaled(x: Any, alpha: Any) -> Any:
    """alpha x, without a product where alpha is 1."""
    return x if alpha == 1 else np.multiply(x, alpha)


def divided(self: Any, other: Any, rounding_mode: str | None = None) -> Any:
    if rounding_mode == "floor":
        return np.floor(np.divide(self, other))
    return np.divide(self, other) if rounding_mode is None else np.trunc(np.divide(self, other))


ENTRIES: Entries = {
    "add": add,
    "sub": lambda self, other, alpha=1: np.subtract(self, scaled(other, alpha)),
    "rsub": lambda self, other, alpha=1: np.subtract(other, scaled(self, alpha)),
    "mul": np.multiply,
    "div": divided,
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "pow": np.power,
    "clone": np.positive,
    "_to_copy": np.positive,
    "relu": lambda self: np.maximum(self, 0.0),
}
