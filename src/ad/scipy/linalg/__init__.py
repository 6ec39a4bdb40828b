"""Namesakes of ``scipy.linalg``."""

from ad.scipy.linalg.structured import block_diag, circulant, companion, convolution_matrix, hankel, toeplitz

__all__ = ["block_diag", "circulant", "companion", "convolution_matrix", "hankel", "toeplitz"]
