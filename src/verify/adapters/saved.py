"""What a forward pass saves for the backward pass, replaced by what a wider forward pass saves, correctly rounded.

Facts
    With it the error of a backward pass is told from that of the forward pass: its own code runs in its own precision
    on numbers that are as good as that precision can hold.
    Integers, masks and inputs stay what the narrow pass saved: a wide pass may have decided otherwise.
    What a pass keeps elsewhere (``ctx.y = y``, a closure) escapes: then nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.formats import format_of

WIDER = 2.0**-8  # of a roundoff: a pass so much finer rounds its numbers as exact arithmetic would, save near ties


class Escapes(Exception):
    """Why the numbers that a backward pass rests on cannot all be replaced."""


def widest(x: Any) -> Any:
    """A floating array in float64, a complex one in complex128; anything else as it is."""
    if isinstance(x, np.ndarray | np.generic) and (format_of(x) is not None or x.dtype.kind == "c"):
        return np.asarray(x).astype(complex if x.dtype.kind == "c" else float)
    return x


def replaced(narrow: Sequence[Any], wide: Sequence[Any], roundoff: float) -> list[Any]:
    """Wide arrays rounded to the formats of narrow ones; what holds no floats stays narrow.

    Arguments
        narrow, wide: what two runs of one forward pass saved, in order. roundoff: of the format of the narrow one.
    Raises
        Escapes when they do not correspond, or the wide ones are not finer.
    Example
        >>> replaced([np.float32([0.3])], [np.array([0.25])], 2.0**-24)
        [array([0.25], dtype=float32)]
    """
    if len(narrow) != len(wide):
        raise Escapes(f"in float64 the forward pass saves {len(wide)} arrays, in its own precision {len(narrow)}")
    return [_replaced(np.asarray(a), np.asarray(b), roundoff) for a, b in zip(narrow, wide, strict=True)]


def _replaced(narrow: np.ndarray, wide: np.ndarray, roundoff: float) -> np.ndarray:
    if narrow.shape != wide.shape:
        raise Escapes(f"in float64 the forward pass saves an array of shape {wide.shape} for one of {narrow.shape}")
    before, after = format_of(narrow), format_of(wide)
    if before is None and after is None:
        return narrow
    if before is None or after is None or not after.roundoff <= WIDER * roundoff:
        raise Escapes(f"in float64 the forward pass saves {wide.dtype} where it saves {narrow.dtype} in its own")
    return wide.astype(narrow.dtype)
