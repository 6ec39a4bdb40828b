"""Continuous distributions: one entry each, in standard form."""

import math
from typing import Any

import numpy as np
from scipy import special

from ad.constants import LN2, OVER_SQRT_2PI, PI, ExactConstant
from ad.scipy.stats.distribution import Continuous
from ad.table.special.incomplete import betainc_by_b
from ad.userop import custom

LOG_SQRT_2PI = ExactConstant("LOG_SQRT_2PI", math.log(2 * math.pi) / 2, lambda m: m.log(2 * m.pi) / 2)
LOG_PI = ExactConstant("LOG_PI", math.log(math.pi), lambda m: m.log(m.pi))
LOG_2PI = ExactConstant("LOG_2PI", math.log(2 * math.pi), lambda m: m.log(2 * m.pi))


def positive(*shapes: Any) -> Any:
    """Where all shapes are."""
    found: Any = True
    for shape in shapes:
        found = np.logical_and(found, np.greater(shape, 0))
    return found


def half_line(*shapes: Any) -> tuple[float, float]:
    return 0.0, np.inf


def unit_interval(*shapes: Any) -> tuple[float, float]:
    return 0.0, 1.0


def one(*shapes: Any) -> float:
    return 1.0


def half(*shapes: Any) -> float:
    return 0.5


norm = Continuous(
    "norm",
    {
        "pdf": lambda z: OVER_SQRT_2PI * np.exp(-0.5 * np.square(z)),
        "logpdf": lambda z: -0.5 * np.square(z) - LOG_SQRT_2PI,
        "cdf": lambda z: special.ndtr(z),
        "logcdf": lambda z: special.log_ndtr(z),
        "sf": lambda z: special.ndtr(-z),
        "logsf": lambda z: special.log_ndtr(-z),
        "ppf": lambda q: special.ndtri(q),
        "isf": lambda q: -special.ndtri(q),
    },
)


def log_t(z: Any, df: Any) -> Any:
    norming = special.gammaln((df + 1) / 2) - special.gammaln(df / 2) - 0.5 * (np.log(df) + LOG_PI)
    return norming - (df + 1) / 2 * np.log1p(np.square(z) / df)


def below_t_by_df(y: Any, z: Any, df: Any) -> Any:
    """By way of the incomplete beta function I(u; 1/2, df/2), the probability of a value nearer to 0 than z."""
    square = np.square(z)
    inner = betainc_by_b(0.5, df / 2, square / (df + square))
    return 0.25 * np.sign(z) * inner - np.exp(log_t(z, df)) * z / (2 * df)


def exact_below_t(m: Any, z: Any, df: Any) -> Any:
    """At z = 0 itself this has a root of 0 in it, of which no power series in z is known."""
    tail = m.betainc(df / 2, m.half, df / (df + z**2)) / 2
    return m.where(m.less(z, 0), tail, 1 - tail)


@custom(
    slope=(lambda y, z, df: np.exp(log_t(z, df)), below_t_by_df),
    exact=exact_below_t,
    domain=lambda z, df: df,
    needs="df > 0",
)
def below_t(z: Any, df: Any) -> Any:
    """The probability of a value up to z: Student's distribution."""
    return special.stdtr(df, z)


t = Continuous(
    "t",
    {"logpdf": log_t, "cdf": lambda z, df: below_t(z, df), "sf": lambda z, df: below_t(-z, df)},
    shapes=("df",),
    allowed=positive,
)
gamma = Continuous(
    "gamma",
    {
        "logpdf": lambda z, a: special.xlogy(a - 1, z) - z - special.gammaln(a),
        "cdf": lambda z, a: special.gammainc(a, z),
        "sf": lambda z, a: special.gammaincc(a, z),
    },
    shapes=("a",), support=half_line, inside=one, allowed=positive,
)  # fmt: skip
beta = Continuous(
    "beta",
    {
        "logpdf": lambda z, a, b: special.xlog1py(b - 1, -z) + special.xlogy(a - 1, z) - special.betaln(a, b),
        "cdf": lambda z, a, b: special.betainc(a, b, z),
        "sf": lambda z, a, b: special.betainc(b, a, 1 - z),
    },
    shapes=("a", "b"), support=unit_interval, inside=half, allowed=positive,
)  # fmt: skip
chi2 = Continuous(
    "chi2",
    {
        "logpdf": lambda z, df: special.xlogy(df / 2 - 1, z) - z / 2 - special.gammaln(df / 2) - df / 2 * LN2,
        "cdf": lambda z, df: special.gammainc(df / 2, z / 2),
        "sf": lambda z, df: special.gammaincc(df / 2, z / 2),
    },
    shapes=("df",), support=half_line, inside=one, allowed=positive,
)  # fmt: skip


def log_one_minus_exp(x: Any) -> Any:
    """log(1 - exp(-x)) for x > 0, with its digits on both sides of log(2)."""
    near = np.less(x, LN2)
    below = np.log(-np.expm1(-np.where(near, x, LN2)))
    return np.where(near, below, np.log1p(-np.exp(-np.where(near, LN2, x))))


expon = Continuous(
    "expon",
    {
        "pdf": lambda z: np.exp(-z),
        "logpdf": lambda z: -z,
        "cdf": lambda z: -np.expm1(-z),
        "logcdf": log_one_minus_exp,
        "sf": lambda z: np.exp(-z),
        "logsf": lambda z: -z,
        "ppf": lambda q: -np.log1p(-q),
        "isf": lambda q: -np.log(q),
    },
    support=half_line,
    inside=one,
)


def below_laplace(z: Any) -> Any:
    tail = 0.5 * np.exp(-np.absolute(z))
    return np.where(np.greater(z, 0), 1 - tail, tail)


def log_laplace(z: Any) -> Any:
    away = -np.absolute(z)
    return np.where(np.greater(z, 0), np.log1p(-0.5 * np.exp(away)), away - LN2)


def laplace_quantile(q: Any) -> Any:
    return np.where(np.greater(q, 0.5), -np.log(2 * (1 - q)), np.log(2 * q))


laplace = Continuous(
    "laplace",
    {
        "pdf": lambda z: 0.5 * np.exp(-np.absolute(z)),
        "logpdf": lambda z: -LN2 - np.absolute(z),
        "cdf": lambda z: below_laplace(z),
        "sf": lambda z: below_laplace(-z),
        "logcdf": lambda z: log_laplace(z),
        "logsf": lambda z: log_laplace(-z),
        "ppf": lambda q: laplace_quantile(q),
        "isf": lambda q: -laplace_quantile(q),
    },
)


def logistic_density(z: Any) -> Any:
    e = np.exp(-np.absolute(z))
    return e / np.square(1 + e)


logistic = Continuous(
    "logistic",
    {
        "pdf": logistic_density,
        "logpdf": lambda z: -np.absolute(z) - 2 * np.log1p(np.exp(-np.absolute(z))),
        "cdf": lambda z: special.expit(z),
        "logcdf": lambda z: special.log_expit(z),
        "sf": lambda z: special.expit(-z),
        "logsf": lambda z: special.log_expit(-z),
        "ppf": lambda q: special.logit(q),
        "isf": lambda q: -special.logit(q),
    },
)
def cotangent(q: Any) -> Any:
    """cot(pi q) for 0 < q < 1, with its digits at 1/2 and at both ends."""
    side = np.where(np.greater(q, 0.5), -1.0, 1.0)
    r = np.where(np.greater(q, 0.5), 1 - q, q)
    middle = np.greater(r, 0.25)
    near, far = np.where(middle, r, 0.5), np.where(middle, 0.25, r)
    return side * np.where(middle, np.tan(PI * (0.5 - near)), 1 / np.tan(PI * far))


cauchy = Continuous(
    "cauchy",
    {
        "pdf": lambda z: 1 / PI / (1 + np.square(z)),
        "logpdf": lambda z: -LOG_PI - np.log1p(np.square(z)),
        "cdf": lambda z: np.arctan2(1.0, -z) / PI,
        "sf": lambda z: np.arctan2(1.0, z) / PI,
        "ppf": lambda q: -cotangent(q),
        "isf": lambda q: cotangent(q),
    },
)
uniform = Continuous(
    "uniform",
    {
        "pdf": lambda z: np.ones_like(z),
        "logpdf": lambda z: np.zeros_like(z),
        "cdf": lambda z: z,
        "sf": lambda z: 1 - z,
        "ppf": lambda q: q,
        "isf": lambda q: 1 - q,
    },
    support=unit_interval,
    inside=half,
)
pareto = Continuous(
    "pareto",
    {
        "logpdf": lambda z, b: np.log(b) - (b + 1) * np.log(z),
        "cdf": lambda z, b: -np.expm1(-b * np.log(z)),
        "logcdf": lambda z, b: log_one_minus_exp(b * np.log(z)),
        "logsf": lambda z, b: -b * np.log(z),
        "ppf": lambda q, b: np.exp(-np.log1p(-q) / b),
        "isf": lambda q, b: np.exp(-np.log(q) / b),
    },
    shapes=("b",), support=lambda b: (1.0, np.inf), inside=lambda b: 2.0, allowed=positive,
)  # fmt: skip
gumbel_r = Continuous(
    "gumbel_r",
    {
        "logpdf": lambda z: -z - np.exp(-z),
        "logcdf": lambda z: -np.exp(-z),
        "sf": lambda z: -np.expm1(-np.exp(-z)),
        "logsf": lambda z: log_one_minus_exp(np.exp(-z)),
        "ppf": lambda q: -np.log(-np.log(q)),
        "isf": lambda q: -np.log(-np.log1p(-q)),
    },
)
gumbel_l = Continuous(
    "gumbel_l",
    {
        "logpdf": lambda z: z - np.exp(z),
        "logsf": lambda z: -np.exp(z),
        "cdf": lambda z: -np.expm1(-np.exp(z)),
        "logcdf": lambda z: log_one_minus_exp(np.exp(z)),
        "ppf": lambda q: np.log(-np.log1p(-q)),
        "isf": lambda q: np.log(-np.log(q)),
    },
)
vonmises = Continuous(
    "vonmises",
    {"logpdf": lambda z, kappa: -2 * kappa * np.square(np.sin(z / 2)) - LOG_2PI - np.log(special.i0e(kappa))},
    shapes=("kappa",),
    allowed=lambda kappa: np.greater_equal(kappa, 0),
)


def log_mass(a: Any, b: Any) -> Any:
    """The logarithm of the normal probability between a and b, a < b, with its digits in both tails."""
    right = np.greater(a, 0)  # there the mirror image, so that both ends are where ndtr is small
    a, b = np.where(right, -b, a), np.where(right, -a, b)
    left = np.less_equal(b, 0)
    below = np.where(left, b, -1.0)
    gap = special.log_ndtr(below) - special.log_ndtr(np.where(left, a, -2.0))
    one_sided = special.log_ndtr(below) + log_one_minus_exp(gap)
    both = np.log1p(-special.ndtr(np.where(left, -1.0, a)) - special.ndtr(-np.where(left, 1.0, b)))
    return np.where(left, one_sided, both)


def log_part(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The logarithm of the mass between a and b as a part of that and the one between c and d, which it adjoins."""
    whole = log_mass(np.minimum(a, c), np.maximum(b, d))
    part, rest = log_mass(a, b) - whole, log_mass(c, d) - whole
    near = np.greater(part, -0.1)  # almost all of it: the difference has no digits, what is missing has
    return np.where(near, np.log1p(-np.exp(np.where(near, rest, -1.0))), part)


truncnorm = Continuous(
    "truncnorm",
    {
        "logpdf": lambda z, a, b: -0.5 * np.square(z) - LOG_SQRT_2PI - log_mass(a, b),
        "logcdf": lambda z, a, b: log_part(a, z, z, b),
        "logsf": lambda z, a, b: log_part(z, b, a, z),
    },
    shapes=("a", "b"),
    support=lambda a, b: (a, b),
    inside=lambda a, b: (a + b) / 2,
    allowed=lambda a, b: np.less(a, b),
)
def below_power(z: Any, beta: Any) -> Any:
    """The probability below z of the density that falls as exp(-|z|**beta)."""
    tail = 0.5 * special.gammaincc(1 / beta, np.power(np.absolute(z), beta))
    return np.where(np.greater(z, 0), 1 - tail, tail)


gennorm = Continuous(
    "gennorm",
    {
        "logpdf": lambda z, beta: np.log(beta / 2) - special.gammaln(1 / beta) - np.power(np.absolute(z), beta),
        "cdf": lambda z, beta: below_power(z, beta),
        "sf": lambda z, beta: below_power(-z, beta),
    },
    shapes=("beta",),
    allowed=positive,
)
