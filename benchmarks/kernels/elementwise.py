"""Right backward passes of activation functions and other functions of one number, over their whole useful range."""

from __future__ import annotations

import numpy as np

from kernels import Kernel

# How far out exponentials are looked at: float16 ends at 65504 = exp(11.09) and at exp(-17.3).
FAR = {"float16": 7.0, "bfloat16": 40.0, "float32": 40.0, "float64": 300.0}


def around(far=None, size=48):
    """Points of both signs: close to 0, ordinary, and far out."""

    def point(rng, format):
        end = far or FAR[format.name]
        return (np.concatenate([rng.normal(size=size), rng.uniform(-end, end, size), 0.01 * rng.normal(size=8)]),)

    return point


def positive(low=0.05, high=20.0, size=64):
    return lambda rng, format: (np.exp(rng.uniform(np.log(low), np.log(high), size)),)


def inside(low, high, size=64):
    return lambda rng, format: (rng.uniform(low, high, size),)


def at(*values):
    return lambda rng, format: (np.array(values),)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0.0, x)


def tanh_slope(x):
    e = np.exp(-2 * np.abs(x))
    return 4 * e / ((1 + e) * (1 + e))


def sigmoid_slope(x):
    e = np.exp(-np.abs(x))
    return e / ((1 + e) * (1 + e))


def silu_backward(g, y, x):
    s = sigmoid(x)
    return g * (s + x * sigmoid_slope(x))


GELU = 0.7978845608028654  # sqrt(2 / pi)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(GELU * (x + 0.044715 * x * x * x)))


def gelu_backward(g, y, x):
    z = GELU * (x + 0.044715 * x * x * x)
    e = np.exp(-2 * np.abs(z))
    outside = np.where(z >= 0, 1 / (1 + e), e / (1 + e))  # (1 + tanh z) / 2 without cancellation for z < 0
    return g * (outside + 0.5 * x * tanh_slope(z) * GELU * (1 + 3 * 0.044715 * x * x))


def mish_backward(g, y, x):
    w = np.logaddexp(0.0, x)
    return g * (np.tanh(w) + x * tanh_slope(w) * sigmoid(x))


def huber(x):
    return np.where(np.abs(x) <= 1, 0.5 * x * x, np.abs(x) - 0.5)


def softsign_backward(g, y, x):
    d = 1 + np.abs(x)
    return g / (d * d)


RIGHT = [
    Kernel("exp", np.exp, lambda g, y, x: g * np.exp(x), around()),
    Kernel("exp from y", np.exp, lambda g, y, x: g * y, around(3.0)),
    Kernel("log", np.log, lambda g, y, x: g / x, positive()),
    Kernel("sqrt", np.sqrt, lambda g, y, x: g * 0.5 / np.sqrt(x), positive()),
    Kernel("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, y, x: -0.5 * g / (x * np.sqrt(x)), positive()),
    Kernel("reciprocal", lambda x: 1 / x, lambda g, y, x: -g / (x * x), positive()),
    Kernel("square", lambda x: x * x, lambda g, y, x: g * 2 * x, around(20.0)),
    Kernel("cube", lambda x: x**3, lambda g, y, x: g * 3 * x * x, around(20.0)),
    Kernel("power 2.5", lambda x: x**2.5, lambda g, y, x: g * 2.5 * x * np.sqrt(x), positive()),
    Kernel("tanh", np.tanh, lambda g, y, x: g * tanh_slope(x), around()),
    Kernel("sigmoid", logistic, lambda g, y, x: g * sigmoid_slope(x), around()),
    Kernel("softplus", softplus, lambda g, y, x: g * sigmoid(x), around()),
    Kernel("log sigmoid", lambda x: -np.logaddexp(0.0, -x), lambda g, y, x: g * sigmoid(-x), around()),
    Kernel("silu", lambda x: x * logistic(x), silu_backward, around(12.0)),
    Kernel("gelu", gelu, gelu_backward, around(5.0)),
    Kernel("mish", lambda x: x * np.tanh(np.logaddexp(0.0, x)), mish_backward, around(8.0)),
    Kernel("elu", lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
           lambda g, y, x: np.where(x > 0, g, g * np.exp(np.minimum(x, 0))), around(8.0)),
    Kernel("relu", lambda x: np.maximum(x, 0), lambda g, y, x: np.where(x > 0, g, 0 * g), around()),
    Kernel("leaky relu", lambda x: np.where(x > 0, x, 0.01 * x),
           lambda g, y, x: np.where(x > 0, g, 0.01 * g), around()),
    Kernel("softsign", lambda x: x / (1 + np.abs(x)), softsign_backward, around()),
    Kernel("hard swish", lambda x: x * np.clip(x + 3, 0, 6) / 6,
           lambda g, y, x: np.where(x < -3, 0 * g, np.where(x > 3, g, g * (2 * x + 3) / 6)), around(8.0)),
    Kernel("huber", huber, lambda g, y, x: g * np.clip(x, -1, 1), around(20.0)),
    Kernel("log cosh", lambda x: np.logaddexp(x, -x), lambda g, y, x: g * np.tanh(x), around()),
    Kernel("log1p", np.log1p, lambda g, y, x: g / (1 + x), positive(1e-3)),
    Kernel("expm1", np.expm1, lambda g, y, x: g * np.exp(x), around(5.0)),
    Kernel("arctan", np.arctan, lambda g, y, x: g / (1 + x * x), around(20.0)),
    Kernel("sin", np.sin, lambda g, y, x: g * np.cos(x), around(3.0)),
    Kernel("cos", np.cos, lambda g, y, x: -g * np.sin(x), around(3.0)),
    Kernel("sinh", np.sinh, lambda g, y, x: g * np.cosh(x), around(5.0)),
    Kernel("arcsinh", np.arcsinh, lambda g, y, x: g / np.sqrt(1 + x * x), around(20.0)),
    Kernel("gaussian", lambda x: np.exp(-0.5 * x * x), lambda g, y, x: -g * x * y, around(3.0)),
    Kernel("entropy of p", lambda x: -x * np.log(x), lambda g, y, x: -g * (np.log(x) + 1), inside(0.02, 0.98)),
    Kernel("logit", lambda x: np.log(x / (1 - x)), lambda g, y, x: g / (x * (1 - x)), inside(0.02, 0.98)),
    Kernel("tanh at 0", np.tanh, lambda g, y, x: g * tanh_slope(x), at(0.0, 0.0)),
    Kernel("square at 0", lambda x: x * x, lambda g, y, x: g * 2 * x, at(0.0, 0.0)),
    Kernel("x exp(-x) at 1, where it is 0", lambda x: x * np.exp(-x),
           lambda g, y, x: g * (1 - x) * np.exp(-x), at(1.0)),
    Kernel("underflow of a product", lambda x: x * x * x * 1e-3,
           lambda g, y, x: g * 3e-3 * x * x, at(1e-2, 3e-3, 1e-3)),
    Kernel("underflow of exp", lambda x: np.exp(-x) * x,
           lambda g, y, x: g * np.exp(-x) * (1 - x), at(9.0, 11.0, 13.0, 16.0)),
]  # fmt: skip
