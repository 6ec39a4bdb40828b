"""Namesakes of ``scipy.stats``: densities, distribution functions and quantiles that can be differentiated.

By their argument, their shapes, location and scale. In float32 they stay in float32, where SciPy goes to float64.
"""

from ad.scipy.stats.continuous import (
    beta,
    cauchy,
    chi2,
    expon,
    gamma,
    gennorm,
    gumbel_l,
    gumbel_r,
    laplace,
    logistic,
    norm,
    pareto,
    t,
    truncnorm,
    uniform,
    vonmises,
)
from ad.scipy.stats.discrete import bernoulli, betabinom, binom, geom, nbinom, poisson
from ad.scipy.stats.multivariate import dirichlet, multivariate_normal

__all__ = [
    "bernoulli", "beta", "betabinom", "binom", "cauchy", "chi2", "dirichlet", "expon", "gamma", "gennorm", "geom",
    "gumbel_l", "gumbel_r", "laplace", "logistic", "multivariate_normal", "nbinom", "norm", "pareto", "poisson", "t",
    "truncnorm", "uniform", "vonmises",
]  # fmt: skip
