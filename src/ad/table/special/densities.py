"""Densities of the gamma and beta distributions, and differences of psi, in float64 over the whole range.

Facts
    Far from 0, a density is a normal one times little: with mu = (x - a)/a its logarithm falls by a (mu - log1p(mu)),
    which is exact to a few units where (a - 1) log(x) - x - log(gamma(a)) cancels.
    gamma(a) = sqrt(2 pi / a) (a/e)**a exp(r(a)), r the rest of Stirling's series: 1/(12 a) - 1/(360 a**3) + ...
    Source: Loader, "Fast and accurate computation of binomial probabilities" (2000).
"""

import math

import numpy as np
from scipy import special

LARGE = 16.0  # from here on Stirling's series with 8 terms is right to 2**-53
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)  # of a**(1-2k)
PSI = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)  # of a**(-2k)
LOG_LARGEST = 690.0  # exp of this and of minus this are normal numbers


def mu_less_log(mu):
    """mu - log1p(mu), also where that cancels: with s = mu/(2 + mu), log1p(mu) = 2 (s + s**3/3 + ...)."""
    near = np.absolute(mu) < 0.5
    m = np.where(near, mu, 0.0)
    s = m / (2 + m)
    total = np.zeros_like(s)
    for k in range(37, 1, -2):  # s is at most 1/3
        total = total * s * s + 1 / k
    return np.where(near, s * (m - 2 * s * s * total), mu - np.log1p(mu))


def stirling_rest(a):
    """log(gamma(a)) less (a - 1/2) log(a) - a + log(2 pi)/2, for a >= LARGE."""
    total = np.zeros_like(a)
    for c in reversed(STIRLING):
        total = total / (a * a) + c
    return total / a


def gamma_density_at(a, x):
    """x**(a-1) exp(-x) / gamma(a) for a, x > 0."""
    direct = (a < 150) & (np.absolute((a - 1) * np.log(x)) < LOG_LARGEST)
    d, big = np.where(direct, a, 1.0), np.where(direct | (a < LARGE), LARGE, a)
    half = np.exp(-0.5 * x)
    plain = half * (x ** (d - 1) * special.rgamma(d)) * half
    mu = (x - big) / big
    normal = np.sqrt(big / (2 * math.pi)) * np.exp(-big * mu_less_log(mu) - stirling_rest(big)) / x
    small = np.exp((a - 1) * np.log(x) - x - special.gammaln(a))
    return np.where(direct, plain, np.where(a >= LARGE, normal, small))


def beta_density_at(a, b, x, y):
    """x**(a-1) y**(b-1) / B(a, b) for a, b, x, y > 0 and x + y = 1."""
    both = (a >= LARGE) & (b >= LARGE)
    p, q = np.where(both, a, LARGE), np.where(both, b, LARGE)
    apart = q * x - p * y  # (p + q) times x less the mean p / (p + q)
    fall = p * mu_less_log(apart / p) + q * mu_less_log(-apart / q)
    rest = stirling_rest(p) + stirling_rest(q) - stirling_rest(p + q)
    normal = np.sqrt(p * q / (2 * math.pi * (p + q))) * np.exp(-fall - rest) / (x * y)
    log_x, log_y = np.where(x < y, np.log(x), np.log1p(-y)), np.where(x < y, np.log1p(-x), np.log(y))
    plain = np.exp((a - 1) * log_x + (b - 1) * log_y - special.betaln(a, b))
    usual = (a + b < 150) & (np.absolute((a - 1) * log_x) + np.absolute((b - 1) * log_y) < LOG_LARGEST)
    u, v = np.where(usual, a, 1.0), np.where(usual, b, 1.0)
    powers = x ** (u - 1) * y ** (v - 1) * (special.gamma(u + v) * special.rgamma(u) * special.rgamma(v))
    return np.where(both, normal, np.where(usual, powers, plain))


def log_less_psi(a, x):
    """log(x) - psi(a), which is of the order of 1/a where x is near a."""
    large = a >= LARGE
    big = np.where(large, a, LARGE)
    rest = np.zeros_like(big)
    for c in reversed(PSI):
        rest = (rest + c) / (big * big)
    near = np.absolute(x - big) < 0.5 * big
    ratio = np.where(near, np.log1p(np.where(near, x - big, 0.0) / big), np.log(x) - np.log(big))
    return np.where(large, ratio + 0.5 / big + rest, np.log(x) - special.psi(a))


def psi_gap(a, b):
    """psi(a + b) - psi(a) for a, a + b > 0: a sum of terms of one sign up to where Stirling's series holds."""
    total, low = np.zeros_like(a + b), a + 0.0
    for _ in range(int(LARGE)):
        step = low < LARGE
        total = total + np.where(step, b / (np.where(step, low, 1.0) * (low + b)), 0.0)
        low = np.where(step, low + 1, low)
    high = low + b
    u, v = 1 / (low * low), 1 / (high * high)
    series = np.zeros_like(low)
    for k in range(len(PSI) - 1, -1, -1):  # sum of c(k) (u**k - v**k) / (u - v), by differences of powers
        powers = sum(u ** (k - j) * v**j for j in range(k + 1))
        series = series + PSI[k] * powers
    between = b / low * ((low + high) / high) / high / low  # u - v
    return total + np.log1p(b / low) + 0.5 * (b / low) / high + between * series
