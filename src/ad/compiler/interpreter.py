"""The register machine: runs a program of numbers, one row of code a step.

It is written once and fixed, so numba compiles it once and every program runs on it; without numba it is not used.
A row is (operation + 256 * c, a, b), where a, b, c are places in the registers; its result goes to the place
``len(w) - len(code) + row``. Rows are kept short because long programs wait for memory.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

# The number of an operation is its place here. "check" ends the run unless a and b hold the same number.
OPERATIONS = (
    "check truth add subtract multiply divide negative positive absolute square reciprocal sqrt exp log sin cos tanh "
    "power where less less_equal greater greater_equal equal not_equal maximum minimum sign expm1 log1p exp2 log2 "
    "log10 tan arcsin arccos arctan arctan2 sinh cosh arcsinh arccosh arctanh hypot floor ceil trunc rint copysign "
    "logical_and logical_or logical_not isnan cbrt multiply_add"
).split()


def interpret(code: Any, w: Any) -> bool:
    """Run code on the registers w; False where a check does not hold."""
    place = len(w) - len(code)
    for k in range(len(code)):
        o = code[k, 0] & 255
        x = w[code[k, 1]]
        y = w[code[k, 2]]
        r = x
        if o == 0:
            if x != y:
                return False
        elif o == 1:
            if (x != 0.0) != (y != 0.0):
                return False
        elif o == 2:
            r = x + y
        elif o == 3:
            r = x - y
        elif o == 4:
            r = x * y
        elif o == 5:
            r = x / y
        elif o == 6:
            r = -x
        elif o == 7:
            r = x
        elif o == 8:
            r = abs(x)
        elif o == 9:
            r = x * x
        elif o == 10:
            r = 1.0 / x
        elif o == 11:
            r = math.sqrt(x)
        elif o == 12:
            r = math.exp(x)
        elif o == 13:
            r = math.log(x)
        elif o == 14:
            r = math.sin(x)
        elif o == 15:
            r = math.cos(x)
        elif o == 16:
            r = math.tanh(x)
        elif o == 17:
            r = math.pow(x, y)
        elif o == 18:
            r = y if x != 0.0 else w[code[k, 0] >> 8]
        elif o == 19:
            r = 1.0 if x < y else 0.0
        elif o == 20:
            r = 1.0 if x <= y else 0.0
        elif o == 21:
            r = 1.0 if x > y else 0.0
        elif o == 22:
            r = 1.0 if x >= y else 0.0
        elif o == 23:
            r = 1.0 if x == y else 0.0
        elif o == 24:
            r = 1.0 if x != y else 0.0
        elif o == 25:
            r = x if x >= y or x != x else y
        elif o == 26:
            r = x if x <= y or x != x else y
        elif o == 27:
            r = 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else x
        elif o == 28:
            r = math.expm1(x)
        elif o == 29:
            r = math.log1p(x)
        elif o == 30:
            r = np.exp2(x)
        elif o == 31:
            r = np.log2(x)
        elif o == 32:
            r = math.log10(x)
        elif o == 33:
            r = math.tan(x)
        elif o == 34:
            r = math.asin(x)
        elif o == 35:
            r = math.acos(x)
        elif o == 36:
            r = math.atan(x)
        elif o == 37:
            r = math.atan2(x, y)
        elif o == 38:
            r = math.sinh(x)
        elif o == 39:
            r = math.cosh(x)
        elif o == 40:
            r = math.asinh(x)
        elif o == 41:
            r = math.acosh(x)
        elif o == 42:
            r = math.atanh(x)
        elif o == 43:
            r = math.hypot(x, y)
        elif o == 44:
            r = np.floor(x)
        elif o == 45:
            r = np.ceil(x)
        elif o == 46:
            r = np.trunc(x)
        elif o == 47:
            r = np.rint(x)
        elif o == 48:
            r = math.copysign(x, y)
        elif o == 49:
            r = 1.0 if x != 0.0 and y != 0.0 else 0.0
        elif o == 50:
            r = 1.0 if x != 0.0 or y != 0.0 else 0.0
        elif o == 51:
            r = 1.0 if x == 0.0 else 0.0
        elif o == 52:
            r = 1.0 if x != x else 0.0
        elif o == 53:
            r = np.cbrt(x)
        else:
            r = x * y + w[code[k, 0] >> 8]  # rounded twice, as the two steps are
        w[place + k] = r
    return True


@functools.cache
def machine() -> Any:
    """The interpreter compiled by numba; None where numba is not installed. Looked up when first asked for."""
    try:
        import numba
    except ImportError:
        return None
    signature = "boolean(uint32[:, ::1], float64[::1])"
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True}  # as NumPy: 1/0 is inf, and nothing is raised
    try:
        return numba.njit(signature, cache=True, **options)(interpret)
    except RuntimeError:  # no place to keep what was compiled
        return numba.njit(signature, **options)(interpret)
