"""What an elementwise call comes to when an operand is the same everywhere: fewer steps, the same bits.

x * 1 and x / 1 are x, x * -1 and x / -1 are -x, and an operand that repeats one number over the shape of another
is that number. Nothing else: x + 0 would lose the sign of -0, and 0 * x is not 0 for an infinite x.

One call has other bits: logaddexp(0, x) of an array is max(x, 0) + log1p(exp(-|x|)), whose exponential the derivative
needs too. NumPy's own takes as long as all the rest of a logistic loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# The places of the operand x and of the factor in a call that is x itself for the factor 1.
FACTORS: dict[Any, tuple[tuple[int, int], ...]] = {np.multiply: ((0, 1), (1, 0)), np.divide: ((0, 1),)}
UNITS = (1, -1)
NOTHING: dict[str, Any] = {}  # the keywords of every elementwise step


def simpler(recording: Any, function: Any, args: tuple[Any, ...], found: Any) -> Any:
    """Record the elementwise call ``function(*args)``, which gave ``found``, in its simplest form."""
    args = narrowed(recording, args, found) if type(found) is np.ndarray else args
    if function is np.positive and alike(args[0], found):
        return args[0]
    if function is np.logaddexp and (x := _beside_zero(args, found)) is not None:
        return _softplus(recording, x)
    for i, k in FACTORS.get(function, ()):
        x = args[k]
        if isinstance(x, int | float | np.number) and not is_recorded(x) and x in UNITS and alike(args[i], found):
            return args[i] if x == 1 else recording.elementwise(np.negative, (args[i],))
    return recording.step(function, args, NOTHING, found)


def _beside_zero(args: tuple[Any, ...], found: Any) -> Any:
    """The recorded array beside a zero, where it has the dtype of the result."""
    for zero, x in (args, args[::-1]):
        if isinstance(zero, int | float | np.number) and not is_recorded(zero) and zero == 0 and alike(x, found):
            return x if x.value.shape else None
    return None


def _softplus(recording: Any, x: Any) -> Any:
    each = recording.elementwise
    e = each(np.exp, (each(np.negative, (each(np.absolute, (x,)),)),))
    return each(np.add, (each(np.maximum, (x, 0.0)), each(np.log1p, (e,))))


def alike(x: Any, found: Any) -> bool:
    """Whether x is recorded and has the type, dtype, shape and memory order of the result: it can stand for it."""
    return (
        is_recorded(x)
        and x.value.kind is type(found)
        and x.value.shape == found.shape
        and x.value.strides == found.strides
        and x.value.dtype == getattr(found, "dtype", None)
    )


def strides(x: Any) -> tuple[int, ...]:
    found: tuple[int, ...] = x.value.strides if is_recorded(x) else x.strides
    return found


def is_recorded(x: Any) -> bool:
    """Whether x is a Traced; isinstance of one answers for the array that it stands for."""
    return hasattr(x, "recording")


def narrowed(recording: Any, args: tuple[Any, ...], found: Any) -> tuple[Any, ...]:
    """The operands without their repetitions, as far as shape and dtype of the result follow from the others."""
    shape = found.shape
    for i, x in enumerate(args if shape else ()):
        thin = recording.narrower(x)
        if thin is None:
            continue
        # NumPy before 2 lets an array's dtype prevail over a number's: the others must have the same.
        # And they must give the result the same memory order, which decides how it is summed later.
        others = [y for k, y in enumerate(args) if k != i and np.shape(y) == shape]
        trial = (*args[:i], thin, *args[i + 1 :])
        fits = others and all(y.dtype == x.dtype and strides(y) == found.strides for y in others)
        if fits and np.broadcast_shapes(*map(np.shape, trial)) == shape:
            args = trial
    return args


def is_uniform(x: np.ndarray[Any, Any]) -> bool:
    """Whether all entries of an array with entries have the same bits."""
    if x.dtype.kind not in "fiub":
        return False
    first = x.flat[0]
    return bool(np.all(x == first) and (first != 0 or np.all(np.signbit(x) == np.signbit(first))))
