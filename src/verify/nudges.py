"""Nudges: by how much, and with which sign, each rounded quantity is moved in each of a set of patterns."""

from __future__ import annotations

from typing import Any

import numpy as np

# The root mean square of a movement is then known to about 20 %. Signs are drawn independently: columns of a Hadamard
# matrix are orthogonal, but two quantities may draw the same one, and then their difference stands still in every
# pattern (seen for 2 of 560 entries of the hand-written gradients).
PATTERNS = 16


class Nudges:
    """The signs of one pattern, drawn in the order of asking.

    Arguments
        seed, pattern: what they are drawn from.
        floor: how far a number moves, in units of roundoff, because it may underflow: smallest subnormal / roundoff.
    """

    def __init__(self, seed: int, pattern: int, floor: float = 0.0) -> None:
        self.rng = np.random.default_rng([seed, pattern])
        self.floor = floor

    def signs(self, like: Any) -> np.ndarray:
        """Signs for every entry of an array."""
        return np.asarray(2.0 * self.rng.integers(0, 2, np.shape(like)) - 1.0)

    def of(self, value: Any) -> np.ndarray:
        """The change of every entry by its own rounding, per unit of roundoff; an exact 0 and infinities stay."""
        size = np.asarray(value)
        size = size if size.dtype.kind == "c" else size.astype(float)
        rounded = (size != 0) & np.isfinite(size)
        return np.asarray(self.signs(size) * np.where(rounded, size + self.floor, 0.0))
