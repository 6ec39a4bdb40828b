"""Operations of aten on each entry alone, over NumPy: arithmetic, powers, exponentials, angles, staircases, choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.constants import DEGREE, RADIAN

Entries = dict[str, Callable[..., Any]]


def scaled(x: Any, factor: Any) -> Any:
    """factor x, without a product where the factor is 1."""
    return x if isinstance(factor, int | float) and factor == 1 else np.multiply(x, factor)


def divided(self: Any, other: Any, rounding_mode: str | None = None) -> Any:
    return ROUNDED[rounding_mode](self, other)


# By torch's name of a rounding mode.
ROUNDED: dict[str | None, Callable[[Any, Any], Any]] = {
    None: np.divide,
    "floor": np.floor_divide,
    "trunc": lambda a, b: np.trunc(np.divide(a, b)),
}


def clamp(self: Any, min: Any = None, max: Any = None) -> Any:
    found = self if min is None else np.maximum(self, min)
    return found if max is None else np.minimum(found, max)


def lerp(self: Any, end: Any, weight: Any) -> Any:
    return self + weight * (end - self)


def addcdiv(self: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    return self + scaled(tensor1, value) / tensor2


def addcmul(self: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    return self + scaled(tensor1, value) * tensor2


def rounded(self: Any, decimals: int = 0) -> Any:
    scale = 10.0**decimals
    return np.rint(self) if decimals == 0 else np.rint(self * scale) / scale


def nan_to_num(self: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    return np.nan_to_num(self, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


ENTRIES: Entries = {
    "add": lambda self, other, alpha=1: np.add(self, scaled(other, alpha)),
    "sub": lambda self, other, alpha=1: np.subtract(self, scaled(other, alpha)),
    "rsub": lambda self, other, alpha=1: np.subtract(other, scaled(self, alpha)),
    "mul": np.multiply,
    "div": divided,
    "floor_divide": np.floor_divide,
    "true_divide": np.divide,
    "remainder": np.remainder,
    "fmod": np.fmod,
    "neg": np.negative,
    "positive": np.positive,
    "reciprocal": lambda self: np.divide(1.0, self),
    "square": np.square,
    "addcmul": addcmul,
    "addcdiv": addcdiv,
    "lerp": lerp,
    "clone": np.positive,
    "detach": np.positive,
    "contiguous": np.positive,
    "lift_fresh_copy": np.positive,
    "_conj": np.conjugate,
    "conj_physical": np.conjugate,
    "_neg_view": np.negative,
    "view_as_real": lambda self: np.stack([np.real(self), np.imag(self)], axis=-1),
    "view_as_complex": lambda self: np.take(self, 0, axis=-1) + 1j * np.take(self, 1, axis=-1),
    "complex": lambda real, imag: real + 1j * imag,
    "angle": np.angle,
    "abs": np.absolute,
    "sign": np.sign,
    "sgn": np.sign,
    "copysign": np.copysign,
    "pow": np.power,
    "float_power": np.power,
    "sqrt": np.sqrt,
    "rsqrt": lambda self: np.divide(1.0, np.sqrt(self)),
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "ldexp": lambda self, other: self * np.exp2(other),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sinc": np.sinc,
    "hypot": np.hypot,
    "deg2rad": lambda self: np.multiply(self, DEGREE),
    "rad2deg": lambda self: np.multiply(self, RADIAN),
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": rounded,
    "frac": lambda self: self - np.trunc(self),
    "heaviside": np.heaviside,
    "nan_to_num": nan_to_num,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "max.other": np.maximum,
    "min.other": np.minimum,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "clamp": clamp,
    "clamp_min": lambda self, min: np.maximum(self, min),
    "clamp_max": lambda self, max: np.minimum(self, max),
}
