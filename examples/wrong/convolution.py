"""A one-dimensional convolution whose kernel gradient comes out flipped."""

import numpy as np

import verify

X = np.array([0.3, -1.1, 0.8, 2.0, -0.4, 0.6, 1.5])
KERNEL = np.array([0.5, -0.2, 0.9])


def filtered(x, kernel):
    return np.convolve(x, kernel, mode="valid")


def backward(g, y, x, kernel):
    return np.convolve(g, kernel[::-1]), np.convolve(x, g[::-1], mode="valid")


kernel_flipped = verify.Claim(
    filtered, X, KERNEL, vjp=backward, expect="WRONG", wrong_at="kernel",
    reason="np.convolve flips its kernel: the gradient by it needs [::-1] at the end",
)  # fmt: skip
