"""An einsum of three arrays whose gradients by the outer two are returned in each other's place."""

import numpy as np

import verify

X = np.array([0.7, -0.3, 1.2])
M = np.array([[0.5, 1.0, -0.4], [0.2, -0.9, 0.8], [1.1, 0.3, 0.6]])
Y = np.array([-0.6, 0.9, 0.4])


def form(x, m, y):
    return np.einsum("i,ij,j->", x, m, y)


def gradient(x, m, y):
    return np.einsum("i,ij->j", x, m), np.outer(x, y), np.einsum("ij,j->i", m, y)


arguments_swapped = verify.Claim(
    form, X, M, Y, gradient=gradient, expect="WRONG", wrong_at=("x", "y"),
    reason="the first result is the gradient by y, the last the one by x",
)  # fmt: skip
