"""The op table: importing it fills ``ad.variable.TABLE``, one entry per op."""

from ad.table import contractions, elementwise, methods, reductions, shapes

__all__ = ["contractions", "elementwise", "methods", "reductions", "shapes"]
