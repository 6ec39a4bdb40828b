"""The hypergeometric functions 0F1, 1F1 and 2F1 by their argument; by their parameters they have no rule."""

import numpy as np
from scipy import special

from ad.table.special.declaring import declare
from ad.table.special.gamma import off_poles

PARAMETERS = "a parameter below not 0, -1, -2, ..."
SCIPYS = "SciPy's own function, at parameters from 0.2 to 6 and |x| up to 20: up to 2**16 units"

declare(
    special.hyp0f1,
    exact=lambda m, b, x: m.hyp0f1(b, x),
    slope=(None, lambda y, b, x: special.hyp0f1(b + 1, x) / b),
    domain=lambda b, x: off_poles(b),
    needs=PARAMETERS,
    note=SCIPYS,
)
declare(
    special.hyp1f1,
    exact=lambda m, a, b, x: m.hyp1f1(a, b, x),
    slope=(None, None, lambda y, a, b, x: a / b * special.hyp1f1(a + 1, b + 1, x)),
    domain=lambda a, b, x: off_poles(b),
    needs=PARAMETERS,
    note=SCIPYS,
)
declare(
    special.hyp2f1,
    exact=lambda m, a, b, c, x: m.hyp2f1(a, b, c, x),
    slope=(None, None, None, lambda y, a, b, c, x: a * b / c * special.hyp2f1(a + 1, b + 1, c + 1, x)),
    domain=lambda a, b, c, x: np.minimum(off_poles(c), 1 - x),
    needs=f"{PARAMETERS}, and x < 1",
    note=SCIPYS,
)
