"""The gamma function and its logarithmic derivatives."""

import numpy as np
from scipy import special

from ad.constants import PI
from ad.table.elementwise import RESULT_LOST
from ad.table.special.declaring import DEFINITIONS, declare


def off_poles(x):
    """Distance to the nearest of 0, -1, -2, ..."""
    return np.where(np.greater(x, -0.5), np.absolute(x), np.absolute(x - np.rint(x)))


def gamma_family(fun, exact, slope, note=""):
    declare(
        fun, exact=exact, slope=slope, domain=off_poles, needs="x not 0, -1, -2, ...", note=note
    )  # fmt: skip


# Measured beside -1 and for large -x; above 0 gammaln and psi keep to 4 units, gamma and rgamma to 8.
BELOW_ZERO = "below 0 SciPy's own psi loses digits beside its poles and zeros: up to 2**52 units"
gamma_family(special.gammaln, lambda m, x: m.log_gamma(x), lambda y, x: special.psi(x), BELOW_ZERO)
gamma_family(special.gamma, lambda m, x: m.gamma(x), lambda y, x: y * special.psi(x), f"{BELOW_ZERO}; {RESULT_LOST}")
gamma_family(
    special.rgamma, lambda m, x: m.rgamma(x), lambda y, x: -y * special.psi(x), f"{BELOW_ZERO}; {RESULT_LOST}"
)


def trigamma(y, x):
    """zeta(2, x), and below 0, where SciPy's takes a time that grows with -x, (pi / sin(pi x))**2 - zeta(2, 1 - x)."""
    below = np.less(x, 0)
    turn = np.where(below, x - np.rint(x), 0.5)
    reflected = np.square(PI / np.sin(PI * turn)) - special.zeta(2, 1 - np.where(below, x, 0.0))
    return np.where(below, reflected, special.zeta(2, np.where(below, 1.0, x)))


gamma_family(
    special.psi,
    lambda m, x: m.polygamma(0, x),
    trigamma,
    "below 0 the slope is by reflection, which the proof does not know: right at points, not for all inputs; "
    "and SciPy's own zeta: up to 2**3 units",
)
declare(
    special._ufuncs._zeta,
    exact=lambda m, s, x: m.hurwitz(s, x),
    slope=(None, lambda y, s, x: -s * special.zeta(s + 1, x)),
    domain=lambda s, x: np.where(np.greater(s, 1), x, -1.0),
    needs="x > 0 and s > 1",
    note="SciPy's own zeta: up to 2**3 units",
)


declare(
    special.loggamma,
    exact=lambda m, x: m.log_gamma(x),
    slope=lambda y, x: special.psi(x),
    domain=lambda x: x,
    needs="x > 0",
)


def sign_of_gamma(x):
    """The sign of gamma(x): it changes at 0, -1, -2, ..."""
    return np.where(np.greater(x, 0), 1.0, 1 - 2 * np.remainder(np.floor(x), 2))


DEFINITIONS[special.gammasgn] = sign_of_gamma
