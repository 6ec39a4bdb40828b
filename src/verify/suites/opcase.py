"""A custom op of another framework as plain data: the same forward in NumPy, the op, and wrong twins of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FLOATS = ("float64", "float32")
ALL = (*FLOATS, "bfloat16")

# Where a mistake shows, and what is asked for that.
SHOWS = {
    "value": "the first derivative at the point",
    "contract": "what else an op must honour",
    "second order": "the derivative of the backward pass",
    "forward mode": "the op's forward rule",
}


@dataclass(frozen=True, eq=False)
class Slip:
    """A wrong twin of an op.

    name: what was done. op: the twin. says: what is wrong, in one sentence. shows: a key of ``SHOWS``. dtypes:
    those in which it must be refused; in others it is smaller than what rounding may do, or is not there.
    """

    name: str
    op: Callable[..., Any]
    says: str
    shows: str = "value"
    dtypes: tuple[str, ...] = ALL


@dataclass(frozen=True, eq=False)
class OpCase:
    """An op, right and wrong.

    Arguments
        id         unique name among those of the framework
        reference  the same forward in plain NumPy: what the op stands for
        xs         example inputs: arrays and numbers; floating ones in float64, to be cast
        right      the op: takes the framework's tensors
        wrong      its wrong twins
        wrt        positions of the inputs that are differentiated; None: all floating ones
    """

    id: str
    reference: Callable[..., Any]
    xs: tuple[Any, ...]
    right: Callable[..., Any]
    wrong: tuple[Slip, ...]
    wrt: tuple[int, ...] | None = None
