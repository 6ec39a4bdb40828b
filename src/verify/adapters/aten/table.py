"""The entries of all themes: an operation's name -> what it is over NumPy.

A name is an operation's, "aten.max", or one overload's, "aten.max.dim", which comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.adapters.aten import (
    activations,
    algebra,
    comparisons,
    contractions,
    elementwise,
    fourier,
    losses,
    normalisation,
    reductions,
    scattered,
    windows,
)
from verify.adapters.aten.comparisons import TRUTHS
from verify.adapters.aten.elementwise import Entries

THEMES = (
    elementwise, activations, comparisons, reductions, contractions, normalisation, windows, losses, scattered, algebra,
    fourier,
)  # fmt: skip
TABLE: Entries = {f"aten.{name}": entry for theme in THEMES for name, entry in theme.ENTRIES.items()}

# What takes no more than its shape from an operand, and what no more than its numbers.
CREATES = frozenset(
    f"aten.{name}"
    for name in (
        "zeros_like ones_like full_like empty_like new_zeros new_ones new_full new_empty new_empty_strided zero fill "
        "scalar_tensor"
    ).split()
)
CONVERTS = frozenset(("aten._to_copy", "aten.copy"))
# Memory with nothing in it yet.
BLANK = frozenset(
    f"aten.{name}"
    for name in "empty empty_like empty_strided empty_permuted new_empty new_empty_strided".split()
)


def entry_of(name: str, overload: str) -> Callable[..., Any] | None:
    """The entry of an operation, of its overload first."""
    return TABLE.get(f"{name}.{overload}") or TABLE.get(name)


def truth_of(name: str) -> Callable[..., Any] | None:
    """The entry of an operation on truths."""
    return TRUTHS.get(name.removeprefix("aten."))
