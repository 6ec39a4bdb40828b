"""Exact numbers: what a NumPy program is run over to learn the truth about it."""
