"""What can be differentiated: floating numbers of any size, complex ones, and the exact arrays of the verifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from ad.containers import is_array_like


def floating(value: Any, argument: str) -> Any:
    """The value as something that can be differentiated: Python numbers become float64.

    Raises TypeError for integer, boolean and text arrays, naming the argument and the cure.
    """
    if type(value) is float or type(value) is np.float64:
        return np.float64(value)
    if isinstance(value, bool | np.bool_) or value is None or isinstance(value, str):
        raise TypeError(f"{argument} is {value!r}: only real or complex numbers can be differentiated")
    if isinstance(value, int | float) and not isinstance(value, np.generic):
        return np.float64(value)
    if not is_array_like(value):
        value = np.asarray(value)
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    if kind not in "fcVO":  # V: bfloat16 and other extension floats; O: exact arrays
        raise TypeError(
            f"{argument} has dtype {value.dtype}, which has no derivatives; "
            f"convert it with .astype(float), or leave it out of what is differentiated"
        )
    return value
