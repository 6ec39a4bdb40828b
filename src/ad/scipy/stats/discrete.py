"""Distributions over whole numbers: one entry each."""

from typing import Any

import numpy as np
from scipy import special

from ad.scipy.stats.continuous import positive
from ad.scipy.stats.distribution import Discrete


def probability(p: Any) -> Any:
    """Where p is one."""
    return np.logical_and(np.greater_equal(p, 0), np.less_equal(p, 1))


def from_zero(*shapes: Any) -> tuple[float, float]:
    return 0.0, np.inf


def log_poisson(k: Any, mu: Any) -> Any:
    return special.xlogy(k, mu) - special.gammaln(k + 1) - mu


def poisson_entropy(mu: Any) -> Any:
    """The sum of -pmf*logpmf over all k that matter: those within 14 standard deviations, and 40 more."""
    terms = 64
    while np.any(np.greater(mu + 14 * np.sqrt(mu) + 40, terms)):
        terms *= 2
    k = np.reshape(np.arange(terms * 1.0), (-1,) + (1,) * np.ndim(mu))
    logs = log_poisson(k, np.reshape(mu, (1, *np.shape(mu))) if np.ndim(mu) else mu)
    return -np.sum(np.exp(logs) * logs, axis=0)


poisson = Discrete(
    "poisson",
    ("mu",),
    log_poisson,
    from_zero,
    lambda mu: np.greater_equal(mu, 0),
    cdf_formula=lambda k, mu: special.gammaincc(k + 1, mu),
    entropy_formula=poisson_entropy,
)


def log_choose(n: Any, k: Any) -> Any:
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


binom = Discrete(
    "binom",
    ("n", "p"),
    lambda k, n, p: log_choose(n, k) + special.xlogy(k, p) + special.xlog1py(n - k, -p),
    lambda n, p: (0.0, n),
    lambda n, p: np.logical_and(np.greater_equal(n, 0), probability(p)),
)
bernoulli = Discrete(
    "bernoulli",
    ("p",),
    lambda k, p: special.xlogy(k, p) + special.xlog1py(1 - k, -p),
    lambda p: (0.0, 1.0),
    probability,
    pmf_formula=lambda k, p: np.where(np.equal(k, 1), p, 1 - p),
)
geom = Discrete(
    "geom",
    ("p",),
    lambda k, p: special.xlog1py(k - 1, -p) + np.log(p),
    lambda p: (1.0, np.inf),
    lambda p: np.logical_and(np.greater(p, 0), np.less_equal(p, 1)),
    pmf_formula=lambda k, p: np.power(1 - p, k - 1) * p,
)
nbinom = Discrete(
    "nbinom",
    ("n", "p"),
    lambda k, n, p: (
        special.gammaln(n + k) - special.gammaln(k + 1) - special.gammaln(n) + n * np.log(p) + special.xlog1py(k, -p)
    ),
    from_zero,
    lambda n, p: np.logical_and(np.greater(n, 0), np.logical_and(np.greater(p, 0), np.less_equal(p, 1))),
)
betabinom = Discrete(
    "betabinom",
    ("n", "a", "b"),
    lambda k, n, a, b: (
        special.betaln(k + a, n - k + b) - special.betaln(a, b) - np.log(n + 1) - special.betaln(n - k + 1, k + 1)
    ),
    lambda n, a, b: (0.0, n),
    lambda n, a, b: np.logical_and(np.greater_equal(n, 0), positive(a, b)),
)
