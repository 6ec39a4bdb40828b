"""The beta function, and the incomplete gamma and beta functions in all their arguments."""

import numpy as np
from scipy import special

from ad.dispatch import dispatching
from ad.table.special.declaring import declare
from ad.table.special.densities import beta_density_at, gamma_density_at, psi_gap
from ad.table.special.shapes import beta_by_first_shape, beta_by_second_shape, gamma_by_shape, in_blocks


def positive(*xs):
    """Whether all are above 0, as their least."""
    found = xs[0]
    for x in xs[1:]:
        found = np.minimum(found, x)
    return found


def within_one(a, b, x):
    return positive(a, b, x * (1 - x))


# --- what the slopes are made of


@dispatching
def digamma_gap(a, b):
    """psi(a + b) - psi(a) for a, a + b > 0, without cancellation where b is small beside a.

    Arguments
        a, b: real arrays that broadcast.
    Returns
        an array; NaN where a or a + b is not above 0.
    Example
        >>> bool(abs(digamma_gap(1e8, 1e-8) * 1e16 - 1) < 1e-7)
        True
    """
    return in_blocks(lambda a, b: np.where((a > 0) & (a + b > 0), psi_gap(a, b), np.nan), a, b)


@dispatching
def gamma_density(a, x):
    """The density x**(a-1) exp(-x) / gamma(a) of the gamma distribution of shape a > 0 at x > 0.

    Arguments
        a, x: real arrays that broadcast.
    Returns
        an array, also where x**(a-1) or gamma(a) alone would overflow.
    Source
        Loader, "Fast and accurate computation of binomial probabilities" (2000).
    Example
        >>> round(float(gamma_density(2.0, 1.0)), 12)
        0.367879441171
    """
    return in_blocks(gamma_density_at, a, x)


@dispatching
def beta_density(a, b, x):
    """The density x**(a-1) (1-x)**(b-1) / B(a, b) of the beta distribution of shapes a, b > 0 at 0 < x < 1.

    Arguments
        a, b, x: real arrays that broadcast.
    Returns
        an array.
    Source
        as ``gamma_density``.
    Example
        >>> round(float(beta_density(2.0, 2.0, 0.5)), 12)
        1.5
    """
    return in_blocks(lambda a, b, x: beta_density_at(a, b, x, 1 - x), a, b, x)


@dispatching
def gammainc_by_a(a, x):
    """The derivative of ``scipy.special.gammainc(a, x)`` by its shape a.

    Arguments
        a, x: real arrays that broadcast, a > 0, x >= 0.
    Returns
        an array, at most 0; NaN outside.
    Source
        the integral of (log t - psi(a)) times the density, from the side of x on which it keeps its sign.
    Example
        >>> round(float(gammainc_by_a(2.5, 1.3)), 12)
        -0.229626898336
    """
    return in_blocks(gamma_by_shape, a, x)


@dispatching
def betainc_by_a(a, b, x):
    """The derivative of ``scipy.special.betainc(a, b, x)`` by its first shape a.

    Arguments
        a, b, x: real arrays that broadcast, a, b > 0, 0 <= x <= 1.
    Returns
        an array, at most 0; NaN outside.
    Source
        as ``gammainc_by_a``.
    Example
        >>> round(float(betainc_by_a(2.5, 1.3, 0.4)), 12)
        -0.1200449376
    """
    return in_blocks(beta_by_first_shape, a, b, x)


@dispatching
def betainc_by_b(a, b, x):
    """The derivative of ``scipy.special.betainc(a, b, x)`` by its second shape b.

    Arguments
        a, b, x: real arrays that broadcast, a, b > 0, 0 <= x <= 1.
    Returns
        an array, at least 0; NaN outside.
    Source
        as ``gammainc_by_a``.
    Example
        >>> round(float(betainc_by_b(2.5, 1.3, 0.4)), 12)
        0.147736895399
    """
    return in_blocks(beta_by_second_shape, a, b, x)


POSITIVE = "a > 0 and b > 0"
SHAPE = "a > 0 and x > 0"
SHAPES = "a > 0, b > 0 and 0 < x < 1"
FAR = "measured for shapes from 1e-3 to 200: in the far tail up to 2**9 units"
MIXED = "measured for shapes from 1e-3 to 200: up to 2**12 units where a + b is above 150"
SCIPYS = "SciPy's own y: up to 2**12 units"

declare(
    digamma_gap,
    exact=lambda m, a, b: m.polygamma(0, a + b) - m.polygamma(0, a),
    slope=(lambda y, a, b: special.zeta(2, a + b) - special.zeta(2, a), lambda y, a, b: special.zeta(2, a + b)),
    domain=positive,
    needs=POSITIVE,
    note="the slope by a is a difference, which loses digits for b far below a: up to 2**30 units",
)
declare(
    gamma_density,
    exact=lambda m, a, x: m.exp((a - 1) * m.log(x) - x - m.log_gamma(a)),
    slope=(lambda y, a, x: y * (np.log(x) - special.psi(a)), lambda y, a, x: y * ((a - 1 - x) / x)),
    domain=positive,
    needs=SHAPE,
    note="the slopes vanish beside x = exp(psi(a)) and x = a - 1: up to 2**24 units",
)
declare(
    beta_density,
    exact=lambda m, a, b, x: m.exp(
        (a - 1) * m.log(x) + (b - 1) * m.log(1 - x) - m.log_gamma(a) - m.log_gamma(b) + m.log_gamma(a + b)
    ),
    slope=(
        lambda y, a, b, x: y * (np.log(x) + digamma_gap(a, b)),
        lambda y, a, b, x: y * (np.log1p(-x) + digamma_gap(b, a)),
        lambda y, a, b, x: y * ((a - 1) / x - (b - 1) / (1 - x)),
    ),
    domain=within_one,
    needs=SHAPES,
    note="the slopes vanish beside the mode and like places: up to 2**24 units",
)
declare(
    gammainc_by_a,
    exact=lambda m, a, x: m.gammainc_by(1, a, x),
    slope=(None, lambda y, a, x: gamma_density(a, x) * (np.log(x) - special.psi(a))),
    domain=positive,
    needs=SHAPE,
    note="the slope vanishes beside x = exp(psi(a)): up to 2**24 units",
)
declare(
    betainc_by_a,
    exact=lambda m, a, b, x: m.betainc_by(1, 0, a, b, x),
    slope=(None, None, lambda y, a, b, x: beta_density(a, b, x) * (np.log(x) + digamma_gap(a, b))),
    domain=within_one,
    needs=SHAPES,
    note="the slope vanishes beside log(x) = psi(a) - psi(a + b): up to 2**24 units",
)
declare(
    betainc_by_b,
    exact=lambda m, a, b, x: m.betainc_by(0, 1, a, b, x),
    slope=(None, None, lambda y, a, b, x: beta_density(a, b, x) * (np.log1p(-x) + digamma_gap(b, a))),
    domain=within_one,
    needs=SHAPES,
    note="the slope vanishes beside log(1 - x) = psi(b) - psi(a + b): up to 2**24 units",
)

# --- the functions themselves

declare(
    special.betaln,
    exact=lambda m, a, b: m.log_gamma(a) + m.log_gamma(b) - m.log_gamma(a + b),
    slope=(lambda y, a, b: -digamma_gap(a, b), lambda y, a, b: -digamma_gap(b, a)),
    domain=positive,
    needs=POSITIVE,
    note="for shapes below 1e-2 up to 2**4 units",
)
declare(
    special.beta,
    exact=lambda m, a, b: m.exp(m.log_gamma(a) + m.log_gamma(b) - m.log_gamma(a + b)),
    slope=(lambda y, a, b: -(y * digamma_gap(a, b)), lambda y, a, b: -(y * digamma_gap(b, a))),
    domain=positive,
    needs=POSITIVE,
    note=SCIPYS,
)
declare(
    special.gammainc,
    exact=lambda m, a, x: m.gammainc(a, x),
    slope=(lambda y, a, x: gammainc_by_a(a, x), lambda y, a, x: gamma_density(a, x)),
    domain=positive,
    needs=SHAPE,
    note=FAR,
)
declare(
    special.gammaincc,
    exact=lambda m, a, x: m.gammaincc(a, x),
    slope=(lambda y, a, x: -gammainc_by_a(a, x), lambda y, a, x: -gamma_density(a, x)),
    domain=positive,
    needs=SHAPE,
    note=FAR,
)
declare(
    special.betainc,
    exact=lambda m, a, b, x: m.betainc(a, b, x),
    slope=(
        lambda y, a, b, x: betainc_by_a(a, b, x),
        lambda y, a, b, x: betainc_by_b(a, b, x),
        lambda y, a, b, x: beta_density(a, b, x),
    ),
    domain=within_one,
    needs=SHAPES,
    note=MIXED,
)
declare(
    special.betaincc,
    exact=lambda m, a, b, x: m.betaincc(a, b, x),
    slope=(
        lambda y, a, b, x: -betainc_by_a(a, b, x),
        lambda y, a, b, x: -betainc_by_b(a, b, x),
        lambda y, a, b, x: -beta_density(a, b, x),
    ),
    domain=within_one,
    needs=SHAPES,
    note=MIXED,
)
declare(
    special.poch,
    exact=lambda m, a, b: m.exp(m.log_gamma(a + b) - m.log_gamma(a)),
    slope=(lambda y, a, b: y * digamma_gap(a, b), lambda y, a, b: y * special.psi(a + b)),
    domain=positive,
    needs=POSITIVE,
    note=SCIPYS,
)


def above_minus_one(n, k):
    return positive(n + 1, k + 1, n - k + 1)


declare(
    special.binom,
    exact=lambda m, n, k: m.exp(m.log_gamma(n + 1) - m.log_gamma(k + 1) - m.log_gamma(n - k + 1)),
    slope=(lambda y, n, k: y * digamma_gap(n - k + 1, k), lambda y, n, k: y * digamma_gap(k + 1, n - 2 * k)),
    domain=above_minus_one,
    needs="n > -1, k > -1 and n - k > -1",
    note=f"{SCIPYS}; the slope by k vanishes at k = n/2: up to 2**53 units",
)
