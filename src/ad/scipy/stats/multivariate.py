"""Distributions of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ad.scipy.stats.continuous import LOG_SQRT_2PI
from ad.scipy.stats.distribution import array


class MultivariateNormal:
    """The normal distribution of a vector.

    Facts
        Every entry of cov counts for itself: the gradient is that of a function of d*d numbers. SciPy reads one
        triangle of a matrix that it takes for symmetric; along symmetric changes of cov the two are the same.
    """

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1) -> Any:
        """The logarithm of the density at x.

        Arguments
            x: points, components along the last axis; of a single component it may be left out. mean: (d,), by
                default 0. cov: (d, d), or a number or d numbers for a diagonal one. d is that of mean, else of cov,
                else 1.
        Raises
            ValueError for a cov or points whose shape does not fit.
        Example
            >>> MultivariateNormal().logpdf(np.zeros(2), None, np.eye(2)).round(6)
            np.float64(-1.837877)
        """
        x, mean, cov = (array(v) for v in (x, mean, cov))
        d = _dimension(mean, cov)
        if np.ndim(x) == 0 or (d == 1 and np.ndim(x) == 1):
            x = np.expand_dims(x, -1)
        if np.shape(x)[-1] != d:
            raise ValueError(f"points of shape {np.shape(x)} for a mean and a cov of {d} components")
        apart = x if mean is None else x - mean
        full = _matrix(cov, d)
        solved = np.linalg.solve(full, np.reshape(np.swapaxes(np.atleast_2d(apart), -1, -2), (d, -1)))
        square = np.sum(np.reshape(np.swapaxes(solved, -1, -2), np.shape(apart)) * apart, axis=-1)
        return np.squeeze(-0.5 * (square + np.linalg.slogdet(full)[1]) - d * LOG_SQRT_2PI)

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1) -> Any:
        """The density at x; arguments as for ``logpdf``."""
        return np.exp(self.logpdf(x, mean, cov))

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """The mean of -logpdf: it does not depend on the mean, which fixes the dimension of a number cov."""
        mean, cov = array(mean), array(cov)
        d = _dimension(mean, cov)
        return 0.5 * np.linalg.slogdet(_matrix(cov, d))[1] + d * (LOG_SQRT_2PI + 0.5)


def _dimension(mean: Any, cov: Any) -> int:
    """How many components the vectors have, as SciPy tells: by the mean, else by cov, else one."""
    return int(np.size(mean)) if mean is not None else np.shape(cov)[0] if np.ndim(cov) else 1


def _matrix(cov: Any, d: int) -> Any:
    shape = np.shape(cov)
    if shape == (d, d):
        return cov
    if shape in ((), (d,)):
        return np.eye(d) * cov
    raise ValueError(f"cov has shape {shape}; for vectors of {d} components it is ({d}, {d}), ({d},) or a number")


class Dirichlet:
    """The Dirichlet distribution on the simplex."""

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density at x: (d,) or (d, n), or the first d - 1 components of it; alpha: (d,)."""
        d = np.shape(alpha)[0]
        if np.shape(x)[0] == d - 1:
            x = np.concatenate([x, np.expand_dims(1 - np.sum(x, axis=0), 0)])
        along = np.reshape(alpha, (d,) + (1,) * (np.ndim(x) - 1))
        norming = special.gammaln(np.sum(alpha)) - np.sum(special.gammaln(alpha))
        return norming + np.sum(special.xlogy(along - 1, x), axis=0)

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density at x; arguments as for ``logpdf``."""
        return np.exp(self.logpdf(x, alpha))


multivariate_normal = MultivariateNormal()
dirichlet = Dirichlet()
