"""np.linalg: solving, factorizations, eigenvalues, singular values, norms; stacks of matrices everywhere.

A factorization of several parts is one op: its result holds the parts one below the other, and indexing takes them
out again, so that they share one node, one rule and one call of LAPACK.
"""

from ad.table.linalg import norms, orthogonal, products, singular, solving, spectral

__all__ = ["norms", "orthogonal", "products", "singular", "solving", "spectral"]
