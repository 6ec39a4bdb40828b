"""np.i0, the one Bessel function that NumPy has. Its slope is one that only SciPy has."""

from importlib.util import find_spec

import numpy as np

from ad.declare import cast, composite, in_dtype_of


def i0(x):
    """SciPy's own ufunc, which has an entry, in the dtype of NumPy's: that of x where NumPy knows it as floating."""
    from scipy import special

    dtype = getattr(x, "dtype", np.dtype(float))
    if dtype.kind == "O":
        return special.i0(x)
    y = special.i0(cast(x, np.float64) if dtype.kind == "V" or dtype.itemsize > 8 else x)
    return in_dtype_of(y, x) if dtype.kind == "f" else y


if find_spec("scipy") is not None:
    composite(np.i0, i0)
