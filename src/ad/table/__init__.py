"""The op table: importing it fills ``ad.variable.TABLE``, one entry per op."""

from ad.table import complexes, contractions, cosines, elementwise, fourier, reductions, shapes

__all__ = ["complexes", "contractions", "cosines", "elementwise", "fourier", "reductions", "shapes"]
