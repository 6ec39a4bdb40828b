"""Numbers taken apart: fraction and whole part, mantissa and exponent, quotient and remainder."""

import numpy as np

from ad.declare import composite


def modf(x):
    whole = np.trunc(x)
    return x - whole, whole


def frexp(x):
    """The mantissa moves with x; the exponent is a constant."""
    exponent = exponents(x)
    return np.ldexp(x, -exponent), exponent


def exponents(x):
    """Whole numbers e with 0.5 <= |x| / 2**e < 1, and 0 for 0: how many powers of two |x| reaches."""
    reached = np.searchsorted(POWERS, np.absolute(x), side="right")
    return np.where(reached == 0, 0, reached + SMALLEST).astype(np.int32)[()]


SMALLEST = -1074  # the exponent of the smallest double above 0
POWERS = np.ldexp(1.0, np.arange(SMALLEST, 1024))


def ldexp(x1, x2):
    """By two powers of two, because one alone may not be a number of the dtype where the result is."""
    dtype = getattr(x1, "dtype", np.dtype(float))
    dtype = dtype if dtype.kind in "fV" else np.dtype(float)
    half = np.floor_divide(x2, 2)
    for part in (half, np.subtract(x2, half)):
        x1 = x1 * np.ldexp(np.ones((), dtype), part).astype(dtype)
    return x1


composite(np.modf, modf)
composite(np.frexp, frexp)
composite(np.ldexp, ldexp)
composite(np.divmod, lambda a, b: (np.floor_divide(a, b), np.remainder(a, b)))
