"""GELU in its tanh approximation, with the slope of tanh taken as 1 - t, and with the inner derivative left out."""

import numpy as np

import verify

X = np.array([-1.5, -0.4, 0.3, 0.9, 2.1])
C = np.sqrt(2 / np.pi)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x**3)))


def slope_not_squared(g, y, x):
    t = np.tanh(C * (x + 0.044715 * x**3))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t) * C * (1 + 3 * 0.044715 * x**2))


def cubic_left_out(g, y, x):
    t = np.tanh(C * (x + 0.044715 * x**3))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * C)


tanh_not_squared = verify.Claim(
    gelu, X, vjp=slope_not_squared, expect="WRONG", reason="the slope of tanh is 1 - t*t",
)  # fmt: skip
inner_derivative_left_out = verify.Claim(
    gelu, X, vjp=cubic_left_out, expect="WRONG", reason="the cubic term's derivative, 3 * 0.044715 * x**2, is missing",
)  # fmt: skip
