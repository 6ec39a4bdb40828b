"""Logistic functions, entropies, and what NumPy has too."""

import numpy as np
from scipy import special

from ad.constants import LN2, LN10
from ad.table.elementwise import RESULT_LOST
from ad.table.special.declaring import declare


def logistic_slope(y, x):
    """e / (1 + e)**2 with e = exp(-|x|): y * (1 - y) would lose every digit on the right."""
    e = np.exp(-np.absolute(x))
    return e / np.square(1 + e)


def logistic_of_minus(y, x):
    e = np.exp(-np.absolute(x))
    return np.where(np.greater(x, 0), e, 1.0) / (1 + e)


declare(special.expit, exact=lambda m, x: 1 / (1 + m.exp(-x)), slope=logistic_slope)
declare(special.log_expit, exact=lambda m, x: -m.log1p(m.exp(-x)), slope=logistic_of_minus)
declare(
    special.logit,
    exact=lambda m, x: m.log(x / (1 - x)),
    slope=lambda y, x: 1 / (x * (1 - x)),
    domain=lambda x: x * (1 - x),
    needs="0 < x < 1",
)
declare(
    special.xlogy,
    exact=lambda m, a, b: a * m.log(b),
    slope=(lambda y, a, b: np.log(b), lambda y, a, b: a / b),
    domain=lambda a, b: b,
    needs="b > 0",
)
declare(
    special.xlog1py,
    exact=lambda m, a, b: a * m.log(1 + b),
    slope=(lambda y, a, b: np.log1p(b), lambda y, a, b: a / (1 + b)),
    domain=lambda a, b: 1 + b,
    needs="b > -1",
)
declare(
    special.entr,
    exact=lambda m, x: -x * m.log(x),
    slope=lambda y, x: -1 - np.log(x),
    domain=lambda x: x,
    needs="x > 0",
    note="beside its zero 1/e the slope is right to 2**-53 only: up to 2**52 units",
)


def both_positive(a, b):
    return np.minimum(a, b)


def log_ratio(a, b):
    """log(a / b); near 1 the quotient would be rounded where the difference is not, and elsewhere it may overflow."""
    near = np.less(np.absolute(a - b), 0.5 * b)
    apart = np.log(a) - np.log(b)
    usual = np.less(np.absolute(apart), 600.0)
    far = np.where(usual, np.log(np.where(usual, a / b, 1.0)), apart)
    return np.where(near, np.log1p(np.where(near, a - b, 0.0) / b), far)


QUOTIENT = "the proof does not know that log(a/b) is log(a) - log(b): right at points, not for all inputs"
declare(
    special.rel_entr,
    exact=lambda m, a, b: a * m.log(a / b),
    slope=(lambda y, a, b: log_ratio(a, b) + 1, lambda y, a, b: -(a / b)),
    domain=both_positive,
    needs="a > 0 and b > 0",
    note=f"{QUOTIENT}. Beside its zero a = b/e the slope by a is right to 2**-53 only: up to 2**52 units",
)
declare(
    special.kl_div,
    exact=lambda m, a, b: a * m.log(a / b) - a + b,
    slope=(lambda y, a, b: log_ratio(a, b), lambda y, a, b: (b - a) / b),
    domain=both_positive,
    needs="a > 0 and b > 0",
    note=QUOTIENT,
)

# --- the same as NumPy's
declare(special.expm1, exact=lambda m, x: m.exp(x) - 1, slope=lambda y, x: np.exp(x))
declare(special.exp2, exact=lambda m, x: m.exp(x * m.log(2)), slope=lambda y, x: y * LN2, note=RESULT_LOST)
declare(special.exp10, exact=lambda m, x: m.exp(x * m.log(10)), slope=lambda y, x: y * LN10, note=RESULT_LOST)
declare(
    special.log1p,
    exact=lambda m, x: m.log(1 + x),
    slope=lambda y, x: 1 / (1 + x),
    domain=lambda x: 1 + x,
    needs="x > -1",
)
declare(
    special.cbrt,
    exact=lambda m, x: m.cbrt(x),
    slope=lambda y, x: 1 / (3 * y * y),
    domain=lambda x: np.absolute(x),
    needs="x != 0",
)
