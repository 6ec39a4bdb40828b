"""The textbook formulas of complex functions in real ones: what each does to real and imaginary parts.

Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, chapters 3 and 4, with the branches that NumPy takes. A
formula gives a pair (real, imag), or an array: of real numbers, or of complex ones made by other formulas. It is
written in NumPy, so the parts may be numbers of any kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.constants import LN2, LN10, PI


def is_complex(x: Any) -> bool:
    """Whether x is an array or number of complex numbers, exact ones too."""
    return isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") == "c"


def any_complex(args: Any) -> bool:
    """Whether an argument is complex, or one of a sequence of arrays."""
    return any(is_complex(x) or (isinstance(x, list | tuple) and any(map(is_complex, x))) for x in args)


def parts(x: Any) -> tuple[Any, Any]:
    """The real and the imaginary part; None for that of a real array."""
    return (np.real(x), np.imag(x)) if is_complex(x) else (x, None)



def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def _minus(x: Any) -> Any:
    return None if x is None else -x


def _times(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a * b


def add(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    return ar + br, _sum(ai, bi)


def multiply(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    return _sum(ar * br, _minus(_times(ai, bi))), _sum(_times(ar, bi), _times(ai, br))


def divide(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    if bi is None:
        return ar / br, ai / br
    size = br * br + bi * bi
    real, imag = multiply(a, np.conjugate(b))
    return real / size, imag / size


def exp(z: Any) -> Any:
    size = np.exp(z.real)
    return size * np.cos(z.imag), size * np.sin(z.imag)


def log(z: Any) -> Any:
    return np.log(np.hypot(z.real, z.imag)), np.arctan2(z.imag, z.real)


def sqrt(z: Any) -> Any:
    size, half = np.sqrt(np.hypot(z.real, z.imag)), np.arctan2(z.imag, z.real) / 2
    return size * np.cos(half), size * np.sin(half)


def sin(z: Any) -> Any:
    return np.sin(z.real) * np.cosh(z.imag), np.cos(z.real) * np.sinh(z.imag)


def cos(z: Any) -> Any:
    return np.cos(z.real) * np.cosh(z.imag), -(np.sin(z.real) * np.sinh(z.imag))


def sinh(z: Any) -> Any:
    return np.sinh(z.real) * np.cos(z.imag), np.cosh(z.real) * np.sin(z.imag)


def cosh(z: Any) -> Any:
    return np.cosh(z.real) * np.cos(z.imag), np.sinh(z.real) * np.sin(z.imag)


def tan(z: Any) -> Any:
    below = np.cos(2 * z.real) + np.cosh(2 * z.imag)
    return np.sin(2 * z.real) / below, np.sinh(2 * z.imag) / below


def tanh(z: Any) -> Any:
    below = np.cosh(2 * z.real) + np.cos(2 * z.imag)
    return np.sinh(2 * z.real) / below, np.sin(2 * z.imag) / below


def power(a: Any, b: Any) -> Any:
    n = _whole(b)
    if n is None:
        return np.exp(b * (np.log(a) if is_complex(a) else np.log(a) + 0j))
    found, square = None, a
    for bit in reversed(f"{abs(n):b}"):
        if bit == "1":
            found = square if found is None else found * square
        square = square * square
    if found is None:
        return np.ones_like(a)
    return np.reciprocal(found) if n < 0 else found


def _whole(b: Any) -> int | None:
    """The whole number that all entries of a constant are, if they are one."""
    if is_complex(b) or np.size(b) == 0:
        return None
    values = np.ravel(b)
    if hasattr(b, "field"):
        guess = None if b.field.moves(b.planes) else b.field.guess(b.data)
        if guess is None:
            return None
        values = np.ravel(guess)
    n = values[0]
    if n != np.rint(n) or (values != n).any() or not bool(np.all(np.equal(b, n))):
        return None
    return int(n)


def arcsin(z: Any) -> Any:
    return -1j * np.log(1j * z + np.sqrt(1 - z) * np.sqrt(1 + z))


def sinc(z: Any) -> Any:
    angle = z * _constant(z, PI)
    return np.where(np.equal(z, 0), 1, np.sin(angle) / np.where(np.equal(z, 0), 1, angle))


def arctan(z: Any) -> Any:
    return 0.5j * (np.log(1 - 1j * z) - np.log(1 + 1j * z))


def equal(a: Any, b: Any) -> Any:
    (ar, ai), (br, bi) = parts(a), parts(b)
    return np.logical_and(np.equal(ar, br), np.equal(0 if ai is None else ai, 0 if bi is None else bi))


def _constant(z: Any, value: Any) -> Any:
    return z.real.exact_constant(value)


FORMULAS: dict[Any, Callable[..., Any]] = {
    np.positive: lambda z: z,
    np.negative: lambda z: (-z.real, -z.imag),
    np.conjugate: lambda z: (z.real, -z.imag),
    np.absolute: lambda z: np.hypot(z.real, z.imag),
    np.add: add,
    np.subtract: lambda a, b: add(a, -b),
    np.multiply: multiply,
    np.divide: divide,
    np.square: lambda z: multiply(z, z),
    np.reciprocal: lambda z: divide(1, z),
    np.power: power,
    np.float_power: power,
    np.exp: exp,
    np.exp2: lambda z: np.exp(z * _constant(z, LN2)),
    np.expm1: lambda z: np.exp(z) - 1,
    np.log: log,
    np.log2: lambda z: np.log(z) / _constant(z, LN2),
    np.log10: lambda z: np.log(z) / _constant(z, LN10),
    np.log1p: lambda z: np.log(1 + z),
    np.sqrt: sqrt,
    np.sin: sin,
    np.cos: cos,
    np.tan: tan,
    np.sinh: sinh,
    np.cosh: cosh,
    np.tanh: tanh,
    np.arcsin: arcsin,
    np.arccos: lambda z: _constant(z, PI) / 2 - np.arcsin(z),
    np.arctan: arctan,
    np.arcsinh: lambda z: np.log(z + np.sqrt(1 + 1j * z) * np.sqrt(1 - 1j * z)),
    np.arccosh: lambda z: np.log(z + np.sqrt(z - 1) * np.sqrt(z + 1)),
    np.arctanh: lambda z: (np.log(1 + z) - np.log(1 - z)) / 2,
    np.equal: equal,
    np.not_equal: lambda a, b: np.logical_not(np.equal(a, b)),
    np.isfinite: lambda z: np.ones(np.shape(z), bool),
    np.isnan: lambda z: np.zeros(np.shape(z), bool),
    np.isinf: lambda z: np.zeros(np.shape(z), bool),
}
