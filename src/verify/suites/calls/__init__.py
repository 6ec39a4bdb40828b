"""Calls of every function that ad knows and that does not act entry by entry, as data: one module for each area.

EXAMPLES        one example of each function: what its claim is about
CALLS           the family of shapes of each
NOT_POLYNOMIAL  functions that are no polynomials in the entries, so that integers do not show their derivative
                exactly, and why
REFUSED         functions that take no arrays of a kind ("0-d", "empty", "one entry", "3-d")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.suites.calls import (
    arrangements,
    complexes,
    contractions,
    fourier,
    grids,
    linalg,
    parts,
    polynomials,
    reductions,
    running,
    selection,
    shapes,
    statistics,
)
from verify.suites.calls.arguments import Call, Complexes, Example, Floats, call, floats, opened

__all__ = ["CALLS", "EXAMPLES", "NOT_POLYNOMIAL", "REFUSED", "Call", "Complexes", "Floats", "call", "floats", "opened"]

AREAS: tuple[Any, ...] = (
    shapes, reductions, contractions, selection, arrangements, statistics, running, grids, polynomials, parts,
    complexes, fourier, linalg,
)  # fmt: skip

EXAMPLES: dict[Callable[..., Any], Example] = {f: x for area in AREAS for f, x in area.EXAMPLES.items()}
CALLS: dict[Callable[..., Any], list[Call]] = {f: x for area in AREAS for f, x in area.CALLS.items()}
NOT_POLYNOMIAL: dict[Callable[..., Any], str] = {
    f: why for area in AREAS for f, why in getattr(area, "NOT_POLYNOMIAL", {}).items()
}
REFUSED: dict[str, set[Callable[..., Any]]] = {
    kind: {f for area in AREAS for f in getattr(area, "REFUSED", {}).get(kind, ())}
    for kind in ("0-d", "empty", "one entry", "3-d")
}
