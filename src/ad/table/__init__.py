"""The op table: importing it fills ``ad.variable.TABLE``, one entry per op."""

from ad.table import (
    arrangements,
    complexes,
    contractions,
    cosines,
    elementwise,
    fourier,
    grids,
    padding,
    parts,
    polynomials,
    reductions,
    running,
    selection,
    shapes,
    signals,
    statistics,
)

__all__ = [
    "arrangements",
    "complexes",
    "contractions",
    "cosines",
    "elementwise",
    "fourier",
    "grids",
    "padding",
    "parts",
    "polynomials",
    "reductions",
    "running",
    "selection",
    "shapes",
    "signals",
    "statistics",
]
