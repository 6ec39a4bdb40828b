"""Activations and special functions of aten over NumPy and ``ad.scipy``."""

from __future__ import annotations

from typing import Any

import numpy as np

import ad
from ad.constants import TWO_OVER_SQRT_PI, ExactConstant
from verify.adapters.aten.elementwise import Entries
from verify.adapters.compositions import special


def ramp(x: Any) -> Any:
    return np.maximum(x, 0.0)


def expit(x: Any) -> Any:
    return ad.scipy.special.expit(x)


SQRT_HALF = ExactConstant("SQRT_HALF", 0.5**0.5, lambda m: 1 / m.sqrt(2))


# sqrt(2 / pi) is half of 2/sqrt(pi), times sqrt(2).
def gelu(self: Any, approximate: str = "none") -> Any:
    """By 1 + erf, as torch writes it: in the lower tail that loses every digit, and the value is 0."""
    if approximate == "none":
        return self * 0.5 * (1 + ad.scipy.special.erf(self * SQRT_HALF))
    inner = TWO_OVER_SQRT_PI / np.sqrt(2.0) * (self + 0.044715 * self * self * self)
    return 0.5 * self * (1 + np.tanh(inner))


def softplus(self: Any, beta: Any = 1, threshold: Any = 20) -> Any:
    """Beyond the threshold torch returns x itself, which is off by exp(-threshold)."""
    bent = np.logaddexp(0.0, scaled_by(self, beta))
    return np.where(np.greater(scaled_by(self, beta), threshold), self, bent if beta == 1 else bent / beta)


def scaled_by(x: Any, factor: Any) -> Any:
    return x if factor == 1 else x * factor


def elu(self: Any, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Any:
    """The exponential sees negative entries alone: it would overflow at others."""
    below = alpha * np.expm1(input_scale * np.minimum(self, 0.0))
    return scale * np.where(np.greater(self, 0), self, below)


def glu(self: Any, dim: int = -1) -> Any:
    first, second = np.split(self, 2, axis=dim)
    return first * expit(second)


def leaky_relu(self: Any, negative_slope: Any = 0.01) -> Any:
    return np.where(np.greater(self, 0), self, self * negative_slope)


def evaluated_rrelu(self: Any, noise: Any, lower: Any = 0.125, upper: Any = 1 / 3, *told: Any) -> Any:
    """The slope in the middle; while training it is random."""
    return leaky_relu(self, (lower + upper) / 2)


def prelu(self: Any, weight: Any) -> Any:
    return np.where(np.greater(self, 0), self, self * weight)


def threshold(self: Any, threshold: Any, value: Any) -> Any:
    return np.where(np.greater(self, threshold), self, value)


def hardtanh(self: Any, min_val: Any = -1, max_val: Any = 1) -> Any:
    return np.minimum(np.maximum(self, min_val), max_val)


def hardsigmoid(self: Any) -> Any:
    return np.minimum(np.maximum(self + 3, 0.0), 6.0) / 6


def softshrink(self: Any, lambd: Any = 0.5) -> Any:
    return np.where(np.greater(self, lambd), self - lambd, np.where(np.less(self, -lambd), self + lambd, 0.0))


def hardshrink(self: Any, lambd: Any = 0.5) -> Any:
    outside = np.logical_or(np.greater(self, lambd), np.less(self, -lambd))
    return np.where(outside, self, 0.0)


def log_sigmoid(self: Any) -> Any:
    return -np.logaddexp(0.0, -self)


def logit(self: Any, eps: Any = None) -> Any:
    x = self if eps is None else np.minimum(np.maximum(self, eps), 1 - eps)
    return ad.scipy.special.logit(x)


def mvlgamma(self: Any, p: int) -> Any:
    total = p * (p - 1) / 4 * np.log(np.pi)
    for j in range(p):
        total = total + ad.scipy.special.gammaln(self - 0.5 * j)
    return total


ENTRIES: Entries = {
    "relu": ramp,
    "relu6": lambda self: np.minimum(ramp(self), 6.0),
    "sigmoid": special("expit"),
    "silu": lambda self: self * expit(self),
    "gelu": gelu,
    "softplus": softplus,
    "elu": elu,
    "celu": lambda self, alpha=1.0: np.maximum(self, 0.0) + alpha * np.expm1(np.minimum(self, 0.0) / alpha),
    "mish": lambda self: self * np.tanh(np.logaddexp(0.0, self)),
    "glu": glu,
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "_prelu_kernel": prelu,
    "rrelu_with_noise": evaluated_rrelu,
    "threshold": threshold,
    "hardtanh": hardtanh,
    "hardsigmoid": hardsigmoid,
    "hardswish": lambda self: self * hardsigmoid(self),
    "softshrink": softshrink,
    "hardshrink": hardshrink,
    "log_sigmoid_forward": lambda self: (log_sigmoid(self), lambda: np.exp(-np.absolute(self))),
    "erf": special("erf"),
    "erfc": special("erfc"),
    "erfinv": special("erfinv"),
    "special_erfcx": special("erfcx"),
    "special_ndtri": special("ndtri"),
    "special_log_ndtr": special("log_ndtr"),
    "special_entr": special("entr"),
    "special_i0e": special("i0e"),
    "special_i1": special("i1"),
    "special_i1e": special("i1e"),
    "special_xlog1py": special("xlog1py"),
    "special_zeta": special("zeta"),
    "special_bessel_j0": special("j0"),
    "special_bessel_j1": special("j1"),
    "special_bessel_y0": special("y0"),
    "special_bessel_y1": special("y1"),
    "special_modified_bessel_i0": special("i0"),
    "special_modified_bessel_i1": special("i1"),
    "special_modified_bessel_k0": special("k0"),
    "special_modified_bessel_k1": special("k1"),
    "special_scaled_modified_bessel_k0": special("k0e"),
    "special_scaled_modified_bessel_k1": special("k1e"),
    "i0": special("i0"),
    "lgamma": special("gammaln"),
    "digamma": special("psi"),
    "polygamma": special("polygamma"),
    "igamma": special("gammainc"),
    "igammac": special("gammaincc"),
    "mvlgamma": mvlgamma,
    "xlogy": special("xlogy"),
    "logit": logit,
}
