"""Distribution functions of scipy.special that are incomplete gamma and beta functions of other arguments."""

import numpy as np
from scipy import special

from ad.table.special.declaring import DEFINITIONS


def odds(dfn, dfd, x):
    return dfn * x / (dfd + dfn * x)


def where_not(outside, y):
    return np.where(outside, np.nan, y) if np.any(outside) else y


DEFINITIONS |= {
    special.chdtr: lambda v, x: special.gammainc(0.5 * v, 0.5 * x),
    special.chdtrc: lambda v, x: special.gammaincc(0.5 * v, 0.5 * x),
    special.gdtr: lambda a, b, x: special.gammainc(b, a * x),
    special.gdtrc: lambda a, b, x: where_not(np.less(x, 0), special.gammaincc(b, a * x)),
    special.pdtr: lambda k, m: special.gammaincc(np.floor(k) + 1, m),
    special.pdtrc: lambda k, m: where_not(np.less(k, 0), special.gammainc(np.floor(k) + 1, m)),
    special.fdtr: lambda n, d, x: special.betainc(0.5 * n, 0.5 * d, odds(n, d, x)),
    special.fdtrc: lambda n, d, x: special.betainc(0.5 * d, 0.5 * n, 1 - odds(n, d, x)),
}
