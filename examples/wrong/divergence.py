"""The Kullback-Leibler divergence of two Gaussians by log-sigma, as if by sigma; and with a term lost."""

import numpy as np

import verify

MEAN, LOG_SIGMA = np.array([0.5, -1.2, 0.8]), np.array([0.2, -0.3, 0.6])


def divergence(mean, log_sigma):
    sigma = np.exp(log_sigma)
    return np.sum(0.5 * (sigma * sigma + mean * mean - 1) - log_sigma)


def by_sigma(mean, log_sigma):
    sigma = np.exp(log_sigma)
    return mean, sigma - 1 / sigma


def without_the_entropy(mean, log_sigma):
    return mean, np.exp(2 * log_sigma)


sigma_for_log_sigma = verify.Claim(
    divergence, MEAN, LOG_SIGMA, gradient=by_sigma, expect="WRONG", wrong_at="log_sigma",
    reason="the derivative by log(sigma) is sigma times the one by sigma",
)  # fmt: skip
entropy_left_out = verify.Claim(
    divergence, MEAN, LOG_SIGMA, gradient=without_the_entropy, expect="WRONG", wrong_at="log_sigma",
    reason="- log_sigma is part of f: its derivative -1 is missing",
)  # fmt: skip
